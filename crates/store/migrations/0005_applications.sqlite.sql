-- Applications for certificates (電子証明書発行申請): left by whoever applies, closed by a notice or by an operator, and deleted after `until`.
CREATE TABLE certificate_application (
  number TEXT PRIMARY KEY, facility INTEGER NOT NULL, name TEXT NOT NULL, terminal TEXT NOT NULL, kind TEXT NOT NULL,
  contact TEXT NOT NULL, phone TEXT NOT NULL, remark TEXT,
  at INTEGER NOT NULL, state TEXT NOT NULL, closed INTEGER, reason TEXT, until INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX certificate_application_open ON certificate_application (facility, terminal) WHERE state = 'open';
CREATE INDEX certificate_application_until ON certificate_application (until);
