"""A charter stub: what the files say is filled in, what people must say is marked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import yaml

from peil.area.countries import country_of_mcc, zone_of_mcc
from peil.charter.schema import FILL_IN
from peil.ingest.readers import READERS
from peil.inspecting.proposal import Proposal
from peil.inspecting.stub_area import area
from peil.outcome import Refused
from peil.settings import Settings
from peil.store.atomic import write_text

SIMULATED_MCC = 999  # of a simulated network without one; the ITU keeps it for internal use


@dataclass(frozen=True)
class Home:
    """Where the charter's paths start: `root` of its inputs, and the folder below it."""

    root: str
    below: str
    setting: str

    def path(self, name: str) -> str:
        return f"{self.below}/{name}" if self.below else name


def home_of(folder: Path, settings: Settings) -> Home:
    """Whether a folder lies in the outside data, in the deliveries, or must be made either."""
    for root, place in (
        ("outside", settings.outside_data),
        ("deliveries", settings.deliveries_folder),
    ):
        if place is not None and folder.resolve().is_relative_to(place.resolve()):
            below = folder.resolve().relative_to(place.resolve()).as_posix()
            return Home(root, "" if below == "." else below, "")
    return Home("deliveries", folder.name, f"PEIL_DELIVERIES={folder.resolve().parent}")


def write(
    file: Path, proposals: list[Proposal], home: Home, basis: str | None, mcc: int | None
) -> list[str]:
    """Write the stub, and say which of its places a person must fill in.

    Raises
    ------
    Refused
        The file is there already, or nothing was found that a charter could name.
    """
    if file.exists():
        raise Refused(f"{file} is there already: a charter is never overwritten; name another.")
    if file.suffix not in (".yml", ".yaml"):
        raise Refused(f"{file} is no charter's name: let it end in .yml.")
    if all(proposal.role == "unknown" for proposal in proposals):
        raise Refused("Nothing here that a charter could name: no stub was written.")
    content = charter(file.stem, proposals, home, basis, mcc)
    questions = [line for proposal in proposals for line in proposal.questions]
    head = ["# Written by `peil inspect`: what the files say is filled in."]
    if home.setting:
        head.append(f"# Paths are relative to the deliveries: set {home.setting}")
    if content["time_zone"] == zone_of_mcc(content["operator"]["mcc"]):
        questions.append(
            f"time_zone: {content['time_zone']} is that of most people in the network's country; "
            "is it the area's?"
        )
    head += [f"# ask: {line}" for line in questions]
    head.append("# attribution: say who made these files and under which licence, where it asks so")
    text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=100)
    file.parent.mkdir(parents=True, exist_ok=True)
    write_text(file, "\n".join(head) + "\n" + text)
    return unfilled(content)


def unfilled(content: Any, key: str = "") -> list[str]:
    """Keys of the places that still say FILL IN.

    >>> unfilled({"operator": {"name": "FILL IN: who", "mcc": 204}})
    ['operator.name']
    """
    if isinstance(content, str):
        return [key] if FILL_IN in content else []
    if isinstance(content, Mapping):
        below = [(str(name), part) for name, part in content.items()]
    elif isinstance(content, list):
        below = [(str(number), part) for number, part in enumerate(content)]
    else:
        return []
    return [place for name, part in below for place in unfilled(part, f"{key}.{name}".lstrip("."))]


