"""Run a pilot: every day through the four verbs by its real DAGs, then train, score, pages.

What a run did is a `run_report.Report`; what is printed of it stands in `run_summary`.
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from peil import status
from peil.charter import reading
from peil.charter.hour import unit_of
from peil.charter.period import Period
from peil.charter.products import PRESENCE
from peil.charter.schema import Charter
from peil.charter.windows import linked_products, window_of
from peil.commands.fresh import forget
from peil.commands.progress import Step, Tell
from peil.commands.run_report import Report, released
from peil.outcome import GateClosed, Outcome, Refused
from peil.pages import build
from peil.release.hours.day import bundle_days
from peil.score import truth
from peil.store import lock, verifying
from peil.store.atomic import read_json
from peil.store.store import Store

if TYPE_CHECKING:  # Airflow takes seconds to import, and refusing a day does not need it
    from peil.adapters.airflow.second import SecondProcess

VERBS = ("ingest", "stage", "estimate", "release")
AHEAD = "ahead"  # no verb: a second process fits the outlook of a week before the run asks for it
# seconds a step takes on two cores for a day of the demo (12 000 devices, 870 000 rows)
WEIGHTS = {
    "prepare": 10.0,
    "ingest": 6.0,
    "stage": 5.0,
    "train": 8.0,
    "estimate": 5.0,
    "release": 2.5,
    "score": 3.0,
    "watch": 1.0,
    "outlook": 5.0,
    "pages": 5.0,
    "retain": 1.0,
}
# another run of the pilot, of other days, may be scoring and building pages: that takes a minute
AFTER_WAIT_S = 600.0
# and more for each day of a linkage window, when its last day is estimated and released
LINKED_WEIGHTS: dict[str, dict[str, float]] = {
    "estimate": {"flows": 1.9, "visitors": 0.2},
    "release": {"flows": 1.0, "visitors": 3.0},
}


def steps_of(
    charter: Charter, days: list[date], store: Store, is_fresh: bool = False
) -> list[Step]:
    """List the steps of a run of these days, weighed by the time they take.

    A day that is done has none, unless all of it is made again (`is_fresh`).
    """
    steps = [Step("prepare", "", WEIGHTS["prepare"])]
    open_days = [day for day in days if is_fresh or not status.of_day(charter, day, store).is_done]
    for day in open_days:
        window = window_of(charter, day)
        for verb in VERBS:
            weights = LINKED_WEIGHTS.get(verb, {}) if day == window.last else {}
            products = [row.name for row in linked_products(charter) if row.name in weights]
            more = sum(weights[name] for name in products) * len(window.days())
            steps.append(Step(verb, str(day), WEIGHTS[verb] + more, 1 + len(products)))
    last = ("train", "score", "watch", "outlook", "pages", "retain")
    steps += [Step(name, "", WEIGHTS[name]) for name in last]
    return steps if open_days else [step for step in steps if step.name not in ("prepare", "train")]


def run(
    pilot: str,
    start: str | None = None,
    end: str | None = None,
    fresh: bool = False,
    tell: Tell = lambda verb, day, word: None,
) -> Report:
    """Walk every verb of every day; what is done is not done again.

    A closed gate or a refusal stops its own day, not the others. `tell` is called with a step's
    name, its day (empty for what is done once) and a word (``starts``, ``done``, ``stopped``,
    ``unchanged``) for a progress display.

    Raises
    ------
    Refused
        No valid charter, or `fresh` for a period that must stay.
    Waiting
        Another run holds one of the days that are to be walked.
    """
    charter = reading.load(pilot)
    store = Store()
    days = reading.days_between(charter, start, end)
    Period.open(charter.pilot)
    report = Report(n_days=len(days), unit="hour" if charter.is_hourly else "day")
    to_do = days if fresh else _open(charter, days, store)
    with lock.held_days(store, charter.pilot, to_do, "run"):
        if fresh:
            forget(charter, days, store)
        # read again: another run may have ended between the look and the holding
        open_days = _open(charter, to_do, store)
        report.unchanged = [day for day in days if day not in open_days]
        if open_days:
            _walk_days(charter, store, open_days, report, tell)
        report.outcomes.extend(bundle_days(charter.pilot, days if charter.is_hourly else []))
    with lock.held(store, charter.pilot, "after", "run", wait_s=AFTER_WAIT_S):
        _after(charter, store, report, tell)
    return report


def _open(charter: Charter, days: list[date], store: Store) -> list[date]:
    return [day for day in days if not status.of_day(charter, day, store).is_done]


def _walk_days(
    charter: Charter, store: Store, days: list[date], report: Report, tell: Tell
) -> None:
    """Stage every day, train when there are days enough, then estimate and release every day.

    So a finished period is estimated with the footprint that its own nights calibrated; a period
    under way is estimated with the champion there is.
    """
    tell("prepare", "", "starts")
    from peil import train
    from peil.adapters.airflow.home import prepare
    from peil.adapters.airflow.second import second_process

    prepare(store.settings)
    tell("prepare", "", "done")
    is_long = len(days) >= store.settings.two_processes_from_days and store.settings.threads > 1
    is_long &= not charter.is_hourly  # an hour rests on what is released of those before it
    with second_process(charter.pilot, walk) if is_long else nullcontext() as second:
        walked = _Walked(charter.pilot, days, report, tell, second)
        walked.through(*VERBS[:2])
        if second is not None:  # which has nothing to do until a day is estimated
            second.ask(AHEAD, str(days[0]))
        if train.is_due(charter, store):
            tell("train", "", "starts")
            report.outcomes.extend(walk("train", charter.pilot, str(days[-1])))
            tell("train", "", "done")
        else:
            tell("train", "", "unchanged")
        walked.through(*VERBS[2:])


def walk(verb: str, pilot: str, day: str) -> list[Outcome]:
    """Walk a verb of a day by its DAG, in this process or in the second."""
    if verb == AHEAD:
        from peil.watch.outlook import ahead

        ahead.fit(pilot, day)
        return []
    from peil.adapters.airflow import walking

    return list(walking.walk(verb, pilot, day))


@dataclass(frozen=True)
class _Walked:
    """The days of a run on their way: each verb takes them in order.

    With a second process the later verb of a day goes on while the next day begins.
    """

    pilot: str
    days: list[date]
    report: Report
    tell: Tell
    second: SecondProcess | None

    def through(self, earlier: str, later: str) -> None:
        """Take each day that is not stopped through two verbs."""
        for day in self.days:
            if day in self.report.stopped or not self._take(earlier, day):
                continue
            if self.second is None:
                self._take(later, day)
            else:
                self.tell(later, str(day), "starts")
                self.second.ask(later, str(day))
                self._hear(self.second)
        if self.second is not None:
            self._hear(self.second, wait=True)

    def _take(self, verb: str, day: date) -> bool:
        self.tell(verb, str(day), "starts")
        try:
            self._end(verb, day, walk(verb, self.pilot, str(day)))
        except (Refused, GateClosed) as stop:
            self._end(verb, day, stop)
        return day not in self.report.stopped

    def _hear(self, second: SecondProcess, wait: bool = False) -> None:
        for (verb, day), answer in second.answers(wait):
            if verb != AHEAD or isinstance(answer, Exception):
                self._end(verb, unit_of(day), answer)

    def _end(self, verb: str, day: date, answer: list[Outcome] | Exception) -> None:
        """Note how a verb ended; a stop is its own day's, any other fault ends the run."""
        if isinstance(answer, Refused | GateClosed):
            self.report.stopped[day] = str(answer)
            self.report.exit_code = max(self.report.exit_code, answer.exit_code)
        elif isinstance(answer, Exception):
            raise answer
        else:
            self.report.outcomes.extend(answer)
        self.tell(verb, str(day), "stopped" if day in self.report.stopped else "done")


