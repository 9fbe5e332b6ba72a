-- The registry: whom an insurance key leads to, with all a check needs in one row.
CREATE TABLE insured (key TEXT NOT NULL, person BLOB NOT NULL, record BLOB NOT NULL, PRIMARY KEY (key, person)) WITHOUT ROWID;
-- Under which keys a person is found, so that all rows change together.
CREATE TABLE person_key (person BLOB NOT NULL, key TEXT NOT NULL, PRIMARY KEY (person, key)) WITHOUT ROWID;
CREATE TABLE reference_number (
  facility INTEGER NOT NULL, person BLOB NOT NULL, number TEXT NOT NULL,
  PRIMARY KEY (facility, person)
) WITHOUT ROWID;
