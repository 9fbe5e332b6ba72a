-- The twin of 0008_medical_viewers.sqlite.sql for PostgreSQL.
-- Why a medical viewer may look (G01): as what, and who designated the person. `designation` keeps what was typed while it was one free
-- text; a row without a profession is such a row.
ALTER TABLE account ADD COLUMN profession text;
ALTER TABLE account ADD COLUMN designated_by text;
