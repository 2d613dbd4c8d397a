"""What a run does when its days are walked: score, watch, look ahead, pages, retention.

A second process scores meanwhile, where there is one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from peil.charter.products import PRESENCE
from peil.charter.schema import Charter
from peil.commands.progress import Tell
from peil.commands.run_report import Report, released, scores_of
from peil.outcome import GateClosed, Outcome, Refused
from peil.score import truth
from peil.store import verifying
from peil.store.store import Store

if TYPE_CHECKING:
    from peil.adapters.airflow.second import SecondProcess

SCORE = "score"  # of all days that are estimated, whatever the day


def after(
    charter: Charter, store: Store, report: Report, tell: Tell, second: SecondProcess | None
) -> None:
    """Score where there is a truth, watch, build the pages; then what is past its time dies."""
    from peil.watch import watch
    from peil.watch.retain import retain

    is_scored = truth.exists(charter) and any(
        (store.estimated(charter.pilot, day) / "estimated.json").exists() for day in charter.units()
    )
    tell("score", "", "starts" if is_scored else "unchanged")
    if is_scored and second is not None:  # while this one watches and looks ahead
        second.ask(SCORE, "")
    tell("watch", "", "starts")
    report.outcomes.append(watch.watch(charter.pilot))
    report.troubles = watch.lines(store, charter.pilot, report.stopped)
    tell("watch", "", "done")
    _outlook(charter, report, tell)
    if is_scored:
        _score(charter, store, report, second)
        tell("score", "", "done")
    from peil.pages import build  # takes its second, while the second process works

    tell("pages", "", "starts")
    report.page, report.operator_page = build.build(charter, store)
    tell("pages", "", "done")
    tell("retain", "", "starts")
    report.outcomes.append(retain.retain(charter.pilot))
    tell("retain", "", "done")
    report.released = released(charter, store)
    code, sentence = verifying.answer(store.verifiable)
    report.verified, report.fault = ("", sentence) if code else (sentence, "")


def _score(charter: Charter, store: Store, report: Report, second: SecondProcess | None) -> None:
    """Take the scores of the second process, or score now; a refusal stops nothing that follows."""
    from peil.score import score

    try:
        if second is None:
            scored: list[Outcome] | Exception = [score.score(charter.pilot)]
        else:
            ((_, scored),) = second.answers(wait=True)
        if isinstance(scored, Exception):
            raise scored
        report.outcomes.extend(scored)
        report.scores = scores_of(charter, store)
    except Refused as why:  # what follows shows what is wrong to who looks
        report.troubles.insert(0, str(why))
        report.exit_code = max(report.exit_code, why.exit_code)


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
