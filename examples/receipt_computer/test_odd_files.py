"""Files that are not as they should be: each is left by itself, told of once, and stops no other."""

import errno
import os
import pathlib
import sys
import unittest
from unittest import mock

import desk
import folders
from test_desk import ANSWER, REJECTION, TARO, VALID, Folders
from test_zips import locked, packed

FACE = "OQSsiquc01res_face_13199999990123456789abcdef0123_20261123091502.xml"


def held(*paths: pathlib.Path) -> OSError:
    return PermissionError(errno.EACCES, "Permission denied", str(paths[0]))


class OddFiles(unittest.TestCase):
    def start(self, patience: float = 0.0, **more: object) -> Folders:
        self.addCleanup(setattr, desk, "PATIENCE_S", desk.PATIENCE_S)
        desk.PATIENCE_S = patience
        started = Folders(**more)
        self.addCleanup(started.end)
        return started

    def hold(self, call: str, *held_paths: pathlib.Path) -> mock.MagicMock:
        """Another program holds these files. Tests may run as root, whom no right stops."""
        real = getattr(pathlib.Path, call)

        def held_or_not(path: pathlib.Path, *arguments: object, **more: object) -> object:
            if path in held_paths:
                raise held(path)
            return real(path, *arguments, **more)

        started = mock.patch.object(pathlib.Path, call, held_or_not)
        started.start()
        self.addCleanup(mock.patch.stopall)
        return started

    def odd(self, link: Folders, data: bytes, ending: str = ".xml") -> pathlib.Path:
        """The answer of a request, with these bytes."""
        path = link.answer(link.desk.check(TARO, "20261123"))
        odd = path.with_suffix(ending)
        path.rename(odd)
        odd.write_bytes(data)
        return odd

    def look_thrice(self, link: Folders) -> int:
        return sum(link.desk.look() for _ in range(3))

    def test_each_is_left_told_of_once_in_both_languages_and_stops_no_other(self):
        for what, data, ending, said in (
            ("a zip with a password", locked(), ".zip", "パスワード付き"),
            ("a zip with AES", locked(compression=99), ".zip", "AES"),
            ("a part of a zip", packed("a.xml")[:40], ".zip", "zip"),
            ("no zip", b"x", ".zip", "zip"),
            ("a zip of two", packed("a.xml", "b.xml"), ".zip", "one file"),
            ("no XML", b"x", ".xml", "読めません"),
            ("another XML", b"<a/>", ".xml", "no message"),
            ("another shape", ANSWER.format("1", "1", "<ResultList>x</ResultList>").encode(), ".xml", "another shape"),
            ("no PDF", b"x", ".pdf", "PDF"),
            ("nothing", b"", ".xml", "読めません"),
        ):
            with self.subTest(what):
                link = self.start()
                path = self.odd(link, data, ending)
                good = link.root / "face" / FACE
                good.write_text(ANSWER.format("x", "1", VALID), encoding="utf-8")
                self.assertEqual(self.look_thrice(link), 1)
                self.assertFalse(good.exists())
                (told,) = [it for it in link.told if it["outcome"] == "trouble"]
                self.assertEqual(told["file"], path.name)
                self.assertIn(said, told["message"])
                self.assertTrue(" / " in told["message"] and " / " in told["remedy"])
                self.assertEqual(path.read_bytes(), data)
                self.assertEqual(link.desk.ledger.report()["answered"], 0)

    def test_one_that_is_left_is_not_read_again_until_it_changes(self):
        link = self.start()
        path = self.odd(link, b"x")
        link.desk.look()
        with mock.patch.object(folders, "read", wraps=folders.read) as read:
            self.assertEqual(self.look_thrice(link), 0)
            self.assertEqual(read.call_count, 0)
        path.write_text(ANSWER.format("x", "1", VALID), encoding="utf-8")
        self.assertEqual(link.desk.look(), 1)
        self.assertEqual((link.lying(), link.desk.ledger.report()["trouble"]), ([], []))

    def test_patience_begins_anew_when_a_file_grows(self):
        link = self.start(patience=60.0)
        path = self.odd(link, b"x")
        with mock.patch.object(desk.time, "monotonic") as clock:
            for now, data in ((0, b"x"), (59, b"xy"), (118, b"xyz"), (177, b"xyz")):
                clock.return_value = now
                if path.read_bytes() != data:
                    path.write_bytes(data)
                link.desk.look()
                self.assertEqual(link.told, [])
            clock.return_value = 178
            link.desk.look()
        self.assertEqual(len(link.told), 1)

    def test_one_that_another_program_holds_is_taken_when_it_is_free(self):
        link = self.start()
        path = link.answer(link.desk.check(TARO, "20261123"))
        holding = self.hold("read_bytes", path)
        self.assertEqual(self.look_thrice(link), 0)
        self.assertEqual([it["outcome"] for it in link.told], ["trouble"])
        self.assertIn("開けません", link.told[0]["message"])
        holding.stop()
        self.assertEqual(link.desk.look(), 1)
        self.assertEqual((link.lying(), link.desk.ledger.report()["trouble"]), ([], []))

    def test_one_held_for_a_moment_is_not_told_of(self):
        link = self.start(patience=60.0)
        path = link.answer(link.desk.check(TARO, "20261123"))
        holding = self.hold("read_bytes", path)
        self.look_thrice(link)
        holding.stop()
        self.assertEqual((link.desk.look(), len(link.told)), (1, 1))

    def test_one_that_cannot_be_deleted_is_told_once_as_an_answer_and_deleted_later(self):
        link = self.start()
        path = link.answer(link.desk.check(TARO, "20261123"))
        folders.originals(path).write_text('{"replaced": []}', encoding="utf-8")
        holding = self.hold("unlink", path)
        self.assertEqual(self.look_thrice(link), 1)
        self.assertEqual([it["outcome"] for it in link.told], ["answer", "trouble"])
        self.assertIn("片付けられません", link.told[1]["message"])
        self.assertEqual(link.lying(), [path.name])
        holding.stop()
        self.assertEqual(link.desk.look(), 0)
        report = link.desk.ledger.report()
        self.assertEqual((link.lying(), report["again"], report["trouble"], len(link.told)), ([], 0, [], 2))

    def test_another_answer_that_takes_the_place_of_a_held_one_is_not_deleted_with_it(self):
        link = self.start()
        path = link.answer(link.desk.check(TARO, "20261123"))
        holding = self.hold("unlink", path)
        link.desk.look()
        path.write_bytes(path.read_bytes() + b"\n")
        holding.stop()
        self.look_thrice(link)
        self.assertEqual(link.lying(), [path.name])
        self.assertIn("second, different", link.told[-1]["message"])

    def test_what_cannot_be_kept_is_not_deleted(self):
        for held_call in ("read_bytes", "mkdir"):
            with self.subTest(held_call):
                link = self.start()
                kept = link.root / "kept"
                path = link.answer(link.desk.check(TARO, "20261123"))
                found = folders.look(link.root / "res")[0]
                holding = self.hold(held_call, path, kept)
                with self.assertRaises(PermissionError):
                    folders.done_with([found.path], kept)
                holding.stop()
                self.assertTrue(path.exists())
                folders.done_with([found.path], kept)
                self.assertEqual(([it.name for it in kept.iterdir()], path.exists()), ([path.name], False))

    def test_what_was_kept_before_is_not_overwritten(self):
        link = self.start()
        kept = link.root / "kept"
        for data in (b"one", b"one", b"two"):
            path = link.root / "res" / "OQSsiquc01res_1.xml"
            path.write_bytes(data)
            folders.done_with([path], kept)
        self.assertEqual(
            {it.name: it.read_bytes() for it in kept.iterdir()}, {"OQSsiquc01res_1.xml": b"one", "OQSsiquc01res_1_2.xml": b"two"}
        )

    def test_a_folder_named_like_a_result_is_left_and_told_of(self):
        link = self.start()
        prefix, suffix = link.desk.check(TARO, "20261123")
        for name in (f"{prefix}res_{suffix}.xml", f"{prefix}req_{suffix}.err"):
            (link.root / "res" / name).mkdir()
        (link.root / "res" / "OQSsiquc01req_7.xml").mkdir()
        (link.root / "face" / FACE).mkdir()
        self.assertEqual(self.look_thrice(link), 0)
        self.assertEqual(len(link.told), 3)
        self.assertTrue(all("フォルダー" in it["message"] for it in link.told))
        self.assertEqual(len(link.lying()), 3)

    def test_a_folder_in_the_place_of_a_rejected_request_stops_nothing(self):
        link = self.start()
        prefix, suffix = link.desk.check(TARO, "20261123")
        (link.root / "res" / f"{prefix}req_{suffix}.xml").mkdir()
        (link.root / "res" / f"{prefix}req_{suffix}.err").write_bytes(REJECTION.encode())
        self.assertEqual(self.look_thrice(link), 1)
        self.assertEqual(link.told[0]["outcome"], "rejected")
        self.assertEqual(len(link.lying()), 2)

    @unittest.skipUnless(hasattr(os, "mkfifo"), "no pipes in folders here")
    def test_a_pipe_named_like_a_result_is_not_waited_for(self):
        link = self.start()
        os.mkfifo(link.root / "res" / "OQSsiquc01res_7.xml")
        self.assertEqual((self.look_thrice(link), len(link.told)), (0, 1))

    @unittest.skipUnless(sys.platform == "linux", "names are text here")
    def test_a_name_of_another_encoding_is_left_and_told_of(self):
        link = self.start()
        pathlib.Path(os.fsdecode(os.fsencode(link.root) + b"/res/OQSsiquc01res_\x8e\x91.xml")).write_text(
            ANSWER.format("x", "1", VALID), encoding="utf-8"
        )
        self.assertEqual((self.look_thrice(link), len(link.told), len(link.lying())), (0, 1, 1))
        self.assertEqual(link.told[0]["file"], "OQSsiquc01res_\\udc8e\\udc91.xml")

    def test_half_a_file_of_originals_is_tried_again_and_nothing_is_taken_without_it(self):
        link = self.start(patience=60.0)
        path = link.answer(link.desk.check(TARO, "20261123"))
        beside = folders.originals(path)
        beside.write_text('{"replaced": [{"orig', encoding="utf-8")
        self.assertEqual((self.look_thrice(link), link.told), (0, []))
        beside.write_text('{"replaced": [{"original": "𠮷田"}]}', encoding="utf-8")
        self.assertEqual(link.desk.look(), 1)
        self.assertEqual((link.told[0]["originals"], link.lying()), ([{"original": "𠮷田"}], []))

    def test_a_foreign_file_of_originals_is_told_of_and_the_result_taken_once_it_is_moved(self):
        for data in (b'{"replaced": [{"orig', b"{}", b"\xff"):
            with self.subTest(data):
                link = self.start()
                path = link.answer(link.desk.check(TARO, "20261123"))
                beside = folders.originals(path)
                beside.write_bytes(data)
                self.assertEqual((self.look_thrice(link), len(link.told), len(link.lying())), (0, 1, 2))
                self.assertIn(beside.name, link.told[0]["message"])
                beside.rename(link.root / "elsewhere")
                self.assertEqual((link.desk.look(), link.lying()), (1, []))
                self.assertEqual(link.desk.ledger.report()["trouble"], [])

    def test_a_foreign_file_that_is_moved_away_is_no_trouble_any_more(self):
        for again in (False, True):
            with self.subTest(again):
                link = self.start()
                name = "OQSsiquc01res_of_another.xml"
                for place in ("res", "face"):
                    (link.root / place / name).write_text(ANSWER.format("x", "1", VALID), encoding="utf-8")
                self.look_thrice(link)
                self.assertEqual(len(link.desk.ledger.report()["trouble"]), 1)
                (link.root / "res" / name).rename(link.root / "elsewhere")
                self.look_thrice(link)
                self.assertEqual(len(link.desk.ledger.report()["trouble"]), 1, "another of its name lies there")
                if again:
                    link.desk.ledger.close()
                (link.root / "face" / name).rename(link.root / "elsewhere")
                link.desk = link.again() if again else link.desk
                link.desk.look()
                self.assertEqual(link.desk.ledger.report()["trouble"], [])

    def test_what_lay_in_a_folder_that_is_away_is_still_trouble(self):
        link = self.start()
        path = self.odd(link, b"x")
        link.desk.look()
        res, away = link.root / "res", link.root / "away"
        res.rename(away)
        self.look_thrice(link)
        link.desk.ledger.close()
        link.desk = link.again()
        self.look_thrice(link)
        self.assertEqual(len(link.desk.ledger.report()["trouble"]), 2, "the folder, and the file in it")
        away.rename(res)
        self.look_thrice(link)
        (trouble,) = link.desk.ledger.report()["trouble"]
        self.assertTrue(trouble.startswith(path.name), trouble)

    def test_a_held_file_of_originals_is_never_deleted_unread(self):
        link = self.start()
        path = link.answer(link.desk.check(TARO, "20261123"))
        beside = folders.originals(path)
        beside.write_text('{"replaced": [{"original": "𠮷田"}]}', encoding="utf-8")
        holding = self.hold("read_bytes", beside)
        self.assertEqual((self.look_thrice(link), len(link.lying())), (0, 2))
        holding.stop()
        self.assertEqual((link.desk.look(), link.told[-1]["originals"][0]["original"]), (1, "𠮷田"))

    def test_a_crash_while_taking_away_leaves_no_file_of_originals_alone(self):
        link = self.start()
        path = link.answer(link.desk.check(TARO, "20261123"))
        folders.originals(path).write_text('{"replaced": []}', encoding="utf-8")
        real, gone = pathlib.Path.unlink, []

        def falls_over(path: pathlib.Path, **more: object) -> None:
            if gone:
                raise KeyboardInterrupt
            gone.append(path.name)
            real(path, **more)

        with mock.patch.object(pathlib.Path, "unlink", falls_over), self.assertRaises(KeyboardInterrupt):
            link.desk.look()
        link.desk.ledger.close()
        link.desk = link.again()
        self.assertEqual((link.desk.look(), link.lying(), len(link.told)), (0, [], 1))

    def test_a_request_that_a_crash_kept_from_being_put_is_taken_back_once_at_the_next_start(self):
        link = self.start()
        with mock.patch.object(folders, "put"):
            crashed, running = (link.desk.check(TARO, "20261123") for _ in range(2))
        put = link.desk.check(TARO, "20261123")
        others = ".OQSsiquc01req_7.xml.tmp"
        names = [f".{prefix}req_{suffix}.xml.tmp" for prefix, suffix in (crashed, running)]
        for name in (*names, others):
            (link.root / "req" / name).write_bytes(b"<XmlMsg>")
            if name != names[1]:
                os.utime(link.root / "req" / name, (1.0, 1.0))
        link.desk.ledger.close()
        link.desk = link.again()
        self.look_thrice(link)
        left = {it.name for it in (link.root / "req").iterdir()}
        self.assertEqual(left, {names[1], others, f"{put[0]}req_{put[1]}.xml"})
        self.assertEqual(link.desk.ledger.open(), [running, put])
        self.assertEqual([it["request"] for it in link.told], [f"{crashed[0]}req_{crashed[1]}"])

    def test_a_file_too_large_for_a_result_is_not_read(self):
        link = self.start()
        path = self.odd(link, b"x")
        os.truncate(path, desk.results.MOST_BYTES + 1)
        with mock.patch.object(folders, "read") as read:
            self.assertEqual(self.look_thrice(link), 0)
            self.assertEqual(read.call_count, 0)
        self.assertIn("大きすぎ", link.told[0]["message"])

    def test_a_folder_that_goes_away_again_is_told_of_again(self):
        link = self.start()
        for turn in (1, 2):
            (link.root / "res").rename(link.root / "away")
            self.look_thrice(link)
            self.assertEqual((len(link.told), len(link.desk.ledger.report()["trouble"])), (turn, 1))
            (link.root / "away").rename(link.root / "res")
            link.desk.look()
            self.assertEqual(link.desk.ledger.report()["trouble"], [])


if __name__ == "__main__":
    unittest.main()
