"""Read the counted table of a day: all that estimation of presence and training know of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from peil.adapters import database
from peil.charter.clock import hours_of
from peil.charter.schema import Charter
from peil.outcome import Refused
from peil.store.store import Store

HOUR, HALF = timedelta(hours=1), timedelta(minutes=30)
HEARD = "SELECT DISTINCT hour_at FROM staged.main.int_rows_counted__by_cell_hour ORDER BY hour_at"


@dataclass(frozen=True)
class PlanOfHours:
    """The cell plan that holds in some hours of a day.

    Attributes
    ----------
    cells : DataFrame
        One row per cell, ascending `cell_id`.
    hours : ndarray of int
        Positions of these hours in the day, ascending.
    devices : ndarray of shape (n_cells, n_hours)
        Distinct devices nearest hh:30; 0 where nothing was counted or the entry was withheld.
    """

    cells: pd.DataFrame
    hours: np.ndarray
    devices: np.ndarray


@dataclass(frozen=True)
class Counted:
    """The counted table of one day, by the cell plan that holds in its hours.

    Attributes
    ----------
    plans : list of PlanOfHours
        The plan of the day, one for every set of hours in which it differs; in the order of their
        first hour. Together their hours are those of the day that were observed.
    withheld : ndarray of shape (n_hours,)
        Devices in entries under the threshold.
    hours : list of datetime
        Start of each hour of the local day, UTC; 23 to 25 of them.
    network : ndarray of shape (2, n_hours)
        Devices that the whole network counted, and those of visitors from abroad among them; 0
        where they are fewer than the threshold. Unit: devices.
    unobserved : list of int
        Positions of the hours in which no accepted row of any cell lies, ascending: nobody knows
        who was there. An hour of which every entry was withheld was observed, and is not in here.
    """

    plans: list[PlanOfHours]
    withheld: np.ndarray
    hours: list[datetime]
    network: np.ndarray
    unobserved: list[int] = field(default_factory=list)

    @property
    def n_devices(self) -> float:
        """Devices counted, summed over hours: the unit is the device-hour."""
        return float(sum(plan.devices.sum() for plan in self.plans))

    def of_hours(self, positions: list[int]) -> PlanOfHours:
        """The plan under which most of these hours lie, and those of them that do.

        Figures of one footprint need hours of one plan; the first plan where several tie.
        """
        wanted = np.array(positions)
        best = max(self.plans, key=lambda plan: int(np.isin(wanted, plan.hours).sum()))
        is_wanted = np.isin(best.hours, wanted)
        return PlanOfHours(best.cells, best.hours[is_wanted], best.devices[:, is_wanted])

    def unobserved_as_missing(self, table: pd.DataFrame) -> pd.DataFrame:
        """A table by `hour_at` whose figures, columns `n_…`, are missing where nobody observed.

        >>> noon = datetime(2026, 3, 2, 12)
        >>> day = Counted([], np.zeros(2), [noon, noon + HOUR], np.zeros((2, 2)), unobserved=[1])
        >>> table = pd.DataFrame({"hour_at": day.hours, "n_devices": [40.0, 0.0]})
        >>> day.unobserved_as_missing(table)["n_devices"].tolist()
        [40.0, nan]
        """
        if not self.unobserved:
            return table
        is_missing = table["hour_at"].isin([self.hours[number] for number in self.unobserved])
        figures = [name for name in table.columns if name.startswith("n_")]
        return table.assign(**{name: table[name].mask(is_missing) for name in figures})


def counted_of(charter: Charter, day: date, store: Store) -> Counted:
    """Read the counted table and the cell plan of a day from the sealed staged file.

    Raises
    ------
    Refused
        No hour of the day was observed.
    """
    hours = hours_of(day, charter.time_zone)
    with database.connection(store, store.work(charter.pilot, day, "read")) as opened:
        database.attach_staged(opened, store, charter.pilot, day, verb="counted table")
        cells = opened.execute(
            "SELECT * FROM staged.main.stg_operator__cells "
            "ORDER BY cell_id, valid_from NULLS FIRST, valid_to NULLS LAST"
        ).df()
        counts = opened.execute(
            "SELECT cell_id, hour_at, n_devices "
            "FROM staged.main.int_devices_counted__by_cell_hour ORDER BY cell_id, hour_at"
        ).fetchall()
        withheld = opened.execute(
            "SELECT hour_at, n_devices FROM staged.main.int_devices_withheld__by_hour"
        ).fetchall()
        network = opened.execute(
            "SELECT hour_at, n_devices, coalesce(n_devices_inbound, 0) "
            "FROM staged.main.int_devices_counted__by_hour"
        ).fetchall()
        unobserved = _unobserved(opened, hours)
    zone = hours[0].tzinfo
    position = {hour: number for number, hour in enumerate(hours)}
    lost = np.zeros(len(hours))
    for hour, n_devices in withheld:
        lost[position[hour.astimezone(zone)]] = n_devices
    whole = np.zeros((2, len(hours)))
    for hour, *n_devices in network:
        whole[:, position[hour.astimezone(zone)]] = n_devices
    count_of = {(cell, position[hour.astimezone(zone)]): n for cell, hour, n in counts}
    if len(unobserved) == len(hours):
        raise Refused(
            f"{charter.pilot} {day}: no hour was observed, at no cell of the plan lies an accepted "
            "row: there is nothing to estimate; have the day delivered."
        )
    return Counted(_plans(cells, hours, count_of, unobserved), lost, hours, whole, unobserved)


def unobserved_hours(charter: Charter, day: date, store: Store) -> list[datetime]:
    """Start of each hour of a staged day in which no accepted row of any cell lies, UTC."""
    hours = hours_of(day, charter.time_zone)
    with database.connection(store, store.work(charter.pilot, day, "observed")) as opened:
        database.attach_staged(opened, store, charter.pilot, day, verb="counted table")
        return [hours[number] for number in _unobserved(opened, hours)]


def _unobserved(opened: Any, hours: list[datetime]) -> list[int]:
    """Positions of the hours without a row in the attached staged file, ascending."""
    heard = {hour.astimezone(hours[0].tzinfo) for (hour,) in opened.execute(HEARD).fetchall()}
    return [number for number, hour in enumerate(hours) if hour not in heard]


def _plans(
    versions: pd.DataFrame,
    hours: list[datetime],
    counts: dict[tuple[str, int], int],
    unobserved: Sequence[int] = (),
) -> list[PlanOfHours]:
    """Part the observed hours by the versions of cells that hold in them."""
    by_plan: dict[tuple[int, ...], list[int]] = {}
    for number, hour in enumerate(hours):
        if number in unobserved:
            continue
        by_plan.setdefault(tuple(versions_at(versions, hour)), []).append(number)
    plans = []
    for rows, numbers in by_plan.items():
        cells = versions.iloc[list(rows)].reset_index(drop=True)
        devices = np.zeros((len(cells), len(numbers)))
        for row, cell in enumerate(cells["cell_id"]):
            for column, number in enumerate(numbers):
                devices[row, column] = counts.get((cell, number), 0)
        plans.append(PlanOfHours(cells, np.array(numbers), devices))
    return plans


def versions_at(versions: pd.DataFrame, hour: datetime) -> list[int]:
    """Which version of each cell holds in an hour: at its half hour, else at any moment of it.

    Parameters
    ----------
    versions : DataFrame
        Sorted by `cell_id`, `valid_from`; an empty start or end is open, an end is not included.
    hour : datetime
        Start of the hour.

    Returns
    -------
    list of int
        Row numbers, one per cell that can serve in this hour, ascending. Of two versions that both
        hold, the later start.

    Examples
    --------
    >>> from datetime import UTC
    >>> day = pd.Timestamp("2026-03-02", tz="UTC")
    >>> plan = pd.DataFrame({"cell_id": ["a", "a", "b"], "valid_from": [pd.NaT, day, pd.NaT],
    ...                      "valid_to": [day, pd.NaT, day + HALF]})
    >>> plan = plan.astype({"valid_from": "datetime64[us, UTC]"})
    >>> versions_at(plan, datetime(2026, 3, 2, tzinfo=UTC))
    [1, 2]
    """
    starts, ends = (pd.to_datetime(versions[name], utc=True) for name in ("valid_from", "valid_to"))
    moment, half = pd.Timestamp(hour), pd.Timestamp(hour + HALF)
    overlaps = (starts.isna() | (starts < moment + HOUR)) & (ends.isna() | (ends > moment))
    at_half = (starts.isna() | (starts <= half)) & (ends.isna() | (ends > half))
    order = pd.DataFrame(
        {
            "cell": versions["cell_id"].to_numpy(),
            "at_half": at_half.to_numpy(),
            "row": np.arange(len(versions)),
        }
    )[overlaps.to_numpy()]
    best = order.sort_values(["cell", "at_half", "row"]).groupby("cell")["row"].last()
    return [int(row) for row in best.sort_values()]
