"""multimno's warnings: a day against the mean of the seven days before it.

Raw and clean rows outside mean ± 3 standard deviations; error rates, in all and by error type,
above mean + 2 standard deviations, 30 % above the mean, or 20 %. Of the day and of each cell.
They do not know weekdays; the ranges of `peil.quality.expected` do. Kept since statisticians of
the reference pipeline compare by them; they note, and never stop.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from peil.quality.catalogue import CHECKS, REASONS
from peil.quality.choices import Choices
from peil.quality.figures import Figures, groups, rows_of
from peil.quality.ranges import Array, Range

ROWS = {"warning_raw_rows": "count_added_rows", "warning_clean_rows": "n_rows_staged"}
SHARES = {"warning_error_share": "error_share"} | {
    f"warning_{reason}_share": f"{reason}_share" for reason in REASONS
}
SCOPES = ("day", "cell")


def bounds(history: Array, is_share: bool, choices: Choices) -> tuple[Array, Array, Array]:
    """Mean, lower and upper end of each row's last days; nan where there are too few.

    >>> from peil.quality.choices import choices_of
    >>> last = np.array([[8.0, 10.0, 12.0, np.nan]])
    >>> [float(end[0]) for end in bounds(last, False, choices_of("demo"))]
    [10.0, 4.0, 16.0]
    """
    last = history[:, : int(choices.warning_days)]
    is_known = ~np.isnan(last)
    n_days = is_known.sum(axis=1)
    enough = n_days >= choices.warning_days_min
    divisor = np.maximum(n_days, 1)
    mean = np.where(is_known, last, 0).sum(axis=1) / divisor
    squares = np.where(is_known, (last - mean[:, None]) ** 2, 0).sum(axis=1)
    sd = np.sqrt(squares / np.maximum(n_days - 1, 1))
    if is_share:
        upper = np.minimum.reduce(
            [
                mean + choices.warning_error_sd * sd,
                choices.warning_error_ratio_max * mean,
                np.full_like(mean, choices.warning_error_share_max),
            ]
        )
        lower = np.zeros_like(mean)
    else:
        lower = np.maximum(mean - choices.warning_rows_sd * sd, 0)
        upper = mean + choices.warning_rows_sd * sd
    return tuple(np.where(enough, part, np.nan) for part in (mean, lower, upper))  # type: ignore[return-value]


def judge(figures: Figures, rows_behind: Array, choices: Choices) -> Iterator[pa.Table]:
    """Judge the day's and the cells' rows and error rates as multimno does.

    Parameters
    ----------
    figures : Figures
        Of the scopes `day` and `cell`, by day.
    rows_behind : ndarray of shape (n_figures,)
        Landed rows that a share is a share of.

    Yields
    ------
    pyarrow.Table
        Columns of `peil.quality.store.SCHEMAS["judged"]`.
    """
    warning_of = {name: warning for warning, name in (ROWS | SHARES).items()}
    for scope, name, at in groups(figures.keys):
        if name not in warning_of or scope not in SCOPES:
            continue
        check = CHECKS[warning_of[name]]
        is_share = check.kind == "share"
        today = figures.today[at]
        mean, lower, upper = bounds(figures.history[at], is_share, choices)
        is_out = today > upper
        if is_share:  # few rows vary by more than a third by chance
            is_out &= today * rows_behind[at] >= choices.warning_error_rows_min
        else:
            is_out |= today < lower
        verdict = np.where(np.isnan(today) | np.isnan(mean), 3, is_out.astype(int))
        none = np.full(len(at), np.nan)
        keys = figures.keys.take(pa.array(at))
        yield rows_of(keys, check, "note", today, Range(mean, lower, upper, none), none, verdict)
