-- The twin of 0001_start.registry.sql for PostgreSQL.
-- The registry: all whom an insurance key leads to, in one row, in several of bounded size where they are many.
CREATE TABLE insured (key text NOT NULL, part bigint NOT NULL, record bytea NOT NULL, PRIMARY KEY (key, part));
-- In which of them a person lies whole. Under their other keys stands only that they exist.
CREATE TABLE person_place (person bytea NOT NULL, key text NOT NULL, part bigint NOT NULL, PRIMARY KEY (person));
-- Whom a card's certificate leads to: by its serial and the authority's key. A person has several over time.
CREATE TABLE card_certificate (
  serial bytea NOT NULL, authority bytea NOT NULL, person bytea NOT NULL,
  PRIMARY KEY (serial, authority)
);
-- What exists about a person, from when and until when.
CREATE TABLE holding (
  person bytea NOT NULL, kind text NOT NULL, first_day bigint, last_day bigint,
  PRIMARY KEY (person, kind)
);
-- Who has a ticket of medical aid for a facility in a month (`yyyy-MM`).
CREATE TABLE ticket_month (
  facility bigint NOT NULL, month text NOT NULL, person bytea NOT NULL,
  PRIMARY KEY (facility, month, person)
);
CREATE INDEX ticket_month_of_person ON ticket_month (person);
-- Medical information: a month of one source, one prescriber and one dispenser; a checkup; an operation. Each packed, found by person
-- and time. `kind` is `drugs` or `treatment`: no row holds both, so that a query leaves out what was not agreed to.
CREATE TABLE drug_month (
  person bytea NOT NULL, month bigint NOT NULL, place bigint NOT NULL, kind text NOT NULL, source text NOT NULL, record bytea NOT NULL,
  PRIMARY KEY (person, month, place, kind)
);
CREATE TABLE checkup (
  person bytea NOT NULL, day bigint NOT NULL, place bigint NOT NULL, record bytea NOT NULL,
  PRIMARY KEY (person, day, place)
);
CREATE TABLE surgery (
  person bytea NOT NULL, day bigint NOT NULL, place bigint NOT NULL, record bytea NOT NULL,
  PRIMARY KEY (person, day, place)
);
-- People by birth date, for searches without a card: `tags` are two bytes for each form of a name. About 30 bytes a person.
CREATE TABLE person_by_birth (
  day bigint NOT NULL, person bytea NOT NULL, tags bytea NOT NULL,
  PRIMARY KEY (day, person)
);
-- Feeds (取込): every batch, also those that were not published; `told` is whether its end is in the audit chain. `number` is the short
-- name that coverages and checks hold; `weighed` is what an insurer's batch changes of its figures. `fingerprint` is of the whole file, for
-- one that goes on where it was cut off: behind line `taken`.
CREATE TABLE feed_batch (
  id bytea PRIMARY KEY, number bigint NOT NULL, kind text NOT NULL, insurer bigint, scope text NOT NULL, file_name text NOT NULL,
  who text NOT NULL, begun bigint NOT NULL, ended bigint, state text NOT NULL, lines bigint NOT NULL, accepted bigint NOT NULL,
  refused bigint NOT NULL, added bigint NOT NULL, replaced bigint NOT NULL, unchanged bigint NOT NULL, told bigint NOT NULL,
  weighed bytea, fingerprint bytea, taken bigint NOT NULL
);
CREATE UNIQUE INDEX feed_batch_number ON feed_batch (number);
CREATE INDEX feed_batch_by_time ON feed_batch (begun DESC);
-- Which process of a center loads a feed, and when it last said so.
CREATE TABLE feed_turn (
  one bigint PRIMARY KEY, holder bytea NOT NULL, touched bigint NOT NULL
);
-- The lines of batches that are arriving. Nobody reads them before they are published.
CREATE TABLE arriving_statement (
  batch bigint NOT NULL, statement text NOT NULL, person bytea NOT NULL, head bytea NOT NULL, PRIMARY KEY (batch, statement)
);
CREATE TABLE arriving_line (
  batch bigint NOT NULL, statement text NOT NULL, number bigint NOT NULL, record bytea NOT NULL,
  PRIMARY KEY (batch, statement, number)
);
-- Where a published statement lies, and which line of it is which.
CREATE TABLE statement (
  kind text NOT NULL, statement text NOT NULL, person bytea NOT NULL, day bigint NOT NULL, place bigint NOT NULL, numbers bytea NOT NULL,
  PRIMARY KEY (kind, statement)
);
CREATE INDEX statement_of_person ON statement (person);
-- What an insurer's arriving or held batch makes of its part of a person. Nobody reads it before it is published.
CREATE TABLE arriving_part (
  batch bigint NOT NULL, person bytea NOT NULL, line bigint NOT NULL, record bytea NOT NULL, PRIMARY KEY (batch, person)
);
-- What a published batch found of a person, for undoing it, and a hash of what it left; forgotten after some days. `claim` is the row of
-- identity_claim it found.
CREATE TABLE part_before (
  batch bigint NOT NULL, person bytea NOT NULL, changed_person bigint NOT NULL, before bytea NOT NULL, after bytea NOT NULL, claim bytea,
  PRIMARY KEY (batch, person)
);
-- What is told to the insurer of single lines: refused, late, another identity than the register's, not named by a full file.
CREATE TABLE feed_remark (
  batch bigint NOT NULL, line bigint NOT NULL, place bigint NOT NULL, what text NOT NULL, person bytea, cell text, detail text NOT NULL,
  PRIMARY KEY (batch, line, place)
);
-- The resident register, as far as it was loaded: who a person is. Holds no individual number.
CREATE TABLE resident (person bytea PRIMARY KEY, record bytea NOT NULL);
-- Whom an insurer says a person is, where the register says or said otherwise. While `items` names something and the insurer did not
-- confirm it, no medical information of the person is seen. Without a claim the stored person contradicts.
CREATE TABLE identity_claim (
  person bytea NOT NULL, insurer bigint NOT NULL, claim bytea, items text NOT NULL, confirmed bigint NOT NULL, batch bigint NOT NULL,
  since bigint NOT NULL, PRIMARY KEY (person, insurer)
);
