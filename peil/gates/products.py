"""Judge the release of a product that follows devices; each product and period has its own gate.

Its report is `<quality>/released_<product>.json`. Closed, it sets this release aside, not the day:
presence, which follows nobody, goes on. The four gates of a day are in `peil.gates`.
"""

from __future__ import annotations

import importlib
from datetime import date
from typing import Any, cast

from peil.adapters import database
from peil.charter.products import PRODUCTS
from peil.charter.schema import Charter
from peil.gates import closing
from peil.gates.report import (
    GateReport,
    MeasureError,
    State,
    candidate_hash,
    require_one_table,
)
from peil.outcome import GateClosed, Waiting
from peil.quality.choices import limits_of
from peil.store import atomic
from peil.store.faults import stopping
from peil.store.faults.written import require_written
from peil.store.store import Store

NUMBERS = ("OBS_VALUE", "OBS_LOWER", "OBS_UPPER")


def check(charter: Charter, product: str, day: date, store: Store) -> GateReport:
    """Judge a product's candidate by its suite of expectations, and write the report.

    Raises
    ------
    Waiting
        There is no candidate yet.
    MeasureError, JudgeError
        A fault of ours; no value is quoted.
    """
    from peil.gates import great, tables  # takes Great Expectations' seconds

    pilot = charter.pilot
    module = importlib.import_module("expectations.released").PRODUCT_SUITES[product]
    beliefs = module.suite(limits_of(pilot))
    candidate = store.candidate(pilot, product, day)
    judged = candidate_hash(candidate)
    require_one_table(candidate, PRODUCTS[product].table("released"))
    measures = _measures(charter, product, day, store, module.MEASURES)

    def fill(connection: Any) -> None:
        for name, measure in measures.items():
            tables.keep(connection, name, measure)

    results = great.findings("released", beliefs, fill, measures)
    state = cast(State, f"released_{product}")
    report = GateReport.of(state, pilot, str(day), results, judged)
    atomic.write_text(store.quality(pilot, day) / f"{state}.json", report.to_json())
    if report.is_open:
        closing.open_gate(store, charter, report)
    return report


def require_open(charter: Charter, product: str, day: date, store: Store) -> GateReport:
    """Judge the candidate; where its gate is closed, set it aside, tell people and refuse.

    Raises
    ------
    GateClosed
        With `GateReport.refusal` of the report (exit 3).
    """
    report = check(charter, product, day, store)
    if not report.is_open:
        closing.close_gate(store, report)
        raise GateClosed(report.refusal(store))
    return report


def _measures(
    charter: Charter, product: str, day: date, store: Store, queries: dict[str, str]
) -> dict[str, Any]:
    """The released table with figures as DOUBLE, and the measures of the suite."""
    from peil.gates import tables

    pilot = charter.pilot
    names = {
        PRODUCTS[product].table("released"): store.candidate(pilot, product, day),
        PRODUCTS[product].table("estimated"): store.estimated(pilot, day, product),
    }
    for name, folder in names.items():
        file = folder / f"{name}.parquet"
        if not file.is_file():
            raise Waiting(f"{file} is not there: estimate and release {product} first.")
        require_written(file)
    measures: dict[str, Any] = {}
    failed = ""
    spill = store.work(pilot, day, f"gate_{product}")
    with database.connection(store, spill, list(names.values())) as opened:
        tables.keep(opened, "this_batch", tables.batch(charter, day))
        doing = ""
        try:
            for doing, folder in names.items():
                place = str(folder / f"{doing}.parquet").replace("'", "''")
                opened.execute(f"CREATE TABLE {doing} AS FROM read_parquet('{place}')")
            doing = PRODUCTS[product].table("released")
            casts = ", ".join(f"{column}::DOUBLE AS {column}" for column in NUMBERS)
            measures[doing] = opened.execute(
                f"SELECT * REPLACE ({casts}) FROM {doing}"
            ).to_arrow_table()
            for doing, sql in queries.items():
                measures[doing] = opened.execute(sql).to_arrow_table()
        except Exception as error:
            stopping.check()
            failed = type(error).__name__
    if failed:  # raised out here, so that the original does not travel along
        raise MeasureError(
            f"The gate of {product} of {pilot} {day} could not make {doing} ({failed}): a table "
            "is not as it should be; this is a fault of ours."
        )
    return measures
