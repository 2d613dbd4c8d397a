"""Attack a suppressed table: how closely published entries bound a withheld one.

What an attacker can write as linear equations belongs here; what is withheld is decided in
`peil_models.disclosure.suppression`.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from peil_models.disclosure.bounds import Rows, widths
from peil_models.disclosure.hierarchy import read_hierarchy

Entries = Collection[tuple[Hashable, Hashable]]
EXACT = 1e-3
"""A range narrower than this share of a device is an exact recovery."""


@dataclass(frozen=True)
class LinearRow:
    """A linear row that an attacker knows besides: ``lower <= sum coefficient * entry <= upper``.

    Register totals, invariants of a night ratio, an earlier release: whatever an attacker can
    write as a sum over entries (zone_id, hour_at) of the audited column.

    Examples
    --------
    >>> register = LinearRow({("Z1", 0): 1.0, ("Z2", 0): 1.0}, lower=90.0, upper=110.0)
    >>> register.upper - register.lower
    20.0
    """

    coefficients: Mapping[tuple[Hashable, Hashable], float]
    lower: float
    upper: float


@dataclass(frozen=True)
class AuditReport:
    """Result of an attack by linear programming. Counts only: fit to be published.

    Examples
    --------
    >>> report = AuditReport(n_withheld=2, n_recoverable=0, n_narrow=1, n_small_differences=0,
    ...                      n_rows=3, narrowest=8.0)
    >>> report.holds
    False
    """

    n_withheld: int
    n_recoverable: int
    """Withheld entries that follow exactly from what is published."""
    n_narrow: int
    """Withheld entries whose feasible range is narrower than the threshold (exact ones too)."""
    n_small_differences: int
    """Published totals minus published parts that leave between 0 and the threshold."""
    n_rows: int
    """Equations the attack used."""
    narrowest: float
    """Width of the narrowest feasible range; infinity where nothing bounds. Unit: devices."""

    @property
    def holds(self) -> bool:
        """Whether the release withstands the attack."""
        return self.n_narrow == 0 and self.n_small_differences == 0


def audit(
    frame: pd.DataFrame,
    *,
    threshold: float,
    value: str = "n_devices",
    units_per_device: Mapping[Hashable, float] | None = None,
    extra_rows: Iterable[LinearRow] = (),
    rounded_to: float = 0.0,
    no_secret: Entries = (),
) -> AuditReport:
    """Attack a suppressed table with its own sums.

    Everything published is a linear system in the withheld lowest entries, which are not negative;
    for each withheld entry of any level the smallest and the largest value that the system allows
    are found by linear programming (HiGHS, the extra `disclosure`).

    Parameters
    ----------
    frame : DataFrame with columns zone_id, parent_id, hour_at, is_withheld and `value`
        As `protect` returns it; `value` is not looked at where an entry is withheld.
    threshold : float
        A feasible range narrower than this is a leak. Unit: devices.
    value : str, default="n_devices"
        The column that is published.
    units_per_device : mapping of zone_id to float, default=None
        Units of `value` that one device stands for in each lowest zone (persons per device); turns
        the widths into devices. None: `value` is in devices.
    extra_rows : iterable of LinearRow, default=()
        What else is known about the entries of `value`.
    rounded_to : float, default=0.0
        Each published value may be off by half of this (1 for whole numbers).
    no_secret : collection of (zone_id, hour_at), default=()
        Entries whose value everybody knows without the release, such as the total of a register:
        withheld or not, that they are known is no leak.

    Returns
    -------
    AuditReport

    Raises
    ------
    ValueError
        A missing column, a table that contradicts itself, or an extra row about an entry that the
        table does not hold.

    Notes
    -----
    Assumes an attacker who knows the table, the hierarchy and `extra_rows`, not the rule that was
    used, and nobody's counts. An attacker who knows all others is not stopped by suppression.

    Examples
    --------
    >>> frame = pd.DataFrame({
    ...     "zone_id": ["NL", "A", "B"], "parent_id": [None, "NL", "NL"], "hour_at": 8,
    ...     "n_devices": [65.0, None, 60.0], "is_withheld": [False, True, False]})
    >>> audit(frame, threshold=15).n_recoverable
    1
    """
    table, withheld, spreads, leaks, n_rows = _attack(
        frame, value, units_per_device, extra_rows, rounded_to
    )
    spreads[table.are_among(withheld, no_secret)] = np.inf
    return AuditReport(
        n_withheld=len(withheld),
        n_recoverable=int((spreads < EXACT).sum()),
        n_narrow=int((spreads < threshold - EXACT).sum()),
        n_small_differences=sum(EXACT < rest < threshold - EXACT for rest in leaks),
        n_rows=n_rows,
        narrowest=float(spreads.min(initial=np.inf)),
    )


def narrow_entries(
    frame: pd.DataFrame,
    *,
    threshold: float,
    value: str = "n_devices",
    units_per_device: Mapping[Hashable, float] | None = None,
    extra_rows: Iterable[LinearRow] = (),
    rounded_to: float = 0.0,
    no_secret: Entries = (),
) -> NDArray[np.bool_]:
    """Say which withheld entries the attack of `audit` bounds tighter than the threshold.

    Parameters
    ----------
    frame, threshold, value, units_per_device, extra_rows, rounded_to, no_secret
        As in `audit`.

    Returns
    -------
    ndarray of bool of shape (n_rows,)
        By row of the frame. Not fit to be published: it tells which entries are weak.

    Examples
    --------
    >>> frame = pd.DataFrame({
    ...     "zone_id": ["NL", "A", "B"], "parent_id": [None, "NL", "NL"], "hour_at": 8,
    ...     "n_devices": [65.0, None, 60.0], "is_withheld": [False, True, False]})
    >>> narrow_entries(frame, threshold=15)
    array([False,  True, False])
    """
    table, withheld, spreads, _, _ = _attack(frame, value, units_per_device, extra_rows, rounded_to)
    spreads[table.are_among(withheld, no_secret)] = np.inf
    narrow = np.zeros(table.withheld.shape, dtype=bool)
    for entry, spread in zip(withheld, spreads, strict=True):
        narrow[entry] = spread < threshold - EXACT
    return np.asarray(narrow[table.tree.row, table.tree.column])


def _attack(
    frame: pd.DataFrame,
    value: str,
    units_per_device: Mapping[Hashable, float] | None,
    extra_rows: Iterable[LinearRow],
    rounded_to: float,
) -> tuple[_Table, list[tuple[int, int]], NDArray[np.float64], list[float], int]:
    """The withheld entries and the width of each in devices; what totals leave; rows used."""
    for column in ("is_withheld", value):
        if column not in frame:
            raise ValueError(f"frame has no column {column}")
    table = _Table(frame, value, rounded_to)
    rows = Rows(table.n_unknowns)
    residuals = table.add_published(rows)
    for extra in extra_rows:
        table.add_extra(rows, extra)
    units = table.heaviest(units_per_device)
    withheld = [
        (int(zone), int(hour)) for zone, hour in zip(*np.nonzero(table.withheld), strict=True)
    ]
    spreads = widths(rows, [list(table.expand(zone, hour)[0]) for zone, hour in withheld])
    spreads /= np.array([table.heaviest_hidden(units, *entry) for entry in withheld])
    leaks = [rest / max(units[leaf] for leaf in hidden) for hidden, rest in residuals]
    return table, withheld, spreads, leaks, len(rows.parts)


class _Table:
    """A published table, with a number for each unknown: each lowest entry that is withheld."""

    def __init__(self, frame: pd.DataFrame, value: str, rounded_to: float) -> None:
        self.tree = read_hierarchy(frame)
        self.values = self.tree.matrix(frame[value])
        self.withheld = self.tree.matrix(frame["is_withheld"].astype(np.float64)) > 0
        is_gap = np.isnan(self.values) & ~self.withheld
        if is_gap.any():
            raise ValueError(f"frame.{value} is null in {int(is_gap.sum())} entries not withheld")
        self.half = rounded_to / 2.0
        self.leaves = self.tree.leaves()
        self.is_leaf = ~np.isin(np.arange(len(self.tree.zones)), self.tree.parent)
        is_unknown = self.withheld & self.is_leaf[:, None]
        self.n_unknowns = int(is_unknown.sum())
        self.number = np.full(self.values.shape, -1, dtype=np.intp)
        self.number[is_unknown] = np.arange(self.n_unknowns)

    def expand(self, zone: int, hour: int) -> tuple[dict[int, float], float, int]:
        """Write an entry as unknowns, plus the sum and number of its published lowest entries."""
        below = self.leaves[zone]
        number = self.number[below, hour]
        published = self.values[below, hour][number < 0]
        return {int(i): 1.0 for i in number[number >= 0]}, float(published.sum()), len(published)

    def are_among(self, entries: list[tuple[int, int]], names: Entries) -> NDArray[np.bool_]:
        """Which entries (positions of zone and hour) are among some by zone_id and hour_at."""
        chosen, zones, hours = set(names), self.tree.zones, self.tree.hours
        return np.array([(zones[z], hours[h]) in chosen for z, h in entries], dtype=bool)

    def heaviest_hidden(self, units: list[float], zone: int, hour: int) -> float:
        """Units of one device at most among the withheld entries under an entry.

        What is published is known, so it makes no withheld sum above it vaguer in devices.
        """
        below = self.leaves[zone]
        hidden = below[self.number[below, hour] >= 0]
        return max((units[leaf] for leaf in hidden), default=units[zone])

    def add_published(self, rows: Rows) -> list[tuple[list[int], float]]:
        """Add a row per published total; return what each leaves, and for which lowest zones."""
        residuals: list[tuple[list[int], float]] = []
        for zone in np.flatnonzero(~self.is_leaf):
            for hour in np.flatnonzero(~self.withheld[zone]):
                parts, below_total, n_known = self.expand(int(zone), int(hour))
                total = float(self.values[zone, hour])
                rest, slack = total - below_total, self.half * (n_known + 1) + _noise(total)
                if parts:
                    rows.add(parts, rest - slack, rest + slack)
                    below = self.leaves[zone]
                    hidden = below[self.number[below, hour] >= 0]
                    residuals.append((hidden.tolist(), rest))
                elif abs(rest) > slack:
                    raise ValueError(
                        "frame contradicts itself: a published total is not the sum of its parts"
                    )
        return residuals

    def add_extra(self, rows: Rows, extra: LinearRow) -> None:
        """Add what else is known, with the published entries moved to the right-hand side."""
        position = {zone: i for i, zone in enumerate(self.tree.zones)}
        parts: dict[int, float] = {}
        total, slack = 0.0, _noise(max(abs(extra.lower), abs(extra.upper)))
        for (zone, hour), factor in extra.coefficients.items():
            column = int(self.tree.hours.get_indexer(pd.Index([hour]))[0])
            if zone not in position or column < 0:
                raise ValueError("extra_rows names a zone and hour that the frame does not hold")
            unknowns, mass, n_known = self.expand(position[zone], column)
            for at in unknowns:
                parts[at] = parts.get(at, 0.0) + factor
            total += factor * mass
            slack += abs(factor) * self.half * n_known
        if parts:
            rows.add(parts, extra.lower - total - slack, extra.upper - total + slack)

    def heaviest(self, units_per_device: Mapping[Hashable, float] | None) -> list[float]:
        """Units of one device at most, under each zone, so that a width in devices is a least."""
        if units_per_device is None:
            return [1.0] * len(self.leaves)
        of_zone = [float(units_per_device.get(zone, np.nan)) for zone in self.tree.zones]
        heaviest = [max(of_zone[leaf] for leaf in leaves) for leaves in self.leaves]
        if not all(units > 0 for units in heaviest):
            raise ValueError("units_per_device must give a positive number for every lowest zone")
        return heaviest


def _noise(value: float) -> float:
    """Bound what floating point leaves in a sum of this size."""
    return 1e-9 + 1e-11 * abs(value)
