"""Watch: ask everybody who looks for trouble, and tell what is new and what has ended."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import date, datetime
from importlib import import_module
from pathlib import Path

from peil.alerts import inbox, listing, messages, telling
from peil.charter import reading
from peil.charter.clock import machine_now, now, today
from peil.charter.schema import Charter
from peil.gates import closing
from peil.outcome import Outcome, Refused
from peil.status import STATES
from peil.store.store import Store
from peil.watch import deadlines
from peil.watch.retain import overdue

Source = Callable[[], Sequence[telling.Look]]


def watch(
    pilot: str,
    day: str | None = None,
    at: datetime | None = None,
    machine_at: datetime | None = None,
) -> Outcome:
    """Tell the trouble of a pilot: drift, gates, deadlines, rows kept too long, what verbs left.

    A day of hours without a bundle is told too, and under an expired charter rows kept too long.

    Parameters
    ----------
    pilot : str
    day : str, optional
        The period whose drift is looked at, as 2026-03-02; by default the last that was measured.
        A look at an earlier day ends nothing that was seen on a later one.
    at : datetime, optional
        Another moment than the pilot's own (`peil.charter.clock`).
    machine_at : datetime, optional
        Another moment than the machine's, by which files lie in the store.

    Returns
    -------
    Outcome
        Counts: incidents that last, that began and that ended, messages taken, channels that
        failed. Unchanged when there is nothing new and nothing was sent.

    Raises
    ------
    Refused
        No valid charter, or a day outside its period.
    Exception
        What one of those who look raised; what the others found is told first.
    """
    charter = reading.load(pilot)
    store, at = Store(), at or now(charter)
    late = overdue.look(charter, store, at, machine_at or machine_now())
    try:
        reading.check_valid(charter, today(charter))
    except Refused:
        telling.settle(store, charter, [late], at)  # an expired charter keeps nothing longer
        raise
    when = reading.day_of(charter, day) if day else _last_measured(charter, store)
    sources: list[Source] = [
        lambda: _gates(charter, store),
        lambda: [deadlines.look(charter, store, at), deadlines.unbundled(charter, store, at)],
        lambda: [late],
        lambda: inbox.looks(store, charter.pilot),
        lambda: _drift(charter, store, when),
    ]
    looks: list[telling.Look] = []
    failed: list[Exception] = []
    for source in sources:
        try:
            looks.extend(source())
        except Exception as error:
            failed.append(error)
    report = telling.settle(store, charter, looks, at)
    if failed:
        raise failed[0]
    return _outcome(charter, store, str(when or charter.period.start), report)


def lines(store: Store, pilot: str, days_told: Collection[date] = ()) -> list[str]:
    """Say what lasts, one line each, for a terminal.

    Parameters
    ----------
    days_told : collection of date, optional
        Days of which was printed already what stopped them: that is not printed again.
    """
    days = {str(day) for day in days_told}
    return [
        f"[{trouble.severity}] {messages.title(trouble)}, since {trouble.since} "
        f"({trouble.owner}): {messages.clean(trouble.what)} {messages.clean(trouble.what_to_do)}"
        for trouble in (incident.trouble for incident in telling.standing(store, pilot))
        if not (trouble.kind in (listing.KIND, telling.VERB_FAILED) and trouble.day in days)
    ]


def _outcome(charter: Charter, store: Store, day: str, report: telling.Told) -> Outcome:
    facts: dict[str, int | float | str] = {
        "n_lasting": len(telling.standing(store, charter.pilot)),
        "n_began": report.count("opened"),
        "n_ended": report.count("ended"),
        "n_sent": report.n_sent,
    }
    if report.failed:
        facts["not_told_by"] = ", ".join(report.failed)
    status = "done" if report.news or report.n_sent or report.failed else "unchanged"
    look_at = [str(listing.alerts_file(store, charter.pilot))] if report.news else []
    return Outcome("watch", charter.pilot, day, status, facts, look_at)  # type: ignore[arg-type]


def _gates(charter: Charter, store: Store) -> list[telling.Look]:
    """What the reports of all gates say: a gate that closed in a run that died is told too."""
    from peil.gates.report import GateReport

    looks = []
    for day in charter.units():
        for state in STATES:
            file = store.quality(charter.pilot, day) / f"{state}.json"
            if file.is_file():
                report = GateReport.from_json(file.read_text(encoding="utf-8"))
                looks.append(closing.look(store, report))
    return looks


def _drift(charter: Charter, store: Store, day: date | None) -> list[telling.Look]:
    """What the quality of a measured day says; of any other nothing is known, so nothing ends."""
    if day is None or not _figures(charter, store, day).is_file():
        return []
    troubles = import_module("peil.quality.drift").found(charter, day, store)
    return [telling.Look("drift", str(day), tuple(troubles))]


def _figures(charter: Charter, store: Store, day: date) -> Path:
    return store.operator / "quality" / charter.pilot / f"{day}.figures.parquet"


def _last_measured(charter: Charter, store: Store) -> date | None:
    measured = [day for day in charter.units() if _figures(charter, store, day).is_file()]
    return measured[-1] if measured else None
