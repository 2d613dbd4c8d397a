"""What a run did, as data: filled by `peil.commands.run`, worded by `run_summary`."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from peil.charter.products import PRESENCE, PRODUCTS
from peil.charter.schema import Charter
from peil.charter.windows import releasable
from peil.outcome import Outcome
from peil.store import ledger
from peil.store.atomic import read_json
from peil.store.store import Store


@dataclass(frozen=True)
class Released:
    """What of a product stands released: periods, and entries of them published and withheld."""

    product: str
    n_periods: int
    n_entries: int
    n_withheld: int
    folder: Path


@dataclass
class Report:
    """What a run did: outcomes, days already released, days stopped and why, what is amiss.

    `unusual` says what of the released hours is unusual, a line each. `released` is what stands
    released now, made by this run or before. `scores` are the figures on known truth, by product,
    empty where there is no truth. `unit` is what is released by itself, a day or an
    hour. `verified` is what `peil verify` says of the store afterwards, `fault` what it finds
    wrong.
    """

    outcomes: list[Outcome] = field(default_factory=list)
    unchanged: list[date] = field(default_factory=list)
    stopped: dict[date, str] = field(default_factory=dict)
    troubles: list[str] = field(default_factory=list)
    unusual: list[str] = field(default_factory=list)
    released: list[Released] = field(default_factory=list)
    scores: dict[str, dict[str, float]] = field(default_factory=dict)
    n_days: int = 0
    unit: str = "day"
    exit_code: int = 0
    verified: str = ""
    fault: str = ""
    page: Path | None = None
    operator_page: Path | None = None


def released(charter: Charter, store: Store) -> list[Released]:
    """What of each product of a pilot stands released; products of which nothing does are left out.

    Counts come from the metadata beside the tables.
    """
    standing = []
    names = {PRESENCE, *(row.name for row in releasable(charter))}
    for product in (name for name in PRODUCTS if name in names):
        folders = [
            folder
            for day in charter.units()
            if ledger.is_released(store, charter.pilot, product, str(day))
            and (folder := store.released(charter.pilot, product, day)).exists()
        ]
        counts = [read_json(folder / "metadata.json") for folder in folders]
        if folders:
            n_entries, n_withheld = (
                sum(metadata[name] for metadata in counts) for name in ("n_entries", "n_withheld")
            )
            standing.append(
                Released(product, len(folders), n_entries, n_withheld, folders[0].parent)
            )
    return standing


def scores_of(charter: Charter, store: Store) -> dict[str, dict[str, float]]:
    """Figures on known truth by product, as last scored: of presence the champion's, as published.

    Examples
    --------
    After a run of the demo::

        scores_of(charter, store)["presence"]["mape_day"]
    """
    from peil.estimate.estimators import RELEASED_ESTIMATOR

    record = read_json(store.scores(charter.pilot) / "scores.json")
    return {
        PRESENCE: record["whole"].get(record.get("champion", RELEASED_ESTIMATOR), {}),
        **record.get("products", {}),
    }
