-- The twin of 0010_unknown_certificates.sqlite.sql for PostgreSQL.
-- What counts against certificates that the store does not know, since it was restored from a copy older than they are: those of a terminal
-- that were issued until its certificates were last revoked or replaced, and those that were revoked by their SHA-256 alone.
CREATE TABLE terminal_ended (
  facility bigint NOT NULL, terminal text NOT NULL, ended bigint NOT NULL,
  PRIMARY KEY (facility, terminal)
);
CREATE TABLE revoked_unknown (
  fingerprint bytea PRIMARY KEY, revoked bigint NOT NULL
);
