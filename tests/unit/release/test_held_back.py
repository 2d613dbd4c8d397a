"""What holds a release back: other figures that stand, an audit that fails."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from benchmarks.disturbed.bundles import certified
from peil.charter.clock import hours_of, now
from peil.charter.period import Period
from peil.charter.products import PRESENCE
from peil.estimate.estimators import RELEASED_ESTIMATOR
from peil.outcome import GateClosed, Refused, Waiting
from peil.release import bundle
from peil.release import presence as released_presence
from peil.release import release as module
from peil.store import ledger, lock
from peil.store.atomic import write_json
from peil_models.disclosure import AuditReport

DAY = date(2026, 3, 2)
RUNS = {"landuse": "run 1"}


class WentOnError(Exception):
    """The release went on to protect and write."""


@pytest.fixture
def real(tiny: Any, monkeypatch: pytest.MonkeyPatch) -> Period:
    """A day of a pilot of real people, whose candidate was approved; whoever goes on says so."""

    def go_on(*_: Any) -> None:
        raise WentOnError

    charter = tiny.charter.model_copy(update={"legal_basis": "statute", "threshold": 15})
    period = Period(charter, DAY, tiny.store)
    write_json(tiny.store.estimated_record("tiny", DAY), {"run_ids": RUNS})
    monkeypatch.setattr(module, "area_of", go_on)
    monkeypatch.setattr(module.Period, "open", lambda *_: period)
    monkeypatch.setattr(module, "require_open", lambda *_: SimpleNamespace(judged="bundle"))
    monkeypatch.setattr(module.approvals, "require", lambda *_: "approved")
    monkeypatch.setattr(module.released_margins, "read_table", lambda *_: None)
    monkeypatch.setattr(module, "_check_together", lambda *_: None)
    for name in ("release_of", "keep"):
        monkeypatch.setattr(module.disclosure, name, lambda *_: None)
    return period


def test_figures_that_stand_released_are_never_replaced_by_others(
    real: Period, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = real.store
    monkeypatch.setattr(module, "area_of", lambda *_: None)
    candidate = store.candidate("tiny", PRESENCE, DAY)
    signed = SimpleNamespace(sha256="bundle")
    monkeypatch.setattr(bundle, "require_candidate", lambda *_: signed, raising=False)
    write_json(candidate / bundle.NAME, {})
    metadata = {"n_entries": 1, "n_withheld": 0, "table_sha256": "other figures"}
    write_json(candidate / "metadata.json", metadata)
    facts = {"product": PRESENCE, "period": str(DAY), "table_sha256": "figures"}
    ledger.append(store, "tiny", "release", now(real.charter), facts, once=False)
    with pytest.raises(Refused, match="stands released with other figures"):
        module.publish("tiny", str(DAY))
    assert not store.released("tiny", PRESENCE, DAY).exists()
    write_json(candidate / "metadata.json", metadata | {"table_sha256": "figures"})
    sent: list[Path] = []
    # the agency's side takes no such hollow bundle in: test_receive asks about that
    monkeypatch.setattr(module.sending, "send", lambda *words: sent.append(words[-1]))
    assert module.publish("tiny", str(DAY)).status == "done"  # a kill came before it crossed
    assert [place.name for place in sent] == [f".{DAY}.part"]


@pytest.mark.parametrize(
    ("n_recoverable", "n_narrow", "n_small"), [(0, 0, 0), (1, 1, 0), (0, 1, 0), (0, 0, 1)]
)
def test_a_table_whose_audit_fails_is_not_released(
    tiny: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    n_recoverable: int,
    n_narrow: int,
    n_small: int,
) -> None:
    report = AuditReport(
        n_withheld=2,
        n_recoverable=n_recoverable,
        n_narrow=n_narrow,
        n_small_differences=n_small,
        n_rows=3,
        narrowest=8.0,
    )
    monkeypatch.setattr(released_presence, "audit", lambda *_, **__: report)
    zones = pd.DataFrame(
        {"zone_id": ["A", "B", "ALL"], "parent_id": ["ALL", "ALL", None], "level": list("--+")}
    )
    hours = hours_of(DAY, "Europe/Amsterdam")
    rows = [
        (zone, hour, RELEASED_ESTIMATOR, devices, devices, "r")
        for hour in hours
        for zone, devices in (("A", 40.0), ("B", 50.0), ("ALL", 90.0))
    ]
    columns = ["zone_id", "hour_at", "estimator", "n_devices", "n_devices_counted", "run_id"]
    pd.DataFrame(rows, columns=columns).to_parquet(tmp_path / "est_presence__by_zone_hour.parquet")
    area: Any = SimpleNamespace(zones=zones, register=None, bottom=lambda: ["A", "B"])
    if n_recoverable + n_narrow + n_small == 0:
        table = released_presence.presence(tiny.charter, area, tmp_path, DAY)
        assert len(table) == len(rows)
        return
    with pytest.raises(Refused, match="nothing is released"):
        released_presence.presence(tiny.charter, area, tmp_path, DAY)


def stop(*_: Any) -> None:
    raise GateClosed("The gate is closed.")


def candidate_of(period: Period, monkeypatch: pytest.MonkeyPatch, product: str) -> None:
    """A candidate that is as it was signed."""
    signed = SimpleNamespace(sha256="bundle")
    monkeypatch.setattr(bundle, "require_candidate", lambda *_: signed, raising=False)
    candidate = period.store.candidate("tiny", product, DAY)
    write_json(candidate / bundle.NAME, {})
    metadata = {"n_entries": 1, "n_withheld": 0, "table_sha256": "figures"}
    made_by = certified(period.store, period.charter, product, DAY)
    write_json(candidate / "metadata.json", metadata | made_by)


def test_a_closed_gate_stops_release_and_publish(
    real: Period, monkeypatch: pytest.MonkeyPatch
) -> None:
    products = real.charter.model_copy(update={"products": ["presence", "flows"]})
    period = Period(products, DAY, real.store)
    monkeypatch.setattr(module.Period, "open", lambda *_: period)
    monkeypatch.setattr(module, "require_open", stop)
    monkeypatch.setattr(module.product_gates, "require_open", stop)
    with pytest.raises(GateClosed):
        module.release("tiny", str(DAY))
    for product in (PRESENCE, "flows"):
        candidate_of(period, monkeypatch, product)
        with pytest.raises(GateClosed):
            module.publish("tiny", str(DAY), product)
        assert not real.store.released("tiny", product, DAY).exists()


def test_what_is_not_approved_leaves_no_byte_on_the_agencys_side(
    real: Period, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wait(*_: Any) -> None:
        raise Waiting("It waits for approval.")

    candidate_of(real, monkeypatch, PRESENCE)
    monkeypatch.setattr(module.approvals, "require", wait)
    monkeypatch.setattr(module.shutil, "copytree", lambda *_: pytest.fail("it was copied"))
    with pytest.raises(Waiting, match="waits for approval"):
        module.publish("tiny", str(DAY))


def test_a_day_that_another_holds_is_not_released(
    real: Period, monkeypatch: pytest.MonkeyPatch
) -> None:
    candidate_of(real, monkeypatch, PRESENCE)
    with lock.held(real.store, "tiny", str(DAY), "another verb"):
        for verb in (module.release, module.publish):
            with pytest.raises(Waiting, match="is held by another verb"):
                verb("tiny", str(DAY))


def test_what_is_not_there_yet_is_waited_for(real: Period) -> None:
    with pytest.raises(Waiting, match="has no candidate"):
        module.publish("tiny", str(DAY))
    real.store.estimated_record("tiny", DAY).unlink()
    with pytest.raises(Waiting, match="not estimated yet"):
        module.release("tiny", str(DAY))


def test_estimates_of_an_older_version_are_not_released(tiny: Any, tmp_path: Path) -> None:
    row = ("A", RELEASED_ESTIMATOR, 40.0, "r")
    frame = pd.DataFrame([row], columns=["zone_id", "estimator", "n_devices", "run_id"])
    frame.to_parquet(tmp_path / "est_presence__by_zone_hour.parquet")
    with pytest.raises(Refused, match="run `peil estimate` for it again"):
        released_presence.presence(tiny.charter, SimpleNamespace(), tmp_path, DAY)  # type: ignore[arg-type]


def protected(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a day be protected without one: what comes after it is asked."""
    table = pd.DataFrame({"OBS_VALUE": [40], "OBS_STATUS": ["A"]})
    monkeypatch.setattr(module, "area_of", lambda *_: SimpleNamespace(land_use="none"))
    monkeypatch.setattr(module, "resolve", lambda _: lambda *_: table)


