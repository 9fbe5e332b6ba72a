"""Tests of the ledger."""

from __future__ import annotations

import tempfile
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

from ledger import Ledger


class Opening(unittest.TestCase):
    """The parts of a receipt computer open one ledger, each by itself."""

    def test_parts_that_make_it_at_the_same_moment_all_have_it(self) -> None:
        parts = 8
        with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(parts) as pool:
            for turn in range(40):
                together = Barrier(parts)

                def opens(_part: int, path: Path = Path(folder) / f"{turn}.db", together: Barrier = together) -> int:
                    together.wait()
                    ledger = Ledger(path)
                    asked = ledger.report()["asked"]
                    ledger.close()
                    return asked

                self.assertEqual(list(pool.map(opens, range(parts))), [0] * parts)


if __name__ == "__main__":
    unittest.main()
