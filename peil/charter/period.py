"""One local calendar day of one pilot, or an hour of it, opened for a verb.

Every verb opens through here, so that a valid charter and the entry in the public register come
before the first row by construction. What a verb does to the period does not belong here.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

from peil.charter import access, products, public_register, reading, retention, windows
from peil.charter.hour import Hour
from peil.charter.products import PRESENCE, Product
from peil.charter.retention import Part
from peil.charter.schema import Charter
from peil.charter.windows import Window
from peil.outcome import Fact, Outcome, Refused
from peil.store import ledger, lock
from peil.store.atomic import aside_of, removed_on_failure
from peil.store.faults import disk
from peil.store.store import Store


def require_going_on(store: Store, pilot: str) -> None:
    """Refuse a pilot that was stopped, whatever of mark and entry a fault kept from being written.

    Raises
    ------
    Refused
        It was.
    """
    if store.stopped(pilot).exists() or ledger.find(store, pilot, "stopped"):
        raise Refused(
            f"{pilot} was stopped for good by `peil stop`: no verb opens it again; another pilot "
            "needs a charter of its own."
        )


@dataclass(frozen=True)
class Period:
    """A day or hour of a pilot, with its charter checked and its register entry written.

    Attributes
    ----------
    charter : Charter
    day : date
        For verbs about the pilot as a whole the last day of its period.
    store : Store
    """

    charter: Charter
    day: date
    store: Store

    @classmethod
    def open(
        cls, pilot: str | Path, day: str | date | None = None, *, is_unit: bool = False
    ) -> Period:
        """Read the charter, refuse what it does not allow, and enter the pilot in the register.

        Parameters
        ----------
        pilot : str or Path
            A pilot's name, or the path of its charter.
        day : str or date, optional
            As 2026-03-02, an hour as 2026-03-02T20; without it the last day of the pilot.
        is_unit : bool
            Whether it must be delivered by itself: not a whole day of a pilot of hours.

        Raises
        ------
        Refused
            No valid or an expired charter, no such day, a day outside the pilot's period, or a
            pilot that was stopped.
        """
        charter = reading.load(pilot)
        store = Store()
        try:
            if is_unit and day is not None:
                reading.unit_asked(charter, day)
            when = cls._allowed(charter, store, day)
        except Refused as why:
            access.refused(charter, store, str(why))
            raise
        return cls(charter, when, store)

    @staticmethod
    def _allowed(charter: Charter, store: Store, day: str | date | None) -> date:
        when = reading.day_of(charter, day or charter.period.end)
        require_going_on(store, charter.pilot)
        public_register.enter(charter, store)
        return when

    @property
    def pilot(self) -> str:
        return self.charter.pilot

    @property
    def window(self) -> Window:
        """The linkage window that the day lies in."""
        return windows.window_of(self.charter, self.day)

    def product(self, name: str, *, to: str = "estimate") -> Product:
        """The product of that name, or a refusal where the charter does not allow it."""
        try:
            return products.named(name, self.pilot, self.charter.products, to=to)
        except Refused as why:
            access.refused(self.charter, self.store, str(why))
            raise

    def is_released(self, product: str = PRESENCE, day: date | None = None) -> bool:
        """Whether the ledger says that a product of the day (or another one) is released.

        So it is of an hour whose day is: an hour that is not in it can come no more.
        """
        when = day or self.day
        days = [when, *([when.calendar_day] if isinstance(when, Hour) else [])]
        return any(ledger.is_released(self.store, self.pilot, product, str(each)) for each in days)

    @property
    def is_left_out(self) -> bool:
        """Whether it is an hour that its day was bundled without: it is closed, and missing."""
        return self.is_released() and not ledger.is_released(
            self.store, self.pilot, PRESENCE, str(self.day)
        )

    def retained(self, verb: str, part: Part, is_done: bool) -> Outcome | None:
        """The answer of a verb whose rows are gone; none where they are not.

        Parameters
        ----------
        is_done : bool
            Whether the verb had done its work before: then nothing is left to do.

        Raises
        ------
        Refused
            It had not: the day is closed.
        """
        if not retention.is_gone(self.store, self.pilot, self.day, part):
            return None
        note = retention.closed(self.store, self.pilot, self.day, part)
        if not is_done:
            raise Refused(note)
        return self.outcome(verb, "unchanged", {"why": "retained", "note": note})

    def has_crossed(self, product: str = PRESENCE) -> bool:
        """Whether it is released and lies on the agency's side."""
        return (
            self.is_released(product)
            and self.store.released(self.pilot, product, self.day).exists()
        )

    @contextmanager
    def held(self, verb: str, part: str = "") -> Iterator[None]:
        """Hold the period, or a part of it, for a verb; a second one is told who has it.

        Folders of the period that a verb had not finished are removed where it fails.

        Raises
        ------
        Waiting
            Another run holds it, or the disk of the store has no room for what a verb writes.
        """
        name = f"{self.day}.{part}" if part else str(self.day)
        store, pilot, product = self.store, self.pilot, part or PRESENCE
        places = (
            store.estimated(pilot, self.day, product),
            store.candidate(pilot, product, self.day),
            store.released(pilot, product, self.day),
        )
        disk.require_room(store)
        with lock.held(store, pilot, name, verb), removed_on_failure(*map(aside_of, places)):
            yield

    def outcome(
        self,
        verb: str,
        status: Literal["done", "unchanged"],
        facts: dict[str, Fact] | None = None,
        *places: Path,
    ) -> Outcome:
        """What a verb answers about this period."""
        look_at = [str(place) for place in places]
        return Outcome(verb, self.pilot, str(self.day), status, facts or {}, look_at)
