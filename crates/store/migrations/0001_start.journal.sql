-- The gateway's journal: one row per file taken from a request folder (contracts §11), numbered in the order they were taken, so that
-- no clock decides about order. `origin` is `folder`, or `own` for what the link app asks by itself. `outcome` and `result` (the name
-- in the result folder) are known from `ready` on.
CREATE TABLE file (
  number INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, folder TEXT NOT NULL, name TEXT NOT NULL, origin TEXT NOT NULL,
  state TEXT NOT NULL, outcome TEXT, result TEXT, taken_at INTEGER NOT NULL, at INTEGER NOT NULL
);
CREATE INDEX file_by_state ON file (state, folder, at);
CREATE INDEX file_by_name ON file (folder, name);
CREATE INDEX file_by_result ON file (folder, result);
-- Results of readers: one row per closed check and face folder.
CREATE TABLE delivery (
  check_id BLOB NOT NULL, folder TEXT NOT NULL, id BLOB NOT NULL, name TEXT, state TEXT NOT NULL, at INTEGER NOT NULL,
  PRIMARY KEY (check_id, folder)
) WITHOUT ROWID;
CREATE INDEX delivery_by_state ON delivery (state);
CREATE INDEX delivery_by_name ON delivery (folder, name);
-- How far the center's events were heard: at most one row.
CREATE TABLE heard (one INTEGER PRIMARY KEY CHECK (one = 1), event TEXT NOT NULL) WITHOUT ROWID;
