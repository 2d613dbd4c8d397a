"""Ask whether a batch is believable, and let nothing pass a closed gate.

Belongs in here: `asked`, `check`, `close` and `require_open`, and whether a report still holds.
Great Expectations runs in `peil.gates.great` only; reading a report needs none of it, so
`from peil.gates import GateReport` takes no seconds.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from expectations.limits import Limits
from peil.adapters import database, sealing
from peil.charter import reading
from peil.charter.schema import Charter
from peil.gates import closing
from peil.gates.report import (
    STATES,
    Finding,
    GateReport,
    JudgeError,
    MeasureError,
    State,
    candidate_hash,
    require_one_table,
)
from peil.outcome import GateClosed, Refused
from peil.quality import store as quality
from peil.quality.choices import limits_of
from peil.store import atomic, verifying
from peil.store.provenance import JUDGING, code_hash
from peil.store.store import Store

__all__ = [
    "STATES",
    "Finding",
    "GateReport",
    "JudgeError",
    "MeasureError",
    "State",
    "asked",
    "check",
    "close",
    "require_open",
]


def asked(state: str, pilot: str | Path, day: str | date) -> GateReport:
    """Give the report on this very batch by this code and these limits, or ask the gate now.

    A verb that had nothing to do costs no seconds of Great Expectations; raises as `check`.
    """
    charter = reading.load(pilot)
    when = reading.day_of(charter, day)
    return _told(Store(), charter, state, when) or check(state, pilot, when)


def check(state: str, pilot: str | Path, day: str | date) -> GateReport:
    """Ask what we believe of a state of a period, and write the answer down.

    Parameters
    ----------
    state : {"raw", "staged", "estimated", "released"}
    pilot : str or Path
        A pilot's name, or the path of its charter.
    day : str or date
        Local calendar day of the charter's time zone.

    Returns
    -------
    GateReport
        Also written to `<quality>/<state>.json`, without a time stamp: the same batch gives
        the same bytes. Holds counts and shares, never a row value.

    Raises
    ------
    Refused
        No such state, pilot, day or limit. `Waiting` when the state does not exist yet.
    MeasureError, JudgeError
        A fault of ours; the message names the measure or the belief and quotes no value.

    Notes
    -----
    An open gate takes back the quarantine that the same gate had declared before, and tells
    that the incident ended.
    """
    name = _state(state)
    charter = reading.load(pilot)
    when = reading.day_of(charter, day)
    store = Store()
    limits = limits_of(charter.pilot)
    judged = _judged(store, charter, state, when, limits)
    report = _judge(store, charter, name, when, limits)
    quality = store.quality(charter.pilot, when)
    atomic.write_text(quality / f"{state}.json", report.to_json())
    if report.is_open:
        closing.open_gate(store, charter, report)
    # last: a report that is believed later has taken back what its gate declared before
    atomic.write_text(quality / f"{state}.judged", judged)
    return report


def close(report: GateReport) -> bool:
    """Set the day aside and tell it: `<day>.closed.json`, a line in `alerts.jsonl`, a message.

    Returns
    -------
    bool
        Whether this incident is new. Closing the same gate for the same reason twice says it
        once.
    """
    return closing.close_gate(Store(), report)


def _state(name: str) -> State:
    for state in STATES:
        if state == name:
            return state
    raise Refused(f"There is no state {name}: it is one of {', '.join(STATES)}.")


def require_open(state: str, pilot: str | Path, day: str | date) -> GateReport:
    """Let a verb begin only where the gate of the state before it is open.

    A report that was written of this very batch is believed (`asked`). A closed gate sets the day
    aside.

    Raises
    ------
    GateClosed
        With `GateReport.refusal` of the report (exit 3).
    Refused
        As `check`.
    """
    report = asked(state, pilot, day)
    if not report.is_open:
        close(report)
        raise GateClosed(report.refusal())
    return report


def _told(store: Store, charter: Charter, state: str, day: date) -> GateReport | None:
    """Return the report that was written of this very batch, if there is one."""
    quality = store.quality(charter.pilot, day)
    try:
        judged = (quality / f"{state}.judged").read_text(encoding="utf-8")
        report = GateReport.from_json((quality / f"{state}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, TypeError, KeyError):
        return None
    now = _judged(store, charter, state, day, limits_of(charter.pilot))
    return report if now == judged != "none" else None


def _judged(store: Store, charter: Charter, state: str, day: date, limits: Limits) -> str:
    """Fingerprint of what a report rests on: the state's own manifest, code, threshold and limits.

    Kept beside the report, not in it: a manifest may depend on the key of the day.
    """
    pilot = charter.pilot
    manifest = {
        "raw": store.raw_manifest(pilot, day),
        "staged": store.staged_manifest(pilot, day),
        "estimated": store.estimated(pilot, day) / "estimated.json",
        "released": store.candidate(pilot, "presence", day) / verifying.NAME,
    }[state]
    content = manifest.read_bytes() if manifest.is_file() else b""
    basis = {"code": code_hash(JUDGING), "threshold": charter.threshold, "limits": asdict(limits)}
    if state == "staged":  # judged against history, which may have grown
        basis["history"] = quality.fingerprint_of(store, pilot, day, "judged")
    rest = atomic.canonical(basis)
    return hashlib.sha256(content + rest).hexdigest() if content else "none"


def _judge(store: Store, charter: Charter, state: State, day: date, limits: Limits) -> GateReport:
    from peil.gates import great, tables  # takes Great Expectations' seconds

    beliefs = tables.beliefs(state, limits)
    where = tables.folder(store, charter, state, day)
    judged = candidate_hash(where) if state == "released" else ""
    for table in tables.TABLES[state] if state == "released" else ():
        require_one_table(where, table)
    measures = tables.measures(store, charter, state, day, limits, where)

    def fill(connection: Any) -> None:
        for name in sorted({belief.measure for belief in beliefs} & set(measures)):
            tables.keep(connection, name, measures[name])
        tables.make_views(connection, state, where)
        if tables.TABLES[state]:
            database.require_apart(store, [where])
        sealing.confine(connection, [where] if tables.TABLES[state] else [])

    results = great.findings(state, beliefs, fill, measures)
    return GateReport.of(state, charter.pilot, str(day), results, judged)
