"""The statisticians' file is checked at the door."""

from __future__ import annotations

from pathlib import Path

import pytest

from peil import methods
from peil.outcome import Refused

ENTRY = 'value = {}\nunit = "1"\nreason = "because"\nreference = "-"\n'


def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    file = tmp_path / "methods.toml"
    file.write_text(text)
    monkeypatch.setenv("PEIL_METHODS", str(file))


def test_a_pilots_own_choice_holds_for_that_pilot_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(
        tmp_path,
        monkeypatch,
        f"[a.x]\n{ENTRY.format(1)}[a.y]\n{ENTRY.format(2)}[pilot.mine.a.x]\n{ENTRY.format(9)}",
    )
    assert methods.section("a", "mine") == {"x": 9, "y": 2}
    assert methods.section("a", "other") == {"x": 1, "y": 2}
    assert methods.fingerprint("mine") != methods.fingerprint("other")
    assert methods.fingerprint("other") == methods.fingerprint("third")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[a.x]\nvalue = 1\n", r"a\.x: give exactly value, unit, reason, reference"),
        (f"[a.x]\n{ENTRY.format(1)}extra = 1\n", r"a\.x: give exactly value"),
        ("[a]\nx = 1\n", r"a\.x: give exactly value"),
        ("a = 1\n", "a: is no section"),
        ("[a.x\n", "is not TOML"),
        (f"[a.x]\n{ENTRY.format(1)}[pilot.p.a.z]\n{ENTRY.format(1)}", r"pilot\.p\.a\.z: no such"),
        (f"[a.x]\n{ENTRY.format(1)}[pilot.p.b.x]\n{ENTRY.format(1)}", r"pilot\.p\.b: no such"),
    ],
)
def test_a_wrong_file_is_refused_with_its_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, said: str
) -> None:
    write(tmp_path, monkeypatch, text)
    with pytest.raises(Refused, match=said):
        methods.section("a", "p")


def test_a_missing_file_and_a_missing_section_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, monkeypatch, f"[a.x]\n{ENTRY.format(1)}")
    with pytest.raises(Refused, match="lacks the section b"):
        methods.section("b", "p")
    monkeypatch.setenv("PEIL_METHODS", str(tmp_path / "none.toml"))
    with pytest.raises(Refused, match=r"No methods at .*none\.toml"):
        methods.section("a", "p")
