"""Somebody who does not know Peil adds an estimator of presence, by touching five files at most."""

from __future__ import annotations

import pytest
from copied import Copied

pytestmark = pytest.mark.slow  # each runs a copy of the checkout

MOST_FILES = 5
ESTIMATOR = '''"""Presence by the strongest cell alone."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from peil_models.presence.direct import PresenceVoronoi


class PresenceStrongest(PresenceVoronoi):
    """Number of devices in each tile, each count spread over the tiles that its cell serves best.

    Notes
    -----
    Assumes that the strongest cell serves, always. Not identified: where in the best-server area
    the devices are.

    References
    ----------
    .. [1] Ricciato et al. (2015), JRC96568. doi:10.2788/162414

    Examples
    --------
    >>> X = np.array([[0.6, 0.4], [0.4, 0.6]])
    >>> PresenceStrongest().fit(X, np.array([10.0, 20.0])).devices_
    array([10., 20.])
    """

    def fit(self, X: Any, y: ArrayLike) -> Self:
        """Spread the counts; parameters as of `PresenceVoronoi`."""
        super().fit(X, y)
        return self
'''
IMPORT = "from peil_models.presence.strongest import PresenceStrongest\n"
BUILDER = """def _strongest(given: Given) -> Presence:
    return PresenceStrongest(prior=given.part.prior)


"""
ROW = '    Estimator("strongest", _strongest, "Strongest cell", "Sterkste cel"),\n'
BELIEVED = "expectations/estimated/est_presence__by_zone_hour.py"
TESTS = (
    "tests/unit/estimate/test_presence.py",
    "tests/unit/models/contracts",
    "tests/conventions/test_docstrings.py",
)
PORTAL = """
from peil.pages import build
print([row.estimator for row in build.estimator_names()])
"""


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Copied:
    """A copy of the checkout with the toy estimator in it."""
    copied = Copied.of_the_checkout(
        tmp_path_factory.mktemp("estimator"),
        *("dbt_project", "pilots", "portal", "tests/unit", "tests/conftest.py"),
        *("tests/stores.py", "tests/conventions", "README.md", "benchmarks"),
    )
    copied.add("models/peil_models/presence/strongest.py", ESTIMATOR)
    models = "models/peil_models/presence/__init__.py"
    copied.put_before(
        models, "\n__all__", "from peil_models.presence.strongest import PresenceStrongest\n"
    )
    copied.put_before(models, '    "PresenceVoronoi",', '    "PresenceStrongest",\n')
    rows = "peil/estimate/estimators.py"
    copied.put_before(rows, "from peil_models.presence import", IMPORT)
    copied.put_before(rows, "_ROWS = (", BUILDER)
    copied.put_before(rows, ")\nESTIMATORS:", ROW)
    copied.replace(BELIEVED, '"landuse", "combined")', '"landuse", "combined", "strongest")')
    views = "dbt_project/models/estimated/estimated.yml"
    copied.replace(views, "landuse, combined]}", "landuse, combined, strongest]}")
    copied.replace(views, "'landuse', 'combined')", "'landuse', 'combined', 'strongest')")
    return copied


def test_a_new_estimator_touches_few_files(checkout: Copied) -> None:
    assert len(checkout.touched) <= MOST_FILES, checkout.touched


@pytest.mark.parametrize("name", TESTS)
def test_the_tests_that_are_there_take_it_in(checkout: Copied, name: str) -> None:
    """Estimation of a day, the contract of estimators and its docstring are tested as any other."""
    done = checkout.python(
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        name,
        "-k",
        "Strongest or strongest or every_list",
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]


def test_the_page_names_it(checkout: Copied) -> None:
    done = checkout.python("-c", PORTAL)
    assert done.returncode == 0, done.stderr
    assert "strongest" in done.stdout
