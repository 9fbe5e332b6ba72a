"""The desk against a link app that the test plays."""

import pathlib
import tempfile
import unittest

import desk
import folders
import messages
import results
from desk import CannotAsk, Desk
from messages import Insured
from settings import Settings

TARO = Insured("06139992", "４５６７", "１２３", "01", "19700102", "PT000123", "1", "000123")

ANSWER = (
    '<?xml version="1.0" encoding="UTF-8"?><XmlMsg><MessageHeader><ArbitraryFileIdentifier>{}</ArbitraryFileIdentifier>'
    "<SegmentOfResult>{}</SegmentOfResult></MessageHeader><MessageBody>{}</MessageBody></XmlMsg>\n"
)
VALID = "<ProcessingResultStatus>1</ProcessingResultStatus><QualificationValidity>1</QualificationValidity>"
REJECTION = "行 / line: 1\r\n要素 / element: -\r\n理由 / reason: x / x\r\n対処 / remedy: y / y\r\n"


class Folders:
    """The three folders, and what was told."""

    def __init__(self, **more: object) -> None:
        self._place = tempfile.TemporaryDirectory()
        self.root = pathlib.Path(self._place.name)
        for name in ("req", "res", "face"):
            (self.root / name).mkdir()
        self.told: list = []
        self.settings = Settings(
            institution="1319999999",
            ledger=self.root / "ledger.db",
            req=self.root / "req",
            res=self.root / "res",
            face=self.root / "face",
            **more,
        )
        self.desk = self.again()

    def again(self) -> Desk:
        """A receipt computer that starts over the same folders and ledger."""
        return Desk(self.settings, self.told.append, ask_again_s=0.0)

    def end(self) -> None:
        self.desk.ledger.close()
        self._place.cleanup()

    def answer(self, key: tuple, body: str = VALID, identifier: str | None = None, segment: str = "1") -> pathlib.Path:
        """Takes a request away and publishes its answer."""
        prefix, suffix = key
        (self.root / "req" / f"{prefix}req_{suffix}.xml").unlink()
        path = self.root / "res" / f"{prefix}res_{suffix}.xml"
        path.write_text(ANSWER.format(suffix if identifier is None else identifier, segment, body), encoding="utf-8")
        return path

    def lying(self) -> list:
        return sorted(path.name for path in (self.root / "res").iterdir())


