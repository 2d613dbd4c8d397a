"""Linkage windows: for how many days one pseudonym may stand for one device.

A pilot whose charter names presence only links nothing over midnight: each day has a key of its
own. Products that follow a device need a window of days under one key. Windows follow
each other from the first day of the period; the last may be shorter.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from peil.charter.hour import Hour
from peil.charter.products import Product, linked
from peil.charter.schema import Charter
from peil.outcome import Refused
from peil.store import keys, ledger
from peil.store.store import Store


@dataclass(frozen=True)
class Window:
    """Days in a row whose pseudonyms are made with one key, first and last included."""

    first: date
    last: date

    def days(self) -> list[date]:
        """Every day of the window, in order.

        >>> [day.day for day in Window(date(2026, 3, 2), date(2026, 3, 4)).days()]
        [2, 3, 4]
        """
        if self.first == self.last:  # also of an hour, which links nothing over its end
            return [self.first]
        n_days = (self.last - self.first).days + 1
        return [self.first + timedelta(days=n) for n in range(n_days)]

    def __str__(self) -> str:
        return f"{self.first} to {self.last}"


def window_of(charter: Charter, day: date) -> Window:
    """The window that a day of the period lies in; an hour is one by itself.

    So each hour has a pseudonym key of its own: nothing tells a device of one in the next.
    """
    if isinstance(day, Hour):
        return Window(day, day)
    start, length = charter.period.start, charter.linkage_days
    first = day - timedelta(days=(day - start).days % length)
    return Window(first, min(first + timedelta(days=length - 1), charter.period.end))


def windows(charter: Charter) -> list[Window]:
    """Every window of the period, in order."""
    return list(dict.fromkeys(window_of(charter, day) for day in charter.units()))


def periods(product: Product, window: Window) -> list[date]:
    """Periods that a product has in a window, by their first day: every day, or the window.

    >>> from peil.charter.products import PRODUCTS
    >>> week = Window(date(2026, 3, 2), date(2026, 3, 8))
    >>> [len(periods(PRODUCTS[name], week)) for name in ("flows", "residence")]
    [7, 1]
    """
    return [window.first] if product.period == "window" else window.days()


def pseudonym_key(store: Store, charter: Charter, day: date) -> Path:
    """The file of the key of a day's pseudonyms: one a window, named after its first day."""
    return store.key(charter.pilot, window_of(charter, day).first, "pseudonym")


def require_key(
    store: Store, charter: Charter, day: date, *, other_than: date | None = None
) -> None:
    """Refuse a pseudonym key that is not the one under which days of its window were staged.

    Under another one no device would be the same from day to day, and rows of who opted out would
    be looked for under names that nobody has.

    Parameters
    ----------
    day : date
        Any day of the window.
    other_than : date, optional
        A day that is about to be staged again: its own rows do not count.

    Raises
    ------
    Refused
        The ledger names another key.
    """
    file, pilot = pseudonym_key(store, charter, day), charter.pilot
    staged = [
        part
        for part in window_of(charter, day).days()
        if part != other_than and store.staged_manifest(pilot, part).exists()
    ]
    drawn = ledger.find(store, pilot, "key_drawn", key=file.name) if staged else None
    if drawn and file.exists() and keys.key_id(keys.read_key(file)) != drawn["facts"]["id"]:
        raise Refused(
            f"The key of pseudonyms {file.name} of {pilot} is not the one that the ledger names, "
            f"under which {staged[0]} was staged: restore it from its backup."
        )


def is_shredded(store: Store, charter: Charter, day: date) -> bool:
    """Whether the pseudonym key of a day's window is gone, though there are traces of one.

    Rows that come for such a window are late: no other key may ever stage them.
    """
    if pseudonym_key(store, charter, day).exists():
        return False
    pilot = charter.pilot
    return any(
        store.staged_manifest(pilot, part).exists()
        or store.staged_file(pilot, part).exists()
        or ledger.find(store, pilot, "shredded", period=str(part)) is not None
        or ledger.find(store, pilot, "release", period=str(part)) is not None
        for part in window_of(charter, day).days()
    )


def linked_products(charter: Charter) -> list[Product]:
    """Products of the charter that follow devices, in their fixed order."""
    return [product for product in linked() if product.name in charter.products]


def releasable(charter: Charter) -> list[Product]:
    """Those of them of which figures may leave."""
    return [product for product in linked_products(charter) if product.is_releasable]
