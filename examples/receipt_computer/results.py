"""Results: bytes to what they say. Reads any order of elements, both encodings, empty elements as absent ones, and ignores what it
does not know. Knows no folder."""

from __future__ import annotations

import base64
import contextlib
import io
import json
import lzma
import re
import struct
import xml.etree.ElementTree as ElementTree
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field


# What a result has at most, packed or not: the link app's own are well below it.
MOST_BYTES = 128 * 1024 * 1024


class Odd(Exception):
    """A file that cannot be dealt with: why, and what a person can do about it, both in Japanese and English."""

    LOOK = (
        "レセコンの担当ベンダーに連絡してください。急ぐときは、もう一度確認してください / "
        "tell the receipt computer's vendor; if it is urgent, check once more"
    )

    def __init__(self, why: str, remedy: str = LOOK) -> None:
        super().__init__(why)
        self.remedy = remedy


class NotWhole(Odd):
    """The file is still being written, or is no message at all; time tells."""

    def __init__(self, detail: str) -> None:
        super().__init__(f"結果として読めません / cannot be read as a result ({detail})")


class Unreadable(Odd):
    """The file is whole, and time will not make it readable here."""


TOO_LARGE = "大きすぎて、結果として読めません / too large to be a result"


VALIDITY = {
    "1": "valid",
    "2": "lost",
    "3": "newer",
    "4": "unknown",
    "5": "several",
    "6": "unregistered",
}


@dataclass
class Result:
    """What a result says."""

    # answer, processing, error, rejected, document
    outcome: str
    identifier: str = ""
    reception: str = ""
    code: str = ""
    message: str = ""
    validity: str = ""
    # By card ("1") or by number ("2").
    by: str = ""
    # Our own number of the patient, as it was sent along.
    patient: str = ""
    people: list = field(default_factory=list)
    lines: list = field(default_factory=list)
    counts: dict = field(default_factory=dict)
    # Anything else worth showing: drugs, checkups, the size of a document.
    more: dict = field(default_factory=dict)

    def shown(self) -> dict:
        """Without what is empty."""
        return {name: value for name, value in vars(self).items() if value}


def read(name: str, data: bytes, password: bytes | None = None) -> Result:
    """Reads a result file by its kind."""
    lower = name.lower()
    if lower.endswith(".zip"):
        data = _unpacked(data, password)
    if lower.endswith(".pdf") or data.startswith(b"%PDF"):
        return _document(data)
    return read_xml(data)


def originals(name: str, data: bytes, password: bytes | None = None) -> list:
    """The texts beside a result that its encoding could not hold."""
    if name.lower().endswith(".zip"):
        data = _unpacked(data, password)
    try:
        held = json.loads(data)
        # JSON can say half a character, which no file holds.
        json.dumps(held, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError) as error:
        raise NotWhole(f"JSON: {error}") from error
    replaced = held.get("replaced") if isinstance(held, dict) else None
    if not isinstance(replaced, list):
        raise Unreadable("元の字のファイルではありません / no file of originals: it has no list named replaced")
    return replaced


def read_xml(data: bytes) -> Result:
    """Reads a message."""
    root = parse(data)
    header, body = root.find("MessageHeader"), root.find("MessageBody")
    if root.tag != "XmlMsg" or header is None:
        raise Unreadable("オンライン資格確認の電文ではありません / no message of the eligibility system")
    with _known_shape():
        message = {"MessageHeader": image(header), "MessageBody": {} if body is None else image(body)}
    return of_image(message)


def of_image(message: dict) -> Result:
    """The result of a message's JSON image, with lists wrapped or not."""
    with _known_shape():
        result = _of_image(message)
        for name in ("identifier", "by", "reception", "code", "message", "patient"):
            if not isinstance(getattr(result, name), str):
                raise TypeError(name)
    return result


