"""Results are read as docs/receipt-computers.md says, the sample files first."""

import base64
import io
import pathlib
import unittest
import zipfile

import folders
import results

SAMPLES = pathlib.Path(__file__).parents[2] / "crates/exchange/tests/samples"


def sample(name: str) -> results.Result:
    return results.read(name, (SAMPLES / name).read_bytes())


class Results(unittest.TestCase):
    def test_every_sample_is_read(self):
        there = sorted(SAMPLES.glob("*res_*.xml"))
        self.assertTrue(there)
        for path in there:
            with self.subTest(path.name):
                self.assertIn(sample(path.name).outcome, ("answer", "processing", "error"))

    def test_the_outcome_is_told_by_its_code(self):
        for name, outcome, validity, people in (
            ("OQSsiquc01res_202611230001.xml", "answer", "valid", 1),
            ("OQSsiquc01res_202611230003_disqualified.xml", "answer", "newer", 1),
            ("OQSsiquc01res_202611230004_nomatch.xml", "answer", "unknown", 0),
            ("OQSsiquc01res_202611230005_abnormal.xml", "error", "", 0),
        ):
            with self.subTest(name):
                result = sample(name)
                self.assertEqual((result.outcome, result.validity, len(result.people)), (outcome, validity, people))

    def test_the_abnormal_answer_has_code_and_message(self):
        result = sample("OQSsiquc01res_202611230005_abnormal.xml")
        self.assertTrue(result.code and result.message)

    def test_a_readers_result_holds_the_consents(self):
        result = sample("OQSsiquc01res_face_13199999990123456789abcdef0123_20261123091502.xml")
        self.assertEqual(result.by, "1")
        self.assertEqual(
            result.people[0]["consents"], {"checkups": "1", "drugs": "1", "treatment": "1", "surgery": "0"}
        )

    def test_numbers_keep_zeros_and_width(self):
        person = sample("OQSsiquc01res_202611230001.xml").people[0]
        self.assertEqual((person["insurer"], person["number"], person["branch"]), ("06139992", "４５６７", "01"))

    def test_order_empty_elements_blanks_in_tags_and_unknown_elements_do_not_matter(self):
        data = (
            '\ufeff<?xml version=\'1.0\' encoding="utf-8"?>\r\n<XmlMsg ><MessageBody><QualificationValidity>1</QualificationValidity>'
            "<Later/><ProcessingResultStatus>1</ProcessingResultStatus></MessageBody><MessageHeader>"
            "<ErrorCode></ErrorCode><ArbitraryFileIdentifier >7</ArbitraryFileIdentifier ><SegmentOfResult>1</SegmentOfResult>"
            "</MessageHeader></XmlMsg>"
        )
        result = results.read("OQSsiquc01res_1.xml", data.encode())
        self.assertEqual((result.outcome, result.validity, result.identifier), ("answer", "valid", "7"))

    def test_shift_jis_is_read_whatever_its_declaration_is_called(self):
        text = "<XmlMsg><MessageHeader><SegmentOfResult>9</SegmentOfResult><ErrorMessage>髙～①</ErrorMessage></MessageHeader></XmlMsg>"
        for label in ("Shift_JIS", "shift_jis", "Windows-31J"):
            data = f'<?xml version="1.0" encoding="{label}" standalone="no"?>{text}'.encode("cp932")
            self.assertEqual(results.read_xml(data).message, "髙～①")

    def test_a_part_of_a_file_is_waited_for(self):
        whole = (SAMPLES / "OQSsiquc01res_202611230001.xml").read_bytes()
        for end in range(0, len(whole.rstrip()), 7):
            with self.assertRaises(results.NotWhole):
                results.read_xml(whole[:end])

    def test_a_doctype_is_not_read(self):
        with self.assertRaises(results.NotWhole):
            results.read_xml(b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><XmlMsg>&b;</XmlMsg>')
        with self.assertRaisesRegex(results.NotWhole, "DOCTYPE"):
            results.read_xml(b"<!--" + b"-" * 2000 + b' --><!DOCTYPE a [<!ENTITY b "c">]><XmlMsg>&b;</XmlMsg>')

    def test_with_a_byte_order_mark_it_is_utf_8_whatever_is_declared(self):
        text = "<XmlMsg><MessageHeader><SegmentOfResult>9</SegmentOfResult><ErrorMessage>吉田</ErrorMessage></MessageHeader></XmlMsg>"
        data = f'\ufeff<?xml version="1.0" encoding="Shift_JIS"?>{text}'.encode()
        self.assertEqual(results.read_xml(data).message, "吉田")

    def test_another_shape_than_a_messages_is_no_answer(self):
        head = "<XmlMsg><MessageHeader><SegmentOfResult>1</SegmentOfResult>{}</MessageHeader><MessageBody>{}</MessageBody></XmlMsg>"
        for text in (
            "<a/>",
            "<XmlMsg><MessageHeader/></XmlMsg>",
            (SAMPLES / "OQSsiquc01req_202611230001.xml").read_text(encoding="utf-8").split("?>")[1],
            head.format("", "<ResultList>x</ResultList>"),
            head.format("", "<QualificationValidity><a>1</a></QualificationValidity>"),
            head.format("<ArbitraryFileIdentifier>1</ArbitraryFileIdentifier>" * 2, ""),
            head.format("", "<OnshiPdf>?</OnshiPdf>"),
            head.format("", "<a>" * 3000 + "x" + "</a>" * 3000),
        ):
            with self.subTest(text[:120]), self.assertRaises(results.Unreadable):
                results.read_xml(text.encode())

    def test_lists_are_read_wrapped_or_not(self):
        for value in ({"A": {"b": "1"}}, {"A": [{"b": "1"}]}, [{"A": {"b": "1"}}], [{"b": "1"}], {"b": "1"}):
            self.assertEqual(results.several(value, "A"), [{"b": "1"}], value)
        self.assertEqual(results.several(None, "A"), [])

    def test_a_document_is_whole_at_its_end(self):
        self.assertEqual(results.read("YZKsiquc01res_1.pdf", b"%PDF-1.7\n...\n%%EOF\n").outcome, "document")
        with self.assertRaises(results.NotWhole):
            results.read("YZKsiquc01res_1.pdf", b"%PDF-1.7\n...")

    def test_a_document_comes_in_a_zip_and_in_an_image_too(self):
        pdf = b"%PDF-1.7\n...\n%%EOF\n"
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as file:
            file.writestr("YZKsiquc01res_1.pdf", pdf)
        self.assertEqual(results.read("YZKsiquc01res_1.zip", packed.getvalue()).outcome, "document")
        image = {"MessageHeader": {"ResultCode": "1"}, "MessageBody": {"OnshiPdf": base64.b64encode(pdf).decode()}}
        self.assertEqual(results.of_image(image).more, {"bytes": len(pdf)})

    def test_a_packed_result_is_read_when_it_is_whole(self):
        name = "OQSsiquc01res_202611230001.xml"
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
            file.writestr(name, (SAMPLES / name).read_bytes())
        data = packed.getvalue()
        self.assertEqual(results.read("OQSmuquc02res_1.zip", data).validity, "valid")
        with self.assertRaises(results.NotWhole):
            results.read("OQSmuquc02res_1.zip", data[: len(data) // 2])

    def test_the_originals_beside_a_packed_result_are_packed_too(self):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as file:
            file.writestr("onshi-original_OQSsiquc01res_1.xml.json", '{"replaced": [{"original": "𠮷田"}]}')
        name = folders.originals(pathlib.Path("OQSsiquc01res_1.zip")).name
        self.assertEqual(name, "onshi-original_OQSsiquc01res_1.zip.json.zip")
        self.assertEqual(results.originals(name, packed.getvalue()), [{"original": "𠮷田"}])
        with self.assertRaises(results.NotWhole):
            results.originals(name, packed.getvalue()[:20])

    def test_half_a_file_of_originals_is_waited_for_and_another_file_is_none(self):
        name = "onshi-original_OQSsiquc01res_1.xml.json"
        for data in (b"", b'{"replaced": [{"orig', "{\"replaced\": \"吉".encode()[:-1], b"[" * 100000, b'{"replaced": ["\\ud842"]}'):
            with self.subTest(data[:40]), self.assertRaises(results.NotWhole):
                results.originals(name, data)
        for data in (b"{}", b"[]", b"1", b'{"replaced": 1}'):
            with self.subTest(data), self.assertRaises(results.Unreadable):
                results.originals(name, data)

    def test_a_rejection_says_where_why_and_what_to_do(self):
        text = "行 / line: 3\r\n要素 / element: MessageBody\r\n理由 / reason: 必須の要素がありません。 / a group is missing\r\n対処 / remedy: 連絡 / tell\r\n"
        result = results.rejection(text.encode())
        self.assertEqual((result.outcome, result.more["line"], result.more["element"]), ("rejected", "3", "MessageBody"))
        self.assertIn("必須の要素がありません。", result.message)
        for part in (text[:-5], "x", ""):
            with self.assertRaises(results.NotWhole):
                results.rejection(part.encode())


if __name__ == "__main__":
    unittest.main()
