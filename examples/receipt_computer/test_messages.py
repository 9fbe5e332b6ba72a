"""Requests are what docs/receipt-computers.md shows."""

import unittest

import messages
import results
from messages import Insured

TARO = Insured("06139992", "４５６７", "１２３", "01", "19700102", "PT000123", "1", "000123")


def elements(data: bytes) -> list:
    return [(it.tag, it.text) for it in results.parse(data).iter() if it.text and it.text.strip()]


class Messages(unittest.TestCase):
    def test_a_single_check_holds_what_stands_on_the_paper_and_the_consent(self):
        message = messages.single_check("1319999999", "202611230001", TARO, "20261123")
        self.assertEqual(
            elements(message.xml("utf-8")),
            [
                ("QualificationConfirmationDate", "20261123"),
                ("MedicalInstitutionCode", "1319999999"),
                ("ArbitraryFileIdentifier", "202611230001"),
                ("InsurerNumber", "06139992"),
                ("InsuredCardSymbol", "１２３"),
                ("InsuredIdentificationNumber", "４５６７"),
                ("InsuredBranchNumber", "01"),
                ("Birthdate", "19700102"),
                ("LimitApplicationCertificateRelatedConsFlg", "1"),
                ("ArbitraryIdentifier", "PT000123"),
            ],
        )

    def test_what_has_no_value_has_no_element(self):
        person = Insured("39139993", "01234567", birth="19480303")
        data = messages.single_check("1319999999", "1", person, "20261123").xml("utf-8")
        self.assertNotIn(b"InsuredCardSymbol", data)
        self.assertNotIn(b"InsuredBranchNumber", data)

    def test_both_encodings_say_the_same(self):
        message = messages.single_check("1319999999", "1", TARO, "20261123")
        in_shift_jis = message.xml("shift_jis")
        self.assertIn(b'encoding="Shift_JIS"', in_shift_jis)
        self.assertEqual(elements(in_shift_jis), elements(message.xml("utf-8")))

    def test_a_character_the_encoding_lacks_is_named_and_never_replaced(self):
        person = Insured("06139992", "４５６７", symbol="𠮷")
        message = messages.single_check("1319999999", "1", person, "20261123")
        with self.assertRaises(messages.Unwritable) as refused:
            message.xml("shift_jis")
        self.assertEqual(str(refused.exception), "InsuredCardSymbol: U+20BB7 is not in Shift_JIS")
        self.assertIn("𠮷".encode(), message.xml("utf-8"))

    def test_marks_of_xml_in_a_value_are_escaped(self):
        person = Insured("06139992", "1&2<3>", birth="19700102")
        data = messages.single_check("1319999999", "1", person, "20261123").xml("utf-8")
        self.assertIn(("InsuredIdentificationNumber", "1&2<3>"), elements(data))

    def test_drugs_and_checkups_name_the_coverage_in_the_header_by_other_names(self):
        for message in (
            messages.drugs("1319999999", "1", TARO, ("202511", "202611"), "2", "1"),
            messages.checkup("1319999999", "1", TARO, "2", "1"),
        ):
            header = dict(message.header)
            self.assertEqual(header["InsuranceCardSymbol"], "１２３")
            self.assertEqual(header["InsuredPersonIdentificationNumber"], "４５６７")
            self.assertEqual(header["BranchNumber"], "01")

    def test_the_second_step_names_the_reception_alone(self):
        message = messages.fetch(messages.BULK_CHECK, "1319999999", "R1")
        self.assertEqual(message.prefix, "OQSmuquc02")
        self.assertEqual(
            elements(message.xml("utf-8")), [("MedicalInstitutionCode", "1319999999"), ("ReceptionNumber", "R1")]
        )

    def test_lists_ask_by_month_or_by_days(self):
        for prefix, names in (
            (messages.MEDICAL_AID_LIST, {"MedicalTreatmentMonth"}),
            (messages.HOME_VISIT_LIST, {"ConsentDateFrom", "ConsentDateTo", "MedicalTreatmentFlag"}),
            (messages.ONLINE_LIST, {"ExaminationDateFrom", "ExaminationDateTo", "MedicalTreatmentFlag"}),
        ):
            message = messages.consented_list(prefix, "1319999999", "1", "20261101", "20261130")
            self.assertEqual({name for name, _ in message.body[0][1]}, names)

    def test_the_json_image_has_texts_alone_and_an_array_where_an_element_repeats(self):
        body = messages.bulk_check("1319999999", "1", [TARO, TARO], "20261123").json()["XmlMsg"]["MessageBody"]
        self.assertEqual(len(body["QualificationConfirmSearchInfo"]), 2)
        self.assertEqual(body["QualificationConfirmSearchInfo"][0]["InsurerNumber"], "06139992")
        alone = messages.single_check("1319999999", "1", TARO, "20261123").json()["XmlMsg"]["MessageBody"]
        self.assertIsInstance(alone["QualificationConfirmSearchInfo"], dict)


if __name__ == "__main__":
    unittest.main()
