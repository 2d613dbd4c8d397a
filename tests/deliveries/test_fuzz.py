"""For any bytes ingest ends in an accounted result or one clear sentence, and echoes no value.

`PEIL_FUZZ_EXAMPLES` makes the run longer, as at night; the ordinary run takes under a minute.
"""

from __future__ import annotations

import io
import json
import logging
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kinds import COLUMNS, HEADER, OPTED_OUT, packed, row, rows
from tiny_pilot import REAL, Tiny

from peil.ingest.ingest import ingest
from peil.outcome import Refused

DAY = date(2026, 3, 2)
MARKER = "204087361522940"  # an identifier that no message, log or manifest may hold
EXAMPLES = int(os.environ.get("PEIL_FUZZ_EXAMPLES", "6"))
FILES = 12  # in one delivery
N_SOUND = 3
LONG = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize="PEIL_FUZZ_EXAMPLES" not in os.environ,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

TEXT = HEADER + b"".join(
    [
        rows(1, 4, 900),
        row(5, 900, imsi=MARKER),
        row(6, 900, imsi=OPTED_OUT),
        row(7, 900, cell='"c,1"', type='"a""b"'),
        row(8, 900, imsi=MARKER, cell=MARKER, imei=MARKER),
    ]
)


def parquet() -> bytes:
    n = 40
    columns = {
        "imsi": [MARKER if i % 7 == 0 else f"20408349000{i:04d}" for i in range(n)],
        "at": [datetime(2026, 3, 2, 9, 0, i, tzinfo=UTC) for i in range(n)],
        "mcc": [204] * n,
        "mnc": ["08"] * n,
        "cell": ["c1", MARKER] * (n // 2),
        "type": ["attach"] * n,
        "ta": [1] * n,
        "plmn": [None] * n,
        "imei": [MARKER] * n,
    }
    out = io.BytesIO()
    schema = pa.schema([("plmn", pa.int32())])
    table = pa.table(
        {k: pa.array(v, schema.field(k).type if k == "plmn" else None) for k, v in columns.items()}
    )
    pq.write_table(table, out)
    return out.getvalue()


SOUND = {"a.csv": TEXT, "a.csv.gz": packed(TEXT), "a.parquet": parquet()}


@st.composite
def mutations(draw: st.DrawFn, sound: bytes) -> bytes:
    """A sound file after a few accidents: bits turned, pieces lost, put in, repeated, swapped."""
    content = bytearray(sound)
    for _ in range(draw(st.integers(1, 4))):
        if not content:
            break
        at = draw(st.integers(0, len(content) - 1))
        length = draw(st.integers(1, 64))
        accident = draw(
            st.sampled_from(["flip", "cut", "lose", "insert", "repeat", "swap", "zero"])
        )
        if accident == "flip":
            content[at] ^= 1 << draw(st.integers(0, 7))
        elif accident == "cut":
            del content[at:]
        elif accident == "lose":
            del content[at : at + length]
        elif accident == "insert":
            put = st.sampled_from([b'"', b"\n", b"\0", b",", b"\r", b"\xff\xfe", MARKER.encode()])
            content[at:at] = draw(put | st.binary(max_size=40))
        elif accident == "repeat":
            content[at:at] = content[at : at + length]
        elif accident == "swap":
            content[at:at] = content[-length:]
        else:
            content[at : at + length] = bytes(min(length, len(content) - at))
    return bytes(content)


@dataclass
class Heard(logging.Handler):
    """Everything that is logged while a delivery is read."""

    messages: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(logging.DEBUG)

    def emit(self, entry: logging.LogRecord) -> None:
        self.messages.append(logging.Formatter("%(message)s %(exc_text)s").format(entry))

    __hash__ = logging.Handler.__hash__


@pytest.fixture
def day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The small pilot with a sound file; under a legal basis that asks for no signed list."""
    for name, value in (("DATA", "data"), ("PILOTS", "pilots")):
        monkeypatch.setenv(f"PEIL_{name}", str(tmp_path / value))
    monkeypatch.setenv("PEIL_SETTLE_S", "0")
    monkeypatch.setenv("PEIL_MEMORY", "500MB")
    tiny = Tiny(tmp_path)
    tiny.write_charter(inputs__events__columns=COLUMNS, **REAL)
    tiny.sign()
    tiny.put("cells.csv", "cell,x,y\nc1,100,100\nc2,400,100\n")
    tiny.put("opt_out.csv", f"imsi\n{OPTED_OUT}\n")
    tiny.deliver("z_sound.csv", HEADER + rows(1, N_SOUND, 901))
    yield tiny


def check(tiny: Tiny, capfd: Any, delivered: dict[str, bytes]) -> dict[str, dict[str, Any]]:
    """Deliver files beside a sound one; give what the manifest says of those that were landed."""
    place = tiny.deliveries / "tiny" / "events" / str(DAY)
    for old in place.glob("a*"):
        old.unlink()
    for name, content in delivered.items():
        (place / name).write_bytes(content)
    heard = Heard()
    logging.getLogger().addHandler(heard)
    sentences = []
    try:
        sentences.append(ingest("tiny", str(DAY)).sentence())
    except Refused as refused:  # nothing else may come out
        sentences.append(str(refused))
    finally:
        logging.getLogger().removeHandler(heard)
    record = json.loads(tiny.store.raw_manifest("tiny", DAY).read_text())
    landed = {entry["name"]: entry for entry in record["files"]}
    refused = {entry["name"]: entry for entry in record["refused"]}
    assert sorted([*landed, *refused]) == sorted([*delivered, "z_sound.csv"])
    assert landed["z_sound.csv"]["n_rows"] == N_SOUND
    for entry in refused.values():
        assert re.fullmatch(r"[^\n]{20,300}\.", entry["why"])
    counted = tiny.raw(
        "SELECT file_name, count(line), count(DISTINCT line) FROM files LEFT JOIN events "
        "USING (file_id) GROUP BY ALL"
    )
    n_kept = {name: entry["n_rows"] - entry["n_opted_out"] for name, entry in landed.items()}
    assert {name: n_rows for name, n_rows, _ in counted} == n_kept
    assert {name: n_lines for name, _, n_lines in counted} == n_kept
    trouble = tiny.store.quarantine("tiny") / f"{DAY}.ingest.troubles.json"
    printed = capfd.readouterr()
    everything = [
        *sentences,
        *heard.messages,
        json.dumps(record),
        printed.out,
        printed.err,
        trouble.read_text() if trouble.exists() else "",
    ]
    for entry in everything:
        assert MARKER not in entry and MARKER[3:] not in entry
    return landed


def several(content: st.SearchStrategy[bytes], end: str) -> st.SearchStrategy[dict[str, bytes]]:
    """Files of one delivery, so that many are tried in one run."""
    return st.lists(content, min_size=FILES, max_size=FILES).map(
        lambda contents: {f"a{number}{end}": data for number, data in enumerate(contents)}
    )


@LONG
@given(delivered=several(mutations(SOUND["a.csv"]), ".csv"))
def test_spoiled_csv(day: Any, capfd: Any, delivered: dict[str, bytes]) -> None:
    check(day, capfd, delivered)


@LONG
@given(delivered=several(mutations(SOUND["a.csv.gz"]), ".csv.gz"))
def test_spoiled_gzip(day: Any, capfd: Any, delivered: dict[str, bytes]) -> None:
    check(day, capfd, delivered)


@LONG
@given(delivered=several(mutations(SOUND["a.parquet"]), ".parquet"))
def test_spoiled_parquet(day: Any, capfd: Any, delivered: dict[str, bytes]) -> None:
    check(day, capfd, delivered)


@LONG
@given(
    delivered=several(
        st.binary(max_size=300)
        | st.binary(max_size=200).map(lambda tail: HEADER + tail)
        | st.text(st.sampled_from('204,"\n\r\x00 c1\u00e9'), max_size=200).map(
            lambda text: HEADER + text.encode()
        ),
        ".csv",
    )
)
def test_any_bytes(day: Any, capfd: Any, delivered: dict[str, bytes]) -> None:
    check(day, capfd, delivered)


def test_the_sound_files_are_sound(day: Any, capfd: Any) -> None:
    landed = check(day, capfd, SOUND)
    n_rows_of = {name: (entry["n_rows"], entry["n_opted_out"]) for name, entry in landed.items()}
    assert n_rows_of == {
        "a.csv": (8, 1),
        "a.csv.gz": (8, 1),
        "a.parquet": (40, 0),
        "z_sound.csv": (3, 0),
    }


def test_the_marker_would_be_found(day: Any, capfd: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from peil.ingest import file_rows

    real = file_rows.refusal
    monkeypatch.setattr(
        file_rows,
        "refusal",
        lambda *reasons: real(*reasons) | {"why": f"{MARKER} is wrong in line 2."},
    )
    with pytest.raises(AssertionError):
        check(day, capfd, {"a.csv": b""})
