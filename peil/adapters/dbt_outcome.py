"""What a run of dbt came to: counts, or one sentence for each table and test that failed.

dbt's own messages are left out throughout, since they may quote a row value. Running dbt does
not belong in here (`transform`), and nothing in here imports it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from peil.outcome import Refused

# how an error of the system stands in dbt's message: its number, and the file where it is named
_ERRNO = re.compile(r"\[Errno (\d+)\][^:']*(?:: '([^']+)')?")
FINE = ("success", "pass", "skipped", "no-op")


@dataclass(frozen=True)
class TransformResult:
    """What a run did: how many tables it made, how many questions it asked, in which time."""

    n_tables: int
    n_tests: int
    duration_s: float
    parse_s: float


def result_of(results: Sequence[Any], duration_s: float, parse_s: float) -> TransformResult:
    """Count the tables and the tests of a run that dbt finished."""
    kinds = [result.node.resource_type for result in results]
    n_tests = sum(kind in ("test", "unit_test") for kind in kinds)
    return TransformResult(len(kinds) - n_tests, n_tests, duration_s, parse_s)


def raise_for_broken(results: Sequence[Any], done: Any) -> None:
    """Raise if a table or a test of a run failed, or if dbt stopped before the first.

    Parameters
    ----------
    results : sequence of dbt's RunResult
    done : dbt's dbtRunnerResult
        Of the last command.

    Raises
    ------
    Refused
        A table is not well-formed: one sentence for each test.
    OSError
        The system did not let dbt write or read a file.
    RuntimeError
        A table cannot be made, or nothing was: a fault of ours.
    """
    broken = [result for result in results if str(result.status) not in FINE]
    for result in broken:
        if of_system := _ERRNO.search(str(result.message or "")):
            number = int(of_system[1])
            raise OSError(number, os.strerror(number), of_system[2])
    if broken:
        is_fault = any(str(result.status) == "error" for result in broken)
        raise (RuntimeError if is_fault else Refused)(" ".join(map(_sentence, broken)))
    if not done.success or not results:
        if isinstance(done.exception, OSError) and done.exception.errno is not None:
            raise done.exception  # of its own files, before the first table
        kind = kind_of(str(done.exception)) if done.exception else "nothing was selected"
        raise RuntimeError(f"dbt stopped: {kind}.")


def _sentence(result: Any) -> str:
    """Say what is wrong with one table or test."""
    node = result.node
    name = node.name.replace("_", " ")
    if str(result.status) == "fail" and node.resource_type == "unit_test":
        return f"The SQL of {node.tested_node_unique_id} does not do as its example: {name}."
    if str(result.status) in ("fail", "warn"):
        return f"A table is not well-formed: {name} does not hold ({result.failures} times)."
    return f"{node.resource_type} {node.name} could not be made: {kind_of(result.message or '')}."


def kind_of(message: str) -> str:
    """Return DuckDB's kind of error, without its text.

    >>> kind_of("Runtime Error in model m (m.sql) Conversion Error: could not cast '20408'")
    'Conversion Error'
    """
    meanings = {
        "Out of Memory": "out of memory, raise PEIL_MEMORY or free disk for its spill",
        "OutOfMemoryError": "out of memory, raise PEIL_MEMORY",
        "No space left": "the disk is full",
        "enforced contract that failed": "its columns are not those of its contract",
        "NOT NULL constraint failed": "a column that must be filled is empty",
    }
    for part, meaning in meanings.items():
        if part in message:
            return meaning
    kinds = re.findall(r"\b([A-Z][a-z]+(?: [A-Z][a-z]+)* Error)\b(?! in )", message)
    return kinds[-1] if kinds else "an error of the program"
