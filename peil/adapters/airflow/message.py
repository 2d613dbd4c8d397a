"""A message as a channel takes it; its words are made by `peil.alerts.messages`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Tone = Literal["stop", "note", "ended", "test"]


@dataclass(frozen=True)
class Message:
    """What is handed to a channel.

    Attributes
    ----------
    id : str
        Names the news: the same news sent twice has the same id.
    subject : str
        One line.
    text : str
        Plain text.
    tone : {"stop", "note", "ended", "test"}
    """

    id: str
    subject: str
    text: str
    tone: Tone
