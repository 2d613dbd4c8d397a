"""Scikit-learn's own checks in a process of their own, with the exceptions that are expected.

SCIPY_ARRAY_API must be set before scipy is imported, or a check is skipped.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass

CODE = """
import importlib, json, sys
from sklearn.utils.estimator_checks import check_estimator
name, module, choices, exceptions = json.loads(sys.argv[1])
estimator = getattr(importlib.import_module(module), name)(**choices)
for result in check_estimator(estimator, on_fail=None, expected_failed_checks=exceptions):
    print(json.dumps([result["check_name"], result["status"], repr(result["exception"])]))
"""


@dataclass(frozen=True)
class Checked:
    """Names of checks by how they ended; `failed` says why."""

    passed: list[str]
    excepted: set[str]
    failed: list[str]


def checked(member: type, exceptions: dict[str, str], **choices: object) -> Checked:
    """Run `check_estimator` on a class; `exceptions` gives the reason of each expected failure."""
    process = subprocess.run(
        [
            sys.executable,
            "-W",
            "ignore",
            "-c",
            CODE,
            json.dumps([member.__name__, member.__module__, choices, exceptions]),
        ],
        env=os.environ | {"SCIPY_ARRAY_API": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    results = [json.loads(line) for line in process.stdout.splitlines()]
    return Checked(
        passed=[name for name, status, _ in results if status == "passed"],
        excepted={name for name, status, _ in results if status == "xfail"},
        failed=[
            f"{name} {status}: {reason}"
            for name, status, reason in results
            if status not in ("passed", "xfail")
        ],
    )
