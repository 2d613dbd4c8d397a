"""Whatever is delivered: each record is accounted for on its line, each file refused in a sentence.

All kinds lie in one delivery, so that each of them also proves that it spoils no other.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import header_kinds
import parquet_kinds
import place_kinds
import pytest
import text_kinds
import value_kinds
from kinds import COLUMNS, OPTED_OUT, Kind
from tiny_pilot import Tiny

from peil.outcome import Outcome
from peil.stage import stage as stage_module

DAY = date(2026, 3, 2)
KINDS: list[Kind] = [
    *text_kinds.all_kinds(),
    *header_kinds.all_kinds(),
    *value_kinds.all_kinds(),
    *parquet_kinds.all_kinds(),
    *place_kinds.all_kinds(),
]
LANDED = [kind for kind in KINDS if kind.refused is None]
REFUSED = [kind for kind in KINDS if kind.refused is not None]


def ids(kinds: list[Kind]) -> list[str]:
    return [repr(kind.name) for kind in kinds]


@dataclass
class Day:
    """What became of the one delivery that holds every kind."""

    outcome: Outcome
    record: dict[str, Any]
    accounting: list[dict[str, Any]]
    lines: dict[str, dict[int, str | None]]
    words: str
    folder: Path

    def told(self, name: str) -> list[dict[str, Any]]:
        shown = name.replace("\n", "?")
        return [entry for entry in self.record["refused"] if entry["name"] == shown]

    def went(self, name: str) -> Counter[str]:
        outcomes: Counter[str] = Counter()
        for entry in self.accounting:
            if entry["file_name"] == name:
                outcomes[entry["reason"] or entry["outcome"]] += entry["n_rows"]
        return +outcomes


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("corpus")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PEIL_DATA", str(folder / "data"))
        patch.setenv("PEIL_PILOTS", str(folder / "pilots"))
        patch.setenv("PEIL_SETTLE_S", "0")
        patch.setenv("PEIL_MEMORY", "1GB")
        tiny = Tiny(folder)
        tiny.write_charter(inputs__events__columns=COLUMNS)
        tiny.put("cells.csv", "cell,x,y\nc1,100,100\nc2,400,100\nc3,800,300\n")
        tiny.put("opt_out.csv", f"imsi\n{OPTED_OUT}\n")
        place = tiny.deliveries / "tiny" / "events" / str(DAY)
        place.mkdir(parents=True)
        for kind in KINDS:
            kind.write(place / kind.name)
        patch.setattr(stage_module, "require_open", lambda *_: None)
        outcome = tiny.ingest(DAY)
        stage_module.stage("tiny", str(DAY))
        lines: dict[str, dict[int, str | None]] = {}
        for name, line, defect in tiny.raw(
            "SELECT file_name, line, defect FROM events JOIN files USING (file_id)", DAY
        ):
            lines.setdefault(name, {})[line] = defect
        record = json.loads(tiny.store.raw_manifest("tiny", DAY).read_text())
        staged = json.loads(tiny.store.staged_manifest("tiny", DAY).read_text())
        trouble = (tiny.store.quarantine("tiny") / f"{DAY}.ingest.troubles.json").read_text()
        words = json.dumps(record) + trouble + outcome.sentence()
        yield Day(outcome, record, staged["accounting"], lines, words, place)


def test_the_corpus_is_as_large_as_promised() -> None:
    assert len(KINDS) >= 60
    assert len({kind.name for kind in KINDS}) == len(KINDS)


@pytest.mark.parametrize("kind", LANDED, ids=ids(LANDED))
def test_every_row_of_a_landed_file_is_accounted_for(day: Day, kind: Kind) -> None:
    assert kind.rows is not None
    assert day.told(kind.name) == []
    assert day.went(kind.name) == +Counter(kind.rows)
    (file,) = [entry for entry in day.record["files"] if entry["name"] == kind.name]
    assert file["n_rows"] == sum(kind.rows.values())
    assert file["n_opted_out"] == kind.rows.get("opted_out", 0)
    defects = day.lines.get(kind.name, {})
    assert {line: defects.get(line, "not there") for line in kind.lines} == kind.lines
    assert len(defects) == file["n_rows"] - file["n_opted_out"]


@pytest.mark.parametrize("kind", REFUSED, ids=ids(REFUSED))
def test_a_refused_file_is_told_in_one_sentence_and_left_where_it_is(day: Day, kind: Kind) -> None:
    assert kind.refused is not None
    (refusal,) = day.told(kind.name)
    reason, sentence = kind.refused
    assert refusal["reason"] == reason
    assert re.search(sentence, refusal["why"])
    shown = kind.name.replace("\n", "?")
    assert refusal["why"].startswith(shown) and refusal["why"].endswith(".")
    assert "\n" not in refusal["why"] and len(refusal["why"]) < 300
    assert not any(entry["file_name"] == kind.name for entry in day.accounting)
    assert not any(entry["name"] == kind.name for entry in day.record["files"])
    assert os.path.lexists(day.folder / kind.name)


def test_the_rest_of_the_day_went_on(day: Day) -> None:
    assert day.outcome.status == "done"
    assert day.outcome.facts["n_files"] == len(LANDED)
    assert day.outcome.facts["n_files_refused"] == len(REFUSED)
    assert day.outcome.facts["n_delivered"] == sum(sum((k.rows or {}).values()) for k in LANDED)


def test_no_value_of_a_row_is_told(day: Day) -> None:
    rest = re.sub(r'"(sha256|fingerprint)": "[0-9a-f]+"', "", day.words)
    assert not re.search(r"2040[0-9]{8}", rest)
    for value in ("DROP TABLE", "/C calc", "<script", "etc/passwd", 'at"tach'):
        assert rest.count(value) == 0


def test_columns_that_are_not_landed_are_named_with_their_rows(day: Day) -> None:
    not_landed = {entry["name"]: entry["not_landed"] for entry in day.record["files"]}
    assert not_landed["crlf.csv"] == {"imei": 3}
    assert not_landed["value_as_a_column_name.csv"] == {"column 9": 3}
