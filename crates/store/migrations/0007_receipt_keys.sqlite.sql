-- The public keys of receipts and checkpoints, so that every process over one store publishes and believes what any of them signed. No private key.
-- `proof` is made with the machine key: whoever writes here without it adds none. `announced` is when a key came here, `retired` when it was replaced.
CREATE TABLE receipt_key (
  kid TEXT PRIMARY KEY, x BLOB NOT NULL, y BLOB NOT NULL, proof BLOB NOT NULL, announced INTEGER NOT NULL, retired INTEGER
) WITHOUT ROWID;
-- Each process may sign with a key of its own: nobody compares them any more.
DELETE FROM shared_key WHERE name = 'receipt.key';
