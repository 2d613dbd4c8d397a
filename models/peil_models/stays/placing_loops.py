"""Place segments: the loop, compiled.

The estimator around it is in `placing`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from peil_models.compiled import compiled

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@compiled
def place(
    first_event: Ints,
    last_event: Ints,
    is_placed: NDArray[np.bool_],
    row: NDArray[np.int32],
    indptr: Ints,
    indices: NDArray[np.int32],
    value: Floats,
    log_prior: Floats,
    zone_of_tile: Ints,
    n_zones: int,
    is_joint: bool,
    repeats: float,
    tile: Ints,
    zone: Ints,
    kept_zone: NDArray[np.int32],
    kept_share: Floats,
) -> None:
    """Likeliest tile, likeliest zone, and the chances of the likeliest zones of each segment."""
    n_tiles, n_kept = len(log_prior), kept_zone.shape[1]
    score = np.zeros(n_tiles)
    stamp = np.full(n_tiles, -1, np.int64)
    touched = np.empty(n_tiles, np.int32)
    n_events = np.zeros(len(indptr) - 1, np.int64)
    distinct = np.empty(len(indptr) - 1, np.int32)
    share = np.zeros(n_zones)
    zones = np.empty(n_zones, np.int64)
    for s in range(len(first_event)):
        if not is_placed[s]:
            continue
        n_distinct, total = 0, 0.0
        for i in range(first_event[s], last_event[s] + 1):
            r = row[i]
            if r < 0:
                continue
            if n_events[r] == 0:
                distinct[n_distinct] = r
                n_distinct += 1
            n_events[r] += 1
            total += 1.0
        n_touched = 0
        for k in range(n_distinct):
            r = distinct[k]
            weight = n_events[r] ** repeats if is_joint else n_events[r] / total
            n_events[r] = 0
            for q in range(indptr[r], indptr[r + 1]):
                t = indices[q]
                if stamp[t] != s:
                    stamp[t] = s
                    score[t] = log_prior[t] if is_joint else 0.0
                    touched[n_touched] = t
                    n_touched += 1
                score[t] += weight * value[q]
        if n_touched == 0:
            continue
        best = touched[0]
        for k in range(n_touched):
            t = touched[k]
            if score[t] > score[best] or (score[t] == score[best] and t < best):
                best = t
        tile[s] = best
        mass, n_found = 0.0, 0
        for k in range(n_touched):
            t = touched[k]
            z = zone_of_tile[t]
            if z < 0:
                continue
            p = np.exp(score[t] - score[best]) if is_joint else score[t]
            if p <= 0.0:
                continue
            if share[z] == 0.0:
                zones[n_found] = z
                n_found += 1
            share[z] += p
        # the likeliest zones first, ties to the lower number
        for k in range(min(n_kept, n_found)):
            top = -1
            for m in range(n_found):
                z = zones[m]
                if share[z] > 0.0 and (
                    top < 0 or share[z] > share[top] or (share[z] == share[top] and z < top)
                ):
                    top = z
            kept_zone[s, k] = top
            kept_share[s, k] = share[top]
            mass += share[top]
            share[top] = 0.0
        for m in range(n_found):
            share[zones[m]] = 0.0
        if n_found > 0:
            zone[s] = kept_zone[s, 0]
            for k in range(min(n_kept, n_found)):
                kept_share[s, k] /= mass
