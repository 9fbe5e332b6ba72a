-- What was let go of the check log is asked for before each month and each verification: found without a walk over all events.
CREATE INDEX audit_event_let_go ON audit_event (at) WHERE deed = 'records-let-go';
