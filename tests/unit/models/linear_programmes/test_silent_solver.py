"""The solver of linear programmes prints nothing: not its name, not its licence, not its log."""

from __future__ import annotations

import subprocess
import sys

CODE = """
import numpy as np
from peil_models.disclosure.bounds import Rows, widths
from peil_models.linear_programmes import silent_solver
from peil_models.scores.transport import transport_cost
rows = Rows(2)
rows.add({0: 1.0, 1: 1.0}, 5.0, 5.0)
assert widths(rows, [[0]]).tolist() == [5.0]
corners = np.array([[0.0, 0.0], [300.0, 400.0]])
assert round(transport_cost(corners, np.array([0.5, -0.5])), 6) == 250.0
assert silent_solver().getOptionValue("threads")[1] == 1
"""


def test_a_programme_is_solved_without_a_word() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
