"""The operator's page: what became of every day and every row. It never leaves the operator."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from peil.charter.schema import CharterPart, Words
from peil.pages.self_contained import page
from peil.stage.accounting import FileAccount
from peil.store.atomic import write_text

State = Literal["raw", "staged", "estimated", "released"]


class StateOfDay(CharterPart):
    """How far one state of one day is, and what its gate said.

    `status`: ``done``, ``waiting`` (an earlier state is not there), ``refused`` or ``failed``.
    `gate`: ``open``, ``closed`` or ``waiting`` (not judged yet).
    """

    status: Literal["done", "waiting", "refused", "failed"]
    gate: Literal["open", "closed", "waiting"]
    reason: str = ""


class DayStates(CharterPart):
    """One day: its four states and two shares (0..1, of devices and hours), None if unknown."""

    day: str
    states: dict[State, StateOfDay]
    withheld_share: float | None = Field(None, ge=0, le=1)
    unlocated_share: float | None = Field(None, ge=0, le=1)


class AlertRow(CharterPart):
    """One line of the alerts."""

    day: str
    state: State
    severity: Literal["stop", "note"]
    why: str


class ShadowRow(CharterPart):
    """One day of a challenger beside the champion; shares are 0..1, none where it failed."""

    day: str
    challenger: str
    difference_share: float | None = Field(None, ge=0)
    outside_share: float | None = Field(None, ge=0, le=1)
    failed: str = ""


class OperatorData(CharterPart):
    """Everything the operator's page shows: counts and names, no row of any table."""

    pilot: str
    title: Words
    period_start: str
    period_end: str
    days: list[DayStates] = Field(default_factory=list)
    files: list[FileAccount] = Field(default_factory=list)
    alerts: list[AlertRow] = Field(default_factory=list)
    shadows: list[ShadowRow] = Field(default_factory=list)
    has_quality: bool = Field(False, description="whether quality.html lies beside this page")


def build(data: OperatorData, out: Path) -> Path:
    """Write the operator's page; the same data give the same bytes.

    Parameters
    ----------
    data : OperatorData
        Counts per day and file.
    out : Path
        Folder (`index.html` is written in it) or a path that ends in ``.html``.

    Returns
    -------
    Path
        The file written.
    """
    file = out if out.suffix == ".html" else out / "index.html"
    content = data.model_dump(mode="json")
    for entry, account in zip(content["files"], data.files, strict=True):
        entry["n_missing"] = account.n_missing
    title = f"{data.title.en} · operator · Peil"
    return write_text(file, page("operator", title, content))
