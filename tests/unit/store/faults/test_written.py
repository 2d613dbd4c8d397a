"""A table of estimates that is not what was written is refused, and made again by what is named."""

from __future__ import annotations

import errno
from pathlib import Path

import pandas as pd
import pytest

from peil.store.atomic import write_json
from peil.store.faults import written
from peil.store.faults.damage import Damaged

TABLE = pd.DataFrame({"zone_id": ["a", "b"], "n_devices": [20.0, 35.0]})


@pytest.fixture(params=["estimated.json", "linked.json"])
def file(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    folder = tmp_path / "estimated/demo/flows/2026-03-02"
    folder.mkdir(parents=True)
    TABLE.to_parquet(folder / "est.parquet", index=False)
    write_json(folder / request.param, {"tables": written.hashes(folder)})
    return folder / "est.parquet"


def test_what_was_written_is_read(file: Path) -> None:
    pd.testing.assert_frame_equal(written.read_parquet(file), TABLE)
    assert written.is_whole(file.parent, {"tables": written.hashes(file.parent)})
    assert written.is_whole(file.parent, {})  # a record of an older version names none


def test_no_flipped_byte_is_read_as_figures(file: Path) -> None:
    whole, record = file.read_bytes(), {"tables": written.hashes(file.parent)}
    for at in range(0, len(whole), 97):
        file.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises(Damaged, match="run `peil estimate demo 2026-03-02 --product flows`"):
            written.read_parquet(file)
        assert not written.is_whole(file.parent, record)
    file.unlink()
    assert not written.is_whole(file.parent, record)


def test_what_no_record_names_is_refused_where_it_cannot_be_read(tmp_path: Path) -> None:
    TABLE.to_parquet(tmp_path / "a.parquet", index=False)
    written.read_parquet(tmp_path / "a.parquet")
    (tmp_path / "a.parquet").write_bytes((tmp_path / "a.parquet").read_bytes()[:50])
    with pytest.raises(Damaged, match="restore it from backup"):
        written.read_parquet(tmp_path / "a.parquet")


def test_a_fault_of_the_disk_is_not_blamed_on_the_file(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="reads no more"), written.refusing_damage(tmp_path):
        raise OSError(errno.EIO, "reads no more", str(tmp_path))
