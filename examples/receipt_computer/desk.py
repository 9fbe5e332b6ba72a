"""What the receipt computer does at the desk: asks by files, takes results away, and gets bulk results when they are ready."""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import folders
import messages
import results
from folders import Found
from ledger import Ledger
from messages import Insured, Message
from settings import Settings

# Folders are looked at this often.
EVERY_S = 0.2
# A file that cannot be read as a result is told of after this long.
PATIENCE_S = 60.0
# Between two questions whether a bulk result is ready.
ASK_AGAIN_S = 5.0


class CannotAsk(Exception):
    """This receipt computer does not ask by itself, or is not set up to."""


class Unmatched(Exception):
    """A result that belongs to no request of this receipt computer."""


class Desk:
    """A receipt computer over its folders and its ledger."""

    def __init__(
        self,
        settings: Settings,
        tell: Callable[[dict], None],
        ask_again_s: float = ASK_AGAIN_S,
        takes: bool = True,
    ) -> None:
        self.settings = settings
        # Otherwise another process of ours takes the results, and the ledger tells of them.
        self._takes = takes
        self.ledger = Ledger(settings.ledger)
        self._tell = tell
        self._ask_again_s = ask_again_s
        self._seen: dict[Path, float] = {}
        file = settings.zip_password_file
        self._zip_password = file.read_bytes().strip() if file else None

    # Asking

    def ask(self, prefix: str, make: Callable[[str], Message], reception: str = "") -> tuple[str, str]:
        """Notes a request, then puts it. A crash between the two leaves a request that is open and was never put; asking once more
        under a new name does no harm, because every answer tells which request it belongs to."""
        if not self.settings.asks_by_itself:
            raise CannotAsk("this receipt computer cannot ask by itself: check at the terminal, 「保険証/処方箋で確認」")
        if self.settings.req is None:
            raise CannotAsk("the settings name no req folder")
        make("1").xml(self.settings.encoding)
        suffix = self.ledger.note(prefix, "", _now(), reception)
        data = make(suffix).xml(self.settings.encoding)
        try:
            folders.put(self.settings.req, prefix, suffix, data)
        except OSError:
            # It was never there, so nothing is waited for.
            self.ledger.withdraw((prefix, suffix))
            raise
        return prefix, suffix

    def check(self, person: Insured, day: str) -> tuple[str, str]:
        """Puts a single check."""
        institution = self.settings.institution
        return self.ask(messages.SINGLE_CHECK, lambda it: messages.single_check(institution, it, person, day))

    def reference_number(self, person: Insured) -> tuple[str, str]:
        """Registers one reference number."""
        institution = self.settings.institution
        return self.ask(messages.REFERENCE_NUMBER, lambda it: messages.reference_number(institution, it, person))

    def bulk_check(self, people: Iterable[Insured], day: str) -> tuple[str, str]:
        """Hands in a bulk check."""
        institution, listed = self.settings.institution, list(people)
        return self.ask(messages.BULK_CHECK, lambda it: messages.bulk_check(institution, it, listed, day))

    def bulk_reference_numbers(self, people: Iterable[Insured]) -> tuple[str, str]:
        """Hands in many reference numbers."""
        institution, listed = self.settings.institution, list(people)
        make = lambda it: messages.bulk_reference_numbers(institution, it, listed)  # noqa: E731
        return self.ask(messages.BULK_REFERENCE_NUMBERS, make)

    def consented_list(self, prefix: str, first: str, last: str) -> tuple[str, str]:
        """Asks for a list of who consented."""
        institution = self.settings.institution
        return self.ask(prefix, lambda it: messages.consented_list(prefix, institution, it, first, last))

    def drugs(self, person: Insured, months: tuple, category: str, visit_kind: str) -> tuple[str, str]:
        """Asks for drugs."""
        institution = self.settings.institution
        make = lambda it: messages.drugs(institution, it, person, months, category, visit_kind)  # noqa: E731
        return self.ask(messages.DRUGS, make)

    def checkup(self, person: Insured, category: str, visit_kind: str) -> tuple[str, str]:
        """Asks for checkups."""
        institution = self.settings.institution
        return self.ask(messages.CHECKUP, lambda it: messages.checkup(institution, it, person, category, visit_kind))

    # Taking

    def look(self) -> int:
        """Takes every result that is whole and ours; returns how many."""
        taken = 0
        places = [self.settings.res] if self.settings.res else []
        face = self.settings.face
        if self.settings.results_flow and face is not None and face not in places:
            places.append(face)
        there = [found for place in places for found in self._lying(place)]
        for found in there:
            taken += self._take(found)
        lying = {found.path for found in there}
        self._seen = {path: since for path, since in self._seen.items() if path in lying}
        return taken

    def _lying(self, place: Path) -> list[Found]:
        """What lies in a folder. A share that is away comes back; until then nothing lies there."""
        try:
            return folders.look(place)
        except OSError as error:
            if self.ledger.trouble(place.name, f"cannot be looked into: {error.strerror}", _now()):
                self._tell({"outcome": "trouble", "message": f"{place}: {error.strerror}"})
            return []

    def _take(self, found: Found) -> bool:
        if found.kind == "face" and not self.settings.results_flow:
            return False
        if found.kind == "request":
            self._take_rejected(found)
            return False
        data = folders.read(found.path)
        if data is None:
            return False
        try:
            if found.kind == "rejected":
                result = results.rejection(data)
            else:
                result = results.read(found.path.name, data, self._zip_password)
        except results.NotWhole as why:
            self._wait(found, str(why))
            return False
        shown = {"file": found.path.name, **result.shown()}
        beside = folders.originals(found.path)
        replaced = folders.read(beside)
        if replaced is not None:
            try:
                shown["originals"] = results.originals(beside.name, replaced, self._zip_password)
            except results.NotWhole as why:
                self._wait(found, str(why))
                return False
        if found.kind == "face":
            return self._done(found, self.ledger.face(found.path.name, data, shown, _now()), shown)
        try:
            key = self._request_of(found, result)
        except Unmatched as why:
            # Of another receipt computer that shares the folder, or of a ledger that was lost: not ours to delete.
            self._trouble(found, str(why))
            return False
        shown["request"] = f"{key[0]}req_{key[1]}"
        return self._done(found, self.ledger.answer(key, data, result.outcome, shown, _now()), shown)

    def _take_rejected(self, found: Found) -> None:
        """A request of ours that came back: taken away once the text that rejects it is noted. The text is put first and may have been
        taken at an earlier look; another receipt computer's request is left alone."""
        key = self.ledger.by_name(found.prefix, found.suffix)
        noted = self.ledger.result(key) if key else None
        if noted is not None and noted["outcome"] == "rejected":
            folders.done_with(found, self.settings.keep)

    def _done(self, found: Found, noted: str, shown: dict) -> bool:
        if noted == "twice":
            self._trouble(found, "a second, different answer")
            return False
        # Noted first, taken away after it: a crash in between takes the same file away at the next look.
        if noted == "new":
            self._tell(shown)
        folders.done_with(found, self.settings.keep)
        return noted == "new"

    def _request_of(self, found: Found, result: results.Result) -> tuple[str, str]:
        by_name = self.ledger.by_name(found.prefix, found.suffix)
        if by_name is None and self.settings.poll_bulk and found.prefix.endswith("02"):
            # Fetched by the link app for a first step of ours, under its name.
            if self.ledger.by_name(found.prefix[:-2] + "01", found.suffix) is not None:
                by_name = self.ledger.expect(found.prefix, found.suffix, _now())
        # A rejection, a document and the second step of two are matched by name alone: the last bears the first step's identifier.
        by_identifier = by_name
        if self.settings.match == "identifier" and result.identifier and not found.prefix.endswith("02"):
            by_identifier = self.ledger.by_identifier(found.prefix, result.identifier)
        if by_identifier is None:
            raise Unmatched("answers no request of this receipt computer")
        if by_name is not None and by_name != by_identifier:
            raise Unmatched("name and identifier belong to different requests")
        return by_identifier

    def _wait(self, found: Found, why: str) -> None:
        since = self._seen.setdefault(found.path, time.monotonic())
        if PATIENCE_S <= time.monotonic() - since:
            self._trouble(found, f"cannot be read: {why}")

    def _trouble(self, found: Found, what: str) -> None:
        if self.ledger.trouble(found.path.name, what, _now()):
            self._tell({"file": found.path.name, "outcome": "trouble", "message": what})

    # Waiting

    def wait(self, keys: Iterable[tuple[str, str]], seconds: float) -> list[dict] | None:
        """Takes results until all of these requests are answered; None when the time is over."""
        wanted, until = list(keys), time.monotonic() + seconds
        while True:
            if self._takes:
                self.look()
            answers = [self.ledger.result(key) for key in wanted]
            if all(answer is not None for answer in answers):
                return [answer for answer in answers if answer is not None]
            if until <= time.monotonic():
                return None
            time.sleep(EVERY_S)

    def fetch(self, first: tuple[str, str], seconds: float) -> dict | None:
        """The result of what is answered in two steps. The reception number is asked with again and again, each time under a new
        name, until the answer is no longer "processing"."""
        until = time.monotonic() + seconds
        accepted = self.wait([first], seconds)
        if accepted is None or accepted[0]["outcome"] != "answer":
            return accepted[0] if accepted else None
        reception = accepted[0].get("reception", "")
        if self.settings.poll_bulk:
            answered = self.wait([self.ledger.expect(messages.second_step(first[0]), first[1], _now())], seconds)
            return answered[0] if answered else None
        institution, prefix = self.settings.institution, first[0]
        while time.monotonic() < until:
            second = self.ask(
                messages.second_step(prefix), lambda _: messages.fetch(prefix, institution, reception), reception
            )
            answered = self.wait([second], until - time.monotonic())
            if answered is None or answered[0]["outcome"] != "processing":
                return answered[0] if answered else None
            time.sleep(self._ask_again_s)
        return None


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=9)))
