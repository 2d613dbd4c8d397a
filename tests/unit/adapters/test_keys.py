"""Keys: random, kept once, and readable by their owner only."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from peil.outcome import Refused
from peil.store import keys


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_a_key_is_32_bytes_of_mode_0400_in_a_folder_of_mode_0700(tmp_path: Path) -> None:
    key = keys.new_key(tmp_path / "keys" / "demo" / "2026-03-02.raw.key")
    assert len(keys.read_key(key)) == 32
    assert mode(key) == 0o400
    assert mode(key.parent) == 0o700
    assert mode(key.parent.parent) == 0o700


def test_two_keys_differ_and_an_existing_key_is_used_again(tmp_path: Path) -> None:
    first, other = keys.new_key(tmp_path / "one.key"), keys.new_key(tmp_path / "other.key")
    before = keys.read_key(first)
    assert keys.read_key(keys.new_key(first)) == before
    assert before != keys.read_key(other)
    assert len(set(before)) > 16  # not a constant


def test_what_a_cut_off_process_left_of_a_key_goes_with_the_next_call(tmp_path: Path) -> None:
    key = keys.new_key(tmp_path / "keys" / "a.key")
    left = key.with_name(".a.key.0123456789abcdef")
    left.hardlink_to(key)
    before = keys.read_key(key)
    assert keys.read_key(keys.new_key(key)) == before
    assert [file.name for file in key.parent.iterdir()] == ["a.key"]


def test_a_race_leaves_one_key_and_nothing_beside_it(tmp_path: Path) -> None:
    path, start = tmp_path / "keys" / "a.key", threading.Barrier(8)
    read: list[bytes] = []

    def make() -> None:
        start.wait()
        read.append(keys.read_key(keys.new_key(path)))

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(read) == 8
    assert len(set(read)) == 1
    assert [file.name for file in path.parent.iterdir()] == ["a.key"]


def test_a_kill_before_the_key_is_in_place_leaves_no_half_key(tmp_path: Path) -> None:
    path = tmp_path / "a.key"
    killed = subprocess.run(
        [
            sys.executable,
            "-c",
            "import os, sys, pathlib\n"
            "from peil.store import keys\n"
            "os.link = lambda *_: os._exit(9)\n"
            "keys.new_key(pathlib.Path(sys.argv[1]))",
            str(path),
        ],
        check=False,
        timeout=60,
    )
    assert killed.returncode == 9
    assert not path.exists()
    assert len(keys.read_key(keys.new_key(path))) == 32


@pytest.mark.parametrize("wider", [0o600, 0o440, 0o404, 0o500, 0o644])
def test_a_key_file_wider_than_0400_is_refused(tmp_path: Path, wider: int) -> None:
    path = keys.new_key(tmp_path / "a.key")
    path.chmod(wider)
    with pytest.raises(Refused, match="0400"):
        keys.read_key(path)


def test_a_missing_or_cut_key_is_refused_without_saying_what_was_in_it(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="not there"):
        keys.read_key(tmp_path / "gone.key")
    cut = tmp_path / "cut.key"
    cut.write_bytes(b"secretsecret")
    cut.chmod(0o400)
    with pytest.raises(Refused, match="has not 32 bytes") as refused:
        keys.read_key(cut)
    assert "secret" not in str(refused.value)


def test_a_key_that_cannot_be_put_in_its_place_is_an_error_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def without_folder(*_: object) -> None:
        raise FileNotFoundError

    monkeypatch.setattr(os, "link", without_folder)
    with pytest.raises(FileNotFoundError):
        keys.new_key(tmp_path / "a.key")
    assert list(tmp_path.iterdir()) == []
