"""Products that follow devices: only where they are named, only as sums, never of few devices."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
from linked_pilot import DAYS, THRESHOLD, open_store, run, write_charter

from peil.adapters import database
from peil.adapters.pseudonyms import pseudonym
from peil.area.area import area_of
from peil.charter import reading, windows
from peil.charter.products import PRODUCTS
from peil.estimate.champion import default_footprint
from peil.estimate.linked import estimate, follow
from peil.outcome import Outcome, Refused, Waiting
from peil.redteam.leaks import scan
from peil.release import release
from peil.settings import Settings
from peil.stage import device_rows
from peil.store import keys
from peil.store.atomic import read_json
from peil.store.store import Store
from peil.tasks import windows as product_windows
from tests.stores import Linked

pytestmark = pytest.mark.timeout(900)
TABLES = {"flows": "rel_flows__by_pair_period", "visitors": "rel_visitors__by_zone_hour"}
FIRST = str(DAYS[0])


@dataclass(frozen=True)
class Early:
    """What was answered of flows while one day of two was staged."""

    store: Store
    refusal: str
    outcome: Outcome
    readiness: str
    is_estimated: bool


@pytest.fixture(scope="module")
def early(small_deliveries: Settings, tmp_path_factory: pytest.TempPathFactory) -> Early:
    """The first day staged under a key of its own, and flows asked for."""
    with pytest.MonkeyPatch.context() as patch:
        store = open_store(small_deliveries, tmp_path_factory.mktemp("early"), patch)
        run(("ingest", "stage"), DAYS[:1])
        with pytest.raises(Waiting) as waiting:
            estimate.estimate("demo", "flows", FIRST)
        return Early(
            store,
            str(waiting.value),
            product_windows.estimate("demo", "flows", FIRST),
            product_windows.readiness("demo", "flows", FIRST),
            store.estimated("demo", DAYS[0], "flows").exists(),
        )


@pytest.fixture(scope="module")
def linked_store(linked: Linked, tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A copy of what `peil run` made: every product estimated and, where it may be, released."""
    folder = tmp_path_factory.mktemp("linked") / "linked"
    shutil.copytree(linked.settings.data.parent, folder, symlinks=True)
    return Store(linked.settings.model_copy(update={"data": folder / "data"}))


