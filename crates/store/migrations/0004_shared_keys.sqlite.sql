-- What each key of a center shows of itself (no secret), so that processes over one store know that theirs are the same: a fingerprint, a hash
-- under the machine key, the signing key's identifier. A store of files is one process's, and has none of them.
CREATE TABLE shared_key (name TEXT PRIMARY KEY, shown BLOB NOT NULL) WITHOUT ROWID;
