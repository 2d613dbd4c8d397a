"""Linkage windows: for how many days one pseudonym may stand for one device.

A pilot whose charter names presence only links nothing over midnight: each day has a key of its
own. Products that follow a device (`LINKED`) need a window of days under one key. Windows follow
each other from the first day of the period; the last may be shorter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from peil.store import Store

if TYPE_CHECKING:
    from peil.charter import Charter

Product = Literal["presence", "flows", "residence", "visitors"]
PRODUCTS: tuple[Product, ...] = ("presence", "flows", "residence", "visitors")
LINKED: tuple[Product, ...] = ("flows", "residence", "visitors")
MIN_LINKED_DAYS = 2  # one whole night, which home and a trip over midnight need
MAX_DAYS = 30


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
        n_days = (self.last - self.first).days + 1
        return [self.first + timedelta(days=n) for n in range(n_days)]

    def __str__(self) -> str:
        return f"{self.first} to {self.last}"


def fault(products: Sequence[str], linkage_days: int, staged_days: int) -> str:
    """What is wrong with a charter's linkage, as the rest of a sentence; nothing when all is well.

    >>> fault(["presence"], 7, 7)
    'linkage_days: presence needs no linkage, so it must be 1; name a product that needs 7'
    """
    linked = [name for name in LINKED if name in products]
    if not linked and linkage_days > 1:
        return (
            "linkage_days: presence needs no linkage, so it must be 1; name a product that needs "
            f"{linkage_days}"
        )
    if linked and "presence" not in products:
        return f"products: name presence too, which follows nobody and comes before {linked[0]}"
    if linked and linkage_days < MIN_LINKED_DAYS:
        return (
            f"linkage_days: {' and '.join(linked)} must link a device over {MIN_LINKED_DAYS} days "
            f"at least, {linkage_days} is too few"
        )
    if linked and staged_days < linkage_days:
        return (
            f"retention.staged_days: must be {linkage_days} at least, as linkage_days is: the "
            "first day of a window is read when its last is staged"
        )
    return ""


def window_of(charter: Charter, day: date) -> Window:
    """The window that a day of the period lies in."""
    start, length = charter.period.start, charter.linkage_days
    first = day - timedelta(days=(day - start).days % length)
    return Window(first, min(first + timedelta(days=length - 1), charter.period.end))


def windows(charter: Charter) -> list[Window]:
    """Every window of the period, in order."""
    return list(dict.fromkeys(window_of(charter, day) for day in charter.days()))


def pseudonym_key(store: Store, charter: Charter, day: date) -> Path:
    """The file of the key of a day's pseudonyms: one a window, named after its first day."""
    return store.key(charter.pilot, window_of(charter, day).first, "pseudonym")
