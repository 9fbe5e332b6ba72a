-- What is checked and not accepted is asked for every second: found without a walk over all submissions there ever were.
CREATE INDEX IF NOT EXISTS claims_submission_checked ON claims_submission (sent, id) WHERE state = 'checked' AND claims > refused + to_confirm;
