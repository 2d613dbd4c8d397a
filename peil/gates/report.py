"""The report of a gate: what it asked, what was counted, and how a closed one is told.

Belongs in here: the report as data, its sentences and where it lies. Asking is in
`peil.gates.great`, setting a day aside in `peil.gates.closing`. A report holds counts, shares
and the beliefs' own sentences, never a row value.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, cast

from peil.charter.hour import unit_of
from peil.outcome import Refused
from peil.store import verifying
from peil.store.store import Store

State = Literal["raw", "staged", "estimated", "released"]
STATES: tuple[State, ...] = ("raw", "staged", "estimated", "released")


class MeasureError(Exception):
    """The measures of a gate could not be made: a fault of ours (exit 1), without values."""

    exit_code = 1


class JudgeError(Exception):
    """An expectation could not be evaluated: a fault of ours (exit 1), without its message."""

    exit_code = 1


@dataclass(frozen=True)
class Finding:
    """One belief, asked of one batch.

    Attributes
    ----------
    expectation, table, why, do, severity
        As in `expectations.belief.Belief`.
    success : bool
    observed : dict of str to number
        Counts and shares that decided it; shares are rounded to six digits.
    """

    expectation: str
    table: str
    why: str
    do: str
    severity: Literal["stop", "note"]
    success: bool
    observed: dict[str, int | float] = field(default_factory=dict)

    def reason(self) -> str:
        """Say why it is believed, with the counts that decided it.

        >>> Finding("few_rows_are_late", "files", "Late rows miss the day.", "Ask.", "note",
        ...         False, {"n_rows": 9}).reason()
        'Late rows miss the day (n_rows 9).'
        """
        counts = ", ".join(f"{name} {value}" for name, value in self.observed.items())
        return f"{self.why.rstrip('.')} ({counts})." if counts else self.why


@dataclass(frozen=True)
class GateReport:
    """The answer of one gate for one period of one pilot. Same batch, same bytes: no clock.

    `judged` is, of a release, the hash of the candidate's signed list: it holds for no other.
    """

    state: State
    pilot: str
    day: str
    is_open: bool
    results: list[Finding]
    judged: str = ""

    @property
    def stopped(self) -> list[Finding]:
        """Failed beliefs that close the gate."""
        return [
            finding
            for finding in self.results
            if not finding.success and finding.severity == "stop"
        ]

    @property
    def noted(self) -> list[Finding]:
        """Failed beliefs that are written down only."""
        return [
            finding
            for finding in self.results
            if not finding.success and finding.severity == "note"
        ]

    @classmethod
    def of(
        cls, state: State, pilot: str, day: str, results: list[Finding], judged: str = ""
    ) -> GateReport:
        """Report findings; one that failed closes the gate unless it is a note.

        >>> late = Finding("few_rows_are_late", "files", "Late.", "Ask.", "note", False)
        >>> GateReport.of("raw", "demo", "2026-03-02", [late]).is_open
        True
        """
        is_open = all(finding.success or finding.severity == "note" for finding in results)
        return cls(state, pilot, day, is_open, results, judged)

    def sentence(self) -> str:
        """Say the outcome in one line for a terminal or an exception.

        >>> GateReport("raw", "demo", "2026-03-02", True, []).sentence()
        'The raw gate of demo 2026-03-02 is open.'
        """
        where = f"The {self.state} gate of {self.pilot} {self.day} is "
        if self.is_open:
            names = ", ".join(finding.expectation for finding in self.noted)
            return where + "open" + (f", with notes: {names}." if names else ".")
        names = ", ".join(finding.expectation for finding in self.stopped)
        return where + f"closed: {names}. Nothing downstream of it has moved."

    def refusal(self, store: Store | None = None) -> str:
        """Say what a person must know who meets this gate closed, for `GateClosed`.

        Which gate of which pilot and day; what is not believable, with the counts that decided
        it; what to do; where the report and the operator's page lie.

        Parameters
        ----------
        store : Store, optional
            Where report and page lie; default the store of the settings.

        Raises
        ------
        ValueError
            The gate is open: there is nothing to refuse.

        Examples
        --------
        >>> belief = Finding("rows_were_delivered", "files", "A day without rows is no day.",
        ...                  "Ask the operator for the files.", "stop", False, {"n_rows": 0})
        >>> print(GateReport("raw", "demo", "2026-03-02", False, [belief]).refusal())
        ... # doctest: +ELLIPSIS
        The raw gate of demo 2026-03-02 is closed: rows_were_delivered. Nothing downstream of it
        has moved. A day without rows is no day (n_rows 0). What to do: Ask the operator for the
        files. Read .../2026-03-02/raw.json or .../operator/page/demo/index.html.
        """
        if self.is_open:
            raise ValueError(f"{self.sentence()} There is nothing to refuse.")
        store = store or Store()
        return f"{self.explanation()} Read {self.file(store)} or {store.operator_page(self.pilot)}."

    def explanation(self) -> str:
        """Say which gate is closed, what is not believable, and what to do."""
        reasons = dict.fromkeys(finding.reason() for finding in self.stopped)
        remedies = dict.fromkeys(finding.do for finding in self.stopped)
        return f"{self.sentence()} {' '.join(reasons)} What to do: {' '.join(remedies)}"

    def file(self, store: Store) -> Path:
        """Return where this report lies in a store."""
        return store.quality(self.pilot, unit_of(self.day)) / f"{self.state}.json"

    def to_json(self) -> str:
        """Write the report as JSON: sorted keys, two equal reports give equal bytes."""
        content = asdict(self)
        if not self.judged:
            del content["judged"]
        return json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> GateReport:
        """Read what `to_json` wrote.

        >>> report = GateReport("raw", "demo", "2026-03-02", True, [])
        >>> GateReport.from_json(report.to_json()) == report
        True
        """
        content = cast(dict[str, Any], json.loads(text))
        results = [Finding(**entry) for entry in content.pop("results")]
        return cls(**content, results=results)


def candidate_hash(folder: Path) -> str:
    """Hash of the signed list of a candidate that is to be judged; none where it has no list."""
    try:
        return verifying.manifest(folder).sha256
    except verifying.Broken:
        return ""


def require_one_table(folder: Path, table: str) -> None:
    """Refuse a candidate of which a file is damaged, or whose CSV and Parquet differ.

    The gate would judge one of the two. Asked before anything is measured.
    """
    try:
        if all((folder / f"{table}.{form}").is_file() for form in ("csv", "parquet")):
            verifying.same_table(folder, table)
    except verifying.Broken as fault:
        raise Refused(
            f"The candidate in {folder} is not judged: {fault} Run `peil release` again."
        ) from None


def observed(
    measure: Any | None, shows: tuple[str, ...], counts: dict[str, int]
) -> dict[str, int | float]:
    """Collect what a belief shows: columns of its one-row measure, else counts of rows.

    Anything but a finite number is left out, so that no text can slip into a report.
    """
    row = measure.slice(0, 1).to_pylist()[0] if measure is not None and shows else {}
    values = {name: row[name] for name in shows} if shows else counts
    return {
        name: value if isinstance(value, int) else round(value, 6)
        for name, value in values.items()
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    }
