-- The twin of 0001_start.sqlite.sql for PostgreSQL: the same tables and columns, but for checks and their keys. Numbers of rows (`seq`) come
-- from the processes (`numbers.rs`), so that there is no counter that all share. A table that is written while patients wait holds what
-- it can be spread by in its primary key.
-- The center's first tables: all that is written while patients wait.
CREATE TABLE facility (code bigint PRIMARY KEY, kind text NOT NULL, name text NOT NULL);
CREATE TABLE account (
  facility bigint NOT NULL, id text NOT NULL, kind text NOT NULL, state text NOT NULL,
  display_name text NOT NULL, designation text,
  password_hash text NOT NULL, password_long bigint NOT NULL, password_set bigint NOT NULL,
  change_needed bigint NOT NULL,
  failures bigint NOT NULL DEFAULT 0, locks bigint NOT NULL DEFAULT 0, locked_until bigint, last_failure bigint,
  -- The right to ambulance mode (救急時閲覧権限, OQSCD043).
  ambulance text NOT NULL DEFAULT '0',
  PRIMARY KEY (facility, id)
);
-- The last five passwords: a slow hash of the whole and a keyed hash of the first five characters.
CREATE TABLE password_generation (
  facility bigint NOT NULL, account text NOT NULL, set_at bigint NOT NULL,
  hash text NOT NULL, prefix bytea NOT NULL,
  PRIMARY KEY (facility, account, set_at)
);
-- Wrong tries on identifiers that no account has count alike; what counts no more is wiped.
CREATE TABLE unknown_account (
  facility bigint NOT NULL, id_hash bytea NOT NULL,
  failures bigint NOT NULL, locks bigint NOT NULL, locked_until bigint, last_failure bigint,
  PRIMARY KEY (facility, id_hash)
);
CREATE TABLE session (
  token bytea PRIMARY KEY, facility bigint NOT NULL, account text NOT NULL, kind text NOT NULL,
  certificate bytea NOT NULL, opened bigint NOT NULL, active bigint NOT NULL, change_needed bigint NOT NULL,
  entry text NOT NULL,
  -- From where an existing client of the Web API signed in, where searches without a certificate are served.
  address text
);
CREATE INDEX session_of_account ON session (facility, account);
CREATE INDEX session_of_certificate ON session (certificate);

CREATE TABLE notice (
  request_id text PRIMARY KEY, reference_hash bytea NOT NULL, facility bigint NOT NULL, terminal text NOT NULL,
  issued bigint NOT NULL, deadline text NOT NULL, wrong_tries bigint NOT NULL DEFAULT 0,
  -- 1: its certificate, once used, takes the place of all earlier ones of the terminal.
  replaces bigint NOT NULL DEFAULT 0,
  -- 1: its terminal was revoked or issued anew since, so it opens nothing any more.
  closed bigint NOT NULL DEFAULT 0
);
CREATE TABLE certificate (
  fingerprint bytea PRIMARY KEY, serial bytea NOT NULL, facility bigint NOT NULL, terminal text NOT NULL,
  notice text NOT NULL, issued bigint NOT NULL, not_before bigint NOT NULL, not_after bigint NOT NULL,
  first_used bigint, revoked bigint, revoked_why text,
  -- The certificate it was renewed from, and when the loss of its file was reported.
  renews bytea, lost bigint
);
CREATE INDEX certificate_of_notice ON certificate (notice);
CREATE INDEX certificate_of_facility ON certificate (facility, terminal);
CREATE INDEX certificate_revoked ON certificate (revoked) WHERE revoked IS NOT NULL;
CREATE INDEX certificate_renewed ON certificate (renews) WHERE renews IS NOT NULL;

