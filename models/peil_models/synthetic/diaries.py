"""Diaries of a period: who leaves when for where. Times in seconds since the first midnight.

Plans belong here; positions in time are made of them in `itinerary`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from peil_models.synthetic.country import X_MIN_M, Country
from peil_models.synthetic.population import Population, hotels
from peil_models.synthetic.sampling import Attraction, TileDraw, scattered
from peil_models.synthetic.streams import stream

Floats = NDArray[Any]
Ints = NDArray[Any]
HOUR, DAY = 3600.0, 86400.0
STADIUM_DAY = 2  # Wednesday
STADIUM_START, STADIUM_END = 19.5 * HOUR, 22.5 * HOUR
STADIUM_SHARE = 0.045  # of the residents
WEEKEND_AWAY_SHARE = 0.035  # residents who sleep elsewhere, mostly at the coast
ABROAD_SHARE = 0.015  # residents abroad for some days
# start and length of a voluntary outing: mean and standard deviation in hours
MORNING, AFTERNOON = ((10.2, 1.0), (1.6, 0.6)), ((14.0, 1.0), (2.6, 1.0))
EVENING = ((19.3, 0.7), (2.3, 0.7))


class Diary:
    """Collects outings: person, when it starts and ends, and where it is."""

    def __init__(self, country: Country, population: Population, days: int, seed: int) -> None:
        self.country, self.days, self.seed = country, days, seed
        self.persons = population.persons
        self.kind = self.persons["kind"].to_numpy()
        self.of = self.persons["municipality"].to_numpy()
        self.outings: list[pd.DataFrame] = []
        self.nights: list[pd.DataFrame] = []
        land = country.municipality
        self.near = Attraction(country, country.leisure, 1_500.0, 2.0)
        self.far = Attraction(country, country.leisure + 2 * country.beach, 6_000.0, 0.5)
        self.friends = Attraction(country, country.homes, 3_000.0, 1.5)
        self.shops = TileDraw(country.leisure + 1e-4, land)
        self.homes = TileDraw(country.homes, land)
        self.sands = TileDraw(country.beach, land)

    def add(self, person: Ints, start: Floats, end: Floats, x: Floats, y: Floats) -> None:
        """Note one outing of each of the given persons."""
        self.outings.append(
            pd.DataFrame({"person": person, "start": start, "end": end, "x_m": x, "y_m": y})
        )

    def work(self, day: int, weekend: bool) -> NDArray[Any]:
        """Add work and school. Returns who went."""
        rng = stream(self.seed, "work", day + 1)
        n = len(self.persons)
        u, late = rng.random(n), rng.normal(0, 1, n)
        start, length = np.full(n, 8.7) + 0.7 * late, rng.normal(8.4, 0.8, n)
        goes = (self.kind == "office") & (u < (0.04 if weekend else 0.80 if day % 7 != 4 else 0.68))
        school = np.isin(self.kind, ["child", "pupil"])
        goes |= school & (u < 0.96) & (not weekend)
        start[school] = 8.45 + 0.12 * late[school]
        length[school] = rng.normal(6.6, 0.5, school.sum())
        retail = self.kind == "retail"
        goes |= retail & (u < (0.68, 0.68, 0.68, 0.68, 0.75, 0.75, 0.3)[day % 7])
        start[retail], length[retail] = 9.2 + 0.8 * late[retail], rng.normal(7.6, 1.2, retail.sum())
        shift = self.kind == "shift"
        goes |= shift & ((np.arange(n) + day) % 7 < 5)  # five days on, two off
        turn = np.arange(n) % 20  # 9 early, 8 late, 3 night of twenty
        begins = np.where(turn < 9, 6.5, np.where(turn < 17, 14.2, 22.2)) + 0.15 * late
        start[shift], length[shift] = begins[shift], 8.2
        who = np.flatnonzero(goes)
        at = day * DAY + start[who].clip(0.1) * HOUR
        p = self.persons
        self.add(
            who,
            at,
            at + length[who].clip(3) * HOUR,
            p["work_x_m"].to_numpy()[who],
            p["work_y_m"].to_numpy()[who],
        )
        went: NDArray[Any] = goes
        return went

    def leisure(self, day: int, weekend: bool, busy: NDArray[Any]) -> None:
        """Add errands, visits, sports, day trips and evenings out."""
        rng = stream(self.seed, "leisure", day)
        retired = np.isin(self.kind, ["retired", "home"])
        resident = self.kind != "visitor"
        free = resident & ~busy
        evening = 0.26 if day % 7 not in (4, 5) else 0.36
        for when, chance in (
            (MORNING, np.where(free, 0.42 if weekend else np.where(retired, 0.5, 0.35), 0.0)),
            (AFTERNOON, np.where(free, 0.58 if weekend else np.where(retired, 0.42, 0.35), 0.0)),
            (EVENING, np.where(resident, np.where(retired, 0.5, 1.0) * evening, 0.0)),
        ):
            who = np.flatnonzero(rng.random(len(self.kind)) < chance)
            who = who[(self.kind[who] != "child") | (when is not EVENING)]
            (start, spread), (length, varies) = when
            at = day * DAY + rng.normal(start, spread, len(who)).clip(6, 23) * HOUR
            at = np.where(busy[who], np.maximum(at, day * DAY + 19 * HOUR), at)
            end = at + rng.normal(length, varies, len(who)).clip(0.4) * HOUR
            trip = weekend and when is AFTERNOON
            self.add(who, at, end, *self.somewhere(rng, self.of[who], trip))

    def somewhere(
        self, rng: np.random.Generator, municipality: Ints, trip: bool
    ) -> tuple[Floats, Floats]:
        """Choose shops, other people's homes or, on a day trip, farther places and the beach."""
        choice = rng.random(len(municipality))
        goes_far = choice < (0.4 if trip else 0.12)
        visits = choice > 0.65
        sands = trip & (choice < 0.09)
        where = self.shops.within(
            rng,
            np.where(goes_far, self.far.draw(rng, municipality), self.near.draw(rng, municipality)),
        )
        home = self.homes.within(rng, self.friends.draw(rng, municipality))
        tile = np.where(
            visits, home, np.where(sands, self.sands.anywhere(rng, len(municipality)), where)
        )
        return scattered(rng, self.country, tile)

    def stadium(self) -> NDArray[Any]:
        """Add the match: all come and go within minutes. Returns who went."""
        rng = stream(self.seed, "stadium")
        fan = ~np.isin(self.kind, ["child", "visitor"])
        who = np.flatnonzero(fan & (rng.random(len(self.kind)) < STADIUM_SHARE / fan.mean()))
        spot = np.full(len(who), self.country.stadium)
        x, y = scattered(rng, self.country, spot)
        start = STADIUM_DAY * DAY + STADIUM_START - rng.gamma(3, 420, len(who))
        end = STADIUM_DAY * DAY + STADIUM_END + rng.gamma(2, 240, len(who))
        self.add(who, start, end, x, y)
        return who

    def away(self) -> pd.DataFrame:
        """Plan nights elsewhere: weekends at the coast, residents abroad, visitors from abroad."""
        rng = stream(self.seed, "away")
        n, length = len(self.persons), self.days * DAY
        resident, u = self.kind != "visitor", rng.random(n)
        for week in range(0, self.days, 7):
            tour = np.flatnonzero(resident & (rng.random(n) < WEEKEND_AWAY_SHARE))
            start = (week + 4) * DAY + rng.choice([18.5, 34.0], len(tour)) * HOUR
            start += rng.normal(0, 1.2, len(tour)) * HOUR
            end = (week + 6) * DAY + rng.normal(16.0, 1.8, len(tour)) * HOUR
            bed = hotels(rng, self.country, len(tour), 0.8)
            self._stay(tour, start, end, *scattered(rng, self.country, bed))
        gone = np.flatnonzero(resident & (u < ABROAD_SHARE))
        start = rng.uniform(-1 * DAY, length, len(gone))
        nights = rng.integers(0, 4, len(gone))
        p = self.persons.iloc[gone]
        border = np.full(len(gone), X_MIN_M + 60_000.0)
        self._stay(gone, start, start + nights * DAY + 9 * HOUR, border, p["home_y_m"].to_numpy())
        guest = np.flatnonzero(~resident)
        plan = rng.random(len(guest))  # weekend, some nights, or a day
        first = rng.integers(-1, max(self.days, 1), len(guest))
        start = first * DAY + rng.normal(15.0, 2.0, len(guest)) * HOUR
        last = first + rng.integers(1, 4, len(guest))
        end = last * DAY + rng.normal(11.0, 1.5, len(guest)) * HOUR
        weekend = (plan < 0.5) & (self.days >= 5)
        start[weekend] = 4 * DAY + rng.normal(17.5, 1.8, weekend.sum()) * HOUR
        end[weekend] = 6 * DAY + rng.normal(15.0, 2.0, weekend.sum()) * HOUR
        short = plan > 0.85
        start[short], end[short] = (first[short].clip(0) * DAY + h * HOUR for h in (10.0, 18.5))
        end[short] += rng.normal(0, 1.0, short.sum()) * HOUR
        tile = hotels(rng, self.country, len(guest), 0.65)
        self._stay(guest, start, end, *scattered(rng, self.country, tile))
        stays = pd.concat(self.nights, ignore_index=True)
        stays = stays[stays["end"] > stays["start"]]
        return stays.drop_duplicates("person", ignore_index=True)

    def _stay(self, who: Ints, start: Floats, end: Floats, x: Floats, y: Floats) -> None:
        self.nights.append(
            pd.DataFrame({"person": who, "start": start, "end": end, "x_m": x, "y_m": y})
        )

    def excursions(self, nights: pd.DataFrame) -> None:
        """Let guests go out near where they sleep: by day and in the evening."""
        rng = stream(self.seed, "excursions")
        who, begins, ends = (nights[name].to_numpy() for name in ("person", "start", "end"))
        tile = self.country.tile_at(nights["x_m"].to_numpy(), nights["y_m"].to_numpy())
        near = self.country.municipality[tile]
        for day in range(self.days):
            for (start, spread), (length, varies) in (MORNING, AFTERNOON, EVENING):
                at = day * DAY + rng.normal(start, spread, len(who)) * HOUR
                end = at + rng.normal(length, varies, len(who)).clip(0.5) * HOUR
                goes = (rng.random(len(who)) < 0.5) & (tile >= 0) & (near >= 0)
                goes &= (at > begins + HOUR) & (end < ends - 0.3 * HOUR)
                x, y = self.somewhere(rng, near[goes], start == AFTERNOON[0][0])
                self.add(who[goes], at[goes], end[goes], x, y)


