"""Requests: what stands in them, and how they become bytes. Knows no folder."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

SINGLE_CHECK = "OQSsiquc01"
REFERENCE_NUMBER = "OQSsiimm01"
BULK_CHECK = "OQSmuquc01"
BULK_REFERENCE_NUMBERS = "OQSmuimm01"
MEDICAL_AID_LIST = "OQSmutic01"
HOME_VISIT_LIST = "OQSmuhvq01"
ONLINE_LIST = "OQSmuonq01"
DRUGS = "YZKsiquc01"
CHECKUP = "TKKsiquc01"

# The first step of what is answered in two: a reception number first, the result when asked for it.
TWO_STEPS = (BULK_CHECK, BULK_REFERENCE_NUMBERS, MEDICAL_AID_LIST, HOME_VISIT_LIST, ONLINE_LIST)


class Unwritable(Exception):
    """A value has a character that the encoding lacks; names the element and the character's code, never the value."""


@dataclass(frozen=True)
class Insured:
    """What stands on the paper a patient shows."""

    insurer: str
    number: str
    symbol: str = ""
    branch: str = ""
    birth: str = ""
    # The facility's own number of the patient.
    patient: str = ""
    # The patient's oral consent to the ceiling: "1" or "0".
    ceiling: str = "0"
    # The reference number to register.
    reference: str = ""


@dataclass(frozen=True)
class Message:
    """A request: its prefix without `req`, and its elements."""

    prefix: str
    header: tuple
    body: tuple

    def xml(self, encoding: str) -> bytes:
        """The file's bytes, with the declaration of their encoding."""
        root = ElementTree.Element("XmlMsg")
        _fill(ElementTree.SubElement(root, "MessageHeader"), self.header)
        _fill(ElementTree.SubElement(root, "MessageBody"), self.body)
        ElementTree.indent(root)
        text = ElementTree.tostring(root, encoding="unicode")
        label = {"utf-8": "UTF-8", "shift_jis": "Shift_JIS"}[encoding]
        # Shift_JIS is written as Windows writes it.
        codec = {"utf-8": "utf-8", "shift_jis": "cp932"}[encoding]
        declaration = f'<?xml version="1.0" encoding="{label}" standalone="no"?>\n'
        try:
            return (declaration + text + "\n").encode(codec)
        except UnicodeEncodeError as error:
            element = _element_with(root, text[error.start - len(declaration) : error.end - len(declaration)])
            raise Unwritable(f"{element}: U+{ord(error.object[error.start]):04X} is not in {label}") from error

    def json(self) -> dict:
        """The JSON image: objects by element name, repeated elements as an array, every leaf a string."""
        return {"XmlMsg": {"MessageHeader": _image(self.header), "MessageBody": _image(self.body)}}


def single_check(institution: str, identifier: str, person: Insured, day: str) -> Message:
    """Is this person insured on that day?"""
    return Message(
        SINGLE_CHECK,
        _header(institution, identifier, day=day),
        (
            (
                "QualificationConfirmSearchInfo",
                (
                    *_insured(person),
                    ("Birthdate", person.birth),
                    ("LimitApplicationCertificateRelatedConsFlg", person.ceiling),
                    ("ArbitraryIdentifier", person.patient),
                ),
            ),
        ),
    )


def bulk_check(institution: str, identifier: str, people: Iterable[Insured], day: str) -> Message:
    """Are these people insured on that day?"""
    lines = tuple(
        (
            "QualificationConfirmSearchInfo",
            (*_insured(person), ("Birthdate", person.birth), ("ArbitraryIdentifier", person.patient)),
        )
        for person in people
    )
    return Message(BULK_CHECK, _header(institution, identifier, day=day), lines)


def reference_number(institution: str, identifier: str, person: Insured) -> Message:
    """From now on answers about this person carry our number."""
    return Message(REFERENCE_NUMBER, _header(institution, identifier), (_registration(person),))


def bulk_reference_numbers(institution: str, identifier: str, people: Iterable[Insured]) -> Message:
    """The same for many."""
    lines = tuple(_registration(person) for person in people)
    return Message(BULK_REFERENCE_NUMBERS, _header(institution, identifier), lines)


