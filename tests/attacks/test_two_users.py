"""Operator and agency as two users of one machine: neither reads the other's, nobody reads either.

The users are made for this test and removed after it; each runs its own verbs with umask 077. They
share a group, which has the outbox and nothing else.
"""

from __future__ import annotations

import json
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from peil.settings import PROJECT
from peil.store.store import Store

DAY = "2026-03-02"
GROUP, OPERATOR, AGENCY = "peil-outbox", "peil-operator", "peil-agency"
VERBS = ("ingest", "stage", "estimate", "release")
# in one process: what they import takes longer than what they do
ONE_AFTER_THE_OTHER = """
import json, sys
from peil.cli import app
for words in json.load(sys.stdin):
    if code := app(words, standalone_mode=False):
        sys.exit(f"{words}: {code}")
"""
TRY = """
import json, os, sys
opened = []
for place in json.load(sys.stdin):
    for attempt in (os.scandir, lambda p: os.close(os.open(p, os.O_RDONLY)),
                    lambda p: os.close(os.open(p, os.O_WRONLY)), os.stat,
                    lambda p: os.close(os.open(p + "/planted", os.O_CREAT | os.O_WRONLY))):
        try:
            attempt(place)
        except PermissionError:
            continue
        except (NotADirectoryError, IsADirectoryError):
            opened.append(place)
        else:
            opened.append(place)
print(json.dumps(sorted(set(opened))))
"""


def lacks() -> str:
    """What this machine lacks for the test, or nothing."""
    if os.geteuid() != 0:
        return "root, to make two users"
    if shutil.which("useradd") is None or shutil.which("groupadd") is None:
        return "useradd (Debian package passwd)"
    shut = [f for f in (PROJECT, *PROJECT.parents) if not f.stat().st_mode & 0o001]
    return f"a checkout that other users may enter, and {shut[0]} is closed" if shut else ""


pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(bool(lacks()), reason=f"needs {lacks()}"),
]


@dataclass(frozen=True)
class Machine:
    """Two homes and the outbox between them, and a Python that every user may run."""

    root: Path
    python: Path

    def run(self, user: str, *words: str, given: str = "") -> subprocess.CompletedProcess[str]:
        """Run Python as a user, with that user's settings and groups and umask 077."""
        who, home = pwd.getpwnam(user), self.root / user
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "USER": user,
            "PYTHONPATH": os.pathsep.join([str(PROJECT), str(PROJECT / "models"), *packages()]),
            "LD_LIBRARY_PATH": str(self.python.parent.parent / "lib"),  # of a copy
            "PYTHONDONTWRITEBYTECODE": "1",
            "OMP_NUM_THREADS": "1",
            "DO_NOT_TRACK": "true",
            "PEIL_DATA": str(home / "store"),
            "PEIL_OUTBOX": str(self.root / "outbox"),
            "PEIL_PLANE": user.removeprefix("peil-"),
        }
        return subprocess.run(
            [str(self.python), *words],
            user=user,
            group=who.pw_gid,
            extra_groups=os.getgrouplist(user, who.pw_gid),
            umask=0o077,
            env=environment,
            cwd="/",
            input=given,
            capture_output=True,
            text=True,
            timeout=1500,
            check=False,
        )

    def peil(self, user: str, *words: str) -> subprocess.CompletedProcess[str]:
        return self.run(user, "-m", "peil.cli", *words)

    def opened_by(self, user: str, places: list[Path]) -> list[str]:
        """Places that a user could list, read, write, look at, or put a file into."""
        done = self.run(user, "-c", TRY, given=json.dumps([str(place) for place in places]))
        assert done.returncode == 0, done.stderr
        opened: list[str] = json.loads(done.stdout)
        return opened


def packages() -> list[str]:
    """Folders of installed packages, for a Python that is not of this environment."""
    return [path for path in sys.path if path.endswith("site-packages")]


def python_for_all(folder: Path) -> Path:
    """This Python where every user may run it, else a copy of it where they may."""
    own = Path(sys.executable).resolve()
    if all(parent.stat().st_mode & 0o001 for parent in (own, *own.parents)):
        return own
    copy = folder / "python"
    ignored = shutil.ignore_patterns("site-packages", "test", "*.a", "idlelib")
    shutil.copytree(sys.base_prefix, copy, symlinks=True, ignore=ignored)
    for place in (copy, *copy.rglob("*")):
        if not place.is_symlink():
            place.chmod(place.stat().st_mode | (0o055 if place.is_dir() else 0o044))
    return copy / "bin" / own.name


def system(*words: str) -> None:
    subprocess.run(words, check=True, capture_output=True, timeout=60)


