-- Which process of a center works on what: on a bulk order, or on a submission of claims. One that died has its turn no longer than `until`.
-- A store of files is one process's, and has none of them.
CREATE TABLE work_turn (id BLOB PRIMARY KEY, holder BLOB NOT NULL, until INTEGER NOT NULL) WITHOUT ROWID;
