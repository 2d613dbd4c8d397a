"""Usual weeks of zones by kind, and what season and weather do to each kind."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
HOURS = np.arange(24.0)
SATURDAY, SUNDAY = 5, 6


@dataclass(frozen=True)
class ZoneKind:
    """How a kind of zone answers to season, weather and days off.

    Parameters
    ----------
    summer : float
        Share that midsummer adds and midwinter takes.
    warm : float
        Share that ten degrees more than usual add.
    sun, rain : float
        Share that a clear hour adds on free days; that a wet hour takes.
    """

    summer: float
    warm: float
    sun: float
    rain: float


KINDS = {
    "residential": ZoneKind(summer=-0.03, warm=-0.02, sun=-0.03, rain=0.02),
    "office": ZoneKind(summer=-0.08, warm=0.0, sun=0.0, rain=-0.02),
    "centre": ZoneKind(summer=0.08, warm=0.08, sun=0.06, rain=-0.12),
    "station": ZoneKind(summer=-0.02, warm=0.02, sun=0.02, rain=-0.04),
    "market": ZoneKind(summer=0.06, warm=0.05, sun=0.05, rain=-0.15),
    "beach": ZoneKind(summer=0.35, warm=0.40, sun=0.80, rain=-0.40),
}
"""Kinds of zones that `make_crowd_history` knows."""


def bump(middle: float, width: float) -> Floats:
    """Return a rise and fall around an hour of the clock, 1 at its middle, across midnight too."""
    away = np.abs(HOURS + 0.5 - middle)
    return np.asarray(np.exp(-0.5 * (np.minimum(away, 24.0 - away) / width) ** 2))


def usual_week(kind: str, market_day: int = SATURDAY) -> Floats:
    """Return a week of a kind of zone, shape (7, 24), Monday first, with mean 1.

    Raises
    ------
    ValueError
        No such kind.

    Examples
    --------
    >>> week = usual_week("office")
    >>> round(float(week.mean()), 6), bool(week[0, 11] > 4 * week[6, 11])
    (1.0, True)
    """
    if kind not in KINDS:
        raise ValueError(f"no kind of zone is called {kind!r}: {', '.join(KINDS)}")
    work, evening, night = bump(12.5, 3.2), bump(19.5, 2.5), bump(3.0, 5.0)
    shops, peaks = bump(14.5, 3.0), bump(8.3, 1.2) + bump(17.3, 1.5)
    shares = {  # what is always there, then workday, Friday, Saturday, Sunday
        "residential": (0.3, night - 0.15 * work, night, night, night + 0.1 * work),
        "office": (0.08, 1.6 * work, 1.3 * work, 0.2 * work, 0.1 * work),
        "centre": (
            0.15,
            shops + 0.4 * evening,
            1.1 * shops + evening,
            1.7 * shops + 1.1 * evening,
            1.1 * shops + 0.4 * evening,
        ),
        "station": (
            0.1,
            0.5 * shops + peaks,
            0.5 * shops + 0.9 * peaks + 0.3 * evening,
            0.8 * shops + 0.3 * evening,
            0.7 * shops + 0.2 * evening,
        ),
        "market": (0.2, 0.7 * shops, 0.8 * shops, 0.9 * shops, 0.5 * shops),
        "beach": (0.05, 0.3 * shops, 0.4 * shops, 0.9 * shops, 1.0 * shops),
    }
    always, workday, friday, saturday, sunday = shares[kind]
    week = always + np.stack([workday] * 4 + [friday, saturday, sunday])
    if kind == "market":
        week[market_day] += 1.6 * bump(11.0, 2.0)
    return np.asarray(week / week.mean())


def season(kind: str, day_of_year: NDArray[np.int64]) -> Floats:
    """Return the factor of the season, 1 on average over a year."""
    angle = 2 * np.pi * (day_of_year - 196) / 365.25
    return np.asarray(1.0 + KINDS[kind].summer * np.cos(angle))