-- Checks by facility and identifier. Identifiers are UUIDv7, so their order is that of time: a part of the table is a month of them, and
-- what is older than it must be kept is dropped as a part. What lies in no month's part is in the last one.
CREATE TABLE check_record (
  facility bigint NOT NULL, id bytea NOT NULL, at bigint NOT NULL, account text NOT NULL,
  visit_date bigint NOT NULL, origin text NOT NULL, verdict bigint NOT NULL,
  insurer text NOT NULL, name text, kana text, key text, question bytea NOT NULL, answer bytea NOT NULL,
  -- Numbers of the insurers' batches the answer came from, with commas between.
  sources text,
  PRIMARY KEY (facility, id)
) PARTITION BY RANGE (id);
CREATE TABLE check_record_rest PARTITION OF check_record DEFAULT;
-- Keys of the last 14 days, and the check each was used for.
CREATE TABLE idempotency (
  facility bigint NOT NULL, account text NOT NULL, key text NOT NULL, id bytea NOT NULL, at bigint NOT NULL,
  PRIMARY KEY (facility, account, key)
);
CREATE INDEX idempotency_at ON idempotency (at);
-- Answers of other writes that came with an idempotency key.
CREATE TABLE kept_answer (
  facility bigint NOT NULL, account text NOT NULL, key text NOT NULL, request bytea NOT NULL,
  answer bytea NOT NULL, at bigint NOT NULL,
  PRIMARY KEY (facility, account, key)
);
CREATE INDEX kept_answer_at ON kept_answer (at);
-- What a card was asked to sign, once. Old ones are forgotten after a day.
CREATE TABLE card_challenge (
  id bytea PRIMARY KEY, facility bigint NOT NULL, certificate bytea NOT NULL, nonce text NOT NULL,
  issued bigint NOT NULL, used bigint
);
-- What a check by card has beside its record in check_record. It changes until its questions are closed, then never.
CREATE TABLE card_check (
  seq bigint NOT NULL,
  facility bigint NOT NULL, id bytea NOT NULL, person bytea NOT NULL, account text NOT NULL, certificate bytea NOT NULL,
  reader text NOT NULL, method text NOT NULL, vouched text NOT NULL, released_by text,
  token text NOT NULL, worth text NOT NULL, expires_on bigint NOT NULL,
  questions text NOT NULL, withheld bytea NOT NULL, opened bigint NOT NULL, present_until bigint NOT NULL,
  state text NOT NULL, closed bigint, visit_date bigint NOT NULL,
  PRIMARY KEY (facility, seq)
);
CREATE UNIQUE INDEX card_check_of_facility ON card_check (facility, id);
CREATE INDEX card_check_open ON card_check (present_until) WHERE state = 'open';
-- What was answered. How identity was proved and who released it stands in the check.
CREATE TABLE consent (
  facility bigint NOT NULL, check_id bytea NOT NULL, question text NOT NULL, answer text NOT NULL,
  person bytea NOT NULL, at bigint NOT NULL, valid_until bigint NOT NULL,
  PRIMARY KEY (facility, check_id, question)
);
CREATE INDEX consent_of_person ON consent (facility, person, valid_until);

-- Readers: by account, or 'pc:' and the name of a terminal. A row is made when there is something to keep.
CREATE TABLE reader (
  facility bigint NOT NULL, id text NOT NULL, terminal_keys text NOT NULL, face text NOT NULL,
  mode text NOT NULL, mode_since bigint, returns_at bigint,
  state text NOT NULL, staff_call text NOT NULL, profile text, visit bigint, said bigint NOT NULL,
  PRIMARY KEY (facility, id)
);
CREATE INDEX reader_returns ON reader (returns_at) WHERE returns_at IS NOT NULL;
-- One check at one reader may go on, once.
CREATE TABLE reader_release (
  id bytea NOT NULL, facility bigint NOT NULL, reader text NOT NULL, account text NOT NULL,
  issued bigint NOT NULL, expires bigint NOT NULL, used_by bytea,
  PRIMARY KEY (facility, id)
);
CREATE INDEX reader_release_at ON reader_release (issued);
CREATE INDEX release_of_reader ON reader_release (facility, reader, expires) WHERE used_by IS NULL;

-- Settings as `name=value` pairs, and who changed which of them when.
CREATE TABLE facility_settings (facility bigint PRIMARY KEY, version bigint NOT NULL, settings text NOT NULL);
CREATE TABLE facility_settings_change (
  facility bigint NOT NULL, version bigint NOT NULL, place bigint NOT NULL, at bigint NOT NULL, account text NOT NULL,
  setting text NOT NULL, was text NOT NULL, became text NOT NULL,
  PRIMARY KEY (facility, version, place)
);

