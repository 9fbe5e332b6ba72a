"""What stops the command line is said in one line, in both languages, without a traceback."""

import contextlib
import importlib.util
import io
import json
import pathlib
import sqlite3
import tempfile
import unittest
from unittest import mock

import web
from messages import Message

_SPEC = importlib.util.spec_from_file_location("receipt_computer", pathlib.Path(__file__).with_name("__main__.py"))
command = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(command)

FILES = 'institution = "1319999999"\nledger = "ledger.db"\nreq = "req"\nres = "res"\nface = "face"\n'
WEB = FILES + '[web]\nurl = "https://127.0.0.1:1"\nca = "ca"\ncert = "cert"\nkey = "key"\naccount = "karte"\npassword_file = "pw"\n'
CHECK = ("--no-wait", "check", "--insurer", "06139992", "--number", "4567", "--birth", "19700102")


class Started(unittest.TestCase):
    def setUp(self):
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.root = pathlib.Path(place.name)
        for name in ("req", "res", "face"):
            (self.root / name).mkdir()

    def run_with(self, settings: bytes | str | None, *arguments: str) -> tuple[int, str, str]:
        file = self.root / "receipt_computer.toml"
        if settings is not None:
            file.write_bytes(settings if isinstance(settings, bytes) else settings.encode())
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = command.main(["--settings", str(file), *arguments])
        return code, out.getvalue(), err.getvalue()

    def stops(self, said: str, settings: bytes | str | None, *arguments: str) -> None:
        code, out, err = self.run_with(settings, *arguments)
        self.assertEqual((code, out, err.count("\n")), (2, "", 1), err)
        self.assertIn(said, err)
        self.assertIn(" / ", err)


class TheCommandLine(Started):
    def test_settings_that_cannot_be_used(self):
        for said, settings in (
            ("設定ファイルを読めません", None),
            ("TOML", b"institution = "),
            ("UTF-8", "institution = '日本'".encode("cp932")),
            ("ledger is missing", 'institution = "1319999999"'),
            ("institution code of ten digits", FILES.replace("1319999999", "131999999x")),
            ("res is empty", FILES.replace('res = "res"', 'res = ""')),
            ("rse is no setting", FILES.replace("res =", "rse =")),
            ("req has a value of the wrong kind", FILES.replace('req = "req"', "req = 1")),
            ("web is a section", 'web = "x"\n' + FILES),
            ("key is missing", WEB.replace('key = "key"\n', "")),
            ("url is https", WEB.replace("https:", "http:")),
            ("url is https", WEB.replace(":1\"", ":x\"")),
        ):
            with self.subTest(said):
                self.stops(said, settings, "report")

    def test_settings_saved_with_a_byte_order_mark_are_read(self):
        code, out, _err = self.run_with("\ufeff" + FILES, "report")
        self.assertEqual((code, json.loads(out)["asked"]), (0, 0))

    def test_what_is_not_there(self):
        self.stops("zip.pw", 'zip_password_file = "zip.pw"\n' + FILES, "report")
        self.stops("ledger.db", FILES.replace("ledger.db", "nowhere/ledger.db"), "report")
        (self.root / "noledger").write_bytes(b"x" * 5000)
        self.stops("noledger", FILES.replace("ledger.db", "noledger"), "report")
        self.stops("people.csv", FILES, "bulk-check", "--people", str(self.root / "people.csv"))
        (self.root / "req").rmdir()
        self.stops(f"{self.root / 'req'}: ", FILES, *CHECK)
        self.stops("no req", FILES.replace('res = "res"\n', ""), *CHECK)
        self.stops("neither res nor face", 'institution = "1319999999"\nledger = "ledger.db"\n', "watch")

    def test_people_in_another_encoding_or_under_other_names_put_nothing(self):
        people = self.root / "people.csv"
        for said, data in (("UTF-8", "insurer,number\n06139992,４５６７\n".encode("cp932")), ("insurer", "保険者番号,番号\n1,2\n".encode())):
            people.write_bytes(data)
            with self.subTest(said):
                self.stops(said, FILES, "--no-wait", "check", "--people", str(people))
                self.assertEqual(list((self.root / "req").iterdir()), [])

    def test_a_ledger_that_fails_on_the_way(self):
        with mock.patch.object(command.Desk, "look", side_effect=sqlite3.OperationalError("disk is full")):
            self.stops("disk is full", FILES, "watch")

    def test_stopping_by_the_keyboard_says_nothing(self):
        with mock.patch.object(command.Desk, "look", side_effect=KeyboardInterrupt):
            self.assertEqual(self.run_with(FILES, "watch"), (130, "", ""))

    def test_characters_that_a_code_page_lacks_are_printed(self):
        out = io.TextIOWrapper(io.BytesIO(), encoding="cp932")
        with mock.patch.object(command.Desk, "look", lambda desk: desk._tell({"name": "𠮷田"}) or 1), contextlib.redirect_stdout(out):
            (self.root / "receipt_computer.toml").write_text(FILES, encoding="utf-8")
            code = command.main(["--settings", str(self.root / "receipt_computer.toml"), "watch", "--count", "1"])
        out.flush()
        self.assertEqual((code, json.loads(out.buffer.getvalue())), (0, {"name": "𠮷田"}))


