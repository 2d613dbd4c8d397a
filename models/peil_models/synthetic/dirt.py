"""Errors of a delivery: repeated, ghost, broken and late records, and how many of each.

Clean records come from `signalling`; their text is made in `lines`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from peil_models.synthetic.streams import stream

# kind: share of the day's records, and the reason for which it should be found
DIRT = {
    "clean": (0.0, ""),
    "duplicate_next": (0.0020, "duplicate"),  # the line after the original
    "duplicate_apart": (0.0010, "duplicate"),  # many lines later
    "ghost_cell": (0.0005, "unknown_cell"),
    "bad_time": (0.0002, "cannot_parse"),
    "no_subscriber": (0.0001, "null_value"),
    "no_time": (0.0001, "null_value"),
    "no_cell": (0.0001, "no_location"),
    "identifier_in_cell": (0.0001, "identifier_in_wrong_column"),
    "ragged_short": (0.00005, "cannot_parse"),
    "ragged_long": (0.00005, "cannot_parse"),
    "no_network": (0.0002, "no_network"),
    "late_record": (0.0003, "late"),  # held back a day, delivered among the next day's
    "late_file": (0.0030, "late"),  # held back a day, delivered in a file of its own
}
KINDS = list(DIRT)
LATE_DAY = 2  # whose records come a day later in a file of their own; the first, if short


@dataclass(frozen=True)
class Delivered:
    """Records of one day's folder.

    Attributes
    ----------
    lines : DataFrame
        Records in the order of the main file: columns of `Signalling.day`, `of_day` (day that the
        record is of) and `kind` (number in `KINDS`).
    late : DataFrame or None
        Idem, of the late file.
    dirt : DataFrame
        One row per kind: file (main or late), kind, reason, n_rows.

    Examples
    --------
    >>> from peil_models.synthetic import Simulation
    >>> delivered = next(Simulation(devices=200, days=1).deliveries())
    >>> delivered.dirt.columns.tolist(), delivered.late is None
    (['file', 'kind', 'reason', 'n_rows'], True)
    """

    lines: pd.DataFrame
    late: pd.DataFrame | None
    dirt: pd.DataFrame


class Soiler:
    """Soils the records of one day after the other, and keeps what is delivered a day later.

    Parameters
    ----------
    is_spared : ndarray of bool, shape (n_devices,)
        Devices whose records stay clean: those of subscribers that opted out, since their
        records are dropped for that and could not be found for another reason.
    days : int
        Days to come.
    seed : int
        Seed of the simulation.
    """

    def __init__(self, is_spared: NDArray[Any], days: int, seed: int) -> None:
        self.is_spared, self.seed = is_spared, seed
        self.late_day = LATE_DAY if days > LATE_DAY + 1 else 0 if days > 1 else -1
        self.held: pd.DataFrame | None = None
        self.held_file: pd.DataFrame | None = None

    def day(self, day: int, events: pd.DataFrame) -> Delivered:
        """Soil one day's records. Call with the days in order."""
        rng = stream(self.seed, "dirt", day)
        clean = events.assign(of_day=np.int16(day), kind=np.int8(0))
        late, self.held_file = self.held_file, None
        held, self.held = self.held, None
        if day == self.late_day:
            out = self._chosen(rng, clean, "late_file")
            self.held_file = clean.iloc[out].assign(kind=np.int8(KINDS.index("late_file")))
            clean = clean.drop(index=out).reset_index(drop=True)

        # every dirty record has an original of its own, so that kinds do not meet
        names = [name for name in KINDS[1:] if name != "late_file"]
        counts = [max(1, round(DIRT[name][0] * len(clean))) for name in names]
        allowed = np.flatnonzero(~self.is_spared[clean["device"].to_numpy()])
        bases = np.split(rng.choice(allowed, sum(counts), replace=False), np.cumsum(counts)[:-1])
        parts, places = [clean], [np.arange(len(clean), dtype=float)]
        for name, base in zip(names, bases, strict=True):
            if name == "late_record":
                continue
            parts.append(clean.iloc[base].assign(kind=np.int8(KINDS.index(name))))
            gap = np.full(len(base), 0.5)
            if name == "duplicate_apart":  # later, or before where the file ends too soon
                gap = rng.uniform(100, 5_000, len(base))
                gap = np.where(base + gap < len(clean), gap, -gap)
            places.append(base + gap)
        if held is not None:
            parts.append(held)
            places.append(rng.uniform(0, len(clean), len(held)))
        moved = bases[names.index("late_record")]
        self.held = clean.iloc[moved].assign(kind=np.int8(KINDS.index("late_record")))
        places[0][moved] = np.nan
        place = np.concatenate(places)
        order = np.argsort(place, kind="stable")[: np.isfinite(place).sum()]
        lines = pd.concat(parts, ignore_index=True).iloc[order].reset_index(drop=True)
        return Delivered(lines, late, self._account(lines, late))

    def _chosen(self, rng: np.random.Generator, events: pd.DataFrame, name: str) -> Any:
        allowed = np.flatnonzero(~self.is_spared[events["device"].to_numpy()])
        n = max(1, round(DIRT[name][0] * len(events)))
        return np.sort(rng.choice(allowed, n, replace=False))

    @staticmethod
    def _account(lines: pd.DataFrame, late: pd.DataFrame | None) -> pd.DataFrame:
        rows = []
        for file, frame in (("main", lines), ("late", late)):
            if frame is None:
                continue
            n = np.bincount(frame["kind"], minlength=len(KINDS))
            rows += [
                {"file": file, "kind": name, "reason": DIRT[name][1], "n_rows": int(n[number])}
                for number, name in enumerate(KINDS)
                if n[number]
            ]
        return pd.DataFrame(rows)
