"""One thing that is wrong with a pilot's deliveries: found by quality, told by alerts.

Made of counts, shares and public names only, so that it is fit for a mailbox: never a row value.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Literal

Owner = Literal["operator", "agency", "maintainers"]


@dataclass(frozen=True)
class Trouble:
    """What is wrong, where, since when, and what to do.

    Attributes
    ----------
    pilot : str
    kind : str
        The cause as a stable name: ``gate_closed``, ``late_delivery``, ``silent_region``,
        ``doubled_delivery``, ``old_cell_plan``, ``clock_off``, ``slow_loss``, ...
    where : str
        What it is about: a state, a region, a file. A public name, never an identifier.
    day : str
        The period in which it was seen.
    since : str
        The first period in which it was seen.
    severity : {"stop", "note"}
        Whether anything waits for it.
    owner : {"operator", "agency", "maintainers"}
        Who can mend it.
    what, what_to_do : str
        One sentence each.
    link : str
        Where to read more, relative to the store.
    observed : dict of str to number
        Counts and shares that decided it.

    Examples
    --------
    >>> trouble = Trouble("demo", "late_delivery", "events", "2026-03-02", "2026-03-02", "note",
    ...                   "operator", "No events of 2026-03-02 by 06:00.", "Ask the operator.")
    >>> trouble.incident == Trouble(**{**vars(trouble), "day": "2026-03-03"}).incident
    True
    """

    pilot: str
    kind: str
    where: str
    day: str
    since: str
    severity: Literal["stop", "note"]
    owner: Owner
    what: str
    what_to_do: str
    link: str = ""
    observed: dict[str, int | float] = field(default_factory=dict)

    @property
    def incident(self) -> str:
        """16 hex digits: the same trouble has the same name on every day that it lasts."""
        name = "|".join((self.pilot, self.kind, self.where))
        return hashlib.sha256(name.encode()).hexdigest()[:16]