def make_outings(
    country: Country, population: Population, days: int, seed: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Draw all outings of all persons, and their nights elsewhere.

    Returns
    -------
    outings, nights : DataFrame
        person, start, end (seconds since the first local midnight), x_m, y_m; outings also
        is_away (made from where the person sleeps, not from home).

    Notes
    -----
    Day 0 is a Monday. An outing of a resident that overlaps a night elsewhere is left out, and so
    is one that overlaps the match for those who go to the match.
    """
    diary = Diary(country, population, days, seed)
    diary.work(-1, True)  # whose night shift ends on the first morning
    for day in range(days):
        weekend = day % 7 >= 5
        diary.leisure(day, weekend, diary.work(day, weekend))
    plain = pd.concat(diary.outings, ignore_index=True)
    diary.outings = []
    fans = diary.stadium() if days > STADIUM_DAY else np.zeros(0, int)
    match = STADIUM_DAY * DAY + np.array([STADIUM_START - 1.5 * HOUR, STADIUM_END + HOUR])
    clash = plain["person"].isin(fans) & (plain["end"] > match[0]) & (plain["start"] < match[1])
    # work may last until the match begins, other outings make way
    at_work = clash & (plain["start"] < match[0] - 2 * HOUR)
    plain.loc[at_work, "end"] = match[0]
    plain = plain[~(clash & ~at_work)]
    matches = pd.concat(diary.outings, ignore_index=True) if diary.outings else plain.iloc[:0]
    diary.outings = []
    nights = diary.away()
    outings = pd.concat([plain, matches], ignore_index=True)
    bound = nights.set_index("person")[["start", "end"]].reindex(outings["person"])
    begins, ends = bound["start"].to_numpy(), bound["end"].to_numpy()
    clash = (outings["end"].to_numpy() > begins) & (outings["start"].to_numpy() < ends)
    diary.excursions(nights)
    parts = [outings[~clash].assign(is_away=False)]
    parts += [trips.assign(is_away=True) for trips in diary.outings]
    return pd.concat(parts, ignore_index=True), nights
