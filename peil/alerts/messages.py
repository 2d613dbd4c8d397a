"""Word the messages of incidents: what, where, since when, what to do, and nothing of any row.

Belongs in here: text only, and what must be withheld from it. Sending is in `outbox`.
"""

from __future__ import annotations

import hashlib
import logging
import math
import re
from pathlib import Path

from peil.adapters.airflow.message import Message, Tone
from peil.alerts.incidents import Incident, News
from peil.alerts.trouble import Trouble

log = logging.getLogger(__name__)

WORST_FIRST: tuple[Tone, ...] = ("stop", "note", "ended")
# more news at once than this come as one message: a person reads one, not forty
MOST_AT_ONCE = 5
# longer than any count of a day (nine digits), as long as an identifier or a pseudonym
LIKE_AN_IDENTIFIER = re.compile(r"\+?\d{10,}|\b[0-9a-fA-F]{32,}\b")
# a message leaves the operator's plane: counts of anything but these may be of so few people that
# they are told as "few" (privacy.md, R8); the exact count stays in the report at the operator
NOT_OF_PEOPLE = ("cells", "days", "entries", "families", "files", "hours", "regions", "zones")
FEW = range(1, 15)
MEANS = {
    "stop": "stop: something waits until it is mended",
    "note": "note: nothing waits for it",
}


def clean(text: str) -> str:
    """Take from a text what has no place in a message: line ends, and what may name somebody.

    >>> clean("file\\nof 204080000000001")
    'file of (withheld)'
    """
    flat = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    if LIKE_AN_IDENTIFIER.search(flat):
        log.error("A message held what looks like an identifier, which was withheld.")
    return LIKE_AN_IDENTIFIER.sub("(withheld)", flat)


def title(trouble: Trouble) -> str:
    """Say a trouble in a few words: kind and place.

    >>> title(Trouble("demo", "silent_region", "Z01", "2026-03-02", "2026-03-02", "note",
    ...               "operator", "Nothing came.", "Ask."))
    'silent region: Z01'
    """
    return clean(f"{trouble.kind.replace('_', ' ')}: {trouble.where}")


def compose(notices: list[tuple[Incident, News]], link_prefix: Path | str) -> list[Message]:
    """Put news into messages: one each, or one for all where they are many.

    Parameters
    ----------
    notices : list of (Incident, News)
        Of one pilot, in the order in which they began.
    link_prefix : path or str
        Stands before the troubles' links.

    Returns
    -------
    list of Message
        As many as `notices`, or one.
    """
    each = [_message(part, news, link_prefix) for part, news in notices]
    if len(each) <= MOST_AT_ONCE:
        return each
    pilot = notices[0][0].trouble.pilot
    tones = [part.tone for part in each]
    there = [tone for tone in WORST_FIRST if tone in tones]
    counted = ", ".join(f"{tones.count(tone)} {tone}" for tone in there)
    text = "\n\n".join(f"== {part.subject}\n\n{part.text}" for part in each)
    ids = ".".join(sorted(part.id for part in each))
    return [
        Message(
            f"{len(each)}-{_short(ids)}",
            f"Peil {pilot}: {len(each)} news ({counted})",
            text,
            there[0],
        )
    ]


def test_message() -> Message:
    """Make the message of `peil alerts test`."""
    text = (
        "This is a test of the alerts of Peil. Nothing is wrong.\n"
        "Had it been an alert, it would say what, where, since when, and what to do.\n"
    )
    return Message("test", "Peil: a test of the alerts, nothing is wrong", text, "test")


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _message(incident: Incident, news: News, link_prefix: Path | str) -> Message:
    trouble = incident.trouble
    has_ended = news == "ended"
    tone: Tone = "ended" if has_ended else trouble.severity
    word = {"opened": tone, "worsened": "stop, was note", "ended": "ended"}[news]
    what = clean(trouble.what)
    begins = f"This has ended at {incident.ended_at}. It was: {what}" if has_ended else what
    rows = [
        ("Where", clean(trouble.where)),
        ("Since", clean(trouble.since)),
        ("Seen last", clean(incident.last_day)),
        ("Severity", MEANS[trouble.severity]),
        ("Owner", trouble.owner),
        ("What to do", "nothing more" if has_ended else clean(trouble.what_to_do)),
        ("Counted", _counted(trouble)),
        ("Read more", f"{str(link_prefix).rstrip('/')}/{trouble.link}" if trouble.link else ""),
        ("Incident", f"{incident.name}, pilot {trouble.pilot}"),
    ]
    table = "\n".join(f"{name + ':':<12} {value}" for name, value in rows if value)
    return Message(
        id=f"{incident.name}-{incident.number}-{news}",
        subject=f"Peil {trouble.pilot} [{word}] {title(trouble)}",
        text=f"{begins}\n\n{table}\n",
        tone=tone,
    )


def _counted(trouble: Trouble) -> str:
    """Write the numbers that decided it; anything but a finite number is left out."""
    return ", ".join(
        f"{clean(name)} {_few(name, value)}"
        for name, value in trouble.observed.items()
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    )


def _few(name: str, value: float) -> str:
    """Write a count; a small one of rows or people is few.

    >>> _few("rows_came n_rows", 3), _few("n_rows", 0), _few("n_silent_cells", 3)
    ('few', '0', '3')
    """
    word = name.split()[-1]
    is_of_people = word.startswith("n_") and not set(word.split("_")) & set(NOT_OF_PEOPLE)
    return "few" if is_of_people and value in FEW else str(value)
