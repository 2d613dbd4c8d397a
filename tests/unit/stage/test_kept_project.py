"""dbt's parsed project is kept beside what is installed, and can be done without."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from peil.adapters import dbt_parsed
from peil.settings import Settings
from peil.store.store import Store


@pytest.fixture(scope="module")
def parsed() -> bytes:
    """What dbt parsed, as it is kept."""
    dbt_parsed.manifest()
    return next(file.read_bytes() for file in dbt_parsed.kept() if file.exists())


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, parsed: bytes) -> list[Path]:
    """Both places where it may lie, empty; a parse is answered with what was kept."""
    monkeypatch.setattr(dbt_parsed, "INSTALLED", tmp_path / "installed" / "dbt")
    monkeypatch.setattr(dbt_parsed, "_manifests", {})
    monkeypatch.setattr(dbt_parsed, "Store", lambda: Store(Settings(data=tmp_path / "data")))  # type: ignore[call-arg]

    class Runner:
        def invoke(self, words: list[str]) -> Any:
            target = Path(words[words.index("--target-path") + 1])
            (target / "partial_parse.msgpack").write_bytes(parsed[32:])
            return type("Done", (), {"success": True, "result": "parsed anew"})

    monkeypatch.setattr("dbt.cli.main.dbtRunner", Runner)
    return dbt_parsed.kept()


def test_another_store_does_not_parse_again(
    elsewhere: list[Path], parsed: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert dbt_parsed.manifest() == "parsed anew"
    assert [file.exists() for file in elsewhere] == [True, False]
    monkeypatch.setattr(dbt_parsed, "_manifests", {})
    assert "model.peil.int_events_ordered" in dbt_parsed.manifest().nodes


@pytest.mark.parametrize("flipped", [None, 0, 40, -1])
def test_a_damaged_one_is_parsed_anew_and_mended(
    elsewhere: list[Path], parsed: bytes, flipped: int | None
) -> None:
    damaged = bytearray(parsed)
    if flipped is None:
        damaged = damaged[:5000]
    else:
        damaged[flipped] ^= 1
    elsewhere[0].parent.mkdir(parents=True)
    elsewhere[0].write_bytes(damaged)
    assert dbt_parsed.manifest() == "parsed anew"
    assert elsewhere[0].read_bytes() == parsed


def test_where_the_environment_may_not_be_written_in_it_is_kept_in_the_store(
    elsewhere: list[Path], tmp_path: Path
) -> None:
    (tmp_path / "installed").write_text("a file where the folder would be")
    assert dbt_parsed.manifest() == "parsed anew"
    assert [file.exists() for file in elsewhere] == [False, True]


def test_where_nothing_can_be_kept_a_day_is_staged_all_the_same(
    elsewhere: list[Path], tmp_path: Path
) -> None:
    for name in ("installed", "data"):
        (tmp_path / name).write_text("a file where the folder would be")
    assert dbt_parsed.manifest() == "parsed anew"


def test_what_was_read_last_stays(elsewhere: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dbt_parsed, "MOST_KEPT", 2)
    dbt_parsed.manifest()
    ours, folder = elsewhere[0], elsewhere[0].parent
    for name in ("older", "newer"):
        (folder / f"{name}.msgpack").write_bytes(b"of another text")
    monkeypatch.setattr(dbt_parsed, "_manifests", {})
    dbt_parsed.manifest()  # read: the newest again
    dbt_parsed._make_room(folder)
    assert {file.stem for file in folder.glob("*")} == {ours.stem, "newer"}


def test_tables_and_columns_are_read_off_what_was_kept(
    elsewhere: list[Path], parsed: bytes
) -> None:
    elsewhere[0].parent.mkdir(parents=True)
    elsewhere[0].write_bytes(parsed)
    assert dbt_parsed.manifest() != "parsed anew"
    assert "int_events_classified" in dbt_parsed.tables_of("staged")
    assert "line bigint not null" in dbt_parsed.declared("int_events_classified")


def test_an_adapter_of_another_version_is_parsed_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    before = dbt_parsed.kept()
    real = dbt_parsed.version
    monkeypatch.setattr(
        dbt_parsed, "version", lambda name: "99" if name == "dbt-duckdb" else real(name)
    )
    assert {file.name for file in dbt_parsed.kept()}.isdisjoint(file.name for file in before)
