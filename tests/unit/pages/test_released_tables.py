"""Released flows and visitors on their way to the page: exact, sparse, silent where withheld."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from benchmarks.disturbed import bundles
from peil.charter import public_register, reading
from peil.charter.clock import hours_of, now
from peil.charter.schema import Charter
from peil.pages import released_tables
from peil.pages.portal_tables import ReleasedFlows, ReleasedVisitors
from peil.release import bundle
from peil.settings import PROJECT, Settings
from peil.store import ledger, verifying
from peil.store.store import Store

DAYS = ("2026-03-02", "2026-03-04")
Row = tuple[str, str, str, int | None]
HOUR = "{day}T{hour:02d}:00:00+01:00"


@pytest.fixture
def demo() -> Charter:
    return reading.load(PROJECT / "pilots" / "demo.yml")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(Settings(data=tmp_path / "data"))  # type: ignore[call-arg]


def entries(columns: tuple[str, str], rows: list[Row]) -> pd.DataFrame:
    """A released table as it is written: numbers null and the status C where withheld."""
    values = pd.Series([row[3] for row in rows], dtype="Int64")
    shown = values.notna().to_numpy()
    return pd.DataFrame(
        {
            columns[0]: [row[0] for row in rows],
            columns[1]: [row[1] for row in rows],
            "FREQ": "H",
            "TIME_PERIOD": [row[2] for row in rows],
            "N_ENTRIES": 1,
            "OBS_VALUE": values,
            "OBS_LOWER": values - 10,
            "OBS_UPPER": values + 10,
            "OBS_STATUS": np.where(shown, "A", "Q"),
            "CONF_STATUS": np.where(shown, "F", "C"),
            "UNIT_MEASURE": "PS_TRIP" if columns[1] == "REF_AREA_TO" else "PS",
        }
    )


def release(store: Store, charter: Charter, product: str, day: str, table: pd.DataFrame) -> Path:
    """Write a day's table where it lies once it was released, and its entry in the ledger."""
    public_register.enter(charter, store)
    when = date.fromisoformat(day)
    folder = bundles.cross(store, charter, product, when, table)
    names = verifying.manifest(folder).predicate
    metadata = names | {
        "interval": {"level": 0.8, "status": "provisional"},
        "product": product,
        "period": day,
        "threshold": 15,
        "linkage_days": 3,
        "window": {"start": DAYS[0], "end": DAYS[1]},
        "n_entries": int(table["N_ENTRIES"].sum()),
        "n_withheld": int(table.loc[table["OBS_VALUE"].isna(), "N_ENTRIES"].sum()),
    }
    (folder / "metadata.json").write_text(json.dumps(metadata))
    bundle.seal(store, folder, names)
    facts = {**names, "bundle_sha256": verifying.manifest(folder).sha256}
    ledger.append(store, charter.pilot, "release", now(charter), facts, once=False)
    return folder


def trips(day: str) -> pd.DataFrame:
    """Three pairs, out of order; two entries of A withheld, one that lasts."""
    columns = ("REF_AREA_FROM", "REF_AREA_TO")
    eight, nine = (HOUR.format(day=day, hour=hour) for hour in (8, 9))
    rows: list[Row] = [
        ("B", "A", nine, 70),
        ("A", "_X", eight, None),
        ("A", "B", eight, 120),
        ("A", "A_O", eight, 90),
    ]
    table = entries(columns, rows)
    table["FREQ"], table["N_ENTRIES"] = ["H", "_X", "H", "H4"], [1, 2, 1, 1]
    return table


def test_flows_of_several_days_are_read_exactly(store: Store, demo: Charter) -> None:
    for day in DAYS:
        release(store, demo, "flows", day, trips(day))
    table = released_tables.flows(demo, store)
    assert table is not None
    assert table.zone_ids == ["A", "A_O", "B"] and len(table.times) == 48
    assert table.interval.level == 80
    assert table.pairs == [(0, 1), (0, 2), (2, 0)] and table.unlisted == "-"
    assert (table.n_withheld, table.n_entries) == ({"A": 4}, 10)
    eight_nine = [(90, None), (120, None), (None, 70)]
    for p, pair in enumerate(eight_nine):
        for column, more in ((table.values, 0), (table.lower, -10), (table.upper, 10)):
            numbers = {t: v for t, v in enumerate(column[p]) if v is not None}
            wanted = {8: pair[0], 9: pair[1], 32: pair[0], 33: pair[1]}
            assert numbers == {t: v + more for t, v in wanted.items() if v is not None}
    # an entry lasts; where a pair has none, it is withheld
    letters = [row[7:13] + row[31:37] for row in table.conf_status]
    assert letters == ["CF===CCF===C", "CFCCCCCFCCCC", "CCFCCCCCFCCC"]
    assert {len(row) for row in table.conf_status} == {48}
    assert table.times[0] == "2026-03-02T00:00:00+01:00"
    assert table.times[-1] == "2026-03-04T23:00:00+01:00"


