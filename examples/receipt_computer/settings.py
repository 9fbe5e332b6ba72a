"""The receipt computer's settings: one TOML file. Unknown keys are errors, so that a misspelt one is not overlooked."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path


class WrongSettings(Exception):
    """The settings file cannot be used; says where and why."""


@dataclass(frozen=True)
class Web:
    """The Web API, for a receipt computer that asks without files."""

    url: str
    ca: Path
    cert: Path
    key: Path
    account: str
    password_file: Path


@dataclass(frozen=True)
class Settings:
    """What the vendor sets up at the facility."""

    institution: str
    ledger: Path
    req: Path | None = None
    res: Path | None = None
    face: Path | None = None
    # Of our requests: "utf-8" or "shift_jis".
    encoding: str = "utf-8"
    # What a result is matched by: "name" or "identifier".
    match: str = "name"
    # The two facts the terminal asks about: do results of readers flow here, and can this receipt computer ask by itself?
    results_flow: bool = True
    asks_by_itself: bool = True
    # The link app fetches bulk results by itself (its own setting of the same name).
    poll_bulk: bool = False
    # Results are moved here instead of being deleted.
    keep: Path | None = None
    zip_password_file: Path | None = None
    web: Web | None = field(default=None)


# What a key holds, and how it is read.
_TEXT = {"institution", "encoding", "match"}
_PATHS = {"ledger", "req", "res", "face", "keep", "zip_password_file"}
_FACTS = {"results_flow", "asks_by_itself", "poll_bulk"}
_WEB_TEXT = {"url", "account"}
_WEB_PATHS = {"ca", "cert", "key", "password_file"}


def read(file: Path) -> Settings:
    """Reads a settings file."""
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise WrongSettings(f"{file}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise WrongSettings(f"{file}: {error}") from error
    try:
        web = table.pop("web", None)
        values = _values(table, _TEXT, _PATHS, _FACTS, file.parent)
        if web is not None:
            values["web"] = Web(**_values(web, _WEB_TEXT, _WEB_PATHS, set(), file.parent))
        settings = Settings(**values)
    except (TypeError, WrongSettings) as error:
        raise WrongSettings(f"{file}: {error}") from error
    if settings.encoding not in ("utf-8", "shift_jis"):
        raise WrongSettings(f"{file}: encoding is utf-8 or shift_jis")
    if settings.match not in ("name", "identifier"):
        raise WrongSettings(f"{file}: match is name or identifier")
    if len(settings.institution) != 10 or not settings.institution.isascii():
        raise WrongSettings(f"{file}: institution is the institution code of ten digits")
    return settings


def _values(table: object, texts: set, paths: set, facts: set, folder: Path) -> dict:
    if not isinstance(table, dict):
        raise WrongSettings("a section is a table")
    values: dict = {}
    for key, value in table.items():
        if key in facts and isinstance(value, bool):
            values[key] = value
        elif key in texts and isinstance(value, str):
            values[key] = value
        elif key in paths and isinstance(value, str):
            values[key] = folder / value
        elif key in texts | paths | facts:
            raise WrongSettings(f"{key} has a value of the wrong kind")
        else:
            raise WrongSettings(f"{key} is no setting")
    return values
