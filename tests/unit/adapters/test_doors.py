"""Rows are read through one door, which writes it down, and databases reach no key."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from peil.adapters import database, sealing
from peil.charter import access
from peil.charter.period import Period
from peil.outcome import Refused
from peil.store import keys, ledger

DAY = date(2026, 3, 2)
IMSI = "204080000012345"


@pytest.fixture
def landed(tiny: Any) -> Any:
    """A landed day of three rows."""
    rows = "".join(f"{IMSI},2026-03-02T0{n}:00:00,204,08,c1,x\n" for n in range(3))
    tiny.deliver("a.csv", "imsi,at,mcc,mnc,cell,imei\n" + rows)
    tiny.ingest()
    return tiny


def told(tiny: Any, kind: str) -> list[dict[str, Any]]:
    return [e["facts"] for e in ledger.entries(tiny.store.ledger("tiny")) if e["kind"] == kind]


@contextmanager
def opened_by(kind: str, tiny: Any) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database as a verb has it."""
    store, spill = tiny.store, tiny.folder / "spill"
    if kind == "dbt":
        from peil.adapters import dbt_plugin, transform

        session = transform.TransformSession(
            raw_file=store.raw_file("tiny", DAY),
            raw_key=store.key("tiny", DAY, "raw"),
            temp_directory=spill,
        )
        with duckdb.connect() as opened:
            dbt_plugin.prepare(opened, session)
            yield opened
    elif kind == "truth":
        from peil.score import truth

        with truth._reading(store.settings.truth_folder) as opened:
            yield opened
    else:
        only = {"ingest": [tiny.deliveries], "gate": [store.estimated("tiny", DAY)]}
        with database.connection(store, spill, only.get(kind, [])) as opened:
            yield opened


@pytest.mark.parametrize("kind", ["plain", "ingest", "gate", "dbt", "truth"])
def test_no_database_of_a_verb_reads_a_key_or_writes_beside_one(landed: Any, kind: str) -> None:
    store = landed.store
    places = [store.key("tiny", DAY, "raw"), store.signing_key, store.agency_key]
    places += [store.agency_ledger("tiny"), store.public_entry("tiny")]
    assert all(place.is_file() for place in places)
    n_refused = 0
    with opened_by(kind, landed) as opened:
        for place in places:
            for deed in (
                f"SELECT content FROM read_blob('{place}')",
                f"COPY (SELECT 1) TO '{place.parent / 'planted.csv'}'",
                f"ATTACH '{place.parent / 'planted.duckdb'}'",
                f"SELECT * FROM glob('{place.parent}/*')",
            ):
                with pytest.raises(duckdb.Error):
                    opened.execute(deed).fetchall()
                n_refused += 1
    assert n_refused == 20 and not list(store.root.rglob("planted*"))


def test_a_gates_database_reads_its_tables_and_no_key(
    landed: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from peil import gates
    from peil.gates import great

    reached: list[str] = []
    judge = great.judge

    def judged(state: Any, beliefs: Any, fill: Any) -> Any:
        def fill_and_try(connection: Any) -> None:
            fill(connection)
            key = landed.store.key("tiny", DAY, "raw")
            with pytest.raises(duckdb.Error):
                connection.execute(f"SELECT * FROM read_blob('{key}')").fetchall()
            reached.append(state)

        return judge(state, beliefs, fill_and_try)

    monkeypatch.setattr(great, "judge", judged)
    gates.check("raw", "tiny", DAY)
    assert reached == ["raw"]


@pytest.mark.parametrize(
    "place", ["data", "data/operator", "data/operator/keys/tiny", "data/agency"]
)
def test_a_folder_that_holds_keys_is_opened_for_no_database(landed: Any, place: str) -> None:
    with (
        pytest.raises(Refused, match="holds keys or the agency's side of the store"),
        database.connection(landed.store, landed.folder / "spill", [landed.folder / place]),
    ):
        pytest.fail("opened")


def read(tiny: Any, **named: Any) -> None:
    with database.connection(tiny.store, tiny.folder / "spill") as opened:
        database.attach_raw(opened, tiny.store, "tiny", DAY, **named)


def test_who_reads_rows_is_in_the_ledger_with_the_purpose_and_how_many(landed: Any) -> None:
    before = len(told(landed, "read"))
    read(landed)
    (facts,) = told(landed, "read")[before:]
    assert facts.pop("machine_at")
    assert facts == (
        {
            "verb": access.BY_HAND,
            "what": "raw",
            "period": "2026-03-02",
            "purpose": "method_development",
            "n_rows": 3,
        }
    )
    assert IMSI not in landed.store.ledger("tiny").read_text()


def test_a_verb_that_reads_again_adds_nothing_and_a_hand_does_each_time(landed: Any) -> None:
    for _ in range(2):
        read(landed, verb="quality")
        read(landed)
    assert [facts["verb"] for facts in told(landed, "read")] == ["quality", *["by hand"] * 2]


def test_a_key_that_is_drawn_is_in_the_ledger_by_its_name(landed: Any) -> None:
    key = landed.store.key("tiny", DAY, "raw").read_bytes()
    assert told(landed, "key_drawn") == [{"key": f"{DAY}.raw.key", "id": keys.key_id(key)}]


def test_a_refusal_is_in_the_ledger(landed: Any) -> None:
    landed.write_charter(expires="2026-03-08", period__end="2026-03-07")
    with pytest.raises(Refused):
        Period.open("tiny", "2026-03-09")
    with pytest.raises(Refused):
        Period.open("tiny", DAY).product("flows")
    keys.shred(landed.store.key("tiny", DAY, "raw"))
    with pytest.raises(Refused):
        read(landed)
    sentences = [facts["why"] for facts in told(landed, "refused")]
    assert len(sentences) == 3
    for sentence, part in zip(sentences, ("lies outside", "flows", "damaged or gone"), strict=True):
        assert part in sentence
    assert ledger.check(landed.store, "tiny") == []


def test_a_connection_that_was_confined_cannot_be_opened_again(tmp_path: Path) -> None:
    with duckdb.connect() as opened:
        sealing.confine(opened, [tmp_path])
        with pytest.raises(duckdb.Error):
            opened.execute("SET enable_external_access = true")
