"""Which delivered column is which, from names and values."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from peil.inspecting.columns import CELL_NAMES, EVENT_NAMES, guesses, has_decimal_comma, looks_like
from peil.inspecting.tables import Table


def table(**columns: list[Any]) -> Table:
    return Table(Path("a.csv"), "csv", columns=columns)


@pytest.mark.parametrize(
    ("values", "look"),
    [
        (["204080000000123", "204080000000456", "20408000000077"], "IMSI"),
        (["352099001761481", "490154203237518", "352099001761499", "490154203237526"], "IMEI"),
        (["+31612345678", "0031687654321"], "MSISDN"),
        (["a" * 64, "0123456789abcdef" * 4], "keyed or hashed identifier"),
        (["2026-03-02 08:30:00", None], "moment"),
        (["204", "310"], "mobile country code"),
        (["204-08-3040-11197", "204-08-3040-11198"], "cell identity"),
        (["1.5", "-2,5"], "number"),
        (["north", "south"], ""),
        ([], ""),
    ],
)
def test_values_look_like_what_they_are(values: list[str | None], look: str) -> None:
    assert looks_like(values) == look


def test_names_and_content_together_make_a_guess_surer() -> None:
    matches = guesses(
        table(
            IMSI=["204080000000123"] * 3,
            EVENT_TIME=["2026-03-02 08:30:00"] * 3,
            MCC=["204"] * 3,
            LAC_CI=["12-7"] * 3,
            IMEI=["352099001761481"] * 3,
            B_PARTY=["+31612345678"] * 3,
            DURATION=["12"] * 3,
        ),
        EVENT_NAMES,
    )
    assert {ours: (guess.theirs, guess.sure) for ours, guess in matches.items()} == {
        "subscriber_id": ("IMSI", "high"),
        "observed_at": ("EVENT_TIME", "high"),
        "mcc": ("MCC", "high"),
        "cell_id": ("LAC_CI", "medium"),
    }


def test_content_alone_finds_columns_with_strange_names_but_never_contacts() -> None:
    matches = guesses(
        table(
            k1=["204080000000123"] * 3,
            k2=["2026-03-02 08:30:00"] * 3,
            k3=["kerk"] * 3,
            OTHER_PARTY=["+31612345678"] * 3,
            imei=["204080000000123"] * 3,
        ),
        EVENT_NAMES,
        {"kerk", "plein"},
    )
    assert {ours: (guess.theirs, guess.sure) for ours, guess in matches.items()} == {
        "cell_id": ("k3", "high"),
        "subscriber_id": ("k1", "low"),
        "observed_at": ("k2", "low"),
    }
    assert "100% of its values are cells of the plan" in matches["cell_id"].why


def test_a_name_that_its_values_belie_is_asked() -> None:
    matches = guesses(
        table(latitude=["far", "away"], mcc=["x", "y"]), {**CELL_NAMES, **EVENT_NAMES}
    )
    assert matches["latitude"].sure == "low" and matches["mcc"].sure == "low"


def test_a_decimal_comma_is_seen() -> None:
    assert has_decimal_comma(table(lat=["52,1", "52,2"], n=["1", "2"]), ["lat", "n"])
    assert not has_decimal_comma(table(lat=["52.1", "5,2", "1.1"]), ["lat"])
