"""What dbt could not make is said without its words; an error of the system is raised as one."""

from __future__ import annotations

import errno
from types import SimpleNamespace
from typing import Any

import pytest

from peil.adapters import dbt_outcome


def broken(message: str, status: str = "error") -> Any:
    node = SimpleNamespace(name="stg_a", resource_type="model")
    return SimpleNamespace(status=status, message=message, node=node, failures=1)


@pytest.mark.parametrize("place", ["/store/operator/scratch/run/a.sql", None])
def test_an_error_of_the_system_is_raised_with_its_file(place: str | None) -> None:
    named = f": '{place}'" if place else ""
    message = f"Unhandled error while executing\n[Errno {errno.EIO}] Input/output error{named}"
    with pytest.raises(OSError) as raised:
        dbt_outcome.raise_for_broken([broken("", "pass"), broken(message)], None)
    assert (raised.value.errno, raised.value.filename) == (errno.EIO, place)


def test_any_other_error_keeps_its_kind_and_no_word_of_it() -> None:
    message = "Runtime Error in model stg_a (a.sql) Conversion Error: could not cast '20408'"
    with pytest.raises(RuntimeError) as raised:
        dbt_outcome.raise_for_broken([broken(message)], None)
    assert str(raised.value) == "model stg_a could not be made: Conversion Error."


def test_java_without_memory_is_told_what_to_do() -> None:
    message = "An error occurred while calling o57.sql. : java.lang.OutOfMemoryError: Java heap"
    with pytest.raises(RuntimeError, match="out of memory, raise PEIL_MEMORY"):
        dbt_outcome.raise_for_broken([broken(message)], None)


def test_an_error_of_the_system_before_the_first_table_is_raised_as_it_is() -> None:
    of_system = OSError(errno.EIO, "Input/output error", "/store/operator/scratch/dbt/logs")
    with pytest.raises(OSError) as raised:
        dbt_outcome.raise_for_broken([], SimpleNamespace(success=False, exception=of_system))
    assert raised.value is of_system
    stopped = SimpleNamespace(success=False, exception=OSError("a row, 20408"))
    with pytest.raises(RuntimeError, match=r"^dbt stopped: an error of the program\.$"):
        dbt_outcome.raise_for_broken([], stopped)
