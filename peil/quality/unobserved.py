"""Find the hours of a day that no cell has a row of, for `drift`: an outage, or local time.

The sentence on what to do stands in `causes`; that such hours are released as not observed is
decided by the gate of the staged state.
"""

from __future__ import annotations

import numpy as np

from peil.quality.causes import Cause, hours_of_clock
from peil.quality.ranges import WEEK, median
from peil.quality.recent import Recent, Series


def unobserved_in(recent: Recent, volume: Series) -> tuple[list[Cause], Series]:
    """The cause, if some hours were not observed; the volume with their usual rows put back.

    Hours that clocks repeat in autumn cannot be told apart in a feed of local time without an
    offset; where one of them is silent, that is the likely cause.
    """
    hours = recent.unobserved()
    if not hours:
        return [], volume
    _, history = recent.by_local_hour("count_added_rows")
    usual = np.nan_to_num(median(history[:, WEEK - 1 :: WEEK]))
    repeated = [
        hour for hour in hours if hour.utcoffset() != hour.replace(fold=1 - hour.fold).utcoffset()
    ]
    words = hours_of_clock(hours)
    what = f"No row of any cell lies in {words}: an outage, or files are missing."
    if repeated:
        what = (
            f"No row of any cell lies in {words}, where clocks go back: the feed seems to be in "
            "local time without an offset."
        )
    cause = Cause(
        "unobserved_hours",
        words,
        what,
        observed={"n_hours_unobserved": len(hours), "n_repeated_hours_unobserved": len(repeated)},
    )
    lost = float(sum(usual[hour] for hour in sorted({hour.hour for hour in hours})))
    return [cause], Series(volume.today + lost, volume.history)
