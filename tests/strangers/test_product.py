"""Somebody who does not know Peil adds a product, by touching seventeen files at most."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
import yaml
from copied import Copied

from peil.settings import PROJECT, Settings
from tests.stores import new_store

MOST_FILES = 17
DAYS = 2
PEIL = ("-m", "peil.cli")
ROW = """    Product(
        "arrivals",
        estimated=_same("est_arrivals__by_zone_hour"),
        released=_same("rel_arrivals__by_zone_hour"),
        tally="flows",
        estimate="peil.estimate.linked.arrivals:arrivals",
        protect="peil.release.arrivals:arrivals",
    ),
"""
ESTIMATE = '''"""Trips that arrive in a zone, whatever their origin."""

from __future__ import annotations

import numpy as np
import pandas as pd

from peil.estimate.linked.sums import PARTS
from peil.estimate.linked.tables import ESTIMATOR, TablePeriod, Weighing


def arrivals(weighing: Weighing, tally: pd.DataFrame, part: TablePeriod) -> pd.DataFrame:
    """Trips of devices by zone of arrival and hour of departure: `est_arrivals__by_zone_hour`."""
    rows = tally[tally["hour"].isin(part.positions)]
    whole = rows.groupby(["to_zone", "hour"], as_index=False, sort=True)[
        ["n_devices", "n_parts"]
    ].sum()
    zones = np.array(weighing.origins.zones, dtype=object)
    hours = pd.DatetimeIndex(pd.to_datetime(part.hours, utc=True))
    return pd.DataFrame(
        {
            "zone_id": zones[whole["to_zone"]],
            "hour_at": hours[whole["hour"]],
            "estimator": ESTIMATOR,
            "n_devices": whole["n_devices"],
            "n_trips": whole["n_parts"] / PARTS,
            "run_id": part.run_id,
        }
    )
'''
PROTECT = '''"""Released arrivals: every zone and hour, withheld where few devices arrived."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd

from peil.area.area import Area
from peil.charter.clock import hours_of
from peil.charter.schema import Charter
from peil.release.presence import figures, local_hours, threshold_of


def arrivals(charter: Charter, area: Area, estimated: Path, day: date) -> pd.DataFrame:
    """Trips by zone of arrival and hour; no total is published, so the threshold is enough."""
    rows = pd.read_parquet(estimated / "est_arrivals__by_zone_hour.parquet")
    hours = pd.to_datetime(hours_of(day, charter.time_zone), utc=True)
    key = ["zone_id", "hour_at"]
    whole = pd.MultiIndex.from_product([area.bottom(), hours], names=key)
    rows = rows.assign(hour_at=pd.to_datetime(rows["hour_at"], utc=True))
    rows = rows.set_index(key).reindex(whole).reset_index()
    fewest = rows[["n_devices", "n_trips"]].min(axis=1).fillna(0)
    table = pd.DataFrame(
        {
            "REF_AREA": rows["zone_id"].astype(str),
            "TIME_PERIOD": local_hours(rows["hour_at"], ZoneInfo(charter.time_zone)),
        }
    )
    shown = (fewest >= threshold_of(charter)).to_numpy()
    return figures(table, rows, ["n_trips"], shown, "DEV")
'''
EST_SQL = """select
    cast(zone_id as varchar) as zone_id,
    cast(hour_at as timestamptz) as hour_at,
    cast(estimator as varchar) as estimator,
    cast(n_devices as bigint) as n_devices,
    cast(n_trips as double) as n_trips,
    cast(run_id as varchar) as run_id
from {{ source('estimated', 'est_arrivals__by_zone_hour') }}
"""
EST_YML = """  - name: est_arrivals__by_zone_hour
    description: One row per zone of arrival, hour and estimator. Not protected.
    data_tests:
      - unique_key:
          name: estimated_arrivals_are_unique
          arguments: {columns: [zone_id, hour_at, estimator]}
    columns:
      - {name: zone_id, data_type: varchar, description: "Zone of arrival."}
      - {name: hour_at, data_type: timestamp with time zone, description: "Start, UTC."}
      - {name: estimator, data_type: varchar, description: "Way of estimating."}
      - {name: n_devices, data_type: bigint, description: "Distinct devices."}
      - {name: n_trips, data_type: double, description: "Trips of devices."}
      - {name: run_id, data_type: varchar, description: "Run that made the row."}

"""
REL_SQL = """select
    {{ sdmx_entries(['REF_AREA']) }}
from {{ source('released', 'rel_arrivals__by_zone_hour') }}
"""
REL_YML = """  - name: rel_arrivals__by_zone_hour
    description: One row per zone of arrival and hour. Protected.
    data_tests:
      - unique_key:
          name: released_arrivals_are_unique
          arguments: {columns: ['"REF_AREA"', '"TIME_PERIOD"']}
    columns:
      - {name: REF_AREA, data_type: varchar, quote: true, description: "Zone of arrival."}
      - {name: TIME_PERIOD, data_type: varchar, quote: true, description: "Local hour, ISO."}
      - {name: OBS_VALUE, data_type: bigint, quote: true, description: "Figure, or null."}
      - {name: OBS_LOWER, data_type: bigint, quote: true, description: "Lower end."}
      - {name: OBS_UPPER, data_type: bigint, quote: true, description: "Upper end."}
      - {name: OBS_STATUS, data_type: varchar, quote: true, description: "A normal, Q suppressed."}
      - {name: CONF_STATUS, data_type: varchar, quote: true, description: "F free, C withheld."}
      - {name: UNIT_MEASURE, data_type: varchar, quote: true, description: "DEV trips of devices."}

"""
SUITE = '''"""Released arrivals: no entry of few devices, withheld ones empty."""

