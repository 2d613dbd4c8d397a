"""Where what a DAG makes lies, in words and links that Airflow shows to people.

Paths in the store, or addresses where `PEIL_LINK_PREFIX` says under which the store's pages are
served. No day and no figure: those are in the run.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from peil.settings import settings
from peil.store.store import Store

STATES = {
    "raw": "as delivered, minus the fields nobody needs, sealed",
    "staged": "pseudonymised, cleaned and counted, sealed",
    "estimated": "numbers with an interval, not yet protected",
    "released": "protected, approved and signed, at the agency",
}


def address(place: Path) -> str:
    """The path of a place in the store, or its address where the store is served."""
    store, prefix = Store(), settings().link_prefix
    if not prefix:
        return str(place)
    return f"{prefix.rstrip('/')}/{place.relative_to(store.root)}"


def link(place: Path) -> str:
    """A place as Markdown: a link where it has an address, else its path."""
    where = address(place)
    return f"[{place.name}]({where})" if "://" in where else f"`{where}`"


def held_by(pilot: str, state: str) -> dict[str, Any]:
    """What an asset holds, where that lies, and the page that shows it."""
    store, any_day = Store(), date.min
    folder = {
        "raw": store.raw_file(pilot, any_day).parent,
        "staged": store.staged_file(pilot, any_day).parent,
        "estimated": store.estimated(pilot, any_day).parent,
        "released": store.released(pilot, "presence", any_day).parent,
    }[state]
    is_public = state == "released"
    page = store.portal(pilot) / "index.html" if is_public else store.operator_page(pilot)
    return {
        "holds": f"each day of {pilot}: {STATES[state]}",
        "lies in": address(folder),
        "is shown by": address(page),
    }
