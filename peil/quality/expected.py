"""Judge a day's figures against the same weekdays before: expected range, trend, verdict."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from scipy.stats import norm

from peil import database
from peil.charter import Charter
from peil.quality import store as quality
from peil.quality.catalogue import CHECKS
from peil.quality.choices import Choices
from peil.quality.ranges import WEEK, Array, Range, expected_range, trend
from peil.store import Store

# a delivered file is the same file on another day when only the date in its name differs
SAME_PLACE = (
    "CASE WHEN scope = 'delivery' "
    "THEN regexp_replace(place, '[0-9]{4}-?[0-9]{2}-?[0-9]{2}', '*', 'g') ELSE place END"
)
WEEKLY = "cell_hour"  # so many that only the same weekdays are read


@dataclass(frozen=True)
class Figures:
    """A day's figures and their history.

    Attributes
    ----------
    keys : list of tuple
        check, scope, place and hour_at of each figure, in order.
    today : ndarray of shape (n_figures,)
    history : ndarray of shape (n_figures, n_days_back)
        As `peil.quality.ranges` has it; weekly columns for `cell_hour`.
    """

    keys: pa.Table
    today: Array
    history: Array


def holidays_of(charter: Charter, days: list[date]) -> set[date]:
    """Which of these days are public holidays of the charter's country; none without a country.

    A local import: the library takes its time, and `peil stage` may not need it.
    """
    if charter.area.country is None:
        return set()
    import holidays

    known = holidays.country_holidays(
        charter.area.country, years=sorted({day.year for day in days})
    )
    return {day for day in days if day in known}


def read(
    charter: Charter,
    day: date,
    store: Store,
    n_weeks: int,
    scopes: tuple[str, ...],
    weekly: bool = False,
) -> Figures:
    """Read a day's figures of some scopes, and the same figures of the days before.

    A holiday is compared with holidays, any other day with days that are none. Moments become
    seconds since the local midnight.
    """
    step = WEEK if weekly else 1
    n_back = n_weeks * WEEK // step
    days = [day - timedelta(days=step * back) for back in range(n_back + 1)]
    off = holidays_of(charter, days)
    files = [
        (back - 1, quality.file_of(store, charter.pilot, before, "figures"), before)
        for back, before in enumerate(days)
        if back == 0 or (before in off) == (day in off)
    ]
    spill = store.work(charter.pilot, day, "quality") / "history"
    with database.connection(store, spill) as opened:
        opened.execute(f"CREATE TEMP TABLE keys AS {_figures(charter, *files[0][1:], scopes)}")
        opened.execute(
            "CREATE TEMP TABLE numbered AS SELECT *, row_number() OVER "
            "(ORDER BY scope, \"check\", place, hour_at) - 1 AS figure_no FROM keys"
        )  # fmt: skip
        opened.execute("CREATE TEMP TABLE past (back INTEGER, figure_no BIGINT, value DOUBLE)")
        for back, file, before in files[1:]:
            if file.is_file():
                opened.execute(
                    "INSERT INTO past SELECT ?, figure_no, avg(other.value) "
                    f"FROM numbered JOIN ({_figures(charter, file, before, scopes)}) AS other "
                    'USING (scope, "check", same_place, local_hour) GROUP BY figure_no',
                    [back],
                )
        keys = opened.execute(
            'SELECT "check", scope, place, hour_at, value FROM numbered ORDER BY figure_no'
        ).to_arrow_table()
        past = opened.execute("SELECT back, figure_no, value FROM past").fetchnumpy()
    history = np.full((len(keys), n_back), np.nan)
    history[past["figure_no"], past["back"]] = np.ma.filled(past["value"], np.nan)
    today = keys["value"].to_numpy(zero_copy_only=False).astype(float)
    return Figures(keys.drop_columns(["value"]), today, history)


def _figures(charter: Charter, file: Path, day: date, scopes: tuple[str, ...]) -> str:
    """SQL of one day's figures, with what makes them the same figure on another day."""
    place = str(file).replace("'", "''")
    zone = charter.time_zone.replace("'", "''")
    wanted = ", ".join(f"'{scope}'" for scope in scopes if scope in quality.SCOPES)
    midnight = f"epoch(timezone('{zone}', TIMESTAMP '{day} 00:00:00'))"
    return (
        f'SELECT "check", scope, place, hour_at, {SAME_PLACE} AS same_place, '
        f"coalesce(strftime(timezone('{zone}', hour_at), '%H'), '') AS local_hour, "
        f"CASE WHEN \"check\" LIKE '%_timestamp' THEN value - {midnight} ELSE value END AS value "
        f"FROM read_parquet('{place}') "
        f"WHERE scope IN ({wanted}) AND \"check\" <> 'plan_mark'"
    )