-- What a facility's clients hear of at once. Numbers grow within a facility; the newest is kept whatever its age.
CREATE TABLE event (
  facility bigint NOT NULL, seq bigint NOT NULL, at bigint NOT NULL, kind text NOT NULL, reader text, subject bytea,
  PRIMARY KEY (facility, seq)
);
CREATE INDEX event_at ON event (at);

CREATE TABLE audit_event (
  chain bytea NOT NULL, seq bigint NOT NULL, prev bytea NOT NULL, hash bytea NOT NULL, at bigint NOT NULL,
  actor text NOT NULL, facility bigint, certificate bytea, deed text NOT NULL, subject bytea, detail text NOT NULL,
  content bytea, record bigint,
  -- Whose record it is, where it is not of the event's own facility.
  record_of bigint,
  PRIMARY KEY (chain, seq)
);
-- When a copy was made and people were loaded last: seldom written, and found without a walk over all events.
CREATE INDEX audit_event_upkeep ON audit_event (deed, at) WHERE deed = 'backup' OR deed = 'load';
CREATE INDEX audit_event_at ON audit_event (at);
CREATE TABLE checkpoint (at bigint PRIMARY KEY, heads bytea NOT NULL, kid text NOT NULL, signature bytea NOT NULL);

-- What the operator tells facilities (お知らせ); the table notice above is of certificates. Lists are separated by blanks.
CREATE TABLE posted_notice (
  id bytea PRIMARY KEY, importance text NOT NULL, kinds text NOT NULL, prefectures text NOT NULL, facilities text NOT NULL,
  title_ja text NOT NULL, body_ja text NOT NULL, title_en text, body_en text,
  posted bigint NOT NULL, until text, withdrawn bigint
);

-- Accounts: rotation of system accounts' secrets. The next secret's hash counts beside the present one while stage is 'registered'.
CREATE TABLE rotation (
  facility bigint NOT NULL, account text NOT NULL, id bytea NOT NULL, stage text NOT NULL,
  asked bigint NOT NULL, asked_by text NOT NULL, changed bigint NOT NULL,
  next_hash text, next_prefix bytea,
  PRIMARY KEY (facility, account, id)
);
-- Recovery codes of people, each good once, as hashes. Wrong ones are counted apart from passwords, also for accounts that do not exist.
CREATE TABLE recovery_code (
  facility bigint NOT NULL, account text NOT NULL, hash bytea NOT NULL, printed bigint NOT NULL, used bigint,
  PRIMARY KEY (facility, account, hash)
);
CREATE TABLE recovery_try (
  facility bigint NOT NULL, id_hash bytea NOT NULL,
  failures bigint NOT NULL, locks bigint NOT NULL, locked_until bigint, last_failure bigint,
  PRIMARY KEY (facility, id_hash)
);
-- The secret number of a facility's application, as a hash: with it the operator resets the master.
CREATE TABLE secret_number (
  facility bigint PRIMARY KEY, hash bytea NOT NULL, made bigint NOT NULL, wrong_tries bigint NOT NULL DEFAULT 0
);
-- Second factors. A clock's secret is sealed with the machine key, a passkey is its public key. confirmed is null until it was proved once.
CREATE TABLE second_factor (
  facility bigint NOT NULL, account text NOT NULL, id bytea NOT NULL, kind text NOT NULL, name text NOT NULL,
  secret bytea NOT NULL, made bigint NOT NULL, confirmed bigint, used bigint, last_step bigint,
  PRIMARY KEY (facility, account, id)
);
-- What a passkey was asked to sign for a session, once.
CREATE TABLE passkey_challenge (token bytea PRIMARY KEY, state text NOT NULL, at bigint NOT NULL);
-- Sign-ins and refused tries of each account, numbered; seen is null while something unusual was not shown to the person.
CREATE TABLE sign_in (
  facility bigint NOT NULL, account text NOT NULL, seq bigint NOT NULL, at bigint NOT NULL,
  certificate bytea NOT NULL, terminal text NOT NULL, outcome text NOT NULL, method text NOT NULL, unusual text NOT NULL, seen bigint,
  PRIMARY KEY (facility, account, seq)
);

