"""Tables of the products that follow devices, made of a window's sums: weights and intervals.

Takes what `peil.estimate.linked.estimate` gives and gives frames to write; it knows no folder
and no clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from peil.area.area import Area
from peil.charter.windows import Window
from peil.estimate.linked.origin_plan import KINDS, OriginPlan
from peil.estimate.linked.plan import FlowPlan
from peil.estimate.linked.sums import PARTS, Origins
from peil_models.uncertainty import weighted_interval
from peil_models.weighting import NightRatio

ESTIMATOR = "stays"
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Weighing:
    """What one device of each origin stands for.

    Attributes
    ----------
    area : Area
    choices : dict
        Sections `linked` and `uncertainty` of methods.toml, by name.
    homes : DataFrame
        Devices by origin over the whole window.
    """

    area: Area
    choices: dict[str, dict[str, Any]]
    homes: pd.DataFrame

    @property
    def origins(self) -> Origins:
        return Origins(self.area.bottom())

    def homed(self) -> Floats:
        """Devices with their home in each zone."""
        zones = len(self.origins.zones)
        devices = np.zeros(self.origins.size)
        devices[self.homes["origin"]] = self.homes["n_devices"]
        return devices[:zones]

    def register(self) -> Floats | None:
        """Persons in each zone; None where the pilot has no register."""
        if self.area.register is None:
            return None
        return np.asarray(self.area.register.loc[self.origins.zones].to_numpy(), dtype=np.float64)

    def per_device(self, devices: Floats) -> Floats | None:
        """Persons that a device of each origin stands for, when these devices stand for all.

        A device of unknown home stands for nobody: its holder is in the register of a zone whose
        other devices stand for everyone. A device from abroad stands for as many persons as the
        operator's share says: registered persons over devices with a home, less those
        who carry no phone, of whom there are none from abroad.

        Parameters
        ----------
        devices : ndarray of shape (n_zones,)
            Devices by zone of home.
        """
        register = self.register()
        if register is None or not self.homed().sum() > 0:
            return None
        carry = 1.0 - float(self.choices["linked"]["without_phone_share"])
        of_share = carry * register.sum() / float(self.homed().sum())
        weights = np.full(self.origins.size, max(of_share, 1.0))
        if devices.sum() > 0:  # else visitors from abroad alone are there
            weights[: len(devices)] = NightRatio().fit(devices[:, None], register).ratio_
        weights[self.origins.unknown] = 0.0
        return weights

    def interval(self, value: Floats, squared: Floats) -> tuple[Floats, Floats]:
        """Interval of figures that are sums of weights, given the sums of their squares."""
        return weighted_interval(value, squared, **self.choices["linked_interval"])


@dataclass(frozen=True)
class TablePeriod:
    """The period of a window that a table is about.

    Attributes
    ----------
    window : Window
    hours : list of datetime
        Start of every hour of the window, UTC.
    positions : list of int
        Those of the period.
    run_id : str
        Written into every row.
    plan : FlowPlan, optional
        The entries that trips are published in.
    origins : OriginPlan, optional
        The origins that visitors are told apart by.
    """

    window: Window
    hours: list[datetime]
    positions: list[int]
    run_id: str
    plan: FlowPlan | None = None
    origins: OriginPlan | None = None

    def origin_plan(self) -> OriginPlan:
        """The origins that visitors are told apart by."""
        if self.origins is None:
            raise ValueError("part has no plan of origins: visitors have none without it")
        return self.origins


def of_day(table: pd.DataFrame, positions: list[int]) -> pd.DataFrame:
    """Rows of a tally that are about hours at these positions, in order, with their mass."""
    rows = table[table["hour"].isin(positions)].sort_values(
        [name for name in table.columns if not name.startswith("n_")], ignore_index=True
    )
    return rows.assign(mass=rows["n_parts"] / PARTS)


def visitors(weighing: Weighing, tally: pd.DataFrame, part: TablePeriod) -> pd.DataFrame:
    """Devices present on one day by where they come from: `est_visitors__by_zone_hour_origin`.

    The weights of an hour make the devices seen in it stand for the whole register. Parameters as
    `flows`, of `Sums.present`.
    """
    origins = weighing.origins
    rows = of_day(tally, part.positions)
    rows = rows[rows["origin"] != origins.unknown].copy()
    rows["n_persons"] = rows["squared"] = np.nan
    for _, own in rows.groupby("hour"):
        present = np.bincount(own["origin"], own["mass"], origins.size)[: origins.unknown]
        weights = weighing.per_device(present.astype(np.float64))
        if weights is not None:
            rows.loc[own.index, "n_persons"] = weights[own["origin"]] * own["mass"]
            rows.loc[own.index, "squared"] = weights[own["origin"]] ** 2 * own["mass"]
    homes = origins.zones
    zone, hour, origin = (rows[name].to_numpy() for name in ("zone", "hour", "origin"))
    codes = part.origin_plan().codes(zone, hour, origin, origin > origins.unknown)
    rows["origin_id"] = codes
    rows["origin_kind"] = [
        KINDS.get(code, "resident" if code == homes[at] else "region")
        for code, at in zip(codes, zone, strict=True)
    ]
    whole = rows.groupby(["zone", "hour", "origin_kind", "origin_id"], as_index=False, sort=True)[
        ["n_devices", "n_persons", "squared"]
    ].sum()
    value = whole["n_persons"].to_numpy(dtype=np.float64)
    if weighing.register() is None:
        value = np.full(len(whole), np.nan)
    lower = upper = value
    if weighing.register() is not None:
        lower, upper = weighing.interval(value, whole["squared"].to_numpy(dtype=np.float64))
    zones = np.array(homes, dtype=object)
    return pd.DataFrame(
        {
            "zone_id": zones[whole["zone"]],
            "hour_at": moments(part.hours, whole["hour"]),
            "origin_kind": whole["origin_kind"],
            "origin_id": whole["origin_id"],
            "estimator": ESTIMATOR,
            "n_devices": whole["n_devices"],
            "n_persons": value,
            "n_persons_lower": lower,
            "n_persons_upper": upper,
            "run_id": part.run_id,
        }
    )


def residence(weighing: Weighing, tally: pd.DataFrame, part: TablePeriod) -> pd.DataFrame:
    """Devices by zone of home over a window, beside the register: `est_residence__by_zone`.

    Parameters as `flows`, of `Sums.homes`, which `weighing` holds too.
    """
    n_devices = weighing.homed()
    register = weighing.register()
    share = lower = upper = np.full(len(n_devices), np.nan)
    if register is not None:
        persons = np.where(register > 0, register, np.nan)
        share = n_devices / persons
        ends = weighing.interval(n_devices, n_devices)
        lower, upper = (end / persons for end in ends)
    return pd.DataFrame(
        {
            "zone_id": weighing.origins.zones,
            "window_start_date": part.window.first,
            "window_end_date": part.window.last,
            "estimator": ESTIMATOR,
            "n_devices": n_devices.astype(np.int64),
            "n_persons": np.nan if register is None else register,
            "market_share": share,
            "market_share_lower": lower,
            "market_share_upper": upper,
            "run_id": part.run_id,
        }
    )


def positions_of(day: date, window: Window, counts: list[int]) -> list[int]:
    """Positions of a day's hours among the window's, given how many hours each day has.

    >>> positions_of(date(2026, 3, 3), Window(date(2026, 3, 2), date(2026, 3, 4)), [24, 3, 24])
    [24, 25, 26]
    """
    number = window.days().index(day)
    first = sum(counts[:number])
    return list(range(first, first + counts[number]))


def moments(hours: list[datetime], positions: pd.Series) -> pd.DatetimeIndex:
    """The hours at some positions."""
    return pd.DatetimeIndex(pd.to_datetime(hours, utc=True))[positions.to_numpy(dtype=np.int64)]