def judge(charter: Charter, day: date, store: Store, choices: Choices) -> pa.Table:
    """Say of every figure of a day what was expected and whether it is fine.

    Returns
    -------
    pyarrow.Table
        Columns of `peil.quality.store.SCHEMAS["judged"]`. The verdict is ``unknown`` where the
        history is too short or the figure itself is not told; ``stop`` where a figure of the
        whole day, of a check that may stop it, is far out of range; else ``note`` or ``fine``.
        Moments are in seconds since the local midnight.
    """
    from peil.quality import warnings  # judges what is read here

    n_weeks = int(choices.history_weeks)
    others = tuple(scope for scope in quality.SCOPES if scope != WEEKLY)
    parts = []
    for scopes, weekly in ((others, False), ((WEEKLY,), True)):
        found = read(charter, day, store, n_weeks, scopes, weekly)
        parts += list(_judged(found, choices, weekly))
        if not weekly:
            parts += list(warnings.judge(found, _rows_behind(found), choices))
    schema = quality.SCHEMAS["judged"]
    return pa.concat_tables([schema.empty_table(), *parts])


def _judged(found: Figures, choices: Choices, weekly: bool) -> Iterator[pa.Table]:
    """Judge figure by figure of one check and scope, all places and hours at once."""
    names = np.array(found.keys["check"].to_pylist(), dtype=object)
    scopes = np.array(found.keys["scope"].to_pylist(), dtype=object)
    rows_behind = _rows_behind(found)
    for scope in sorted(set(scopes)):
        for name in sorted(set(names[scopes == scope])):
            at = np.flatnonzero((names == name) & (scopes == scope))
            check = CHECKS[name]
            reach = float(norm.isf(choices.false_note_share / 2 / len(at)))
            today, history = found.today[at], found.history[at]
            ranged = expected_range(history, check.kind, choices, reach, rows_behind[at], weekly)
            slope = (
                np.full(len(at), np.nan)
                if weekly
                else trend(today, history, check.kind, int(choices.trend_days))
            )
            keys = found.keys.take(pa.array(at))
            yield _rows(keys, name, scope == "day", today, ranged, slope, choices)


def _rows(
    keys: pa.Table,
    name: str,
    may_stop: bool,
    today: Array,
    ranged: Range,
    slope: Array,
    choices: Choices,
) -> pa.Table:
    check = CHECKS[name]
    severity = check.severity if may_stop else "note"
    too_low = (today < ranged.lower) & (check.side in ("both", "below"))
    too_high = (today > ranged.upper) & (check.side in ("both", "above"))
    far = np.zeros(len(today), dtype=bool)
    if severity == "stop":
        if check.kind == "share":
            far = today > ranged.expected + choices.stop_share_excess
        else:
            far = (today < choices.stop_ratio_min * ranged.expected) | (
                today > choices.stop_ratio_max * ranged.expected
            )
    is_known = ~np.isnan(today) & ~np.isnan(ranged.expected)
    verdict = np.where(too_low | too_high, np.where(far, "stop", "note"), "fine")
    verdict = np.where(is_known, verdict, "unknown")
    columns = {"value": today, "expected": ranged.expected, "lower": ranged.lower,
               "upper": ranged.upper, "trend": slope}  # fmt: skip
    made: dict[str, Any] = {name: keys[name] for name in keys.column_names}
    made |= {name: pa.array(values, from_pandas=True) for name, values in columns.items()}
    made |= {
        "severity": pa.array([severity] * len(today)),
        "owner": pa.array([check.owner] * len(today)),
        "verdict": pa.array(verdict.tolist()),
    }
    schema = quality.SCHEMAS["judged"]
    return pa.table({name: made[name] for name in schema.names}).cast(schema)


def _rows_behind(found: Figures) -> Array:
    """Landed rows of the same scope, place and hour: what a share is a share of."""
    if not any(name.endswith("_share") for name in found.keys["check"].unique().to_pylist()):
        return np.full(len(found.today), np.nan)
    wheres = list(zip(*(found.keys[name].to_pylist() for name in ("scope", "place", "hour_at")),
                      strict=True))  # fmt: skip
    is_rows = np.array(found.keys["check"].to_pylist(), dtype=object) == "count_added_rows"
    rows = {wheres[at]: found.today[at] for at in np.flatnonzero(is_rows)}
    return np.array([rows.get(where, np.nan) for where in wheres])