-- Facilities' own numbers for people (照会番号): a person has one at a facility, a number has one person.
CREATE TABLE reference_number (
  facility bigint NOT NULL, person bytea NOT NULL, number text NOT NULL, at bigint NOT NULL, account text NOT NULL,
  PRIMARY KEY (facility, person)
);
CREATE UNIQUE INDEX reference_number_of_facility ON reference_number (facility, number);
-- Bulk orders by their reception number (受付番号), and who gave them. `worked` is when lines of it were last worked off: the one longest
-- ago is next.
CREATE TABLE bulk_order (
  facility bigint NOT NULL, reception text NOT NULL, id bytea NOT NULL, kind text NOT NULL, origin text NOT NULL,
  account text NOT NULL, account_kind text NOT NULL, certificate bytea NOT NULL,
  accepted bigint NOT NULL, day bigint NOT NULL, identifier text, list text,
  lines bigint NOT NULL, done bigint NOT NULL, normal bigint NOT NULL,
  state text NOT NULL, failure text, worked bigint NOT NULL, finished bigint, downloads bigint NOT NULL, fetched_under text,
  PRIMARY KEY (facility, reception)
);
CREATE INDEX bulk_order_waiting ON bulk_order (worked) WHERE finished IS NULL;
CREATE INDEX bulk_order_finished ON bulk_order (finished) WHERE finished IS NOT NULL;
-- The lines of an order, some together: what was asked, and in its place, once they are worked off, what is answered.
CREATE TABLE bulk_part (
  seq bigint NOT NULL, facility bigint NOT NULL, reception text NOT NULL, place bigint NOT NULL,
  content bytea NOT NULL, is_done bigint NOT NULL,
  PRIMARY KEY (facility, seq)
);
CREATE UNIQUE INDEX bulk_part_of_order ON bulk_part (facility, reception, place);
-- What may be seen of whom at a facility: the newest answer about each kind of medical information, and what an emergency opened. A row
-- past `valid_until` opens nothing. `reference` is the check, or the emergency's own opening, that gave it.
CREATE TABLE opened_information (
  facility bigint NOT NULL, person bytea NOT NULL, kind text NOT NULL, basis text NOT NULL,
  reference bytea NOT NULL, given bigint NOT NULL, valid_until bigint NOT NULL,
  PRIMARY KEY (facility, person, kind, basis)
);
CREATE INDEX opened_information_until ON opened_information (facility, valid_until);
-- What is over is forgotten after a day.
CREATE INDEX opened_information_over ON opened_information (valid_until);
CREATE INDEX opened_information_person ON opened_information (person);
-- Every look at medical information, never changed: `under` names what was seen and what gave the right to.
CREATE TABLE look (
  seq bigint NOT NULL,
  facility bigint NOT NULL, id bytea NOT NULL, at bigint NOT NULL, account text NOT NULL, account_kind text NOT NULL,
  person bytea NOT NULL, under bytea NOT NULL, way text NOT NULL, purpose text NOT NULL,
  month_from bigint, month_until bigint, emergency bigint NOT NULL,
  PRIMARY KEY (facility, seq)
);
CREATE INDEX look_of_facility ON look (facility, at);
CREATE INDEX look_at_person ON look (person, facility, at);
CREATE INDEX look_at ON look (at);
CREATE INDEX look_in_emergency ON look (facility, at) WHERE emergency = 1;
-- Every withdrawal of a consent, never changed: `ended` names what could be seen until then. Where the patient withdrew, `by_facility` and
-- `account` are of the device at which they stood.
CREATE TABLE consent_withdrawal (
  seq bigint NOT NULL,
  facility bigint NOT NULL, id bytea NOT NULL, at bigint NOT NULL, person bytea NOT NULL, ended bytea NOT NULL,
  reason text NOT NULL, note text, by_facility bigint NOT NULL, account text NOT NULL, account_kind text NOT NULL,
  PRIMARY KEY (facility, seq)
);
CREATE INDEX consent_withdrawal_of_person ON consent_withdrawal (person, facility, at);