@contextlib.contextmanager
def _known_shape() -> Iterator[None]:
    """A whole XML may have elements where messages have texts, and texts where they have elements."""
    try:
        yield
    except (AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
        raise Unreadable("電文の形が違います / of another shape than the message has") from error


def _of_image(message: dict) -> Result:
    header, body = message.get("MessageHeader") or {}, message.get("MessageBody") or {}
    result = Result("answer")
    result.identifier = header.get("ArbitraryFileIdentifier", "")
    result.by = header.get("ReferenceClassification", "")
    result.reception = header.get("ReceptionNumber") or body.get("ReceptionNumber", "")
    segment = header.get("SegmentOfResult", "")
    if segment not in ("1", "2", "9") and not (header.get("ResultCode") or body.get("ResultCode")):
        # A request, or another program's file: what does not say how it ended answers nothing.
        raise Unreadable("処理結果がありません / says no result (SegmentOfResult, ResultCode)")
    if segment == "2":
        result.outcome = "processing"
    elif segment == "9":
        result.outcome = "error"
        result.code, result.message = header.get("ErrorCode", ""), header.get("ErrorMessage", "")
    else:
        result.code = body.get("ProcessingResultCode", "")
        # May stand beside a success, to tell of something.
        result.message = body.get("ProcessingResultMessage", "")
        if body.get("ProcessingResultStatus") == "2":
            result.outcome = "error"
    result.validity = VALIDITY.get(body.get("QualificationValidity", ""), "")
    _medical(result, header, body)
    if isinstance(body.get("OnshiPdf"), str):
        return _document(base64.b64decode(body["OnshiPdf"], validate=True))
    asked = body.get("QualificationConfirmSearchInfo") or {}
    result.patient = asked.get("ArbitraryIdentifier", "") if isinstance(asked, dict) else ""
    people = several(body.get("ResultList"), "ResultOfQualificationConfirmation")
    result.people = [person(it) for it in people]
    units = several(body.get("BulkConfirmUnit"), "BulkConfirmUnit")
    units += several(body.get("BulkRegistrationUnit"), "BulkRegistrationUnit")
    result.lines = [line(unit) for unit in units]
    names = {"done": "NumberOfProcessingResult", "right": "NumberOfNormalProcessing", "wrong": "NumberOfError"}
    result.counts = {ours: header[theirs] for ours, theirs in names.items() if theirs in header}
    return result


def line(unit: dict) -> dict:
    """One line of a bulk result, with what it answers."""
    asked = unit.get("QualificationConfirmSearchInfo") or unit.get("ReferenceNumberRegistrationInfo") or {}
    shown = {
        "patient": asked.get("ArbitraryIdentifier", "") or asked.get("ReferenceNumber", ""),
        "outcome": "error" if unit.get("ProcessingResultStatus") == "2" else "answer",
        "code": unit.get("ProcessingResultCode", ""),
        "message": unit.get("ProcessingResultMessage", ""),
        "validity": VALIDITY.get(unit.get("QualificationValidity", ""), ""),
        "references": several(unit.get("ReferenceNumber"), "ReferenceNumber"),
        "people": [person(it) for it in several(unit.get("ResultOfQualificationConfirmation"), "")],
    }
    return {name: value for name, value in shown.items() if value}


def person(found: dict) -> dict:
    """What the desk shows of a coverage. Numbers keep their zeros and blanks: they are sent back as they came."""
    ceiling = found.get("LimitApplicationCertificateRelatedInfo") or {}
    shown = {
        "name": found.get("Name", ""),
        "kana": found.get("NameKana", ""),
        "birth": found.get("Birthdate", ""),
        "sex": found.get("Sex1", ""),
        "insurer": found.get("InsurerNumber", "") or found.get("PublicExpenseNumber", ""),
        "insurer_name": found.get("InsurerName", "") or found.get("WelfareOfficeName", ""),
        "symbol": found.get("InsuredCardSymbol", ""),
        "number": found.get("InsuredIdentificationNumber", "") or found.get("BeneficiaryNumber", ""),
        "branch": found.get("InsuredBranchNumber", ""),
        "lost": found.get("DisqualificationDate", ""),
        "ratio": found.get("InsuredPartialContributionRatio", ""),
        "ceiling": ceiling.get("LimitApplicationCertificateClassificationFlag", ""),
        "changed": found.get("LimitApplicationCertificateChanged", ""),
        "reference": found.get("ReferenceNumber", ""),
        "patient": found.get("ArbitraryIdentifier", ""),
        "consents": {
            ours: found[theirs + "ConsFlg"]
            for ours, theirs in _CONSENTS.items()
            if found.get(theirs + "ConsFlg")
        },
    }
    return {name: value for name, value in shown.items() if value}


_CONSENTS = {
    "checkups": "SpecificHealthCheckupsInfo",
    "drugs": "PharmacistsInfo",
    "treatment": "DiagnosisInfo",
    "surgery": "OperationInfo",
}


def _medical(result: Result, header: dict, body: dict) -> None:
    """Drugs and checkups say how they went by an element of their own, which is looked for in both places."""
    code = header.get("ResultCode") or body.get("ResultCode", "")
    if not code:
        return
    result.message = header.get("MessageContents") or body.get("MessageContents", "")
    if code != "1":
        result.outcome, result.code = "error", code
    drugs = _all(body, "DrugN") + _all(body, "CzDrugN") + _all(body, "ShDrugN")
    result.more = {
        "drugs": drugs,
        "treatment": _all(body, "SinInfN"),
        "checkups": _all(body, "EffectiveTime"),
        "items": len(_all(body, "ItemCode")),
    }
    result.more = {name: value for name, value in result.more.items() if value}


def _all(value: object, name: str) -> list:
    """Every text of an element, wherever it stands."""
    if isinstance(value, list):
        return [text for it in value for text in _all(it, name)]
    if not isinstance(value, dict):
        return []
    found = []
    for key, inner in value.items():
        if key == name and isinstance(inner, str):
            found.append(inner)
        else:
            found += _all(inner, name)
    return found


def several(value: object, name: str) -> list:
    """A list whichever way it came: wrapped, as an array of single-key objects, as an array, or as one alone."""
    if value is None or value == "":
        return []
    if isinstance(value, dict) and name in value:
        return several(value[name], name)
    if isinstance(value, list):
        return [it.get(name, it) if isinstance(it, dict) else it for it in value]
    return [value]


def image(element: ElementTree.Element) -> dict:
    """An element's children by name. Empty ones are left out, repeated ones are arrays, blanks inside a value are kept."""
    found: dict = {}
    for child in element:
        value: object = image(child) if len(child) else (child.text or "")
        if value == "" or value == {}:
            continue
        if child.tag in found:
            before = found[child.tag]
            found[child.tag] = [*before, value] if isinstance(before, list) else [before, value]
        else:
            found[child.tag] = value
    return found


def parse(data: bytes) -> ElementTree.Element:
    """The root of a file's XML. Python's reader knows no Shift_JIS, so the text is decoded here."""
    # With a byte order mark it is UTF-8, whatever its declaration says.
    marked = data.startswith(b"\xef\xbb\xbf")
    data = data.removeprefix(b"\xef\xbb\xbf")
    head = data[:200].decode("ascii", "replace")
    declared = re.match(r"""<\?xml[^>]*?encoding\s*=\s*["']([^"']+)["'][^>]*\?>""", head)
    label = declared.group(1).lower() if declared else "utf-8"
    shift_jis = label in ("shift_jis", "shift-jis", "sjis", "x-sjis", "windows-31j", "cp932", "ms932")
    try:
        text = data.decode("cp932" if shift_jis and not marked else "utf-8")
    except UnicodeDecodeError as error:
        raise NotWhole(str(error.reason)) from error
    if declared:
        text = text[text.index("?>") + 2 :]
    if "<!DOCTYPE" in text:
        raise NotWhole("a DOCTYPE, which no message has")
    try:
        return ElementTree.fromstring(text.strip())
    except (ElementTree.ParseError, ValueError) as error:
        raise NotWhole(str(error)) from error


def rejection(data: bytes) -> Result:
    """The text beside a rejected request: UTF-8, a line for each of place, element, reason and remedy."""
    lacks = "not the four lines of an .err"
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NotWhole(lacks) from error
    said = dict(
        (key.strip(), value.strip())
        for key, found, value in (it.partition(": ") for it in text.splitlines())
        if found
    )
    named = {key.split("/")[-1].strip(): value for key, value in said.items()}
    if not {"line", "element", "reason", "remedy"} <= named.keys() or not text.endswith("\n"):
        raise NotWhole(lacks)
    return Result("rejected", message=named["reason"], more=named)


def _document(data: bytes) -> Result:
    """A PDF, whole to its end."""
    if not data.startswith(b"%PDF") or b"%%EOF" not in data[-1024:]:
        raise NotWhole("PDF: no %PDF or no %%EOF")
    return Result("document", more={"bytes": len(data)})


def _unpacked(data: bytes, password: bytes | None) -> bytes:
    """The one file in a packed result."""
    protected = False
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            inside = packed.infolist()
            if len(inside) != 1 or inside[0].is_dir():
                raise Unreadable("zip の中がファイル一つではありません / the zip holds something else than one file")
            if MOST_BYTES < inside[0].file_size:
                raise Unreadable(TOO_LARGE)
            protected = bool(inside[0].flag_bits & 1)
            if protected:
                _can_unlock(inside[0], password)
            return packed.read(inside[0], pwd=password)
    except NotImplementedError as error:
        raise Unreadable("読めない種類の zip です / a zip of a kind that is not read here", _OTHER_CIPHER) from error
    except RuntimeError as error:
        raise Unreadable("zip のパスワードが違います / the zip has another password", _OTHER_PASSWORD) from error
    except _BROKEN_ZIP as error:
        # One wrong password in 256 is found by its damage alone.
        perhaps = ", or another password" if protected else ""
        raise NotWhole(f"zip: {error}{perhaps}") from error


# What the reader raises over bytes that are no zip, or a part of one, or a damaged one.
_BROKEN_ZIP = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    LookupError,
    OSError,
    OverflowError,
    ValueError,
)
# How a zip says that its cipher is AES: in place of its compression.
_AES = 99
_OTHER_CIPHER = (
    "連携アプリの設定（gateway.toml の [[folders]]）で zip_cipher = \"zip-crypto\" にするか、この電文を zip から外してください / "
    "in the link app's settings (gateway.toml, [[folders]]) set zip_cipher = \"zip-crypto\", or take this message out of zip"
)
_OTHER_PASSWORD = (
    "zip_password_file のパスワードを連携アプリのものと同じにして、起動し直してください / "
    "put the link app's password into zip_password_file and start again"
)


def _can_unlock(inside: zipfile.ZipInfo, password: bytes | None) -> None:
    """Python's reader knows the old cipher alone."""
    if inside.compress_type == _AES:
        raise Unreadable("AES の zip は読めません / a zip with AES, which is not read here", _OTHER_CIPHER)
    if not password:
        raise Unreadable("パスワード付きの zip です / a zip with a password, and the settings name none", _OTHER_PASSWORD)
