"""Fit the outlook's models of a week ahead, while the days of that week are still being estimated.

They rest on what was before the week and on nothing of it, so they can be fitted as soon as it
begins. The outlook then finds them; where it finds none, it fits them itself.
"""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pandas as pd

from peil.charter import reading
from peil.charter.hour import day_of, unit_of
from peil.outcome import Refused
from peil.store.store import Store
from peil.watch.outlook import events, models
from peil.watch.outlook import figures as reading_figures


def fit(pilot: str, day: str) -> bool:
    """Fit the models of the week of a day of a pilot; whether there are any now.

    What is wrong is not told here: the outlook finds it too, and tells it.
    """
    charter, store = reading.load(pilot), Store()
    if store.plane == "operator":  # the outlook is the agency's
        return False
    begins_at = pd.Timestamp(day_of(unit_of(day))).tz_localize(ZoneInfo(charter.time_zone))
    starts_at = models.monday_of(begins_at.as_unit("s"))
    with models.locked(store, charter.pilot):
        try:
            figures = reading_figures.read_before(charter, store)
            if figures.first_at is None:
                return False
            days = events.days_around(figures.first_at.date(), starts_at.date())
            calendar = events.calendar_of(charter, store, days, figures.zones)
            return models.of_week(charter, store, figures, calendar, starts_at) is not None
        except Refused:
            return False
