"""Results: bytes to what they say. Reads any order of elements, both encodings, empty elements as absent ones, and ignores what it
does not know. Knows no folder."""

from __future__ import annotations

import base64
import io
import json
import re
import xml.etree.ElementTree as ElementTree
import zipfile
from dataclasses import dataclass, field


class NotWhole(Exception):
    """The file is still being written, or is no message at all; time tells."""


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
        data = _unpacked(name, data, password)
    if lower.endswith(".pdf") or data.startswith(b"%PDF"):
        return _document(name, data)
    return read_xml(data)


def originals(name: str, data: bytes, password: bytes | None = None) -> list:
    """The texts beside a result that its encoding could not hold."""
    if name.lower().endswith(".zip"):
        data = _unpacked(name, data, password)
    try:
        return json.loads(data)["replaced"]
    except ValueError as error:
        raise NotWhole(name) from error


def read_xml(data: bytes) -> Result:
    """Reads a message."""
    root = parse(data)
    header, body = root.find("MessageHeader"), root.find("MessageBody")
    if root.tag != "XmlMsg" or header is None:
        raise NotWhole("no message")
    header, body = image(header), {} if body is None else image(body)
    return of_image({"MessageHeader": header, "MessageBody": body})


def of_image(message: dict) -> Result:
    """The result of a message's JSON image, with lists wrapped or not."""
    header, body = message.get("MessageHeader") or {}, message.get("MessageBody") or {}
    result = Result("answer")
    result.identifier = header.get("ArbitraryFileIdentifier", "")
    result.by = header.get("ReferenceClassification", "")
    result.reception = header.get("ReceptionNumber") or body.get("ReceptionNumber", "")
    segment = header.get("SegmentOfResult", "")
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
        return _document("OnshiPdf", base64.b64decode(body["OnshiPdf"], validate=True))
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
    data = data.removeprefix(b"\xef\xbb\xbf")
    head = data[:200].decode("ascii", "replace")
    declared = re.match(r"""<\?xml[^>]*?encoding\s*=\s*["']([^"']+)["'][^>]*\?>""", head)
    label = declared.group(1).lower() if declared else "utf-8"
    shift_jis = label in ("shift_jis", "shift-jis", "sjis", "x-sjis", "windows-31j", "cp932", "ms932")
    try:
        text = data.decode("cp932" if shift_jis else "utf-8")
    except UnicodeDecodeError as error:
        raise NotWhole(str(error.reason)) from error
    if declared:
        text = text[text.index("?>") + 2 :]
    if "<!DOCTYPE" in text[:1000]:
        raise NotWhole("a DOCTYPE, which no message has")
    try:
        return ElementTree.fromstring(text.strip())
    except ElementTree.ParseError as error:
        raise NotWhole(str(error)) from error


def rejection(data: bytes) -> Result:
    """The text beside a rejected request: UTF-8, a line for each of place, element, reason and remedy."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NotWhole("a rejection") from error
    said = dict(
        (key.strip(), value.strip())
        for key, found, value in (it.partition(": ") for it in text.splitlines())
        if found
    )
    named = {key.split("/")[-1].strip(): value for key, value in said.items()}
    if not {"line", "element", "reason", "remedy"} <= named.keys():
        raise NotWhole("a rejection")
    return Result("rejected", message=named["reason"], more=named)


def _document(name: str, data: bytes) -> Result:
    """A PDF, whole to its end."""
    if not data.startswith(b"%PDF") or b"%%EOF" not in data[-1024:]:
        raise NotWhole(name)
    return Result("document", more={"bytes": len(data)})


def _unpacked(name: str, data: bytes, password: bytes | None) -> bytes:
    """The one file in a packed result."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            (inside,) = packed.namelist()
            return packed.read(inside, pwd=password)
    except (zipfile.BadZipFile, ValueError, EOFError) as error:
        raise NotWhole(name) from error
