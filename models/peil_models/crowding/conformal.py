"""Quantiles kept calibrated: what they missed in the days before is added to them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from peil_models.crowding.forecasting import QUANTILE_COLUMNS, QUANTILES
from peil_models.crowding.history import Floats, HourCube, Ints
from peil_models.crowding.naive import WEEK

BLOCK_HOURS = 3
MIDDLE = QUANTILES.index(0.5)
LOW, HIGH = QUANTILES.index(0.1), QUANTILES.index(0.9)
LEAST_ROWS = 60  # of an hour block; with fewer it takes the offsets of all hours
OWN_WEIGHT = 120  # rows that a zone needs for half a scale of its own: five days
MOST_WIDENED = 1.5  # of a week unlike all others more is not believed
LEAST_WIDTH = 0.02  # of the unit: no interval is a point
NORMAL = np.array([-1.96, -1.2816, -0.6745, 0.0, 0.6745, 1.2816, 1.96])


@dataclass(frozen=True)
class Offsets:
    """What is added to quantiles: by hour block and level, in widths; and a width by zone.

    Parameters
    ----------
    by_block : ndarray of shape (8, 7)
    by_zone : ndarray of shape (n_zones,)
        Factor on the distance from the median.
    by_level : tuple of 7 floats, default=ones
        Factor on the same, by level: how much farther off a week is than the others say of it.
    """

    by_block: Floats
    by_zone: Floats
    by_level: tuple[float, ...] = (1.0,) * len(QUANTILES)

    @classmethod
    def of(
        cls, raw: Floats, value: Floats, zone: Ints, day: Ints, hour: Ints, n_zones: int
    ) -> Offsets:
        """Learn from forecasts that were not fitted on their values.

        Offsets hold on the days that they are learnt from, and a little less on others. How much,
        each week says of the others' offsets; intervals are widened by that.

        Parameters
        ----------
        raw : ndarray of shape (n, 7)
            Quantiles in units, sorted.
        value : ndarray of shape (n,)
            What came, in units; NaN is left out.
        """
        present = ~np.isnan(value)
        raw, value = raw[present], value[present]
        zone, day, hour = zone[present], day[present], hour[present]
        whole = cls._learnt(raw, value, zone, hour, n_zones)
        week = (day.max(initial=0) - day) // WEEK
        weeks = np.unique(week)
        if len(weeks) < 2:
            return whole
        reaches = []
        for out in (week == w for w in weeks):
            others = cls._learnt(raw[~out], value[~out], zone[~out], hour[~out], n_zones)
            reaches.append(_reach(others.applied(raw[out], zone[out], hour[out]), value[out]))
        of_pair = np.concatenate(reaches)
        pairs = [
            float(np.clip(np.quantile(of_pair[:, k], 1 - 2 * QUANTILES[k]), 1.0, MOST_WIDENED))
            for k in range(MIDDLE)
        ]
        return cls(whole.by_block, whole.by_zone, (*pairs, 1.0, *reversed(pairs)))

    @classmethod
    def _learnt(cls, raw: Floats, value: Floats, zone: Ints, hour: Ints, n_zones: int) -> Offsets:
        width = widths(raw)
        missed = (value[:, None] - raw) / width[:, None]
        block = hour // BLOCK_HOURS
        every = quantiles_by_level(missed) if len(value) else np.zeros(len(QUANTILES))
        by_block = np.tile(every, (24 // BLOCK_HOURS, 1))
        for b in range(len(by_block)):
            if (block == b).sum() >= LEAST_ROWS:
                by_block[b] = quantiles_by_level(missed[block == b])
        moved = np.sort(raw + by_block[block] * width[:, None], axis=1)
        reach = _reach(moved, value)[:, LOW]
        by_zone = np.ones(n_zones)
        order = np.argsort(zone, kind="stable")
        edges = np.searchsorted(zone[order], np.arange(n_zones + 1))
        for z in range(n_zones):
            own = reach[order[edges[z] : edges[z + 1]]]
            if len(own):
                # 80 % of what came must lie within the 80 % interval
                factor = float(np.clip(np.quantile(own, 0.8), 0.3, 3.0))
                by_zone[z] = np.exp(np.log(factor) * len(own) / (len(own) + OWN_WEIGHT))
        return cls(by_block, by_zone)

    def of_zones(self, own: tuple[str, ...], zones: tuple[str, ...]) -> Offsets:
        """Return the offsets of other zones; one that is not among the own has the usual width."""
        width = dict(zip(own, self.by_zone, strict=True))
        by_zone = np.array([width.get(zone, 1.0) for zone in zones])
        return Offsets(self.by_block, by_zone, self.by_level)

    def table(self, zones: tuple[str, ...]) -> pd.DataFrame:
        """Return all of it in rows, to be kept: `part`, `name`, and a column for each quantile.

        >>> offsets = Offsets(np.zeros((8, 7)), np.array([1.2]))
        >>> Offsets.of_table(offsets.table(("a",)))[1].by_zone
        array([1.2])
        """
        names = [*(f"{block}" for block in range(len(self.by_block))), "", *zones]
        parts = ["block"] * len(self.by_block) + ["level"] + ["zone"] * len(zones)
        widths_of_zones = np.repeat(self.by_zone[:, None], len(QUANTILES), axis=1)
        values = np.vstack([self.by_block, [self.by_level], widths_of_zones])
        frame = pd.DataFrame(values, columns=list(QUANTILE_COLUMNS))
        return frame.assign(part=parts, name=names)

    @classmethod
    def of_table(cls, table: pd.DataFrame) -> tuple[tuple[str, ...], Offsets]:
        """Return zones and offsets of a kept `table`."""
        by_block, by_level, by_zone = (
            table.loc[table["part"] == part, list(QUANTILE_COLUMNS)].to_numpy(np.float64)
            for part in ("block", "level", "zone")
        )
        zones = tuple(table.loc[table["part"] == "zone", "name"])
        return zones, cls(by_block, by_zone[:, 0], tuple(by_level[0].tolist()))

    def applied(self, raw: Floats, zone: Ints, hour: Ints) -> Floats:
        """Return calibrated quantiles in units, sorted."""
        width = widths(raw)
        moved = np.sort(raw + self.by_block[hour // BLOCK_HOURS] * width[:, None], axis=1)
        middle = moved[:, MIDDLE : MIDDLE + 1]
        factor = self.by_zone[zone][:, None] * np.asarray(self.by_level)
        return np.asarray(middle + (moved - middle) * factor)


def _reach(moved: Floats, value: Floats) -> Floats:
    """Return how far off values are, in distances of each lower level's pair from the median."""
    off = (value - moved[:, MIDDLE])[:, None]
    above = moved[:, :MIDDLE:-1] - moved[:, MIDDLE : MIDDLE + 1]
    below = moved[:, MIDDLE : MIDDLE + 1] - moved[:, :MIDDLE]
    return np.asarray(np.abs(off) / np.maximum(np.where(off >= 0, above, below), LEAST_WIDTH / 2))


