"""Records as an operator writes them: lines of text, made with the speed of arrays.

Every field has its widest width in a table of bytes; what is not used is NUL and taken out.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from peil_models.synthetic.dirt import KINDS
from peil_models.synthetic.signalling import CODES, TEXT, VOICE

HEADER = b"IMSI;EVENT_TIME;MCC;MNC;LAC_CI;EVENT_CODE;TA;IMEI;B_PARTY\n"
GHOST_CELL = b"2999-65535"
FIELDS = [
    ("subscriber", 15),
    ("time", 19),
    ("mcc", 3),
    ("mnc", 3),
    ("cell", 15),
    ("code", 2),
    ("timing", 3),
    ("imei", 15),
    ("counterpart", 12),
]
ROW = np.dtype(
    [part for name, width in FIELDS for part in ((name, f"S{width}"), (f"after_{name}", "S1"))]
)
BLOCK = 100_000
Bytes = NDArray[Any]


class LineFormat:
    """Turn records into lines of text.

    Parameters
    ----------
    devices : DataFrame
        As in `Population`.
    cell_ids : Series
        Cell code per cell number.
    dates : list of date
        Date of each day number.

    Examples
    --------
    >>> from peil_models.synthetic import Simulation
    >>> simulation = Simulation(devices=200, days=1)
    >>> delivered = next(simulation.deliveries())
    >>> header, *blocks = simulation.lines().blocks(delivered.lines)
    >>> sum(block.count(b"\\n") for block in blocks) == len(delivered.lines)
    True
    """

    def __init__(self, devices: pd.DataFrame, cell_ids: pd.Series, dates: list[date]) -> None:
        def table(values: Any, width: int) -> Bytes:
            return np.array([str(value).encode() for value in values], dtype=f"S{width}")

        self.subscriber = table(devices["subscriber_id"], 15)
        self.mcc, self.mnc = table(devices["mcc"], 3), table(devices["mnc"], 3)
        self.imei = table(devices["imei"], 15)
        self.cell, self.code = table(cell_ids, 15), table(CODES, 2)
        self.timing = table(["", *range(999)], 3)
        self.dates = table([f"{day:%d-%m-%Y} " for day in dates], 11)
        self.counterpart = table([f"0990000{number:04d}" for number in range(10_000)], 12)
        moments = range(86_400)
        self.clock = table([f"{s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d}" for s in moments], 8)

    def blocks(self, lines: pd.DataFrame) -> Iterator[bytes]:
        """Yield the header and then the lines, a hundred thousand at a time."""
        yield HEADER
        for start in range(0, len(lines), BLOCK):
            flat = self._rows(lines.iloc[start : start + BLOCK]).view(np.uint8)
            yield flat[flat != 0].tobytes()

    def _rows(self, lines: pd.DataFrame) -> NDArray[Any]:
        device, kind = lines["device"].to_numpy(), lines["kind"].to_numpy()
        code = lines["code"].to_numpy()
        rows = np.zeros(len(lines), dtype=ROW)
        for name, _ in FIELDS:
            rows[f"after_{name}"] = b";"
        rows["after_counterpart"] = b"\n"
        rows["subscriber"], rows["imei"] = self.subscriber[device], self.imei[device]
        rows["mcc"], rows["mnc"] = self.mcc[device], self.mnc[device]
        # one field of 19 characters: the date with its space, then the clock
        moment = np.zeros(len(lines), dtype=[("date", "S11"), ("clock", "S8")])
        moment["date"] = self.dates[lines["of_day"].to_numpy()]
        moment["clock"] = self.clock[lines["second"].to_numpy()]
        rows["time"] = moment.view("S19")
        rows["cell"] = self.cell[lines["cell"].to_numpy()]
        rows["code"] = self.code[code]
        rows["timing"] = self.timing[lines["timing_advance"].to_numpy().clip(-1, 998) + 1]
        called = np.flatnonzero((code == VOICE) | (code == TEXT))
        # drawn from the record itself, so that a repeated record repeats it
        number = (device[called] * 7919 + lines["second"].to_numpy()[called] * 31) % 10_000
        rows["counterpart"][called] = self.counterpart[number]
        self._soil(rows, kind)
        return rows

    @staticmethod
    def _soil(rows: NDArray[Any], kind: NDArray[Any]) -> None:
        def of(name: str) -> NDArray[Any]:
            return np.flatnonzero(kind == KINDS.index(name))

        rows["cell"][of("ghost_cell")] = GHOST_CELL
        rows["time"][of("bad_time")] = b"99-99-9999 99:99:99"
        rows["subscriber"][of("no_subscriber")] = b""
        rows["time"][of("no_time")] = b""
        rows["cell"][of("no_cell")] = b""
        wrong = of("identifier_in_cell")
        rows["cell"][wrong] = rows["subscriber"][wrong]
        rows["mcc"][of("no_network")] = b""
        rows["mnc"][of("no_network")] = b""
        short = of("ragged_short")  # breaks off after four fields
        for name in ("cell", "code", "timing", "imei", "counterpart"):
            rows[name][short] = b""
        for name in ("mnc", "cell", "code", "timing", "imei"):
            rows[f"after_{name}"][short] = b""
        rows["counterpart"][of("ragged_long")] = b"0;;0"
