"""Brute force: every path over a few tiles, one by one, with the probabilities written out."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np


def transition(shape, inside, edge, diagonal):
    """Matrix of one step: 4 neighbours by side, 4 by corner, the rest stays."""
    n = shape[0] * shape[1]
    matrix = np.zeros((n, n))
    for g, h in product(range(n), range(n)):
        down, right = abs(g // shape[1] - h // shape[1]), abs(g % shape[1] - h % shape[1])
        if g != h and inside[g] and inside[h] and max(down, right) == 1:
            matrix[g, h] = diagonal if down + right == 2 else edge
    matrix[np.arange(n), np.arange(n)] = np.where(inside, 1 - matrix.sum(axis=1), 0)
    return matrix


def emission(P, cell, previous, memory, hold_share):
    """Chance of a cell in every tile, given the cell before it (None: unknown)."""
    if cell < 0:
        return np.ones(P.shape[1])
    if previous is None or memory == 0:
        return P[cell]
    holds = (P[previous] > 0) & (P[previous] >= hold_share * P.max(axis=0))
    return np.where(holds, memory * (cell == previous) + (1 - memory) * P[cell], P[cell])


def paths(
    steps, cells, P, matrix, prior, memory=0.0, hold_share=0.05
) -> Iterator[tuple[tuple[int, ...], float]]:
    """Every path over the steps from first to last, with its joint probability."""
    n_steps = steps[-1] - steps[0] + 1
    factors = np.ones((n_steps, P.shape[1]))
    previous = None
    for step, cell in zip(steps, cells, strict=True):
        factors[step - steps[0]] *= emission(P, cell, previous, memory, hold_share)
        previous = cell if cell >= 0 else previous
    for path in product(range(P.shape[1]), repeat=n_steps):
        chance = prior[path[0]] * factors[0, path[0]]
        for k in range(1, n_steps):
            chance *= matrix[path[k - 1], path[k]] * factors[k, path[k]]
        yield path, chance


def likelihood(*args, **kwargs):
    """Sum over all paths."""
    return sum(chance for _, chance in paths(*args, **kwargs))


def posteriors(steps, cells, P, matrix, prior, memory=0.0, hold_share=0.05):
    """Smoothed posterior at each event."""
    out = np.zeros((len(steps), P.shape[1]))
    for path, chance in paths(steps, cells, P, matrix, prior, memory, hold_share):
        for k, step in enumerate(steps):
            out[k, path[step - steps[0]]] += chance
    return out / out.sum(axis=1, keepdims=True)