-- Operators of the center. A row stays when somebody is disabled, so that no name ever means two people.
CREATE TABLE operator (
  name text PRIMARY KEY, state text NOT NULL, made bigint NOT NULL,
  -- The one-time link that is open: hash of its token, its end, and the sealed secret of the second factor its page shows.
  link bytea, link_until bigint, link_secret bytea,
  -- The second factor: a clock's secret, sealed with the machine key, and the last step used.
  secret bytea, last_step bigint,
  signed_in bigint,
  failures bigint NOT NULL DEFAULT 0, locks bigint NOT NULL DEFAULT 0, locked_until bigint, last_failure bigint
);
CREATE UNIQUE INDEX operator_link ON operator (link) WHERE link IS NOT NULL;
-- The last five passwords of operators; the newest counts while the operator has a second factor.
CREATE TABLE operator_password (
  operator text NOT NULL, set_at bigint NOT NULL, hash text NOT NULL, prefix bytea NOT NULL, is_long bigint NOT NULL,
  PRIMARY KEY (operator, set_at)
);
CREATE TABLE operator_session (
  token bytea PRIMARY KEY, operator text NOT NULL, opened bigint NOT NULL, active bigint NOT NULL
);
CREATE INDEX session_of_operator ON operator_session (operator);
-- From whom operators have what they sign in with: a row for every one-time link. Read by the rule of two operators.
CREATE TABLE operator_given (at bigint NOT NULL, operator text NOT NULL, given_by text NOT NULL);
CREATE INDEX operator_given_at ON operator_given (at);
-- Emergency windows (緊急時の開放): what was decided once, and the steps of operators, added and never changed. Lists are separated by blanks.
CREATE TABLE emergency_window (
  id bytea PRIMARY KEY, kind text NOT NULL, is_everywhere bigint NOT NULL, prefectures text NOT NULL, districts text NOT NULL,
  facilities text NOT NULL, reason text NOT NULL, begins bigint NOT NULL
);
CREATE TABLE emergency_window_change (
  window_id bytea NOT NULL, place bigint NOT NULL, at bigint NOT NULL, operator text NOT NULL, deed text NOT NULL, until bigint,
  waits bigint NOT NULL,
  PRIMARY KEY (window_id, place)
);
-- Searches without a card, whatever came of them. `person` is who was found; `check_id` the check an outage's search was answered with.
CREATE TABLE emergency_search (
  id bytea NOT NULL, facility bigint NOT NULL, account text NOT NULL, mode text NOT NULL, window_id bytea, at bigint NOT NULL,
  way text NOT NULL, outcome text NOT NULL, person bytea, check_id bytea,
  PRIMARY KEY (facility, id)
);
CREATE INDEX emergency_search_of_account ON emergency_search (facility, account, at);
CREATE INDEX emergency_search_of_facility ON emergency_search (facility, at);
CREATE INDEX emergency_search_of_window ON emergency_search (window_id, facility) WHERE window_id IS NOT NULL;
-- What was opened without a card, with the consent that was recorded; rows of opened_information name it as their reference. `factor` and
-- `method` (OQSCD041, 042) say how whoever opened it in ambulance mode had proved themselves.
CREATE TABLE emergency_opening (
  id bytea NOT NULL, facility bigint NOT NULL, account text NOT NULL, mode text NOT NULL, window_id bytea, search bytea NOT NULL,
  person bytea NOT NULL, consent text NOT NULL, factor text, method text, at bigint NOT NULL, until bigint NOT NULL,
  PRIMARY KEY (facility, id), UNIQUE (facility, search)
);
CREATE INDEX emergency_opening_of_person ON emergency_opening (facility, person);
CREATE INDEX emergency_opening_of_window ON emergency_opening (window_id, facility) WHERE window_id IS NOT NULL;
-- Reports of facilities on what they did in a window (利用報告), added and never changed: the last one counts.
CREATE TABLE emergency_report (
  window_id bytea NOT NULL, facility bigint NOT NULL, place bigint NOT NULL, at bigint NOT NULL, account text NOT NULL, text text NOT NULL,
  PRIMARY KEY (window_id, facility, place)
);

