"""Gather the stays of a device around a leading one, compiled.

The estimator around the loop is in `anchors`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from peil_models.compiled import compiled

Floats = NDArray[np.float64]


@compiled
def gather(
    first: NDArray[np.int64], x_m: Floats, y_m: Floats, weight: Floats, radius_m: float
) -> tuple[NDArray[np.bool_], Floats, Floats, Floats]:
    """Stays at each device's place; weight there, at the runner-up beyond reach, and in all."""
    n = len(first) - 1
    near = np.zeros(len(x_m), np.bool_)
    best, second, total = np.zeros(n), np.zeros(n), np.zeros(n)
    limit = radius_m * radius_m
    for d in range(n):
        leader = first[d]
        for i in range(first[d], first[d + 1]):
            total[d] += weight[i]
            mass = 0.0
            for j in range(first[d], first[d + 1]):
                if (x_m[i] - x_m[j]) ** 2 + (y_m[i] - y_m[j]) ** 2 <= limit:
                    mass += weight[j]
            if mass > best[d]:
                best[d], leader = mass, i
        for i in range(first[d], first[d + 1]):
            near[i] = (x_m[i] - x_m[leader]) ** 2 + (y_m[i] - y_m[leader]) ** 2 <= limit
        for i in range(first[d], first[d + 1]):
            if near[i]:
                continue
            mass = 0.0
            for j in range(first[d], first[d + 1]):
                if not near[j] and (x_m[i] - x_m[j]) ** 2 + (y_m[i] - y_m[j]) ** 2 <= limit:
                    mass += weight[j]
            second[d] = max(second[d], mass)
    return near, best, second, total
