"""Read a day's figures beside their history, and put judged figures into the judged table.

Belongs in here: what `expected` and `warnings` share, the reading, grouping and writing of figures.
No threshold and no verdict is decided in here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from peil.adapters import database
from peil.charter.hour import day_of
from peil.charter.schema import Charter
from peil.quality import store as quality
from peil.quality.catalogue import Check
from peil.quality.ranges import WEEK, Array, Range
from peil.store.store import Store

# a delivered file is the same file on another day when only the date in its name differs
SAME_PLACE = (
    "CASE WHEN scope = 'delivery' "
    "THEN regexp_replace(place, '[0-9]{4}-?[0-9]{2}-?[0-9]{2}', '*', 'g') ELSE place END"
)
VERDICTS = ("fine", "note", "stop", "unknown")


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

    calendar = holidays.country_holidays(
        charter.area.country, years=sorted({day.year for day in days})
    )
    return {day for day in days if day_of(day) in calendar}


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
        (back - 1, before, quality.file_of(store, charter.pilot, before, "figures"))
        for back, before in enumerate(days)
        if back == 0 or (before in off) == (day in off)
    ]
    there = [files[0], *(each for each in files[1:] if each[2].is_file())]
    spill = store.work(charter.pilot, day, "quality") / "history"
    with database.connection(store, spill, [quality.folder(store, charter.pilot)]) as opened:
        opened.execute("CREATE TEMP TABLE files (back INTEGER, day DATE, filename VARCHAR)")
        rows = [[back, day_of(before), str(file)] for back, before, file in there]
        opened.executemany("INSERT INTO files VALUES (?, ?, ?)", rows)
        today_of = _figures(charter, [there[0][2]], scopes)
        opened.execute(f"CREATE TEMP TABLE keys AS {today_of}")
        opened.execute(
            "CREATE TEMP TABLE numbered AS SELECT *, row_number() OVER "
            '(ORDER BY scope, "check", place, hour_at) - 1 AS figure_no FROM keys'
        )
        opened.execute("CREATE TEMP TABLE past (back INTEGER, figure_no BIGINT, value DOUBLE)")
        if there[1:]:
            before_of = _figures(charter, [file for _, _, file in there[1:]], scopes)
            opened.execute(
                "INSERT INTO past SELECT other.back, figure_no, avg(other.value) "
                f"FROM numbered JOIN ({before_of}) AS other "
                'USING (scope, "check", same_place, local_hour) GROUP BY other.back, figure_no'
            )
        keys = opened.execute(
            'SELECT "check", scope, place, hour_at, value FROM numbered ORDER BY figure_no'
        ).to_arrow_table()
        past = opened.execute("SELECT back, figure_no, value FROM past").fetchnumpy()
    history = np.full((len(keys), n_back), np.nan)
    history[past["figure_no"], past["back"]] = np.ma.filled(past["value"], np.nan)
    today = keys["value"].to_numpy(zero_copy_only=False).astype(float)
    return Figures(keys.drop_columns(["value"]), today, history)


def _figures(charter: Charter, files: list[Path], scopes: tuple[str, ...]) -> str:
    """SQL of the figures of days, with what makes them the same figure on another day."""
    places = ", ".join("'" + str(file).replace("'", "''") + "'" for file in files)
    zone = charter.time_zone.replace("'", "''")
    wanted = ", ".join(f"'{scope}'" for scope in scopes if scope in quality.SCOPES)
    midnight = f"epoch(timezone('{zone}', CAST(files.day AS TIMESTAMP)))"
    return (
        f'SELECT files.back, "check", scope, place, hour_at, {SAME_PLACE} AS same_place, '
        f"coalesce(strftime(timezone('{zone}', hour_at), '%H'), '') AS local_hour, "
        f"CASE WHEN \"check\" LIKE '%_timestamp' THEN value - {midnight} ELSE value END AS value "
        f"FROM read_parquet([{places}], filename = true) JOIN files USING (filename) "
        f"WHERE scope IN ({wanted}) AND \"check\" <> 'plan_mark'"
    )


def groups(keys: pa.Table) -> Iterator[tuple[str, str, NDArray[np.intp]]]:
    """Scope, check and the numbers of their figures, for each of them in order."""
    coded = [keys[name].combine_chunks().dictionary_encode() for name in ("scope", "check")]
    (scopes, of_scope), (names, of_name) = (
        (code.dictionary.to_pylist(), code.indices.to_numpy()) for code in coded
    )
    for scope in sorted(scopes):
        for name in sorted(names):
            is_here = (of_scope == scopes.index(scope)) & (of_name == names.index(name))
            if is_here.any():
                yield scope, name, np.flatnonzero(is_here)


def rows_of(
    keys: pa.Table,
    check: Check,
    severity: str,
    today: Array,
    ranged: Range,
    slope: Array,
    verdict: NDArray[np.intp],
) -> pa.Table:
    """Put the columns of `peil.quality.store.SCHEMAS["judged"]` together."""
    numbers = {
        "value": today,
        "expected": ranged.expected,
        "lower": ranged.lower,
        "upper": ranged.upper,
        "trend": slope,
    }
    words = pa.DictionaryArray.from_arrays(pa.array(verdict.astype(np.int8)), list(VERDICTS))
    columns: dict[str, Any] = {name: keys[name] for name in keys.column_names}
    columns |= {name: pa.array(values, from_pandas=True) for name, values in numbers.items()}
    columns |= {
        "check": pa.repeat(check.name, len(today)),
        "severity": pa.repeat(severity, len(today)),
        "owner": pa.repeat(check.owner, len(today)),
        "verdict": words.cast(pa.string()),
    }
    schema = quality.SCHEMAS["judged"]
    return pa.table({name: columns[name] for name in schema.names}).cast(schema)


def rows_behind_of(figures: Figures) -> Array:
    """Landed rows of the same scope, place and hour: what a share is a share of."""
    places = (figures.keys[name].to_pylist() for name in ("scope", "place", "hour_at"))
    wheres = list(zip(*places, strict=True))
    is_rows = np.array(figures.keys["check"].to_pylist(), dtype=object) == "count_added_rows"
    rows = {wheres[at]: figures.today[at] for at in np.flatnonzero(is_rows)}
    return np.array([rows.get(where, np.nan) for where in wheres])
