"""Scenarios in which an estimator is told less, or other, than what is true of a network.

What is wrong and how counts come out belongs here; people are in `landscape`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse
from scipy.spatial import cKDTree

from peil_models.footprint import FootprintSignalStrength
from peil_models.footprint.plan import Plan
from peil_models.footprint.reach import Pairs
from peil_models.synthetic.streams import stream

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Scenario:
    """One way in which an estimator is told less, or other, than what is true.

    Attributes
    ----------
    name, words : str
        Short name, and a line for people.
    shadow_sd_db : float
        Shadow fading per cell and tile, log-normal. Independent from tile to tile: a tile of
        100 m is as long as shadows are (50 to 100 m). Unit: dB.
    path_loss_noise, power_noise : float
        Relative error of each cell's path-loss exponent, and of its power in dBm.
    changed_share : float
        Cells that moved 250 m and turned 40 degrees since the plan was made; as many renamed; as
        many added.
    out_share : float
        Cells of the plan that are out.
    market_share_sd : float
        Standard deviation of the market share of municipalities, relative.
    events_per_hour : float
        A device is counted in an hour if it has an event then; infinity is always.
    crowd_persons : int
        People in one tile of a stadium, in working hours.
    abroad_share : float
        Chance that somebody who lives outside the region has a device that the network counts.
    memory_share, memory_m : float
        Devices that hold on to the cell of a place they left (hysteresis), and the mean distance
        to it. Unit of the distance: metres.
    """

    name: str
    words: str
    shadow_sd_db: float = 0.0
    path_loss_noise: float = 0.0
    power_noise: float = 0.0
    changed_share: float = 0.0
    out_share: float = 0.0
    market_share_sd: float = 0.0
    events_per_hour: float = np.inf
    crowd_persons: int = 0
    abroad_share: float = 0.0
    memory_share: float = 0.0
    memory_m: float = 1_000.0

    @property
    def is_footprint_known(self) -> bool:
        """Whether the nominal footprint is the true one."""
        noise = self.shadow_sd_db + self.path_loss_noise + self.power_noise
        return noise + self.changed_share + self.out_share == 0


SCENARIOS = (
    Scenario("known", "true footprint known"),
    Scenario("shadow", "6 dB shadowing", shadow_sd_db=6.0),
    Scenario("memory", "a third hold on to a cell left behind", memory_share=1 / 3),
    Scenario("path_loss", "path-loss noise 2.5 %", path_loss_noise=0.025),
    Scenario("power", "power noise 1.25 %", power_noise=0.0125),
    Scenario("old_plan", "cell plan a week old", changed_share=0.03),
    Scenario("outage", "10 % of cells out", out_share=0.10),
    Scenario("share", "market share unknown ± 20 %", market_share_sd=0.20),
    Scenario("sparse", "one event per 2 h", events_per_hour=0.5),
    Scenario("crowd", "crowd of 20 000 at a stadium", crowd_persons=20_000),
    Scenario("border", "neighbours counted by our cells", abroad_share=0.05),
)
"""What the benchmark and the pages of the estimators walk."""


def true_footprint(
    cells: pd.DataFrame, tiles: pd.DataFrame, scenario: Scenario, seed: int
) -> sparse.csr_array:
    """Connection probability as it is, by the rows of the plan.

    Cells that came after the plan was made are rows after those of the plan.

    Parameters
    ----------
    cells, tiles : DataFrame
        As for `FootprintSignalStrength.fit`: what the plan says.
    scenario : Scenario
    seed : int

    Returns
    -------
    csr_array of shape (n_cells + n_added, n_tiles)

    Examples
    --------
    >>> cells = pd.DataFrame({"x_m": [0.0, 4000.0], "y_m": [0.0, 0.0]})
    >>> tiles = pd.DataFrame({"x_m": [1000.0, 2000.0], "y_m": [0.0, 0.0]})
    >>> chances = true_footprint(cells, tiles, SCENARIOS[0], 1)
    >>> chances.toarray().round(3)
    array([[0.619, 0.5  ],
           [0.381, 0.5  ]])
    """
    actual = _changed(cells, scenario, stream(seed, "plan"))
    random = stream(seed, "radio")
    defaults = FootprintSignalStrength()
    small = actual.get("cell_type", pd.Series("macro", index=actual.index)) == "micro"
    if scenario.path_loss_noise:
        exponent = np.where(small, defaults.small_path_loss_exponent, defaults.path_loss_exponent)
        noise = random.normal(1.0, scenario.path_loss_noise, len(actual))
        actual["path_loss_exponent"] = exponent * noise
    if scenario.power_noise:
        watts = np.where(small, defaults.small_power_w, defaults.power_w)
        dbm = (10.0 * np.log10(watts) + 30.0) * random.normal(
            1.0, scenario.power_noise, len(actual)
        )
        actual["power_w"] = 10.0 ** ((dbm - 30.0) / 10.0)
    shadow = stream(seed, "shadow")
    footprint = _Shadowed(scenario.shadow_sd_db, shadow).fit(actual, tiles)
    strength = footprint.dominance_
    if scenario.out_share:
        is_out = stream(seed, "outage").random(strength.shape[0]) < scenario.out_share
        strength = sparse.diags_array(1.0 * ~is_out) @ strength
    totals = np.asarray(strength.sum(axis=0)).ravel()
    share = sparse.diags_array(np.divide(1.0, totals, out=np.zeros_like(totals), where=totals > 0))
    return sparse.csr_array(strength @ share)


def heard_from(
    tiles: pd.DataFrame, at: NDArray[np.intp], scenario: Scenario, seed: int
) -> NDArray[np.intp]:
    """Tile whose cells serve each device: its own, or one it left if the network remembers.

    Parameters
    ----------
    tiles : DataFrame with columns x_m, y_m
    at : ndarray of shape (n_devices,)
        Tile of each device.
    scenario : Scenario
    seed : int

    Examples
    --------
    >>> tiles = pd.DataFrame({"x_m": [0.0, 100.0], "y_m": 0.0})
    >>> heard_from(tiles, np.array([0, 1]), SCENARIOS[0], 1)
    array([0, 1])
    """
    if not scenario.memory_share:
        return at
    random = stream(seed, "memory")
    points = tiles[["x_m", "y_m"]].to_numpy(np.float64)
    turn = random.uniform(0.0, 2.0 * np.pi, len(at))
    far_m = random.exponential(scenario.memory_m, len(at))
    far_m[random.random(len(at)) >= scenario.memory_share] = 0.0
    left = points[at] + far_m[:, None] * np.column_stack([np.sin(turn), np.cos(turn)])
    return np.where(far_m > 0, np.asarray(cKDTree(points).query(left)[1]), at)


def delivered_counts(
    served: NDArray[np.intp], n_cells: int, scenario: Scenario, seed: int
) -> tuple[Floats, int]:
    """Devices counted per cell of the plan, and devices counted by cells no plan knows.

    Parameters
    ----------
    served : ndarray of shape (n_devices,)
        Serving cell of each device, by the rows of `true_footprint`; -1 is none.
    n_cells : int
        Cells of the plan.

    Returns
    -------
    counts : ndarray of shape (n_cells,)
    n_unknown : int

    Examples
    --------
    >>> delivered_counts(np.array([0, 1, 1, 2, -1]), 2, SCENARIOS[0], 1)
    (array([1., 2.]), 1)
    """
    counted = np.where(_has_event(served, scenario, stream(seed, "events")), served, -1)
    counts = np.bincount(counted[counted >= 0], minlength=n_cells).astype(np.float64)
    unknown = counts[n_cells:].sum()
    counts = counts[:n_cells]
    is_renamed = _is_renamed(n_cells, scenario, seed)
    unknown += counts[is_renamed].sum()
    counts[is_renamed] = 0.0
    return counts, int(unknown)


def delivered_cells(
    served: NDArray[np.intp], n_cells: int, scenario: Scenario, seed: int, hour: str
) -> NDArray[np.intp]:
    """Cell of the plan in which each device is counted, -1 for none, hours apart.

    Parameters
    ----------
    served : ndarray of shape (n_devices,)
        Serving cell of each device, by the rows of `true_footprint`; -1 is none.
    n_cells : int
        Cells of the plan.
    hour : str
        Devices without an event are others in each.

    Examples
    --------
    >>> delivered_cells(np.array([0, 1, 1, 2, -1]), 2, SCENARIOS[0], 1, "day")
    array([ 0,  1,  1, -1, -1])
    """
    is_known = _has_event(served, scenario, stream(seed, f"events {hour}")) & (served < n_cells)
    is_known &= ~_is_renamed(n_cells, scenario, seed)[np.where(is_known, served, 0)]
    return np.where(is_known, served, -1).astype(np.intp)


def _has_event(
    served: NDArray[np.intp], scenario: Scenario, random: np.random.Generator
) -> NDArray[np.bool_]:
    """Devices that are served, and heard of in the hour."""
    is_served: NDArray[np.bool_] = served >= 0
    if np.isfinite(scenario.events_per_hour):
        is_served &= random.random(len(served)) < -np.expm1(-scenario.events_per_hour)
    return is_served


def _is_renamed(n_cells: int, scenario: Scenario, seed: int) -> NDArray[np.bool_]:
    return stream(seed, "renamed").random(n_cells) < scenario.changed_share


def _changed(cells: pd.DataFrame, scenario: Scenario, random: np.random.Generator) -> pd.DataFrame:
    """The plan as it is today: some sites moved, some added."""
    actual = cells.copy()
    if not scenario.changed_share:
        return actual
    moved = random.random(len(cells)) < scenario.changed_share
    turn = random.uniform(0.0, 2.0 * np.pi, len(cells))
    actual["x_m"] += np.where(moved, 250.0 * np.sin(turn), 0.0)
    actual["y_m"] += np.where(moved, 250.0 * np.cos(turn), 0.0)
    if "azimuth_deg" in actual:
        actual["azimuth_deg"] = (actual["azimuth_deg"] + np.where(moved, 40.0, 0.0)) % 360.0
    added = actual.loc[random.random(len(cells)) < scenario.changed_share].copy()
    spread = random.normal(0.0, 400.0, (len(added), 2))
    added["x_m"] += spread[:, 0]
    added["y_m"] += spread[:, 1]
    return pd.concat([actual, added], ignore_index=True)


class _Shadowed(FootprintSignalStrength):
    """Signal strength with shadows that no plan knows."""

    def __init__(self, shadow_sd_db: float, random: np.random.Generator) -> None:
        super().__init__()
        self.shadow_sd_db = shadow_sd_db
        self.random = random

    def pairs(self, plan: Plan, tiles: pd.DataFrame) -> Iterator[Pairs]:
        for part in super().pairs(plan, tiles):
            if self.shadow_sd_db:
                shadow = self.random.normal(0.0, self.shadow_sd_db, len(part.level_dbm))
                part = replace(part, level_dbm=part.level_dbm + shadow)
            yield part
