"""The verifier as one file: alone with `cryptography`, it names what a rewritten ledger hides."""

from __future__ import annotations

import ast
import importlib.util
import random
import subprocess
import sys
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from benchmarks.disturbed import bundles, forging, tampering
from peil.charter import public_register
from peil.charter.clock import now
from peil.store import ledger, verifying
from peil.store.signing import agency_public_key, public_key
from peil.store.verifying import carried
from peil.store.verifying.logs import witnessed

DAY = date(2026, 3, 2)
NEEDED = ("cryptography", "cffi", "_cffi_backend")
ALONE = "import runpy, sys; sys.path.append(sys.argv.pop(1)); sys.argv.pop(0)"
ALONE += "; runpy.run_path(sys.argv[0], run_name='__main__')"


@pytest.fixture
def released(tiny: Any) -> Any:
    """A store with a charter, a note, two releases and a note entered; all of it verifies."""
    public_register.enter(tiny.charter, tiny.store)
    tiny.before = [tampering.content(tiny.store)]
    for number, product in enumerate(("presence", "flows")):
        bundles.release(tiny.store, tiny.charter, product, DAY, 120)
        ledger.append(tiny.store, "tiny", "note", now(tiny.charter), {"n": number})
    assert verifying.answer(tiny.store.root)[0] == 0
    return tiny


@pytest.fixture(scope="module")
def needed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the one library that the file may need, and what that one is made of."""
    folder = tmp_path_factory.mktemp("needed")
    for name in NEEDED:
        spec = importlib.util.find_spec(name)
        assert spec is not None and spec.origin is not None
        origin = Path(spec.origin)
        place = origin.parent if origin.name == "__init__.py" else origin
        (folder / place.name).symlink_to(place)
    return folder


def run(needed: Path, file: Path, *words: str) -> tuple[int, str]:
    """Run the file without this environment: no packages but those of the folder."""
    command = [sys.executable, "-I", "-S", "-c", ALONE, str(needed), str(file), *words]
    done = subprocess.run(command, capture_output=True, text=True, cwd="/", check=False)
    return done.returncode, (done.stdout + done.stderr).strip()


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("rewritten", r"The first \d entries are not those that the agency signed: .* rewritten"),
        ("cut on both sides", "The agency signed a ledger of . entries or more, .* it was cut off"),
        ("extended", "1 entries of the ledger have no head yet"),
        ("head forged", "The newest head of the ledger does not carry the agency's signature"),
    ],
)
def test_what_a_holder_of_the_operators_key_did_is_named_in_an_empty_environment(
    released: Any, needed: Path, kind: str, sentence: str
) -> None:
    store, file = released.store, released.folder / "verify.py"
    file.write_bytes(carried.one_file())
    assert run(needed, file, str(store.root)) == (
        0,
        f"Verified: 3 ledgers and bundles of {store.root}.",
    )
    files = tampering.content(store)
    after = forging.forged(kind, store, files, released.before, random.Random(1))
    tampering.write(after, store.root)
    exit_code, told = run(needed, file, str(store.root))
    assert exit_code == 1 and told.startswith("tiny: ")
    with pytest.raises(verifying.Broken, match=sentence) as broken:
        verifying.ledger(store.root, "tiny")
    assert told == f"tiny: {broken.value}"


def test_heads_of_a_key_that_somebody_put_there_are_named_by_who_brings_the_agencys(
    released: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who can write all files of both planes can put another key there, and heads made with it."""
    store, true_key = released.store, agency_public_key(released.store)
    files = tampering.content(store)
    tampering.write(forging.forged("head forged", store, files, [], random.Random(2)), store.root)
    store.agency_public_key.write_text(public_key(store) + "\n")
    assert verifying.answer(store.root)[0] == 0
    assert verifying.answer(store.root, "", true_key) == (
        1,
        "tiny: The newest head of the ledger does not carry the agency's signature.",
    )


@pytest.mark.parametrize("name", ["agency.pub", "tiny.heads.jsonl"])
def test_without_the_agencys_key_or_its_heads_a_ledger_is_not_vouched_for(
    released: Any, name: str
) -> None:
    file = released.store.agency / "ledger" / name
    whole = file.read_bytes()
    file.unlink()
    assert verifying.answer(released.store.root) == (1, f"tiny: {name} is missing.")
    file.write_bytes(whole.upper())  # the same key in other letters, and no heads at all
    assert verifying.answer(released.store.root)[0] == 1
    file.write_bytes(whole[:-1])
    assert verifying.answer(released.store.root)[0] == 1


def test_heads_that_are_changed_one_by_one_are_named(released: Any) -> None:
    log = released.store.ledger("tiny").read_bytes().split(b"\n")[:-1]
    content = released.store.heads("tiny").read_bytes()
    public = agency_public_key(released.store)
    assert len(witnessed(log, content, public)) == len(log) == 5
    lines = content.splitlines(keepends=True)
    for wrong in (
        b"".join([*lines[:1], *lines[2:]]),
        b"".join([*lines[1:2], lines[0], *lines[2:]]),
        b"".join([*lines, lines[-1]]),
        b"".join(lines[:-1]),
        content.replace(b'"size":2', b'"size":3'),
        content.replace(b'"at":"2026', b'"at":"2025', 1),
        content.replace(b'{"at"', b'{ "at"', 1),
    ):
        with pytest.raises(verifying.Broken):
            witnessed(log, wrong, public)


def test_entries_that_came_together_are_covered_by_the_last_signature(released: Any) -> None:
    store = released.store
    ledger.append_all(store, "tiny", now(released.charter), [("read", {"n": n}) for n in range(3)])
    assert verifying.answer(store.root)[0] == 0
    for path in (store.ledger("tiny"), store.agency_ledger("tiny")):
        path.write_bytes(path.read_bytes().replace(b'"signed_by":7', b'"signed_by":9', 1))
    assert verifying.answer(store.root) == (
        1,
        "tiny: Ledger entry 5 does not carry the operator's signature.",
    )


def test_the_parts_have_no_name_in_common_and_import_nothing_of_ours() -> None:
    tree = ast.parse(carried.one_file())
    names = [node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    for node in tree.body:
        if isinstance(node, ast.Assign):
            names += [n.id for t in node.targets for n in ast.walk(t) if isinstance(n, ast.Name)]
    assert [name for name, n_times in Counter(names).items() if n_times > 1] == []
    imported = {
        (node.module or "").split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
    }
    assert imported <= sys.stdlib_module_names | {"cryptography", "pyarrow"}
    assert (ast.get_docstring(tree) or "").startswith("Check a released bundle, a ledger, a reg")