def consented_list(prefix: str, institution: str, identifier: str, first: str, last: str) -> Message:
    """Who consented: medical aid by month (`first` alone), home visits and online care by days."""
    if prefix == MEDICAL_AID_LIST:
        values: tuple = (("MedicalTreatmentMonth", first),)
    elif prefix == HOME_VISIT_LIST:
        values = (("ConsentDateFrom", first), ("ConsentDateTo", last), ("MedicalTreatmentFlag", "2"))
    else:
        values = (("ExaminationDateFrom", first), ("ExaminationDateTo", last), ("MedicalTreatmentFlag", "3"))
    return Message(prefix, _header(institution, identifier), (("QualificationConfirmSearchInfo", values),))


def fetch(first_step: str, institution: str, reception: str) -> Message:
    """Asks for the result of a reception number."""
    return Message(second_step(first_step), _header(institution, ""), (("ReceptionNumber", reception),))


def second_step(first_step: str) -> str:
    """The prefix of the second step: `OQSmuquc01` leads to `OQSmuquc02`."""
    return first_step[:-2] + "02"


def drugs(institution: str, identifier: str, person: Insured, months: tuple, category: str, visit_kind: str) -> Message:
    """Drugs, and with category 3 or 4 treatment too, of a patient who consented."""
    body = (("StartDate", months[0]), ("EndDate", months[1]), ("FileCategory", category))
    return Message(DRUGS, _medical_header(institution, identifier, person), body + _medical_body(visit_kind))


def checkup(institution: str, identifier: str, person: Insured, category: str, visit_kind: str) -> Message:
    """Health checkups of a patient who consented."""
    body = (("FileCategory", category),)
    return Message(CHECKUP, _medical_header(institution, identifier, person), body + _medical_body(visit_kind))


def _header(institution: str, identifier: str, day: str = "") -> tuple:
    return (
        ("QualificationConfirmationDate", day),
        ("MedicalInstitutionCode", institution),
        ("ArbitraryFileIdentifier", identifier),
    )


def _insured(person: Insured) -> tuple:
    return (
        ("InsurerNumber", person.insurer),
        ("InsuredCardSymbol", person.symbol),
        ("InsuredIdentificationNumber", person.number),
        ("InsuredBranchNumber", person.branch),
    )


def _registration(person: Insured) -> tuple:
    return ("ReferenceNumberRegistrationInfo", (("ReferenceNumber", person.reference), *_insured(person)))


def _medical_header(institution: str, identifier: str, person: Insured) -> tuple:
    # Other names than in the other messages, and in the header: docs/receipt-computers.md says so.
    return (
        ("MedicalInstitutionCode", institution),
        ("InsurerNumber", person.insurer),
        ("InsuranceCardSymbol", person.symbol),
        ("InsuredPersonIdentificationNumber", person.number),
        ("BranchNumber", person.branch),
        ("ArbitraryFileIdentifier", identifier),
    )


def _medical_body(visit_kind: str) -> tuple:
    return (("PrDiInfClassification", "1"), ("MedicalTreatmentFlag", visit_kind))


def _fill(parent: ElementTree.Element, values: tuple) -> None:
    """Elements with a value; what has none is left out."""
    for name, value in values:
        if isinstance(value, tuple):
            _fill(ElementTree.SubElement(parent, name), value)
        elif value:
            ElementTree.SubElement(parent, name).text = value


def _image(values: tuple) -> dict:
    image: dict = {}
    repeated = {name for name, _ in values if 1 < sum(other == name for other, _ in values)}
    for name, value in values:
        if isinstance(value, str) and not value:
            continue
        leaf: object = _image(value) if isinstance(value, tuple) else value
        if name in repeated:
            image.setdefault(name, []).append(leaf)
        else:
            image[name] = leaf
    return image


def _element_with(root: ElementTree.Element, piece: str) -> str:
    found = next((element.tag for element in root.iter() if element.text and piece in element.text), "?")
    return str(found)


def insured(row: Mapping[str, str]) -> Insured:
    """A person of a CSV line; columns that are missing are empty."""
    known = {name: (row.get(name) or "").strip() for name in Insured.__dataclass_fields__}
    return Insured(**{**known, "ceiling": known["ceiling"] or "0"})
