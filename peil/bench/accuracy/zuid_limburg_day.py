"""Persons by day in Zuid-Limburg: home weights, night ratio, and the counted table alone.

By day the truth is persons, so the market share of municipalities matters; every method knows the
register and one night.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from models import scores
from models.presence import PresenceEM, PresenceLandUse
from models.synthetic.landscape import Lives, draw_lives, serving_cells
from models.synthetic.landscape_radio import Scenario, delivered_counts, heard_from, true_footprint
from models.synthetic.streams import stream
from models.weighting import HomeWeights, NightRatio, home_zones

Floats = NDArray[np.float64]
N_NIGHTS = 20
"""Nights of the linkage window, one event each, that tell where a device lives."""
SHARE, SHARE_SD = 0.33, 0.05
ESTIMATORS = ("sb", "em10", "landuse")
WAYS = ("home", "home_night", "counted")


def day(told: Any, scenario: Scenario, seed: int) -> dict[str, dict[str, float]]:
    """Scores of every estimator and way to persons, by ``<estimator>_<way>``.

    Parameters
    ----------
    told : Told
        Of the region.
    scenario : Scenario
        Its market share replaces that of the protocol where it has one.
    seed : int
    """
    land = told.land
    sd = scenario.market_share_sd * SHARE if scenario.market_share_sd else SHARE_SD
    share = stream(seed, "day share").normal(SHARE, sd, len(land.register))
    lives = draw_lives(land, seed, market_share=np.clip(share, 0.1, 0.6),
                       crowd_persons=scenario.crowd_persons)  # fmt: skip
    chances = told.chances
    if not scenario.is_footprint_known:
        chances = true_footprint(land.cells, land.tiles, scenario, seed)
    truth = np.bincount(land.zone[lives.work], minlength=len(land.register)).astype(np.float64)
    record = _Record.of(told, scenario, seed, lives, chances)
    found = {}
    for name in ESTIMATORS:
        by_night, by_day = (
            _zone_of_cell(told, name, record.counts[part]) for part in ("night", "day")
        )
        home = (
            _home_likely(record, by_night) if name == "landuse" else _home_added(record, by_night)
        )
        for way, persons in _persons(record, land.register, home, by_night, by_day).items():
            found[f"{name}_{way}"] = _scored(truth, persons)
    return found


class _Record:
    """What the operator has: counts of one night and one day, and the events of devices."""

    def __init__(self, counts: dict[str, Floats], cells: dict[str, Any], nights: Any) -> None:
        self.counts, self.cells, self.nights = counts, cells, nights

    @classmethod
    def of(
        cls, told: Any, scenario: Scenario, seed: int, lives: Lives, chances: sparse.csr_array
    ) -> _Record:
        n_cells = len(told.land.cells)
        counts, cells = {}, {}
        home, work = lives.home[lives.has_device], lives.work[lives.has_device]
        for part, at in (("night", home), ("day", work)):
            heard = heard_from(told.land.tiles, at, scenario, seed)
            served = serving_cells(chances, heard, stream(seed, f"connections {part}"))
            counts[part], _ = delivered_counts(served, n_cells, scenario, seed)
            cells[part] = served
        random = stream(seed, "linkage nights")
        heard = heard_from(told.land.tiles, home, scenario, seed)
        nights = np.stack([serving_cells(chances, heard, random) for _ in range(N_NIGHTS)])
        device = np.broadcast_to(np.arange(len(home)), nights.shape)
        is_seen = (nights >= 0) & (nights < n_cells)
        events = (np.ones(is_seen.sum()), (device[is_seen], nights[is_seen]))
        shape = (len(home), n_cells)
        return cls(counts, cells, sparse.coo_array(events, shape=shape).tocsr())


def _zone_of_cell(told: Any, name: str, counts: Floats) -> Floats:
    devices: Floats = told.prior
    if name == "em10":
        devices = PresenceEM(told.prior, max_iter=10).fit(told.chances, counts).devices_
    elif name == "landuse":
        devices = PresenceLandUse(told.land_use, told.prior).fit(told.chances, counts).devices_
    return zones_of_cells(told, devices)


def zones_of_cells(told: Any, devices: Floats) -> Floats:
    """Where the devices of each cell are: shares of zones, shape (n_cells, n_zones)."""
    is_of_zone = told.land.zone[:, None] == np.arange(len(told.land.register))
    mass: Floats = told.chances @ (devices[:, None] * is_of_zone)
    total = mass.sum(axis=1, keepdims=True)
    return np.asarray(np.divide(mass, total, out=np.zeros_like(mass), where=total > 0))


def _home_added(record: _Record, by_night: Floats) -> NDArray[np.intp]:
    """Home by the rule of the CBS pilot: posteriors of all events added."""
    return np.asarray((record.nights @ by_night).argmax(axis=1), dtype=np.intp)


def _home_likely(record: _Record, by_night: Floats) -> NDArray[np.intp]:
    zone, _ = home_zones(record.nights, record.counts["night"][:, None] * by_night)
    return np.where(zone >= 0, zone, 0)


def _persons(
    record: _Record,
    register: NDArray[np.int64],
    home: NDArray[np.intp],
    by_night: Floats,
    by_day: Floats,
) -> dict[str, Floats]:
    """Persons of each zone by day, in each of three ways."""
    n_cells, n_zones = by_night.shape
    present = {}
    for part, zone_of_cell in (("night", by_night), ("day", by_day)):
        served = record.cells[part]
        is_seen = (served >= 0) & (served < n_cells)
        pairs = sparse.coo_array(
            (np.ones(is_seen.sum()), (home[is_seen], served[is_seen])), shape=(n_zones, n_cells)
        )
        flows = np.asarray(pairs.tocsr() @ zone_of_cell)
        present[part] = HomeWeights().fit(flows, register).transform(flows)
    ratio = NightRatio().fit(present["night"][:, None], register)
    counted = NightRatio().fit((record.counts["night"] @ by_night)[:, None], register)
    return {
        "home": present["day"],
        "home_night": ratio.transform(present["day"][:, None])[:, 0],
        "counted": counted.transform((record.counts["day"] @ by_day)[:, None])[:, 0],
    }


def _scored(truth: Floats, persons: Floats) -> dict[str, float]:
    persons = persons * (truth.sum() / persons.sum())
    return {
        "mape": round(scores.mape(truth, persons), 5),
        "wape": round(scores.wape(truth, persons), 5),
        "worst": round(float(np.max(np.abs(persons / truth - 1.0))), 5),
    }
