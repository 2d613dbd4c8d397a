"""What died in one run, what others hold, and what was refused: a refusal stops nothing else.

What is due must die whatever becomes of the rest, so that refusals are gathered, and told at the
end.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from peil.outcome import Refused, Waiting
from peil.store.faults.disk import DiskFull
from peil.watch.retain.deleting import NotEntered

Receipt = dict[str, Any]


@dataclass
class Deaths:
    """What a verb that deletes has to tell at its end.

    Attributes
    ----------
    receipts : list of dict
        Of what died and is in the ledger.
    held : list of str
        Sentences on what another process holds.
    refused : list of Refused
        What could not be deleted, or be entered, and why.
    """

    receipts: list[Receipt] = field(default_factory=list)
    held: list[str] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)

    @contextmanager
    def going_on(self) -> Iterator[None]:
        """Gather what refuses one part, so that the next has its turn."""
        try:
            yield
        except Refused as refusal:
            if isinstance(refusal, Waiting) and not isinstance(refusal, DiskFull):
                self.held.append(str(refusal))
            else:
                self.refused.append(refusal)

    def add(self, receipt: Receipt | None) -> None:
        """Add a receipt; none where nothing died."""
        if receipt is not None:
            self.receipts.append(receipt)

    def left(self, pilot: str) -> list[str]:
        """What was refused and what is held, in sentences without their ends.

        Of the ledger is told what it lacks, and once why; of parts that could not be deleted the
        first stands for the others.
        """
        lacking = [refusal for refusal in self.refused if isinstance(refusal, NotEntered)]
        others = [str(refusal) for refusal in self.refused if not isinstance(refusal, NotEntered)]
        sentences = []
        if lacking:
            what = ", ".join(dict.fromkeys(refusal.what for refusal in lacking))
            sentences.append(
                f"Not in the ledger of {pilot} yet: {what} ({lacking[0].why}): run the same again "
                "once that is mended"
            )
        sentences += others[:1]
        if len(others) > 1:
            sentences.append(f"refused as well: {len(others) - 1} more")
        return [sentence.rstrip(".") for sentence in [*sentences, *self.held]]

    def require_all(self, pilot: str) -> None:
        """Say in one sentence what was refused, once all else is done.

        Raises
        ------
        Refused
            Something was; what others hold is told with it.
        """
        if self.refused:
            raise Refused("; ".join(self.left(pilot)) + ".")