@pytest.fixture(scope="module")
def machine() -> Iterator[Machine]:
    """The two users with a day released by one and taken in by the other."""
    # not under pytest's own folder, which is closed to others
    root = Path(tempfile.mkdtemp(prefix="peil-two-users-"))
    root.chmod(0o755)
    try:
        system("groupadd", "--system", GROUP)
        for user in (OPERATOR, AGENCY):
            system("useradd", "--system", "--no-create-home", "--user-group", "-G", GROUP, user)
            (root / user).mkdir(mode=0o700)
            shutil.chown(root / user, user, user)
        (root / "outbox").mkdir()
        shutil.chown(root / "outbox", "root", GROUP)
        (root / "outbox").chmod(0o2770)
        (root / "nobody").mkdir(mode=0o755)
        machine = Machine(root, python_for_all(root))
        size = ("--devices", "2000", "--days", "1")
        verbs = [["simulate", *size], *([verb, "demo", DAY] for verb in VERBS)]
        done = machine.run(OPERATOR, "-c", ONE_AFTER_THE_OTHER, given=json.dumps(verbs))
        assert done.returncode == 0, done.stdout + done.stderr
        yield machine
    finally:
        for user in (OPERATOR, AGENCY):
            subprocess.run(["userdel", user], check=False, capture_output=True)
        subprocess.run(["groupdel", GROUP], check=False, capture_output=True)
        shutil.rmtree(root, ignore_errors=True)


def test_each_side_reads_its_own_and_the_outbox_and_nobody_reads_any(machine: Machine) -> None:
    sent = machine.root / "outbox/released/demo/presence" / DAY
    table = sent / "rel_presence__by_zone_hour.csv"
    assert table.owner() == OPERATOR and table.stat().st_mode & 0o777 == 0o660
    content = table.read_bytes()
    assert machine.opened_by(AGENCY, [table]) == [str(table)]  # as it waits there

    done = machine.peil(AGENCY, "receive")
    assert done.returncode == 0, done.stderr
    assert "receive demo" in done.stdout and "1 bundle taken in" in done.stdout
    received = machine.root / AGENCY / "store/agency/released/demo/presence" / DAY / table.name
    assert received.read_bytes() == content and received.owner() == AGENCY
    assert not sent.exists()
    assert machine.peil(AGENCY, "verify").returncode == 0
    assert machine.peil(OPERATOR, "verify").returncode == 0
    assert machine.peil(AGENCY, "receive").returncode == 0  # again: nothing is done twice

    places = {user: [p for p in (machine.root / user).rglob("*")] for user in (OPERATOR, AGENCY)}
    names = {p.name for user in places for p in places[user]}
    assert {"operator.ed25519", "agency.ed25519", f"{DAY}.raw.duckdb", f"{DAY}.raw.key"} <= names
    key = machine.root / OPERATOR / "store/operator/keys/operator.ed25519"
    assert machine.opened_by(OPERATOR, [key]) == [str(key)]  # what is looked for can be seen
    assert machine.opened_by(OPERATOR, places[AGENCY]) == []
    assert machine.opened_by(AGENCY, places[OPERATOR]) == []
    outbox = [p for p in (machine.root / "outbox").rglob("*")]
    assert {"demo.jsonl", "demo.head.json", "demo.heads.jsonl", "agency.pub"} <= {
        place.name for place in outbox
    }
    everything = [*places[OPERATOR], *places[AGENCY], *outbox]
    assert machine.opened_by("nobody", everything) == []
    for user in (OPERATOR, AGENCY):
        assert set(machine.opened_by(user, outbox)) == set(map(str, outbox))


def test_the_agencys_user_runs_no_verb_of_the_operator(machine: Machine) -> None:
    done = machine.peil(AGENCY, "stage", "demo", DAY)
    assert done.returncode == 2 and done.stderr.count("\n") == 1
    assert "is the operator's, and this process is the agency's" in done.stderr
    done = machine.peil(OPERATOR, "receive")
    assert done.returncode == 2 and done.stderr.count("\n") == 1
    assert "is the agency's to take in" in done.stderr


def test_who_says_to_be_both_is_stopped_by_the_system(machine: Machine) -> None:
    """The variable is no protection: the modes are."""
    code = (
        "import os; os.environ.update(PEIL_PLANE='both', PEIL_DATA={!r})\n"
        "from peil.store.store import Store\n"
        "Store().signing_key.read_bytes()"
    )
    data = str(machine.root / OPERATOR / "store")
    assert Store().settings.plane == "both"
    done = machine.run(AGENCY, "-c", code.format(data))
    assert done.returncode != 0 and "PermissionError" in done.stderr