def _after(charter: Charter, store: Store, report: Report, tell: Tell) -> None:
    """Score where there is a truth, watch, build the pages; then what is past its time dies."""
    from peil.score import score
    from peil.watch import watch
    from peil.watch.retain import retain

    unscored: list[str] = []
    if truth.exists(charter) and any(
        (store.estimated(charter.pilot, day) / "estimated.json").exists() for day in charter.units()
    ):
        tell("score", "", "starts")
        try:
            report.outcomes.append(score.score(charter.pilot))
            report.scores = _scores(charter, store)
        except Refused as why:  # what follows shows what is wrong to who looks
            unscored, report.exit_code = [str(why)], max(report.exit_code, why.exit_code)
        tell("score", "", "done")
    else:
        tell("score", "", "unchanged")
    tell("watch", "", "starts")
    report.outcomes.append(watch.watch(charter.pilot))
    report.troubles = [*unscored, *watch.lines(store, charter.pilot, report.stopped)]
    tell("watch", "", "done")
    _outlook(charter, report, tell)
    tell("pages", "", "starts")
    report.page, report.operator_page = build.build(charter, store)
    tell("pages", "", "done")
    tell("retain", "", "starts")
    report.outcomes.append(retain.retain(charter.pilot))
    tell("retain", "", "done")
    report.released = released(charter, store)
    code, sentence = verifying.answer(store.verifiable)
    report.verified, report.fault = ("", sentence) if code else (sentence, "")


def _outlook(charter: Charter, report: Report, tell: Tell) -> None:
    """Say what was unusual; on a machine that is the operator's alone it is not asked for.

    A pilot without history has none, and a wrong one stops nothing else of the run.
    """
    from peil.watch.outlook import outlook, sentences
    from peil.watch.outlook.outlook import NoHistory

    if Store().plane == "operator" or not any(
        Store().released(charter.pilot, PRESENCE, day).exists() for day in charter.units()
    ):
        tell("outlook", "", "unchanged")
        return
    tell("outlook", "", "starts")
    try:
        report.outcomes.append(outlook.outlook(charter.pilot))
        report.unusual = sentences.lines(charter.pilot)
    except NoHistory:
        report.unusual = []
    except (Refused, GateClosed) as why:
        report.troubles.append(str(why))
        report.exit_code = max(report.exit_code, why.exit_code)
    tell("outlook", "", "done")


def _scores(charter: Charter, store: Store) -> dict[str, dict[str, float]]:
    """Figures on known truth by product: of presence the champion's, as published."""
    from peil.estimate.estimators import RELEASED_ESTIMATOR

    record = read_json(store.scores(charter.pilot) / "scores.json")
    return {
        "presence": record["whole"].get(record.get("champion", RELEASED_ESTIMATOR), {}),
        **record.get("products", {}),
    }
