"""What a gate found: counts and sentences, never a row value."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, cast

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


@dataclass(frozen=True)
class GateReport:
    """The answer of one gate for one period of one pilot. Same batch, same bytes: no clock."""

    state: State
    pilot: str
    day: str
    is_open: bool
    results: list[Finding]

    @property
    def stopped(self) -> list[Finding]:
        """Failed beliefs that close the gate."""
        return [found for found in self.results if not found.success and found.severity == "stop"]

    @property
    def noted(self) -> list[Finding]:
        """Failed beliefs that are written down only."""
        return [found for found in self.results if not found.success and found.severity == "note"]

    def sentence(self) -> str:
        """Say the outcome in one line for a terminal or an exception.

        >>> GateReport("raw", "demo", "2026-03-02", True, []).sentence()
        'The raw gate of demo 2026-03-02 is open.'
        """
        where = f"The {self.state} gate of {self.pilot} {self.day} is "
        if self.is_open:
            names = ", ".join(found.expectation for found in self.noted)
            return where + "open" + (f", with notes: {names}." if names else ".")
        names = ", ".join(found.expectation for found in self.stopped)
        return where + f"closed: {names}. Nothing downstream of it has moved."

    def to_json(self) -> str:
        """Write the report as JSON: sorted keys, two equal reports give equal bytes."""
        content = asdict(self)
        return json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> GateReport:
        """Read what `to_json` wrote.

        >>> report = GateReport("raw", "demo", "2026-03-02", True, [])
        >>> GateReport.from_json(report.to_json()) == report
        True
        """
        content = cast(dict[str, Any], json.loads(text))
        results = [Finding(**found) for found in content.pop("results")]
        return cls(**content, results=results)


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
