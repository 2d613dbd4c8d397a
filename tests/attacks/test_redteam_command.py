"""`peil redteam PILOT --only leaks`: silent on a finished store, and telling once one leaks."""

from __future__ import annotations

import gzip
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner, Result

from peil import cli
from peil.charter import reading
from peil.commands.redteam import N_SUBSCRIBERS, Question, draw_subscribers
from peil.redteam import control, leaks
from peil.settings import Settings
from peil.store.store import Store

LEAKS = ("redteam", "demo", "--only", "leaks")


def attack(*words: str) -> Result:
    return CliRunner().invoke(cli.app, list(words), env={"COLUMNS": "160"})


def rows_of(output: str) -> dict[str, list[str]]:
    """The table's rows: place → files and findings, as printed."""
    rows = [line.split("│")[1:-1] for line in output.splitlines() if line.startswith("│")]
    return {row[0].strip(): [cell.strip() for cell in row[1:]] for row in rows}


@pytest.fixture
def store(copied_store: Settings) -> Store:
    return Store(copied_store)


@pytest.fixture
def subscriber(store: Store) -> str:
    """One of those that the command draws."""
    return next(iter(draw_subscribers(Question(reading.load("demo"), store)).values()))


def in_parquet(store: Store, subscriber: str) -> str:
    file = next(store.operator.glob("estimated/demo/presence/*/est_presence__by_zone_hour.parquet"))
    table = pq.read_table(file)
    pq.write_table(table.append_column("note", pa.array([subscriber] * len(table))), file)
    return "estimated"


def in_bundle(store: Store, subscriber: str) -> str:
    file = next(store.agency.glob("released/demo/presence/*/metadata.json"))
    file.write_text(file.read_text() + subscriber.encode().hex())
    return "released bundles"


def in_task_log(store: Store, subscriber: str) -> str:
    logs = store.airflow_home / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    (logs / "attempt=1.log.gz").write_bytes(gzip.compress(subscriber.encode()))
    return "Airflow logs and templates"


def in_name(store: Store, subscriber: str) -> str:
    (store.operator / "work" / f"{subscriber}.tmp").write_bytes(b"empty")
    return "dbt target and logs"


def test_nothing_is_found_in_a_finished_store(store: Store) -> None:
    outcome = attack(*LEAKS)
    assert outcome.exit_code == 0, outcome.output
    rows = rows_of(outcome.output)
    assert set(rows) == {*leaks.places_of(store, "demo"), "standard output"}
    assert all(findings == "0" for place, (_, findings) in rows.items() if "output" not in place)
    for place in ("estimated", "released bundles", "dbt target and logs", "Airflow database"):
        assert rows[place][0] != "0", place
    drawn = draw_subscribers(Question(reading.load("demo"), store))
    assert f"Looked for {len(drawn):,} identifiers (drawn from the" in outcome.output
    assert "Nothing was found." in outcome.output


def test_identifiers_in_the_open_are_each_told_where_they_lie_and_not_repeated(
    store: Store, subscriber: str, tmp_path: Path
) -> None:
    """One in a table, a bundle, a log, a name and captured output: a finding each, none elsewhere.

    One scan for all, since every scan reads the whole store: a kind that is missed has no finding.
    """
    places = [plant(store, subscriber) for plant in (in_parquet, in_bundle, in_task_log, in_name)]
    printed = tmp_path / "cron.log"
    printed.write_text(f"ValueError: {subscriber}\n")
    outcome = attack(*LEAKS, "--output", str(printed))
    assert outcome.exit_code == 3, outcome.output
    rows = rows_of(outcome.output)
    assert rows.pop("standard output") == ["1", "1"]
    counts = {name: row[1] for name, row in rows.items()}
    assert len(set(places)) == 4
    for place in places:
        assert int(counts.pop(place)) > 0, place
        assert f"{place}: " in outcome.output
    assert set(counts.values()) == {"0"}
    assert "Next: release nothing of demo" in outcome.output
    assert subscriber not in outcome.output and subscriber.encode().hex() not in outcome.output


def test_the_sample_is_the_same_every_time_and_was_delivered(store: Store) -> None:
    question = Question(reading.load("demo"), store)
    drawn = draw_subscribers(question)
    assert drawn == draw_subscribers(question)
    assert 100 < len(set(drawn.values())) == len(drawn) <= 2 * N_SUBSCRIBERS
    delivered = b"".join(
        gzip.decompress(file.read_bytes())
        for file in sorted((store.settings.deliveries_folder / "demo/events").rglob("*.gz"))
    )
    assert all(subscriber.encode() in delivered for subscriber in drawn.values())


def test_without_deliveries_an_identifier_must_be_given(store: Store) -> None:
    shutil.rmtree(store.settings.deliveries_folder / "demo" / "events")
    outcome = attack(*LEAKS)
    assert outcome.exit_code == 2 and "give an identifier by --marker" in outcome.output
    given = attack(*LEAKS, "--marker", "204919999000999")
    assert given.exit_code == 0, given.output
    assert "Looked for 1 identifiers (given)" in given.output and "204919999" not in given.output


def test_a_scan_that_misses_its_control_is_not_believed(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control, "scan", lambda *_: [])
    outcome = attack(*LEAKS)
    assert isinstance(outcome.exception, RuntimeError)
    assert "missed its own control in text, hex, base64" in str(outcome.exception)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["demo", "--only", "guessing"], "give one of leaks"),
        (["nowhere"], "No charter at"),
        (["demo", "--marker", "123"], "needs at least 8 characters"),
        (["demo"], "holds nothing of demo yet"),
    ],
)
def test_a_wrong_question_is_answered_in_one_sentence(
    words: list[str], sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PEIL_DATA", str(tmp_path))
    if "--marker" in words:
        (tmp_path / "operator" / "sealed" / "demo").mkdir(parents=True)
    outcome = attack("redteam", *words)
    assert outcome.exit_code == 2 and sentence in outcome.output
    assert "123" not in outcome.output.replace(str(tmp_path), "")


def test_each_kind_of_file_is_planted_and_found(tmp_path: Path) -> None:
    assert control.missed(tmp_path) == []
    assert len(control.PLANTS) == len(list(tmp_path.iterdir()))


def test_a_kind_that_the_scan_cannot_look_into_is_missed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(control.PLANTS, "sealed", lambda file: file.write_bytes(b"\0" * 100))
    assert control.missed(tmp_path) == ["sealed"]
