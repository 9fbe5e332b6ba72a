"""What the receipt computer does at the desk: asks by files, takes results away, and gets bulk results when they are ready."""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import folders
import messages
import results
from folders import Found
from ledger import Ledger
from messages import Insured, Message
from settings import Settings

JAPAN = datetime.timezone(datetime.timedelta(hours=9))
# Folders are looked at this often.
EVERY_S = 0.2
# A request that is still on its way into the folder after this long was left there by a crash.
LEFT_S = 3600.0
# A file that cannot be read as a result is told of after this long.
PATIENCE_S = 60.0
# Between two questions whether a bulk result is ready.
ASK_AGAIN_S = 5.0


AT_THE_TERMINAL = (
    "このレセコンからは確認できません。端末の「保険証/処方箋で確認」で確認してください / "
    "this receipt computer cannot ask by itself: check at the terminal, 「保険証/処方箋で確認」"
)


class CannotAsk(Exception):
    """This receipt computer does not ask by itself, or is not set up to."""


_MOVE = (
    "何か分かるまで消さずに、フォルダーの外へ移してください / find out whose it is, and move it out of the folder without deleting it"
)


_NEVER_PUT = (
    "途中で止まったため、この要求は送られていません。もう一度確認してください / a crash kept this request from being put: check once more"
)


class Unmatched(results.Odd):
    """A result that belongs to no request of this receipt computer."""

    def __init__(self, why: str) -> None:
        super().__init__(why, _MOVE)


class OddBeside(results.Odd):
    """A result is whole, the file of originals beside it is not."""

    def __init__(self, why: str) -> None:
        super().__init__(
            f"隣のファイルが読めないので、結果を取り込んでいません / not taken, because the file beside it cannot be read: {why}",
            "隣のファイルをフォルダーの外へ移すと、置き換えた字のまま取り込みます / "
            "move the file beside it out of the folder, and the result is taken with its characters replaced",
        )


class _FromSystem(results.Odd):
    """What the system says of a file or folder."""

    WHY = ""
    REMEDY = ""

    def __init__(self, error: OSError) -> None:
        place = f" ({error.filename}: {error.strerror})" if error.filename else f" ({error})"
        super().__init__(self.WHY + place.encode("utf-8", "backslashreplace").decode("utf-8"), self.REMEDY)


class _Held(_FromSystem):
    """A file that cannot be opened."""

    WHY = "ファイルを開けません / cannot be opened"
    REMEDY = (
        "開いているプログラムを閉じ、このプログラムが読めて消せる権限があるか確かめてください（連携アプリの設定 shared） / "
        "close the program that holds it, and see that this program may read and delete it (the link app's setting shared)"
    )


class _NotTakenAway(_FromSystem):
    """A result whose answer is noted, and which cannot be deleted or moved."""

    WHY = "結果は取り込みましたが、ファイルを片付けられません / taken, but its file cannot be cleared away"
    REMEDY = (
        "開いているプログラムを閉じ、消す権限と、keep のフォルダーを確かめてください。片付くまで繰り返します / "
        "close the program that holds it, and look at the rights and at the folder keep; it is tried until it is done"
    )


class _FolderAway(_FromSystem):
    """A folder that cannot be looked into."""

    WHY = "フォルダーの中を見られません / cannot be looked into"
    REMEDY = (
        "共有フォルダーへの接続と、設定の res・face を確かめてください。つながれば続けます / "
        "look at the line to the share, and at res and face in the settings; it goes on when the folder is back"
    )


Stamp = tuple[int, int, int] | None
Stamps = tuple[Stamp, Stamp]


