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
feed-insurer = Insurer
feed-members = Members
feed-with-ratio = With a co-payment ratio
feed-with-ceiling = With a ceiling
feed-lost = Losses
feed-release = Release: looked at, store it
feed-reject = Reject: store nothing of it
