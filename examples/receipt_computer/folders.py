"""The folders shared with the link app. Requests are put whole, results are taken whole; nothing is believed of file events, which
network shares lose."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

# <prefix>res_<suffix>: the request's name with `req` turned into `res`.
_RESULT = re.compile(r"^(?P<prefix>[A-Za-z]{3}(?:si|mu)[A-Za-z]{3}\d\d)res_(?P<suffix>.+)\.(?:xml|pdf|zip)$", re.IGNORECASE)
# A request that was rejected comes back, with a text beside it.
_REJECTED = re.compile(r"^(?P<prefix>[A-Za-z]{3}(?:si|mu)[A-Za-z]{3}\d\d)req_(?P<suffix>.+)\.err$", re.IGNORECASE)
# That request itself, which the link app puts after its text.
_REQUEST = re.compile(r"^(?P<prefix>[A-Za-z]{3}(?:si|mu)[A-Za-z]{3}\d\d)req_(?P<suffix>.+)\.(?:xml|zip)$", re.IGNORECASE)
_FACE = re.compile(r"^OQSsiquc01res_face_(?P<facility>\d{10})(?P<check>.{20})_(?P<at>\d{14})\.xml$", re.IGNORECASE)


@dataclass(frozen=True)
class Found:
    """A file that lies in a result folder, by its name."""

    # result, rejected, request, face
    kind: str
    path: Path
    prefix: str = ""
    suffix: str = ""


def put(folder: Path, prefix: str, suffix: str, data: bytes) -> Path:
    """Puts a request so that it is never seen in part: written under a name that nobody reads, then renamed."""
    name = f"{prefix}req_{suffix}.xml"
    passing = folder / f".{name}.tmp"
    path = folder / name
    try:
        with open(passing, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(passing, path)
    except OSError:
        passing.unlink(missing_ok=True)
        raise
    return path


def look(folder: Path) -> list[Found]:
    """What lies in a result folder and may be ours, oldest first. A rejected request itself is taken away with its text, or after it."""
    found = []
    with os.scandir(folder) as entries:
        for entry in entries:
            path, name = Path(entry.path), entry.name
            if _FACE.match(name):
                found.append(Found("face", path))
            elif match := _RESULT.match(name):
                found.append(Found("result", path, match["prefix"], match["suffix"]))
            elif match := _REJECTED.match(name):
                found.append(Found("rejected", path, match["prefix"], match["suffix"]))
            elif match := _REQUEST.match(name):
                found.append(Found("request", path, match["prefix"], match["suffix"]))
    return sorted(found, key=lambda it: it.path.name)


def originals(path: Path) -> Path:
    """Where the texts lie that the result's encoding could not hold; there or not, and put before the result. Packed where it is."""
    packed = ".zip" if path.name.lower().endswith(".zip") else ""
    return path.with_name(f"onshi-original_{path.name}.json{packed}")


def read(path: Path) -> bytes | None:
    """The bytes of a file; None when it is gone, or held by its writer for now."""
    try:
        return path.read_bytes()
    except (FileNotFoundError, PermissionError):
        return None


def done_with(found: Found, keep: Path | None) -> None:
    """Takes a result away after it was understood and noted: the receipt computer must do so, or it counts as forgotten."""
    paths = [found.path, originals(found.path)]
    if found.kind == "rejected":
        paths += [found.path.with_suffix(".xml"), found.path.with_suffix(".zip")]
    for path in paths:
        data = read(path) if keep is not None else None
        if keep is not None and data is not None:
            keep.mkdir(parents=True, exist_ok=True)
            # Between two file systems a file cannot be renamed; it is copied whole, then deleted.
            (keep / path.name).write_bytes(data)
        path.unlink(missing_ok=True)
