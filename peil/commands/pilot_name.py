"""Which pilot a person means: by its name, or by the path of the charter that it runs by."""

from __future__ import annotations

from peil.charter import reading
from peil.outcome import Refused


def name_of(pilot: str) -> str:
    """Find the pilot's name from a name or a charter's path, and check the charter."""
    given, name = reading.path_of(pilot), reading.load(pilot).pilot
    own = reading.path_of(name)
    if own == reading.simulated_path(name) and given.resolve() != own.resolve():
        raise Refused(
            f"{given} is not what {name} runs by: `peil simulate` wrote {own} for the days it "
            f"simulated. Say `{name}`, or simulate the whole period."
        )
    if given.resolve() != reading.path_of(name).resolve():
        raise Refused(
            f"{given} does not lie among the charters ({reading.path_of(name).parent}): "
            "put it there, or set PEIL_PILOTS to its folder."
        )
    return name
