"""The folders shared with the link app. Requests are put whole, results are taken whole; nothing is believed of file events, which
network shares lose."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

# <prefix>res_<suffix>: the request's name with `req` turned into `res`.
_RESULT = re.compile(r"^(?P<prefix>[A-Za-z]{3}(?:si|mu)[A-Za-z]{3}\d\d)res_(?P<suffix>.+)\.(?:xml|pdf|zip)$", re.IGNORECASE)
# A request that was rejected comes back, with a text beside it.
_REJECTED = re.compile(r"^(?P<prefix>[A-Za-z]{3}(?:si|mu)[A-Za-z]{3}\d\d)req_(?P<suffix>.+)\.err$", re.IGNORECASE)
# That request itself, which the link app puts after its text.
_REQUEST = re.compile(r"^(?P<prefix>[A-Za-z]{3}(?:si|mu)[A-Za-z]{3}\d\d)req_(?P<suffix>.+)\.(?:xml|zip)$", re.IGNORECASE)
# A request on its way there.
_PASSING = re.compile(r"^\.(?P<prefix>[A-Za-z]{3}(?:si|mu)[A-Za-z]{3}\d\d)req_(?P<suffix>\d+)\.xml\.tmp$")
_FACE = re.compile(r"^OQSsiquc01res_face_(?P<facility>\d{10})(?P<check>.{20})_(?P<at>\d{14})\.xml$", re.IGNORECASE)


@dataclass(frozen=True)
class Found:
    """A file that lies in a result folder, by its name."""

    # result, rejected, request, face
    kind: str
    path: Path
    prefix: str = ""
    suffix: str = ""
    # A folder, or anything else that cannot be read to its end, may bear a result's name too.
    is_file: bool = True


def put(folder: Path, prefix: str, suffix: str, data: bytes) -> Path:
    """Puts a request so that it is never seen in part: written under a name that nobody reads, then renamed."""
    path = folder / f"{prefix}req_{suffix}.xml"
    _write(path, data)
    return path


def never_put(folder: Path, before: float) -> list[Found]:
    """Requests that a crash left under the name nobody reads, last written before that time: they were never put."""
    found = []
    with os.scandir(folder) as entries:
        for entry in entries:
            match = _PASSING.match(entry.name)
            if match and entry.stat().st_mtime < before:
                found.append(Found("request", Path(entry.path), match["prefix"], match["suffix"]))
    return found


def _write(path: Path, data: bytes) -> None:
    passing = path.with_name(f".{path.name}.tmp")
    try:
        with open(passing, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(passing, path)
    except BaseException:
        with contextlib.suppress(OSError):
            passing.unlink(missing_ok=True)
        raise


def look(folder: Path) -> list[Found]:
    """What lies in a result folder and may be ours, oldest first. A rejected request itself is taken away with its text, or after it."""
    found = []
    with os.scandir(folder) as entries:
        for entry in entries:
            path = Path(entry.path)
            name = shown(path)
            if _FACE.match(name):
                found.append(Found("face", path, is_file=_is_file(entry)))
            elif match := _RESULT.match(name):
                found.append(Found("result", path, match["prefix"], match["suffix"], _is_file(entry)))
            elif match := _REJECTED.match(name):
                found.append(Found("rejected", path, match["prefix"], match["suffix"], _is_file(entry)))
            elif match := _REQUEST.match(name):
                found.append(Found("request", path, match["prefix"], match["suffix"], _is_file(entry)))
    return sorted(found, key=lambda it: it.path.name)


def shown(path: Path) -> str:
    """A file's name as text: a name of another encoding has bytes that no text holds."""
    return path.name.encode("utf-8", "backslashreplace").decode("utf-8")


def _is_file(entry: os.DirEntry) -> bool:
    try:
        return entry.is_file()
    except OSError:
        return False


def stamp(path: Path) -> tuple[int, int, int] | None:
    """What changes when a file does, its rights included; None where it cannot be told, or nothing lies there."""
    try:
        is_now = path.stat()
    except OSError:
        return None
    return is_now.st_mtime_ns, is_now.st_ctime_ns, is_now.st_size


def originals(path: Path) -> Path:
    """Where the texts lie that the result's encoding could not hold; there or not, and put before the result. Packed where it is."""
    packed = ".zip" if path.name.lower().endswith(".zip") else ""
    return path.with_name(f"onshi-original_{path.name}.json{packed}")


def read(path: Path) -> bytes | None:
    """The bytes of a file; None when it is gone. One that cannot be opened, or is held for now, raises."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def done_with(paths: Iterable[Path], keep: Path | None) -> None:
    """Takes files away after they were understood and noted: the receipt computer must do so, or they count as forgotten. What cannot
    be kept is not deleted."""
    for path in paths:
        if keep is not None:
            data = read(path)
            if data is None:
                continue
            keep.mkdir(parents=True, exist_ok=True)
            _keep(keep / path.name, data)
        path.unlink(missing_ok=True)


def _keep(path: Path, data: bytes) -> None:
    """Between two file systems a file cannot be renamed: it is copied whole, then deleted. Another file of the name stays too."""
    place, turn = path, 1
    while (there := read(place)) is not None:
        if there == data:
            return
        turn += 1
        place = path.with_name(f"{path.stem}_{turn}{path.suffix}")
    _write(place, data)
