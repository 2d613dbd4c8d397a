"""What `.ci/run` asks of the tests: none is skipped, and none begins once its time is over."""

from __future__ import annotations

import os
import subprocess
import sys

from peil.settings import PROJECT

ANY = "tests/conventions/test_arrows.py"


def test_after_its_time_no_test_begins_and_that_is_no_failure() -> None:
    environment = os.environ | {"PEIL_TESTS_UNTIL": "1", "PEIL_FAIL_ON_SKIP": "1"}
    words = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-rs", ANY]
    done = subprocess.run(
        words, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    assert "no time is left on this machine" in done.stdout
    assert "passed" not in done.stdout and "skipped in" in done.stdout
