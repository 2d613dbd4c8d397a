"""The page of a pilot: one HTML file that opens from disk and asks the network for nothing.

`PortalData` is the interface: whoever collects the released folders fills it, `build` writes
the page. An entry that is withheld cannot carry a number: the data are refused.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from peil.charter.schema import CharterPart, Words
from peil.pages import algorithms as described
from peil.pages.algorithms import Algorithm
from peil.pages.outlook.content import OutlookContent
from peil.pages.portal_tables import Interval as Interval
from peil.pages.portal_tables import ReleasedFlows, ReleasedVisitors
from peil.pages.portal_tables import ReleasedPresence as ReleasedPresence
from peil.pages.self_contained import page
from peil.store.atomic import write_text

Number = int | float


class Score(CharterPart):
    """One score of one estimator on known truth.

    `measure`: ``mape``, ``wape``, ``wape_1km``, ``bias``, ``coverage``, ``emd``,
    ``interval_score``, each also with ``_day`` or ``_night``, or a name of your own. `unit`
    says how `value` reads: a ``share`` of .047 is shown as 4.7 %, ``m`` as metres, ``persons``
    and ``number`` as they are.
    """

    estimator: str
    footprint: str = ""
    measure: str
    value: float
    unit: Literal["share", "m", "persons", "devices", "number"] = "share"
    n: int | None = None
    note: Words | str = ""
    period: Words | str = ""
    is_champion: bool = False


class EstimatorName(CharterPart):
    """What people call an estimator."""

    estimator: str
    words: Words


class Result(CharterPart):
    """One expectation as the gate judged it. `observed` holds counts and shares only."""

    expectation: str
    table: str
    why: Words | str
    severity: Literal["stop", "note"]
    success: bool
    observed: dict[str, Number] = Field(default_factory=dict)


class Gate(CharterPart):
    """A gate of one day, with what it asked."""

    state: Literal["raw", "staged", "estimated", "released"]
    day: str
    is_open: bool
    results: list[Result] = Field(default_factory=list)


class Download(CharterPart):
    """A released file that lies near the page."""

    label: str
    href: str = Field(description="relative to the page's folder")

    @field_validator("href")
    @classmethod
    def _relative(cls, href: str) -> str:
        if re.match(r"^([a-zA-Z][\w+.-]*:|/|\\)", href):
            raise ValueError("a download must be a relative link")
        return href


class Release(CharterPart):
    """What became of one day. `ledger` is the start of its ledger entry's hash.

    `is_broken`: some release of it, of any product, is not as it was signed and is not shown.
    """

    day: str
    status: Literal["released", "withheld", "closed", "waiting", "broken"]
    ledger: str = ""
    reason: Words | str = ""
    is_broken: bool = False
    downloads: list[Download] = Field(default_factory=list)


class Method(CharterPart):
    """The method behind the released figures: names, version, and words for readers."""

    estimator: str
    version: str
    footprint: str = ""
    run: str = ""
    paragraphs: list[Words] = Field(default_factory=list)


class Body(CharterPart):
    """Operator or agency: name and contact."""

    name: str
    contact: str = ""


class PortalData(CharterPart):
    """Everything the page of a pilot shows. Released and public only.

    `zones` is a GeoJSON FeatureCollection in plane coordinates (metres) with the properties
    zone_id, name (may be empty), parent_id (may be null) and level. `night_hours` and
    `day_hours` are local hours, start included, end not; they define the page's own medians.
    `flows` and `visitors` are None where the pilot has no such product: the page then shows
    nothing of it. Their hours must stand among those of `released`, which the time control walks.
    """

    pilot: str
    title: Words
    purpose: str
    operator: Body
    agency: Body
    recipients: list[str]
    contact: str
    period_start: str
    period_end: str
    time_zone: str
    legal_basis: str
    legal_reference: str = ""
    tier: str
    threshold: int
    zones: dict[str, Any]
    released: ReleasedPresence
    flows: ReleasedFlows | None = None
    visitors: ReleasedVisitors | None = None
    outlook: OutlookContent | None = Field(None, description="what the agency computed of it")
    method: Method
    estimators: list[EstimatorName] = Field(
        default_factory=list, description="in the order in which they are shown"
    )
    interval: Interval = Interval()
    night_hours: tuple[int, int] = (0, 6)
    day_hours: tuple[int, int] = (9, 17)
    scores: list[Score] = Field(default_factory=list)
    evidence: Words | None = Field(None, description="why the released estimator is the one")
    quality: list[Gate] = Field(default_factory=list)
    statement: list[Words] = Field(
        default_factory=list, description="blocks; lines with `## ` and `- ` become headings, lists"
    )
    limits: list[Words] = Field(default_factory=list)
    releases: list[Release] = Field(default_factory=list)
    attribution: Words | str = ""
    algorithms: list[Algorithm] = Field(
        default_factory=list, description="as an algorithm register describes them"
    )

    @model_validator(mode="after")
    def _zones_and_hours_known(self) -> PortalData:
        zone_ids = {f["properties"]["zone_id"] for f in self.zones["features"]}
        if self.outlook and set(self.outlook.zone_ids) - zone_ids:
            raise ValueError("the outlook has a zone without a shape")
        for table in (self.released, self.flows, self.visitors):
            if table is None:
                continue
            # the others of a region lie in the region
            if missing := {area.removesuffix("_O") for area in table.zone_ids} - zone_ids:
                raise ValueError(f"{len(missing)} released zones have no shape")
            if set(table.times) - set(self.released.times):
                raise ValueError("flows or visitors have an hour that `released` lacks")
        return self


def _rounded(coordinates: Any) -> Any:
    """Coordinates on whole metres: half the bytes, nothing a screen could show."""
    if isinstance(coordinates, (list, tuple)):
        return [_rounded(part) for part in coordinates]
    return round(coordinates)


def _public(data: PortalData) -> dict[str, Any]:
    """Take what may stand in the page: exact counts of raw and staged stay with the operator."""
    content = data.model_dump(mode="json")
    for name, table in (("flows", data.flows), ("visitors", data.visitors)):
        content[name] = table.page_content() if table else None
    for feature in content["zones"]["features"]:
        geometry = feature.get("geometry")
        if geometry:
            geometry["coordinates"] = _rounded(geometry["coordinates"])
    for gate in content["quality"]:
        if gate["state"] in {"raw", "staged"}:
            for result in gate["results"]:
                result["observed"] = {}
    return content


def build(data: PortalData, out: Path) -> Path:
    """Write the page of a pilot.

    Parameters
    ----------
    data : PortalData
        Released figures and public facts; the same data give the same bytes.
    out : Path
        Folder (`index.html` is written in it, and beside it `algorithms.json`, what an algorithm
        register takes) or a path that ends in ``.html``.

    Returns
    -------
    Path
        The file written.
    """
    file = out if out.suffix == ".html" else out / "index.html"
    title = f"{data.title.en} · Peil"
    if data.algorithms:
        described.write(data.algorithms, file.parent)
    return write_text(file, page("main", title, _public(data), ("d3.min.js",)))
