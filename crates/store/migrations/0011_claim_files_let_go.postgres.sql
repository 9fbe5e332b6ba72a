-- The twin of 0011_claim_files_let_go.sqlite.sql for PostgreSQL.
-- When the submission of a file was refused or taken back, and when it was accepted: from then on its bytes are kept for a time alone. Both are
-- empty again once they are gone. Asked for every second: found without a walk over all files there ever were.
ALTER TABLE claims_upload ADD COLUMN given_up BIGINT;
ALTER TABLE claims_upload ADD COLUMN accepted BIGINT;
UPDATE claims_upload SET
  given_up = (SELECT coalesce(s.ended, s.checked) FROM claims_submission s
    WHERE s.facility = claims_upload.facility AND s.id = claims_upload.submission AND s.state IN ('refused', 'withdrawn')),
  accepted = (SELECT s.ended FROM claims_submission s
    WHERE s.facility = claims_upload.facility AND s.id = claims_upload.submission AND s.state = 'accepted')
  WHERE submission IS NOT NULL;
CREATE INDEX IF NOT EXISTS claims_upload_given_up ON claims_upload (given_up) WHERE given_up IS NOT NULL;
CREATE INDEX IF NOT EXISTS claims_upload_accepted ON claims_upload (accepted) WHERE accepted IS NOT NULL;
