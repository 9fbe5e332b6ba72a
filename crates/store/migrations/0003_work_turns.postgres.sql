-- The twin of 0003_work_turns.sqlite.sql for PostgreSQL.
-- Which process of a center works on what: on a bulk order, or on a submission of claims. One that died has its turn no longer than `until`.
-- A store of files is one process's, and has none of them.
CREATE TABLE work_turn (id bytea PRIMARY KEY, holder bytea NOT NULL, until bigint NOT NULL);
