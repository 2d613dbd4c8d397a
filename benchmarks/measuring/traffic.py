"""A day of traffic of any size, for measuring speed only: skewed devices and cells, no geography.

Made in SQL, a file an hour, records in the order of time as operators deliver them. Nothing in it
has a truth: accuracy is measured on the simulated country (`peil_models.synthetic`).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb

from peil.charter.products import MIN_LINKED_DAYS, PRODUCTS
from peil.store.atomic import write_text

DAY = "2026-03-02"
MIDNIGHT = "2026-03-01 23:00:00+00"  # local midnight in Amsterdam
EVENTS_PER_DEVICE = 100
N_CELLS = 4_000
ROW_OF_CELLS = 63
SPACING_M = 2_000.0
# share of the day's records in each hour, in proportion
PROFILE = (
    30,
    20,
    15,
    15,
    20,
    40,
    80,
    120,
    140,
    130,
    120,
    120,
    130,
    120,
    120,
    130,
    150,
    170,
    150,
    130,
    120,
    110,
    80,
    50,
)

HOUR = """
WITH numbered AS (
    -- one record in 333 repeats the one before it
    SELECT i - (hash(i, $hour, 1) % 333 = 0 AND i > 0)::BIGINT AS k FROM range($n_records) AS t(i)
),

drawn AS (
    -- most devices have tens of records, some have thousands
    SELECT
        k,
        floor($n_devices * pow((hash(k, $hour, 2) % 1000003) / 1000003.0, 1.6))::BIGINT AS device,
        hash(k, $hour, 3) AS luck
    FROM numbered
),

placed AS (
    -- cells of very different size; a device stays near its own, and is elsewhere now and then
    SELECT
        *,
        floor($n_cells * pow((hash(device, 4) % 1000003) / 1000003.0, 1.5))::INTEGER AS home,
        CASE luck % 8
            WHEN 0 THEN 1
            WHEN 1 THEN $row_of_cells
            WHEN 2 THEN -1
            WHEN 3 THEN (hash(device, $hour) % 3)::INTEGER
            ELSE 0
        END + $errand AS step
    FROM drawn
)

