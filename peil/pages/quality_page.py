"""The operator's quality page: what was delivered, hour by hour, and what is not as expected."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from peil.charter.schema import CharterPart, Words
from peil.pages.self_contained import page
from peil.stage.accounting import FileAccount
from peil.store.atomic import write_text

FEWEST = 15  # a count of one cell and hour below this is shown as few
MISSING = -1
CellStatus = Literal["silent", "low", "expected", "high", "few", "unknown"]
Verdict = Literal["stop", "note", "unknown", "fine"]


class Cell(CharterPart):
    """A cell and where it stands: metres on the pilot's plane, or None when it is not located."""

    cell_id: str
    region_id: str = ""
    x_m: float | None = None
    y_m: float | None = None


class Region(CharterPart):
    """A region by its public name; the empty id is of cells outside every zone."""

    region_id: str
    name: str


class CheckRow(CharterPart):
    """One judged figure of one day.

    `then` is the same figure a week before. `trend` is the share per day by which it moves.
    `hour` is the start of an hour in local time, None for a figure of the whole day.
    """

    check: str
    scope: Literal["delivery", "day", "hour", "cell", "cell_hour", "region"]
    place: str = ""
    hour: str | None = None
    value: float | None = None
    then: float | None = None
    expected: float | None = None
    lower: float | None = None
    upper: float | None = None
    trend: float | None = None
    severity: Literal["stop", "note"]
    owner: Literal["operator", "agency", "maintainers"]
    verdict: Verdict


class ProblemRow(CharterPart):
    """An open trouble: what is wrong, since when, who can mend it and how."""

    kind: str
    where: str
    day: str
    since: str
    severity: Literal["stop", "note"]
    owner: Literal["operator", "agency", "maintainers"]
    what: str
    what_to_do: str


class Day(CharterPart):
    """One day.

    `rows_per_hour` is cells by hours, in the order of `QualityData.cells` and of `hours`: a
    count from 15 on, 0, None for few (1 to 14), -1 where the figure is missing.
    """

    day: str
    hours: list[str] = Field(default_factory=list, description="local time with its offset")
    rows_per_hour: list[list[int | None]] = Field(default_factory=list)
    statuses: list[CellStatus] = Field(default_factory=list, description="one a cell")
    checks: list[CheckRow] = Field(default_factory=list)
    n_checks_left_out: int = Field(0, ge=0, description="cells out of range beyond those listed")
    files: list[FileAccount] = Field(default_factory=list)

    @field_validator("rows_per_hour")
    @classmethod
    def _no_small_count(cls, rows: list[list[int | None]]) -> list[list[int | None]]:
        if any(n is not None and n not in (0, MISSING) and n < FEWEST for row in rows for n in row):
            raise ValueError(f"a count of 1 to {FEWEST - 1} rows must be shown as few")
        return rows

    @model_validator(mode="after")
    def _shaped(self) -> Day:
        if any(len(row) != len(self.hours) for row in self.rows_per_hour):
            raise ValueError(f"{self.day}: a row of the heat map has not one count an hour")
        return self


class QualityData(CharterPart):
    """Everything the quality page shows: counts, shares and public names."""

    pilot: str
    title: Words
    time_zone: str
    is_synthetic: bool = False
    cells: list[Cell] = Field(default_factory=list, description="by region, then by name")
    regions: list[Region] = Field(default_factory=list)
    outlines: list[list[list[tuple[float, float]]]] = Field(
        default_factory=list, description="rings of the zones' outlines, a polygon each, in m"
    )
    days: list[Day] = Field(min_length=1)
    problems: list[ProblemRow] = Field(default_factory=list)

    @model_validator(mode="after")
    def _as_many_cells(self) -> QualityData:
        for day in self.days:
            for rows in (day.rows_per_hour, day.statuses):
                if rows and len(rows) != len(self.cells):
                    raise ValueError(f"{day.day}: the heat map has not one row a cell")
        return self


def build(data: QualityData, file: Path) -> Path:
    """Write the quality page; the same data give the same bytes.

    Parameters
    ----------
    data : QualityData
        Counts and judgements.
    file : Path
        The file to write, in the folder of the operator's page.

    Returns
    -------
    Path
        The file written.
    """
    content: dict[str, Any] = data.model_dump(mode="json")
    for day, given in zip(content["days"], data.days, strict=True):
        for entry, account in zip(day["files"], given.files, strict=True):
            entry["n_missing"] = account.n_missing
    title = f"{data.title.en} · quality · Peil"
    return write_text(file, page("quality_page", title, content, ("d3.min.js",), ("quality.css",)))
