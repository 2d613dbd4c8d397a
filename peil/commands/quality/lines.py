"""Write figures of quality in little room, for a terminal: short numbers, ranges, sparklines."""

from __future__ import annotations

from collections.abc import Sequence

BLOCKS = "▁▂▃▄▅▆▇█"
SIGNS = {"stop": "✗", "note": "!", "unknown": "?", "fine": "✓"}
OWNERS = {"operator": "op", "agency": "ag", "maintainers": "ma"}


def short(check: str, value: float | None) -> str:
    """Write a value of a check in about nine characters.

    A moment (seconds since the local midnight) is told as a time, a share as per cent; None is
    a figure that is kept back because it is small, or not known.

    >>> short("count_added_rows", 214337.0), short("count_added_rows", 103_245_900.0)
    ('214,337', '103.25M')
    >>> short("error_share", 0.00561), short("latest_timestamp", 86340.0)
    ('0.561%', '23:59')
    >>> short("earliest_timestamp", -3600.0)
    '23:00 −1d'
    """
    if value is None:
        return "–"
    if check == "plan_mark":
        return "(a mark)"
    if check.endswith("_timestamp"):
        n_days, minutes = divmod(int(value // 60), 1440)
        clock = f"{minutes // 60:02d}:{minutes % 60:02d}"
        return f"{clock} {n_days:+d}d".replace("-", "−") if n_days else clock
    if check.endswith("_share"):
        return f"{100 * value:.3g}%"
    size = abs(value)
    if size >= 1e6:
        return f"{value / 1e6:,.2f}M"
    return f"{value:,.0f}" if size >= 100 or value == int(value) else f"{value:.3g}"


def between(check: str, lower: float | None, upper: float | None, room: int = 13) -> str:
    """Write an expected range; shortened to thousands where it would not fit.

    >>> between("count_added_rows", 198_000, 231_000), between("error_share", None, 0.012)
    ('198k–231k', '≤ 1.2%')
    """
    if (lower is None and upper is None) or check == "plan_mark":
        return "–"
    if lower is None:
        return f"≤ {short(check, upper)}"
    if upper is None:
        return f"≥ {short(check, lower)}"
    text = f"{short(check, lower)}–{short(check, upper)}"
    if len(text) > room and max(abs(lower), abs(upper)) >= 1e4:
        unit, letter = (1e6, "M") if abs(upper) >= 1e6 else (1e3, "k")
        return f"{lower / unit:.3g}{letter}–{upper / unit:.3g}{letter}"
    return text


def trend(share: float | None) -> str:
    """Write a trend as per cent a day.

    >>> trend(-0.0304), trend(0.14), trend(None)
    ('−3.0%', '+14%', '–')
    """
    if share is None:
        return "–"
    text = f"{100 * share:+.0f}%" if abs(share) >= 0.0995 else f"{100 * share:+.1f}%"
    return text.replace("-", "−")


def sparkline(values: Sequence[float | None]) -> str:
    """Draw one block a day from the lowest value to the highest; a dot where there is none.

    >>> sparkline([1, 2, None, 3]), sparkline([5.0, 5.0])
    ('▁▄·█', '▄▄')
    """
    numbers = [value for value in values if value is not None]
    if not numbers:
        return "·" * len(values)
    low, high = min(numbers), max(numbers)

    def block(value: float) -> str:
        return BLOCKS[3 if high == low else int((value - low) / (high - low) * 7 + 1e-9)]

    return "".join("·" if value is None else block(value) for value in values)
