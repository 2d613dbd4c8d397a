"""Does a study speak for a candidate against the incumbent? If not, one sentence says why.

Asked of the study's own table; nothing is estimated here, and nothing is changed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from peil import methods
from peil.estimate.champion import AS_RELEASED
from peil.estimate.estimators import ESTIMATORS, RELEASED_ESTIMATOR
from peil.outcome import Refused
from peil.score import paired
from peil.score.promoting import bounds
from peil.score.promoting.candidates import Tried, named
from peil.score.studies import own, results
from peil.score.studies.plan import Study
from peil.store.atomic import read_whole
from peil.store.store import Store

FITTED = ("path_loss_exponent", "midpoint_dbm", "steepness")
EDGE = "at the edge"  # words of `peil_models.footprint.Identification.sentence`


@dataclass(frozen=True)
class Judgement:
    """How a candidate stands to the incumbent, and what speaks against it: nothing, or a sentence.

    Attributes
    ----------
    compared : list of dict
        Rows of `peil.score.studies.results.compare`.
    coverage : float
        Share of its intervals, by day, that held the truth; mean over worlds.
    against : str
    """

    compared: list[dict[str, Any]]
    coverage: float
    against: str

    @property
    def whole(self) -> dict[str, Any]:
        """The row of all zone-hours by day."""
        return next(row for row in self.compared if row["group"] == paired.GROUPS[0])


def require_same_code(store: Store, record: dict[str, Any]) -> None:
    """Refuse a study of other code, libraries, methods or estimators than those that are here."""
    study = Study.model_validate(record["study"])
    units = study.units(own.source(store.settings))
    if {f"{unit.world.name} {unit.label}": unit.key for unit in units} != record["units"]:
        raise Refused(
            f"The study {study.study} was made by other code, libraries, methods or estimators "
            f"than those that are here: run `peil study run {study.study}` again."
        )


def judge(
    store: Store, pilot: str, record: dict[str, Any], incumbent: Tried, candidate: Tried
) -> Judgement:
    """Hold a candidate against the incumbent."""
    choices = methods.section("compare", pilot)
    name = record["study"]["study"]
    coverage = float(record["candidates"][candidate.name]["mean"]["coverage"]["mean"])
    if candidate.name == incumbent.name:
        compared: list[dict[str, Any]] = []
        return Judgement(compared, coverage, f"{candidate.label} is what is released already")
    compared = results.compare(store, name, incumbent.name, candidate.name)
    against = (
        _not_peils(candidate)
        or _not_identified(store, pilot, candidate)
        or _not_better(store, record, compared, incumbent, candidate)
        or _worse_somewhere(compared, incumbent, candidate, choices["group_loss_max"])
        or _not_covered(coverage, candidate, choices["coverage_min"], choices["coverage_max"])
    )
    return Judgement(compared, coverage, against)


def _not_peils(candidate: Tried) -> str:
    if candidate.estimator in ESTIMATORS:
        return ""
    return (
        f"{candidate.label} is an estimator of your own, and what leaves an operator is reviewed "
        "code: add its row to peil/estimate/estimators.py first"
    )


def _not_identified(store: Store, pilot: str, candidate: Tried) -> str:
    if names := bounds.at_bound(candidate.choices):
        value = candidate.choices[names[0]]
        return f"{candidate.label} has {names[0]} at a parameter's bound ({value})"
    facts = read_whole(store.trained(pilot)).get("facts", {})
    if "calibrated" not in str(facts.get("champion", "")):
        return ""  # nothing was fitted to counts
    errors = {name: float(facts.get(f"{name}_se", math.inf)) for name in FITTED}
    if unknown := [name for name, error in errors.items() if not math.isfinite(error)]:
        return (
            f"{candidate.label} rests on a footprint whose {unknown[0]} the counts of {pilot} do "
            "not tell (no finite standard error)"
        )
    note = str(facts.get("note", ""))
    if EDGE in note:
        return f"{candidate.label} rests on a footprint at a parameter's bound ({note})"
    return ""


def _not_better(
    store: Store,
    record: dict[str, Any],
    compared: list[dict[str, Any]],
    incumbent: Tried,
    candidate: Tried,
) -> str:
    whole = next((row for row in compared if row["group"] == paired.GROUPS[0]), None)
    if whole is None:
        return f"{candidate.label} cannot be compared: no zone-hour by day has both"
    if whole["lower"] > 0:
        return ""
    interval = f"{whole['gain']:+.1%}, 95% interval {whole['lower']:+.1%} to {whole['upper']:+.1%}"
    stands = "worse than" if whole["upper"] < 0 else "not surely better than"
    sentence = f"{stands} {incumbent.label}, which is released ({interval})"
    defaults = named(record, RELEASED_ESTIMATOR, dict(AS_RELEASED))
    if defaults not in (None, incumbent.name, candidate.name):
        rows = results.compare(store, record["study"]["study"], str(defaults), candidate.name)
        if next(row for row in rows if row["group"] == paired.GROUPS[0])["lower"] > 0:
            return f"{candidate.label} beats the defaults ({defaults}), but is {sentence}"
    return f"{candidate.label} is {sentence}"


def _worse_somewhere(
    compared: list[dict[str, Any]], incumbent: Tried, candidate: Tried, loss_max: float
) -> str:
    losses = [row for row in compared if row["gain"] < -loss_max]
    if not losses:
        return ""
    words = ", ".join(f"{row['group']} ({row['gain']:+.1%})" for row in losses)
    return (
        f"{candidate.label} is better than {incumbent.label} on average, but worse by more than "
        f"{loss_max:.0%} in {words}"
    )


def _not_covered(coverage: float, candidate: Tried, least: float, most: float) -> str:
    if least <= coverage <= most:
        return ""
    return (
        f"{candidate.label} has intervals that hold the truth in {coverage:.0%} of the zone-hours, "
        f"and {least:.0%} to {most:.0%} are allowed"
    )
