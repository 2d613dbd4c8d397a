"""Protect a table before release: threshold, complementary suppression, no traces.

The rule itself is `peil_models.disclosure.suppression`; here it is applied to every column.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from peil_models.disclosure.hierarchy import read_hierarchy
from peil_models.disclosure.suppression import suppress

HIDDEN = ("n_devices", "n_persons", "n_persons_lower", "n_persons_upper")


def protect(
    frame: pd.DataFrame, *, threshold: float, hidden: Iterable[str] = HIDDEN
) -> pd.DataFrame:
    """Withhold small counts and what would give them away.

    Parameters
    ----------
    frame : DataFrame with columns zone_id, parent_id, hour_at, n_devices (and e.g. n_persons)
        One row per zone and hour: every zone of every level in every hour, one hierarchy, one
        estimator. `n_devices` is before any weight; the level of a zone follows from its parent.
    threshold : float
        Smallest number of devices that may be published. Unit: devices.
    hidden : iterable of str
        Columns that are null where an entry is withheld; those absent from the frame are skipped.

    Returns
    -------
    DataFrame
        The rows of `frame` in their order, with `is_withheld` (one status, whatever the reason)
        and the hidden columns null there: never 0, never a code.

    Raises
    ------
    ValueError
        NaN or a negative number of devices or persons, a zone-hour twice or missing, or no tree.

    Notes
    -----
    The threshold is on devices, never on persons: one device that stands for 16 persons is one
    device. See `suppress` for the rule, `audit` for the attack on the result.

    Examples
    --------
    >>> frame = pd.DataFrame({
    ...     "zone_id": ["NL", "A", "B", "C"], "parent_id": [None, "NL", "NL", "NL"],
    ...     "hour_at": 8, "n_devices": [165.0, 5.0, 60.0, 100.0]})
    >>> protect(frame, threshold=15)[["zone_id", "n_devices", "is_withheld"]]
      zone_id  n_devices  is_withheld
    0      NL      165.0        False
    1       A        NaN         True
    2       B        NaN         True
    3       C      100.0        False
    """
    if "n_devices" not in frame:
        raise ValueError("frame has no column n_devices: the threshold is on devices")
    tree = read_hierarchy(frame)
    persons = tree.matrix(frame["n_persons"]) if _has_values(frame, "n_persons") else None
    withheld = suppress(tree.matrix(frame["n_devices"]), tree.parent, threshold, persons=persons)
    out = frame.copy()
    out["is_withheld"] = withheld[tree.row, tree.column]
    for column in hidden:
        if column in out:
            values = out[column].astype(np.float64)
            out[column] = values.mask(out["is_withheld"])
    return out


def _has_values(frame: pd.DataFrame, column: str) -> bool:
    return column in frame and not bool(frame[column].isna().all())
