"""Two versions of presence beside each other on a study: what differs, a verdict, a page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from rich.table import Table

from peil.charter import reading
from peil.commands.studying import tables
from peil.pages import study_page
from peil.score.promoting.candidates import meant
from peil.score.studies import results
from peil.store.store import Store


def beside(
    pilot: str, incumbent: str, candidate: str, study: str, html: Path | None
) -> Iterator[Table | str]:
    """Say by how much the second errs less than the first, where, and how sure that is.

    Parameters
    ----------
    incumbent, candidate : str
        Versions, as ``presence@1``, or candidates of the study.
    html : Path, optional
        Where a page is written.
    """
    name, store = reading.load(pilot).pilot, Store()
    record = results.record_of(store, study)
    first, second = (meant(store, name, words, record) for words in (incumbent, candidate))
    compared = results.compare(store, study, first.name, second.name)
    yield tables.beside(compared, first.name, second.name, len(record["worlds"]))
    for words, tried in ((incumbent, first), (candidate, second)):
        if words != tried.name:
            yield f"{words} is {tried.name} of the study {study}."
    changed = tables.changed(record, first.name, second.name)
    if first.version and second.version:
        changed += _otherwise(first.version.tags, second.version.tags)
    yield from changed
    data = study_page.data_of(store, study, first.name, second.name, changed)
    data = data.model_copy(update={"incumbent": first.label, "candidate": second.label})
    yield f"{second.label} is: {data.verdict.en}."
    if html is not None:
        yield f"  look at {study_page.build(data, html)}"


def _otherwise(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """What else differs between two versions: footprint, code, libraries, worlds."""
    names = {
        "peil.footprint": "footprint",
        "peil.commit": "code",
        "peil.lock": "libraries",
        "peil.seeds": "worlds",
    }
    return [
        f"{words}: {before.get(tag, 'none')[:40]} \u2192 {after.get(tag, 'none')[:40]}"
        for tag, words in names.items()
        if before.get(tag, "none") != after.get(tag, "none")
    ]
