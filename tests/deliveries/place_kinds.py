"""What lies where a file should be, and is none, or may not be read."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from kinds import HEADER, Kind, rows


def _link_out(at: Path) -> None:
    elsewhere = at.parent.parent.parent.parent.parent / "elsewhere.csv"
    elsewhere.write_bytes(HEADER + rows(1, 3, 300))
    at.symlink_to(elsewhere)


def _link_in(at: Path) -> None:
    (at.parent.parent / "beside").mkdir()
    (at.parent.parent / "beside" / "real.csv").write_bytes(HEADER + rows(1, 3, 301))
    at.symlink_to(Path("..") / "beside" / "real.csv")


def _bind(at: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        folder = Path.cwd()
        os.chdir(at.parent)  # a socket's path is short
        try:
            listening.bind(at.name)
        finally:
            os.chdir(folder)


def all_kinds() -> list[Kind]:
    return [
        Kind(
            "link_out.csv", _link_out, None, ("not_a_file", "is a link out of the delivery folder")
        ),
        Kind("link_within.csv", _link_in, {"staged": 3}),
        Kind(
            "link_to_nothing.csv",
            lambda at: at.symlink_to("nothing"),
            None,
            ("not_a_file", "a link that leads nowhere"),
        ),
        Kind(
            "link_to_itself.csv",
            lambda at: at.symlink_to(at.name),
            None,
            ("not_a_file", "a link that leads nowhere"),
        ),
        Kind(
            "folder.csv", lambda at: at.mkdir(), None, ("not_a_file", "is a folder, pipe or device")
        ),
        Kind("pipe.csv", os.mkfifo, None, ("not_a_file", "is a folder, pipe or device")),
        Kind("socket.csv", _bind, None, ("not_a_file", "is a folder, pipe or device")),
    ]
