### Feeds

feeds-lead = Files of insurers and others as they were loaded. They are loaded by onshi feed on the center's machine.
no-feeds = No feed was loaded.
feed-kind = Content
feed-file = File
feed-begun = Begun
feed-ended = Ended
feed-state = State
feed-lines = Lines (all / accepted / refused)
feed-changed = Changes (added / replaced / unchanged)
feed-who = Operator
feed-report = Refused lines (holds personal data):
