"""Packed results with a password, and those that are none. Python's library writes no such zips, so the tests do."""

import io
import struct
import unittest
import zipfile
import zlib

import results
from test_results import SAMPLES

NAME = "OQSsiquc01res_202611230001.xml"
ANSWER = (SAMPLES / NAME).read_bytes()


def packed(*names: str, data: bytes = ANSWER) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        for name in names:
            made.writestr(name, data)
    return file.getvalue()


def locked(data: bytes = ANSWER, password: bytes = b"secret", compression: int = 0) -> bytes:
    """A zip with the old cipher; with compression 99 it says that it has AES."""
    keys = [0x12345678, 0x23456789, 0x34567890]

    def turn(byte: int) -> None:
        crc = lambda it, value: zlib.crc32(bytes([it]), value ^ 0xFFFFFFFF) ^ 0xFFFFFFFF  # noqa: E731
        keys[0] = crc(byte, keys[0])
        keys[1] = ((keys[1] + (keys[0] & 0xFF)) * 134775813 + 1) & 0xFFFFFFFF
        keys[2] = crc(keys[1] >> 24, keys[2])

    def lock(byte: int) -> int:
        mask = (keys[2] | 2) & 0xFFFF
        turn(byte)
        return byte ^ ((mask * (mask ^ 1)) >> 8) & 0xFF

    for byte in password:
        turn(byte)
    check = zlib.crc32(data)
    inside = bytes(lock(byte) for byte in bytes(11) + bytes([check >> 24]) + data)
    name = NAME.encode()
    common = struct.pack("<HHHHHIIIHH", 20, 1, compression, 0, 0x21, check, len(inside), len(data), len(name), 0)
    first = b"PK\x03\x04" + common + name + inside
    listed = b"PK\x01\x02" + struct.pack("<H", 20) + common + struct.pack("<HHHII", 0, 0, 0, 0, 0) + name
    return first + listed + b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(listed), len(first), 0)


class Zips(unittest.TestCase):
    def odd(self, data: bytes, password: bytes | None = None) -> results.Odd:
        with self.assertRaises(results.Odd) as caught:
            results.read("OQSmuquc02res_1.zip", data, password)
        return caught.exception

    def test_the_old_cipher_is_read_with_its_password(self):
        self.assertEqual(results.read("OQSmuquc02res_1.zip", locked(), b"secret").validity, "valid")

    def test_without_the_password_or_with_another_one_the_setting_is_named(self):
        for password in (None, b"", b"wrong"):
            why = self.odd(locked(), password)
            self.assertIsInstance(why, results.Unreadable)
            self.assertIn("zip_password_file", why.remedy)
        self.assertNotEqual(str(self.odd(locked())), str(self.odd(locked(), b"wrong")))

    def test_a_wrong_password_that_its_one_byte_does_not_betray_reads_nothing(self):
        data = locked()
        for turn in range(1000):
            self.odd(data, b"wrong %d" % turn)

    def test_aes_is_told_as_such_with_the_link_apps_setting(self):
        for password in (None, b"secret"):
            why = self.odd(locked(compression=99), password)
            self.assertIn("AES", str(why))
            self.assertIn('zip_cipher = "zip-crypto"', why.remedy)

    def test_a_part_of_a_zip_and_what_is_no_zip_are_waited_for(self):
        whole = locked()
        for end in range(0, len(whole), 97):
            self.assertIsInstance(self.odd(whole[:end], b"secret"), results.NotWhole)
        self.assertIsInstance(self.odd(ANSWER), results.NotWhole)

    def test_a_zip_of_several_files_or_none_is_no_result(self):
        for names in ((), ("a.xml", "b.xml"), ("a/",)):
            data = packed(*names, data=b"" if names == ("a/",) else ANSWER)
            self.assertIsInstance(self.odd(data), results.Unreadable)

    def test_a_zip_that_unpacks_to_too_much_is_not_unpacked(self):
        most, results.MOST_BYTES = results.MOST_BYTES, len(ANSWER) - 1
        self.addCleanup(setattr, results, "MOST_BYTES", most)
        self.assertIn("large", str(self.odd(packed(NAME))))


if __name__ == "__main__":
    unittest.main()