class TheWebApi(Started):
    """The same of the Web API."""

    def lay(self) -> None:
        for name in ("ca", "cert", "key", "pw"):
            (self.root / name).write_text("x", encoding="utf-8")

    def test_files_that_are_not_there_or_no_certificates(self):
        self.stops(f"{self.root / 'ca'}: 読めません", WEB, "--web", *CHECK)
        self.lay()
        self.stops("電子証明書として使えません", WEB, "--web", *CHECK)
        self.stops("no [web]", FILES, "--web", *CHECK)

    def test_a_center_out_of_reach_or_of_another_kind(self):
        self.lay()
        for said, error, status, text in (
            ("つながりません", ConnectionRefusedError(111, "refused"), 0, b""),
            ("つながりません", web.ssl.SSLEOFError("eof"), 0, b""),
            ("つながりません", web.http.client.BadStatusLine("x"), 0, b""),
            ("502: センターの答えではありません", None, 502, b"<html>"),
            ("200: センターの答えではありません", None, 200, b"[]"),
            ("200: センターの答えではありません", None, 200, b"\xff\xff\xff"),
            ("302 ", None, 302, b"{}"),
            ("(token)", None, 200, b"{}"),
            ("電文の形が違います", None, 200, b'{"token": "x", "MessageHeader": 1}'),
            ("処理結果がありません", None, 200, b'{"token": "x"}'),
        ):
            with self.subTest(said), mock.patch.object(web.ssl, "create_default_context"):
                with mock.patch.object(web.http.client, "HTTPSConnection") as line:
                    line.return_value.request.side_effect = error
                    line.return_value.getresponse.return_value.status = status
                    line.return_value.getresponse.return_value.read.return_value = text
                    code, out, err = self.run_with(WEB, "--web", *CHECK)
                self.assertEqual((code, out, err.count("\n")), (2, "", 1), err)
                self.assertIn(said, err)

    def test_no_two_requests_bear_the_same_identifier(self):
        people = str(pathlib.Path(__file__).with_name("people.csv"))
        options = command._parser().parse_args(["--settings", "x", "check", "--people", people])
        made = command._web_messages(options, "1319999999", "1")
        self.assertEqual(len({dict(it.header)["ArbitraryFileIdentifier"] for it in made}), 5)

    def test_a_line_that_breaks_is_asked_again_with_the_same_key(self):
        self.lay()
        answer = b'{"token": "x", "MessageHeader": {"SegmentOfResult": "2"}}'
        given = command.settings.Web("https://127.0.0.1:1", *(self.root / it for it in ("ca", "cert", "key")), "karte", self.root / "pw")
        for error in (ConnectionResetError(), TimeoutError(), web.ssl.SSLEOFError(), OSError(113, "no route")):
            with self.subTest(type(error)), mock.patch.object(web.ssl, "create_default_context"):
                with mock.patch.object(web.http.client, "HTTPSConnection") as line:
                    line.return_value.request.side_effect = [None, error, None]
                    line.return_value.getresponse.return_value.status = 200
                    line.return_value.getresponse.return_value.read.return_value = answer
                    self.assertEqual(web.Center(given).ask(Message("OQSmuquc02", (), ())).outcome, "processing")
                _signed_in, broken, again = line.return_value.request.call_args_list
                self.assertEqual(broken.args[3]["Idempotency-Key"], again.args[3]["Idempotency-Key"])


if __name__ == "__main__":
    unittest.main()
