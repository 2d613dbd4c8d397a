"""What two releases of nearly the same people tell by subtraction: who is in one of them only.

What zones of unlike borders tell together is worked out in `peil_models.disclosure.joint_audit`.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from peil_models.disclosure.blocks import Margins, blocks_of, common_parts


def differences(earlier: Margins, later: Margins) -> Iterator[tuple[int, int, float]]:
    """Subtract one release from the other wherever sums of both are of the same cells.

    Each release tells an hour as disjoint sums; those of both that overlap are joined until no sum
    reaches over the edge. Any other sum that both tell is made up of these.

    Parameters
    ----------
    earlier, later : Margins
        Of the same cells and hours.

    Yields
    ------
    hour, entry, taken : int, int, float
        Hour by hour; the first entry of the later one that is in it; devices that are in the
        earlier figures only, below 0 where the later ones have more.

    Examples
    --------
    Two zones, and later both in one, without three people of 103:

    >>> def release(part, devices):
    ...     counts = np.array(devices, dtype=float)[:, None]
    ...     zones = [np.array([zone]) for zone in range(len(counts))]
    ...     return Margins(np.array(part), zones, counts, 0 * counts, counts < 0)
    >>> list(differences(release([0, 1], [40.0, 63.0]), release([0, 0], [100.0])))
    [(0, 0, 3.0)]
    """
    atoms = common_parts([earlier, later])
    (before, _), (after, _) = blocks_of(earlier, atoms[0]), blocks_of(later, atoms[1])
    n_before, n_after = len(earlier.entries), len(later.entries)
    outside = n_before + n_after  # a sum that reaches where the other tells nothing is joined to it
    for hour in range(earlier.n_hours):
        of_before, of_after = before.entry_of_atom[:, hour], after.entry_of_atom[:, hour]
        ends = (
            np.where(of_before >= 0, of_before, outside),
            np.where(of_after >= 0, of_after + n_before, outside),
        )
        links = sparse.coo_array((np.ones(len(of_after)), ends), shape=(outside + 1, outside + 1))
        _, joined = connected_components(links, directed=False)
        entries = np.unique(of_after[of_after >= 0])
        at = joined[n_before + entries]
        for number in np.unique(at[at != joined[outside]]):
            own = entries[at == number]
            others = np.flatnonzero(joined[:n_before] == number)
            taken = before.devices[others, hour].sum() - after.devices[own, hour].sum()
            yield hour, int(own[0]), float(taken)
