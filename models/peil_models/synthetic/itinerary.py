"""Position of everybody at any moment: stays, and trips in a straight line.

Made of diaries; what the network records of it is in `signalling`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from peil_models.synthetic.country import Country
from peil_models.synthetic.population import Population

Floats = NDArray[Any]
Ints = NDArray[Any]
MODES = ["none", "walk", "bicycle", "public_transport", "car", "coach"]
SPEED_M_S = np.array([1.0, 1.3, 4.2, 8.5, 11.5, 22.0])
START_S = 90.0  # door to vehicle and back, per trip
SAME_JOURNEY_S = 2400.0  # a shorter gap between two outings is no reason to go home


@dataclass(frozen=True)
class Itinerary:
    """All legs, by carrier and time. A carrier is a person or, after these, a fixed machine.

    Attributes
    ----------
    carrier : ndarray of int32, shape (n_legs,)
    departs_s, arrives_s : ndarray of float64, shape (n_legs,)
        Seconds since the first local midnight. The first leg of a carrier puts it at its start.
    from_x, from_y, to_x, to_y : ndarray of float64, shape (n_legs,)
        Metres on the plane.
    mode : ndarray of int8, shape (n_legs,)
        Number in `MODES`.
    first : ndarray of int64, shape (n_carriers + 1,)
        Legs of carrier i are ``first[i]:first[i + 1]``.
    n_persons : int
    """

    carrier: NDArray[Any]
    departs_s: Floats
    arrives_s: Floats
    from_x: Floats
    from_y: Floats
    to_x: Floats
    to_y: Floats
    mode: NDArray[Any]
    first: NDArray[Any]
    n_persons: int

    def position(self, carrier: Ints, at_s: Floats) -> tuple[Floats, Floats]:
        """Position of each carrier at each moment, in metres; arrays of equal length."""
        leg = self.leg(carrier, at_s)
        gone = (at_s - self.departs_s[leg]) / (self.arrives_s[leg] - self.departs_s[leg])
        gone = np.minimum(gone, 1.0)
        x, y = self.from_x[leg], self.from_y[leg]
        return x + gone * (self.to_x[leg] - x), y + gone * (self.to_y[leg] - y)

    def leg(self, carrier: Ints, at_s: Floats) -> Ints:
        """Number of the last leg that has begun. `position` is quick when the input is sorted."""
        key = carrier.astype(np.float64) * _SPAN + at_s
        return np.searchsorted(self._key, key, side="right") - 1

    @cached_property
    def _key(self) -> Floats:
        """Carrier and time of departure in one ascending number."""
        return self.carrier.astype(np.float64) * _SPAN + self.departs_s


_SPAN = 1e8  # seconds, longer than any simulation: keeps carriers apart in one sorted key


def make_itinerary(
    country: Country, population: Population, outings: pd.DataFrame, nights: pd.DataFrame
) -> Itinerary:
    """Turn outings into legs that follow each other in time and place.

    Notes
    -----
    After an outing a person goes to the base of that time (home, or where they sleep), unless the
    next outing begins before long. A trip that would begin before the last has ended is put off.
    """
    persons, machines = population.persons, population.devices.query("person < 0")
    n_persons, n_carriers = len(persons), len(persons) + len(machines)
    home_x = np.r_[persons["home_x_m"], machines["x_m"]]
    home_y = np.r_[persons["home_y_m"], machines["y_m"]]
    night_x, night_y = home_x.copy(), home_y.copy()
    sleeper = nights["person"].to_numpy()
    night_x[sleeper], night_y[sleeper] = nights["x_m"], nights["y_m"]

    outings = outings.sort_values(["person", "start"], kind="stable")
    who, start, end = (outings[name].to_numpy() for name in ("person", "start", "end"))
    goes_on = np.r_[(who[1:] == who[:-1]) & (start[1:] < end[:-1] + SAME_JOURNEY_S), False]
    goes_on[:-1] &= outings["is_away"].to_numpy()[1:] == outings["is_away"].to_numpy()[:-1]
    back = ~goes_on
    away = outings["is_away"].to_numpy()[back]
    returning = who[back]
    base_x = np.where(away, night_x[returning], home_x[returning])
    base_y = np.where(away, night_y[returning], home_y[returning])
    everyone = np.arange(n_carriers)
    person = np.r_[everyone, who, returning, sleeper, sleeper]
    departs = np.r_[np.full(n_carriers, -1e6), start, end[back], nights["start"], nights["end"]]
    to_x = np.r_[home_x, outings["x_m"], base_x, nights["x_m"], home_x[sleeper]]
    to_y = np.r_[home_y, outings["y_m"], base_y, nights["y_m"], home_y[sleeper]]
    # arrive at the start of an outing, not leave at it: about the time from home
    is_out = np.zeros(len(person), bool)
    is_out[n_carriers : n_carriers + len(who)] = True

    order = np.lexsort((departs, person))
    person, departs, to_x, to_y, is_out = (v[order] for v in (person, departs, to_x, to_y, is_out))
    from_x, from_y = np.r_[to_x[0], to_x[:-1]], np.r_[to_y[0], to_y[:-1]]
    is_first = np.r_[True, person[1:] != person[:-1]]
    from_x[is_first], from_y[is_first] = to_x[is_first], to_y[is_first]
    distance = np.hypot(to_x - from_x, to_y - from_y)
    taste = (person * 7919 % 1000) / 1000  # who cycles, who drives: a habit of the person
    mode = np.select(
        [distance < 1, distance < 900, distance < 4_500, distance > 25_000],
        [0, 1, np.where(taste < 0.55, 2, 4), 5],
        default=np.where(taste < 0.25, 3, 4),
    ).astype(np.int8)
    lasts = np.where(distance < 1, 1.0, distance / SPEED_M_S[mode] + START_S)
    departs = departs - np.where(is_out, lasts, 0.0)
    # no leg before the last has ended: a running maximum within the person
    before = np.cumsum(lasts + 60) - (lasts + 60)
    slack = departs - before + person * _SPAN
    departs = np.maximum.accumulate(slack) - person * _SPAN + before
    first = np.r_[np.flatnonzero(is_first), len(person)]
    return Itinerary(
        person.astype(np.int32),
        departs,
        departs + lasts,
        from_x,
        from_y,
        to_x,
        to_y,
        mode,
        first,
        n_persons,
    )


def present(country: Country, itinerary: Itinerary, at_s: float) -> NDArray[Any]:
    """Persons present per tile at a moment, shape (n_tiles,). Those abroad are in no tile."""
    everyone = np.arange(itinerary.n_persons)
    x, y = itinerary.position(everyone, np.full(len(everyone), at_s))
    tile = country.tile_at(x, y)
    return np.bincount(tile[tile >= 0], minlength=len(country.tiles))


def make_trips(country: Country, itinerary: Itinerary, until_s: float) -> pd.DataFrame:
    """One row per trip of a person that departs in the period: when, from where to where, how.

    Columns person_id, departs_s, arrives_s, from_tile_id, to_tile_id, from_zone_id, to_zone_id,
    mode. Tile and zone are null abroad.
    """
    shown = (itinerary.mode > 0) & (itinerary.departs_s >= 0) & (itinerary.departs_s < until_s)
    shown &= itinerary.carrier < itinerary.n_persons
    zone = np.array([*country.tiles["zone_id"], None], dtype=object)
    code = np.append(country.tiles["tile_id"].to_numpy(), -1)
    trips: dict[str, Any] = {
        "person_id": itinerary.carrier[shown].astype(np.int64),
        "departs_s": itinerary.departs_s[shown].round().astype(np.int64),
        "arrives_s": itinerary.arrives_s[shown].round().astype(np.int64),
    }
    for end, x, y in (
        ("from", itinerary.from_x, itinerary.from_y),
        ("to", itinerary.to_x, itinerary.to_y),
    ):
        tile = country.tile_at(x[shown], y[shown])
        trips[f"{end}_tile_id"] = pd.Series(code[tile], dtype="Int64").mask(tile < 0)
        trips[f"{end}_zone_id"] = zone[tile]
    frame = pd.DataFrame(trips)
    frame["mode"] = np.array(MODES, dtype=object)[itinerary.mode[shown]]
    names = [
        "person_id",
        "departs_s",
        "arrives_s",
        "from_tile_id",
        "to_tile_id",
        "from_zone_id",
        "to_zone_id",
        "mode",
    ]
    return frame[names]
