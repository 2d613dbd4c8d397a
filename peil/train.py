"""Train: calibrate the footprint on some days, judge it on others, register, promote.

No truth is used: the counts of nights are compared with what the register leads one to expect.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from peil import methods
from peil.adapters import experiments, versions
from peil.adapters.versions import FOOTPRINT, PRESENCE
from peil.area.area import area_of, fingerprint
from peil.charter import reading, retention
from peil.charter.clock import now
from peil.charter.period import Period
from peil.charter.schema import Charter
from peil.estimate import memory
from peil.estimate import night as night_hours
from peil.estimate.by_ledger import ROLLED_BACK
from peil.estimate.champion import default_footprint, first_presence
from peil.estimate.linked import versions as followed
from peil.estimate.standing import catch_up, enter, require_agreement, standing, stood
from peil.outcome import Outcome, Refused
from peil.stage.counted import counted_of
from peil.store import ledger, lock, provenance
from peil.store.atomic import read_json, read_whole, write_json
from peil.store.store import Store
from peil_models.footprint import (
    FootprintSignalStrength,
    calibrate_footprint,
    footprint_deviance,
    identify_footprint,
)

INCUMBENT = "incumbent"
# what is held while a model changes: training, or a promotion
HELD = {FOOTPRINT: "train", **dict.fromkeys((PRESENCE, *followed.DECIDE), "promotion")}
FITTED = ("path_loss_exponent", "midpoint_dbm", "steepness")


@dataclass(frozen=True)
class Split:
    """Days to fit on and other days to judge on."""

    fit: list[date]
    judge: list[date]


def split_of(
    charter: Charter, store: Store, fit_days: int | None = None, judge_days: int | None = None
) -> Split | None:
    """Days to judge on, spread over the first of the period, the others to fit on; none if too few.

    Spread, so that of a week neither part is the weekend alone.
    """
    choices = methods.section("train", charter.pilot)
    n_fit = fit_days or int(choices["fit_days"])
    n_judge = judge_days or int(choices["judge_days"])
    days = charter.days()[: n_fit + n_judge]
    staged = [day for day in days if store.staged_manifest(charter.pilot, day).exists()]
    if len(staged) < n_fit + n_judge or charter.area.register_ is None:
        return None
    judge = [days[(2 * part + 1) * len(days) // (2 * n_judge)] for part in range(n_judge)]
    return Split([day for day in days if day not in judge], judge)


def is_due(charter: Charter, store: Store) -> bool:
    """Whether there are days enough, and they have not been trained on yet."""
    split = split_of(charter, store)
    if split is None:
        return False
    record = store.trained(charter.pilot)
    if any(retention.is_gone(store, charter.pilot, d, "staged") for d in split.fit + split.judge):
        return False
    trained = read_whole(record)
    is_cut_off = "promotes" in trained
    is_new = trained.get("inputs") != _inputs(charter, split, store)
    return is_new or is_cut_off or versions.champion(store, charter.pilot) is None


def _inputs(charter: Charter, split: Split, store: Store) -> dict[str, Any]:
    days = [*split.fit, *split.judge]
    content = [read_json(store.staged_manifest(charter.pilot, d))["content_sha256"] for d in days]
    return {
        "fit": [str(d) for d in split.fit],
        "judge": [str(d) for d in split.judge],
        "staged": content,
        "area": fingerprint(charter, store),
    }


def train(pilot: str, fit_days: int | None = None, judge_days: int | None = None) -> Outcome:
    """Calibrate path-loss exponent, logistic midpoint and steepness; champion only when better.

    Both the defaults and the calibrated footprint are registered. The alias `champion` moves to
    the one whose deviance of night counts on the judged days, which the fit has not seen, is
    lowest, and only where that is lower than the standing champion's on the same nights. How well
    the counts tell the parameters (standard errors, edges, ridges) goes with the version. Released
    periods keep the footprint they were made with.

    Raises
    ------
    Refused
        Too few staged days, or a pilot without register.
    """
    period = Period.open(pilot)
    split = split_of(period.charter, period.store, fit_days, judge_days)
    if split is None:
        raise Refused(_why_not(period.charter, period.store, fit_days, judge_days))
    with lock.held(period.store, period.pilot, "train", "train"):
        return _train(period.charter, split, period.store)


def _why_not(charter: Charter, store: Store, fit_days: int | None, judge_days: int | None) -> str:
    """The sentence of a pilot that cannot be trained: what it lacks, and what to do."""
    pilot, choices = charter.pilot, methods.section("train", charter.pilot)
    if charter.area.register_ is None:
        return f"{pilot} cannot be trained: its charter names no register (`area.register`)."
    if charter.is_hourly:
        return (
            f"{pilot} cannot be trained: a footprint is calibrated on whole days, and it is "
            "delivered by the hour; train a pilot of days of the same network."
        )
    n_days = (fit_days or int(choices["fit_days"])) + (judge_days or int(choices["judge_days"]))
    if n_days > len(charter.days()):
        return (
            f"{pilot} cannot be trained: its period has {len(charter.days())} days, and {n_days} "
            "are asked; give --fit-days and --judge-days."
        )
    days = charter.days()[:n_days]
    missing = [day for day in days if not store.staged_manifest(pilot, day).exists()]
    return (
        f"{pilot} cannot be trained: {missing[0]} is not staged, {len(missing)} of {n_days} days "
        f"are not; run `peil stage {pilot} {missing[0]}`, or give --fit-days and --judge-days."
    )


def _train(charter: Charter, split: Split, store: Store) -> Outcome:
    pilot, record = charter.pilot, store.trained(charter.pilot)
    inputs = _inputs(charter, split, store)
    choices = {name: methods.section(name, pilot) for name in ("footprint", "train", "weighting")}
    run_ids = {
        name: provenance.run_id({**inputs, "footprint": name}, choices)
        for name in ("defaults", "calibrated")
    }
    period = f"{len(split.fit)}+{len(split.judge)} days"
    before = read_whole(record)
    if before.get("run_ids") == run_ids and "promotes" in before:  # killed right before the end
        return _promote(charter, store, period, record, before)
    if before.get("run_ids") == run_ids and versions.champion(store, pilot) is not None:
        _first_versions(charter, store)
        return Outcome("train", pilot, period, "unchanged", before["facts"])

    for day in [*split.fit, *split.judge]:
        if retention.is_gone(store, pilot, day, "staged"):
            raise Refused(retention.closed(store, pilot, day, "staged"))
    experiments.close_cut_off(store, pilot, "train")
    area = area_of(charter, store)
    cells, fit_counts = _night_counts(charter, split.fit, store, None)
    _, judge_counts = _night_counts(charter, split.judge, store, cells)
    placed, residents = area.placed(cells), area.residents_per_tile()
    defaults = default_footprint(pilot)
    lived_in = area.tiles[residents > 0]
    memory.require(store.settings, pilot, defaults, placed, lived_in, is_training=True)
    calibrated = calibrate_footprint(placed, area.tiles, fit_counts, residents, defaults)
    identified = identify_footprint(calibrated, placed, area.tiles, fit_counts, residents)
    candidates = {"defaults": defaults, "calibrated": calibrated}
    incumbent = standing(store, pilot, FOOTPRINT)
    before_it = {INCUMBENT: incumbent.footprint} if incumbent else {}
    judged = {
        name: float(footprint_deviance(footprint, placed, area.tiles, judge_counts, residents))
        for name, footprint in {**candidates, **before_it}.items()
    }
    errors = {
        f"{name}_se": error
        for name, error in identified.standard_errors.items()
        if math.isfinite(error)
    }
    numbers = {}
    for name, footprint in candidates.items():
        numbers[name] = versions.register(
            store,
            pilot,
            run_ids[name],
            _unfitted(footprint),
            {key: value for key, value in footprint.get_params().items() if key in FITTED}
            | {key: str(value) for key, value in asdict(split).items()},
            {"judged_deviance": judged[name], **(errors if name == "calibrated" else {})},
            {"peil.day": "train", "peil.footprint": name},
        )
    better = min(candidates, key=lambda name: judged[name])
    is_better = incumbent is None or judged[better] < judged[INCUMBENT]
    if incumbent is None or is_better:
        champion = f"version {numbers[better]} ({better})"
    else:
        champion = f"{incumbent.label} stays: no other is better on the judged nights"
    facts: dict[str, int | float | str] = {
        "champion": champion,
        **{name: round(float(getattr(calibrated, name)), 4) for name in FITTED},
        **{name: round(error, 4) for name, error in errors.items()},
        **{f"deviance_{name}": round(value, 1) for name, value in judged.items()},
    }
    if identified.sentence():
        facts["note"] = identified.sentence()
    trained = {
        "inputs": inputs,
        "run_ids": run_ids,
        "facts": facts,
        "promotes": numbers[better] if is_better else None,
        # the defaults stood without being registered
        "before": incumbent.number if incumbent else numbers["defaults"],
    }
    return _promote(charter, store, period, record, trained)


def _promote(
    charter: Charter, store: Store, period: str, record: Path, trained: dict[str, Any]
) -> Outcome:
    """Move the alias as decided; a kill before the record is whole decides nothing anew."""
    pilot = charter.pilot
    write_json(record, trained)
    if trained["promotes"] is not None:
        before = trained.get("before") or 0
        enter(charter, store, FOOTPRINT, trained["promotes"], before)
        versions.promote(store, pilot, trained["promotes"], trained.get("before"))
    write_json(record, {name: trained[name] for name in ("inputs", "run_ids", "facts")})
    _first_versions(charter, store)
    return Outcome("train", pilot, period, "done", trained["facts"], [f"peil compare {pilot}"])


def _first_versions(charter: Charter, store: Store) -> None:
    """Register what is released of each other quantity as its first version."""
    with lock.held(store, charter.pilot, HELD[PRESENCE], "train"):
        first_presence(store, charter.pilot)
        followed.first_versions(charter, store)


def rollback(pilot: str, quantity: str = FOOTPRINT) -> Outcome:
    """Let the model that was champion before stand again; done twice, all is as it was.

    Days that are not released are estimated with it from then on; released ones stay as they are.

    Raises
    ------
    Refused
        None was champion before.
    """
    charter = reading.load(pilot)
    store, kind = Store(), ROLLED_BACK.format(quantity)
    if quantity not in HELD:
        why = " (the outlook is fitted anew each week)" if quantity == "outlook" else ""
        raise Refused(f"{quantity} has no version to go back to{why}: {', '.join(HELD)} have.")
    with lock.held(store, pilot, HELD[quantity], "rollback"):
        if not versions.is_rolling_back(store, pilot, quantity):
            catch_up(store, pilot, quantity)
            require_agreement(store, pilot, quantity)
        n_before = sum(e["kind"] == kind for e in ledger.entries(store.ledger(pilot)))
        places = versions.possible_rollback(store, pilot, n_before, quantity)
        if places is None or places.earlier not in stood(store, pilot, quantity):
            raise Refused(
                f"{pilot}: no other {quantity} was champion before, so there is none to go back "
                f"to: `peil compare {pilot}` shows what is registered."
            )
        versions.begin_rollback(store, pilot, places, quantity)
        facts = {"version": places.earlier, "in_place_of": places.standing}
        ledger.append(store, pilot, kind, now(charter), {**facts, "number": places.number})
        versions.end_rollback(store, pilot, quantity)
    champion = f"version {places.earlier} again, in place of {places.standing}"
    look_at = [f"peil compare {pilot}", f"peil run {pilot}"]
    return Outcome("rollback", pilot, HELD[quantity], "done", {"champion": champion}, look_at)


def _unfitted(footprint: FootprintSignalStrength) -> FootprintSignalStrength:
    """The estimator's parameters alone: nothing of the cells or tiles goes into the registry."""
    return FootprintSignalStrength(**footprint.get_params())


def _night_counts(
    charter: Charter, days: list[date], store: Store, plan: pd.DataFrame | None
) -> tuple[pd.DataFrame, np.ndarray]:
    """Counts of nights, (n_cells, n_hours), over the cells of the first day's plan."""
    blocks = []
    for day in days:
        counted = counted_of(charter, day, store)
        night = counted.of_hours(night_hours.positions(charter, day))
        plan = night.cells if plan is None else plan
        frame = pd.DataFrame(night.devices, index=night.cells["cell_id"])
        blocks.append(frame.reindex(plan["cell_id"], fill_value=0.0).to_numpy())
    if plan is None:
        raise Refused("No day to train on.")
    return plan, np.hstack(blocks)