-- Home care and remote care (G32). Addresses that a facility gave out, one in force for each care; one that ended leads nowhere.
CREATE TABLE home_address (
  id text PRIMARY KEY, facility bigint NOT NULL, care text NOT NULL, made bigint NOT NULL, account text NOT NULL, ended bigint
);
CREATE UNIQUE INDEX home_address_in_force ON home_address (facility, care) WHERE ended IS NULL;
-- Activation codes (アクティベーションコード) by keyed hash: one may be open for an account. `state` says what became of it.
CREATE TABLE home_activation_code (
  facility bigint NOT NULL, id bytea NOT NULL, account text NOT NULL, label text NOT NULL, visual text NOT NULL, hash bytea NOT NULL,
  made bigint NOT NULL, made_by text NOT NULL, until bigint NOT NULL, tries bigint NOT NULL, state text NOT NULL, ended bigint,
  device bytea,
  PRIMARY KEY (facility, id)
);
CREATE UNIQUE INDEX home_activation_code_open ON home_activation_code (facility, account) WHERE state = 'open';
-- Devices by their public key. One with an account is bound to the facility; a patient's own has none, and an end.
CREATE TABLE home_device (
  id bytea PRIMARY KEY, key bytea NOT NULL, facility bigint NOT NULL, account text, label text, visual text NOT NULL,
  made bigint NOT NULL, until bigint, ended bigint, ended_by text
);
CREATE UNIQUE INDEX home_device_key ON home_device (key);
CREATE INDEX home_device_of_facility ON home_device (facility, made);
CREATE INDEX home_device_until ON home_device (until) WHERE until IS NOT NULL;
-- Proofs that were shown, so that none counts twice.
CREATE TABLE home_proof (device bytea NOT NULL, id text NOT NULL, at bigint NOT NULL, PRIMARY KEY (device, id));
CREATE INDEX home_proof_at ON home_proof (at);
-- Pages that are open and wait for a device that reads the card, by the hash of what their browser holds.
CREATE TABLE home_page (
  id bytea PRIMARY KEY, address text NOT NULL, facility bigint NOT NULL, join_code text NOT NULL, made bigint NOT NULL,
  until bigint NOT NULL, device bytea, check_id bytea
);
CREATE UNIQUE INDEX home_page_join ON home_page (join_code) WHERE check_id IS NULL;
CREATE INDEX home_page_until ON home_page (until);
-- What a check by card at home has beside its row in card_check; `agreed` is null until the patient answered whether home care is wanted.
CREATE TABLE home_check (
  facility bigint NOT NULL, check_id bytea NOT NULL, device bytea NOT NULL, care text NOT NULL, address text NOT NULL, agreed text,
  PRIMARY KEY (facility, check_id)
);
-- With whom home or remote care was agreed, since when, and the last check at a later visit without the card.
CREATE TABLE home_consent (
  facility bigint NOT NULL, person bytea NOT NULL, care text NOT NULL, check_id bytea NOT NULL, given bigint NOT NULL, until bigint NOT NULL,
  last_check bytea, checked bigint, ended bigint,
  PRIMARY KEY (facility, person, care)
);
CREATE INDEX home_consent_given ON home_consent (facility, given);
CREATE INDEX home_consent_of_check ON home_consent (facility, check_id);
CREATE INDEX home_consent_of_person ON home_consent (person);
-- The claims entry (オンライン請求). Each row bears the review body it belongs to (fund, federation-NN): tenants of one service.
CREATE TABLE claims_account (
  tenant text NOT NULL, facility bigint NOT NULL, id text NOT NULL, state text NOT NULL, display_name text NOT NULL, made bigint NOT NULL,
  password_hash text NOT NULL, password_long bigint NOT NULL, password_set bigint NOT NULL, change_needed bigint NOT NULL,
  failures bigint NOT NULL, locks bigint NOT NULL, locked_until bigint, last_failure bigint,
  PRIMARY KEY (tenant, facility, id)
);
CREATE TABLE claims_password (
  tenant text NOT NULL, facility bigint NOT NULL, account text NOT NULL, set_at bigint NOT NULL, hash text NOT NULL, prefix bytea NOT NULL,
  PRIMARY KEY (tenant, facility, account, set_at)
);
CREATE TABLE claims_session (
  token bytea PRIMARY KEY, tenant text NOT NULL, facility bigint NOT NULL, account text NOT NULL, certificate bytea NOT NULL,
  opened bigint NOT NULL, active bigint NOT NULL, change_needed bigint NOT NULL
);
CREATE INDEX claims_session_of_account ON claims_session (tenant, facility, account);
-- Filings (届出) of a facility to a review body, and the PCs (terminal names of certificates) that accepted ones let in.
CREATE TABLE claims_filing (
  id bytea NOT NULL, tenant text NOT NULL, facility bigint NOT NULL, kind text NOT NULL, terminal text NOT NULL, line text NOT NULL,
  starts bigint NOT NULL, state text NOT NULL, account text NOT NULL, made bigint NOT NULL, handed_in bigint, decided bigint, operator text,
  reason text,
  PRIMARY KEY (facility, id)
);
CREATE INDEX claims_filing_of_facility ON claims_filing (facility, tenant, made);
CREATE INDEX claims_filing_handed_in ON claims_filing (state, made);
CREATE TABLE claims_terminal (
  tenant text NOT NULL, facility bigint NOT NULL, terminal text NOT NULL, line text NOT NULL, since bigint NOT NULL, filing bytea NOT NULL,
  PRIMARY KEY (tenant, facility, terminal)
);
-- What operators opened beside the calendar: of one review body, or of all (tenant empty).
CREATE TABLE claims_opening (
  id bytea PRIMARY KEY, tenant text, begins bigint NOT NULL, until bigint NOT NULL, reason text NOT NULL, operator text NOT NULL,
  made bigint NOT NULL, withdrawn bigint
);
-- Files on their way, in pieces of bounded size. A submission keeps the pieces of its upload, byte for byte.
CREATE TABLE claims_upload (
  id bytea NOT NULL, tenant text NOT NULL, facility bigint NOT NULL, account text NOT NULL, file_name text NOT NULL, corrects bytea,
  made bigint NOT NULL, touched bigint NOT NULL, bytes bigint NOT NULL, submission bytea,
  PRIMARY KEY (facility, id)
);
CREATE INDEX claims_upload_of_facility ON claims_upload (tenant, facility, touched);
CREATE INDEX claims_upload_open ON claims_upload (touched) WHERE submission IS NULL;
CREATE TABLE claims_piece (
  upload bytea NOT NULL, begins bigint NOT NULL, content bytea NOT NULL,
  PRIMARY KEY (upload, begins)
);
CREATE TABLE claims_submission (
  id bytea NOT NULL, tenant text NOT NULL, facility bigint NOT NULL, account text NOT NULL, number text NOT NULL, upload bytea NOT NULL,
  file_name text NOT NULL, bytes bigint NOT NULL, sha256 bytea NOT NULL, corrects bytea, state text NOT NULL, sent bigint NOT NULL,
  checked bigint, ended bigint, kind text, claim_month text, claims bigint NOT NULL, refused bigint NOT NULL, to_confirm bigint NOT NULL,
  points bigint NOT NULL, good_points bigint NOT NULL, findings bigint NOT NULL, taken bigint, taken_points bigint, run bytea,
  PRIMARY KEY (facility, id)
);
CREATE UNIQUE INDEX claims_submission_number ON claims_submission (tenant, facility, number);
CREATE INDEX claims_submission_sent ON claims_submission (tenant, facility, sent);
CREATE INDEX claims_submission_file ON claims_submission (tenant, facility, sha256);
CREATE INDEX claims_submission_corrects ON claims_submission (facility, corrects) WHERE corrects IS NOT NULL;
CREATE INDEX claims_submission_checking ON claims_submission (sent) WHERE state = 'checking';
-- What a run of the checks found: parts of findings and parts of claims, in the center's own form. Those of the run a submission names count.
CREATE TABLE claims_result (
  submission bytea NOT NULL, run bytea NOT NULL, kind text NOT NULL, part bigint NOT NULL, content bytea NOT NULL,
  PRIMARY KEY (submission, run, kind, part)
);
-- What was done with a submission, added and never changed.
CREATE TABLE claims_step (
  submission bytea NOT NULL, place bigint NOT NULL, at bigint NOT NULL, account text, step text NOT NULL, detail text NOT NULL,
  PRIMARY KEY (submission, place)
);
-- How far replicas came: each process writes its own mark here and looks for it there. Of a server alone.
CREATE TABLE replica_mark (process bytea PRIMARY KEY, number bigint NOT NULL);
