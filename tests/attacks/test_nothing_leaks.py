"""Attack A13 on a run of the pilot: no identifier and no key lies in the open, wherever one looks.

The run is one in which much goes wrong: rows with identifiers in the wrong columns, a file that
breaks off, a gate that closes, and memory so small that DuckDB spills.
"""

from __future__ import annotations

import gzip
import json

import pytest
from spoiled_pilot import ANY_SUBSCRIBER, DAYS, PLANTED, Spoiled, run

from peil.adapters import database
from peil.redteam.leaks import places_of, scan
from peil.settings import Settings

# a finished store is scanned in the ordinary run too, in test_redteam_command
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def spoiled(small_deliveries: Settings, tmp_path_factory: pytest.TempPathFactory) -> Spoiled:
    return run(small_deliveries, tmp_path_factory.mktemp("spoiled"))


def test_the_run_went_wrong_as_it_was_meant_to(spoiled: Spoiled) -> None:
    """One day released, one refused, one behind a closed gate; rows in quarantine; spill."""
    store = spoiled.store
    assert spoiled.exit_code == 3, spoiled.output.decode()[-2000:]
    released = [store.released("demo", "presence", day).exists() for day in DAYS]
    assert released == [True, False, False]
    assert b"breaks off" in spoiled.output
    assert (store.quarantine("demo") / f"{DAYS[2]}.closed.json").exists()
    assert (store.quarantine("demo") / "alerts.jsonl").read_bytes()
    staged = json.loads(store.staged_manifest("demo", DAYS[0]).read_text())
    reasons = {row["reason"] for row in staged["accounting"] if row["outcome"] == "quarantined"}
    assert {"cannot_parse", "identifier_in_wrong_column"} <= reasons
    assert sum(file.stat().st_size for file in spoiled.spilled.iterdir()) > 1_000_000
    assert list(spoiled.written_ahead.iterdir())


def test_every_marker_was_delivered(spoiled: Spoiled) -> None:
    """Else the scan would find nothing for want of anything to find."""
    deliveries = spoiled.store.settings.deliveries_folder
    whole = b"".join(
        gzip.decompress(file.read_bytes())
        for day in DAYS
        for file in (deliveries / "demo" / "events" / str(day)).glob("*.gz")
        if day != DAYS[1]
    )
    for name, marker in spoiled.markers.items():
        if isinstance(marker, str) and name != "in a refused file":
            assert marker.encode() in whole, name
    assert whole.count(b"\n" + ANY_SUBSCRIBER.encode()) > 100_000
    keys = [name for name in spoiled.markers if name.startswith("key ")]
    assert {f"key demo/{DAYS[0]}.{kind}.key" for kind in ("raw", "staged", "pseudonym")} < set(keys)
    assert "key operator.ed25519" in keys


def test_a_marker_is_in_the_sealed_file_when_it_is_opened(spoiled: Spoiled) -> None:
    store = spoiled.store
    with database.connection(store, store.work("demo", DAYS[0], "test")) as opened:
        database.attach_raw(opened, store, "demo", DAYS[0])
        raw = opened.execute("FROM raw.main.events").to_arrow_table()
        database.attach_staged(opened, store, "demo", DAYS[0])
        tables = opened.execute(
            "SELECT table_name FROM duckdb_tables() WHERE database_name = 'staged'"
        ).fetchall()
        staged = {
            name: opened.execute(
                f"SELECT COLUMNS(*)::VARCHAR FROM staged.main.{name}"
            ).to_arrow_table()
            for (name,) in tables
        }
    landed = {str(value) for column in raw.columns for value in column.unique().to_pylist()}
    marker = spoiled.markers["a simulated subscriber"]
    assert marker in landed
    assert PLANTED["in the cell column"] in landed
    for name in ("on the opt-out list", "a called number"):
        assert PLANTED[name] not in landed, name
    assert spoiled.markers["a simulated device"] not in landed
    sought = set(spoiled.markers.values())
    for name, table in staged.items():
        for column in table.columns:
            held = set(column.unique().to_pylist())
            assert not held & sought, f"{name}: an identifier is in staged"


def test_nothing_is_found_in_any_place(spoiled: Spoiled) -> None:
    places = places_of(spoiled.store, "demo")
    places["spill"] = [*places["spill"], spoiled.spilled]
    places["write-ahead files"] = [*places["write-ahead files"], spoiled.written_ahead]
    assert all(places.values()), [name for name, paths in places.items() if not paths]
    findings = scan(spoiled.markers, {**places, "standard output": spoiled.output})
    passing = {name: places[name] for name in ("spill", "write-ahead files", "quarantine")}
    findings += scan({"any subscriber": ANY_SUBSCRIBER}, passing)
    assert not findings, "\n".join(finding.sentence() for finding in findings)


def test_nothing_is_found_in_any_other_file_of_the_store(spoiled: Spoiled) -> None:
    """Even a sealed file shows nothing; only the key files hold keys."""
    store = spoiled.store
    looked_at = [path for paths in places_of(store, "demo").values() for path in paths]
    keys = store.operator / "keys"
    others = [
        file
        for plane in (store.operator, store.agency)
        for file in plane.rglob("*")
        if file.is_file() and not any(file.is_relative_to(path) for path in [keys, *looked_at])
    ]
    assert {file.name for file in others} >= {f"{DAYS[0]}.{n}.duckdb" for n in ("raw", "staged")}
    findings = scan(spoiled.markers, {"other files": others})
    assert not findings, "\n".join(finding.sentence() for finding in findings)
    in_keys = scan(spoiled.markers, {"keys": keys})
    # the scan sees them where they are
    assert {finding.marker for finding in in_keys} == {
        n for n in spoiled.markers if n.startswith("key ")
    }
