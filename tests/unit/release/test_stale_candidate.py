"""A candidate that was approved does not cross once what it was made of is something else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from benchmarks.disturbed import bundles
from peil.charter import windows
from peil.outcome import Refused
from peil.release import release
from peil.store import verifying
from peil.store.atomic import read_json, write_json
from tests.unit.conftest import Tiny
from tests.unit.release.test_publish import FIGURES, LINKED

DAY = date(2026, 3, 2)
CHANGED = r"are others now, as after an opt-out; run `peil estimate tiny 2026-03-02 --product"


@pytest.fixture(params=["presence", "flows", "visitors"])
def product(request: pytest.FixtureRequest, tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> str:
    """A product with a candidate over staged days; nothing else holds it back."""
    name = str(request.param)
    tiny.write_charter(**{**LINKED, "products": ["presence", "flows", "visitors"]})
    for number, day in enumerate(windows.window_of(tiny.charter, DAY).days()):
        manifest = {"content_sha256": f"c{number}", "rows": f"r{number}", "fingerprint": "f"}
        write_json(tiny.store.staged_manifest("tiny", day), manifest)
    columns = {"REF_AREA": "A", "TIME_PERIOD": f"{DAY}T00:00:00+01:00", "OBS_STATUS": "A"}
    bundles.candidate(tiny.store, tiny.charter, name, DAY, FIGURES.assign(**columns))
    folder = tiny.store.candidate("tiny", name, DAY)

    def opens(*_: Any) -> Any:
        return SimpleNamespace(judged=verifying.manifest(folder).sha256)

    monkeypatch.setattr(release, "require_open", opens)
    monkeypatch.setattr(release.product_gates, "require_open", opens)
    monkeypatch.setattr(release, "_check_together", lambda *_: None)
    for helper in ("release_of", "keep"):
        monkeypatch.setattr(release.disclosure, helper, lambda *_: None)
    return name


def staged_again(tiny: Tiny, product: str) -> None:
    """As after an opt-out: the counts are others, or the rows that a window was followed in."""
    day = DAY if product == "presence" else DAY + timedelta(days=1)
    file = tiny.store.staged_manifest("tiny", day)
    key = "content_sha256" if product == "presence" else "rows"
    write_json(file, {**read_json(file), key: "of fewer people"})


def estimated_again(tiny: Tiny, product: str) -> None:
    file = tiny.store.estimated_record("tiny", DAY, product)
    write_json(file, {**read_json(file), "run_ids": {"hollow": "another run"}})


def estimates_gone(tiny: Tiny, product: str) -> None:
    tiny.store.estimated_record("tiny", DAY, product).unlink()


def certified_again(tiny: Tiny, product: str) -> None:
    file = tiny.store.certificate("tiny", product, DAY)
    write_json(file, {**read_json(file), "night": "another"})


@pytest.mark.parametrize(
    "deed",
    [staged_again, estimated_again, estimates_gone, certified_again],
    ids=lambda f: f.__name__,
)
def test_a_candidate_of_other_rows_than_there_are_now_does_not_cross(
    tiny: Tiny, product: str, deed: Callable[[Tiny, str], None]
) -> None:
    deed(tiny, product)
    with pytest.raises(Refused, match=CHANGED):
        release.publish("tiny", str(DAY), product)
    assert not tiny.store.outbound("tiny", product, DAY).parent.exists()
    assert "approval" not in tiny.store.ledger("tiny").read_text()


def test_rows_that_changed_while_it_was_approved_hold_it_back_as_well(
    tiny: Tiny, product: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    approve = release.approvals.require

    def slowly(*asked: Any) -> None:
        approve(*asked)
        staged_again(tiny, product)

    monkeypatch.setattr(release.approvals, "require", slowly)
    with pytest.raises(Refused, match=CHANGED):
        release.publish("tiny", str(DAY), product)
    assert not tiny.store.released("tiny", product, DAY).exists()


def test_nothing_of_a_day_crosses_while_an_opt_out_is_not_applied_to_its_end(
    tiny: Tiny, product: str
) -> None:
    record = tiny.store.retained("tiny", DAY, "opt_out")
    days = {str(DAY): {"n_days_purged": 1}}
    write_json(record, {"list_sha256": "a", "is_done": False, "days": days})
    with pytest.raises(Refused, match="run `peil opt-out tiny` until nothing is left"):
        release.publish("tiny", str(DAY), product)
    write_json(record, {"list_sha256": "a", "is_done": True, "days": days})
    assert release.publish("tiny", str(DAY), product).status == "done"
