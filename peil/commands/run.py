"""Run a pilot: every day through the four verbs by its real DAGs, then train, score, pages.

What a run did is a `run_report.Report`, printed by `run_summary`.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from peil import status
from peil.adapters import fitted
from peil.charter import reading
from peil.charter.hour import unit_of
from peil.charter.period import Period
from peil.charter.schema import Charter
from peil.charter.windows import linked_products, window_of
from peil.commands.progress import Step, Tell
from peil.commands.run_report import Report
from peil.commands.running.after import SCORE, after
from peil.outcome import GateClosed, Outcome, Refused
from peil.store import lock
from peil.store.store import Store

if TYPE_CHECKING:  # refusing a day does not need Airflow
    from peil.adapters.airflow.second import SecondProcess

VERBS = ("ingest", "stage", "estimate", "release")
# no verbs, but what a second process does while it would wait: read what each walk needs, make
# MLflow's databases, and fit the outlook of a week before the run asks for it
READY, AHEAD = "ready", "ahead"
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
    """List the steps of a run, weighed by time; a day that is done has none unless `is_fresh`."""
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
    with ExitStack() as until_the_end:
        second = _second(charter, store, to_do, until_the_end)
        with lock.held_days(store, charter.pilot, to_do, "run"):
            if fresh:
                from peil.commands.fresh import forget

                forget(charter, days, store)
            # read again: another run may have ended between the look and the holding
            open_days = _open(charter, to_do, store)
            report.unchanged = [day for day in days if day not in open_days]
            if open_days:
                tell("prepare", "", "starts")
                _prepare(store, second)
                tell("prepare", "", "done")
                _walk_days(charter, store, _Walked(charter.pilot, open_days, report, tell, second))
            if charter.is_hourly:
                from peil.release.hours.day import bundle_days

                report.outcomes.extend(bundle_days(charter.pilot, days))
        with lock.held(store, charter.pilot, "after", "run", wait_s=AFTER_WAIT_S):
            after(charter, store, report, tell, second)
        return report


def _open(charter: Charter, days: list[date], store: Store) -> list[date]:
    return [day for day in days if not status.of_day(charter, day, store).is_done]


def _second(
    charter: Charter, store: Store, days: list[date], until_the_end: ExitStack
) -> SecondProcess | None:
    """Have a second process until the end of a long run."""
    is_long = len(days) >= store.settings.two_processes_from_days and store.settings.threads > 1
    if not is_long or charter.is_hourly:  # an hour rests on what is released of those before it
        return None
    from peil.adapters.airflow.second import second_process

    return until_the_end.enter_context(second_process(charter.pilot, walk))


def _prepare(store: Store, second: SecondProcess | None) -> None:
    """Make Airflow's folder ready; then the second process, which waits for a first landed day."""
    fitted.library()
    from peil.adapters.airflow.home import prepare

    prepare(store.settings)
    if second is not None:
        second.ask(READY, "")


def _walk_days(charter: Charter, store: Store, walked: _Walked) -> None:
    """Stage every day, train when there are days enough, then estimate and release every day.

    A finished period is so estimated with the footprint that its own nights calibrated, one under
    way with the champion there is.
    """
    from peil import train

    walked.through(*VERBS[:2], is_shared=True)
    if walked.second is not None:  # which has nothing to do until a day is estimated
        walked.second.ask(AHEAD, str(walked.days[0]))
    if train.is_due(charter, store):
        walked.tell("train", "", "starts")
        walked.report.outcomes.extend(walk("train", charter.pilot, str(walked.days[-1])))
        walked.tell("train", "", "done")
    else:
        walked.tell("train", "", "unchanged")
    walked.through(*VERBS[2:])


def walk(verb: str, pilot: str, day: str) -> list[Outcome]:
    """Walk a verb of a day by its DAG, or score all days, in this process or in the second."""
    if verb == READY:
        fitted.library()
        from peil.adapters import tracking
        from peil.adapters.airflow import reading_ahead

        reading_ahead.read(pilot)
        tracking.make_ready(Store())
        return []
    if verb == AHEAD:
        from peil.watch.outlook import ahead

        ahead.fit(pilot, day)
        return []
    if verb == SCORE:
        from peil.score import score

        return [score.score(pilot)]
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

    def through(self, earlier: str, later: str, *, is_shared: bool = False) -> None:
        """Take each day that is not stopped through two verbs.

        What is shared, both processes do in the end; else the later verb is the second's alone,
        since days are released one after the other.
        """
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
            while is_shared and (walked := self.second.take_back()):
                self._take(walked[0], unit_of(walked[1]))
                self._hear(self.second)
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
            if verb in VERBS or (verb == AHEAD and isinstance(answer, Exception)):
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
