"""Quantiles kept calibrated: what they missed in the days before is added to them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from peil_models.crowding.forecasting import QUANTILES
from peil_models.crowding.history import Floats, Ints

BLOCK_HOURS = 3
MIDDLE = QUANTILES.index(0.5)
LOW, HIGH = QUANTILES.index(0.1), QUANTILES.index(0.9)
LEAST_ROWS = 60  # of an hour block; with fewer it takes the offsets of all hours
OWN_WEIGHT = 120  # rows that a zone needs for half a scale of its own: five days
LEAST_WIDTH = 0.02  # of the unit: no interval is a point


@dataclass(frozen=True)
class Offsets:
    """What is added to quantiles: by hour block and level, in widths; and a width by zone.

    Parameters
    ----------
    by_block : ndarray of shape (8, 7)
    by_zone : ndarray of shape (n_zones,)
        Factor on the distance from the median.
    """

    by_block: Floats
    by_zone: Floats

    @classmethod
    def of(cls, raw: Floats, value: Floats, zone: Ints, hour: Ints, n_zones: int) -> Offsets:
        """Learn from forecasts that were not fitted on their values.

        Parameters
        ----------
        raw : ndarray of shape (n, 7)
            Quantiles in units, sorted.
        value : ndarray of shape (n,)
            What came, in units; NaN is left out.
        """
        present = ~np.isnan(value)
        raw, value, zone, hour = raw[present], value[present], zone[present], hour[present]
        width = widths(raw)
        missed = (value[:, None] - raw) / width[:, None]
        block = hour // BLOCK_HOURS
        every = quantiles_by_level(missed) if len(value) else np.zeros(len(QUANTILES))
        by_block = np.tile(every, (24 // BLOCK_HOURS, 1))
        for b in range(len(by_block)):
            if (block == b).sum() >= LEAST_ROWS:
                by_block[b] = quantiles_by_level(missed[block == b])
        moved = np.sort(raw + by_block[block] * width[:, None], axis=1)
        reach = np.where(
            value >= moved[:, MIDDLE],
            (value - moved[:, MIDDLE])
            / np.maximum(moved[:, HIGH] - moved[:, MIDDLE], LEAST_WIDTH / 2),
            (moved[:, MIDDLE] - value)
            / np.maximum(moved[:, MIDDLE] - moved[:, LOW], LEAST_WIDTH / 2),
        )
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

    def applied(self, raw: Floats, zone: Ints, hour: Ints) -> Floats:
        """Return calibrated quantiles in units, sorted."""
        width = widths(raw)
        moved = np.sort(raw + self.by_block[hour // BLOCK_HOURS] * width[:, None], axis=1)
        middle = moved[:, MIDDLE : MIDDLE + 1]
        return np.asarray(middle + (moved - middle) * self.by_zone[zone][:, None])


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
