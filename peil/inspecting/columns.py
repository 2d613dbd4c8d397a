"""Which delivered column is which: by its name, and by what it holds."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from peil.area.countries import COUNTRIES
from peil.inspecting.moments import writing_of
from peil.inspecting.tables import Table

Values = list[str]

EVENT_NAMES = {
    "subscriber_id": "imsi servedimsi userid subscriberid subscriber msisdn servedmsisdn aparty "
    "deviceid device phoneid customerid pseudonym hashedid simid callerid callingparty",
    "observed_at": "timestamp eventtime datetime eventdatetime time starttime eventstart ts at "
    "startedat observedat eventtimestamp tijdstip changetime callstart",
    "cell_id": "cellid cell lacci cgi ecgi eci ci locationid antennaid cellglobalid cellname "
    "sectorid cel",
    "mcc": "mcc mobilecountrycode",
    "mnc": "mnc mobilenetworkcode",
    "plmn": "plmn plmnid hplmn hplmnid homeplmn simplmn mccmnc plmncode networkid networkcode "
    "network netwerk netwerkcode homenetwork operatorcode mcc visitednetwork visitedplmn vplmn",
    "event_type": "eventtype eventcode event type activity recordtype",
    "timing_advance": "ta timingadvance",
}
CELL_NAMES = {
    "cell_id": EVENT_NAMES["cell_id"] + " antenna sector id name",
    "latitude": "latitude lat breedtegraad ycoordlat",
    "longitude": "longitude lon lng long lengtegraad xcoordlon",
    "x_m": "x xm easting xcoord rdx xrd",
    "y_m": "y ym northing ycoord rdy yrd",
    "altitude_m": "altitude altitudem elevation ground groundheight asl",
    "antenna_height_m": "antennaheight antennaheightm height hoogte agl mastheight",
    "is_directional": "isdirectional directionality directional",
    "azimuth_deg": "azimuth azimuthdeg azimuthangle direction bearing richting",
    "tilt_deg": "tilt tiltdeg downtilt electricaltilt totaltilt elevationangle",
    "beam_horizontal_deg": "beamh beamhorizontaldeg horizontalbeamwidth hbw beamwidth",
    "beam_vertical_deg": "beamv beamverticaldeg verticalbeamwidth vbw",
    "power_w": "power powerw",
    "range_m": "range rangem maxrange",
    "frequency_mhz": "frequency frequencymhz freq",
    "technology": "technology tech rat radio networktype",
    "cell_type": "celltype kind",
    "path_loss_exponent": "pathlossexponent ple attenuationfactor",
    "midpoint_dbm": "midpointdbm midpoint smid",
    "steepness": "steepness ssteep",
    "valid_from": "validfrom validdatestart dateoffirstservice startdate onairdate",
    "valid_to": "validto validdateend dateoflastservice enddate",
}
ZONE_NAMES = {
    "zone_id": "zoneid statcode gemcode gmcode municode gemeentecode nutsid regioncode code "
    "geocode id region",
    "name": "name statnaam naam muniname gemeentenaam namelatn nutsname regionname label",
    "parent_id": "parentid parent province provincie provincecode provinciecode district "
    "districtcode county countycode state statecode department",
    "level": "level levlcode niveau",
}
REGISTER_NAMES = {
    "zone_id": ZONE_NAMES["zone_id"],
    "n_persons": "npersons population persons inwoners aantalinwoners bevolking pop n0 residents",
}
TILE_NAMES = {
    "tile_id": "tileid rid tile gridid cellid id",
    "x_m": "xm x xcentre",
    "y_m": "ym y ycentre",
    "zone_id": "zoneid municode gemcode statcode region",
    "elevation_m": "elevationm elevation altitude",
    "building": "building buildings builtup",
    "residential": "residential",
    "forest": "forest trees",
    "water": "water",
    "roads": "roads road",
}
COMPACT = r"20\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])([01]\d|2[0-3])([0-5]\d){2}"
VISITED = {"visitednetwork", "visitedplmn", "vplmn"}  # where the device was, not whose SIM it is
# never proposed: Peil does not land contacts, content or devices
REFUSED = re.compile(
    "counterpart|bparty|calledparty|callednumber|other|dialed|imei|^tac$|duration|volume|bytes|"
    "upload|download|url|host|content|amount|fee|balance|truth|tileid"
)


def plain(name: str) -> str:
    """A column's name without case and signs.

    >>> plain("EVENT_TIME (UTC)")
    'eventtimeutc'
    """
    return re.sub("[^a-z0-9]", "", name.lower())


@dataclass(frozen=True)
class Guess:
    """A delivered column for a canonical one: how sure (high, medium, low) and why."""

    theirs: str
    sure: str
    why: str


def _most(values: Values, holds: Callable[[str], bool]) -> bool:
    return bool(values) and sum(map(holds, values)) >= 0.9 * len(values)


def _number(text: str) -> float | None:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return None


def _between(least: float, most: float) -> Callable[[str], bool]:
    return lambda text: (n := _number(text)) is not None and least <= n <= most


def _is_luhn(text: str) -> bool:
    if not re.fullmatch(r"\d{15}", text):
        return False
    digits = [int(sign) for sign in text[::-1]]
    doubled = [n if place % 2 == 0 else sum(divmod(2 * n, 10)) for place, n in enumerate(digits)]
    return sum(doubled) % 10 == 0


def looks_like(values: Iterable[str | None]) -> str:
    """What the values of a column look like: a word, or empty.

    >>> looks_like(["204080000000123", "204080000000456"])
    'IMSI'
    >>> looks_like(["+31612345678", "+31687654321"])
    'MSISDN'
    """
    texts = [value for value in values if value is not None]
    if _most(texts, _is_luhn) and len(set(texts)) > 3:
        return "IMEI"
    if _most(texts, lambda v: bool(re.fullmatch(COMPACT, v))):
        return "moment"  # 20260302083000 could be a Greek IMSI, of 14 digits
    if _most(texts, lambda v: bool(re.fullmatch(r"\d{14,15}", v)) and int(v[:3]) in COUNTRIES):
        return "IMSI"
    if _most(texts, lambda v: bool(re.fullmatch(r"(\+|00)\d{9,14}", v))):
        return "MSISDN"
    if _most(texts, lambda v: bool(re.fullmatch(r"[0-9a-fA-F]{32,128}", v))):
        return "keyed or hashed identifier"
    if _most(texts[:20], lambda v: sum(sign.isdecimal() for sign in v) >= 8):
        writing = writing_of(texts[:200])
        if writing is not None and writing.share > 0.5:
            return "moment"
    if _most(texts, lambda v: bool(re.fullmatch(r"\d{3}", v)) and 200 <= int(v) <= 799):
        return "mobile country code"
    if _most(texts, lambda v: bool(re.fullmatch(r"\d{3}[-_:]?\d{2,3}([-_:]\w+){1,3}", v))):
        return "cell identity"
    if _most(texts, lambda v: _number(v) is not None):
        return "number"
    return ""


FITS: dict[str, set[str]] = {
    "subscriber_id": {"IMSI", "MSISDN", "keyed or hashed identifier"},
    "observed_at": {"moment"},
    "mcc": {"mobile country code"},
    "valid_from": {"moment"},
    "valid_to": {"moment"},
}
BY_CONTENT = {
    "IMSI": "subscriber_id",
    "MSISDN": "subscriber_id",
    "moment": "observed_at",
    "keyed or hashed identifier": "subscriber_id",
    "cell identity": "cell_id",
    "mobile country code": "mcc",
}
RANGES = {
    "latitude": _between(-90, 90),
    "longitude": _between(-180, 180),
    "azimuth_deg": _between(-360, 360),
    "tilt_deg": _between(-90, 90),
    "antenna_height_m": _between(-100, 1000),
    "n_persons": _between(0, 1e9),
    "beam_horizontal_deg": _between(0, 360),
    "beam_vertical_deg": _between(0, 360),
    "path_loss_exponent": _between(0, 20),
    "midpoint_dbm": _between(-160, 0),
    "steepness": _between(0, 10),
}


def guesses(
    table: Table, names: dict[str, str], known_cells: set[str] | None = None
) -> dict[str, Guess]:
    """The best delivered column for each canonical one; each column at most once.

    Parameters
    ----------
    names : dict
        Canonical name → usual names, in order of preference.
    known_cells : set, optional
        Names of cells of the plan beside it: a column of events that holds them is the cell.
    """
    looks = {name: looks_like(values[:500]) for name, values in table.columns.items()}
    matches: dict[str, Guess] = {}
    taken: set[str] = set()
    for ours, usual in names.items():
        for word in usual.split():
            for theirs in table.columns:
                if theirs in taken or ours in matches or plain(theirs) != word:
                    continue
                if REFUSED.search(plain(theirs)) and names is EVENT_NAMES:
                    continue
                guess = _by_name(ours, theirs, looks[theirs], table)
                if guess is not None:
                    matches[ours] = guess
                    taken.add(theirs)
    if names is EVENT_NAMES:
        if known_cells:
            _by_cells(table, known_cells, matches, taken)
        for theirs, look in looks.items():
            wanted = BY_CONTENT.get(look)
            if (
                wanted
                and wanted not in matches
                and theirs not in taken
                and not REFUSED.search(plain(theirs))
            ):
                matches[wanted] = Guess(theirs, "low", f"it looks like {_a(look)}; ask")
                taken.add(theirs)
    return matches


def _is_plmn(values: Values) -> bool:
    """Whether values are country and network code as one: 5 or 6 digits, of a country's range."""
    return _most(values, lambda v: bool(re.fullmatch(r"[2-7][0-9]{4,5}", v)))