class TheDesk(unittest.TestCase):
    def start(self, **more: object) -> Folders:
        started = Folders(**more)
        self.addCleanup(started.end)
        return started

    def test_an_answer_is_noted_told_and_taken_away(self):
        link = self.start()
        key = link.desk.check(TARO, "20261123")
        link.answer(key)
        self.assertEqual(link.desk.look(), 1)
        self.assertEqual(link.told[0]["validity"], "valid")
        self.assertEqual(link.lying(), [])
        report = link.desk.ledger.report()
        self.assertEqual((report["asked"], report["answered"], report["trouble"]), (1, 1, []))

    def test_a_part_of_an_answer_stays_until_it_is_whole(self):
        link = self.start()
        path = link.answer(link.desk.check(TARO, "20261123"))
        whole = path.read_bytes()
        path.write_bytes(whole[:50])
        self.assertEqual(link.desk.look(), 0)
        self.assertEqual(len(link.lying()), 1)
        path.write_bytes(whole)
        self.assertEqual(link.desk.look(), 1)

    def test_names_are_never_used_twice_even_after_a_start(self):
        link = self.start()
        first = link.desk.check(TARO, "20261123")
        link.desk.ledger.close()
        link.desk = link.again()
        self.assertNotEqual(first, link.desk.check(TARO, "20261123"))

    def test_a_crash_between_noting_and_taking_away_takes_the_same_answer_away_silently(self):
        link = self.start()
        key = link.desk.check(TARO, "20261123")
        path = link.answer(key)
        data = path.read_bytes()
        link.desk.look()
        path.write_bytes(data)
        self.assertEqual(link.desk.look(), 0)
        self.assertEqual((link.lying(), len(link.told)), ([], 1))

    def test_a_second_different_answer_is_trouble_and_stays(self):
        link = self.start()
        key = link.desk.check(TARO, "20261123")
        path = link.answer(key)
        data = path.read_bytes()
        link.desk.look()
        path.write_bytes(data + b"\n")
        link.desk.look()
        self.assertEqual(len(link.lying()), 1)
        self.assertEqual(len(link.desk.ledger.report()["trouble"]), 1)

    def test_matching_by_identifier_finds_the_request_and_notices_a_mix_up(self):
        link = self.start(match="identifier")
        key, other = link.desk.check(TARO, "20261123"), link.desk.check(TARO, "20261123")
        link.answer(key, identifier=other[1])
        link.desk.look()
        self.assertEqual(link.desk.ledger.report()["answered"], 0)
        self.assertIn("different requests", link.told[-1]["message"])
        (link.root / "res" / link.lying()[0]).unlink()
        link.answer(other)
        link.desk.look()
        self.assertEqual(link.desk.ledger.open(), [key])

    def test_results_of_another_receipt_computer_are_left_alone(self):
        link = self.start()
        (link.root / "res" / "OQSsiquc01res_7.xml").write_text(ANSWER.format("7", "1", VALID), encoding="utf-8")
        (link.root / "res" / "unrelated.txt").write_text("x", encoding="utf-8")
        self.assertEqual(link.desk.look(), 0)
        self.assertEqual(len(link.lying()), 2)

    def test_a_rejected_request_is_taken_away_with_its_text(self):
        link = self.start()
        prefix, suffix = link.desk.check(TARO, "20261123")
        request = link.root / "req" / f"{prefix}req_{suffix}.xml"
        request.rename(link.root / "res" / request.name)
        self.assertEqual(link.desk.look(), 0)
        (link.root / "res" / f"{prefix}req_{suffix}.err").write_bytes(REJECTION.encode())
        self.assertEqual(link.desk.look(), 1)
        self.assertEqual((link.lying(), link.told[0]["outcome"]), ([], "rejected"))

    def test_a_rejected_request_that_appears_after_its_text_is_taken_away_too(self):
        link = self.start()
        prefix, suffix = link.desk.check(TARO, "20261123")
        request = link.root / "req" / f"{prefix}req_{suffix}.xml"
        (link.root / "res" / f"{prefix}req_{suffix}.err").write_bytes(REJECTION.encode())
        self.assertEqual(link.desk.look(), 1)
        request.rename(link.root / "res" / request.name)
        (link.root / "res" / "OQSsiquc01req_7.xml").write_text("of another receipt computer", encoding="utf-8")
        self.assertEqual(link.desk.look(), 0)
        self.assertEqual((link.lying(), len(link.told)), (["OQSsiquc01req_7.xml"], 1))

    def test_a_readers_result_is_taken_from_its_folder_once(self):
        link = self.start()
        name = "OQSsiquc01res_face_13199999990123456789abcdef0123_20261123091502.xml"
        (link.root / "face" / name).write_text(ANSWER.format("x", "1", VALID), encoding="utf-8")
        self.assertEqual(link.desk.look(), 1)
        self.assertEqual(list((link.root / "face").iterdir()), [])
        self.assertEqual(link.desk.ledger.report()["from_readers"], 1)

    def test_where_results_do_not_flow_the_readers_folder_is_not_touched(self):
        link = self.start(results_flow=False)
        name = "OQSsiquc01res_face_13199999990123456789abcdef0123_20261123091502.xml"
        (link.root / "face" / name).write_text(ANSWER.format("x", "1", VALID), encoding="utf-8")
        self.assertEqual(link.desk.look(), 0)
        self.assertEqual(len(list((link.root / "face").iterdir())), 1)

    def test_one_that_cannot_ask_puts_nothing_and_names_the_way(self):
        link = self.start(asks_by_itself=False)
        with self.assertRaises(CannotAsk) as refused:
            link.desk.check(TARO, "20261123")
        self.assertIn("保険証/処方箋で確認", str(refused.exception))
        self.assertEqual(list((link.root / "req").iterdir()), [])

    def test_a_character_shift_jis_lacks_leaves_nothing_behind(self):
        link = self.start(encoding="shift_jis")
        with self.assertRaises(messages.Unwritable):
            link.desk.check(Insured("06139992", "4567", symbol="𠮷", birth="19700102"), "20261123")
        self.assertEqual(list((link.root / "req").iterdir()), [])
        self.assertEqual(link.desk.ledger.report()["asked"], 0)

    def test_where_the_link_app_fetches_bulk_results_no_second_step_is_put(self):
        link = self.start(poll_bulk=True)
        first = link.desk.bulk_check([TARO], "20261123")
        link.answer(first, "<ReceptionNumber>R1</ReceptionNumber>")
        unit = f"<BulkConfirmUnit>{VALID}</BulkConfirmUnit>"
        result = link.root / "res" / f"OQSmuquc02res_{first[1]}.xml"
        result.write_text(ANSWER.format(first[1], "1", unit), encoding="utf-8")
        answer = link.desk.fetch(first, 30)
        self.assertEqual(answer["lines"], [{"outcome": "answer", "validity": "valid"}])
        self.assertEqual((link.lying(), link.desk.ledger.open()), ([], []))
        self.assertEqual(list((link.root / "req").iterdir()), [])

    def test_the_originals_beside_a_result_are_read_and_taken_away_with_it(self):
        link = self.start()
        path = link.answer(link.desk.check(TARO, "20261123"))
        replaced = '{"replaced": [{"element": "/Name", "written": "吉田", "original": "𠮷田"}]}'
        folders.originals(path).write_text(replaced, encoding="utf-8")
        link.desk.look()
        self.assertEqual(link.told[0]["originals"][0]["original"], "𠮷田")
        self.assertEqual(link.lying(), [])

    def test_one_that_only_asks_leaves_the_taking_to_the_one_that_watches(self):
        link = self.start()
        asking = Desk(link.settings, link.told.append, takes=False)
        self.addCleanup(asking.ledger.close)
        key = asking.check(TARO, "20261123")
        link.answer(key)
        self.assertIsNone(asking.wait([key], 0.0))
        link.desk.look()
        self.assertEqual(asking.wait([key], 0.0)[0]["validity"], "valid")

    def test_a_request_that_cannot_be_put_is_not_waited_for(self):
        link = self.start()
        (link.root / "req").rmdir()
        with self.assertRaises(OSError):
            link.desk.check(TARO, "20261123")
        self.assertEqual(link.desk.ledger.open(), [])

    def test_a_bulk_check_is_asked_for_until_it_is_no_longer_processing(self):
        link = self.start()
        first = link.desk.bulk_check([TARO], "20261123")
        reception = "<ReceptionNumber>R1</ReceptionNumber>"
        link.answer(first, reception)
        asked: list = []
        real = link.desk.look

        def look() -> int:
            for path in sorted((link.root / "req").iterdir()):
                prefix, suffix = path.name[:10], path.name.removesuffix(".xml").split("_", 1)[1]
                self.assertIn("<ReceptionNumber>R1<", path.read_text(encoding="utf-8"))
                asked.append(suffix)
                unit = f"<BulkConfirmUnit>{VALID}<ReferenceNumber>000123</ReferenceNumber></BulkConfirmUnit>"
                link.answer((prefix, suffix), unit if 2 < len(asked) else "", "id of the first", "1" if 2 < len(asked) else "2")
            return real()

        link.desk.look = look
        answer = link.desk.fetch(first, 30)
        self.assertEqual(answer["lines"], [{"outcome": "answer", "validity": "valid", "references": ["000123"]}])
        self.assertEqual(len(set(asked)), 3)
        self.assertEqual(link.desk.ledger.open(), [])

    def test_results_can_be_kept_elsewhere(self):
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        link = self.start(keep=pathlib.Path(place.name) / "kept")
        path = link.answer(link.desk.check(TARO, "20261123"))
        link.desk.look()
        self.assertTrue((pathlib.Path(place.name) / "kept" / path.name).exists())
        self.assertEqual(link.lying(), [])

    def test_a_folder_that_is_away_is_told_of_once_and_looked_into_when_it_is_back(self):
        link = self.start()
        key = link.desk.check(TARO, "20261123")
        (link.root / "res").rename(link.root / "away")
        self.assertEqual([link.desk.look(), link.desk.look(), len(link.told)], [0, 0, 1])
        (link.root / "away").rename(link.root / "res")
        link.answer(key)
        self.assertEqual(link.desk.look(), 1)

    def test_what_cannot_be_read_is_told_of_once_and_never_deleted(self):
        link = self.start()
        patience, desk.PATIENCE_S = desk.PATIENCE_S, 0.0
        self.addCleanup(setattr, desk, "PATIENCE_S", patience)
        path = link.answer(link.desk.check(TARO, "20261123"))
        path.write_bytes(b"\x00\x01")
        for _ in range(3):
            link.desk.look()
        self.assertEqual([it["outcome"] for it in link.told], ["trouble"])
        self.assertTrue(path.exists())


class TheFolders(unittest.TestCase):
    def test_a_request_is_never_seen_in_part(self):
        with tempfile.TemporaryDirectory() as place:
            root = pathlib.Path(place)
            path = folders.put(root, "OQSsiquc01", "1", b"<XmlMsg/>")
            self.assertEqual([it.name for it in root.iterdir()], ["OQSsiquc01req_1.xml"])
            self.assertEqual(path.read_bytes(), b"<XmlMsg/>")

    def test_suffixes_are_opaque(self):
        with tempfile.TemporaryDirectory() as place:
            root = pathlib.Path(place)
            for suffix in ("2026-11-23 患者1", "a.b", "01res_01res_"):
                (root / f"OQSsiquc01res_{suffix}.xml").touch()
            self.assertEqual({it.suffix for it in folders.look(root)}, {"2026-11-23 患者1", "a.b", "01res_01res_"})


if __name__ == "__main__":
    unittest.main()
