"""Scores of released tables: small tables whose figures are computed by hand."""

from __future__ import annotations

import doctest
import io
from typing import Any

import pandas as pd
import pytest
from rich.console import Console

from peil.score import released, released_figures

CHOICES = {"level": 0.9, "fixed_share": 0.1}
HOURS = pd.to_datetime(["2026-03-02T08:00:00Z", "2026-03-02T09:00:00Z"], utc=True)
ZONES = pd.DataFrame(
    [("NL", None, "country"), ("A", "NL", "town"), ("B", "NL", "town")],
    columns=["zone_id", "parent_id", "level"],
)
TRUE = pd.DataFrame(
    [(zone, hour, n) for hour in HOURS for zone, n in (("A", 100.0), ("B", 300.0))],
    columns=["zone_id", "hour_at", "n_true"],
)
Entry = tuple[str, int, int | None, int | None, int | None]


def table(entries: list[Entry]) -> pd.DataFrame:
    """Released presence: area, position of its hour, value, interval."""
    rows = pd.DataFrame(
        entries, columns=["REF_AREA", "hour", "OBS_VALUE", "OBS_LOWER", "OBS_UPPER"]
    )
    rows["TIME_PERIOD"] = [HOURS[n] for n in rows.pop("hour")]
    figures = ["OBS_VALUE", "OBS_LOWER", "OBS_UPPER"]
    return rows.astype(dict.fromkeys(figures, "Int64"))


PRESENCE = table(
    [
        ("A", 0, 110, 90, 130),
        ("A", 1, None, None, None),
        ("B", 0, 300, 290, 310),
        ("B", 1, 360, 350, 370),
        ("NL", 0, 410, 405, 415),
        ("NL", 1, 440, 390, 490),
    ]
)


def test_presence_is_scored_by_level_the_lowest_first() -> None:
    town, country = released_figures.presence(PRESENCE, TRUE, ZONES, CHOICES)

    assert (town["part"], country["part"]) == ("town", "country")
    # errors of 10, 0 and 60 persons of 100, 300 and 300
    assert town["mape"] == pytest.approx((0.1 + 0.0 + 0.2) / 3, abs=1e-6)
    assert town["wape"] == town["bias"] == pytest.approx(70 / 700)
    # widths 40, 20, 20; the third misses by 50, at a fine of 20 a person
    assert town["interval_score"] == pytest.approx((40 + 20 + 20 + 20 * 50) / 3)
    assert town["coverage"] == pytest.approx(2 / 3, abs=1e-6)
    # 99..121, 270..330, 324..396: the third misses by 24
    assert town["fixed_share_score"] == pytest.approx((22 + 60 + 72 + 20 * 24) / 3)
    assert (town["n_entries"], town["n_published"]) == (4, 3)
    assert town["published_share"] == pytest.approx(700 / 800)
    # 410 and 440 where 400 are
    assert country["coverage"] == 0.5
    assert country["bias"] == pytest.approx(50 / 800)


def test_an_hours_sum_is_set_against_those_truly_there() -> None:
    of_hour = released_figures.persons_of_hour(PRESENCE, TRUE, ZONES)
    assert of_hour == {"least": 1.025, "mean": 1.0625, "most": 1.1}


def test_flows_are_scored_by_entry_and_those_within_a_zone_are_not_released() -> None:
    entries = [
        ("A", "B", "D", 30, 20, 40),
        ("B", "A_O", "H4", 15, 15, 19),
        ("B", "_X", "_X", None, None, None),
    ]
    figures = ["OBS_VALUE", "OBS_LOWER", "OBS_UPPER"]
    key = ["REF_AREA_FROM", "REF_AREA_TO", "FREQ"]
    rows = pd.DataFrame(entries, columns=[*key, *figures]).astype(dict.fromkeys(figures, "Int64"))
    rows["TIME_PERIOD"] = HOURS[0]
    true = pd.DataFrame(
        [
            ("A", "B", "D", HOURS[0], 15.0),
            ("A", "B", "D", HOURS[0], 10.0),
            ("A", "B", "D", HOURS[1], 25.0),
            (None, None, None, HOURS[0], 100.0),
        ],
        columns=[*key, "TIME_PERIOD", "n_true"],
    )

    between, within = released_figures.flows(rows, true, CHOICES)

    assert (between["part"], within["part"]) == ("between zones", "within a zone")
    # 25 trips are 30; where there is none 15 are; 25 are withheld
    assert (between["bias"], between["coverage"], between["published_share"]) == (0.8, 0.5, 0.5)
    assert (between["n_entries"], between["n_published"]) == (3, 2)
    assert (within["published_share"], within["n_published"]) == (0.0, 0)


def test_visitors_tell_the_published_mass_and_the_sum_over_origins() -> None:
    rows = table([("A", 0, 60, 50, 70), ("A", 0, None, None, None), ("B", 0, 140, 130, 150)])
    summed = pd.DataFrame(
        [("A", HOURS[0], 104.0), ("B", HOURS[0], 300.0)],
        columns=["zone_id", "hour_at", "n_estimated"],
    )

    origins, sums = released_figures.visitors(rows, summed, TRUE, CHOICES)

    # 200 persons published of 400 there in the hour that is in the table
    assert origins["published_share"] == 0.5
    assert (origins["n_entries"], origins["n_published"]) == (3, 2)
    assert (sums["mape"], sums["wape"], sums["bias"]) == (0.02, 0.01, 0.01)
    assert "coverage" not in sums


def test_where_nothing_is_published_no_error_is_made_up() -> None:
    rows = table([("A", 0, None, None, None)])
    (town,) = released_figures.presence(rows, TRUE, ZONES, CHOICES)
    assert town == {
        "product": "presence",
        "part": "town",
        "n_entries": 1,
        "n_published": 0,
        "published_share": 0.0,
    }


def test_figures_without_an_interval_have_no_coverage() -> None:
    rows = table([("A", 0, 110, None, None)])
    (town,) = released_figures.presence(rows, TRUE, ZONES, CHOICES)
    assert town["mape"] == 0.1
    assert "coverage" not in town and "interval_score" not in town


def test_the_table_fits_eighty_columns_and_says_what_was_measured() -> None:
    rows: list[dict[str, Any]] = released_figures.presence(PRESENCE, TRUE, ZONES, CHOICES)
    rows += [{"product": "flows", "part": "within a zone", "bias": -1.234, "interval_score": 98765}]
    record = {"level": 0.9, "fixed_share": 0.1, "rows": rows}
    record["persons_of_hour"] = released_figures.persons_of_hour(PRESENCE, TRUE, ZONES)
    output = io.StringIO()
    Console(file=output, width=80).print(released.as_table("a_pilot_of_a_name", record))
    lines = output.getvalue().splitlines()

    assert max(map(len, lines)) <= 80
    text = " ".join(" ".join(lines).split())
    assert "…" not in text
    for words in (
        "presence: town",
        "66.7%",
        "-123.4%",
        "presence town 67 %, presence country 50 %",
    ):
        assert words in text, words
    assert "90 % promised" in text and "1.025 to 1.100, mean 1.062" in text


@pytest.mark.parametrize("module", [released, released_figures])
def test_examples_run_and_are_right(module: Any) -> None:
    failed, tried = doctest.testmod(module)
    assert tried > 0
    assert failed == 0
