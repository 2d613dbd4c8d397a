"""Home zone of a device, from the cells of its nights.

Homes as tiles, from stays, are `peil_models.residence`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from peil_models.weighting.inputs import Floats, checked

STRAY = 1e-6
"""Chance that a cell serves a zone from which it is never expected to: no event decides alone."""


def home_zones(events: Any, night_devices: ArrayLike) -> tuple[NDArray[np.intp], Floats]:
    """Zone in which the cells of a device's nights are most likely, and its margin.

    By Bayes' rule over all events together, ``log P(zone) + sum_e log P(cell_e | zone)``. The rule
    of the CBS pilot, ``argmax sum_e P(zone | cell_e)``, lets one event speak for a zone as loudly
    as another speaks against it, and errs near borders more often [1]_.

    Parameters
    ----------
    events : {array-like, sparse matrix} of shape (n_devices, n_cells)
        Events of the nights of the linkage window, weighted or counted.
    night_devices : array-like of shape (n_cells, n_zones)
        Devices estimated at night by serving cell and zone, any scale.

    Returns
    -------
    zone : ndarray of int of shape (n_devices,)
        -1 for a device without an event in a cell that reaches a zone; of equals, the first.
    margin : ndarray of shape (n_devices,)
        Log probability of the best zone minus that of the runner-up. Unit: nats.

    Raises
    ------
    ValueError
        NaN, a negative number or a wrong shape, with the argument and the position; no device in
        any zone.

    Notes
    -----
    Assumes that events of a device are independent given its zone: it sleeps anywhere in it, each
    night anew. A device has one tile, so the margin says too much; the zone is right more often
    than by the rule that adds posteriors.

    References
    ----------
    .. [1] CBS (2020), Pilot study MPMDR: introduction to the research method.

    Examples
    --------
    >>> zone, margin = home_zones([[3, 1], [0, 0]], [[60.0, 40.0], [10.0, 90.0]])
    >>> zone
    array([ 0, -1])
    """
    mass = checked("night_devices", night_devices, 2)
    counted = sparse.csr_array(events, dtype=np.float64)
    if counted.shape[1] != len(mass):
        raise ValueError(f"events has {counted.shape[1]} cells, night_devices has {len(mass)}")
    checked("events", counted.data, 1)
    of_zone = mass.sum(axis=0)
    if not of_zone.sum() > 0:
        raise ValueError("night_devices holds no device in any zone")
    reaches = mass.sum(axis=1) > 0
    chances = np.divide(mass, of_zone, out=np.zeros_like(mass), where=of_zone > 0)
    tells = np.where(reaches[:, None], np.log(chances + STRAY), 0.0)
    with np.errstate(divide="ignore"):
        score = np.asarray(counted @ tells) + np.log(of_zone / of_zone.sum())
    has_evidence = np.asarray(counted @ reaches.astype(np.float64)) > 0
    zone = np.where(has_evidence, score.argmax(axis=1), -1)
    margin = np.full(len(zone), np.inf)
    if score.shape[1] > 1:
        best = np.partition(score, -2, axis=1)[:, -2:]
        margin = best[:, 1] - best[:, 0]
    return zone.astype(np.intp), np.where(has_evidence, margin, 0.0)
