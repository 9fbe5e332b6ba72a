-- Applications for certificates (電子証明書発行申請): left by whoever applies, closed by a notice or by an operator, and deleted after `until`.
CREATE TABLE certificate_application (
  number text PRIMARY KEY, facility bigint NOT NULL, name text NOT NULL, terminal text NOT NULL, kind text NOT NULL,
  contact text NOT NULL, phone text NOT NULL, remark text,
  at bigint NOT NULL, state text NOT NULL, closed bigint, reason text, until bigint NOT NULL
);
CREATE INDEX certificate_application_open ON certificate_application (facility, terminal) WHERE state = 'open';
CREATE INDEX certificate_application_until ON certificate_application (until);