@pytest.mark.parametrize(
    ("change", "n_hours", "night"),
    [("2026-10-25", 25, "F======"), ("2026-03-29", 23, "F====")],
)
def test_an_entry_lasts_by_local_clocks_where_they_change(
    change: str, n_hours: int, night: str
) -> None:
    """Its day is whole, and of the day after nothing is taken for its last hour."""
    hours = hours_of(date.fromisoformat(change), "Europe/Amsterdam")
    times = [hour.astimezone(ZoneInfo("Europe/Amsterdam")).isoformat() for hour in hours]
    after = (pd.Timestamp(change) + pd.Timedelta(days=1)).date().isoformat()
    times += [HOUR.format(day=after, hour=hour) for hour in range(2)]
    letters, freq = np.full((2, len(times)), "-"), pd.Series(["D", "H6"])
    released_tables._letters(letters, np.arange(2), np.zeros(2, int), freq, times)
    rows = ["".join(row) for row in letters]
    assert rows[0] == "F" + "=" * (n_hours - 1) + "--"
    assert rows[1] == night + "-" * (n_hours - len(night) + 2)


def test_an_empty_release_shows_nothing(store: Store, demo: Charter) -> None:
    release(store, demo, "flows", DAYS[0], entries(("REF_AREA_FROM", "REF_AREA_TO"), []))
    assert released_tables.flows(demo, store) is None


def test_a_pilot_without_the_product_has_none(store: Store, demo: Charter) -> None:
    area: Any = SimpleNamespace(zones=pd.DataFrame({"zone_id": ["A"]}))
    assert released_tables.flows(demo, store) is None
    assert released_tables.visitors(demo, store, area) is None


def test_a_day_that_was_withdrawn_is_not_shown(store: Store, demo: Charter) -> None:
    for day in DAYS:
        release(store, demo, "flows", day, trips(day))
    facts = {"product": "flows", "period": DAYS[0]}
    ledger.append(store, demo.pilot, "withdrawn", now(demo), facts, once=False)
    table = released_tables.flows(demo, store)
    assert table is not None and {time[:10] for time in table.times} == {DAYS[1]}


def test_the_statement_of_a_product_counts_all_its_days(store: Store, demo: Charter) -> None:
    assert released_tables.protection(demo, store, "flows") == []
    for day in DAYS:
        release(store, demo, "flows", day, trips(day))
    (words,) = released_tables.protection(demo, store, "flows")
    assert words.en.startswith("## Flows: how people are protected\n- The figures follow devices")
    assert words.nl.startswith("## Verplaatsingen: hoe mensen beschermd zijn\n- De cijfers volgen")
    assert "4 of 10 entries" in words.en and "4 van 10" in words.nl


def test_an_hour_outside_the_day_is_refused(store: Store, demo: Charter) -> None:
    release(store, demo, "flows", DAYS[0], trips(DAYS[1]))
    with pytest.raises(ValueError, match="outside its days"):
        released_tables.flows(demo, store)


def test_origins_are_residents_homes_and_countries_of_a_sim(store: Store, demo: Charter) -> None:
    hour = HOUR.format(day=DAYS[0], hour=8)
    rows: list[Row] = [("A", code, hour, 50) for code in ("PL", "A", "SIM_PL", "SIM_901", "X")]
    release(store, demo, "visitors", DAYS[0], entries(("REF_AREA", "ORIGIN"), rows))
    area: Any = SimpleNamespace(zones=pd.DataFrame({"zone_id": ["A", "B", "PL"]}))
    table = released_tables.visitors(demo, store, area)
    assert table is not None and table.zone_ids == ["A"]
    assert [(origin.code, origin.kind, origin.name) for origin in table.origins] == [
        ("PL", "zone", "PL"),
        ("RES", "resident", ""),
        ("SIM_901", "country", "901"),
        ("SIM_PL", "country", "PL"),
        ("X", "rest", ""),
    ]


