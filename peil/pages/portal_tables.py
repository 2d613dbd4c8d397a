"""The released tables as the page of a pilot holds them: columns, and no number that is withheld.

`ReleasedPresence` is zones by hours. `ReleasedFlows` and `ReleasedVisitors` are pairs by hours;
pairs of which nothing is shown may be left out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from peil.charter.schema import CharterPart

Whole = int | None


class Interval(CharterPart):
    """Level of the intervals, whether it is provisional, and how many held where truth is known."""

    level: int = Field(default=90, gt=0, lt=100, description="percent")
    is_provisional: bool = True
    measured: int | None = Field(None, ge=0, le=100, description="percent, mean over makes")
    measured_least: int | None = Field(None, ge=0, le=100, description="percent, worst make")
    measured_part: int | None = Field(None, ge=0, le=100, description="percent, worst part")

    @classmethod
    def of(cls, promise: dict[str, Any]) -> Self:
        """Read the part of a release's metadata; shares become percent."""
        names = ("level", "measured", "measured_least", "measured_part")
        shares = {name: round(100 * promise[name]) for name in names if name in promise}
        return cls(**shares, is_provisional=promise.get("status", "provisional") == "provisional")


class ReleasedPresence(CharterPart):
    """The released presence table as columns: `values[z][t]` of zone z in hour t.

    `times` are starts of hours in local time with offset. `conf_status` is ``F`` (free),
    ``C`` (withheld: no number may stand there), ``L`` (released as not observed: no record of any
    cell lies in the hour) or None (this hour is not released). `silent[zone_id][time]`: how much
    of the zone antenna sectors serve as a rule that were silent; left out where it is little.
    """

    zone_ids: list[str]
    times: list[str]
    values: list[list[Whole]]
    lower: list[list[Whole]]
    upper: list[list[Whole]]
    conf_status: list[list[Literal["F", "C", "L"] | None]]
    unit: Literal["PS", "DEV"]
    silent: dict[str, dict[str, float]] = Field(default_factory=dict)

    @classmethod
    def nothing(cls) -> ReleasedPresence:
        """A table without zones and hours, where nothing can be shown."""
        columns: dict[str, list[Any]] = {
            name: [] for name in ("zone_ids", "times", "values", "lower", "upper", "conf_status")
        }
        return cls(**columns, unit="PS")

    @model_validator(mode="after")
    def _shapes_and_silence(self) -> ReleasedPresence:
        for name in ("values", "lower", "upper", "conf_status"):
            rows = getattr(self, name)
            if len(rows) != len(self.zone_ids) or any(len(r) != len(self.times) for r in rows):
                raise ValueError(f"{name} must be zones by hours")
        for z, row in enumerate(self.conf_status):
            _silent(row, self.values[z], self.lower[z], self.upper[z])
        _ascending(self.times)
        return self


class ByPair(CharterPart):
    """A released table of pairs as columns: `values[p][t]` of pair p in hour t.

    `pairs[p]` are two places in lists of the table's own; `times` are the hours that were
    released. `conf_status[p]` has a letter an hour: ``F`` (free), ``=`` (of the entry that began
    before), ``C`` (withheld: no number may stand there) or ``-`` (no entry). `n_withheld` counts
    withheld entries by the pair's first place, of `n_entries` in all. `unlisted` is the letter of
    every hour of a pair that is not in `pairs`: ``C`` where each pair has an entry and those
    withheld throughout were left out.
    """

    times: list[str]
    pairs: list[tuple[int, int]]
    values: list[list[Whole]]
    lower: list[list[Whole]]
    upper: list[list[Whole]]
    conf_status: list[str]
    unlisted: Literal["C", "-"] = "-"
    n_withheld: dict[str, int] = Field(default_factory=dict)
    n_entries: int = 0
    interval: Interval = Interval()

    def _check(self, n_first: int, n_second: int) -> Self:
        if len(set(self.pairs)) != len(self.pairs):
            raise ValueError("a pair stands twice")
        if any(not (0 <= a < n_first and 0 <= b < n_second) for a, b in self.pairs):
            raise ValueError("a pair points outside the lists of the table")
        for name in ("values", "lower", "upper", "conf_status"):
            rows = getattr(self, name)
            if len(rows) != len(self.pairs) or any(len(r) != len(self.times) for r in rows):
                raise ValueError(f"{name} must be pairs by hours")
        for p, letters in enumerate(self.conf_status):
            if set(letters) - {"F", "C", "-", "="} or re.search("(^|[C-])=", letters):
                raise ValueError("a status must be F, C or -, and = only after F")
            _silent(letters, self.values[p], self.lower[p], self.upper[p])
        _ascending(self.times)
        return self

    def page_content(self) -> dict[str, Any]:
        """Give the columns that the page holds: of a withheld entry its letter and no number.

        Examples
        --------
        >>> flows = ReleasedFlows(
        ...     zone_ids=["A", "B"], times=["2026-03-02T08:00:00+01:00"], pairs=[(0, 1), (1, 0)],
        ...     values=[[40], [None]], lower=[[30], [None]], upper=[[50], [None]],
        ...     conf_status=["F", "C"], unit="PS_TRIP")
        >>> flows.page_content()["values"], flows.page_content()["conf_status"]
        ([[40], []], ['F', 'C'])
        """
        content = self.model_dump(mode="json")
        for name in ("values", "lower", "upper"):
            content[name] = [
                [number for number, letter in zip(column, status, strict=True) if letter == "F"]
                for column, status in zip(content[name], self.conf_status, strict=True)
            ]
        return content


class ReleasedFlows(ByPair):
    """Trips from area to area by period of departure; a pair is (from, to) in `zone_ids`.

    An area is a zone of any level, or the others of a region (its code and ``_O``).
    `unit`: trips of persons or of devices.
    """

    zone_ids: list[str]
    unit: Literal["PS_TRIP", "DEV_TRIP"]

    @model_validator(mode="after")
    def _pairs_of_zones(self) -> Self:
        return self._check(len(self.zone_ids), len(self.zone_ids))


class Origin(CharterPart):
    """Where the people of a group come from, by its code in the released table.

    `kind` is ``resident`` (they live in the zone), ``zone`` (they live in the zone `name`, and
    are visitors), ``country`` (a foreign SIM, `name` is the country's two letters or the three
    digits of a network) or ``rest`` (several, not told apart).
    """

    code: str
    kind: Literal["resident", "zone", "country", "rest"]
    name: str = ""


class ReleasedVisitors(ByPair):
    """Persons present by origin; a pair is (zone in `zone_ids`, origin in `origins`).

    `unit`: persons or devices.
    """

    zone_ids: list[str]
    origins: list[Origin]
    unit: Literal["PS", "DEV"]

    @model_validator(mode="after")
    def _pairs_of_zone_and_origin(self) -> Self:
        return self._check(len(self.zone_ids), len(self.origins))


def _silent(status: Sequence[str | None], *numbers: list[Whole]) -> None:
    """Refuse a number where none may stand, and a gap where one must."""
    for letter, *entry in zip(status, *numbers, strict=True):
        if letter != "F" and any(part is not None for part in entry):
            raise ValueError("an entry that is not free carries a number")
        if letter == "F" and entry[0] is None:
            raise ValueError("a free entry carries no number")


def _ascending(times: list[str]) -> None:
    if times != sorted(set(times), key=_moment):
        raise ValueError("times must ascend")


def _moment(time: str) -> float:
    return datetime.fromisoformat(time).timestamp()
