"""`peil reproduce`: the same bytes from the same inputs, and whatever was changed is named."""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from peil.commands.reproducing import again
from peil.outcome import Waiting
from peil.settings import PROJECT, Settings
from peil.store import ledger, lock, provenance
from peil.store.atomic import read_json, write_json
from peil.store.store import Store
from tests.stores import Linked, peil_here

pytestmark = pytest.mark.timeout(600)
DAY = "2026-03-02"
EVENTS = f"deliveries/demo/events/{DAY}"


def reproduce(data: Path, *words: str, **environment: str) -> tuple[int, str]:
    command = ("reproduce", "demo", DAY, "--product", "presence", *words)
    done = peil_here(data, *command, COLUMNS="300", **environment)
    return done.returncode, done.stdout + done.stderr


def without_last_row(data: Path) -> str:
    (file,) = (data / EVENTS).glob("*.csv.gz")
    rows = gzip.decompress(file.read_bytes()).splitlines(keepends=True)
    file.write_bytes(gzip.compress(b"".join(rows[:-1]), mtime=0))
    return f"Delivery of events {DAY}, {file.name}: is another file than then (it had "


def without_a_file(data: Path) -> str:
    (file,) = (data / EVENTS).glob("*.csv.gz")
    file.unlink()
    return f"{file.name}: is not there (it had "


def another_register(data: Path) -> str:
    file = data / "deliveries/demo/reference/register.csv"
    file.write_text(file.read_text().rstrip("0123456789\n") + "7\n")
    return "Reference file demo/reference/register.csv: is another than when it was made."


def somebody_opted_out(data: Path) -> str:
    (file,) = (data / "deliveries/demo").glob("opt_out*")
    file.write_text(file.read_text() + "31600000000\n")
    return f"Opt-out list: is another than on {DAY}"


def test_the_process_that_makes_releases_again_holds_its_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PEIL_DATA", str(tmp_path))
    steps = []

    def step(pilot: str, task: again.Task) -> None:
        with pytest.raises(Waiting), lock.held(Store(), pilot, lock.REPRODUCE, "retain"):
            pass
        steps.append(task.verb)

    monkeypatch.setattr(again, "_take", step)
    assert again.main("demo", json.dumps([{"verb": "ingest", "day": DAY}])) == 0
    assert steps == ["ingest"]


@pytest.mark.parametrize(
    "change", [without_last_row, without_a_file, another_register, somebody_opted_out]
)
def test_a_changed_file_is_named(copied_store: Settings, change: Callable[[Path], str]) -> None:
    words = change(copied_store.data)
    code, printed = reproduce(copied_store.data)
    assert code == 2 and words in printed, printed
    assert "Put it back, or say --anyway" in printed
    assert ledger.find(Store(copied_store), "demo", "reproduced") is None


def test_a_changed_parameter_library_list_or_code_file_is_named(
    copied_store: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    methods = tmp_path / "methods.toml"
    whole = (PROJECT / "methods.toml").read_text()
    before = "[presence.em_max_iter]\nvalue = "
    at = whole.index(before) + len(before)
    value, rest = whole[at:].split("\n", 1)
    methods.write_text(f"{whole[:at]}{int(value) + 1}\n{rest}")
    files, libraries = provenance.code_files(), provenance.environment()
    changed_file = {**files, "peil/release/presence.py": "another"}
    monkeypatch.setattr(provenance, "code_files", lambda: changed_file)
    monkeypatch.setattr(provenance, "environment", lambda: {**libraries, "numpy": "1.0"})
    monkeypatch.setattr(provenance, "lock_hash", lambda: "another")
    code, printed = reproduce(copied_store.data, PEIL_METHODS=str(methods))
    assert code == 2
    for words in (
        f"Parameter presence.em_max_iter: {value} when it was made, {int(value) + 1} here.",
        f"Library numpy: {libraries['numpy']} when it was made, 1.0 here.",
        "Library list uv.lock: is another",
        "Code file peil/release/presence.py: is another",
    ):
        assert words in printed, printed


def test_a_certificate_that_the_bundle_was_not_signed_with_is_refused(
    copied_store: Settings,
) -> None:
    store = Store(copied_store)
    file = store.operator / "certificates/demo/presence" / f"{DAY}.json"
    write_json(file, read_json(file) | {"table_sha256": "0" * 64})
    code, printed = reproduce(copied_store.data)
    assert code == 2 and "is not the certificate with which the bundle" in printed
    file.unlink()
    code, printed = reproduce(copied_store.data)
    assert code == 2 and f"holds no certificate of demo presence {DAY}" in printed


@pytest.mark.slow
def test_a_day_is_made_again_in_another_store_with_the_same_bytes(
    small_pilot: Settings, store_of_its_own: Settings, tmp_path: Path
) -> None:
    """The other store knows of the release nothing but its certificate."""
    certificate = tmp_path / "certificate.json"
    shutil.copy(Store(small_pilot).operator / f"certificates/demo/presence/{DAY}.json", certificate)
    deliveries = str(store_of_its_own.deliveries_folder)
    environment = {"PEIL_DELIVERIES": deliveries, "PEIL_TRUTH": str(store_of_its_own.truth_folder)}
    words = ("--certificates", str(certificate))
    code, printed = reproduce(store_of_its_own.data, *words, **environment)
    assert code == 0, printed
    assert "1 of 1 made again, byte for byte" in printed
    store = Store(store_of_its_own)
    (entry,) = [e for e in ledger.entries(store.ledger("demo")) if e["kind"] == "reproduced"]
    assert entry["facts"]["same"] is True
    assert not store.work("demo", "reproduce", "store").exists()
    assert not list((store.operator / "sealed").rglob("*.duckdb"))


@pytest.mark.slow
def test_made_with_another_parameter_it_says_where_it_leaves(
    copied_store: Settings, tmp_path: Path
) -> None:
    methods = tmp_path / "methods.toml"
    whole = (PROJECT / "methods.toml").read_text()
    before = "[weighting.ratio_pooled_devices]\nvalue = "
    assert before in whole
    at = whole.index(before) + len(before)
    methods.write_text(whole[:at] + "200\n" + whole[at:].split("\n", 1)[1])
    code, printed = reproduce(copied_store.data, "--anyway", PEIL_METHODS=str(methods))
    assert code == 2
    assert f"Estimates of presence {DAY}: another run id" in printed
    assert f"Released table of presence {DAY}: sha256 " in printed
    entry = ledger.find(Store(copied_store), "demo", "reproduced")
    assert entry is not None and entry["facts"]["same"] is False


@pytest.mark.slow
def test_flows_and_visitors_are_made_again_with_the_same_bytes(linked: Linked) -> None:
    for product in ("flows", "visitors"):
        code, printed = linked.peil("reproduce", "demo", DAY, "--product", product)
        assert code == 0, printed
        assert f"{product} {DAY}: the same bytes" in printed
