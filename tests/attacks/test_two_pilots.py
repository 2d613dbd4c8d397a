"""Two pilots of one operator on the same records, by the real verbs, from shell to bundle."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from peil.charter import reading
from peil.ingest import deliveries
from peil.settings import PROJECT, Settings
from peil.store import ledger, parties
from peil.store.store import Store
from tests.stores import peil_here

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]
DAY = "2026-03-03"
VERBS = ("ingest", "stage", "estimate", "release")


def charters(store: Settings, folder: Path) -> None:
    """Three charters: the demo's, one whose tiles differ by three, one whose zones are the same."""
    reference = store.deliveries_folder / "demo" / "reference"
    tiles = pd.read_parquet(reference / "tiles.parquet")
    first, second = sorted(tiles["zone_id"].dropna().unique())[:2]
    inside, beyond = (tiles[tiles["zone_id"] == zone] for zone in (first, second))
    centre = beyond[["x_m", "y_m"]].mean()
    away = np.hypot(inside["x_m"] - centre["x_m"], inside["y_m"] - centre["y_m"])
    tiles.loc[away.sort_values(kind="stable").index[:3], "zone_id"] = second
    tiles.to_parquet(reference / "moved.parquet")
    folder.mkdir()
    content = yaml.safe_load((PROJECT / "pilots" / "demo.yml").read_text())
    content |= {"products": ["presence"], "linkage_days": 1, "threshold": 4}
    for pilot, table in (("demo", "tiles"), ("moved", "moved"), ("alike", "tiles")):
        content["pilot"] = pilot
        content["area"]["tiles"] = f"demo/reference/{table}.parquet"
        text = yaml.safe_dump(content, allow_unicode=True)
        (folder / f"{pilot}.yml").write_text(text)


def test_the_second_is_refused_where_three_tiles_differ_and_passes_where_none_does(
    store_of_its_own: Settings, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    charters(store_of_its_own, tmp_path / "pilots")
    request.addfinalizer(
        (store_of_its_own.deliveries_folder / "demo/reference/moved.parquet").unlink
    )
    environment = {
        "PEIL_PILOTS": str(tmp_path / "pilots"),
        "PEIL_DELIVERIES": str(store_of_its_own.deliveries_folder),
        "PEIL_TRUTH": str(store_of_its_own.truth_folder),
    }
    answers = {}
    store = Store(store_of_its_own)
    for pilot in ("demo", "moved", "alike"):
        charter = reading.load(tmp_path / "pilots" / f"{pilot}.yml")
        folder = store_of_its_own.deliveries_folder / "demo"
        deliveries.vouch(store, charter, folder, parties.simulator(store))
        for words in [(verb, pilot, DAY) for verb in VERBS]:
            done = peil_here(store_of_its_own.data, *words, **environment)
            answers[pilot] = (done.returncode, " ".join((done.stdout + done.stderr).split()))
            assert done.returncode == 0 or words[0] == "release", answers[pilot]
    assert answers["demo"][0] == answers["alike"][0] == 0, answers
    code, sentence = answers["moved"]
    assert code == 2
    for part in ("presence that demo released of the same records", DAY, "of moved", "UTC"):
        assert part in sentence
    store = Store(store_of_its_own)
    assert not list((store.agency / "released" / "moved").rglob("*.csv"))
    refused = ledger.find(store, "moved", "release_refused", product="presence", period=DAY)
    assert refused is not None and set(refused["facts"]) == {"product", "period", "why"}
    kept = {file.name.split(".")[0] for file in store.disclosure.glob("*/*.presence.*.json")}
    assert kept == {"demo", "alike"}
