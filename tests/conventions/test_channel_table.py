"""The operator's guide has a row of each channel, as the registry has it, and no other."""

from __future__ import annotations

import re

from peil.alerts.channels import CHANNELS
from peil.settings import PROJECT


def rows_of_the_guide() -> list[str]:
    """Rows of the table under `### Channels`, without its head."""
    guide = (PROJECT / "docs/operate.md").read_text()
    section = guide.split("### Channels\n", 1)[1].split("\n```", 1)[0]
    return re.findall(r"^\|.*\|$", section, re.M)[2:]


def test_the_guide_has_a_row_of_each_channel() -> None:
    assert len(CHANNELS) >= 3
    assert rows_of_the_guide() == [
        f"| {kind.name} | {', '.join(f'`{name}`' for name in kind.variables)} | {kind.note} |"
        for kind in CHANNELS
    ]


def test_a_channel_has_a_name_of_its_own() -> None:
    names = [kind.name for kind in CHANNELS]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z]+", name) for name in names)
