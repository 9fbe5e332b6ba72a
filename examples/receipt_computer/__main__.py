"""A receipt computer, as far as its link goes: asks, takes results, matches them, cleans up. Prints one line of JSON for each result.

    python3 examples/receipt_computer --settings receipt_computer.toml check --insurer 06139992 --symbol 123 --number 4567 \\
        --branch 01 --birth 19700102 --date 20261123 --ceiling 1 --patient PT000123
"""

from __future__ import annotations

import argparse
import csv
import datetime
import io
import json
import sqlite3
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import messages
import results
import settings
from desk import AT_THE_TERMINAL, EVERY_S, JAPAN, CannotAsk, Desk
from messages import Insured, Message
from web import Center, OutOfReach, Refused

LISTS = {
    "medical-aid": messages.MEDICAL_AID_LIST,
    "home-visit": messages.HOME_VISIT_LIST,
    "online": messages.ONLINE_LIST,
}


def main(arguments: list[str] | None = None) -> int:
    """Runs one command; 0 when everything asked was answered, 1 when something was not, 2 when nothing could be asked. What stops
    it is one line."""
    for stream in (sys.stdout, sys.stderr):
        # Names have characters that the code page of Windows lacks.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    options = _parser().parse_args(arguments)
    try:
        given = settings.read(options.settings)
        if options.web:
            return _ask_by_web(given, options)
        try:
            desk = Desk(given, _print, options.ask_again, takes=not options.watched)
            return options.run(desk, options)
        except sqlite3.Error as error:
            why = f"{given.ledger}: 記録を使えません。フォルダーと空きを確かめてください / the ledger cannot be used: look at its folder and disk ({error})"
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        why = f"{where}使えません。設定と権限を確かめてください / cannot be used: look at settings and rights ({error.strerror or error})"
    except (settings.WrongSettings, CannotAsk, messages.Unwritable, Refused, OutOfReach, results.Odd, csv.Error, ValueError) as error:
        why = str(error)
    except KeyboardInterrupt:
        return 130
    print(f"receipt_computer: {' '.join(why.split())}", file=sys.stderr)
    return 2


def _print(shown: dict) -> None:
    print(json.dumps(shown, ensure_ascii=False), flush=True)


def _people(options: argparse.Namespace) -> Iterator[Insured]:
    """Whom a command is about: a CSV file with a head line, or one person by options."""
    if options.people is None:
        yield messages.insured(vars(options))
        return
    with open(options.people, newline="", encoding="utf-8-sig") as file:
        try:
            rows = list(csv.DictReader(file))
        except UnicodeDecodeError as error:
            raise CannotAsk(f"{options.people}: UTF-8 で保存してください / save it as UTF-8") from error
    if not all({"insurer", "number"} <= row.keys() for row in rows):
        raise CannotAsk(f"{options.people}: 見出しの行に insurer と number がありません / its head line names no insurer or number")
    yield from map(messages.insured, rows)


def _check(desk: Desk, options: argparse.Namespace) -> int:
    return _wait(desk, [desk.check(person, options.date) for person in _people(options)], options)


def _reference_number(desk: Desk, options: argparse.Namespace) -> int:
    return _wait(desk, [desk.reference_number(person) for person in _people(options)], options)


def _bulk_check(desk: Desk, options: argparse.Namespace) -> int:
    return _fetch(desk, desk.bulk_check(_people(options), options.date), options)


def _bulk_reference_numbers(desk: Desk, options: argparse.Namespace) -> int:
    return _fetch(desk, desk.bulk_reference_numbers(_people(options)), options)


def _list(desk: Desk, options: argparse.Namespace) -> int:
    last = options.last or options.first
    return _fetch(desk, desk.consented_list(LISTS[options.which], options.first, last), options)


def _drugs(desk: Desk, options: argparse.Namespace) -> int:
    months = (options.first, options.last)
    asked = [desk.drugs(it, months, options.category, options.visit_kind) for it in _people(options)]
    return _wait(desk, asked, options)


def _checkup(desk: Desk, options: argparse.Namespace) -> int:
    asked = [desk.checkup(it, options.category, options.visit_kind) for it in _people(options)]
    return _wait(desk, asked, options)


def _wait(desk: Desk, asked: list, options: argparse.Namespace) -> int:
    if options.no_wait:
        return 0
    answers = desk.wait(asked, options.wait)
    return 0 if answers is not None and all(it["outcome"] != "rejected" for it in answers) else 1


def _fetch(desk: Desk, first: tuple, options: argparse.Namespace) -> int:
    if options.no_wait:
        return 0
    answer = desk.fetch(first, options.wait)
    return 0 if answer is not None and answer["outcome"] == "answer" else 1


def _watch(desk: Desk, options: argparse.Namespace) -> int:
    """Takes results until stopped, or until so many were taken, or until nothing is open."""
    if desk.settings.res is None and desk.settings.face is None:
        raise CannotAsk("設定に res も face もありません / the settings name neither res nor face")
    taken = 0
    while True:
        taken += desk.look()
        if options.count is not None and options.count <= taken:
            return 0
        if options.until_answered and not desk.ledger.open():
            return 0
        time.sleep(EVERY_S)


def _report(desk: Desk, _options: argparse.Namespace) -> int:
    report = desk.ledger.report()
    _print(report)
    return 1 if report["open"] or report["trouble"] else 0


