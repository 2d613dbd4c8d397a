"""A reader sees the old or the new, never a half."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from peil.settings import PROJECT
from peil.store import atomic


class KilledError(Exception):
    pass


def test_a_kill_before_the_rename_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = atomic.write_text(tmp_path / "deep" / "a.txt", "old")

    def killed(*_: object) -> None:
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", killed)
        with pytest.raises(KilledError):
            atomic.write_text(file, "new and longer")
    assert file.read_text() == "old"
    atomic.write_text(file, "new")
    assert file.read_text() == "new"
    assert [one.name for one in file.parent.iterdir()] == ["a.txt"]


WRITER = """
import sys
from pathlib import Path
from peil.store import atomic
file, content = Path(sys.argv[1]), sys.argv[2] * 20_000
print("ready", flush=True)
sys.stdin.readline()
for _ in range(300):
    atomic.write_text(file, content)
"""


def test_two_processes_that_write_one_file_wait_for_each_other(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(file), letter],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=PROJECT,
        )
        for letter in "ab"
    ]
    for writer in writers:
        assert writer.stdout is not None and writer.stdout.readline() == "ready\n"
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("go\n")
        writer.stdin.flush()
    errors = [writer.communicate(timeout=60)[1] for writer in writers]
    assert [writer.returncode for writer in writers] == [0, 0], errors
    assert file.read_text() in ("a" * 20_000, "b" * 20_000)
    assert [one.name for one in tmp_path.iterdir()] == ["a.txt"]


def test_the_same_content_is_the_same_bytes(tmp_path: Path) -> None:
    one = atomic.write_json(tmp_path / "one.json", {"b": [1, 2.5], "a": "é"})
    two = atomic.write_json(tmp_path / "two.json", {"a": "é", "b": [1, 2.5]})
    assert one.read_bytes() == two.read_bytes()
    assert atomic.read_json(one) == {"a": "é", "b": [1, 2.5]}
    assert atomic.canonical({"b": 1, "a": 2}) == b'{"a":2,"b":1}'


def test_a_fresh_folder_is_empty(tmp_path: Path) -> None:
    (tmp_path / "work" / "left").mkdir(parents=True)
    assert list(atomic.fresh_folder(tmp_path / "work").iterdir()) == []


def test_a_folder_is_replaced_as_a_whole(tmp_path: Path) -> None:
    place = tmp_path / "to" / "day"
    for content in ("first", "second"):
        aside = atomic.fresh_folder(tmp_path / "aside")
        (aside / content).write_text(content)
        atomic.replace_folder(aside, place)
        assert [file.name for file in place.iterdir()] == [content]
        assert not aside.exists()
    assert [one.name for one in place.parent.iterdir()] == ["day"]


def test_a_kill_in_the_middle_of_a_replacement_is_mended_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "day"
    for name in ("first", "second"):
        (atomic.fresh_folder(tmp_path / name) / name).touch()
    atomic.replace_folder(tmp_path / "first", place)
    real, calls = os.replace, []

    def killed_at_the_second(one: Path, other: Path) -> None:
        calls.append(one)
        if len(calls) == 2:
            raise KilledError
        real(one, other)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", killed_at_the_second)
        with pytest.raises(KilledError):
            atomic.replace_folder(tmp_path / "second", place)
    assert not place.exists()
    for _ in range(2):  # the verb runs again, and again
        (atomic.fresh_folder(tmp_path / "second") / "second").touch()
        atomic.replace_folder(tmp_path / "second", place)
    assert [file.name for file in place.iterdir()] == ["second"]
    assert [one.name for one in tmp_path.iterdir()] == ["day"]


def test_a_kill_before_the_old_folder_is_removed_is_mended_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "day"

    def put(name: str) -> None:
        (atomic.fresh_folder(tmp_path / "aside") / name).touch()
        atomic.replace_folder(tmp_path / "aside", place)

    def killed(*_: object, **__: object) -> None:
        raise KilledError

    put("first")
    (atomic.fresh_folder(tmp_path / "aside") / "second").touch()
    with monkeypatch.context() as patch:
        patch.setattr(atomic.shutil, "rmtree", killed)
        with pytest.raises(KilledError):
            atomic.replace_folder(tmp_path / "aside", place)
    assert [file.name for file in place.iterdir()] == ["second"]
    put("third")
    assert [file.name for file in place.iterdir()] == ["third"]
    assert [one.name for one in tmp_path.iterdir()] == ["day"]
