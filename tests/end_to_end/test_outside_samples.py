"""The outside deliveries run through the same verbs: only a reader and a charter are theirs."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from peil.charter import reading
from peil.estimate.estimators import ESTIMATORS
from peil.ingest import deliveries
from peil.outcome import Refused
from peil.settings import PROJECT, Settings
from peil.store import parties
from peil.store.store import Store
from tests.stores import peil, take_along

pytestmark = pytest.mark.slow


def run(
    pilot: str, folder: str, outside_data: Path, data: Path, changes: dict[str, str] | None = None
) -> str:
    pilots, key = data.parent / "pilots", str(data.parent / "keys" / "a.key")
    pilots.mkdir()
    text = (PROJECT / "pilots" / f"{pilot}.yml").read_text()
    for before, after in (changes or {}).items():
        assert text.count(before) == 1
        text = text.replace(before, after)
    (pilots / f"{pilot}.yml").write_text(text)
    environment = {"PEIL_OUTSIDE_DATA": str(outside_data), "PEIL_PILOTS": str(pilots)}
    unsigned = peil(data, "run", pilot, **environment)
    assert unsigned.returncode == 2
    assert "no signed list of simulated deliveries" in " ".join(unsigned.stderr.split())
    person = ("party", "enroll", "--role", "operator", "--name", "A. Tester", "--key", key)
    vouch = ("charter", "sign", pilot, "--synthetic", str(outside_data / folder), "--key", key)
    for words in (person, vouch):
        vouched = peil(data, *words, **environment)
        assert vouched.returncode == 0, vouched.stderr
    done = peil(data, "run", pilot, **environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_every_multimno_row_is_accounted_for_and_everything_is_withheld(
    small_deliveries: Settings, outside_data: Path, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    take_along(small_deliveries, data)
    run("multimno_sample", "multimno_sample", outside_data, data)
    reasons: Counter[str] = Counter()
    for file in sorted((data / "operator/sealed/multimno_sample").glob("*.staged.json")):
        for row in json.loads(file.read_text())["accounting"]:
            reasons[row["reason"] or row["outcome"]] += row["n_rows"]
    assert reasons.total() == 1823
    assert reasons["null_value"] == 594
    for folder in sorted((data / "agency/released/multimno_sample/presence").iterdir()):
        metadata = json.loads((folder / "metadata.json").read_text())
        n_empty = metadata["n_withheld"] + metadata["n_unobserved"]
        assert n_empty == metadata["n_entries"] > metadata["n_unobserved"]
    page = (data / "agency/portal/multimno_sample/index.html").read_text()
    assert "Everything is withheld" in page


ALL = {"products: [presence]": "products: [presence, flows, visitors, residence]\nlinkage_days: 2"}


def test_all_products_of_the_multimno_sample_come_to_their_end(
    small_deliveries: Settings, outside_data: Path, tmp_path: Path
) -> None:
    """Two days of five devices: everything is withheld, and residence stays at the operator."""
    data = tmp_path / "data"
    take_along(small_deliveries, data)
    two_days = {"end: 2023-01-11}": "end: 2023-01-08}", "staged_days: 1}": "staged_days: 2}"}
    run("multimno_sample", "multimno_sample", outside_data, data, ALL | two_days)
    for product in ("presence", "flows", "visitors"):
        folders = sorted((data / "agency/released/multimno_sample" / product).iterdir())
        assert len(folders) == 2, product
        for folder in folders:
            facts = json.loads((folder / "metadata.json").read_text())
            assert facts["n_withheld"] + facts["n_unobserved"] == facts["n_entries"] > 0
    record = data / "operator/estimated/multimno_sample/residence/2023-01-07/estimated.json"
    assert json.loads(record.read_text())["facts"]["n_devices"] == 5


def test_the_one_day_of_the_essnet_sample_can_not_follow_devices(
    outside_data: Path, tmp_path: Path
) -> None:
    text = (PROJECT / "pilots/essnet_sample.yml").read_text()
    for before, after in (ALL | {"linkage_days: 2": "linkage_days: 1"}).items():
        text = text.replace(before, after)
    (tmp_path / "essnet_sample.yml").write_text(text)
    with pytest.raises(Refused, match="must link a device over 2 days at least, 1 is too few"):
        reading.load(tmp_path / "essnet_sample.yml")


def test_essnet_is_scored_against_its_true_positions(
    small_deliveries: Settings, outside_data: Path, tmp_path: Path
) -> None:
    """Of counts that nothing withholds: so few devices are under any threshold of a release."""
    data, pilots = tmp_path / "data", tmp_path / "pilots"
    take_along(small_deliveries, data)
    pilots.mkdir()
    text = (PROJECT / "pilots" / "essnet_sample.yml").read_text()
    (pilots / "essnet_sample.yml").write_text(text.replace("threshold: 15", "threshold: 1"))
    store = Store(Settings(data=data, outside_data=outside_data))  # type: ignore[call-arg]
    charter = reading.load(pilots / "essnet_sample.yml")
    signer = parties.simulator(store)  # a low threshold is the simulator's own to vouch for
    deliveries.vouch(store, charter, outside_data / "essnet_sample", signer)
    environment = {"PEIL_OUTSIDE_DATA": str(outside_data), "PEIL_PILOTS": str(pilots)}
    done = peil(data, "run", "essnet_sample", **environment)
    assert done.returncode == 0, done.stdout + done.stderr
    scores = json.loads((data / "operator/estimated/essnet_sample/scores/scores.json").read_text())
    assert scores["quantity"] == "n_devices"
    assert set(scores["whole"]) == set(ESTIMATORS)
    for figures in scores["whole"].values():
        assert 0 < figures["wape_day"] < 0.5
        assert figures["bias_day"] == pytest.approx(0, abs=1e-3)
