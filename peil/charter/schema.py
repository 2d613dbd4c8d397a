"""A pilot's charter: what may be done with whose data, for whom, until when.

One YAML a pilot in `pilots/`. Without a valid, unexpired charter nothing runs. The file is
read by lawyers and project leaders, so an error names file, key and what would be right.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, field_validator, model_validator

from peil.charter.area_schema import AreaInput as AreaInput
from peil.charter.area_schema import CharterPart as CharterPart
from peil.charter.area_schema import GridExtent as GridExtent
from peil.charter.area_schema import Separator
from peil.charter.hour import hours_fault, hours_within
from peil.charter.products import MAX_DAYS, PRODUCTS, linkage_fault

LegalBasis = Literal["statute", "consent", "prior_aggregation", "synthetic"]
CountedField = Literal["imsi", "imei", "msisdn", "counterpart", "duration", "outgoing"]
Slug = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,40}$")]


def _known(product: str) -> str:
    if product not in PRODUCTS:
        raise ValueError(f"no such product; there are {', '.join(PRODUCTS)}")
    return product


def _not_empty(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be empty")
    return text


ProductName = Annotated[str, AfterValidator(_known)]
Text = Annotated[str, AfterValidator(_not_empty)]


class Words(CharterPart):
    """The same words in the two languages of the page."""

    en: Text
    nl: Text


class Party(CharterPart):
    """Who takes part, and how to reach them."""

    name: Text
    contact: Text
    mcc: int | None = Field(None, ge=1, le=999, description="mobile country code of the operator")


class Dates(CharterPart):
    """First and last local day, both included."""

    start: date
    end: date

    @model_validator(mode="after")
    def _ordered(self) -> Dates:
        if self.end < self.start:
            raise ValueError("end lies before start")
        return self


LEAST_DEVICES = 15  # fewest distinct devices behind a released entry on real data
LONGEST_YEARS = 2  # a charter holds after its period
FILL_IN = "FILL IN"  # stands in a stub of `peil inspect` where a person must say something
PLACEHOLDERS = {
    "day": date(2000, 1, 1),
    "year": 2000,
    "month": 1,
    "day_of_month": 1,
    "hour": "20",
}


def _years_after(day: date, years: int) -> date:
    """The same day some years on; of 29 February the first of March."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)


class Delivery(CharterPart):
    """One kind of delivery and how its columns are to be read."""

    reader: Literal["generic", "multimno", "essnet", "flowkit", "mobloc", "opencellid"]
    path: str = Field(description="{day}, {year}, {month}, {day_of_month}, {hour} are filled in")
    columns: dict[str, str] = Field(default_factory=dict, description="canonical: theirs")
    counted: dict[CountedField, str] = Field(
        default_factory=dict, description="columns that are counted on the way in, never landed"
    )
    separator: Separator = ","
    time_format: str | None = Field(None, description="strptime format of the time stamps")
    time_zone: str = Field("UTC", description="time zone the time stamps are written in")
    accept_iso_t: bool = Field(False, description="also read 2026-03-02T08:00:00")
    epoch: datetime | None = Field(None, description="moment of t = 0")
    seconds_per_t: float = Field(1.0, gt=0)
    decimal: Literal[".", ","] = Field(".", description="decimal mark of the cell plan's numbers")
    crs: str | None = Field(None, description="EPSG code of the plane that x and y lie on")
    box: tuple[float, float, float, float] | None = Field(
        None, description="west, south, east, north in degrees: cells of OpenCelliD to land"
    )
    mcc: int | None = Field(None, description="of every record, where records carry none")
    mnc: str | None = None

    @field_validator("path")
    @classmethod
    def _within(cls, path: str) -> str:
        try:
            if re.search(r"\{\w*[.\[!]", path):  # of a day its text only
                raise ValueError
            filled = PurePosixPath(path.format(**PLACEHOLDERS))
        except (KeyError, IndexError, ValueError):
            placeholders = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
            raise ValueError(f"knows {placeholders} and no other") from None
        if filled.is_absolute() or ".." in filled.parts:
            raise ValueError("must be relative to the deliveries and stay within them")
        return path


NEEDED = {
    "subscriber_id": "the subscriber",
    "observed_at": "the moment",
    "cell_id": "the cell",
}
NETWORK_UNSAID = ("generic", "flowkit", "essnet")  # formats that name no network by themselves


