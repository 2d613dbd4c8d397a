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
from peil.area.countries import country_of_mcc
from peil.charter.windows import Window
from peil.estimate.linked.sums import PARTS, Origins
from peil_models.uncertainty import presence_interval
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
        other devices stand for everyone. A device that visits stands for so many persons as
        methods.toml says.

        Parameters
        ----------
        devices : ndarray of shape (n_zones,)
            Devices by zone of home.
        """
        register = self.register()
        if register is None or not devices.sum() > 0:
            return None
        weights = np.full(self.origins.size, float(self.choices["linked"]["roamer_persons"]))
        weights[: len(devices)] = NightRatio().fit(devices[:, None], register).ratio_
        weights[self.origins.unknown] = 0.0
        return weights

    def interval(self, value: Floats, n_counted: Floats) -> tuple[Floats, Floats]:
        """Interval of figures that rest on so many counted events or devices."""
        ratio = value / np.maximum(n_counted, 1e-9)
        return presence_interval(value, n_counted, ratio, **self.choices["linked_interval"])


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
    """

    window: Window
    hours: list[datetime]
    positions: list[int]
    run_id: str


def _of_day(table: pd.DataFrame, positions: list[int]) -> pd.DataFrame:
    rows = table[table["hour"].isin(positions)].sort_values(
        [name for name in table.columns if not name.startswith("n_")], ignore_index=True
    )
    return rows.assign(mass=rows["n_parts"] / PARTS)


def flows(weighing: Weighing, tally: pd.DataFrame, part: TablePeriod) -> pd.DataFrame:
    """Trips of one day: `est_flows__by_zone_pair_hour`.

    Parameters
    ----------
    weighing : Weighing
    tally : DataFrame
        `Sums.flows` of the window.
    part : Part
        The day.
    """
    rows = _of_day(tally, part.positions)
    rows = rows[rows["origin"] != weighing.origins.unknown].copy()
    weights = weighing.per_device(weighing.homed())
    rows["n_person_trips"] = np.nan if weights is None else weights[rows["origin"]] * rows["mass"]
    key = ["from_zone", "to_zone", "hour"]
    whole = rows.groupby(key, as_index=False, sort=True).agg(
        n_devices=("n_devices", "sum"),
        n_trips=("mass", "sum"),
        n_person_trips=("n_person_trips", "sum"),
    )
    value = whole["n_person_trips"].to_numpy(dtype=np.float64)
    if weights is None:
        value = np.full(len(whole), np.nan)
    lower = upper = value
    if weights is not None:
        lower, upper = weighing.interval(value, whole["n_trips"].to_numpy(dtype=np.float64))
    zones = np.array(weighing.origins.zones, dtype=object)
    return pd.DataFrame(
        {
            "from_zone_id": zones[whole["from_zone"]],
            "to_zone_id": zones[whole["to_zone"]],
            "hour_at": _moments(part.hours, whole["hour"]),
            "estimator": ESTIMATOR,
            "n_devices": whole["n_devices"],
            "n_trips": whole["n_trips"],
            "n_person_trips": value,
            "n_person_trips_lower": lower,
            "n_person_trips_upper": upper,
            "run_id": part.run_id,
        }
    )


def visitors(weighing: Weighing, tally: pd.DataFrame, part: TablePeriod) -> pd.DataFrame:
    """Devices present on one day by where they come from: `est_visitors__by_zone_hour_origin`.

    The weights of an hour make the devices seen in it stand for the whole register. Parameters as
    `flows`, of `Sums.present`.
    """
    origins = weighing.origins
    rows = _of_day(tally, part.positions)
    rows = rows[rows["origin"] != origins.unknown].copy()
    rows["n_persons"] = np.nan
    for _, own in rows.groupby("hour"):
        present = np.bincount(own["origin"], own["mass"], origins.size)[: origins.unknown]
        weights = weighing.per_device(present.astype(np.float64))
        if weights is not None:
            rows.loc[own.index, "n_persons"] = weights[own["origin"]] * own["mass"]
    region = regions(weighing.area)
    homes = origins.zones
    names, kinds = [], []
    for origin, zone in zip(rows["origin"], rows["zone"], strict=True):
        if origin > origins.unknown:
            mcc = int(origins.country(origin))
            kinds.append("country")
            names.append(f"SIM_{country_of_mcc(mcc) or mcc}")  # no region has such a code
        elif origin == zone:
            kinds.append("resident")
            names.append(homes[origin])
        else:
            kinds.append("region")
            names.append(region[homes[origin]])
    rows["origin_kind"], rows["origin_id"] = kinds, names
    whole = rows.groupby(
        ["zone", "hour", "origin_kind", "origin_id"], as_index=False, sort=True
    ).agg(n_devices=("n_devices", "sum"), mass=("mass", "sum"), n_persons=("n_persons", "sum"))
    value = whole["n_persons"].to_numpy(dtype=np.float64)
    if weighing.register() is None:
        value = np.full(len(whole), np.nan)
    lower = upper = value
    if weighing.register() is not None:
        lower, upper = weighing.interval(value, whole["mass"].to_numpy(dtype=np.float64))
    zones = np.array(homes, dtype=object)
    return pd.DataFrame(
        {
            "zone_id": zones[whole["zone"]],
            "hour_at": _moments(part.hours, whole["hour"]),
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


def regions(area: Area) -> dict[str, str]:
    """The region that each lowest zone is told in: the zone above it, unless that is the whole."""
    parent = dict(zip(area.zones["zone_id"], area.zones["parent_id"], strict=True))
    region_of = {}
    for zone in area.bottom():
        above = parent[zone]
        is_part = isinstance(above, str) and isinstance(parent[above], str)
        region_of[zone] = str(above) if is_part else zone
    return region_of


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


def _moments(hours: list[datetime], positions: pd.Series) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(pd.to_datetime(hours, utc=True))[positions.to_numpy(dtype=np.int64)]
