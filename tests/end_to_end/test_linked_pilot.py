"""A pilot that follows devices, from end to end by the command line: its products and releases."""

from __future__ import annotations

import json
from datetime import date

import pytest

from peil.store import ledger, verifying
from peil.store.signing import public_key
from peil.store.store import Store
from tests.stores import SMALL_DAYS, Linked

pytestmark = pytest.mark.slow  # a run of a minute comes before the first

DAYS = [f"2026-03-{day:02d}" for day in range(2, 2 + SMALL_DAYS)]
TABLES = {
    "presence": "rel_presence__by_zone_hour",
    "flows": "rel_flows__by_pair_period",
    "visitors": "rel_visitors__by_zone_hour",
}


SCORED = {
    "flows": {"cpc", "cpc_with_own_zone", "trips_found"},
    "visitors": {"mape", "wape", "bias"},
    "residence": {"mape", "wape", "homes_found"},
}


def released(linked: Linked) -> dict[str, bytes]:
    folder = linked.settings.data / "agency" / "released" / "demo"
    return {
        f"{product} {day}": (folder / product / day / f"{table}.csv").read_bytes()
        for product, table in TABLES.items()
        for day in DAYS
    }


def test_every_product_and_day_is_a_release_of_its_own(linked: Linked) -> None:
    store = Store(linked.settings)
    public = public_key(store)
    assert all(content.count(b"\n") > 50 for content in released(linked).values())
    standing = set()
    for product in TABLES:
        for day in DAYS:
            folder = linked.settings.data / "agency" / "released" / "demo" / product / day
            assert verifying.bundle(folder, public).predicate["product"] == product
            metadata = json.loads((folder / "metadata.json").read_text())
            assert (metadata["product"], metadata["period"]) == (product, day)
            assert ("window" in metadata) == (product != "presence")
            entry = ledger.standing(store, "demo", product, day)
            assert entry is not None and entry["facts"]["table_sha256"] == metadata["table_sha256"]
            standing.add(entry["hash"])
    assert len(standing) == len(TABLES) * len(DAYS)
    assert ledger.check(store, "demo") == []
    # residence is estimated, once a window, and stays
    assert (store.operator / "estimated/demo/residence" / DAYS[0]).is_dir()
    assert not (store.agency / "released/demo/residence").exists()


def test_status_says_where_each_product_stands(linked: Linked) -> None:
    code, output = linked.peil("status", "demo")
    assert code == 0
    assert output.count("✓ ≈ ✓") == SMALL_DAYS
    assert "products: flows, residence, visitors" in output
    assert "wait until" not in output


def test_a_second_run_does_nothing_again(linked: Linked) -> None:
    before = {file: file.stat().st_mtime_ns for file in linked.settings.data.rglob("*.parquet")}
    entries = (linked.settings.data / "operator/ledger/demo.jsonl").read_bytes()
    code, output = linked.peil("run", linked.environment["PEIL_PILOTS"] + "/demo.yml")
    assert code == 0, output
    assert f"{SMALL_DAYS} days released before" in output
    after = {file: file.stat().st_mtime_ns for file in linked.settings.data.rglob("*.parquet")}
    assert after == before
    assert (linked.settings.data / "operator/ledger/demo.jsonl").read_bytes() == entries


def test_the_page_holds_the_released_products(linked: Linked) -> None:
    page = (linked.settings.data / "agency/portal/demo/index.html").read_text()
    for table in TABLES.values():
        assert table in page
    shown = json.loads(page.split('id="data">')[1].split("</script>")[0])
    for product in ("flows", "visitors"):
        letters = "".join(shown[product]["conf_status"])
        assert "F" in letters and shown[product]["pairs"]
        assert sum(shown[product]["n_withheld"].values()) < shown[product]["n_entries"]


def test_products_are_asked_for_one_by_one_and_only_by_their_name(linked: Linked) -> None:
    for verb in ("estimate", "release"):
        code, output = linked.peil(verb, "demo", DAYS[0], "--product", "flows")
        assert code == 0 and "unchanged" in output
    code, output = linked.peil("release", "demo", DAYS[0], "--product", "residence")
    assert code == 2 and "its estimates stay at the operator" in output
    code, output = linked.peil("estimate", "demo", DAYS[0], "--product", "trips")
    assert code == 2 and "There is no product trips" in output


def test_runs_of_products_are_in_mlflow_without_a_row_of_a_device(linked: Linked) -> None:
    from mlflow.tracking import MlflowClient

    store = Store(linked.settings)
    client = MlflowClient(tracking_uri=store.mlflow_uri)
    experiment = client.get_experiment_by_name("demo")
    assert experiment is not None
    runs = client.search_runs([experiment.experiment_id], "tags.`peil.product` != ''")
    scores = json.loads((store.scores("demo") / "scores.json").read_text())["products"]
    assert set(scores) == {"flows", "visitors", "residence"}
    assert scores["flows"]["cpc"] > 0.5 and abs(scores["visitors"]["bias"]) < 0.1
    homes = scores["residence"]
    assert 0.95 < homes["homes_found"] < 1.05 and 0.0 < homes["wape"] < 0.1, homes
    runs_of_product = {run.data.tags["peil.product"]: run.data for run in runs}
    assert set(runs_of_product) == {"flows", "visitors", "residence"} and len(runs) == 3
    for product, data in runs_of_product.items():
        record = store.estimated("demo", date(2026, 3, 2), product)
        record_content = json.loads((record / "estimated.json").read_text())
        assert record_content["run_id"] == data.tags["peil.run_id"]
        scored = set(data.metrics) - set(record_content["facts"])
        assert scored == SCORED[product] and set(record_content["facts"]) <= set(data.metrics)
        assert all(float(value) == value for value in data.metrics.values())


@pytest.mark.slow
def test_made_afresh_under_another_key_every_product_is_the_same_bytes(
    linked: Linked, copied_linked: Linked
) -> None:
    before = released(linked)
    key = copied_linked.settings.data / f"operator/keys/demo/{DAYS[0]}.pseudonym.key"
    key.unlink()
    key.write_bytes(bytes(range(32)))
    key.chmod(0o400)
    code, output = copied_linked.peil(
        "run", copied_linked.environment["PEIL_PILOTS"] + "/demo.yml", "--fresh"
    )
    assert code == 0, output
    assert released(copied_linked) == before
    kinds = [
        entry["kind"] for entry in ledger.entries(Store(copied_linked.settings).ledger("demo"))
    ]
    assert kinds.count("withdrawn") == len(TABLES) * len(DAYS)
    assert kinds.count("release") == 2 * len(TABLES) * len(DAYS)
