"""What a charter allows, beside what it allowed when it was signed: what grew, and what shrank.

Scope that grew needs signatures anew, scope that shrank needs none. A change that is neither for
certain counts as grown; how files are to be read, and the words of a title, are no scope.
Who signed belongs to `signatures`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Direction = Literal["grew", "shrank", "no scope"]

MORE_IS_WIDER = (
    "linkage_days",
    "retention.raw_hours",
    "retention.staged_days",
    "expires",
    "period.end",
)
LESS_IS_WIDER = ("threshold", "period.start", "area.tile_m")
LISTS = ("recipients", "products")  # longer is wider
MAPPINGS = ("inputs.events.columns", "inputs.events.counted")  # idem, and other columns too
NO_SCOPE = (
    "title.",
    "attribution",
    "inputs.cells.",
    "inputs.truth.",
    *(
        f"inputs.events.{name}"
        for name in (
            "separator",
            "time_format",
            "time_zone",
            "decimal",
            "accept_iso_t",
            "epoch",
            "seconds_per_t",
            "due",
        )
    ),
)
WORDS = {
    "area.only": "zones that are used",
    "area.tile_m": "side of a tile in metres",
    "every": "how often figures are made",
    "expires": "the charter expires",
    "inputs.events.columns": "fields that are landed",
    "inputs.events.counted": "fields that are counted",
    "inputs.opt_out.path": "list of who opted out",
    "legal_basis": "legal basis",
    "legal_reference": "legal reference",
    "linkage_days": "days under one pseudonym",
    "operator.name": "operator",
    "agency.name": "agency",
    "period.end": "the period ends",
    "period.start": "the period begins",
    "retention.raw_hours": "hours that raw rows stay",
    "retention.staged_days": "days that staged rows stay",
    "threshold": "fewest devices behind an entry",
    "use_limits.en": "use limits",
    "use_limits.nl": "use limits (Dutch)",
}
NONE = "none"


@dataclass(frozen=True)
class Change:
    """One difference between two charters, in plain words."""

    key: str
    direction: Direction
    words: str

    def __str__(self) -> str:
        return f"{WORDS.get(self.key, self.key)}: {self.words}"


def changes(before: dict[str, Any], after: dict[str, Any]) -> list[Change]:
    """Every difference between a signed charter and another one, by key.

    >>> signed = {"recipients": ["the agency"], "threshold": 15}
    >>> for change in changes(signed, {"recipients": ["the agency", "a broker"], "threshold": 20}):
    ...     print(change.direction, "|", change)
    grew | recipients: with a broker
    shrank | fewest devices behind an entry: 15 → 20
    """
    old, new = _flat(before), _flat(after)
    keys = sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key))
    return [_change(key, old.get(key), new.get(key)) for key in keys]


def _flat(content: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Leaves by dotted key; lists and the mappings of columns are leaves."""
    leaves: dict[str, Any] = {}
    for name, value in content.items():
        key = f"{prefix}{name}"
        if isinstance(value, dict) and key not in MAPPINGS:
            leaves |= _flat(value, f"{key}.")
        else:
            leaves[key] = value
    return leaves


def _change(key: str, old: Any, new: Any) -> Change:
    plain = f"{_plain(old)} → {_plain(new)}"
    if key.startswith(NO_SCOPE):
        return Change(key, "no scope", plain)
    if key in (*LISTS, *MAPPINGS, "area.only"):
        return _of_members(key, old or [], new or [])
    if old is None and key.startswith("inputs.opt_out."):
        return Change(key, "shrank", plain)
    if None not in (old, new) and key in (*MORE_IS_WIDER, *LESS_IS_WIDER):
        is_wider = new > old if key in MORE_IS_WIDER else new < old
        return Change(key, "grew" if is_wider else "shrank", plain)
    return Change(key, "grew", plain)


def _of_members(key: str, old: Any, new: Any) -> Change:
    """Of a list or mapping: what came is more, what went is less; of `only`, none is all."""
    came = [str(name) for name in new if name not in old]
    went = [str(name) for name in old if name not in new]
    moved = [
        name for name in new if isinstance(new, dict) and old and old.get(name, 0) != new[name]
    ]
    if key == "area.only" and not (old and new):
        return Change(key, "shrank" if new else "grew", f"{_plain(old)} → {_plain(new)}")
    parts = [f"with {', '.join(came)}"] if came else []
    parts += [f"without {', '.join(went)}"] if went else []
    other = [name for name in moved if name not in came]
    parts += [f"another column for {', '.join(other)}"] if other else []
    is_wider = bool(came or moved)
    return Change(key, "grew" if is_wider else "shrank", "; ".join(parts) or "in another order")


def _plain(value: Any) -> str:
    if value is None or value in ([], {}, ""):
        return NONE
    return ", ".join(map(_plain, value)) if isinstance(value, list) else str(value)
