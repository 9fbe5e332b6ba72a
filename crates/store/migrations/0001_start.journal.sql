-- The gateway's journal: one row per file taken from a request folder (contracts §11).
CREATE TABLE file (
  id BLOB PRIMARY KEY, folder TEXT NOT NULL, name TEXT NOT NULL, state TEXT NOT NULL, at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX file_by_state ON file (state);
CREATE INDEX file_by_name ON file (folder, name);
-- Results of readers: one row per closed check and face folder.
CREATE TABLE delivery (
  check_id BLOB NOT NULL, folder TEXT NOT NULL, id BLOB NOT NULL, name TEXT, state TEXT NOT NULL, at INTEGER NOT NULL,
  PRIMARY KEY (check_id, folder)
) WITHOUT ROWID;
CREATE INDEX delivery_by_state ON delivery (state);
CREATE INDEX delivery_by_name ON delivery (folder, name);
-- How far the center's events were heard: at most one row.
CREATE TABLE heard (one INTEGER PRIMARY KEY CHECK (one = 1), event TEXT NOT NULL) WITHOUT ROWID;
