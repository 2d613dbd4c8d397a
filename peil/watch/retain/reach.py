"""What a late opt-out still reaches of a pilot, and which releases stand.

Of a day whose rows or keys are gone nobody can be looked for any more: what was released of it may
rest on them or not, and is told apart from what is known to.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from peil.charter.period import Period
from peil.charter.products import PRESENCE
from peil.charter.schema import Charter
from peil.charter.windows import linked_products, periods, pseudonym_key

Released = dict[str, list[str]]  # by product, its periods


def is_searchable(period: Period) -> bool:
    """Whether rows of it lie there, with the keys to find somebody in them."""
    store, pilot, day = period.store, period.pilot, period.day
    raw = (store.raw_file(pilot, day), store.key(pilot, day, "raw"))
    staged = (
        store.staged_file(pilot, day),
        store.key(pilot, day, "staged"),
        pseudonym_key(store, period.charter, day),
    )
    return any(all(path.exists() for path in paths) for paths in (raw, staged))


def is_out_of_reach(period: Period) -> bool:
    """Whether rows of it were read once, and nobody can be looked for in them any more."""
    store, pilot, day = period.store, period.pilot, period.day
    manifests = (store.raw_manifest(pilot, day), store.staged_manifest(pilot, day))
    was_read = any(path.exists() for path in manifests) or period.is_released()
    return was_read and not is_searchable(period)


def released_of(period: Period) -> Released:
    """Releases that its rows are in: its own, and of products over its window every period's."""
    standing = {PRESENCE: [str(period.day)] if period.is_released() else []}
    for row in linked_products(period.charter):
        starts = periods(row, period.window)
        standing[row.name] = [str(day) for day in starts if period.is_released(row.name, day)]
    return {name: days for name, days in standing.items() if days}


def joined(parts: Iterable[Mapping[str, Iterable[str]]]) -> dict[str, set[str]]:
    """All of several, each period once.

    >>> sorted(joined([{"flows": ["2026-03-02"]}, {"flows": ["2026-03-02"]}])["flows"])
    ['2026-03-02']
    """
    every: dict[str, set[str]] = {}
    for part in parts:
        for product, days in part.items():
            every.setdefault(product, set()).update(days)
    return every


def spans(units: Iterable[date], named: Iterable[str]) -> list[str]:
    """Days or hours of a pilot in order, those that follow each other as one span.

    >>> spans([date(2026, 3, n) for n in (2, 3, 4, 5)], ["2026-03-05", "2026-03-02", "2026-03-03"])
    ['2026-03-02 to 2026-03-03', '2026-03-05']
    """
    wanted, runs = set(named), list[list[str]]()
    is_going_on = False
    for unit in map(str, units):
        if unit in wanted and is_going_on:
            runs[-1].append(unit)
        elif unit in wanted:
            runs.append([unit])
        is_going_on = unit in wanted
    return [run[0] if len(run) == 1 else f"{run[0]} to {run[-1]}" for run in runs]


def in_spans(charter: Charter, releases: Mapping[str, Iterable[str]]) -> Released:
    """Releases by product, their periods in spans; products without any are left out."""
    return {name: spans(charter.units(), days) for name, days in releases.items() if days}


def in_words(releases: Mapping[str, Iterable[str]]) -> str:
    """Releases in spans, as one reads them.

    >>> in_words({"presence": ["2026-03-02 to 2026-03-03", "2026-03-05"], "flows": ["2026-03-02"]})
    'presence of 2026-03-02 to 2026-03-03, 2026-03-05; flows of 2026-03-02'
    """
    return "; ".join(f"{name} of {', '.join(days)}" for name, days in releases.items())