def _results(desk: Desk, _options: argparse.Namespace) -> int:
    for shown in desk.ledger.results():
        _print(shown)
    return 0


def _ask_by_web(given: settings.Settings, options: argparse.Namespace) -> int:
    if given.web is None:
        raise CannotAsk("設定に [web] がありません / the settings have no [web]")
    if not given.asks_by_itself:
        raise CannotAsk(AT_THE_TERMINAL)
    center, institution = Center(given.web), given.institution
    identifier = datetime.datetime.now().strftime("%Y%m%d%H%M%S%f")
    right = True
    for message in _web_messages(options, institution, identifier):
        result = center.ask(message)
        if message.prefix in messages.TWO_STEPS and result.outcome == "answer":
            fetch = messages.fetch(message.prefix, institution, result.reception)
            until = time.monotonic() + options.wait
            result = center.ask(fetch)
            while result.outcome == "processing" and time.monotonic() < until:
                time.sleep(options.ask_again)
                result = center.ask(fetch)
        _print({"request": message.prefix, **result.shown()})
        right = right and result.outcome == "answer"
    return 0 if right else 1


def _web_messages(options: argparse.Namespace, institution: str, identifier: str) -> list[Message]:
    people = list(_people(options)) if hasattr(options, "people") else []
    # Answers are matched by it, so no two requests have the same.
    named = [(f"{identifier}{turn:06d}", it) for turn, it in enumerate(people, 1)]
    if options.command == "check":
        return [messages.single_check(institution, name, it, options.date) for name, it in named]
    if options.command == "reference-number":
        return [messages.reference_number(institution, name, it) for name, it in named]
    if options.command == "bulk-check":
        return [messages.bulk_check(institution, identifier, people, options.date)]
    if options.command == "bulk-reference-numbers":
        return [messages.bulk_reference_numbers(institution, identifier, people)]
    if options.command == "list":
        last = options.last or options.first
        return [messages.consented_list(LISTS[options.which], institution, identifier, options.first, last)]
    if options.command == "drugs":
        months, kind = (options.first, options.last), options.visit_kind
        return [messages.drugs(institution, name, it, months, options.category, kind) for name, it in named]
    if options.command == "checkup":
        return [messages.checkup(institution, name, it, options.category, options.visit_kind) for name, it in named]
    raise CannotAsk(f"{options.command} は --web では使えません / {options.command} is about files")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="receipt_computer", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--settings", type=Path, required=True, help="TOML file (README.md)")
    parser.add_argument("--web", action="store_true", help="ask by the Web API instead of files")
    parser.add_argument("--wait", type=float, default=180.0, help="seconds to wait for answers")
    parser.add_argument("--no-wait", action="store_true", help="put the requests and end; `watch` takes the answers")
    parser.add_argument("--watched", action="store_true", help="`watch` runs beside this and takes the answers")
    parser.add_argument("--ask-again", type=float, default=5.0, help="seconds between questions for a bulk result")
    commands = parser.add_subparsers(dest="command", required=True)

    def command(name: str, run: object, about: str, people: bool = True) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=about)
        added.set_defaults(run=run)
        if people:
            added.add_argument("--people", type=Path, help="CSV file with a head line: " + ",".join(Insured.__dataclass_fields__))
            for field in Insured.__dataclass_fields__:
                added.add_argument(f"--{field}", default="")
        return added

    # The day in Japan, wherever this machine thinks it is.
    now = datetime.datetime.now(JAPAN)
    today, month = now.strftime("%Y%m%d"), now.strftime("%Y%m")
    for name, run, about in (
        ("check", _check, "is somebody insured?"),
        ("bulk-check", _bulk_check, "are these people insured? asked in one, answered when ready"),
    ):
        command(name, run, about).add_argument("--date", default=today, help="the day asked about, yyyyMMdd")
    command("reference-number", _reference_number, "give a person our number")
    command("bulk-reference-numbers", _bulk_reference_numbers, "give many people our numbers")
    added = command("list", _list, "who consented to medical aid, home visits, online care", people=False)
    added.add_argument("which", choices=sorted(LISTS))
    added.add_argument("--first", required=True, help="first day yyyyMMdd, or for medical aid the month yyyyMM")
    added.add_argument("--last", default="", help="last day yyyyMMdd")
    added = command("drugs", _drugs, "drugs of a patient who consented")
    added.add_argument("--first", default=month, help="first month, yyyyMM")
    added.add_argument("--last", default=month, help="last month, yyyyMM")
    added.add_argument("--category", default="2", choices="1234", help="1 drugs PDF, 2 drugs XML, 3 and 4 with treatment")
    added.add_argument("--visit-kind", default="1", choices="1234", help="1 at the facility, 2 home visit, 3 online, 4 emergency")
    added = command("checkup", _checkup, "health checkups of a patient who consented")
    added.add_argument("--category", default="2", choices="12", help="1 PDF, 2 XML")
    added.add_argument("--visit-kind", default="1", choices="1234")
    added = command("watch", _watch, "take results, those of readers too, until stopped", people=False)
    added.add_argument("--count", type=int, help="end after so many results")
    added.add_argument("--until-answered", action="store_true", help="end when nothing is open")
    command("report", _report, "what was asked, answered, and what is odd", people=False)
    command("results", _results, "every answer so far", people=False)
    return parser


if __name__ == "__main__":
    sys.exit(main())
