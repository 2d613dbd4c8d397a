"""Persons by day in Zuid-Limburg: home flows, home weights, night ratio, the counted table alone.

By day the truth is persons, so the market share of municipalities matters; every method knows the
register and one night.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from peil_models import scores
from peil_models.presence import PresenceEM, PresenceLandUse
from peil_models.synthetic.landscape import Lives, draw_lives, serving_cells
from peil_models.synthetic.landscape_radio import (
    Scenario,
    delivered_cells,
    heard_from,
    true_footprint,
)
from peil_models.synthetic.streams import stream
from peil_models.weighting import HomeFlows, HomeWeights, NightRatio, home_zones

Floats = NDArray[np.float64]
N_NIGHTS = 20
"""Nights of the linkage window, one event each, that tell where a device lives."""
SHARE, SHARE_SD = 0.33, 0.05
ESTIMATORS = ("sb", "em10", "landuse")


def day(
    inputs: Any, scenario: Scenario, seed: int, around: Any = None
) -> dict[str, dict[str, float]]:
    """Return scores of every estimator and way to persons, by ``<estimator>_<way>``.

    Parameters
    ----------
    told : Told
        Of the region; with the tiles around it where the scenario has neighbours. They stay where
        they live, and residents then work on both sides of the border.
    scenario : Scenario
        Its market share replaces that of the protocol where it has one.
    seed : int
    around : Told, optional
        What estimators are told instead: the land around the region as one more zone.
    """
    land = inputs.land
    sd = scenario.market_share_sd * SHARE if scenario.market_share_sd else SHARE_SD
    share = stream(seed, "day share").normal(SHARE, sd, len(land.register))
    lives = draw_lives(
        land,
        seed,
        market_share=np.clip(share, 0.1, 0.6),
        abroad_share=scenario.abroad_share,
        crowd_persons=scenario.crowd_persons,
        is_border_open=scenario.abroad_share > 0,
    )
    chances = inputs.chances
    if not scenario.is_footprint_known:
        chances = true_footprint(land.cells, land.tiles, scenario, seed)
    true = _true_flows(land, lives, np.ones(len(lives.home), dtype=np.bool_))
    truth = true[:, :-1].sum(axis=0)
    record = _Record.of(inputs, scenario, seed, lives, chances)
    inputs = inputs if around is None else around
    by_way = {}
    for name in ESTIMATORS:
        sleeping = _devices(inputs, name, record.counts["night"])
        by_night = zones_of_cells(inputs, sleeping)
        by_day = zones_of_cells(inputs, _devices(inputs, name, record.counts["day"]))
        home = (
            _home_likely(record, by_night) if name == "landuse" else _home_added(record, by_night)
        )
        table = {part: record.table(part, home, by_night.shape[1]) for part in ("night", "day")}
        ways = _persons(record, land.register, table, by_night, by_day)
        if name != "sb":
            ways |= _persons_by_flows(inputs, name, land.register, table, sleeping)
        for way, persons in ways.items():
            by_way[f"{name}_{way}"] = _scored(truth, persons)
    # What weights can do at the most: the true home and place of each device.
    flows = _true_flows(land, lives, lives.has_device)
    by_way["limit"] = _scored(truth, _weighted(flows, land.register))
    return by_way


def _true_flows(land: Any, lives: Lives, is_of: NDArray[np.bool_]) -> Floats:
    """Count residents of whom `is_of` is true by home zone and zone by day; outside is the last."""
    n_zones = len(land.register)
    is_of = is_of & (lives.home_zone >= 0)
    to = land.zone[lives.work[is_of]]
    pairs = lives.home_zone[is_of] * (n_zones + 1) + np.where(to >= 0, to, n_zones)
    flat = np.bincount(pairs, minlength=n_zones * (n_zones + 1))
    return flat.reshape(n_zones, -1).astype(np.float64)


class _Record:
    """What the operator has: counts of one night and one day, and the events of devices."""

    def __init__(self, cells: dict[str, NDArray[np.intp]], nights: Any, n_cells: int) -> None:
        self.cells, self.nights, self.n_cells = cells, nights, n_cells
        self.counts = {
            part: np.bincount(served[served >= 0], minlength=n_cells).astype(np.float64)
            for part, served in cells.items()
        }

    @classmethod
    def of(
        cls, inputs: Any, scenario: Scenario, seed: int, lives: Lives, chances: sparse.csr_array
    ) -> _Record:
        n_cells = len(inputs.land.cells)
        home, work = lives.home[lives.has_device], lives.work[lives.has_device]
        cells = {}
        for part, at in (("night", home), ("day", work)):
            heard = heard_from(inputs.land.tiles, at, scenario, seed)
            served = serving_cells(chances, heard, stream(seed, f"connections {part}"))
            cells[part] = delivered_cells(served, n_cells, scenario, seed, part)
        random = stream(seed, "linkage nights")
        heard = heard_from(inputs.land.tiles, home, scenario, seed)
        nights = np.stack(
            [
                delivered_cells(
                    serving_cells(chances, heard, random),
                    n_cells,
                    scenario,
                    seed,
                    f"night {number}",
                )
                for number in range(N_NIGHTS)
            ]
        )
        device = np.broadcast_to(np.arange(len(home)), nights.shape)
        is_seen = nights >= 0
        events = (np.ones(is_seen.sum()), (device[is_seen], nights[is_seen]))
        shape = (len(home), n_cells)
        return cls(cells, sparse.coo_array(events, shape=shape).tocsr(), n_cells)

    def table(self, part: str, home: NDArray[np.intp], n_zones: int) -> Floats:
        """Return devices by home zone and serving cell, shape (n_zones, n_cells)."""
        served = self.cells[part]
        is_seen = served >= 0
        pairs = home[is_seen] * self.n_cells + served[is_seen]
        flat = np.bincount(pairs, minlength=n_zones * self.n_cells)
        return flat.reshape(n_zones, -1).astype(np.float64)


def _devices(inputs: Any, name: str, counts: Floats) -> Floats:
    """Return devices by tile; for the sum of posteriors the prior, which is what it places by."""
    if name == "em10":
        return np.asarray(
            PresenceEM(inputs.prior, max_iter=10).fit(inputs.chances, counts).devices_
        )
    if name == "landuse":
        estimator = PresenceLandUse(inputs.land_use, inputs.prior)
        return np.asarray(estimator.fit(inputs.chances, counts).devices_)
    return np.asarray(inputs.prior, dtype=np.float64)


def zones_of_cells(inputs: Any, devices: Floats) -> Floats:
    """Return where the devices of each cell are: shares of zones, shape (n_cells, n_zones)."""
    is_of_zone = inputs.land.zone[:, None] == np.arange(len(inputs.land.register))
    mass: Floats = inputs.chances @ (devices[:, None] * is_of_zone)
    total = mass.sum(axis=1, keepdims=True)
    return np.asarray(np.divide(mass, total, out=np.zeros_like(mass), where=total > 0))


def _home_added(record: _Record, by_night: Floats) -> NDArray[np.intp]:
    """Return home by the rule of the CBS pilot: posteriors of all events added."""
    return np.asarray((record.nights @ by_night).argmax(axis=1), dtype=np.intp)


def _home_likely(record: _Record, by_night: Floats) -> NDArray[np.intp]:
    zone, _ = home_zones(record.nights, record.counts["night"][:, None] * by_night)
    return np.where(zone >= 0, zone, 0)


def _persons(
    record: _Record,
    register: NDArray[np.int64],
    table: dict[str, Floats],
    by_night: Floats,
    by_day: Floats,
) -> dict[str, Floats]:
    """Estimate persons of each zone by day, in three ways that place every device by its cell."""
    n_zones = len(register)
    night = _weighted(table["night"] @ by_night, register)
    present = _weighted(table["day"] @ by_day, register)
    counts = {
        part: (record.counts[part] @ zone_of_cell)[:n_zones, None]
        for part, zone_of_cell in (("night", by_night), ("day", by_day))
    }
    ratio = NightRatio().fit(night[:, None], register)
    counted = NightRatio().fit(counts["night"], register)
    return {
        "home": present,
        "home_night": ratio.transform(present[:, None])[:, 0],
        "counted": counted.transform(counts["day"])[:, 0],
    }


def _persons_by_flows(
    inputs: Any, name: str, register: NDArray[np.int64], table: dict[str, Floats], sleeping: Floats
) -> dict[str, Floats]:
    """Estimate persons of each zone by day, the devices of each home placed apart; by two laws."""
    points = inputs.land.tiles[["x_m", "y_m"]].to_numpy(np.float64)
    uses = inputs.land_use if name == "landuse" else None
    persons = {}
    for way, deterrence in (("flows", "exponential"), ("flows_power", "power")):
        estimator = HomeFlows(inputs.land.zone, points, uses, inputs.prior, deterrence=deterrence)  # type: ignore[arg-type]
        estimator.fit(inputs.chances, table["day"].T, table["night"].T, sleeping)
        persons[way] = _weighted(estimator.flows_, register)
    return persons


def _weighted(flows: Floats, register: NDArray[np.int64]) -> Floats:
    """Return persons in zones of the register: of other homes nobody knows how many they are."""
    flows = flows[: len(register)]
    return HomeWeights().fit(flows, register).transform(flows)[: len(register)]


def _scored(truth: Floats, persons: Floats) -> dict[str, float]:
    """Return errors after one factor makes totals equal, and how far off the total was."""
    level = float(persons.sum() / truth.sum())
    persons = persons / level
    return {
        "mape": round(scores.mape(truth, persons), 5),
        "wape": round(scores.wape(truth, persons), 5),
        "worst": round(float(np.max(np.abs(persons / truth - 1.0))), 5),
        "level": round(level - 1.0, 5) + 0.0,  # no zero with a sign, which depends on threads
    }
