"""What a person types for `peil`: the command as it works on this machine."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from peil.commands.typed import typed


def test_the_path_where_a_shell_does_not_find_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    binaries = tmp_path / ".venv" / "bin"
    binaries.mkdir(parents=True)
    monkeypatch.setattr(sys, "executable", str(binaries / "python"))
    own = binaries / "peil"
    own.write_text("#!/bin/sh\n")
    own.chmod(0o755)
    assert typed(str(tmp_path / "nowhere"), tmp_path) == ".venv/bin/peil"
    assert typed(str(tmp_path / "nowhere"), tmp_path / "other") == str(own)
    assert typed(str(binaries), tmp_path) == "peil"
    other = tmp_path / "other"
    other.mkdir()
    (other / "peil").write_text("#!/bin/sh\n")
    (other / "peil").chmod(0o755)
    # a shell would take another installation's
    assert typed(f"{other}:{binaries}", tmp_path) == ".venv/bin/peil"