def _a(word: str) -> str:
    return f"an {word}" if word[0] in "AIM" and word.isupper() else f"a {word}"


def _by_name(ours: str, theirs: str, look: str, table: Table) -> Guess | None:
    values = [value for value in table.columns[theirs] if value is not None]
    if ours == "mcc" and _is_plmn(values):
        return None
    if ours == "plmn" and values:
        if not _is_plmn(values):
            return None
        return Guess(theirs, "high", "by its name, and it holds country and network code as one")
    if ours in FITS and values:
        if look in FITS[ours]:
            return Guess(theirs, "high", f"by its name, and it looks like {_a(look)}")
        if ours == "subscriber_id" and look in ("", "number"):
            return Guess(theirs, "medium", "by its name")
        return Guess(theirs, "low", "by its name alone; it does not look so, ask")
    if ours in RANGES and values:
        if _most(values, RANGES[ours]):
            return Guess(theirs, "high", "by its name, and its numbers are in range")
        return Guess(theirs, "low", "by its name alone; some are no number in range, ask")
    return Guess(theirs, "medium", "by its name" if values else "by its name; the sample is empty")


def _by_cells(
    table: Table, known_cells: set[str], matches: dict[str, Guess], taken: set[str]
) -> None:
    """The column whose values are names of the plan's cells, whatever it is called."""
    shares = {}
    for theirs, values in table.columns.items():
        there = [value for value in values if value is not None]
        free = theirs not in taken or theirs == matches.get("cell_id", Guess("", "", "")).theirs
        if there and free:
            shares[theirs] = sum(value in known_cells for value in there) / len(there)
    best = max(shares, key=lambda name: shares[name], default="")
    if best and shares[best] > 0.5:
        taken.add(best)
        matches["cell_id"] = Guess(
            best, "high", f"{shares[best]:.0%} of its values are cells of the plan beside it"
        )


def has_decimal_comma(table: Table, columns: Iterable[str]) -> bool:
    """Whether numbers of these columns are written with a comma."""
    values = [v for name in columns for v in table.columns.get(name, []) if v is not None]
    commas = sum(bool(re.fullmatch(r"-?\d+,\d+", value)) for value in values)
    points = sum(bool(re.fullmatch(r"-?\d+\.\d+", value)) for value in values)
    return commas > points
