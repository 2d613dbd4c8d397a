"""Lay out what the quality page shows, from figures of the quality store; no row is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from peil.alerts.trouble import Trouble
from peil.charter.schema import Charter
from peil.pages.quality_judgements import checks_of_day, hours_of_day, local_hour, week_before
from peil.pages.quality_page import (
    FEWEST,
    MISSING,
    Cell,
    CellStatus,
    Day,
    ProblemRow,
    QualityData,
    Region,
)
from peil.stage.accounting import FileAccount

ROWS = "n_rows_staged"
RANGES = (ROWS, "warning_clean_rows")  # of the same weekday; until there is one, of the last days
SHOWN_DAYS = 28


def content(
    charter: Charter,
    figures: pd.DataFrame,
    judged: pd.DataFrame,
    places: pd.DataFrame,
    regions: Mapping[str, str],
    outlines: list[list[list[tuple[float, float]]]],
    accounts: Sequence[FileAccount] = (),
    troubles: Sequence[Trouble] = (),
    days: Sequence[str] | None = None,
) -> QualityData | None:
    """Lay the figures of the last weeks out as the page shows them.

    Parameters
    ----------
    figures : DataFrame
        Columns day (as 2026-03-02), check, scope, place, hour_at (UTC), value.
    judged : DataFrame
        The same and expected, lower, upper, trend, severity, owner, verdict.
    places : DataFrame
        One row per known cell: cell_id, region_id, x_m, y_m (both null: not located).
    regions : mapping of str to str
        Public name by region_id.
    outlines : list
        Rings of the zones' outlines, in m on the same plane.
    accounts : sequence of FileAccount
        Rows of each delivered file of any day.
    troubles : sequence of Trouble
        What is wrong now.
    days : sequence of str, optional
        Days to show, in order; default the last ones that have figures.

    Returns
    -------
    QualityData or None
        None when there is no figure.
    """
    days = list(days or sorted(set(figures["day"]))[-SHOWN_DAYS:])
    if not days:
        return None
    figures_by_day, judged_by_day = _by_day(figures), _by_day(judged)
    zone, none = charter.time_zone, judged[:0]
    cells = _cells([figures_by_day[day] for day in days], places)
    contents = [
        Day(
            day=day,
            hours=[local_hour(hour, zone) for hour in hours_of_day(day, zone)],
            rows_per_hour=_heat(figures_by_day[day], cells, day, zone),
            statuses=_statuses(judged_by_day.get(day, none), figures_by_day[day], cells),
            files=[account for account in accounts if account.day == day],
            **checks_of_day(
                judged_by_day.get(day, none),
                figures_by_day[day],
                figures_by_day.get(week_before(day)),
                day,
                zone,
            ),
        )
        for day in days
    ]
    used = {cell.region_id for cell in cells}
    return QualityData(
        pilot=charter.pilot,
        title=charter.title,
        time_zone=charter.time_zone,
        is_synthetic=charter.is_synthetic,
        cells=cells,
        regions=[
            Region(region_id=region_id, name=regions.get(region_id, region_id))
            for region_id in sorted(used)
            if region_id
        ],
        outlines=outlines,
        days=contents,
        problems=[_problem(trouble) for trouble in troubles],
    )


def _by_day(frame: pd.DataFrame) -> dict[str, pd.DataFrame]:
    return {str(day): own for day, own in frame.groupby("day")}


def _cells(figures: list[pd.DataFrame], places: pd.DataFrame) -> list[Cell]:
    """Every cell with a figure or a place, by region and name; those of no region come last."""
    cell_ids: set[str] = set()
    for own in figures:
        cell_ids |= set(own.loc[own["scope"].isin(["cell", "cell_hour"]), "place"].unique())
    placed: dict[Any, dict[Any, Any]] = places.set_index("cell_id").to_dict("index")
    cells = []
    for cell_id in cell_ids | set(placed):
        at = placed.get(cell_id, {})
        is_placed = bool(pd.notna(at.get("x_m")) and pd.notna(at.get("y_m")))
        cells.append(
            Cell(
                cell_id=cell_id,
                region_id=str(at.get("region_id") or ""),
                x_m=round(float(at["x_m"]), 1) if is_placed else None,
                y_m=round(float(at["y_m"]), 1) if is_placed else None,
            )
        )
    return sorted(cells, key=lambda cell: (not cell.region_id, cell.region_id, cell.cell_id))


def _heat(
    figures: pd.DataFrame, cells: list[Cell], day: str, time_zone: str
) -> list[list[int | None]]:
    """Rows per cell and hour. A cell of which the day knows nothing is missing all day."""
    hours = hours_of_day(day, time_zone)
    own = figures[(figures["scope"] == "cell_hour") & (figures["check"] == ROWS)]
    if own.empty:
        return []
    row = pd.Series({cell.cell_id: number for number, cell in enumerate(cells)})
    column = pd.Series({pd.Timestamp(hour): number for number, hour in enumerate(hours)})
    at = own["place"].map(row), pd.to_datetime(own["hour_at"], utc=True).map(column)
    is_shown = (at[0].notna() & at[1].notna()).to_numpy()
    r, c = (part.to_numpy()[is_shown].astype(int) for part in at)
    value = own["value"].to_numpy(dtype=float)[is_shown]
    heat = np.full((len(cells), len(hours)), MISSING, dtype=object)
    is_few = np.isnan(value) | ((value > 0) & (value < FEWEST))
    heat[r, c] = [None if few else int(n) for few, n in zip(is_few, value, strict=True)]
    rows: list[list[int | None]] = heat.tolist()
    return rows


def _statuses(judged: pd.DataFrame, figures: pd.DataFrame, cells: list[Cell]) -> list[CellStatus]:
    """What each cell's day is worth against its own range; silent is 0 where some is expected."""
    statuses: dict[str, CellStatus] = {}
    counted = figures[(figures["scope"] == "cell") & (figures["check"] == ROWS)]
    for place, value in zip(counted["place"], counted["value"], strict=True):
        statuses[str(place)] = status_of(value, None, None)
    ranged = judged[(judged["scope"] == "cell") & judged["lower"].notna()]
    for check in reversed(RANGES):  # the better one overwrites the other
        own = ranged[ranged["check"] == check]
        columns = (own[name] for name in ("place", "value", "lower", "upper"))
        for place, value, lower, upper in zip(*columns, strict=True):
            statuses[str(place)] = status_of(value, lower, upper)
    return [statuses.get(cell.cell_id, "unknown") for cell in cells]


def status_of(value: Any, lower: Any, upper: Any) -> CellStatus:
    """Say in a word how a cell's rows of a day stand to their expected range.

    >>> status_of(0, 200, 400), status_of(0, None, None), status_of(900, 200, 400)
    ('silent', 'unknown', 'high')
    """
    has_range = pd.notna(lower) and pd.notna(upper)
    if pd.isna(value) or 0 < value < FEWEST:
        return "low" if has_range and lower >= FEWEST else "few"
    if not has_range:
        return "unknown"
    if value < lower:
        return "silent" if value == 0 else "low"
    return "high" if value > upper else "expected"


def _problem(trouble: Trouble) -> ProblemRow:
    return ProblemRow(**{name: getattr(trouble, name) for name in ProblemRow.model_fields})