@contextmanager
def found(store: Store) -> Iterator[pytest.MonkeyPatch]:
    """The environment in which a store is found."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PEIL_DATA", str(store.root))
        patch.setenv("PEIL_PILOTS", str(store.root.parent / "pilots"))
        patch.setenv("PEIL_DELIVERIES", str(store.settings.deliveries_folder))
        yield patch


def released(store: Store) -> dict[str, bytes]:
    return {
        f"{product} {day} {file}": (store.released("demo", product, day) / file).read_bytes()
        for product, table in {"presence": "rel_presence__by_zone_hour", **TABLES}.items()
        for day in DAYS
        for file in (f"{table}.csv", f"{table}.parquet", "metadata.json")
    }


def pseudonyms(store: Store) -> dict[str, set[str]]:
    """Pseudonyms of each day."""
    every = {}
    with database.connection(store, store.work("demo", DAYS[0], "test")) as opened:
        for number, day in enumerate(DAYS):
            database.attach_staged(opened, store, "demo", day, f"d{number}")
            rows = opened.execute(
                f"SELECT DISTINCT device_id::VARCHAR FROM d{number}.main.int_devices_numbered"
            ).fetchall()
            every[str(day)] = {device for (device,) in rows}
    return every


@pytest.mark.slow
def test_one_key_names_a_device_on_all_days_of_a_window_and_files_have_their_own(
    linked_store: Store,
) -> None:
    first, *others = pseudonyms(linked_store).values()
    assert len(others) == len(DAYS) - 1
    assert all(len(first & other) > 0.8 * len(first) for other in others)
    contents = {
        path.name: keys.read_key(path)
        for path in sorted((linked_store.operator / "keys" / "demo").glob("*.key"))
    }
    assert [name for name in contents if "pseudonym" in name] == [f"{DAYS[0]}.pseudonym.key"]
    assert len(set(contents.values())) == len(contents)
    assert {f"{day}.staged.key" for day in DAYS} < set(contents)
    assert f"{DAYS[0]}.raw.key" not in contents  # its 12 hours are over: shredded


@pytest.mark.slow
def test_every_row_is_read_once_whatever_the_number_of_buckets(linked_store: Store) -> None:
    with found(linked_store):
        charter = reading.load("demo")
        window = windows.window_of(charter, DAYS[0])
        area, cells = (
            area_of(charter, linked_store),
            device_rows.cells_of(charter, window, linked_store),
        )
        n_rows = sum(
            read_json(linked_store.staged_manifest("demo", day))["facts"]["n_staged"]
            for day in DAYS
        )
        read = [
            [
                len(bucket.device)
                for bucket in device_rows.buckets(charter, window, linked_store, cells, parts)
            ]
            for parts in (1, 5)
        ]
        assert [sum(lengths) for lengths in read] == [n_rows, n_rows]
        assert len(read[1]) == 5 and max(read[1]) < 0.4 * n_rows
        whole, parted = (
            follow.follow(charter, window, linked_store, area, default_footprint("demo"), parts)
            for parts in (1, 5)
        )
    assert whole.facts == parted.facts
    for name in ("homes", "present", "flows", "flow_entries"):
        pd.testing.assert_frame_equal(
            getattr(whole.sums, name).frame(), getattr(parted.sums, name).frame()
        )


@pytest.mark.slow
def test_what_the_charter_does_not_name_is_refused_and_leaves_nothing(
    linked_store: Store, tmp_path: Path
) -> None:
    before = sorted(linked_store.operator.rglob("*"))
    with found(linked_store) as patch:
        write_charter(tmp_path, products=["presence", "visitors"])
        patch.setenv("PEIL_PILOTS", str(tmp_path))
        for verb in (estimate.estimate, product_windows.estimate, product_windows.release_window):
            with pytest.raises(Refused, match=r"does not name the product flows: it allows"):
                verb("demo", "flows", FIRST)
        with pytest.raises(Refused, match=r"does not name the product flows"):
            release.release("demo", FIRST, "flows")
        with pytest.raises(Refused, match=r"There is no product trips"):
            estimate.estimate("demo", "trips", FIRST)
    assert sorted(linked_store.operator.rglob("*")) == before


def test_a_window_waits_for_its_last_day(early: Early) -> None:
    assert "waits until 1 of its days are staged and believed" in early.refusal
    assert (early.outcome.status, early.outcome.facts["n_days_missing"]) == ("unchanged", 1)
    assert early.readiness == "waits"
    assert not early.is_estimated


@pytest.mark.slow
@pytest.mark.parametrize("product", TABLES)
def test_no_released_entry_rests_on_fewer_devices_than_the_threshold(
    linked_store: Store, product: str
) -> None:
    """Counted again from the estimates, by the names that are published."""
    n_published = 0
    for day in DAYS:
        folder = linked_store.estimated("demo", day, product)
        rows = pd.read_parquet(folder / f"{PRODUCTS[product].table('estimated')}.parquet")
        table = pd.read_parquet(
            linked_store.released("demo", product, day) / f"{TABLES[product]}.parquet"
        )
        if product == "flows":
            key = ["REF_AREA_FROM", "REF_AREA_TO", "FREQ"]
            names = ("from_area_id", "to_area_id", "freq")
            rows = rows.rename(columns=dict(zip(names, key, strict=True)))
            rows = rows.rename(columns={"period_at": "hour_at"})
        else:
            key = ["REF_AREA", "ORIGIN"]
            rows = rows.rename(columns={"zone_id": "REF_AREA", "origin_id": "ORIGIN"})
        rows["at"] = pd.to_datetime(rows["hour_at"], utc=True)
        table["at"] = pd.to_datetime(table["TIME_PERIOD"], utc=True)
        both = table.merge(rows, on=[*key, "at"], how="left", validate="one_to_one")
        n_devices = both["n_devices"].fillna(0)
        is_shown = both["OBS_VALUE"].notna()
        n_published += int(is_shown.sum())
        assert (n_devices[is_shown] >= THRESHOLD).all()
        assert both.loc[~is_shown, table.columns[1]].eq("_X").all()  # counts of the withheld
        assert both.loc[~is_shown, ["OBS_LOWER", "OBS_UPPER"]].isna().all(axis=None)
    assert n_published > 50


@pytest.mark.slow
def test_two_keys_and_two_runs_release_the_same_bytes(linked_store: Store, early: Early) -> None:
    with found(early.store) as patch:
        run(("ingest", "stage"), DAYS[1:])
        run(("estimate", "release"))
        patch.setenv("PEIL_MEMORY", "70MB")  # other buckets too
        window = windows.Window(DAYS[0], DAYS[-1])
        assert device_rows.n_buckets(reading.load("demo"), window, Store()) > 1
        for product in TABLES:
            estimate.estimate("demo", product, FIRST)
            outcome = product_windows.release_window("demo", product, str(DAYS[1]))
            assert outcome.facts["n_periods"] == len(DAYS)
            product_windows.publish_window("demo", product, str(DAYS[1]))
    ours, theirs = pseudonyms(early.store)[FIRST], pseudonyms(linked_store)[FIRST]
    assert ours.isdisjoint(theirs) and len(ours) == len(theirs)
    assert released(early.store) == released(linked_store)


@pytest.mark.slow
def test_a_second_time_nothing_is_done_again(linked_store: Store) -> None:
    before = {file: file.stat().st_mtime_ns for file in linked_store.operator.rglob("*.parquet")}
    with found(linked_store):
        for product in TABLES:
            assert estimate.estimate("demo", product, FIRST).facts["why"] == "released"
            assert product_windows.release_window("demo", product, FIRST).status == "unchanged"
            assert product_windows.readiness("demo", product, FIRST) == "released"
        assert estimate.estimate("demo", "residence", FIRST).status == "unchanged"
    assert {f: f.stat().st_mtime_ns for f in linked_store.operator.rglob("*.parquet")} == before


@pytest.mark.slow
def test_presence_is_the_same_with_and_without_linkage(
    linked_store: Store, small_deliveries: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = open_store(
        small_deliveries, tmp_path, monkeypatch, products=["presence"], linkage_days=1
    )
    run(("ingest", "stage", "estimate", "release"), DAYS[:1])
    folders = [store.released("demo", "presence", DAYS[0]) for store in (alone, linked_store)]
    for name in ("rel_presence__by_zone_hour.csv", "rel_presence__by_zone_hour.parquet"):
        assert (folders[0] / name).read_bytes() == (folders[1] / name).read_bytes()


@pytest.mark.slow
def test_no_file_but_a_sealed_one_holds_a_device(linked_store: Store) -> None:
    """Pseudonyms in every spelling are sought in every file; they are in none.

    They are found where they are put, else the search would prove nothing.
    """
    some = sorted(pseudonyms(linked_store)[FIRST])[::400]
    markers: dict[str, str | bytes] = {f"device {n}": device for n, device in enumerate(some)}
    markers |= {
        f"bytes of {n}": bytes.fromhex(device.replace("-", "")) for n, device in enumerate(some)
    }
    assert len(some) >= 4
    files = [
        file
        for plane in (linked_store.operator, linked_store.agency)
        for file in plane.rglob("*")
        if file.is_file()
    ]
    assert {"est_flows__by_pair_period.parquet", "flows.parquet", "mlflow.db"} <= {
        file.name for file in files
    }
    found_in = scan(markers, {"the store": files})
    assert not found_in, "\n".join(finding.sentence() for finding in found_in)
    planted = linked_store.root / "planted.parquet"
    pd.DataFrame({"device_id": some}).to_parquet(planted)
    assert scan(markers, {"planted": [planted]})
    planted.unlink()


@pytest.mark.slow
def test_no_table_of_a_window_has_a_row_for_each_device(linked_store: Store) -> None:
    n_devices = len(pseudonyms(linked_store)[FIRST])
    folder = linked_store.linked("demo", DAYS[0])
    homes = pd.read_parquet(folder / "homes.parquet")
    assert len(homes) < 100 < n_devices and homes["n_devices"].sum() >= n_devices
    names = {"origin", "zone", "hour", "from_zone", "to_zone", "n_devices", "n_parts"}
    names |= {"unit", "period", "n_trips"}
    for file in folder.glob("*.parquet"):
        assert set(pd.read_parquet(file).columns) <= names


@pytest.mark.slow
def test_who_opts_out_after_a_day_was_staged_is_in_no_sum(
    linked_store: Store, small_deliveries: Settings, tmp_path: Path
) -> None:
    """The list as it is now is applied under the window's key, before anything is summed."""
    deliveries = tmp_path / "deliveries"
    shutil.copytree(small_deliveries.deliveries_folder / "demo", deliveries / "demo")
    devices = pd.read_parquet(small_deliveries.truth_folder / "demo" / "devices.parquet")
    key = keys.read_key(windows.pseudonym_key(linked_store, reading.load("demo"), DAYS[0]))
    days = pseudonyms(linked_store)
    names = {name: str(uuid.UUID(pseudonym(key, name))) for name in devices["subscriber_id"]}
    subscribers = [name for name, device in names.items() if device in set().union(*days.values())][
        :25
    ]
    assert len(subscribers) == 25
    with found(linked_store) as patch:
        charter = reading.load("demo")
        window = windows.window_of(charter, DAYS[0])
        area, footprint = area_of(charter, linked_store), default_footprint("demo")
        before = follow.follow(charter, window, Store(), area, footprint)
        patch.setenv("PEIL_DELIVERIES", str(deliveries))
        with (deliveries / "demo" / "opt_out.csv").open("a") as file:
            file.write("".join(f"+{name}\n" for name in subscribers))
        after = follow.follow(charter, window, Store(), area, footprint)
        assert after.facts["n_devices"] == int(before.facts["n_devices"]) - 25
        (deliveries / "demo" / "opt_out.csv").unlink()
        with pytest.raises(Refused, match=r"The opt-out list opt_out.csv is missing"):
            follow.follow(charter, window, Store(), area, footprint)
