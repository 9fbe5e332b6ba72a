-- The registry: all whom an insurance key leads to, in one row, in several of bounded size where they are many.
CREATE TABLE insured (key TEXT NOT NULL, part INTEGER NOT NULL, record BLOB NOT NULL, PRIMARY KEY (key, part)) WITHOUT ROWID;
-- In which of them a person lies whole. Under their other keys stands only that they exist.
CREATE TABLE person_place (person BLOB NOT NULL, key TEXT NOT NULL, part INTEGER NOT NULL, PRIMARY KEY (person)) WITHOUT ROWID;
-- Whom a card's certificate leads to: by its serial and the authority's key. A person has several over time.
CREATE TABLE card_certificate (
  serial BLOB NOT NULL, authority BLOB NOT NULL, person BLOB NOT NULL,
  PRIMARY KEY (serial, authority)
) WITHOUT ROWID;
-- What exists about a person, from when and until when.
CREATE TABLE holding (
  person BLOB NOT NULL, kind TEXT NOT NULL, first_day INTEGER, last_day INTEGER,
  PRIMARY KEY (person, kind)
) WITHOUT ROWID;
-- Who has a ticket of medical aid for a facility in a month (`yyyy-MM`).
CREATE TABLE ticket_month (
  facility INTEGER NOT NULL, month TEXT NOT NULL, person BLOB NOT NULL,
  PRIMARY KEY (facility, month, person)
) WITHOUT ROWID;
CREATE INDEX ticket_month_of_person ON ticket_month (person);
-- Medical information: a month of one source, one prescriber and one dispenser; a checkup; an operation. Each packed, found by person
-- and time. `kind` is `drugs` or `treatment`: no row holds both, so that a query leaves out what was not agreed to.
CREATE TABLE drug_month (
  person BLOB NOT NULL, month INTEGER NOT NULL, place INTEGER NOT NULL, kind TEXT NOT NULL, source TEXT NOT NULL, record BLOB NOT NULL,
  PRIMARY KEY (person, month, place, kind)
) WITHOUT ROWID;
CREATE TABLE checkup (
  person BLOB NOT NULL, day INTEGER NOT NULL, place INTEGER NOT NULL, record BLOB NOT NULL,
  PRIMARY KEY (person, day, place)
) WITHOUT ROWID;
CREATE TABLE surgery (
  person BLOB NOT NULL, day INTEGER NOT NULL, place INTEGER NOT NULL, record BLOB NOT NULL,
  PRIMARY KEY (person, day, place)
) WITHOUT ROWID;
-- People by birth date, for searches without a card: `tags` are two bytes for each form of a name. About 30 bytes a person.
CREATE TABLE person_by_birth (
  day INTEGER NOT NULL, person BLOB NOT NULL, tags BLOB NOT NULL,
  PRIMARY KEY (day, person)
) WITHOUT ROWID;
-- Feeds (取込): every batch, also those that were not published; `told` is whether its end is in the audit chain. `number` is the short
-- name that coverages and checks hold; `weighed` is what an insurer's batch changes of its figures. `fingerprint` is of the whole file, for
-- one that goes on where it was cut off: behind line `taken`.
CREATE TABLE feed_batch (
  id BLOB PRIMARY KEY, number INTEGER NOT NULL, kind TEXT NOT NULL, insurer INTEGER, scope TEXT NOT NULL, file_name TEXT NOT NULL,
  who TEXT NOT NULL, begun INTEGER NOT NULL, ended INTEGER, state TEXT NOT NULL, lines INTEGER NOT NULL, accepted INTEGER NOT NULL,
  refused INTEGER NOT NULL, added INTEGER NOT NULL, replaced INTEGER NOT NULL, unchanged INTEGER NOT NULL, told INTEGER NOT NULL,
  weighed BLOB, fingerprint BLOB, taken INTEGER NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX feed_batch_number ON feed_batch (number);
CREATE INDEX feed_batch_by_time ON feed_batch (begun DESC);
-- Which process of a center loads a feed, and when it last said so.
CREATE TABLE feed_turn (
  one INTEGER PRIMARY KEY, holder BLOB NOT NULL, touched INTEGER NOT NULL
);
-- The lines of batches that are arriving. Nobody reads them before they are published.
CREATE TABLE arriving_statement (
  batch INTEGER NOT NULL, statement TEXT NOT NULL, person BLOB NOT NULL, head BLOB NOT NULL, PRIMARY KEY (batch, statement)
) WITHOUT ROWID;
CREATE TABLE arriving_line (
  batch INTEGER NOT NULL, statement TEXT NOT NULL, number INTEGER NOT NULL, record BLOB NOT NULL,
  PRIMARY KEY (batch, statement, number)
) WITHOUT ROWID;
-- Where a published statement lies, and which line of it is which.
CREATE TABLE statement (
  kind TEXT NOT NULL, statement TEXT NOT NULL, person BLOB NOT NULL, day INTEGER NOT NULL, place INTEGER NOT NULL, numbers BLOB NOT NULL,
  PRIMARY KEY (kind, statement)
) WITHOUT ROWID;
CREATE INDEX statement_of_person ON statement (person);
-- What an insurer's arriving or held batch makes of its part of a person. Nobody reads it before it is published.
CREATE TABLE arriving_part (
  batch INTEGER NOT NULL, person BLOB NOT NULL, line INTEGER NOT NULL, record BLOB NOT NULL, PRIMARY KEY (batch, person)
) WITHOUT ROWID;
-- What a published batch found of a person, for undoing it, and a hash of what it left; forgotten after some days. `claim` is the row of
-- identity_claim it found.
CREATE TABLE part_before (
  batch INTEGER NOT NULL, person BLOB NOT NULL, changed_person INTEGER NOT NULL, before BLOB NOT NULL, after BLOB NOT NULL, claim BLOB,
  PRIMARY KEY (batch, person)
) WITHOUT ROWID;
-- What is told to the insurer of single lines: refused, late, another identity than the register's, not named by a full file.
CREATE TABLE feed_remark (
  batch INTEGER NOT NULL, line INTEGER NOT NULL, place INTEGER NOT NULL, what TEXT NOT NULL, person BLOB, cell TEXT, detail TEXT NOT NULL,
  PRIMARY KEY (batch, line, place)
) WITHOUT ROWID;
-- The resident register, as far as it was loaded: who a person is. Holds no individual number.
CREATE TABLE resident (person BLOB PRIMARY KEY, record BLOB NOT NULL) WITHOUT ROWID;
-- Whom an insurer says a person is, where the register says or said otherwise. While `items` names something and the insurer did not
-- confirm it, no medical information of the person is seen. Without a claim the stored person contradicts.
CREATE TABLE identity_claim (
  person BLOB NOT NULL, insurer INTEGER NOT NULL, claim BLOB, items TEXT NOT NULL, confirmed INTEGER NOT NULL, batch INTEGER NOT NULL,
  since INTEGER NOT NULL, PRIMARY KEY (person, insurer)
) WITHOUT ROWID;
