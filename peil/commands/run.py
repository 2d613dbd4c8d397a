"""Run a pilot: every day through the four verbs by its real DAGs, then train, score, pages."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from peil import status
from peil.adapters import experiments
from peil.charter import public_register, reading
from peil.charter.clock import now
from peil.charter.products import PRODUCTS
from peil.charter.schema import Charter
from peil.charter.windows import window_of
from peil.outcome import GateClosed, Outcome, Refused
from peil.pages import build
from peil.quality import store as quality
from peil.score import truth
from peil.store import ledger
from peil.store.store import Store

VERBS = ("ingest", "stage", "estimate", "release")
Tell = Callable[[date, str, str], None]


@dataclass
class Report:
    """What a run did: outcomes, days already released, days stopped and why, what is amiss."""

    outcomes: list[Outcome] = field(default_factory=list)
    unchanged: list[date] = field(default_factory=list)
    stopped: dict[date, str] = field(default_factory=dict)
    troubles: list[str] = field(default_factory=list)
    exit_code: int = 0
    page: Path | None = None
    operator_page: Path | None = None


def forget(charter: Charter, days: list[date], store: Store) -> None:
    """Take back what was made of these days, for `--fresh`; never keys, noise or ledger.

    Raises
    ------
    Refused
        A released period of a pilot that is not simulated.
    """
    pilot = charter.pilot
    released = [
        (product, day)
        for day in days
        for product in PRODUCTS
        if ledger.is_released(store, pilot, product, str(day))
    ]
    for product, day in released:
        if not charter.is_synthetic:
            raise Refused(
                f"{pilot} {day} is released: of a pilot that is not synthetic a released period "
                "is never made again."
            )
        facts = {"product": product, "period": str(day), "why": "run again with --fresh"}
        ledger.append(store, pilot, "withdrawn", now(charter), facts, once=False)
    experiments.forget(store, pilot)
    store.trained(pilot).unlink(missing_ok=True)
    shutil.rmtree(store.scores(pilot), ignore_errors=True)
    for day in days:
        for file in (
            store.raw_file(pilot, day),
            store.raw_manifest(pilot, day),
            store.staged_file(pilot, day),
            store.staged_manifest(pilot, day),
            store.quarantine(pilot) / f"{day}.closed.json",
        ):
            file.unlink(missing_ok=True)
        for folder in (
            store.quality(pilot, day),
            store.linked(pilot, window_of(charter, day).first),
            *(
                of(pilot, name, day)
                for name in PRODUCTS
                for of in (store.candidate, store.released)
            ),
            *(store.estimated(pilot, day, name) for name in PRODUCTS),
        ):
            shutil.rmtree(folder, ignore_errors=True)
    quality.forget(store, pilot, days)


def run(
    pilot: str,
    start: str | None = None,
    end: str | None = None,
    fresh: bool = False,
    tell: Tell = lambda day, verb, word: None,
) -> Report:
    """Walk every verb of every day; what is done is not done again.

    A closed gate or a refusal stops its own day, not the others. `tell` is called with day,
    verb and a word (``starts``, ``done``, ``unchanged``, ``stopped``) for a progress display.

    Raises
    ------
    Refused
        No valid charter, or `fresh` for a period that must stay.
    """
    charter = reading.load(pilot)
    store = Store()
    days = reading.days_between(charter, start, end)
    public_register.enter(charter, store)
    if fresh:
        forget(charter, days, store)
    report = Report()
    open_days = []
    for day in days:
        if status.of_day(charter, day, store).is_done:
            report.unchanged.append(day)
            tell(day, "release", "unchanged")
        else:
            open_days.append(day)
    if open_days:
        _walk_days(charter, store, open_days, report, tell)
    _after(charter, store, report, tell)
    return report


def _walk_days(
    charter: Charter, store: Store, days: list[date], report: Report, tell: Tell
) -> None:
    """Stage every day, train when there are days enough, then estimate and release every day.

    So a finished period is estimated with the footprint that its own nights calibrated; a period
    under way is estimated with the champion there is.
    """
    from peil.adapters.airflow.home import prepare
    from peil.adapters.airflow.walking import walk

    prepare(store.settings)

    def through(verbs: tuple[str, ...]) -> None:
        for day in days:
            for verb in verbs:
                if day in report.stopped:
                    break
                tell(day, verb, "starts")
                try:
                    report.outcomes.extend(walk(verb, charter.pilot, str(day)))
                except (Refused, GateClosed) as stop:
                    report.stopped[day] = str(stop)
                    report.exit_code = max(report.exit_code, stop.exit_code)
                    tell(day, verb, "stopped")
                    break
                tell(day, verb, "done")

    through(VERBS[:2])
    from peil import train

    if train.is_due(charter, store):
        tell(days[-1], "train", "starts")
        report.outcomes.extend(walk("train", charter.pilot, str(days[-1])))
        tell(days[-1], "train", "done")
    through(VERBS[2:])


def _after(charter: Charter, store: Store, report: Report, tell: Tell) -> None:
    """What comes once the days are through: score where there is a truth, watch, and the pages."""
    from peil.score import score
    from peil.watch import watch

    last = charter.period.end
    if truth.exists(charter) and any(
        (store.estimated(charter.pilot, day) / "estimated.json").exists() for day in charter.days()
    ):
        tell(last, "score", "starts")
        report.outcomes.append(score.score(charter.pilot))
        tell(last, "score", "done")
    report.outcomes.append(watch.watch(charter.pilot))
    report.troubles = watch.lines(store, charter.pilot, report.stopped)
    report.page, report.operator_page = build.build(charter, store)