SELECT
    CASE WHEN luck % 10007 <> 0
        THEN (204080000000000 + device * 7 + hash(device, 5) % 7)::VARCHAR
    END AS subscriber_id,
    TIMESTAMPTZ '{midnight}'
        + to_microseconds($hour * 3600000000 + k * 3600000000 // $n_records) AS observed_at,
    CASE WHEN hash(device, 6) % 50 = 0 THEN 262 ELSE 204 END AS mcc,
    CASE WHEN hash(device, 6) % 50 = 0 THEN '02' ELSE '08' END AS mnc,
    CASE WHEN luck % 2003 = 0
        THEN 'elsewhere'
        ELSE 'C' || lpad(((home + step + $n_cells) % $n_cells)::VARCHAR, 5, '0')
    END AS cell_id,
    ['attach', 'handover', 'data', 'location update'][(1 + (luck // 8) % 4)::INTEGER]
        AS event_type,
    ((luck // 64) % 60)::INTEGER AS timing_advance
FROM placed
"""


# two devices in three work or learn up to 8 km away, half of all go out in the evening: places to
# travel between, near enough that no move of them is implausible
ERRAND = """CASE
    WHEN hash(device, 7) % 3 < 2
        AND $hour BETWEEN 7 + hash(device, 8) % 3 AND 15 + hash(device, 9) % 3
        THEN (hash(device, 10) % 7)::INTEGER - 3
            + $row_of_cells * ((hash(device, 11) % 5)::INTEGER - 2)
    WHEN hash(device, 12) % 2 = 0 AND $hour BETWEEN 19 AND 20
        THEN (hash(device, 13) % 7)::INTEGER - 3
            + $row_of_cells * ((hash(device, 14) % 5)::INTEGER - 2)
    ELSE 0
END"""


# by the ending of files: the columns, and how they are written
FORMATS = {
    "parquet": ("*", "FORMAT parquet, COMPRESSION zstd"),
    "csv.gz": (
        "* REPLACE (strftime(observed_at::TIMESTAMP, '%Y-%m-%d %H:%M:%S') AS observed_at)",
        "FORMAT csv, HEADER, COMPRESSION gzip",
    ),
}


def records_by_hour(n_events: int) -> list[int]:
    """Return the number of records of each hour; they sum to `n_events`.

    >>> sum(records_by_hour(1_000_000)), len(records_by_hour(1_000_000))
    (1000000, 24)
    """
    records = [n_events * share // sum(PROFILE) for share in PROFILE]
    records[-1] += n_events - sum(records)
    return records


def write(
    folder: Path,
    n_events: int,
    tell: Callable[[str], object],
    travels: bool = False,
    ending: str = "parquet",
) -> None:
    """Write one day's deliveries: `events/<day>/hNN.<ending>` and `cells/<day>.csv`.

    Parameters
    ----------
    folder : Path
        Where; made if it is not there.
    n_events : int
        Records, repeated and broken ones included. A hundredth of it is the number of devices.
    tell : callable
        Called with a sentence after every six hours.
    travels : bool
        Devices have places to go to; else they stay around one, which is all that staging minds.
    ending : str
        Of the files: a format of `FORMATS`.
    """
    events = folder / "events" / DAY
    events.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(":memory:", config={"threads": 2}) as opened:
        opened.execute("SET TimeZone = 'UTC'")
        for hour, n_records in enumerate(records_by_hour(n_events)):
            query = HOUR.format(midnight=MIDNIGHT)
            query = query.replace("$errand", ERRAND if travels else "0")
            given = {
                "hour": hour,
                "n_records": n_records,
                "n_cells": N_CELLS,
                "n_devices": max(n_events // EVENTS_PER_DEVICE, 100),
                "row_of_cells": ROW_OF_CELLS,
            }
            for name, value in given.items():
                query = query.replace(f"${name}", str(value))
            place = str(events / f"h{hour:02d}.{ending}").replace("'", "''")
            columns, written = FORMATS[ending]
            opened.execute(f"COPY (SELECT {columns} FROM ({query})) TO '{place}' ({written})")
            if hour % 6 == 5:
                tell(f"{n_events:,} events: {hour + 1} hours written")
    lines = ["cell_id,x_m,y_m,crs"]
    for number in range(N_CELLS):
        x_m, y_m = SPACING_M * (number % ROW_OF_CELLS), SPACING_M * (number // ROW_OF_CELLS)
        lines.append(f"C{number:05d},{x_m},{y_m},local")
    write_text(folder / "cells" / f"{DAY}.csv", "\n".join(lines) + "\n")


def charter(n_events: int, follows: bool = False, ending: str = "parquet") -> str:
    """Return the charter of the measured pilot, as YAML: simulated, one day, mapped by name.

    Where it `follows` devices, all products that do are named; its one day is the whole window.
    """
    products: tuple[str, ...] = ("presence",)
    linkage_days = 1
    if follows:
        products, linkage_days = tuple(PRODUCTS), MIN_LINKED_DAYS
    columns = (
        "subscriber_id",
        "observed_at",
        "mcc",
        "mnc",
        "cell_id",
        "event_type",
        "timing_advance",
    )
    events = ", ".join(f"{name}: {name}" for name in columns)
    return f"""pilot: bench
title: {{en: "{n_events:,} events", nl: "{n_events:,} records"}}
purpose: method_development
legal_basis: synthetic
legal_reference: made by the benchmark
operator: {{name: Benchmark, contact: none@operator.example, mcc: 204}}
agency: {{name: Benchmark, contact: none@agency.example}}
period: {{start: {DAY}, end: {DAY}}}
expires: 2027-12-31
time_zone: Europe/Amsterdam
area:
  crs: local
  tile_m: 1000
  grid: {{x_min_m: 0, y_min_m: 0, x_max_m: 128000, y_max_m: 130000, zone_m: 10000}}
inputs:
  events:
    reader: generic
    path: events/{{day}}/*.{ending}
    time_zone: UTC
    columns: {{{events}}}
  cells:
    reader: generic
    path: cells/{{day}}.csv
    columns: {{cell_id: cell_id, x_m: x_m, y_m: y_m, crs: crs}}
products: [{", ".join(products)}]
linkage_days: {linkage_days}
tier: agency
threshold: 15
retention: {{raw_hours: 24, staged_days: {linkage_days}}}
recipients: [nobody]
contact: none@agency.example
use_limits: {{en: For measuring speed only., nl: Alleen om snelheid te meten.}}
"""
