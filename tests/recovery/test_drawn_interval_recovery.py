"""Intervals of joint draws hold where a zone has far more visitors by day than residents.

The night says little there: a thousand residents calibrate twenty thousand visitors. Smallest
error seen: draws without the share that visitors bring hold a tenth of the worlds fewer.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np

from peil import methods
from peil.estimate.spread import ERRORS
from peil_models.uncertainty import PresenceErrors, draw_persons, homes_of_visitors
from peil_models.weighting import NightRatio, held_to_totals

REGISTER = np.array([1_000.0, 60_000.0, 45_000.0, 30_000.0, 20_000.0])
CENTRES = np.array([[0, 0], [4_000, 0], [0, 6_000], [-7_000, 0], [0, -9_000]], dtype=float)
FROM = np.array([0.0, 8_000.0, 6_000.0, 4_000.0, 2_000.0])  # the 20 000 of the district at noon
SHARE, SHARE_SD = 0.35, 0.06
N_WORLDS = 25


def chosen() -> PresenceErrors:
    section = methods.section("uncertainty", "demo")
    return PresenceErrors(**{name: float(section[name]) for name in ERRORS})


@cache
def held(errors: PresenceErrors) -> float:
    """Share of the worlds in which the interval of the district at noon holds the truth."""
    n_held = 0
    homes = homes_of_visitors(REGISTER, CENTRES, near_m=2_000.0, distance_exponent=2.0)
    by_day = REGISTER - FROM
    by_day[0] += FROM.sum()
    for seed in range(N_WORLDS):
        random = np.random.default_rng(seed)
        shares = SHARE * np.exp(SHARE_SD * random.standard_normal(len(REGISTER)))
        asleep = random.binomial(REGISTER.astype(int), shares).astype(float)
        visiting = random.binomial(asleep.astype(int), FROM / REGISTER).astype(float)
        noon = asleep - visiting
        noon[0] += visiting.sum()
        devices, totals = np.stack([asleep, noon], axis=1), np.full(2, REGISTER.sum())
        ratio = NightRatio().fit(devices[:, :1], REGISTER)
        persons = held_to_totals(devices * np.asarray(ratio.ratio_)[:, None], totals)
        draws = draw_persons(
            persons,
            devices,
            devices[None],
            REGISTER,
            devices[:, :1],
            NightRatio(),
            errors,
            night_hours=[0],
            homes=homes,
            totals=totals,
            seed=seed,
        )
        low, high = np.quantile(draws[:, 0, 1], [0.05, 0.95])
        n_held += low <= by_day[0] <= high
    return n_held / N_WORLDS


def test_a_district_of_twenty_visitors_a_resident_is_held() -> None:
    assert held(chosen()) >= 0.85


def test_without_the_shares_that_visitors_bring_it_is_not() -> None:
    share = held(replace(chosen(), share_sd=0.0, local_sd=0.0, resort_share=0.0))
    assert share <= held(chosen()) - 0.1
