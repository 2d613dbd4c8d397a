"""Expected ranges from history: arrays in, arrays out.

Rows are figures, columns are the days before, column ``b`` lying ``b + 1`` days back; what is not
known, and what must not be compared (a holiday), is nan.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from peil.quality.choices import Choices

Array = NDArray[np.float64]
WEEK = 7
MAD_TO_SD = 1.482602218505602  # of normal noise
MAD_ERROR = 1.1664  # relative standard error of the MAD of n normal values, times sqrt(n)
MEDIAN_ERROR = np.pi / 2  # variance of a median over that of a mean, beyond two values


@dataclass(frozen=True)
class Range:
    """What was expected of each figure; nan where the history is too short.

    Attributes
    ----------
    expected, lower, upper : ndarray of shape (n_figures,)
        In the unit of the figure.
    sd : ndarray of shape (n_figures,)
        Standard deviation of the prediction: a share of the expected value for counts and
        numbers, an amount for shares and moments.
    """

    expected: Array
    lower: Array
    upper: Array
    sd: Array


def median(rows: Array) -> Array:
    """Median of each row without its nans; nan where there is nothing else.

    >>> median(np.array([[3.0, np.nan, 1.0, 2.0], [np.nan] * 4]))
    array([ 2., nan])
    """
    if rows.shape[1] == 0:
        return np.full(len(rows), np.nan)
    ordered = np.sort(rows, axis=1)  # nan comes last
    n_known = np.count_nonzero(~np.isnan(rows), axis=1)
    at = np.arange(len(rows))
    low = ordered[at, np.maximum(n_known - 1, 0) // 2]
    high = ordered[at, np.minimum(n_known // 2, rows.shape[1] - 1)]
    return np.where(n_known > 0, (low + high) / 2, np.nan)


def expected_range(
    history: Array,
    kind: str,
    choices: Choices,
    reach: float,
    rows_behind: Array | None = None,
    is_weekly: bool = False,
) -> Range:
    """Learn a range for each figure from the same weekdays before.

    The middle is the median of the same weekdays. The noise is the MAD of the differences from
    one week to the next, of all weekdays, over sqrt(2): free of the week's pattern, and untouched
    by a bad day or two. It is never less than a floor, nor than the noise of counting, and is
    widened by one standard error of the MAD, 1.17 / sqrt(n differences), since few differences
    may agree by chance.

    Parameters
    ----------
    history : ndarray of shape (n_figures, n_days)
        Columns as the module says; or, `is_weekly`, column ``b`` lies ``b + 1`` weeks back.
    kind : {"count", "share", "moment", "number"}
        Counts and numbers vary by a factor, shares and moments by an amount.
    reach : float
        Standard deviations between the middle and an end.
    rows_behind : ndarray of shape (n_figures,), optional
        Rows that a share is a share of.

    Notes
    -----
    Assumes that days repeat by the week and that noise is alike on all weekdays. Not told apart:
    a lasting change and an error that lasts; the median follows either after half the history.

    Examples
    --------
    >>> from peil.quality.choices import choices_of
    >>> weeks = np.full((1, 56), 1000.0)
    >>> found = expected_range(weeks, "count", choices_of("demo"), 3.0)
    >>> bool(found.lower[0] < 1000.0 == found.expected[0] < found.upper[0])
    True
    """
    by_factor = kind in ("count", "number")
    step = 1 if is_weekly else WEEK
    levels = np.log(history + 1.0) if by_factor else history
    same = history[:, step - 1 :: step]
    n_same = np.count_nonzero(~np.isnan(same), axis=1)
    middle = median(same)
    differences = np.abs(levels[:, :-step] - levels[:, step:])
    n_differences = np.count_nonzero(~np.isnan(differences), axis=1)
    noise = MAD_TO_SD * np.nan_to_num(median(differences)) / np.sqrt(2)
    floor = _floor(middle, kind, choices, rows_behind)
    widened = 1 + MAD_ERROR / np.sqrt(np.maximum(n_differences, 1))
    of_middle = np.where(n_same > 2, MEDIAN_ERROR, 1.0) / np.maximum(n_same, 1)
    sd = np.maximum(noise, floor) * widened * np.sqrt(1 + of_middle)
    is_known = (n_same >= choices.history_weeks_min) & (n_differences >= 2)
    if by_factor:
        at_least = np.maximum(middle, 1.0)
        upper = at_least * np.exp(reach * sd)
        lower = np.where(middle >= 1, at_least * np.exp(-reach * sd), 0.0)
    else:
        lower, upper = middle - reach * sd, middle + reach * sd
        if kind == "share":
            lower, upper = np.clip(lower, 0, 1), np.clip(upper, 0, 1)
    return Range(*(np.where(is_known, part, np.nan) for part in (middle, lower, upper, sd)))


def _floor(middle: Array, kind: str, choices: Choices, rows_behind: Array | None) -> Array:
    """The least noise that is believed, whatever the history says."""
    if kind == "moment":
        return np.full_like(middle, choices.moment_noise_min_s)
    if kind == "share":
        n_rows = np.maximum(np.nan_to_num(rows_behind), 1) if rows_behind is not None else 1.0
        share = np.clip(middle, 0, 1)
        counting = np.sqrt(choices.count_dispersion * (share * (1 - share) + 1 / n_rows) / n_rows)
        return np.maximum(choices.share_noise_min, counting)
    counting = np.sqrt(choices.count_dispersion / np.maximum(middle, 1.0))
    least = np.full_like(middle, choices.noise_share_min)
    return np.maximum(least, counting) if kind == "count" else least


def trend(today: Array, history: Array, kind: str, n_days: int) -> Array:
    """Change a day over the last days: the median slope between all pairs of same weekdays.

    Theil–Sen, on pairs a whole number of weeks apart, so that the week's pattern falls out.

    Parameters
    ----------
    today : ndarray of shape (n_figures,)
    history : ndarray of shape (n_figures, n_days_back)
        Columns as the module says.

    Returns
    -------
    ndarray of shape (n_figures,)
        A share of the value a day for counts and numbers, an amount a day otherwise; nan without
        a pair.

    Examples
    --------
    >>> days = 1000.0 * 0.97 ** np.arange(0, -15, -1.0)
    >>> trend(days[:1], days[None, 1:], "count", 14).round(3)
    array([-0.03])
    """
    values = np.column_stack([today, history[:, :n_days]])
    by_factor = kind in ("count", "number")
    if by_factor:
        values = np.log(values + 1.0)
    slopes = [
        (values[:, :-apart] - values[:, apart:]) / apart
        for apart in range(WEEK, values.shape[1], WEEK)
    ]
    if not slopes:
        return np.full(len(today), np.nan)
    slope = median(np.hstack(slopes))
    return np.expm1(slope) if by_factor else slope
