"""What a verb answers, and the three ways in which it can stop."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Fact = int | float | str


@dataclass(frozen=True)
class Outcome:
    """What a verb did to one period of one pilot.

    Facts are small counts and names, fit for a log, an XCom or a terminal: never a row
    value, never an identifier.
    """

    verb: str
    pilot: str
    day: str
    status: Literal["done", "unchanged"]
    facts: dict[str, Fact] = field(default_factory=dict)
    look_at: list[str] = field(default_factory=list)

    def sentence(self) -> str:
        """Say the outcome in one line for a terminal.

        >>> Outcome("stage", "demo", "2026-03-02", "done", {"n_staged": 12}).sentence()
        'stage demo 2026-03-02: done (n_staged 12)'
        """
        facts = ", ".join(f"{name} {value}" for name, value in self.facts.items())
        return f"{self.verb} {self.pilot} {self.day}: {self.status}" + (
            f" ({facts})" if facts else ""
        )


class Refused(Exception):
    """Wrong input, or not allowed (exit 2). One sentence: what, where, what to do."""

    exit_code = 2


class Waiting(Refused):
    """An earlier state is not there yet (exit 2). Airflow tries again later."""


class GateClosed(Exception):
    """A gate stopped the run (exit 3). Nothing downstream of it has moved."""

    exit_code = 3
