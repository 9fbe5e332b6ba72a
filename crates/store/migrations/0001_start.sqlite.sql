-- The center's first tables: all that is written while patients wait.
CREATE TABLE facility (code INTEGER PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL);
CREATE TABLE account (
  facility INTEGER NOT NULL, id TEXT NOT NULL, kind TEXT NOT NULL, state TEXT NOT NULL,
  display_name TEXT NOT NULL, designation TEXT,
  password_hash TEXT NOT NULL, password_long INTEGER NOT NULL, password_set INTEGER NOT NULL,
  change_needed INTEGER NOT NULL,
  failures INTEGER NOT NULL DEFAULT 0, locks INTEGER NOT NULL DEFAULT 0, locked_until INTEGER, last_failure INTEGER,
  -- The right to ambulance mode (救急時閲覧権限, OQSCD043).
  ambulance TEXT NOT NULL DEFAULT '0',
  PRIMARY KEY (facility, id)
) WITHOUT ROWID;
-- The last five passwords: a slow hash of the whole and a keyed hash of the first five characters.
CREATE TABLE password_generation (
  facility INTEGER NOT NULL, account TEXT NOT NULL, set_at INTEGER NOT NULL,
  hash TEXT NOT NULL, prefix BLOB NOT NULL,
  PRIMARY KEY (facility, account, set_at)
) WITHOUT ROWID;
-- Wrong tries on identifiers that no account has count alike; what counts no more is wiped.
CREATE TABLE unknown_account (
  facility INTEGER NOT NULL, id_hash BLOB NOT NULL,
  failures INTEGER NOT NULL, locks INTEGER NOT NULL, locked_until INTEGER, last_failure INTEGER,
  PRIMARY KEY (facility, id_hash)
) WITHOUT ROWID;
CREATE TABLE session (
  token BLOB PRIMARY KEY, facility INTEGER NOT NULL, account TEXT NOT NULL, kind TEXT NOT NULL,
  certificate BLOB NOT NULL, opened INTEGER NOT NULL, active INTEGER NOT NULL, change_needed INTEGER NOT NULL,
  entry TEXT NOT NULL,
  -- From where an existing client of the Web API signed in, where searches without a certificate are served.
  address TEXT
) WITHOUT ROWID;
CREATE INDEX session_of_account ON session (facility, account);
CREATE INDEX session_of_certificate ON session (certificate);

