-- The gateway's journal: one row per file taken from a request folder (contracts §11).
CREATE TABLE file (
  id BLOB PRIMARY KEY, folder TEXT NOT NULL, name TEXT NOT NULL, state TEXT NOT NULL, at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX file_by_state ON file (state);
CREATE INDEX file_by_name ON file (folder, name);
