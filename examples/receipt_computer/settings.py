"""The receipt computer's settings: one TOML file. Unknown keys are errors, so that a misspelt one is not overlooked."""

from __future__ import annotations

import tomllib
import urllib.parse
from dataclasses import MISSING, dataclass, field, fields
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
        # Editors of Windows put a byte order mark.
        table = tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise WrongSettings(f"{file}: 設定ファイルを読めません / the settings file cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise WrongSettings(f"{file}: UTF-8 で保存してください / save it as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise WrongSettings(f"{file}: TOML として読めません / no TOML ({error})") from error
    try:
        web = table.pop("web", None)
        values = _values(Settings, table, (_TEXT, _PATHS, _FACTS), file.parent)
        if web is not None:
            values["web"] = Web(**_values(Web, web, (_WEB_TEXT, _WEB_PATHS, set()), file.parent))
        settings = Settings(**values)
        _check(settings)
    except WrongSettings as error:
        raise WrongSettings(f"{file}: {error}") from error
    return settings


def _check(settings: Settings) -> None:
    if settings.encoding not in ("utf-8", "shift_jis"):
        raise WrongSettings("encoding は utf-8 か shift_jis です / encoding is utf-8 or shift_jis")
    if settings.match not in ("name", "identifier"):
        raise WrongSettings("match は name か identifier です / match is name or identifier")
    institution = settings.institution
    if len(institution) != 10 or not institution.isascii() or not institution.isdigit():
        raise WrongSettings("institution は医療機関コード10桁です / institution is the institution code of ten digits")
    if settings.web is not None:
        wrong = "url は https://ホスト:ポート です / url is https://host:port"
        try:
            address = urllib.parse.urlsplit(settings.web.url)
            right = address.scheme == "https" and address.hostname and address.port != 0
        except ValueError as error:
            raise WrongSettings(wrong) from error
        if not right:
            raise WrongSettings(wrong)


def _values(of: type, table: object, kinds: tuple[set, set, set], folder: Path) -> dict:
    texts, paths, facts = kinds
    if not isinstance(table, dict):
        raise WrongSettings("web は [web] の節です / web is a section, [web]")
    values: dict = {}
    for key, value in table.items():
        if isinstance(value, str) and not value.strip():
            # An empty path would be the folder of the settings.
            raise WrongSettings(f"{key} が空です / {key} is empty")
        if key in facts and isinstance(value, bool):
            values[key] = value
        elif key in texts and isinstance(value, str):
            values[key] = value
        elif key in paths and isinstance(value, str):
            values[key] = folder / value
        elif key in texts | paths | facts:
            raise WrongSettings(f"{key} の値の種類が違います / {key} has a value of the wrong kind")
        else:
            raise WrongSettings(f"{key} という設定はありません / {key} is no setting")
    missing = [it.name for it in fields(of) if it.default is MISSING and it.name not in values]
    if missing:
        raise WrongSettings(f"{', '.join(missing)} がありません / {', '.join(missing)} is missing")
    return values
