"""What was asked and what was answered, in a file that survives a crash. The proof that every request has exactly one answer."""

from __future__ import annotations

import datetime
import hashlib
import json
import sqlite3
import time
from pathlib import Path

_TABLES = """
CREATE TABLE IF NOT EXISTS asked (
    prefix TEXT NOT NULL, suffix TEXT NOT NULL, identifier TEXT NOT NULL, reception TEXT NOT NULL DEFAULT '',
    asked_at TEXT NOT NULL, answered_at TEXT, digest TEXT, outcome TEXT, result TEXT,
    PRIMARY KEY (prefix, suffix)
);
CREATE TABLE IF NOT EXISTS face (name TEXT PRIMARY KEY, taken_at TEXT NOT NULL, digest TEXT NOT NULL, result TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS again (at TEXT NOT NULL, name TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS trouble (at TEXT NOT NULL, name TEXT NOT NULL, what TEXT NOT NULL, UNIQUE (name, what));
"""


class Ledger:
    """Opens the ledger, making it when there is none."""

    def __init__(self, path: Path) -> None:
        self._file = sqlite3.connect(path, timeout=30)
        # SQLite does not wait for another process that makes the file or turns it to WAL at the same moment: it refuses at once.
        patient_until = time.monotonic() + 30
        while True:
            try:
                self._file.execute("PRAGMA journal_mode = WAL")
                self._file.executescript(_TABLES)
                break
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or patient_until < time.monotonic():
                    raise
                time.sleep(0.01)
        self._file.execute("PRAGMA synchronous = FULL")

    def close(self) -> None:
        """Closes it."""
        self._file.close()

    def next_suffix(self, now: datetime.datetime) -> str:
        """A suffix of the usual form, date and running number, that was never used: results of other days may still come."""
        day = now.strftime("%Y%m%d")
        row = self._file.execute(
            "SELECT max(CAST(substr(suffix, 9) AS INTEGER)) FROM asked WHERE suffix LIKE ? || '%'", [day]
        ).fetchone()
        return f"{day}{(row[0] or 0) + 1:06d}"

    def note(self, prefix: str, identifier: str, now: datetime.datetime, reception: str = "") -> str:
        """Notes a request before it is put, under a new suffix; returns the suffix."""
        with self._file:
            self._file.execute("BEGIN IMMEDIATE")
            suffix = self.next_suffix(now)
            self._file.execute(
                "INSERT INTO asked (prefix, suffix, identifier, reception, asked_at) VALUES (?, ?, ?, ?, ?)",
                [prefix, suffix, identifier or suffix, reception, now.isoformat()],
            )
        return suffix

    def expect(self, prefix: str, suffix: str, now: datetime.datetime) -> tuple[str, str]:
        """Notes a result that the link app fetches by itself, once."""
        with self._file:
            self._file.execute(
                "INSERT OR IGNORE INTO asked (prefix, suffix, identifier, asked_at) VALUES (?, ?, ?, ?)",
                [prefix, suffix, suffix, now.isoformat()],
            )
        return prefix, suffix

    def withdraw(self, key: tuple[str, str]) -> None:
        """Takes back a request that could not be put."""
        with self._file:
            self._file.execute("DELETE FROM asked WHERE prefix = ? AND suffix = ? AND digest IS NULL", key)

    def by_name(self, prefix: str, suffix: str) -> tuple[str, str] | None:
        """The request of a result's name."""
        return self._file.execute(
            "SELECT prefix, suffix FROM asked WHERE prefix = ? AND suffix = ?", [prefix, suffix]
        ).fetchone()

    def by_identifier(self, prefix: str, identifier: str) -> tuple[str, str] | None:
        """The request of an identifier."""
        return self._file.execute(
            "SELECT prefix, suffix FROM asked WHERE prefix = ? AND identifier = ?", [prefix, identifier]
        ).fetchone()

    def answer(self, key: tuple[str, str], data: bytes, outcome: str, shown: dict, now: datetime.datetime) -> str:
        """Notes an answer; says `new`, `again` (the same once more) or `twice` (another one)."""
        digest = hashlib.sha256(data).hexdigest()
        with self._file:
            row = self._file.execute("SELECT digest FROM asked WHERE prefix = ? AND suffix = ?", key).fetchone()
            if row[0] is not None:
                return self._once_more(f"{key[0]}req_{key[1]}", row[0] == digest, now)
            self._file.execute(
                "UPDATE asked SET answered_at = ?, digest = ?, outcome = ?, result = ? WHERE prefix = ? AND suffix = ?",
                [now.isoformat(), digest, outcome, json.dumps(shown, ensure_ascii=False), *key],
            )
        return "new"

    def face(self, name: str, data: bytes, shown: dict, now: datetime.datetime) -> str:
        """Notes a reader's result in the same way."""
        digest = hashlib.sha256(data).hexdigest()
        with self._file:
            row = self._file.execute("SELECT digest FROM face WHERE name = ?", [name]).fetchone()
            if row is not None:
                return self._once_more(name, row[0] == digest, now)
            self._file.execute(
                "INSERT INTO face VALUES (?, ?, ?, ?)",
                [name, now.isoformat(), digest, json.dumps(shown, ensure_ascii=False)],
            )
        return "new"

    def _once_more(self, name: str, same: bool, now: datetime.datetime) -> str:
        """The same file again is what a crash of ours leaves, and is counted; another one is trouble."""
        if same:
            self._file.execute("INSERT INTO again VALUES (?, ?)", [now.isoformat(), name])
        return "again" if same else "twice"

    def trouble(self, name: str, what: str, now: datetime.datetime) -> bool:
        """Notes something a person should look at; False when it was noted before."""
        if self._file.execute("SELECT 1 FROM trouble WHERE name = ? AND what = ?", [name, what]).fetchone():
            return False
        with self._file:
            done = self._file.execute("INSERT OR IGNORE INTO trouble VALUES (?, ?, ?)", [now.isoformat(), name, what])
        return 0 < done.rowcount

    def over(self, name: str) -> None:
        """What troubled is no more, and would be new if it came again."""
        if self._file.execute("SELECT 1 FROM trouble WHERE name = ?", [name]).fetchone():
            with self._file:
                self._file.execute("DELETE FROM trouble WHERE name = ?", [name])

    def troubled(self) -> list[str]:
        """The names of what troubles."""
        return [row[0] for row in self._file.execute("SELECT DISTINCT name FROM trouble").fetchall()]

    def result(self, key: tuple[str, str]) -> dict | None:
        """What was answered; None while nothing was."""
        row = self._file.execute("SELECT result FROM asked WHERE prefix = ? AND suffix = ?", key).fetchone()
        return json.loads(row[0]) if row is not None and row[0] is not None else None

    def open(self) -> list[tuple[str, str]]:
        """What has no answer yet, oldest first."""
        return self._file.execute("SELECT prefix, suffix FROM asked WHERE digest IS NULL ORDER BY asked_at, suffix").fetchall()

    def results(self) -> list[dict]:
        """Every answer and every result of a reader, oldest first."""
        rows = self._file.execute(
            "SELECT result, answered_at AS at FROM asked WHERE result IS NOT NULL "
            "UNION ALL SELECT result, taken_at FROM face ORDER BY at"
        )
        return [json.loads(row[0]) for row in rows]

    def report(self) -> dict:
        """The state of everything, in numbers."""
        count = lambda text: self._file.execute(text).fetchone()[0]  # noqa: E731
        outcomes = self._file.execute("SELECT outcome, count(*) FROM asked WHERE outcome IS NOT NULL GROUP BY outcome").fetchall()
        trouble = self._file.execute("SELECT name, what FROM trouble ORDER BY at").fetchall()
        return {
            "asked": count("SELECT count(*) FROM asked"),
            "answered": count("SELECT count(*) FROM asked WHERE digest IS NOT NULL"),
            "outcomes": dict(outcomes),
            "open": [f"{prefix}req_{suffix}" for prefix, suffix in self.open()],
            "from_readers": count("SELECT count(*) FROM face"),
            "again": count("SELECT count(*) FROM again"),
            "trouble": [f"{name}: {what}" for name, what in trouble],
        }
