"""Which cells overlap on one plan, as the delivery's own changes of cell at rest bear out.

The choices of methods.toml meet the evidence here; the statistics are `peil_models.stays`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from peil import methods
from peil.outcome import Fact
from peil.stage.device_rows import Bucket
from peil_models.location import posterior
from peil_models.stays import (
    RestChanges,
    breaks,
    cell_overlaps,
    fit_at_rest,
    masts_footprint,
    overlap_at_rest,
    overlap_coefficients,
    rest_changes,
)


@dataclass(frozen=True)
class Overlaps:
    """Cells that overlap, and why these.

    Attributes
    ----------
    overlaps : csr_array of bool of shape (n_cells, n_cells)
    min_overlap : float
        Least coefficient of cells that overlap.
    breaks_per_hour : float
        How often the plan's footprint and `overlaps.min_overlap` break the rest of a device; 0
        where nothing was seen at rest.
    masts_share : float
        Share of events that only the places of masts explain: 0 where the plan's footprint holds.
    """

    overlaps: sparse.csr_array
    min_overlap: float
    breaks_per_hour: float = 0.0
    masts_share: float = 0.0

    def facts(self) -> dict[str, Fact]:
        """What a log, MLflow or a terminal is told."""
        return {
            "rest_breaks_per_hour": round(self.breaks_per_hour, 4),
            "masts_share": round(self.masts_share, 4),
            "min_overlap": round(self.min_overlap, 4),
        }


def changes_of(buckets: Iterable[Bucket], is_night: NDArray[np.bool_], n_cells: int) -> RestChanges:
    """Changes of cell at night of all devices of a window: one pass that keeps counts of pairs."""
    changes = RestChanges(sparse.csr_array((n_cells, n_cells), dtype=np.int64), 0.0)
    for bucket in buckets:
        changes += rest_changes(bucket.device, bucket.at_s, bucket.cell, is_night, n_cells)
    return changes


def overlaps_of(
    pilot: str,
    connection_probability: sparse.csr_array,
    cells: pd.DataFrame,
    tiles: pd.DataFrame,
    prior: NDArray[np.float64],
    residents: NDArray[np.float64],
    changes: RestChanges | None = None,
) -> Overlaps:
    """Find the cells that overlap.

    By the plan's footprint, unless it breaks the rest of devices surely more often than
    `rest.doubt_times` the `rest.breaks_per_hour` allowed: then by the mix with the places of masts
    that is likeliest at rest, and the greatest least overlap that breaks rest no more often.

    Parameters
    ----------
    pilot : str
    connection_probability : csr_array of shape (n_cells, n_tiles)
    cells, tiles : DataFrame with columns x_m, y_m
    prior, residents : ndarray of shape (n_tiles,)
    changes : RestChanges, optional
        Without it the plan's footprint is believed.
    """
    least = float(methods.section("overlaps", pilot)["min_overlap"])
    choices = methods.section("rest", pilot)
    located = posterior(connection_probability, prior)
    plan = cell_overlaps(located, min_overlap=least)
    if changes is None or not changes.hours:
        return Overlaps(plan, least)
    n_breaks = breaks(overlap_coefficients(located), changes, least)
    rate = n_breaks / changes.hours
    surely = (n_breaks - choices["sure_sd"] * np.sqrt(n_breaks)) / changes.hours
    if surely <= choices["doubt_times"] * choices["breaks_per_hour"]:
        return Overlaps(plan, least, rate)
    fits = [
        fit_at_rest(
            connection_probability,
            masts_footprint(
                cells["x_m"],
                cells["y_m"],
                tiles["x_m"],
                tiles["y_m"],
                exponent=exponent,
                n_masts=int(choices["n_masts"]),
            ),
            residents,
            changes,
        )
        for exponent in choices["exponents"]
    ]
    mixed = max(fits, key=lambda fit: fit.log_likelihood)
    agreed = overlap_at_rest(
        mixed.footprint,
        prior,
        changes,
        min_overlap=least,
        breaks_per_hour=choices["breaks_per_hour"],
    )
    overlaps = cell_overlaps(posterior(mixed.footprint, prior), min_overlap=agreed)
    return Overlaps(overlaps, agreed, rate, mixed.masts_share)
