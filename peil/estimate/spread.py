"""How far the persons of a day may be off: joint draws of zones and hours, and intervals of them.

What an error is and how it is drawn is statistics and belongs to `peil_models.uncertainty`; here
it is given the day's footprints, counts and nights. Draws stay at the operator.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pandas as pd

from peil.area.area import Area
from peil.estimate.estimators import polygons_share
from peil.estimate.outages import OnAir
from peil_models.presence.inputs import em_step
from peil_models.uncertainty import (
    PresenceErrors,
    draw_persons,
    homes_of_visitors,
    neighbourhoods,
    redrawn_footprint,
)
from peil_models.weighting import NightRatio

ERRORS = tuple(field.name for field in fields(PresenceErrors))


class Spread:
    """Footprints drawn again over the hours of a day, and the draws of persons made of them.

    Parameters
    ----------
    area : Area
    n_zones, n_hours : int
    choices : dict
        Sections `presence` and `uncertainty` of methods.toml, by name.
    day : int
        Number of the day: each has sampling errors of its own. Footprints err alike on all days.
    """

    def __init__(
        self,
        area: Area,
        n_zones: int,
        n_hours: int,
        choices: dict[str, dict[str, Any]],
        day: int,
    ) -> None:
        self.choices, self.day = choices["uncertainty"], day
        self.sound_up_to = float(choices["presence"]["polygons_misfit_min"])
        self.plan_doubt = 0.0
        self.n_footprints = int(self.choices["n_footprints"])
        self.redrawn = np.zeros((self.n_footprints, n_zones, n_hours))
        side = float(self.choices["footprint_place_m"])
        east, north = (
            np.floor((area.tiles[name] - area.tiles[name].min()) / side).astype(np.int64)
            for name in ("x_m", "y_m")
        )
        self.places = np.asarray(east * (int(north.max()) + 1) + north)
        centres = area.tiles.groupby("zone_id")[["x_m", "y_m"]].mean()
        self.centres = centres.reindex(area.bottom()).to_numpy(dtype=np.float64)

    def add(
        self,
        part: OnAir,
        cells: pd.DataFrame,
        tiles: np.ndarray,
        misfit_share: float,
        members: list[tuple[float, np.ndarray]],
        by_zone: Callable[[np.ndarray], np.ndarray],
    ) -> None:
        """Estimate some hours again, each time with another footprint.

        Parameters
        ----------
        part : OnAir
        cells : DataFrame
            The plan of these hours.
        tiles : ndarray of shape (n_tiles, n_hours of the part)
            Estimated devices: where the EM step with the other footprint begins.
        misfit_share : float
            How far counts are from this footprint: the others are as far from it.
        members : list of (float, ndarray of shape (n_zones, n_hours of the part))
            Weights and zones of the estimators whose mean it is: each draw weighs them anew, so
            that where they disagree it is unsure.
        by_zone : callable
            Sums tiles to zones.
        """
        self.plan_doubt = polygons_share(misfit_share, self.sound_up_to)
        keys = np.array([_key(str(cell)) for cell in cells["cell_id"]], dtype=np.uint64)
        spread = min(
            misfit_share * self.choices["footprint_spread_per_misfit"],
            self.choices["footprint_spread_max"],
        )
        mean = by_zone(tiles)
        for draw in range(self.n_footprints):
            X = redrawn_footprint(part.signal, keys, self.places, spread=spread, draw=draw)
            odds = np.random.default_rng(draw).exponential(size=len(members))
            odds *= [weight for weight, _ in members]
            mixed = sum(o * zones for o, (_, zones) in zip(odds / odds.sum(), members, strict=True))
            times = np.divide(mixed, mean, out=np.ones_like(mean), where=mean > 0)
            self.redrawn[draw][:, part.hours] = times * by_zone(em_step(X, part.devices, tiles))

    def draws(
        self,
        persons: np.ndarray,
        devices: np.ndarray,
        plain: np.ndarray,
        register: np.ndarray,
        night: np.ndarray,
        weights: NightRatio,
        night_hours: list[int],
        totals: np.ndarray | None,
    ) -> np.ndarray:
        """Joint draws of an estimator's persons, (n_draws, n_zones, n_hours).

        `plain` are the devices of the estimator whose footprints were drawn again: those of any
        other are moved in the same proportion.
        """
        errors = PresenceErrors(**{name: float(self.choices[name]) for name in ERRORS})
        # A plan that the night contradicts misplaces those who are not at home, zone by zone.
        misplaced = self.plan_doubt * float(self.choices["misplaced_sd"])
        errors = replace(errors, local_sd=float(np.hypot(errors.local_sd, misplaced)))
        homes = homes_of_visitors(
            register,
            self.centres,
            near_m=float(self.choices["origins_near_m"]),
            distance_exponent=float(self.choices["origins_distance_exponent"]),
        )
        times = np.divide(self.redrawn, plain, out=np.ones_like(self.redrawn), where=plain > 0)
        return draw_persons(
            persons,
            devices,
            devices * times,
            register,
            night,
            weights,
            errors,
            night_hours=night_hours,
            homes=homes,
            near=neighbourhoods(register, self.centres, reach=float(self.choices["near_reach"])),
            totals=totals,
            n_draws=int(self.choices["n_draws"]),
            seed=[int(self.choices["seed"]), self.day],
        )

    def interval(self, draws: np.ndarray, persons: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Ends of the interval of each entry; the first axis of `draws` are draws."""
        tail = (1.0 - float(self.choices["level"])) / 2.0
        lower, upper = np.quantile(draws, [tail, 1.0 - tail], axis=0)
        return np.minimum(lower, persons), np.maximum(upper, persons)


def _key(cell: str) -> int:
    return int.from_bytes(hashlib.blake2b(cell.encode(), digest_size=8).digest(), "little")