def charter(
    pilot: str, proposals: list[Proposal], home: Home, basis: str | None, mcc: int | None
) -> dict[str, Any]:
    """The content of a charter: complete under the basis synthetic, else with marked places."""
    simulated = basis == "synthetic"

    def ask(what: str, else_say: str) -> str:
        return else_say if simulated else f"{FILL_IN}: {what}"

    events = _first(proposals, "events")
    network = mcc or (events.mcc if events else None) or (SIMULATED_MCC if simulated else None)
    days = _days(proposals)
    end = days[1] if days else None
    written = (events.time_zone if events else None) or "UTC"
    where = "the area's local time, such as Europe/Amsterdam: its days are the pilot's"
    local = zone_of_mcc(network) or ask(where, written)
    content: dict[str, Any] = {
        "pilot": pilot,
        "title": {
            "en": ask("a title in English", f"{pilot}, as delivered"),
            "nl": ask("a title in Dutch", f"{pilot}, zoals geleverd"),
        },
        "purpose": ask("crowding or method_development", "method_development"),
        "legal_basis": basis or f"{FILL_IN}: statute, consent, prior_aggregation or synthetic",
        "legal_reference": ask(
            "article, decision or manifest that carries the basis",
            "simulated; vouched for by a named person, see the register",
        ),
        "operator": {
            "name": ask("the operator", "simulated operator"),
            "contact": ask("its engineer's address", "none@operator.example"),
            "mcc": network or f"{FILL_IN}: its mobile country code",
        },
        "agency": {
            "name": ask("the agency", "researchers of location methods"),
            "contact": ask("its address", "none@agency.example"),
        },
        "period": {"start": days[0], "end": end} if days else f"{FILL_IN}: start and end, as days",
        "expires": (
            end + timedelta(days=365) if end and simulated else f"{FILL_IN}: a day after the period"
        ),
        "time_zone": local,
        "area": area(proposals, home.path, country_of_mcc(network), pilot),
        "inputs": _inputs(proposals, home, network, simulated),
        "products": ["presence"],
        "tier": "agency",
        "threshold": 15,
        "retention": {"raw_hours": 24, "staged_days": 1},
        "recipients": [ask("who gets the released figures", "researchers of location methods")],
        "contact": ask("whom people can ask", "privacy@agency.example"),
        "use_limits": {
            "en": ask("what the figures are not for", "For judging methods only."),
            "nl": ask("idem, in Dutch", "Alleen om methoden te beoordelen."),
        },
    }
    if credit := attribution_of(proposals):
        content["attribution"] = credit
    return content


def attribution_of(proposals: list[Proposal]) -> str:
    """The licence line that the first format which needs one must show; empty without any."""
    readers = [READERS[proposal.reader] for proposal in proposals if proposal.reader in READERS]
    return next((reader.attribution for reader in readers if reader.attribution), "")


def _first(proposals: list[Proposal], role: str) -> Proposal | None:
    return next((proposal for proposal in proposals if proposal.role == role), None)


def _days(proposals: list[Proposal]) -> tuple[date, date] | None:
    events = _first(proposals, "events")
    return events.days if events else None


def _inputs(
    proposals: list[Proposal], home: Home, mcc: int | None, simulated: bool
) -> dict[str, Any]:
    events = _first(proposals, "events")
    cells = _cells_beside(proposals, events)
    inputs: dict[str, Any] = {"root": home.root}
    for role, proposal in (("events", events), ("cells", cells)):
        if proposal is None:
            inputs[role] = f"{FILL_IN}: reader and path of the {role}, see docs/your-own-data.md"
            continue
        delivery: dict[str, Any] = {
            "reader": proposal.reader,
            "path": home.path(proposal.path),
            **proposal.settings,
        }
        if READERS[proposal.reader].is_mapped:
            delivery["columns"] = {ours: guess.theirs for ours, guess in proposal.columns.items()}
        names_network = {"mcc", "plmn"} & set(proposal.columns)
        if role == "events" and not names_network and mcc is not None:
            delivery["mcc"] = mcc
        inputs[role] = delivery
    if (listed := _first(proposals, "opt_out")) is not None:
        inputs["opt_out"] = {
            "path": home.path(listed.path),
            "column": listed.columns["column"].theirs,
        }
    elif not simulated:
        inputs["opt_out"] = {
            "path": f"{FILL_IN}: the list of who opted out, empty as it may be",
            "column": f"{FILL_IN}: its column",
        }
    has_truth = events is not None and READERS[events.reader].has_truth
    if simulated and events and has_truth and home.root == "outside":
        inputs["truth"] = {
            "reader": events.reader,
            "path": home.path(events.path),
            "root": "outside",
        }
    return inputs


def _cells_beside(proposals: list[Proposal], events: Proposal | None) -> Proposal | None:
    plans = [proposal for proposal in proposals if proposal.role == "cells"]
    same = [proposal for proposal in plans if events and proposal.reader == events.reader]
    return next(iter(same or plans), None)
