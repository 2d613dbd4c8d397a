"""Events that the network records: which device, when, by which cell. Days in order.

Records are clean here; `dirt` spoils them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from peil_models.synthetic.itinerary import Itinerary
from peil_models.synthetic.network import Outage
from peil_models.synthetic.population import Population
from peil_models.synthetic.radio import Radio, pixel_at
from peil_models.synthetic.streams import stream

Floats = NDArray[Any]
Ints = NDArray[Any]
DAY, HOUR = 86400, 3600
# update, voice, text, data, handover
CODES = ["LU", "VO", "SM", "PS", "HO"]
UPDATE, VOICE, TEXT, DATA, HANDOVER = range(5)
HOURLY = np.array(
    [
        1.2,
        0.6,
        0.4,
        0.3,
        0.4,
        0.9,
        2.2,
        4.2,
        5.6,
        5.6,
        5.7,
        5.9,
        6.2,
        5.9,
        5.7,
        5.8,
        6.2,
        6.6,
        6.4,
        6.2,
        6.0,
        5.4,
        4.2,
        2.4,
    ]
)
MOVING_STEP_S = 75.0  # how often a travelling device measures its neighbours
TIMING_STEP_M = 78.12  # LTE


@dataclass(frozen=True)
class Recording:
    """What the network writes down.

    Parameters
    ----------
    period_s : (float, float)
        Seconds between two periodic updates: each device an even draw between these.
    activity_per_day : float
        Calls, texts and data of a device, mean over devices.
    has_handovers : bool
        Whether a change of cell on the way is recorded.
    neighbour_share : float
        Share of the records that come with records of neighbour cells at the same second.
    most_neighbours : int
        Neighbour cells with such a record: from one to so many.

    Examples
    --------
    >>> Recording().activity_per_day
    30.0
    """

    period_s: tuple[float, float] = (2000.0, 2950.0)
    activity_per_day: float = 30.0
    has_handovers: bool = True
    neighbour_share: float = 0.0
    most_neighbours: int = 2


def spans(first: Ints, count: Ints) -> Ints:
    """Concatenate ``first[i] + arange(count[i])``.

    >>> spans(np.array([5, 0]), np.array([2, 3]))
    array([5, 6, 0, 1, 2])
    """
    offset = np.cumsum(count) - count
    numbers: Ints = np.arange(int(count.sum())) + np.repeat(first - offset, count)
    return numbers


class Signalling:
    """Makes the events of one day after the other; a device keeps its serving cell overnight.

    Parameters
    ----------
    population : Population
    itinerary : Itinerary
    radio : Radio
    outage : Outage
        Cells that are silent for some hours of one day.
    seed : int
    recording : Recording, optional
    """

    def __init__(
        self,
        population: Population,
        itinerary: Itinerary,
        radio: Radio,
        outage: Outage,
        seed: int,
        recording: Recording | None = None,
    ) -> None:
        self.itinerary, self.radio, self.outage, self.seed = itinerary, radio, outage, seed
        self.recording = recording or Recording()
        devices = population.devices
        person = devices["person"].to_numpy()
        machine = np.cumsum(person < 0) - 1 + itinerary.n_persons
        self.carrier = np.where(person < 0, machine, person)
        self.activity = devices["activity"].to_numpy()
        self.n = len(devices)
        rng = stream(seed, "habits")
        self.period = rng.uniform(*self.recording.period_s, self.n)
        self.phase = rng.random(self.n) * self.period
        off = devices["is_off_at_night"].to_numpy()
        self.off_from = np.where(off, rng.uniform(22.8, 23.9, self.n) * HOUR, DAY)
        self.off_until = np.where(off, rng.uniform(6.0, 7.2, self.n) * HOUR, 0)
        self.serving = np.full(self.n, -1, dtype=np.int16)
        spread = stream(seed, "hysteresis").uniform(-1, 1, radio.n_cells)
        physics = radio.physics
        hysteresis = physics.hysteresis_db + physics.hysteresis_spread_db * spread
        self.hysteresis = hysteresis.astype(np.float32)

    def day(self, day: int) -> pd.DataFrame:
        """Events of one local day, in order of time.

        Returns
        -------
        DataFrame
            device, second (of the local day), cell, code (number in `CODES`), timing_advance
            (-1 where the cell measures none). One row per device and second at most, and one more
            for each neighbour cell that is recorded with it.
        """
        rng = stream(self.seed, "events", day)
        device, second, code = self._moments(rng, day)
        x, y = self.itinerary.position(self.carrier[device], second + float(day * DAY))
        pixel = pixel_at(x, y)
        is_reachable = pixel >= 0  # abroad is another network's business
        is_reachable &= (second < self.off_from[device]) & (second >= self.off_until[device])
        device, second, code, pixel, x, y = (
            v[is_reachable] for v in (device, second, code, pixel, x, y)
        )
        cell, changed = self._serve(rng, day, device, second, pixel)
        # while moving a device measures often, but only a change of cell is recorded
        is_recorded = (code != HANDOVER) | (changed & self.recording.has_handovers)
        device, second, code, cell, pixel, x, y = (
            v[is_recorded] for v in (device, second, code, cell, pixel, x, y)
        )
        distance = np.hypot(x - self.radio.x_m[cell], y - self.radio.y_m[cell])
        late = rng.exponential(35.0, len(cell))  # metres of detour by reflections
        timing = np.floor((distance + late) / TIMING_STEP_M).astype(np.int16)
        timing[~self.radio.has_timing[cell]] = -1
        events = pd.DataFrame(
            {
                "device": device.astype(np.int32),
                "second": second.astype(np.int32),
                "cell": cell,
                "code": code.astype(np.int8),
                "timing_advance": timing,
            }
        )
        if self.recording.neighbour_share > 0:
            events = self._with_neighbours(day, events, pixel)
        return events.sort_values("second", kind="stable", ignore_index=True)

    def _with_neighbours(self, day: int, events: pd.DataFrame, pixel: Ints) -> pd.DataFrame:
        """Add records of the strongest other cells at the same second, in no order of strength.

        A neighbour measures no timing advance.
        """
        rng, most = stream(self.seed, "neighbours", day), self.recording.most_neighbours
        n = rng.integers(1, most + 1, len(events))
        n[rng.random(len(events)) >= self.recording.neighbour_share] = 0
        candidates = self.radio.cell[pixel]
        is_other = candidates != events["cell"].to_numpy()[:, None]
        rank = np.cumsum(is_other, axis=1)
        row, column = np.nonzero(is_other & (rank <= n[:, None]))
        beside = events.iloc[row].assign(cell=candidates[row, column], timing_advance=np.int16(-1))
        both = pd.concat([events, beside], ignore_index=True)
        return both.iloc[rng.permutation(len(both))]

    def _moments(self, rng: np.random.Generator, day: int) -> tuple[Ints, Ints, Ints]:
        """Device, second and code of every moment at which a device may be seen, sorted."""
        start = day * DAY
        number = np.ceil((start - self.phase) / self.period)
        count = (np.ceil((start + DAY - self.phase) / self.period) - number).astype(np.int64)
        device = [np.repeat(np.arange(self.n), count)]
        turn = spans(number.astype(np.int64), count)
        second = [self.phase[device[0]] + turn * self.period[device[0]] - start]
        code = [np.full(len(turn), UPDATE)]

        busy = rng.poisson(self.recording.activity_per_day * self.activity)
        device.append(np.repeat(np.arange(self.n), busy))
        clock = np.r_[0, np.cumsum(HOURLY)] / HOURLY.sum()
        second.append(np.interp(rng.random(int(busy.sum())), clock, np.arange(25) * HOUR))
        code.append(rng.choice([DATA, DATA, DATA, VOICE, TEXT], int(busy.sum())))

        moving, at = self._travelling(start)
        device.append(moving)
        second.append(at - start)
        code.append(np.full(len(moving), HANDOVER))
        key = np.concatenate(device) * np.int64(DAY)
        key += np.concatenate(second).astype(np.int64).clip(0, DAY - 1)
        key = np.sort(key * 8 + np.concatenate(code))  # a record beats a measurement
        key = key[np.r_[True, key[1:] >> 3 != key[:-1] >> 3]]
        return (key >> 3) // DAY, (key >> 3) % DAY, key & 7

    def _travelling(self, start: int) -> tuple[Ints, Floats]:
        """Device and moment of the measurements on the way, and one on arrival."""
        legs = self.itinerary
        inside = np.flatnonzero(
            (legs.departs_s < start + DAY) & (legs.arrives_s > start) & (legs.mode > 0)
        )
        carrier = legs.carrier[inside]
        low = np.searchsorted(carrier, self.carrier, "left")
        count = np.searchsorted(carrier, self.carrier, "right") - low
        device = np.repeat(np.arange(self.n), count)
        leg = inside[spans(low, count)]
        steps = np.ceil((legs.arrives_s[leg] - legs.departs_s[leg]) / MOVING_STEP_S).astype(int)
        step = spans(np.ones(len(steps), dtype=np.int64), steps)
        at = np.repeat(legs.departs_s[leg], steps) + step * MOVING_STEP_S
        at = np.minimum(at, np.repeat(legs.arrives_s[leg], steps))
        device = np.repeat(device, steps)
        today = (at >= start) & (at < start + DAY)
        return device[today], at[today]

    def load(self, day: int) -> NDArray[Any]:
        """How many dB less attractive each cell is, shape (24, n_cells): the busy ones."""
        physics = self.radio.physics
        load = np.zeros((24, self.radio.n_cells), dtype=np.float32)
        for hour in range(24):
            at = np.full(self.n, day * DAY + (hour + 0.5) * HOUR)
            pixel = pixel_at(*self.itinerary.position(self.carrier, at))
            best = self.radio.cell[pixel[pixel >= 0], 0]
            n = np.bincount(best, minlength=self.radio.n_cells)
            doublings = np.log2(np.maximum(n, 1) / max(n.mean(), 1))
            load[hour] = (physics.load_db_per_doubling * doublings).clip(0, physics.load_limit_db)
        return load

    def _serve(
        self, rng: np.random.Generator, day: int, device: Ints, second: Ints, pixel: Ints
    ) -> tuple[NDArray[Any], NDArray[Any]]:
        """Serving cell with hysteresis: the k-th moment of all devices at once."""
        radio, physics = self.radio, self.radio.physics
        load = self.load(day)
        hour = second // HOUR
        is_down = np.zeros(radio.n_cells, dtype=bool)
        if day == self.outage.day:
            is_down[self.outage.cells] = True
        silent = (second >= self.outage.from_s) & (second < self.outage.until_s) & is_down.any()
        count = np.bincount(device, minlength=self.n)
        first = np.cumsum(count) - count
        most = np.argsort(-count, kind="stable")
        count = count[most]
        serving = self.serving[most]
        cell = np.empty(len(device), dtype=np.int16)
        changed = np.zeros(len(device), dtype=bool)
        for k in range(int(count[0]) if len(count) else 0):
            n = int(np.searchsorted(-count, -k, side="left"))
            rows = first[most[:n]] + k
            at = pixel[rows]
            heard = radio.cell[at]
            power = radio.power_dbm[at] - load[hour[rows][:, None], heard]
            power += physics.fast_fading_sd_db * rng.standard_normal(power.shape, np.float32)
            if silent[rows].any():
                power[silent[rows][:, None] & is_down[heard]] = -np.inf
            best = power.argmax(axis=1)
            lines = np.arange(n)
            now = serving[:n]
            held = np.where(heard == now[:, None], power, -np.inf).max(axis=1)
            keeps = (held > -np.inf) & (held >= power[lines, best] - self.hysteresis[now])
            chosen = np.where(keeps, now, heard[lines, best])
            changed[rows] = ~keeps
            serving[:n] = chosen
            cell[rows] = chosen
        self.serving[most] = serving
        return cell, changed
