"""The counted table of a day, as estimation and training read it: the only thing they read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
import pandas as pd

from peil import database
from peil.charter import Charter
from peil.clock import hours_of
from peil.store import Store


@dataclass(frozen=True)
class Counted:
    """What estimation may know of one day.

    Attributes
    ----------
    cells : DataFrame
        One row per cell of the plan that holds on this day, ascending `cell_id`.
    devices : ndarray of shape (n_cells, n_hours)
        Distinct devices nearest hh:30; 0 where nothing was counted or the entry was withheld.
    withheld : ndarray of shape (n_hours,)
        Devices in entries under the threshold.
    hours : list of datetime
        Start of each hour of the local day, UTC; 23 to 25 of them.
    """

    cells: pd.DataFrame
    devices: np.ndarray
    withheld: np.ndarray
    hours: list[datetime]


def counted_of(charter: Charter, day: date, store: Store) -> Counted:
    """Read the counted table and the cell plan of a day from the sealed staged file."""
    hours = hours_of(day, charter.time_zone)
    with database.connection(store, store.work(charter.pilot, day, "read")) as opened:
        database.attach_staged(opened, store, charter.pilot, day)
        cells = opened.execute(
            "SELECT * FROM staged.main.stg_operator__cells "
            "QUALIFY row_number() OVER (PARTITION BY cell_id ORDER BY valid_from DESC NULLS LAST, "
            "valid_to DESC NULLS FIRST) = 1 ORDER BY cell_id"
        ).df()
        counts = opened.execute(
            "SELECT cell_id, hour_at, n_devices "
            "FROM staged.main.int_devices_counted__by_cell_hour ORDER BY cell_id, hour_at"
        ).fetchall()
        withheld = opened.execute(
            "SELECT hour_at, n_devices FROM staged.main.int_devices_withheld__by_hour"
        ).fetchall()
    row = {cell: number for number, cell in enumerate(cells["cell_id"])}
    column = {hour: number for number, hour in enumerate(hours)}
    devices = np.zeros((len(cells), len(hours)))
    for cell, hour, n_devices in counts:
        devices[row[cell], column[hour.astimezone(hours[0].tzinfo)]] = n_devices
    lost = np.zeros(len(hours))
    for hour, n_devices in withheld:
        lost[column[hour.astimezone(hours[0].tzinfo)]] = n_devices
    return Counted(cells, devices, lost, hours)
