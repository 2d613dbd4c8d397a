"""Somebody who does not know Peil adds an alert channel, by touching four files at most."""

from __future__ import annotations

from pathlib import Path

import pytest
from copied import Copied

pytestmark = pytest.mark.slow  # each runs a copy of the checkout

MOST_FILES = 4
PEIL = ("-m", "peil.cli")
CONVENTIONS = "tests/conventions"

ROW = """    ChannelKind(
        name="toy",
        address="toy_file",
        send=lambda message, _settings, file: toy.append(message, file),
        note="appends each message to a file",
    ),
"""
SENDER = '''"""The toy channel: messages are appended to a file."""

from __future__ import annotations

from pathlib import Path

from peil.adapters.airflow.message import Message


def append(message: Message, file: str) -> None:
    """Append a message to a file, or raise what the disk made of it."""
    with Path(file).open("a", encoding="utf-8") as opened:
        opened.write(f"{message.subject}\\n{message.text}")
'''


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Copied:
    """A copy of the checkout with the toy channel in it."""
    folder = tmp_path_factory.mktemp("channel")
    copied = Copied.of_the_checkout(
        folder,
        *(f"{CONVENTIONS}/{name}" for name in ("conftest.py", "tracked.py", "test_choices.py")),
        f"{CONVENTIONS}/test_channel_table.py",
    )
    channels = "peil/alerts/channels.py"
    copied.put_before(channels, ")\n\n\n@dataclass(frozen=True)\nclass Channel:", ROW)
    copied.put_before(channels, "from peil.outcome import", "from peil.alerts import toy\n")
    copied.add("peil/alerts/toy.py", SENDER)
    copied.put_before("peil/settings.py", "    link_prefix:", "    toy_file: str | None = None\n")
    guide = "docs/operate.md"
    copied.put_before(guide, "| `PEIL_LINK_PREFIX` |", "| `PEIL_TOY_FILE` | none | a file |\n")
    copied.put_before(
        guide,
        "\n```sh\npeil alerts test",
        "| toy | `PEIL_TOY_FILE` | appends each message to a file |\n",
    )
    return copied


def test_a_new_channel_touches_few_files_and_takes_the_test_message(
    checkout: Copied, tmp_path: Path
) -> None:
    assert len(checkout.touched) <= MOST_FILES, checkout.touched

    done = checkout.python(*PEIL, "alerts", "test", PEIL_TOY_FILE=str(tmp_path / "toy"))

    assert (done.returncode, done.stdout) == (0, "toy: sent\n"), done.stderr
    subject, first = (tmp_path / "toy").read_text().splitlines()[:2]
    assert subject == "Peil: a test of the alerts, nothing is wrong"
    assert first.startswith("This is a test")


def test_a_new_channel_that_fails_and_one_that_is_not_set_are_told_as_any_other(
    checkout: Copied, tmp_path: Path
) -> None:
    failed = checkout.python(*PEIL, "alerts", "test", PEIL_TOY_FILE=str(tmp_path))
    unset = checkout.python(*PEIL, "alerts", "test")

    assert failed.returncode == unset.returncode == 2
    assert "toy: not sent (IsADirectoryError: Is a directory: look at PEIL_TOY_FILE)" in (
        failed.stdout
    )
    assert "PEIL_TOY_FILE" in unset.stderr


def test_the_conventions_hold_with_a_new_channel(checkout: Copied) -> None:
    """A row less in the guide would break them: the stranger is told what is missing."""
    done = checkout.python(
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        f"{CONVENTIONS}/test_channel_table.py",
        f"{CONVENTIONS}/test_choices.py::test_every_setting_is_told_in_the_operators_guide",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("... ")
