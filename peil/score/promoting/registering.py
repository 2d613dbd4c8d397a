"""Register a study's candidate as a version of presence, with the evidence for and against it."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path
from typing import Any

from peil.adapters import versions
from peil.adapters.versions import PRESENCE, Evidence
from peil.charter.schema import Charter
from peil.estimate.champion import register_presence
from peil.score.promoting import card, plots
from peil.score.promoting.candidates import Tried
from peil.score.promoting.evidence import Judgement
from peil.score.studies import own, results
from peil.store.atomic import canonical, sha256
from peil.store.store import Store

AGAINST, NOTHING = "peil.against", "nothing"  # a tag: what speaks against a promotion


def registered(
    charter: Charter,
    store: Store,
    record: dict[str, Any],
    candidate: Tried,
    incumbent: Tried,
    judgement: Judgement,
) -> Tried:
    """The candidate as a version: registered now, unless it is one with the same evidence.

    One that was weighed on another study, or beside another incumbent, is registered once more: the
    card of what stands is that of what spoke for it.

    Scores go with it as metrics with their intervals, its rows in the study as data sets by hash,
    pictures of its errors as files, and a card as the version's description.
    """
    pilot, name = charter.pilot, record["study"]["study"]
    weighed = {"peil.study_sha256": study_hash(record), "peil.beside": incumbent.name}
    against = judgement.against or NOTHING
    if candidate.version is not None:
        tags = candidate.version.tags  # those that a version lacks say nothing else
        is_alike = (tags.get(AGAINST, against) == NOTHING) == (against == NOTHING)
        if is_alike and all(tags.get(tag, value) == value for tag, value in weighed.items()):
            return candidate
    rows = results.rows_of(store, name, candidate.name)
    row = own.rows(store.settings)[candidate.estimator]
    with tempfile.TemporaryDirectory() as folder:
        words = card.written(
            charter, record, candidate, incumbent, judgement.compared, judgement.against
        )
        file = Path(folder) / "card.md"
        file.write_text(words, encoding="utf-8")
        pictures = plots.draw(rows, candidate.name, charter.time_zone, Path(folder))
        number = register_presence(
            store,
            pilot,
            row,
            candidate.choices,
            _metrics(record, candidate, judgement),
            {
                "peil.title": f"presence {candidate.name}",
                "peil.study": name,
                **weighed,
                AGAINST: against,
                "peil.seeds": " ".join(record["worlds"]),
                "peil.own": own.source(store.settings)[:32] or "none",
            },
            Evidence(words, _inputs(store, record, candidate), [file, *pictures]),
        )
    version = versions.of_number(store, pilot, PRESENCE, number)
    return Tried(candidate.name, candidate.estimator, candidate.choices, version)


def study_hash(record: dict[str, Any]) -> str:
    """Hash of a study's table."""
    return hashlib.sha256(canonical(record)).hexdigest()


def _metrics(record: dict[str, Any], candidate: Tried, judgement: Judgement) -> dict[str, float]:
    """Scores with half their intervals over worlds, and gains by group with theirs."""
    metrics: dict[str, float] = {}
    for name, figure in record["candidates"][candidate.name]["mean"].items():
        metrics[name] = float(figure["mean"])
        if figure["half"] is not None:
            metrics[f"{name}_half"] = float(figure["half"])
    for row in judgement.compared:
        group = f"gain {row['group']}".replace(" ", "_")
        metrics[group] = float(row["gain"])
        metrics |= {f"{group}_{end}": float(row[end]) for end in ("lower", "upper")}
    return metrics


def _inputs(store: Store, record: dict[str, Any], candidate: Tried) -> dict[str, str]:
    """Hash of the candidate's file of each world."""
    name, label = record["study"]["study"], candidate.name.partition("@")[2]
    folder = store.root / "studies" / name / "units"
    return {
        f"study {name}, {world}": sha256(folder / f"{record['units'][f'{world} {label}']}.parquet")
        for world in record["worlds"]
    }
