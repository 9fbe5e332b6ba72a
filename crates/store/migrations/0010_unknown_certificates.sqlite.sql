-- What counts against certificates that the store does not know, since it was restored from a copy older than they are: those of a terminal
-- that were issued until its certificates were last revoked or replaced, and those that were revoked by their SHA-256 alone.
CREATE TABLE terminal_ended (
  facility INTEGER NOT NULL, terminal TEXT NOT NULL, ended INTEGER NOT NULL,
  PRIMARY KEY (facility, terminal)
) WITHOUT ROWID;
CREATE TABLE revoked_unknown (
  fingerprint BLOB PRIMARY KEY, revoked INTEGER NOT NULL
) WITHOUT ROWID;