def test_a_table_that_dbt_refuses_is_not_signed(
    real: Period, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(state: str, folder: Path, *_: Any) -> None:
        assert state == "released" and list(folder.glob("*.csv"))
        raise Refused("A table is not well-formed.")

    protected(monkeypatch)
    monkeypatch.setattr(module.transform, "check", refuse)
    monkeypatch.setattr(module.bundle, "seal", lambda *_: pytest.fail("it was signed"))
    with pytest.raises(Refused, match="not well-formed"):
        module.release("tiny", str(DAY))
    folder = real.store.candidate("tiny", PRESENCE, DAY).parent
    assert [path.name for path in folder.iterdir()] == []


@pytest.mark.parametrize("at", ["the candidate", "what crosses"])
def test_what_tells_too_much_with_other_pilots_is_not_released(
    real: Period, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    def refuse(*_: Any) -> None:
        raise Refused("It tells too much.")

    protected(monkeypatch)
    candidate_of(real, monkeypatch, PRESENCE)
    monkeypatch.setattr(module, "_check_together", refuse)
    monkeypatch.setattr(module.bundle, "seal", lambda *_: pytest.fail("it was signed"))
    with pytest.raises(Refused, match="too much"):
        (module.release if at == "the candidate" else module.publish)("tiny", str(DAY))
    assert not real.store.released("tiny", PRESENCE, DAY).exists()


def test_a_threshold_under_15_is_released_of_simulated_deliveries_only(
    real: Period, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise Refused("No signed list.")

    monkeypatch.setattr(module.deliveries, "check_basis", refuse)
    with pytest.raises(WentOnError):
        module.release("tiny", str(DAY))  # of exactly 15
    low = Period(real.charter.model_copy(update={"threshold": 14}), DAY, real.store)
    monkeypatch.setattr(module.Period, "open", lambda *_: low)
    with pytest.raises(Refused, match="No signed list"):
        module.release("tiny", str(DAY))