from __future__ import annotations

from expectations.belief import Belief
from expectations.limits import Limits
from expectations.linked import beliefs, entries

TABLE = "rel_arrivals__by_zone_hour"
MEASURES = {
    "released_arrivals": entries(
        TABLE, "est_arrivals__by_zone_hour", "estimated.zone_id = released.REF_AREA"
    ),
}


def suite(_: Limits) -> list[Belief]:
    """Beliefs about `rel_arrivals__by_zone_hour`."""
    return beliefs(TABLE, "released_arrivals")
'''
SUBJECT = """    "arrivals": {
        "en": "Estimated trips of devices by municipality of arrival",
        "nl": "Geschatte reizen van toestellen naar gemeente van aankomst",
    },
"""
TOGETHER = """    "arrivals": {"en": "No total is shown.", "nl": "Er is geen totaal."},
"""
TITLE = """    "arrivals": Words(en="## Arrivals: protection", nl="## Aankomsten: bescherming"),
"""
VIEWS = "dbt_project/models"


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Copied:
    """A copy of the checkout with the toy product in it, which the demo's charter names."""
    copied = Copied.of_the_checkout(
        tmp_path_factory.mktemp("product"), "dbt_project", "dags", "pilots", "portal"
    )
    copied.put_before("peil/charter/products.py", ")\nPRODUCTS:", ROW)
    copied.add("peil/estimate/linked/arrivals.py", ESTIMATE)
    copied.add("peil/release/arrivals.py", PROTECT)
    for state, prefix, sql, yml, listed in (
        ("estimated", "est", EST_SQL, EST_YML, "linked.yml"),
        ("released", "rel", REL_SQL, REL_YML, "linked_released.yml"),
    ):
        table = f"{prefix}_arrivals__by_zone_hour"
        copied.add(f"{VIEWS}/{state}/linked/{table}.sql", sql)
        first = f"  - name: {prefix}_flows__by_pair_period\n"
        copied.put_before(f"{VIEWS}/{state}/linked/{listed}", first, yml)
        source = f'      - {{name: {table}, description: "One row per zone and hour."}}\n'
        copied.put_before(f"{VIEWS}/{state}/{state}.yml", "\nmodels:\n", source)
    copied.add("expectations/released/rel_arrivals__by_zone_hour.py", SUITE)
    suites = "expectations/released/__init__.py"
    listed_suite = "    rel_flows__by_pair_period,\n"
    copied.put_before(suites, listed_suite, "    rel_arrivals__by_zone_hour,\n")
    copied.put_before(suites, '    "flows": rel', '    "arrivals": rel_arrivals__by_zone_hour,\n')
    words = "peil/release/statement_linked.py"
    copied.put_before(words, "}\nTOGETHER = ", SUBJECT)
    copied.put_before(words, "}\nWITHIN = ", TOGETHER)
    copied.put_before("peil/pages/method_words.py", '    "flows": Words(', TITLE)
    charter = yaml.safe_load((PROJECT / "pilots/demo.yml").read_text()) | {
        "period": {"start": "2026-03-02", "end": f"2026-03-{1 + DAYS:02d}"},
        "linkage_days": DAYS,
        "threshold": 4,  # so low that of a small country something is published
        "products": ["presence", "flows", "arrivals"],
    }
    (copied.folder / "pilots/demo.yml").write_text(yaml.safe_dump(charter, allow_unicode=True))
    copied.touched.add("pilots/demo.yml")
    return copied


def test_a_new_product_touches_few_files(checkout: Copied) -> None:
    assert len(checkout.touched) <= MOST_FILES, sorted(checkout.touched)


@pytest.mark.slow
def test_the_new_product_is_estimated_judged_released_and_shown(
    checkout: Copied, small_deliveries: Settings
) -> None:
    places = {
        "PEIL_DELIVERIES": str(small_deliveries.deliveries_folder),
        "PEIL_TRUTH": str(small_deliveries.truth_folder),
        "PEIL_PILOTS": str(checkout.folder / "pilots"),
        "PEIL_KEEP_DELIVERIES": "true",
    }
    new_store(small_deliveries, checkout.folder / "data")
    done = checkout.python(*PEIL, "run", "demo", **places)
    assert done.returncode == 0, done.stdout + done.stderr
    agency = checkout.folder / "data" / "agency"
    name = "rel_arrivals__by_zone_hour"
    released = [
        pd.read_parquet(agency / f"released/demo/arrivals/2026-03-0{2 + day}/{name}.parquet")
        for day in range(DAYS)
    ]
    assert all(len(table) == 24 * table["REF_AREA"].nunique() for table in released)
    assert all(table["OBS_VALUE"].min() >= 4 for table in released)
    gate = checkout.folder / "data/operator/estimated/demo/quality/2026-03-02"
    assert '"is_open":true' in (gate / "released_arrivals.json").read_text().replace(" ", "")
    page = Path(agency / "portal/demo/index.html").read_text()
    assert "arrivals.csv" in page and "Arrivals: protection" in page
    standing = checkout.python(*PEIL, "status", "demo", **places)
    assert "flows, arrivals" in standing.stdout
