"""Persons, their devices, and machines with a SIM.

Who lives where and carries what belongs here; what they do is in `diaries`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from peil_models.synthetic.country import BEACH, X_MIN_M, Y_MIN_M, Country
from peil_models.synthetic.sampling import Attraction, TileDraw, scattered
from peil_models.synthetic.settlement import CITY
from peil_models.synthetic.streams import stream

Floats = NDArray[Any]
HOME_MCC, HOME_MNC = 204, "91"  # a network code that no operator holds
# kind of person: share of residents, chance of a phone, chance of a second device
KINDS = {
    "child": (0.11, 0.25, 0.0),
    "pupil": (0.10, 0.96, 0.02),
    "office": (0.35, 0.985, 0.13),
    "shift": (0.11, 0.985, 0.03),
    "retail": (0.09, 0.98, 0.03),
    "home": (0.08, 0.96, 0.02),
    "retired": (0.16, 0.87, 0.01),
}
VISITOR_PHONE, VISITOR_SECOND = 0.98, 0.05
FOREIGN = [
    (262, "01", 0.42),
    (206, "10", 0.20),
    (234, "15", 0.14),
    (208, "01", 0.12),
    (238, "02", 0.07),
    (310, "260", 0.05),
]
MACHINE_SHARE, VISITOR_SHARE, OPT_OUT_SHARE = 0.02, 0.03, 0.01
MIN_DEVICES = 100
SAME_OPERATOR_SHARE = 0.5  # of second devices


@dataclass(frozen=True)
class Market:
    """Who is a customer of the operator, how far customers travel to work, whose phone sleeps.

    Parameters
    ----------
    share, share_sd : float
        Share of the phones of a municipality, and its standard deviation over municipalities, cut
        at two of them.
    by_municipality : float
        Each municipality's share is multiplied by an even draw within this of 1.
    by_commuting : float
        The share of those who work or learn in another municipality than they live in is more or
        less by this, relative; whether more or less is drawn once for all.
    commute_m, commute_own : float
        Length over which the attraction of work falls by e, in metres, and factor on the own
        municipality.
    commute_exponent : float, optional
        With it the attraction of work is ``(1 + d / commute_m) ** -commute_exponent``.
    night_off : (float, float)
        Share of phones that are off at night: each municipality an even draw between these.

    Examples
    --------
    >>> Market().share
    0.4
    """

    share: float = 0.40
    share_sd: float = 0.03
    by_municipality: float = 0.0
    by_commuting: float = 0.0
    commute_m: float = 5_000.0
    commute_own: float = 1.3
    commute_exponent: float | None = None
    night_off: tuple[float, float] = (0.03, 0.03)

    def shares(self, seed: int, n_municipalities: int) -> Floats:
        """Share of each municipality."""
        share = stream(seed, "market").normal(self.share, self.share_sd, n_municipalities)
        share = share.clip(self.share - 2 * self.share_sd, self.share + 2 * self.share_sd)
        swing = stream(seed, "market by municipality").uniform(-1, 1, n_municipalities)
        swung: Floats = share * (1 + self.by_municipality * swing)
        return swung

    def factors(self, seed: int, country: Country, residents: pd.DataFrame) -> Floats:
        """Relative share of each resident, by where they work."""
        sign = stream(seed, "market by commuting").choice([-1.0, 1.0])
        works = residents["work_tile"].to_numpy()
        elsewhere = country.municipality[works] != residents["municipality"].to_numpy()
        factor: Floats = 1 + self.by_commuting * sign * (elsewhere & (works >= 0))
        return factor

    def off_at_night(self, seed: int, n_municipalities: int) -> Floats:
        """Share of phones that are off at night: each municipality, and at last those of abroad."""
        off: Floats = stream(seed, "nights off").uniform(*self.night_off, n_municipalities + 1)
        return off


@dataclass(frozen=True)
class Population:
    """Persons and this operator's devices.

    Attributes
    ----------
    persons : DataFrame
        One row per person, residents first: kind, municipality, home_tile (-1 for visitors),
        work_tile (-1 for none), home_x_m, home_y_m, work_x_m, work_y_m, n_devices (of any
        operator), n_operator_devices.
    devices : DataFrame
        One row per device of the operator: person (-1 for a machine), subscriber_id, mcc, mnc,
        imei, kind (phone, second, roamer, machine), is_main, is_opted_out, is_off_at_night,
        activity (relative), x_m and y_m (of machines).
    market_share : ndarray of shape (n_municipalities,)
    """

    persons: pd.DataFrame
    devices: pd.DataFrame
    market_share: Floats

    @property
    def n_residents(self) -> int:
        """Persons in the register: all but visitors."""
        return int((self.persons["home_tile"] >= 0).sum())


def _residents(rng: np.random.Generator, country: Country, n: int, market: Market) -> pd.DataFrame:
    names = list(KINDS)
    kind = rng.choice(len(names), n, p=[KINDS[name][0] for name in names])
    home = TileDraw(country.homes, country.municipality).anywhere(rng, n)
    municipality = country.municipality[home]
    jobs = TileDraw(country.jobs, country.municipality)
    work = np.full(n, -1)
    works = np.isin(kind, [names.index(k) for k in ("office", "shift", "retail")])
    commute = Attraction(
        country, country.jobs, market.commute_m, market.commute_own, market.commute_exponent
    )
    work[works] = jobs.within(rng, commute.draw(rng, municipality[works]))
    for name, scale, own in (("child", 900.0, 3.0), ("pupil", 3_500.0, 1.0)):
        school = Attraction(country, country.leisure, scale, own)
        learns = kind == names.index(name)
        places = TileDraw(country.leisure**1.5, country.municipality)
        work[learns] = places.within(rng, school.draw(rng, municipality[learns]))
    home_x, home_y = scattered(rng, country, home)
    work_x, work_y = scattered(rng, country, np.maximum(work, 0))
    return pd.DataFrame(
        {
            "kind": np.array(names, dtype=object)[kind],
            "municipality": municipality,
            "home_tile": home,
            "work_tile": work,
            "home_x_m": home_x,
            "home_y_m": home_y,
            "work_x_m": work_x,
            "work_y_m": work_y,
        }
    )


def _visitors(n: int) -> pd.DataFrame:
    """Visitors from abroad: home is a point beyond the eastern border."""
    return pd.DataFrame(
        {
            "kind": "visitor",
            "municipality": -1,
            "home_tile": -1,
            "work_tile": -1,
            "home_x_m": np.full(n, X_MIN_M + 40_000.0),
            "home_y_m": np.full(n, Y_MIN_M + 9_500.0),
            "work_x_m": np.nan,
            "work_y_m": np.nan,
        }
    )


def _owned(
    rng: np.random.Generator, phone: Floats, second: Floats, share: Floats
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Devices per person: of any operator, and of this one."""
    first = rng.random(len(phone)) < phone
    more = first & (rng.random(len(phone)) < second)
    ours = first & (rng.random(len(phone)) < share)
    same = rng.random(len(phone)) < SAME_OPERATOR_SHARE
    again = more & np.where(same, ours, rng.random(len(phone)) < share)
    return first.astype(np.int64) + more, ours.astype(np.int64) + again


