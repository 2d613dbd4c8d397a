"""Attack what several releases published of the same people, all of them at once.

One release on its own is attacked by `peil_models.disclosure.audit`; here what a further release
would add to earlier ones is looked for: zones that differ by a few tiles, periods in each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from peil_models.disclosure.audit import EXACT
from peil_models.disclosure.blocks import Ints, Margins
from peil_models.disclosure.joint_hour import HourOfReleases, Together


@dataclass(frozen=True)
class Narrowed:
    """A count that releases together bound tighter than each of them, and than the earlier ones.

    Attributes
    ----------
    hour : int
    release, entry : int
        The withheld entry; both -1 for people whom only a difference of entries singles out.
    around : tuple of int
        Of each release the smallest published entry around those people, -1 where there is none.
    width : float
        Of the range that is left. Unit: devices.
    """

    hour: int
    release: int
    entry: int
    around: tuple[int, ...]
    width: float


def narrowed(releases: Sequence[Margins], threshold: float) -> list[Narrowed]:
    """Find what the last release, together with earlier ones, would give away.

    Parameters
    ----------
    releases : sequence of Margins
        Of the same cells and hours, in the order of their release; the last is the new one.
    threshold : float
        A withheld entry whose range is narrower is given away; so are fewer people than this whom
        only a difference of entries singles out. Unit: devices.

    Returns
    -------
    list of Narrowed
        Of the first hour that has any; empty where the last release may follow the others. What
        earlier releases, or one of them alone, give away to the same width is not in it.

    Raises
    ------
    CrossingError
        Published zones of the releases cross in more than `MOST_CROSSING` places in an hour.

    Notes
    -----
    Assumes an attacker who knows how many devices each published figure stands for, up to its
    rounding, and nobody's counts. Of a sum of n rounded figures the error is taken to be that of
    one times the root of n. Each release is a family of disjoint sums, so that an hour is a table
    with known sums on as many sides as there are releases: sums of one summand are solved one
    after the other, which leaves nothing where zones nest; what is left is solved by linear
    programming. Figures of two releases that contradict each other, since two models made them,
    are moved as little as lets them be true together.

    Examples
    --------
    Zones of two pilots that differ by one cell of 3 devices, and zones that are sums of others:

    >>> def release(part, devices):
    ...     counts = np.array(devices, dtype=float)[:, None]
    ...     zones = [np.array([zone]) for zone in range(len(counts))]
    ...     return Margins(np.array(part), zones, counts, 0 * counts + 0.2, counts < 0)
    >>> first = release([0, 0, 1, 1], [43.0, 60.0])
    >>> [few.around for few in narrowed([first, release([0, 1, 1, 1], [40.0, 63.0])], 15)]
    [(0, 1)]
    >>> narrowed([first, release([0, 0, 0, 0], [103.0])], 15)
    []
    """
    if len(releases) < 2:
        return []
    together = Together(releases)
    everyone = tuple(range(len(releases)))
    report: list[Narrowed] = []
    for hour in range(releases[0].n_hours):
        system = HourOfReleases(together, hour, everyone)
        goals = _goals(together, system, hour)
        low, high = system.range_of([goal.atoms for goal in goals])
        width = high - low
        is_few = np.array([goal.entry >= 0 for goal in goals], dtype=bool) | (low < threshold)
        suspects = np.flatnonzero((width < threshold - EXACT) & is_few)
        if not len(suspects):
            continue
        atoms = [goals[at].atoms for at in suspects]
        least, most = HourOfReleases(together, hour, everyone[:-1]).range_of(atoms)
        before = most - least
        for number in everyone:
            least, most = HourOfReleases(together, hour, (number,)).range_of(atoms)
            # what another release publishes of a withheld entry is news; of a difference it is not
            is_own = np.array([goals[at].release in (-1, number) for at in suspects])
            before[is_own] = np.minimum(before, most - least)[is_own]
        for at, width_before in zip(suspects, before, strict=True):
            if width[at] < width_before - EXACT:
                goal = goals[at]
                around = tuple(int(b.entry_of_atom[goal.atoms[0], hour]) for b in together.blocks)
                report.append(Narrowed(hour, goal.release, goal.entry, around, float(width[at])))
        if report:
            break
    return report


@dataclass(frozen=True)
class _Goal:
    release: int
    entry: int
    atoms: Ints


def _goals(together: Together, system: HourOfReleases, hour: int) -> list[_Goal]:
    """Withheld entries of any release, and groups that no release tells by itself."""
    goals = [
        _Goal(number, int(entry), together.within[number][entry])
        for number, release in enumerate(together.releases)
        for entry in np.flatnonzero(release.withheld[:, hour])
        if len(together.within[number][entry])
    ]
    for group in np.flatnonzero(system.is_difference):
        goals.append(_Goal(-1, -1, np.flatnonzero(system.group_of_atom == group)))
    return goals
