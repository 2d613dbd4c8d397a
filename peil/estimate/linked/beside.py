"""Presence of a window's days, to which visitors are drawn near: read from its own estimates.

How near belongs to `tables`; presence itself never reads a product that follows devices.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd

from peil.area.area import Area
from peil.charter.clock import hours_of
from peil.charter.products import PRESENCE, PRODUCTS, Product
from peil.charter.schema import Charter
from peil.charter.windows import Window
from peil.estimate.estimators import RELEASED_ESTIMATOR
from peil.estimate.night import positions
from peil.outcome import Waiting
from peil.stage.counted import unobserved_hours
from peil.store.atomic import read_json
from peil.store.store import Store


def without_presence(
    charter: Charter, product: Product, window: Window, store: Store
) -> list[date]:
    """Days of a window whose presence a product is to be drawn near and that is not estimated yet.

    A day of which no hour of the night was observed never has one, and is not waited for.
    """
    if not product.is_beside_presence or charter.area.register_ is None:
        return []
    return [
        day
        for day in window.days()
        if not store.estimated_record(charter.pilot, day).exists()
        and not _is_without_night(charter, day, store)
    ]


def presence_runs(
    charter: Charter, product: Product, window: Window, store: Store
) -> dict[str, str]:
    """The run that estimated presence, by day, of a product that is drawn near it.

    Raises
    ------
    Waiting
        A day's presence is not estimated yet.
    """
    if not product.is_beside_presence or charter.area.register_ is None:
        return {}
    if days := without_presence(charter, product, window, store):
        raise Waiting(
            f"{charter.pilot}: {product.name} are drawn near presence, which of {len(days)} days "
            f"is not estimated yet: run `peil estimate {charter.pilot} {days[0]}`."
        )
    records = {day: store.estimated_record(charter.pilot, day) for day in window.days()}
    return {
        str(day): str(read_json(record)["run_ids"][RELEASED_ESTIMATOR])
        for day, record in records.items()
        if record.exists()
    }


def _is_without_night(charter: Charter, day: date, store: Store) -> bool:
    hours, unobserved = hours_of(day, charter.time_zone), unobserved_hours(charter, day, store)
    return all(hours[number] in unobserved for number in positions(charter, day))


def presence_of(
    charter: Charter, area: Area, days: Sequence[str], hours: list[datetime], store: Store
) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Persons in each lowest zone and hour of a window, NaN where presence has no figure."""
    zones, moments = area.bottom(), pd.DatetimeIndex(pd.to_datetime(hours, utc=True))
    whole = pd.DataFrame(np.nan, index=zones, columns=moments)
    name = PRODUCTS[PRESENCE].table("estimated")
    for day in days:
        folder = store.estimated(charter.pilot, date.fromisoformat(day))
        rows = pd.read_parquet(folder / f"{name}.parquet")
        rows = rows[rows["estimator"].eq(RELEASED_ESTIMATOR) & rows["zone_id"].isin(zones)]
        rows = rows.assign(hour_at=pd.to_datetime(rows["hour_at"], utc=True))
        whole.update(rows.pivot(index="zone_id", columns="hour_at", values="n_persons"))
    return whole.to_numpy(dtype=np.float64)
