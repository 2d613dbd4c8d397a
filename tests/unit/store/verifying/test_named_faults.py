"""Each question that the verifier asks is asked: one thing is wrong, and it is named."""

from __future__ import annotations

import base64
import hashlib
import json
from contextlib import nullcontext
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from benchmarks.disturbed import bundles
from peil.charter import public_register
from peil.charter.clock import now
from peil.store import ledger, released_tables, verifying
from peil.store.atomic import canonical
from peil.store.signing import agency_public_key, public_key, sign, sign_as_agency
from peil.store.verifying.logs import witnessed
from peil.store.verifying.signed import encoded, same_entries

DAY = date(2026, 3, 2)
NAME = "rel_presence__by_zone_hour"


@pytest.fixture
def folder(tiny: Any) -> Path:
    """A released bundle in a store with register and ledger, and two notes after it."""
    public_register.enter(tiny.charter, tiny.store)
    folder = bundles.release(tiny.store, tiny.charter, "presence", DAY, 120)
    for number in range(2):
        ledger.append(tiny.store, "tiny", "note", now(tiny.charter), {"n": number})
    return folder


def named(place: Path, public: str = "") -> str:
    exit_code, sentence = verifying.answer(place, public)
    assert exit_code == 1, sentence
    return sentence


def test_an_entry_that_was_taken_out_of_a_ledger_alone_is_named(tiny: Any, folder: Path) -> None:
    """Each entry carries its own signature, and here nobody's heads are at hand."""
    lines = tiny.store.ledger("tiny").read_bytes().splitlines(keepends=True)
    alone = tiny.folder / "alone" / "tiny.jsonl"
    alone.parent.mkdir()
    alone.write_bytes(b"".join(lines))
    assert verifying.answer(alone, public_key(tiny.store))[0] == 0
    alone.write_bytes(b"".join([*lines[:-2], lines[-1]]))
    assert named(alone, public_key(tiny.store)).endswith("does not follow the one before it.")


def test_heads_cut_off_within_a_line_and_heads_dated_back_are_named(
    tiny: Any, folder: Path
) -> None:
    log = tiny.store.ledger("tiny").read_bytes().split(b"\n")[:-1]
    heads, public = tiny.store.heads("tiny").read_bytes(), agency_public_key(tiny.store)
    with pytest.raises(verifying.Broken, match="cut off, or gone"):
        witnessed(log, heads + b'{"at"', public)
    *before, last = heads.splitlines()
    back = {**json.loads(last), "at": "2000-01-01T00:00:00+00:00"}
    back["signature"] = sign_as_agency(
        tiny.store, canonical({k: v for k, v in back.items() if k != "signature"})
    )
    with pytest.raises(verifying.Broken, match="is dated before the one before it"):
        witnessed(log, b"\n".join([*before, canonical(back), b""]), public)


def test_a_bundle_of_no_release_and_a_folder_that_is_no_bundle_are_named(
    tiny: Any, folder: Path
) -> None:
    log = verifying.ledger(tiny.store.root, "tiny")
    log.standing.clear()
    with pytest.raises(verifying.Broken, match="No release of the ledger stands"):
        verifying.released(folder, log)
    (folder / verifying.NAME).unlink()
    assert "it is no bundle of Peil" in named(folder)
    assert "it is no bundle of Peil" in named(tiny.folder / "nowhere")


def test_a_list_that_is_none_or_of_another_form_is_named(tiny: Any, folder: Path) -> None:
    whole = json.loads((folder / verifying.NAME).read_bytes())
    (folder / verifying.NAME).write_bytes(canonical({**whole, "payload": "no base64"}) + b"\n")
    assert "cannot be read: ask the operator" in named(folder)
    statement = json.loads(base64.b64decode(whole["payload"]))
    payload = canonical({**statement, "_type": "https://example.org/other"})
    signature = {**whole["signatures"][0], "sig": sign(tiny.store, encoded(payload))}
    other = {**whole, "payload": base64.b64encode(payload).decode(), "signatures": [signature]}
    (folder / verifying.NAME).write_bytes(canonical(other) + b"\n")
    assert "is not in the form in which Peil writes it" in named(folder)


def test_a_parquet_that_is_none_is_named(folder: Path) -> None:
    (folder / f"{NAME}.parquet").write_bytes(b"PAR1 and nothing more")
    with pytest.raises(verifying.Broken, match="cannot be read as Parquet"):
        verifying.same_table(folder, NAME)


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        (b"B,2\n", b"B,2,3\n", "has a row of more or fewer cells than its head"),
        (b"B,2\n", b"B\n", "has a row of more or fewer cells than its head"),
        (b"B,2\n", b"B,2\n\n", "have other columns or numbers of rows"),
        (b"A B", b'"A\r\nB"', "differ in REF_AREA"),
        (b"A B", b"A\xff", "cannot be read as CSV"),
        (b"REF_AREA,OBS_VALUE\nA B,1\nB,2\n", b"", "cannot be read as CSV"),
    ],
)
def test_a_csv_whose_rows_are_not_those_of_its_parquet_is_named(
    tmp_path: Path, before: bytes, after: bytes, sentence: str
) -> None:
    table = pd.DataFrame({"REF_AREA": ["A B", "B"], "OBS_VALUE": [1, 2]})
    released_tables.write(table, tmp_path, NAME)
    assert verifying.same_table(tmp_path, NAME)
    file = tmp_path / f"{NAME}.csv"
    file.write_bytes(file.read_bytes().replace(before, after))
    with pytest.raises(verifying.Broken, match=sentence):
        verifying.same_table(tmp_path, NAME)


def test_a_line_end_within_a_cell_is_not_another(tmp_path: Path) -> None:
    columns = pa.table({"REF_AREA": ["A\nB"], "OBS_VALUE": [1]})
    parquet.write_table(columns, tmp_path / f"{NAME}.parquet", store_schema=False)
    for end, is_same in ((b"\n", True), (b"\r\n", False)):
        content = b'REF_AREA,OBS_VALUE\n"A' + end + b'B",1\n'
        (tmp_path / f"{NAME}.csv").write_bytes(content)
        with nullcontext() if is_same else pytest.raises(verifying.Broken, match="differ in REF"):
            assert verifying.same_table(tmp_path, NAME)


@pytest.mark.parametrize(
    ("day", "hour", "sentence"),
    [
        (b"a\n1\n", b"a\n2\n", "The day is no bundle of what is released"),
        (b"a\n1\n1\n", b"a\n1\n", "The day has other entries than its hours"),
    ],
)
def test_a_day_of_other_entries_than_its_hours_is_named(
    folder: Path, tmp_path: Path, day: bytes, hour: bytes, sentence: str
) -> None:
    own, place = tmp_path / "2026-03-02", tmp_path / "2026-03-02T20"
    for at, content in ((own, day), (place, hour)):
        at.mkdir()
        (at / f"{NAME}.csv").write_bytes(content)
    signed = verifying.manifest(folder)
    hours = {place.name: hashlib.sha256(b"a\n1\n").hexdigest()}
    with pytest.raises(verifying.Broken, match=sentence):
        same_entries(own, replace(signed, predicate={"table": NAME, "hours": hours}), tmp_path)
