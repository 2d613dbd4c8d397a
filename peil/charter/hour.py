"""An hour of a local calendar day: the unit of a pilot whose charter says `every: PT1H`.

It is a day as well (a `datetime.date`), so that whatever takes a day takes an hour, and lies at a
place of its own: its text is `2026-03-02T20`. What moment it is belongs to `peil.charter.clock`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Self, SupportsIndex, overload
from zoneinfo import ZoneInfo

KEY = re.compile(r"(\d{4}-\d\d-\d\d)T([01]\d|2[0-3])([+-]\d{4})?")


class Hour(date):
    """A local hour, written as 2026-03-02T20.

    Of two hours of the same name, in the night in which clocks are put back, the second carries
    its offset: 2026-10-25T02+0100.

    Parameters
    ----------
    year, month, day : int
    hour : int
        On the local clock, 0 to 23.
    offset : str
        As +0100, of the second of two hours of the same name; empty of any other.

    Notes
    -----
    Hours are in order among themselves. Beside a plain day an hour is as its day: neither earlier
    nor later than it, and not equal to it. Days on or back is the same hour of another day.

    Examples
    --------
    >>> evening = Hour.fromisoformat("2026-03-02T20")
    >>> str(evening), str(evening - timedelta(days=7)), evening.calendar_day
    ('2026-03-02T20', '2026-02-23T20', datetime.date(2026, 3, 2))
    >>> twice = [Hour.fromisoformat(f"2026-10-25T{hour}") for hour in ("02+0100", "03", "02")]
    >>> [str(hour) for hour in sorted(twice)]
    ['2026-10-25T02', '2026-10-25T02+0100', '2026-10-25T03']
    >>> date(2026, 3, 2) <= evening <= date(2026, 3, 2), evening == date(2026, 3, 2)
    (True, False)
    """

    hour: int
    offset: str

    def __new__(
        cls,
        year: SupportsIndex,
        month: SupportsIndex,
        day: SupportsIndex,
        hour: int = 0,
        offset: str = "",
    ) -> Self:
        """Make an hour; by default the first of its day."""
        whole = super().__new__(cls, year, month, day)
        whole.hour, whole.offset = hour, offset
        return whole

    @classmethod
    def fromisoformat(cls, text: str) -> Self:
        """Read what `str` writes.

        Raises
        ------
        ValueError
            It is no hour.
        """
        if not (match := KEY.fullmatch(text)):
            raise ValueError(f"{text} is no hour: write it as 2026-03-02T20")
        day, hour, offset = match.groups()
        whole = date.fromisoformat(day)
        return cls(whole.year, whole.month, whole.day, int(hour), offset or "")

    @classmethod
    def of(cls, moment: datetime) -> Self:
        """The hour in which a local moment lies; of its zone it knows which of two it is.

        >>> from zoneinfo import ZoneInfo
        >>> moment = datetime(2026, 10, 25, 2, 30, fold=1, tzinfo=ZoneInfo("Europe/Amsterdam"))
        >>> str(Hour.of(moment))
        '2026-10-25T02+0100'
        """
        is_second = moment.fold == 1
        return cls(
            moment.year,
            moment.month,
            moment.day,
            moment.hour,
            f"{moment:%z}" if is_second else "",
        )

    @property
    def calendar_day(self) -> date:
        """The day that it is an hour of."""
        return date(self.year, self.month, self.day)

    @property
    def name(self) -> str:
        """Its name within the day, as deliveries have it: 20, or 02+0100."""
        return f"{self.hour:02d}{self.offset}"

    def isoformat(self) -> str:
        """Write the key of its partition, which is the name of whatever is made of it."""
        return f"{self.calendar_day}T{self.name}"

    __str__ = isoformat

    def __repr__(self) -> str:
        return f"Hour({self})"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.year, self.month, self.day, self.hour, self.offset)

    def _key(self, other: object) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        if isinstance(other, Hour):
            return self._place(), other._place()
        return self._place()[:1], (other.toordinal() if isinstance(other, date) else None,)

    def _place(self) -> tuple[int, int, bool]:
        return self.toordinal(), self.hour, bool(self.offset)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Hour) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash(str(self))

    def __lt__(self, other: date) -> bool:
        mine, theirs = self._key(other)
        return mine < theirs

    def __le__(self, other: date) -> bool:
        mine, theirs = self._key(other)
        return mine <= theirs

    def __gt__(self, other: date) -> bool:
        mine, theirs = self._key(other)
        return mine > theirs

    def __ge__(self, other: date) -> bool:
        mine, theirs = self._key(other)
        return mine >= theirs

    def __add__(self, other: timedelta) -> Self:
        there = self.calendar_day + other
        return type(self)(there.year, there.month, there.day, self.hour)

    __radd__ = __add__

    @overload  # type: ignore[override]
    def __sub__(self, other: timedelta) -> Self: ...
    @overload
    def __sub__(self, other: date) -> timedelta: ...
    def __sub__(self, other: timedelta | date) -> Self | timedelta:
        if isinstance(other, timedelta):
            return self + -other
        return timedelta(days=self.toordinal() - other.toordinal())


def unit_of(text: str) -> date:
    """Read a period's name: a day, or an hour.

    >>> unit_of("2026-03-02"), unit_of("2026-03-02T20")
    (datetime.date(2026, 3, 2), Hour(2026-03-02T20))

    Raises
    ------
    ValueError
        It is neither.
    """
    return Hour.fromisoformat(text) if "T" in text else date.fromisoformat(text)


def day_of(period: date) -> date:
    """The calendar day of a period: its own, or that of its hour."""
    return period.calendar_day if isinstance(period, Hour) else period


def start_of(period: date, time_zone: str) -> datetime:
    """Tell the moment at which a local calendar day, or an hour of one, begins, in UTC.

    >>> [start_of(unit_of(f"2026-10-25T{hour}"), "Europe/Amsterdam").hour
    ...  for hour in ("01", "02", "02+0100", "03")]
    [23, 0, 1, 2]
    """
    if isinstance(period, Hour):
        wall = time(period.hour, fold=bool(period.offset))
        local = datetime.combine(period.calendar_day, wall, ZoneInfo(time_zone))
    else:
        local = datetime.combine(period, time(), ZoneInfo(time_zone))
    return local.astimezone(UTC)


def end_of(period: date, time_zone: str) -> datetime:
    """Tell the moment that ends a local calendar day, a midnight, or an hour of one, in UTC."""
    if isinstance(period, Hour):
        return start_of(period, time_zone) + timedelta(hours=1)
    return start_of(period + timedelta(days=1), time_zone)


def hours_of(period: date, time_zone: str) -> list[datetime]:
    """List the hours of a local calendar day, as UTC moments; of an hour there is one.

    >>> len(hours_of(date(2026, 3, 29), "Europe/Amsterdam"))
    23
    """
    moment, end = start_of(period, time_zone), end_of(period, time_zone)
    return [moment + timedelta(hours=n) for n in range(int((end - moment).total_seconds()) // 3600)]


def hours_within(day: date, time_zone: str) -> list[Hour]:
    """List the hours of a local calendar day by their names.

    >>> [str(hour) for hour in hours_within(date(2026, 10, 25), "Europe/Amsterdam")][1:4]
    ['2026-10-25T01', '2026-10-25T02', '2026-10-25T02+0100']
    """
    zone = ZoneInfo(time_zone)
    return [Hour.of(moment.astimezone(zone)) for moment in hours_of(day, time_zone)]


def hours_fault(is_hourly: bool, events: str, cells: str, products: Sequence[str]) -> str:
    """What is wrong with how often a charter's figures are made, as the rest of a sentence.

    Parameters
    ----------
    events, cells : str
        Where deliveries lie: of hours each has a place of its own.

    Returns
    -------
    str
        Empty when all is well.

    Examples
    --------
    >>> hours_fault(True, "tiny/{day}/*", "tiny/cells.csv", ["presence"])
    'inputs.events.path: with `every: PT1H` it must name {hour}'
    >>> hours_fault(True, "tiny/{day}/{hour}/*", "tiny/cells.csv", ["presence"])
    ''
    """
    if not is_hourly:
        named = "{hour} is for a charter that says `every: PT1H`"
        place = "events" if "{hour}" in events else "cells" if "{hour}" in cells else ""
        return f"inputs.{place}.path: {named}" if place else ""
    if list(products) != ["presence"]:
        return "every: hours are of presence alone; give other products a charter of their own"
    return (
        "" if "{hour}" in events else "inputs.events.path: with `every: PT1H` it must name {hour}"
    )
