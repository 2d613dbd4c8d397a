"""How time stamps are written, and in which time zone: with how sure that is, and why."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from peil.area.countries import zone_of_mcc

OFFSET = re.compile(r"\d:\d\d(?:\.\d+)? *(?:(?i:Z|UTC)|[+-]\d\d(?::?\d\d)?)$")
FORMATS = [
    "%Y-%m-%d %H:%M:%S",
    "%d-%m-%Y %H:%M:%S",
    "%m-%d-%Y %H:%M:%S",
    "%Y/%m/%d %H:%M:%S",
    "%d/%m/%Y %H:%M:%S",
    "%m/%d/%Y %H:%M:%S",
    "%d.%m.%Y %H:%M:%S",
    "%Y%m%d%H%M%S",
    "%Y%m%d %H%M%S",
    "%Y-%m-%d %H:%M",
    "%d-%m-%Y %H:%M",
    "%d/%m/%Y %H:%M",
    "%m/%d/%Y %H:%M",
    "%d.%m.%Y %H:%M",
    "%Y-%m-%d %H:%M:%S.%f",
    "%d-%m-%Y %H:%M:%S.%f",
    "%d/%m/%Y %H:%M:%S.%f",
    "%d-%b-%Y %H:%M:%S",
    "%d/%m/%Y %I:%M:%S %p",
    "%m/%d/%Y %I:%M:%S %p",
]
ISO, ISO_T = "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"
QUIET_HOUR = 3.5  # people's networks are quietest then, local time
ENOUGH = 2_000  # moments, spread over every hour, from which the quiet hours can be told
# unit in seconds; long numbers may be an IMSI or IMEISV, which would lie before 2001 or after 2039
EPOCHS = {
    "seconds": (1.0, 5e8, 4e9),
    "milliseconds": (1e-3, 5e8, 4e9),
    "microseconds": (1e-6, 1e9, 2.2e9),
    "nanoseconds": (1e-9, 1e9, 2.2e9),
}


@dataclass(frozen=True)
class Writing:
    """How a column of moments is written.

    Attributes
    ----------
    time_format : str or None
        For strptime; None where a cast reads it (ISO 8601 with fraction, T or offset).
    seconds_per_t : float or None
        Unit of a number since 1970, in seconds.
    share : float
        Of the non-empty values of the sample that can be read so.
    """

    time_format: str | None
    accept_iso_t: bool
    has_offset: bool
    seconds_per_t: float | None
    share: float
    why: str
    is_sure: bool
    moments: list[datetime]


def _parsed(values: list[str], form: str) -> list[datetime]:
    moments = []
    for value in values:
        try:
            moments.append(datetime.strptime(value, form))  # its zone is guessed apart
        except ValueError:
            continue
    return moments


def writing_of(values: Sequence[str | None], day: date | None = None) -> Writing | None:
    """The way in which most values are a moment, or none.

    Parameters
    ----------
    day : date, optional
        The day that the file's path names: it tells day and month apart.

    >>> writing_of(["02-03-2026 08:30:00", "13-03-2026 08:30:00"]).time_format
    '%d-%m-%Y %H:%M:%S'
    """
    texts = [value for value in values if value is not None]
    if not texts:
        return None
    with_offset = [value for value in texts if OFFSET.search(value)]
    if len(with_offset) > len(texts) / 2:
        moments = [m for value in with_offset if (m := _iso(value)) is not None]
        return Writing(
            None,
            False,
            True,
            None,
            len(moments) / len(texts),
            "each record says its own offset from UTC",
            True,
            moments,
        )
    numbers = [float(v) for v in texts if re.fullmatch(r"\d{9,19}(\.\d+)?", v)]
    for unit, (scale, least, most) in EPOCHS.items():
        inside = [n for n in numbers if least <= n * scale <= most]
        if len(inside) > 0.9 * len(texts):
            moments = [datetime.fromtimestamp(n * scale, tz=ZoneInfo("UTC")) for n in inside]
            why = f"numbers of {unit} since 1970, which are UTC"
            return Writing(None, False, True, scale, len(inside) / len(texts), why, True, moments)
    best = max(FORMATS, key=lambda form: len(_parsed(texts, form)))
    read = _parsed(texts, best)
    with_t = _parsed(texts, ISO_T)
    if len(read) + len(with_t) < 0.5 * len(texts):
        return _by_iso(texts)
    if best == ISO and read and with_t:
        share = (len(read) + len(with_t)) / len(texts)
        return Writing(
            ISO,
            True,
            False,
            None,
            share,
            "year first; some records have a T between day and time",
            True,
            read + with_t,
        )
    if len(with_t) > len(read):
        return _by_iso(texts)
    best, why, is_sure = _order(texts, best, day)
    read = _parsed(texts, best)
    return Writing(best, False, False, None, len(read) / len(texts), why, is_sure, read)


def _iso(value: str) -> datetime | None:
    text = re.sub(r"([+-]\d\d)$", r"\1:00", value.replace(" +", "+").replace(" -", "-"))
    try:
        return datetime.fromisoformat(re.sub("(?i) *(?:Z|UTC)$", "Z", text))
    except ValueError:
        return None


def _by_iso(texts: list[str]) -> Writing | None:
    moments = [m for value in texts if (m := _iso(value)) is not None]
    if len(moments) < 0.5 * len(texts) or not any(":" in value for value in texts):
        return None
    return Writing(None, False, False, None, len(moments) / len(texts), "ISO 8601", True, moments)


def _order(texts: list[str], best: str, day: date | None) -> tuple[str, str, bool]:
    """Whether day or month comes first, and why; the other order may read as many."""
    if best.startswith("%Y"):
        return best, "year first", True
    if "%b" in best:
        return best, "the month is named", True
    swap = {"%d": "%m", "%m": "%d"}
    other = re.sub("%[dm]", lambda match: swap[match[0]], best)
    named = {"%d": "day", "%m": "month"}
    read = {form: _parsed(texts, form) for form in (best, other)}
    if len(read[other]) < len(read[best]):
        return best, f"{named[best[:2]]} first: more than 12 stands there", True
    if day is not None:
        on_day = {form: sum(m.date() == day for m in moments) for form, moments in read.items()}
        first = max((best, other), key=lambda form: on_day[form])
        if on_day[first] > on_day[other if first == best else best]:
            return first, f"{named[first[:2]]} first: so they lie on the day of the path", True
    return best, "day or month first: both read every value of the sample; ask which", False


@dataclass(frozen=True)
class Zone:
    """The time zone of moments that do not say theirs."""

    name: str
    sure: str
    why: str


def zone_of(
    writing: Writing, column: str, mcc: int | None, hours: Mapping[int, int] | None = None
) -> Zone:
    """The time zone that time stamps are written in: high, medium or low certainty, and why.

    Parameters
    ----------
    hours : mapping, optional
        Number of records by hour of the day as written; else those of the sample.
    """
    local = zone_of_mcc(mcc)
    if writing.has_offset:
        return Zone("UTC", "high", writing.why)
    if re.search("utc|gmt|zulu", column.lower()):
        return Zone("UTC", "high", f"the column is called {column}")
    quiet = _quiet_hour(Counter(m.hour for m in writing.moments) if hours is None else hours)
    if quiet is not None and local:
        first = writing.moments[0]
        offset = ZoneInfo(local).utcoffset(first)
        shift_h = offset.total_seconds() / 3600 if offset else 0.0
        as_local, as_utc = _apart(quiet, QUIET_HOUR), _apart(quiet, QUIET_HOUR - shift_h)
        name = local if as_local <= as_utc else "UTC"
        sure = "medium" if abs(as_local - as_utc) >= 0.9 else "low"
        return Zone(name, sure, f"the quietest hours lie around {quiet:.0f}:00 as written; ask")
    if local:
        return Zone(
            local,
            "low",
            f"nothing says it: local time of the network's country "
            f"(mcc {mcc}); ask, and better have it delivered in UTC",
        )
    return Zone("UTC", "low", "nothing says it; ask")


def _apart(hour: float, other: float) -> float:
    gap = abs(hour - other) % 24
    return min(gap, 24 - gap)


def _quiet_hour(counts: Mapping[int, int]) -> float | None:
    """Middle of the quietest five hours of the day, where the records can tell it."""
    total = sum(counts.values())
    if total < ENOUGH or len(counts) < 20:
        return None
    sums = {at: sum(counts.get((at + n) % 24, 0) for n in range(5)) for at in range(24)}
    if min(sums.values()) > 0.6 * total * 5 / 24:
        return None
    start = min(sums, key=lambda hour: (sums[hour], hour))
    return (start + 2.5) % 24