def _cut(persons: pd.DataFrame, n_devices: int) -> pd.DataFrame:
    """The first persons that own exactly `n_devices` devices of the operator."""
    total = persons["n_operator_devices"].cumsum().to_numpy()
    last = int(np.searchsorted(total, n_devices))
    some = persons.iloc[: last + 1].copy()
    some.loc[some.index[-1], "n_operator_devices"] -= total[last] - n_devices
    return some


def make_population(
    country: Country, devices: int, seed: int, market: Market | None = None
) -> Population:
    """Draw residents, visitors and machines that own `devices` devices of the operator.

    Parameters
    ----------
    country : Country
        Where they live.
    devices : int
        All devices of this operator; persons follow from it (about 2.5 a device).
    seed : int
        The same seed gives the same people.
    market : Market, optional
    """
    market = market or Market()
    n_machines = round(MACHINE_SHARE * devices)
    n_roamers = round(VISITOR_SHARE * devices)
    n_home = devices - n_machines - n_roamers
    share = market.shares(seed, len(country.zone_ids))
    rng = stream(seed, "homes")
    residents = _residents(rng, country, 4 * n_home, market)
    of_resident = share[residents["municipality"]] * market.factors(seed, country, residents)
    traits = np.array([KINDS[kind] for kind in residents["kind"]])
    residents["n_devices"], residents["n_operator_devices"] = _owned(
        rng, traits[:, 1], traits[:, 2], of_resident
    )
    rng = stream(seed, "visitors")
    visitors = _visitors(5 * n_roamers + 20)
    visitors["n_devices"], visitors["n_operator_devices"] = _owned(
        rng, *(np.full(len(visitors), p) for p in (VISITOR_PHONE, VISITOR_SECOND, market.share))
    )
    persons = pd.concat([_cut(residents, n_home), _cut(visitors, n_roamers)], ignore_index=True)
    off = market.off_at_night(seed, len(country.zone_ids))
    return Population(persons, _devices(country, persons, n_machines, seed, off), share)