class EventDelivery(Delivery):
    """The events of a day, or an hour, and until when they may come."""

    due: time | None = Field(
        None,
        description='local time of the day after, as "06:00"; with every: PT1H how long after the '
        'hour, as "00:10"',
    )

    @model_validator(mode="after")
    def _mapped(self) -> EventDelivery:
        if self.reader == "generic":
            for ours, what in NEEDED.items():
                if ours not in self.columns:
                    raise ValueError(f"columns.{ours}: say which column holds {what}")
        names_network = self.reader not in NETWORK_UNSAID or {"mcc", "plmn"} & set(self.columns)
        if not names_network and self.mcc is None:
            raise ValueError(
                "columns.mcc: say which column holds the network of the SIM (`mcc` and `mnc`, or "
                "`plmn` for both as one), or give one `mcc` for all records"
            )
        return self

    @field_validator("due", mode="before")
    @classmethod
    def _in_quotes(cls, due: Any) -> Any:
        if due is not None and not (isinstance(due, str) and re.fullmatch(r"\d\d:\d\d", due)):
            # YAML reads 10:30 without quotes as a number
            raise ValueError(
                'write the local time of the day after in quotes, as "06:00" (with every: PT1H how '
                'long after the hour, as "00:10")'
            )
        return due


class OptOut(CharterPart):
    """The list of who is left out before the first write: file, and its column of names."""

    path: str
    column: str


class Truth(CharterPart):
    """Known truth of a simulated set: read by scoring only."""

    reader: Literal["demo", "essnet"]
    path: str
    root: Literal["truth", "outside"] = "truth"


class Inputs(CharterPart):
    """The deliveries, and the folder that their paths are relative to."""

    root: Literal["deliveries", "outside"] = "deliveries"
    events: EventDelivery
    cells: Delivery
    opt_out: OptOut | None = None
    truth: Truth | None = None


class Retention(CharterPart):
    """How long what was read may be kept."""

    raw_hours: int = Field(24, ge=0, le=168, description="after staging")
    staged_days: int = Field(1, ge=0, le=30)


class Charter(CharterPart):
    """The whole charter, checked. See `pilots/demo.yml` for one with remarks."""

    pilot: Slug
    title: Words
    purpose: Literal["crowding", "method_development"]
    legal_basis: LegalBasis
    legal_reference: Text = Field(
        description="article, decision or manifest that carries the basis"
    )
    operator: Party
    agency: Party
    period: Dates
    every: Literal["P1D", "PT1H"] | None = Field(
        None, description="how often figures are made: of a day (P1D, the default) or an hour"
    )
    expires: date
    time_zone: str
    area: AreaInput
    inputs: Inputs
    products: list[ProductName] = Field(min_length=1)
    linkage_days: int = Field(1, ge=1, le=MAX_DAYS, description="days under one pseudonym key")
    tier: Literal["agency"]
    threshold: int = Field(15, ge=1)
    retention: Retention
    recipients: list[Text] = Field(min_length=1)
    contact: Text
    dpia: Text | None = Field(
        None, description="where the data protection impact assessment can be found"
    )
    use_limits: Words
    attribution: str = ""

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError):
            raise ValueError("no such time zone; write one as Europe/Amsterdam") from None
        return name

    @model_validator(mode="before")
    @classmethod
    def _signed_elsewhere(cls, content: Any) -> Any:
        if isinstance(content, dict) and "signatures" in content:
            raise ValueError(
                "signatures: are no longer typed names; take these lines out, then each signs with "
                "a key: `peil charter sign PILOT --role ROLE --key FILE`"
            )
        return content

    @model_validator(mode="after")
    def _lawful(self) -> Charter:
        if self.legal_basis != "synthetic":
            if self.threshold < LEAST_DEVICES:
                raise ValueError("threshold: at least 15 unless the legal basis is synthetic")
            if self.inputs.opt_out is None:
                raise ValueError(
                    "inputs.opt_out: name the list of who opted out; only simulated pilots lack it"
                )
        if self.expires < self.period.end:
            raise ValueError("expires: must not lie before the end of the period")
        if self.expires > _years_after(self.period.end, LONGEST_YEARS):
            raise ValueError("expires: at most two years after the end of the period")
        paths = self.inputs.events.path, self.inputs.cells.path
        if fault := hours_fault(self.is_hourly, *paths, self.products) or linkage_fault(
            self.products, self.linkage_days, self.retention.staged_days
        ):
            raise ValueError(fault)
        return self

    def days(self) -> list[date]:
        """Every local calendar day of the period, in order."""
        first = self.period.start.toordinal()
        return [date.fromordinal(n) for n in range(first, self.period.end.toordinal() + 1)]

    def units(self) -> list[date]:
        """Every unit of the period that is delivered and released by itself: days, or hours."""
        if not self.is_hourly:
            return self.days()
        return [hour for day in self.days() for hour in hours_within(day, self.time_zone)]

    @property
    def is_hourly(self) -> bool:
        """Whether what is delivered and released is an hour."""
        return self.every == "PT1H"

    @property
    def is_synthetic(self) -> bool:
        return self.legal_basis == "synthetic"
