"""An estimator of your own is fitted behind a wall: no truth, path, store or network reaches it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from peil.estimate.estimators import Estimator, Given
from peil.estimate.outages import OnAir
from peil.outcome import Refused
from peil.score.studies import beside, own
from peil.settings import Settings
from peil_models.presence import PresenceSB

X = sparse.csr_array(np.array([[0.9, 0.4, 0.1], [0.1, 0.6, 0.9]]))
COUNTS = np.array([[100.0, 20.0], [50.0, 30.0]])
LOOKING = """
from pathlib import Path

from peil.estimate.estimators import Estimator
from peil_models.presence import PresenceSB


class Looking(PresenceSB):
    def fit(self, X, y):
        exec(self.does)
        return super().fit(X, y)


def build(given):
    looking = Looking(prior=given.even)
    looking.does = given.choices["does"]
    return looking


ESTIMATOR = Estimator("looking", build, "Looks", "Kijkt")
"""


def given(does: str) -> Given:
    part = OnAir(np.array([0, 1]), COUNTS, X, X, np.ones(3))
    return Given(part, np.ones(3), np.ones((3, 2)), {"does": does}, 0.25)


@pytest.fixture(scope="module")
def row(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Estimator]:
    """An estimator of one's own that does what it is given; where the store lies is set."""
    folder = tmp_path_factory.mktemp("own")
    (folder / "looking.py").write_text(LOOKING)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PEIL_DATA", str(folder / "secret"))
        rows = own.rows(Settings(estimators=folder))  # type: ignore[call-arg]
    yield rows["looking"]
    beside.process_of(folder / "looking.py").end()


def test_behind_the_wall_it_estimates_as_it_would_here(row: Estimator) -> None:
    fitted = row.build(given("pass")).fit(X, COUNTS)
    plain = PresenceSB(prior=np.ones(3)).fit(X, COUNTS)
    assert np.array_equal(fitted.devices_, plain.devices_)
    assert np.array_equal(fitted.unlocated_, plain.unlocated_)
    assert (row.en, row.footprint) == ("Looks", "signal")


# {truth} is a Parquet file with the truth, {folder} where it lies
@pytest.mark.parametrize(
    ("does", "words"),
    [
        ("open(r'{truth}', 'rb').read()", "open a file"),
        ("Path(r'{truth}').with_name('copy').write_text('x')", "open a file"),
        ("import os; os.open(r'{truth}', os.O_RDONLY)", "open a file"),
        ("import os; os.listdir(r'{folder}')", "list a folder"),
        ("Path('/proc/self/environ').read_bytes()", "open a file"),
        ("import pandas; pandas.read_csv(r'{truth}')", "open a file"),
        ("import sys; del sys.modules['pyarrow']; import pyarrow.parquet", "import pyarrow"),
        ("import subprocess; subprocess.run(['cat', r'{truth}'])", "use subprocess.Popen"),
        (
            "import importlib, sys; del sys.modules['_posixsubprocess']; "
            "importlib.import_module('_posixsubprocess')",
            "import _posixsubprocess",
        ),
        ("import socket; socket.create_connection(('127.0.0.1', 9))", "use socket."),
        ("import ctypes; ctypes.CDLL(None)", "use ctypes.dlopen"),
        ("import sqlite3; sqlite3.connect(r'{truth}')", "use sqlite3.connect"),
        # what it catches is told all the same
        ("import contextlib\nwith contextlib.suppress(OSError): open(r'{truth}')", "open a file"),
    ],
)
def test_what_lies_behind_the_wall_is_not_reached(
    row: Estimator, tmp_path: Path, does: str, words: str
) -> None:
    truth = tmp_path / "present.parquet"
    pd.DataFrame({"n_true": [1.0]}).to_parquet(truth)
    model = row.build(given(does.format(truth=truth, folder=tmp_path)))
    with pytest.raises(Refused, match=r"looking.py tried to ") as refused:
        model.fit(X, COUNTS)
    assert f"tried to {words}" in str(refused.value) and "leave that out" in str(refused.value)
    assert [file.name for file in tmp_path.iterdir()] == ["present.parquet"]


def test_where_the_store_lies_is_not_told(row: Estimator) -> None:
    does = "import os; raise ValueError(sorted(n for n in os.environ if n.startswith('PEIL')))"
    with pytest.raises(Refused, match=r"cannot be run: ValueError: \[\]\.$"):
        row.build(given(does)).fit(X, COUNTS)


def test_a_file_that_looks_while_it_is_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "early.py").write_text("print(open('/etc/hostname').read())\n")
    with pytest.raises(Refused, match=r"early.py tried to open a file"):
        own.rows(Settings(estimators=tmp_path / "own"))  # type: ignore[call-arg]