def _devices(
    country: Country, persons: pd.DataFrame, n_machines: int, seed: int, off: Floats
) -> pd.DataFrame:
    rng = stream(seed, "devices")
    holder = np.repeat(np.arange(len(persons)), persons["n_operator_devices"])
    is_main = np.r_[True, holder[1:] != holder[:-1]] if len(holder) else np.zeros(0, bool)
    person = np.r_[holder, np.full(n_machines, -1)]
    n = len(person)
    is_machine = person < 0
    is_roamer = ~is_machine & (persons["kind"].to_numpy()[person] == "visitor")
    mcc, mnc = np.full(n, HOME_MCC), np.full(n, HOME_MNC, dtype=object)
    which = rng.choice(len(FOREIGN), n, p=[share for _, _, share in FOREIGN])
    mcc[is_roamer] = np.array([code for code, _, _ in FOREIGN])[which[is_roamer]]
    mnc[is_roamer] = np.array([net for _, net, _ in FOREIGN], dtype=object)[which[is_roamer]]
    number = rng.choice(1_000_000, n, replace=False)
    subscriber = [
        f"{code}{net}{digits:0{12 - len(net)}d}"
        for code, net, digits in zip(mcc, mnc, number, strict=True)
    ]
    imei = rng.choice(90_000_000, n, replace=False) + 10_000_000
    tile = TileDraw(country.jobs + country.homes * 5_000, country.municipality).anywhere(rng, n)
    x, y = scattered(rng, country, tile)
    kind = np.where(is_machine, "machine", np.where(is_roamer, "roamer", "phone")).astype(object)
    main = np.r_[is_main, np.zeros(n_machines, bool)]
    off_here = off[persons["municipality"].to_numpy()[person]]  # -1, abroad, is the last
    kind[~main & ~is_machine & ~is_roamer] = "second"
    return pd.DataFrame(
        {
            "person": person,
            "subscriber_id": subscriber,
            "mcc": mcc,
            "mnc": mnc,
            "imei": [f"3500000{digits}" for digits in imei],
            "kind": kind,
            "is_main": main,
            "is_opted_out": ~is_machine & (rng.random(n) < OPT_OUT_SHARE),
            "is_off_at_night": ~is_machine & (rng.random(n) < off_here),
            "activity": np.where(is_machine, 0.1, rng.gamma(2.5, 1 / 2.5, n)),
            "x_m": np.where(is_machine, x, np.nan),
            "y_m": np.where(is_machine, y, np.nan),
        }
    )


def hotels(rng: np.random.Generator, country: Country, n: int, beach_share: float) -> NDArray[Any]:
    """Tiles where `n` guests sleep: the beach resort first, then the city, then elsewhere."""
    chance = np.full(len(country.zone_ids), 0.4 * (1 - beach_share) / (len(country.zone_ids) - 2))
    chance[CITY], chance[BEACH] = 0.6 * (1 - beach_share), beach_share
    municipality = rng.choice(len(chance), n, p=chance / chance.sum())
    return TileDraw(country.hotels, country.municipality).within(rng, municipality)