def test_presence_has_the_hours_of_the_other_products_too() -> None:
    first, second = (HOUR.format(day=DAYS[0], hour=hour) for hour in (8, 9))
    table = entries(("REF_AREA", "ORIGIN"), [("A", "", second, 30)])
    released = released_tables.presence(table, [first, second])
    assert released.times == [first, second]
    assert released.values == [[None, 30]] and released.conf_status == [[None, "F"]]


GOOD: dict[str, Any] = {
    "zone_ids": ["A", "B"],
    "times": [HOUR.format(day=DAYS[0], hour=hour) for hour in range(2)],
    "pairs": [(0, 1), (1, 0)],
    "values": [[40, None], [None, None]],
    "lower": [[30, None], [None, None]],
    "upper": [[50, None], [None, None]],
    "conf_status": ["FC", "-C"],
    "unit": "PS_TRIP",
}


@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.parametrize("column", ["values", "lower", "upper"])
def test_a_number_in_a_withheld_or_absent_entry_is_refused(column: str, place: int) -> None:
    assert len(ReleasedFlows.model_validate(GOOD).times) == 2
    bad = {**GOOD, column: [GOOD[column][0], [7 if t == place else None for t in range(2)]]}
    with pytest.raises(ValidationError, match="not free carries a number"):
        ReleasedFlows.model_validate(bad)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"values": [[None, None], [None, None]]}, "free entry carries no number"),
        ({"pairs": [(0, 1), (0, 1)]}, "stands twice"),
        ({"pairs": [(0, 1), (1, 2)]}, "outside the lists"),
        ({"pairs": [(0, 1), (-1, 0)]}, "outside the lists"),
        ({"lower": [[30, None]]}, "lower must be pairs by hours"),
        ({"upper": [[50, None], [None]]}, "upper must be pairs by hours"),
        ({"conf_status": ["FC", "C"]}, "conf_status must be pairs by hours"),
        ({"conf_status": ["FX", "-C"]}, "F, C or -"),
        ({"conf_status": ["FC", "-="]}, "= only after F"),
        ({"times": GOOD["times"][::-1]}, "times must ascend"),
    ],
)
def test_a_table_that_does_not_fit_together_is_refused(
    change: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ValidationError, match=sentence):
        ReleasedFlows.model_validate({**GOOD, **change})


def test_a_pair_of_visitors_is_a_zone_and_an_origin() -> None:
    origins = [{"code": "RES", "kind": "resident"}, {"code": "SIM_DE", "kind": "country"}]
    own = {"zone_ids": ["A"], "pairs": [(0, 0), (0, 1)], "origins": origins, "unit": "PS"}
    content = {**GOOD, **own}
    assert ReleasedVisitors.model_validate(content).origins[1].code == "SIM_DE"
    with pytest.raises(ValidationError, match="outside the lists"):
        ReleasedVisitors.model_validate({**content, "pairs": [(0, 0), (1, 1)]})


@settings(deadline=None)
@given(
    st.dictionaries(
        st.tuples(st.sampled_from("ABC"), st.sampled_from("ABC"), st.integers(0, 23)),
        st.one_of(st.none(), st.integers(15, 9_999)),
        max_size=40,
    ),
    st.randoms(use_true_random=False),
)
def test_whatever_is_released_comes_back_and_nothing_more(
    released: dict[tuple[str, str, int], int | None], shuffler: Any
) -> None:
    rows = [(a, b, HOUR.format(day=DAYS[0], hour=hour), v) for (a, b, hour), v in released.items()]
    shuffler.shuffle(rows)
    table, _ = released_tables._counted(entries(("REF_AREA_FROM", "REF_AREA_TO"), rows))
    whole = {
        "times": [HOUR.format(day=DAYS[0], hour=hour) for hour in range(24)],
        "unit": "PS_TRIP",
    }
    zones = sorted({zone for a, b, _ in released for zone in (a, b)})
    keys = (table["REF_AREA_FROM"], table["REF_AREA_TO"])
    flows = ReleasedFlows(
        zone_ids=zones, **released_tables._by_pair(table, whole, keys, (zones, zones))
    )
    content = flows.page_content()
    back: dict[tuple[str, str, int], int | None] = {}
    for (a, b), letters, values in zip(
        content["pairs"], content["conf_status"], content["values"], strict=True
    ):
        numbers = iter(values)
        for hour, letter in enumerate(letters):
            if letter == "F":
                back[zones[a], zones[b], hour] = next(numbers)
        assert next(numbers, None) is None
    assert back == {entry: value for entry, value in released.items() if value is not None}
    n_free = len(back)
    for column in ("values", "lower", "upper"):
        assert sum(map(len, content[column])) == n_free