@dataclass
class _Odd:
    """A file that was left, as it was then, itself and what lies beside it."""

    stamps: Stamps
    since: float
    # Is it left alone until it changes?
    rests: bool = False
    # What is to be taken away of one whose answer is noted.
    noted: list[Path] = field(default_factory=list)



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
        self._odd: dict[Path, _Odd] = {}
        self._tidied = False
        # Were troubles looked through whose files were cleared away while nobody looked?
        self._troubles_tidied = False
        file = settings.zip_password_file
        # Editors of Windows put a byte order mark.
        self._zip_password = file.read_bytes().removeprefix(b"\xef\xbb\xbf").strip() if file else None

    # Asking

    def ask(self, prefix: str, make: Callable[[str], Message], reception: str = "") -> tuple[str, str]:
        """Notes a request, then puts it. A crash between the two leaves a request that is open and was never put; asking once more
        under a new name does no harm, because every answer tells which request it belongs to."""
        if not self.settings.asks_by_itself:
            raise CannotAsk(AT_THE_TERMINAL)
        if self.settings.req is None or self.settings.res is None:
            raise CannotAsk("設定に req か res がありません / the settings name no req or no res folder")
        make("1").xml(self.settings.encoding)
        suffix = self.ledger.note(prefix, "", _now(), reception)
        data = make(suffix).xml(self.settings.encoding)
        try:
            folders.put(self.settings.req, prefix, suffix, data)
        except OSError as error:
            # It was never there, so nothing is waited for.
            self.ledger.withdraw((prefix, suffix))
            raise OSError(error.errno, error.strerror, str(self.settings.req)) from error
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
        """Takes every result that is whole and ours; returns how many. A file that is odd stops no other."""
        if not self._tidied:
            self._tidied = True
            self._take_back()
        places = [self.settings.res] if self.settings.res else []
        face = self.settings.face
        if self.settings.results_flow and face is not None and face not in places:
            places.append(face)
        looked = {place: found for place in places if (found := self._lying(place)) is not None}
        there = [found for lying in looked.values() for found in lying]
        taken = sum(self._take(found) for found in there)
        self._clear({found.path for found in there}, looked.keys(), len(looked) == len(places))
        return taken

    def _clear(self, lying: set[Path], looked: Collection[Path], everywhere: bool) -> None:
        """What was moved out of the folders, as its remedy says, is no trouble any more. A folder that is away says nothing of its files."""
        names = {folders.shown(path) for path in lying}
        gone = [path for path in self._odd if path not in lying and path.parent in looked]
        for path in gone:
            del self._odd[path]
        mended = [folders.shown(path) for path in gone]
        if everywhere and not self._troubles_tidied:
            self._troubles_tidied = True
            mended += self.ledger.troubled()
        for name in mended:
            if name not in names:
                self.ledger.over(name)

    def _take_back(self) -> None:
        """Requests that a crash kept from being put would never be answered, and hold what stands on a patient's paper."""
        if self.settings.req is None:
            return
        try:
            for found in folders.never_put(self.settings.req, time.time() - LEFT_S):
                # What another receipt computer left is not ours.
                if self.ledger.by_name(found.prefix, found.suffix) is not None:
                    found.path.unlink(missing_ok=True)
                    self.ledger.withdraw((found.prefix, found.suffix))
                    self._tell({"request": f"{found.prefix}req_{found.suffix}", "outcome": "trouble", "message": _NEVER_PUT})
        except OSError:
            # The share may be away; the next start looks again.
            return

    def _lying(self, place: Path) -> list[Found] | None:
        """What lies in a folder; None for a share that is away and comes back."""
        try:
            found = folders.look(place)
        except OSError as error:
            self._tell_once(str(place), _FolderAway(error))
            return None
        self.ledger.over(str(place))
        return found

    def _take(self, found: Found) -> bool:
        if found.kind == "face" and not self.settings.results_flow:
            return False
        if found.kind == "request" and not self._was_rejected(found):
            return False
        # Looked at before it is read: what is written meanwhile is seen at the next look.
        stamps = folders.stamp(found.path), folders.stamp(folders.originals(found.path))
        odd = self._odd.get(found.path)
        if odd is not None and odd.noted and odd.stamps[0] == stamps[0]:
            self._take_away(found, odd.noted, stamps)
            return False
        if odd is not None and odd.rests and odd.stamps == stamps:
            return False
        if found.kind == "request":
            self._take_away(found, [found.path], stamps)
            return False
        try:
            understood = self._understood(found, stamps[0])
        except results.Odd as why:
            self._leave(found, stamps, why)
            return False
        except OSError as error:
            self._leave(found, stamps, _Held(error))
            return False
        if understood is None:
            return False
        data, result, shown, files = understood
        name = folders.shown(found.path)
        try:
            if found.kind == "face":
                noted = self.ledger.face(name, data, shown, _now())
            else:
                key = self._request_of(found, result)
                shown["request"] = f"{key[0]}req_{key[1]}"
                noted = self.ledger.answer(key, data, result.outcome, shown, _now())
            if noted == "twice":
                raise Unmatched("同じ要求に、違う結果がもう一つ来ました / a second, different answer")
        except Unmatched as why:
            # Of another receipt computer that shares the folder, or of a ledger that was lost: not ours to delete.
            self._leave(found, stamps, why)
            return False
        # Noted first, taken away after it: a crash in between takes the same file away at the next look.
        if noted == "new":
            self._tell(shown)
        self._take_away(found, files, stamps)
        return noted == "new"

    def _was_rejected(self, found: Found) -> bool:
        """Is it a request of ours that came back? It is taken away once the text that rejects it is noted. The text is put first and may
        have been taken at an earlier look; another receipt computer's request is left alone."""
        key = self.ledger.by_name(found.prefix, found.suffix)
        noted = self.ledger.result(key) if key else None
        return noted is not None and noted["outcome"] == "rejected"

    def _understood(self, found: Found, stamp: Stamp) -> tuple[bytes, results.Result, dict, list[Path]] | None:
        """A result's bytes, what they say, how that is shown, and the files to take away with it, itself last: so a crash in between
        leaves none of them alone. None when it is gone."""
        if stamp is None and not found.is_file:
            return None
        if not found.is_file:
            raise results.Unreadable("ファイルではなくフォルダーなどです / a folder or the like, no file", _MOVE)
        if stamp is not None and results.MOST_BYTES < stamp[2]:
            raise results.Unreadable(results.TOO_LARGE)
        data = folders.read(found.path)
        if data is None:
            return None
        if found.kind == "rejected":
            result = results.rejection(data)
        else:
            result = results.read(found.path.name, data, self._zip_password)
        shown, files = {"file": folders.shown(found.path), **result.shown()}, [found.path]
        beside = folders.originals(found.path)
        replaced = folders.read(beside)
        if replaced is not None:
            try:
                shown["originals"] = results.originals(beside.name, replaced, self._zip_password)
            except results.Odd as why:
                raise OddBeside(f"{folders.shown(beside)}: {why}") from why
            files.insert(0, beside)
        if found.kind == "rejected":
            files = [found.path.with_suffix(".xml"), found.path.with_suffix(".zip"), *files]
        return data, result, shown, files

    def _take_away(self, found: Found, files: list[Path], stamps: Stamps) -> None:
        """What another program holds is taken away when it is free; its answer is noted, and not noted again."""
        try:
            folders.done_with(files, self.settings.keep)
        except OSError as error:
            self._leave(found, stamps, _NotTakenAway(error), files)
            return
        self.ledger.over(folders.shown(found.path))

    def _leave(self, found: Found, stamps: Stamps, why: results.Odd, noted: list[Path] | None = None) -> None:
        """Leaves a file where it lies, and tells of it. What time may mend has a while before it is told of; what is wrong within the file
        is looked at again when the file changes."""
        odd = self._odd.get(found.path)
        if odd is None or odd.stamps != stamps:
            odd = self._odd[found.path] = _Odd(stamps, time.monotonic())
        odd.noted = noted or []
        waited = PATIENCE_S <= time.monotonic() - odd.since
        if waited or not isinstance(why, (results.NotWhole, OddBeside, _Held, _NotTakenAway)):
            self._tell_once(folders.shown(found.path), why)
        # The hold of another program leaves no mark on the file.
        odd.rests = waited and not isinstance(why, (_Held, _NotTakenAway))

    def _tell_once(self, name: str, why: results.Odd) -> None:
        if self.ledger.trouble(name, f"{why} → {why.remedy}", _now()):
            self._tell({"file": name, "outcome": "trouble", "message": str(why), "remedy": why.remedy})

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
            raise Unmatched("このレセコンの要求の結果ではありません / answers no request of this receipt computer")
        if by_name is not None and by_name != by_identifier:
            raise Unmatched("名前と識別子が別々の要求のものです / name and identifier belong to different requests")
        return by_identifier

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
    return datetime.datetime.now(JAPAN)