CREATE TABLE notice (
  request_id TEXT PRIMARY KEY, reference_hash BLOB NOT NULL, facility INTEGER NOT NULL, terminal TEXT NOT NULL,
  issued INTEGER NOT NULL, deadline TEXT NOT NULL, wrong_tries INTEGER NOT NULL DEFAULT 0,
  -- 1: its certificate, once used, takes the place of all earlier ones of the terminal.
  replaces INTEGER NOT NULL DEFAULT 0,
  -- 1: its terminal was revoked or issued anew since, so it opens nothing any more.
  closed INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE TABLE certificate (
  fingerprint BLOB PRIMARY KEY, serial BLOB NOT NULL, facility INTEGER NOT NULL, terminal TEXT NOT NULL,
  notice TEXT NOT NULL, issued INTEGER NOT NULL, not_before INTEGER NOT NULL, not_after INTEGER NOT NULL,
  first_used INTEGER, revoked INTEGER, revoked_why TEXT,
  -- The certificate it was renewed from, and when the loss of its file was reported.
  renews BLOB, lost INTEGER
) WITHOUT ROWID;
CREATE INDEX certificate_of_notice ON certificate (notice);
CREATE INDEX certificate_of_facility ON certificate (facility, terminal);
CREATE INDEX certificate_revoked ON certificate (revoked) WHERE revoked IS NOT NULL;
CREATE INDEX certificate_renewed ON certificate (renews) WHERE renews IS NOT NULL;

-- Checks lie in the order they were written, so that those of one transaction share pages.
CREATE TABLE check_record (
  seq INTEGER PRIMARY KEY,
  facility INTEGER NOT NULL, id BLOB NOT NULL, at INTEGER NOT NULL, account TEXT NOT NULL,
  visit_date INTEGER NOT NULL, origin TEXT NOT NULL, verdict INTEGER NOT NULL,
  insurer TEXT NOT NULL, name TEXT, kana TEXT, key TEXT, question BLOB NOT NULL, answer BLOB NOT NULL,
  -- Numbers of the insurers' batches the answer came from, with commas between.
  sources TEXT
);
-- The newest checks enter the next two tables a few thousand at a time (`recent.rs`): up to where, says walk.indexed.
CREATE TABLE check_of_facility (
  facility INTEGER NOT NULL, id BLOB NOT NULL, check_seq INTEGER NOT NULL,
  PRIMARY KEY (facility, id)
) WITHOUT ROWID;
-- Keys of the last 14 days. Old ones are found by walking the checks from where the last walk ended.
CREATE TABLE idempotency (
  facility INTEGER NOT NULL, account TEXT NOT NULL, key TEXT NOT NULL, check_seq INTEGER NOT NULL,
  PRIMARY KEY (facility, account, key)
) WITHOUT ROWID;
-- Answers of other writes that came with an idempotency key.
CREATE TABLE kept_answer (
  facility INTEGER NOT NULL, account TEXT NOT NULL, key TEXT NOT NULL, request BLOB NOT NULL,
  answer BLOB NOT NULL, at INTEGER NOT NULL,
  PRIMARY KEY (facility, account, key)
) WITHOUT ROWID;
CREATE INDEX kept_answer_at ON kept_answer (at);
-- What a card was asked to sign, once. Old ones are forgotten after a day.
CREATE TABLE card_challenge (
  id BLOB PRIMARY KEY, facility INTEGER NOT NULL, certificate BLOB NOT NULL, nonce TEXT NOT NULL,
  issued INTEGER NOT NULL, used INTEGER
) WITHOUT ROWID;
-- What a check by card has beside its record in check_record. It changes until its questions are closed, then never.
CREATE TABLE card_check (
  seq INTEGER PRIMARY KEY,
  facility INTEGER NOT NULL, id BLOB NOT NULL, person BLOB NOT NULL, account TEXT NOT NULL, certificate BLOB NOT NULL,
  reader TEXT NOT NULL, method TEXT NOT NULL, vouched TEXT NOT NULL, released_by TEXT,
  token TEXT NOT NULL, worth TEXT NOT NULL, expires_on INTEGER NOT NULL,
  questions TEXT NOT NULL, withheld BLOB NOT NULL, opened INTEGER NOT NULL, present_until INTEGER NOT NULL,
  state TEXT NOT NULL, closed INTEGER, visit_date INTEGER NOT NULL
);
CREATE UNIQUE INDEX card_check_of_facility ON card_check (facility, id);
CREATE INDEX card_check_open ON card_check (present_until) WHERE state = 'open';
-- What was answered. How identity was proved and who released it stands in the check.
CREATE TABLE consent (
  facility INTEGER NOT NULL, check_id BLOB NOT NULL, question TEXT NOT NULL, answer TEXT NOT NULL,
  person BLOB NOT NULL, at INTEGER NOT NULL, valid_until INTEGER NOT NULL,
  PRIMARY KEY (facility, check_id, question)
) WITHOUT ROWID;
CREATE INDEX consent_of_person ON consent (facility, person, valid_until);

-- Readers: by account, or 'pc:' and the name of a terminal. A row is made when there is something to keep.
CREATE TABLE reader (
  facility INTEGER NOT NULL, id TEXT NOT NULL, terminal_keys TEXT NOT NULL, face TEXT NOT NULL,
  mode TEXT NOT NULL, mode_since INTEGER, returns_at INTEGER,
  state TEXT NOT NULL, staff_call TEXT NOT NULL, profile TEXT, visit INTEGER, said INTEGER NOT NULL,
  PRIMARY KEY (facility, id)
) WITHOUT ROWID;
CREATE INDEX reader_returns ON reader (returns_at) WHERE returns_at IS NOT NULL;
-- One check at one reader may go on, once.
CREATE TABLE reader_release (
  id BLOB PRIMARY KEY, facility INTEGER NOT NULL, reader TEXT NOT NULL, account TEXT NOT NULL,
  issued INTEGER NOT NULL, expires INTEGER NOT NULL, used_by BLOB
) WITHOUT ROWID;
CREATE INDEX release_of_reader ON reader_release (facility, reader, expires) WHERE used_by IS NULL;

-- Settings as `name=value` pairs, and who changed which of them when.
CREATE TABLE facility_settings (facility INTEGER PRIMARY KEY, version INTEGER NOT NULL, settings TEXT NOT NULL);
CREATE TABLE facility_settings_change (
  facility INTEGER NOT NULL, version INTEGER NOT NULL, place INTEGER NOT NULL, at INTEGER NOT NULL, account TEXT NOT NULL,
  setting TEXT NOT NULL, was TEXT NOT NULL, became TEXT NOT NULL,
  PRIMARY KEY (facility, version, place)
) WITHOUT ROWID;

-- What a facility's clients hear of at once. Numbers grow within a facility; the newest is kept whatever its age.
CREATE TABLE event (
  facility INTEGER NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL, kind TEXT NOT NULL, reader TEXT, subject BLOB,
  PRIMARY KEY (facility, seq)
) WITHOUT ROWID;
CREATE INDEX event_at ON event (at);

CREATE TABLE walk (name TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO walk VALUES ('idempotency', 0), ('indexed', 0);

CREATE TABLE audit_event (
  chain BLOB NOT NULL, seq INTEGER NOT NULL, prev BLOB NOT NULL, hash BLOB NOT NULL, at INTEGER NOT NULL,
  actor TEXT NOT NULL, facility INTEGER, certificate BLOB, deed TEXT NOT NULL, subject BLOB, detail TEXT NOT NULL,
  content BLOB, record INTEGER,
  -- Whose record it is, where it is not of the event's own facility.
  record_of INTEGER,
  PRIMARY KEY (chain, seq)
) WITHOUT ROWID;
-- When a copy was made and people were loaded last: seldom written, and found without a walk over all events.
CREATE INDEX audit_event_upkeep ON audit_event (deed, at) WHERE deed = 'backup' OR deed = 'load';
-- Searches of the chain begin with the newest. Rows come in the order of time, so it grows at its end alone.
CREATE INDEX audit_event_at ON audit_event (at);
CREATE TABLE checkpoint (at INTEGER PRIMARY KEY, heads BLOB NOT NULL, kid TEXT NOT NULL, signature BLOB NOT NULL);

-- What the operator tells facilities (お知らせ); the table notice above is of certificates. Lists are separated by blanks.
CREATE TABLE posted_notice (
  id BLOB PRIMARY KEY, importance TEXT NOT NULL, kinds TEXT NOT NULL, prefectures TEXT NOT NULL, facilities TEXT NOT NULL,
  title_ja TEXT NOT NULL, body_ja TEXT NOT NULL, title_en TEXT, body_en TEXT,
  posted INTEGER NOT NULL, until TEXT, withdrawn INTEGER
) WITHOUT ROWID;

-- Accounts: rotation of system accounts' secrets. The next secret's hash counts beside the present one while stage is 'registered'.
CREATE TABLE rotation (
  facility INTEGER NOT NULL, account TEXT NOT NULL, id BLOB NOT NULL, stage TEXT NOT NULL,
  asked INTEGER NOT NULL, asked_by TEXT NOT NULL, changed INTEGER NOT NULL,
  next_hash TEXT, next_prefix BLOB,
  PRIMARY KEY (facility, account, id)
) WITHOUT ROWID;
-- Recovery codes of people, each good once, as hashes. Wrong ones are counted apart from passwords, also for accounts that do not exist.
CREATE TABLE recovery_code (
  facility INTEGER NOT NULL, account TEXT NOT NULL, hash BLOB NOT NULL, printed INTEGER NOT NULL, used INTEGER,
  PRIMARY KEY (facility, account, hash)
) WITHOUT ROWID;
CREATE TABLE recovery_try (
  facility INTEGER NOT NULL, id_hash BLOB NOT NULL,
  failures INTEGER NOT NULL, locks INTEGER NOT NULL, locked_until INTEGER, last_failure INTEGER,
  PRIMARY KEY (facility, id_hash)
) WITHOUT ROWID;
-- The secret number of a facility's application, as a hash: with it the operator resets the master.
CREATE TABLE secret_number (
  facility INTEGER PRIMARY KEY, hash BLOB NOT NULL, made INTEGER NOT NULL, wrong_tries INTEGER NOT NULL DEFAULT 0
);
-- Second factors. A clock's secret is sealed with the machine key, a passkey is its public key. confirmed is null until it was proved once.
CREATE TABLE second_factor (
  facility INTEGER NOT NULL, account TEXT NOT NULL, id BLOB NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL,
  secret BLOB NOT NULL, made INTEGER NOT NULL, confirmed INTEGER, used INTEGER, last_step INTEGER,
  PRIMARY KEY (facility, account, id)
) WITHOUT ROWID;
-- What a passkey was asked to sign for a session, once.
CREATE TABLE passkey_challenge (token BLOB PRIMARY KEY, state TEXT NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID;
-- Sign-ins and refused tries of each account, numbered; seen is null while something unusual was not shown to the person.
CREATE TABLE sign_in (
  facility INTEGER NOT NULL, account TEXT NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL,
  certificate BLOB NOT NULL, terminal TEXT NOT NULL, outcome TEXT NOT NULL, method TEXT NOT NULL, unusual TEXT NOT NULL, seen INTEGER,
  PRIMARY KEY (facility, account, seq)
) WITHOUT ROWID;

-- Facilities' own numbers for people (照会番号): a person has one at a facility, a number has one person.
CREATE TABLE reference_number (
  facility INTEGER NOT NULL, person BLOB NOT NULL, number TEXT NOT NULL, at INTEGER NOT NULL, account TEXT NOT NULL,
  PRIMARY KEY (facility, person)
) WITHOUT ROWID;
CREATE UNIQUE INDEX reference_number_of_facility ON reference_number (facility, number);
-- Bulk orders by their reception number (受付番号), and who gave them. `worked` is when lines of it were last worked off: the one longest
-- ago is next.
CREATE TABLE bulk_order (
  facility INTEGER NOT NULL, reception TEXT NOT NULL, id BLOB NOT NULL, kind TEXT NOT NULL, origin TEXT NOT NULL,
  account TEXT NOT NULL, account_kind TEXT NOT NULL, certificate BLOB NOT NULL,
  accepted INTEGER NOT NULL, day INTEGER NOT NULL, identifier TEXT, list TEXT,
  lines INTEGER NOT NULL, done INTEGER NOT NULL, normal INTEGER NOT NULL,
  state TEXT NOT NULL, failure TEXT, worked INTEGER NOT NULL, finished INTEGER, downloads INTEGER NOT NULL, fetched_under TEXT,
  PRIMARY KEY (facility, reception)
) WITHOUT ROWID;
CREATE INDEX bulk_order_waiting ON bulk_order (worked) WHERE finished IS NULL;
CREATE INDEX bulk_order_finished ON bulk_order (finished) WHERE finished IS NOT NULL;
-- The lines of an order, some together: what was asked, and in its place, once they are worked off, what is answered.
CREATE TABLE bulk_part (
  seq INTEGER PRIMARY KEY, facility INTEGER NOT NULL, reception TEXT NOT NULL, place INTEGER NOT NULL,
  content BLOB NOT NULL, is_done INTEGER NOT NULL
);
CREATE UNIQUE INDEX bulk_part_of_order ON bulk_part (facility, reception, place);
-- What may be seen of whom at a facility: the newest answer about each kind of medical information, and what an emergency opened. A row
-- past `valid_until` opens nothing. `reference` is the check, or the emergency's own opening, that gave it.
CREATE TABLE opened_information (
  facility INTEGER NOT NULL, person BLOB NOT NULL, kind TEXT NOT NULL, basis TEXT NOT NULL,
  reference BLOB NOT NULL, given INTEGER NOT NULL, valid_until INTEGER NOT NULL,
  PRIMARY KEY (facility, person, kind, basis)
) WITHOUT ROWID;
CREATE INDEX opened_information_until ON opened_information (facility, valid_until);
-- What is over is forgotten after a day.
CREATE INDEX opened_information_over ON opened_information (valid_until);
CREATE INDEX opened_information_person ON opened_information (person);
-- Every look at medical information, never changed: `under` names what was seen and what gave the right to.
CREATE TABLE look (
  seq INTEGER PRIMARY KEY,
  facility INTEGER NOT NULL, id BLOB NOT NULL, at INTEGER NOT NULL, account TEXT NOT NULL, account_kind TEXT NOT NULL,
  person BLOB NOT NULL, under BLOB NOT NULL, way TEXT NOT NULL, purpose TEXT NOT NULL,
  month_from INTEGER, month_until INTEGER, emergency INTEGER NOT NULL
);
CREATE INDEX look_of_facility ON look (facility, at);
CREATE INDEX look_at_person ON look (person, facility, at);
CREATE INDEX look_at ON look (at);
CREATE INDEX look_in_emergency ON look (facility, at) WHERE emergency = 1;
-- Every withdrawal of a consent, never changed: `ended` names what could be seen until then. Where the patient withdrew, `by_facility` and
-- `account` are of the device at which they stood.
CREATE TABLE consent_withdrawal (
  seq INTEGER PRIMARY KEY,
  facility INTEGER NOT NULL, id BLOB NOT NULL, at INTEGER NOT NULL, person BLOB NOT NULL, ended BLOB NOT NULL,
  reason TEXT NOT NULL, note TEXT, by_facility INTEGER NOT NULL, account TEXT NOT NULL, account_kind TEXT NOT NULL
);
CREATE INDEX consent_withdrawal_of_person ON consent_withdrawal (person, facility, at);

-- Operators of the center. A row stays when somebody is disabled, so that no name ever means two people.
CREATE TABLE operator (
  name TEXT PRIMARY KEY, state TEXT NOT NULL, made INTEGER NOT NULL,
  -- The one-time link that is open: hash of its token, its end, and the sealed secret of the second factor its page shows.
  link BLOB, link_until INTEGER, link_secret BLOB,
  -- The second factor: a clock's secret, sealed with the machine key, and the last step used.
  secret BLOB, last_step INTEGER,
  signed_in INTEGER,
  failures INTEGER NOT NULL DEFAULT 0, locks INTEGER NOT NULL DEFAULT 0, locked_until INTEGER, last_failure INTEGER
) WITHOUT ROWID;
CREATE UNIQUE INDEX operator_link ON operator (link) WHERE link IS NOT NULL;
-- The last five passwords of operators; the newest counts while the operator has a second factor.
CREATE TABLE operator_password (
  operator TEXT NOT NULL, set_at INTEGER NOT NULL, hash TEXT NOT NULL, prefix BLOB NOT NULL, is_long INTEGER NOT NULL,
  PRIMARY KEY (operator, set_at)
) WITHOUT ROWID;
CREATE TABLE operator_session (
  token BLOB PRIMARY KEY, operator TEXT NOT NULL, opened INTEGER NOT NULL, active INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX session_of_operator ON operator_session (operator);
-- From whom operators have what they sign in with: a row for every one-time link. Read by the rule of two operators.
CREATE TABLE operator_given (at INTEGER NOT NULL, operator TEXT NOT NULL, given_by TEXT NOT NULL);
CREATE INDEX operator_given_at ON operator_given (at);
-- Emergency windows (緊急時の開放): what was decided once, and the steps of operators, added and never changed. Lists are separated by blanks.
CREATE TABLE emergency_window (
  id BLOB PRIMARY KEY, kind TEXT NOT NULL, is_everywhere INTEGER NOT NULL, prefectures TEXT NOT NULL, districts TEXT NOT NULL,
  facilities TEXT NOT NULL, reason TEXT NOT NULL, begins INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE emergency_window_change (
  window_id BLOB NOT NULL, place INTEGER NOT NULL, at INTEGER NOT NULL, operator TEXT NOT NULL, deed TEXT NOT NULL, until INTEGER,
  waits INTEGER NOT NULL,
  PRIMARY KEY (window_id, place)
) WITHOUT ROWID;
-- Searches without a card, whatever came of them. `person` is who was found; `check_id` the check an outage's search was answered with.
CREATE TABLE emergency_search (
  id BLOB PRIMARY KEY, facility INTEGER NOT NULL, account TEXT NOT NULL, mode TEXT NOT NULL, window_id BLOB, at INTEGER NOT NULL,
  way TEXT NOT NULL, outcome TEXT NOT NULL, person BLOB, check_id BLOB
) WITHOUT ROWID;
CREATE INDEX emergency_search_of_account ON emergency_search (facility, account, at);
CREATE INDEX emergency_search_of_facility ON emergency_search (facility, at);
CREATE INDEX emergency_search_of_window ON emergency_search (window_id, facility) WHERE window_id IS NOT NULL;
-- What was opened without a card, with the consent that was recorded; rows of opened_information name it as their reference. `factor` and
-- `method` (OQSCD041, 042) say how whoever opened it in ambulance mode had proved themselves.
CREATE TABLE emergency_opening (
  id BLOB PRIMARY KEY, facility INTEGER NOT NULL, account TEXT NOT NULL, mode TEXT NOT NULL, window_id BLOB, search BLOB NOT NULL UNIQUE,
  person BLOB NOT NULL, consent TEXT NOT NULL, factor TEXT, method TEXT, at INTEGER NOT NULL, until INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX emergency_opening_of_person ON emergency_opening (facility, person);
CREATE INDEX emergency_opening_of_window ON emergency_opening (window_id, facility) WHERE window_id IS NOT NULL;
-- Reports of facilities on what they did in a window (利用報告), added and never changed: the last one counts.
CREATE TABLE emergency_report (
  window_id BLOB NOT NULL, facility INTEGER NOT NULL, place INTEGER NOT NULL, at INTEGER NOT NULL, account TEXT NOT NULL, text TEXT NOT NULL,
  PRIMARY KEY (window_id, facility, place)
) WITHOUT ROWID;

-- Home care and remote care (G32). Addresses that a facility gave out, one in force for each care; one that ended leads nowhere.
CREATE TABLE home_address (
  id TEXT PRIMARY KEY, facility INTEGER NOT NULL, care TEXT NOT NULL, made INTEGER NOT NULL, account TEXT NOT NULL, ended INTEGER
) WITHOUT ROWID;
CREATE UNIQUE INDEX home_address_in_force ON home_address (facility, care) WHERE ended IS NULL;
-- Activation codes (アクティベーションコード) by keyed hash: one may be open for an account. `state` says what became of it.
CREATE TABLE home_activation_code (
  facility INTEGER NOT NULL, id BLOB NOT NULL, account TEXT NOT NULL, label TEXT NOT NULL, visual TEXT NOT NULL, hash BLOB NOT NULL,
  made INTEGER NOT NULL, made_by TEXT NOT NULL, until INTEGER NOT NULL, tries INTEGER NOT NULL, state TEXT NOT NULL, ended INTEGER,
  device BLOB,
  PRIMARY KEY (facility, id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX home_activation_code_open ON home_activation_code (facility, account) WHERE state = 'open';
-- Devices by their public key. One with an account is bound to the facility; a patient's own has none, and an end.
CREATE TABLE home_device (
  id BLOB PRIMARY KEY, key BLOB NOT NULL, facility INTEGER NOT NULL, account TEXT, label TEXT, visual TEXT NOT NULL,
  made INTEGER NOT NULL, until INTEGER, ended INTEGER, ended_by TEXT
) WITHOUT ROWID;
CREATE UNIQUE INDEX home_device_key ON home_device (key);
CREATE INDEX home_device_of_facility ON home_device (facility, made);
CREATE INDEX home_device_until ON home_device (until) WHERE until IS NOT NULL;
-- Proofs that were shown, so that none counts twice.
CREATE TABLE home_proof (device BLOB NOT NULL, id TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (device, id)) WITHOUT ROWID;
CREATE INDEX home_proof_at ON home_proof (at);
-- Pages that are open and wait for a device that reads the card, by the hash of what their browser holds.
CREATE TABLE home_page (
  id BLOB PRIMARY KEY, address TEXT NOT NULL, facility INTEGER NOT NULL, join_code TEXT NOT NULL, made INTEGER NOT NULL,
  until INTEGER NOT NULL, device BLOB, check_id BLOB
) WITHOUT ROWID;
CREATE UNIQUE INDEX home_page_join ON home_page (join_code) WHERE check_id IS NULL;
CREATE INDEX home_page_until ON home_page (until);
-- What a check by card at home has beside its row in card_check; `agreed` is null until the patient answered whether home care is wanted.
CREATE TABLE home_check (
  facility INTEGER NOT NULL, check_id BLOB NOT NULL, device BLOB NOT NULL, care TEXT NOT NULL, address TEXT NOT NULL, agreed TEXT,
  PRIMARY KEY (facility, check_id)
) WITHOUT ROWID;
-- With whom home or remote care was agreed, since when, and the last check at a later visit without the card.
CREATE TABLE home_consent (
  facility INTEGER NOT NULL, person BLOB NOT NULL, care TEXT NOT NULL, check_id BLOB NOT NULL, given INTEGER NOT NULL, until INTEGER NOT NULL,
  last_check BLOB, checked INTEGER, ended INTEGER,
  PRIMARY KEY (facility, person, care)
) WITHOUT ROWID;
CREATE INDEX home_consent_given ON home_consent (facility, given);
CREATE INDEX home_consent_of_check ON home_consent (facility, check_id);
CREATE INDEX home_consent_of_person ON home_consent (person);
-- The claims entry (オンライン請求). Each row bears the review body it belongs to (fund, federation-NN): tenants of one service.
CREATE TABLE claims_account (
  tenant TEXT NOT NULL, facility INTEGER NOT NULL, id TEXT NOT NULL, state TEXT NOT NULL, display_name TEXT NOT NULL, made INTEGER NOT NULL,
  password_hash TEXT NOT NULL, password_long INTEGER NOT NULL, password_set INTEGER NOT NULL, change_needed INTEGER NOT NULL,
  failures INTEGER NOT NULL, locks INTEGER NOT NULL, locked_until INTEGER, last_failure INTEGER,
  PRIMARY KEY (tenant, facility, id)
) WITHOUT ROWID;
CREATE TABLE claims_password (
  tenant TEXT NOT NULL, facility INTEGER NOT NULL, account TEXT NOT NULL, set_at INTEGER NOT NULL, hash TEXT NOT NULL, prefix BLOB NOT NULL,
  PRIMARY KEY (tenant, facility, account, set_at)
) WITHOUT ROWID;
CREATE TABLE claims_session (
  token BLOB PRIMARY KEY, tenant TEXT NOT NULL, facility INTEGER NOT NULL, account TEXT NOT NULL, certificate BLOB NOT NULL,
  opened INTEGER NOT NULL, active INTEGER NOT NULL, change_needed INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX claims_session_of_account ON claims_session (tenant, facility, account);
-- Filings (届出) of a facility to a review body, and the PCs (terminal names of certificates) that accepted ones let in.
CREATE TABLE claims_filing (
  id BLOB NOT NULL, tenant TEXT NOT NULL, facility INTEGER NOT NULL, kind TEXT NOT NULL, terminal TEXT NOT NULL, line TEXT NOT NULL,
  starts INTEGER NOT NULL, state TEXT NOT NULL, account TEXT NOT NULL, made INTEGER NOT NULL, handed_in INTEGER, decided INTEGER, operator TEXT,
  reason TEXT,
  PRIMARY KEY (facility, id)
) WITHOUT ROWID;
CREATE INDEX claims_filing_of_facility ON claims_filing (facility, tenant, made);
CREATE INDEX claims_filing_handed_in ON claims_filing (state, made);
CREATE TABLE claims_terminal (
  tenant TEXT NOT NULL, facility INTEGER NOT NULL, terminal TEXT NOT NULL, line TEXT NOT NULL, since INTEGER NOT NULL, filing BLOB NOT NULL,
  PRIMARY KEY (tenant, facility, terminal)
) WITHOUT ROWID;
-- What operators opened beside the calendar: of one review body, or of all (tenant empty).
CREATE TABLE claims_opening (
  id BLOB PRIMARY KEY, tenant TEXT, begins INTEGER NOT NULL, until INTEGER NOT NULL, reason TEXT NOT NULL, operator TEXT NOT NULL,
  made INTEGER NOT NULL, withdrawn INTEGER
) WITHOUT ROWID;
-- Files on their way, in pieces of bounded size. A submission keeps the pieces of its upload, byte for byte.
CREATE TABLE claims_upload (
  id BLOB NOT NULL, tenant TEXT NOT NULL, facility INTEGER NOT NULL, account TEXT NOT NULL, file_name TEXT NOT NULL, corrects BLOB,
  made INTEGER NOT NULL, touched INTEGER NOT NULL, bytes INTEGER NOT NULL, submission BLOB,
  PRIMARY KEY (facility, id)
) WITHOUT ROWID;
CREATE INDEX claims_upload_of_facility ON claims_upload (tenant, facility, touched);
CREATE INDEX claims_upload_open ON claims_upload (touched) WHERE submission IS NULL;
CREATE TABLE claims_piece (
  upload BLOB NOT NULL, begins INTEGER NOT NULL, content BLOB NOT NULL,
  PRIMARY KEY (upload, begins)
);
CREATE TABLE claims_submission (
  id BLOB NOT NULL, tenant TEXT NOT NULL, facility INTEGER NOT NULL, account TEXT NOT NULL, number TEXT NOT NULL, upload BLOB NOT NULL,
  file_name TEXT NOT NULL, bytes INTEGER NOT NULL, sha256 BLOB NOT NULL, corrects BLOB, state TEXT NOT NULL, sent INTEGER NOT NULL,
  checked INTEGER, ended INTEGER, kind TEXT, claim_month TEXT, claims INTEGER NOT NULL, refused INTEGER NOT NULL, to_confirm INTEGER NOT NULL,
  points INTEGER NOT NULL, good_points INTEGER NOT NULL, findings INTEGER NOT NULL, taken INTEGER, taken_points INTEGER, run BLOB,
  PRIMARY KEY (facility, id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX claims_submission_number ON claims_submission (tenant, facility, number);
CREATE INDEX claims_submission_sent ON claims_submission (tenant, facility, sent);
CREATE INDEX claims_submission_file ON claims_submission (tenant, facility, sha256);
CREATE INDEX claims_submission_corrects ON claims_submission (facility, corrects) WHERE corrects IS NOT NULL;
CREATE INDEX claims_submission_checking ON claims_submission (sent) WHERE state = 'checking';
-- What a run of the checks found: parts of findings and parts of claims, in the center's own form. Those of the run a submission names count.
CREATE TABLE claims_result (
  submission BLOB NOT NULL, run BLOB NOT NULL, kind TEXT NOT NULL, part INTEGER NOT NULL, content BLOB NOT NULL,
  PRIMARY KEY (submission, run, kind, part)
);
-- What was done with a submission, added and never changed.
CREATE TABLE claims_step (
  submission BLOB NOT NULL, place INTEGER NOT NULL, at INTEGER NOT NULL, account TEXT, step TEXT NOT NULL, detail TEXT NOT NULL,
  PRIMARY KEY (submission, place)
) WITHOUT ROWID;
