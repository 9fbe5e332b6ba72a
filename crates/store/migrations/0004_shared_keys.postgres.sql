-- The twin of 0004_shared_keys.sqlite.sql for PostgreSQL.
-- What each key of a center shows of itself (no secret), so that processes over one store know that theirs are the same: a fingerprint, a hash
-- under the machine key, the signing key's identifier. A store of files is one process's, and has none of them.
CREATE TABLE shared_key (name text PRIMARY KEY, shown bytea NOT NULL);