def widths(raw: Floats) -> Floats:
    """Return the width of the 80 % interval, at least a fiftieth of the unit."""
    return np.maximum(raw[:, HIGH] - raw[:, LOW], LEAST_WIDTH)


def quantiles_by_level(missed: Floats) -> Floats:
    """Return of each column the quantile of its own level, as conformal prediction has it.

    Outer levels are taken a little farther out, by ``(q - 1/2) / (n + 1)``.
    """
    n = len(missed)
    levels = [min(max(q + (q - 0.5) / (n + 1), 0.0), 1.0) for q in QUANTILES]
    return np.array([np.quantile(missed[:, k], level) for k, level in enumerate(levels)])


def at_least_as_wide(persons: Floats, cube: HourCube, zone: Ints) -> Floats:
    """Return quantiles no nearer to the median than the own uncertainty of released values.

    Parameters
    ----------
    persons : ndarray of shape (n, 7)
    cube : HourCube
        What was released before, with its `sd`.
    zone : ndarray of shape (n,)
        Positions in it.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        share = cube.sd / np.where(cube.values > 0, cube.values, np.nan)
    if np.isnan(share).all():
        return persons
    own = np.zeros(len(cube.zones))
    for z, row in enumerate(share):
        present = row[~np.isnan(row)]
        own[z] = np.median(present) if len(present) else 0.0
    middle = persons[:, 3:4]
    least = middle + NORMAL * own[zone][:, None] * middle
    return np.where(NORMAL < 0, np.minimum(persons, least), np.maximum(persons, least))
