"""All pilots of an operator share one disclosure ledger: what they tell together is bounded."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from benchmarks.disturbed import bundles
from peil.charter import public_register
from peil.charter.clock import hours_of, now
from peil.estimate.estimators import RELEASED_ESTIMATOR
from peil.outcome import Refused
from peil.release import disclosure, released_margins
from peil.release.lattice import Tiled, zone_by_cell
from peil.release.presence import presence
from peil.release.released_margins import ReleasedMargins, kept
from peil.store import ledger
from peil.store.atomic import write_json
from tests.unit.conftest import DAY, Tiny

CSV = "rel_presence__by_zone_hour.csv"
# six by six tiles; the first pilot's zones are two columns each
COLUMN, ROW = (axis.ravel() for axis in np.meshgrid(np.arange(6), np.arange(6)))
THIRDS = COLUMN // 2
DEVICES = np.where(ROW == 5, 1.0, 9.0)
MOVED = THIRDS.copy()
MOVED[(ROW == 5) & (COLUMN < 3)] = 1  # three tiles, of which one lies in its zone already
MOVED[(ROW == 4) & (COLUMN == 0)] = 0


def area(zone: np.ndarray, codes: tuple[str, ...] = ()) -> Any:
    names = [*codes] or [f"Z{number}" for number in range(int(zone.max()) + 1)]
    zones = pd.DataFrame({"zone_id": [*names, "ALL"], "level": [*["-"] * len(names), "all"]})
    zones["parent_id"] = [*["ALL"] * len(names), None]
    tiles = pd.DataFrame({"x_m": COLUMN * 100.0 + 50, "y_m": ROW * 100.0 + 50})
    tiles["zone_id"] = [names[number] for number in zone]
    sums = [("ALL", np.arange(len(names))), *((n, np.array([i])) for i, n in enumerate(names))]
    return SimpleNamespace(
        zones=zones,
        tiles=tiles,
        register=None,
        crs="local",
        bottom=lambda: names,
        members=lambda: sums,
    )


def release(
    tiny: Tiny,
    pilot: str,
    zone: np.ndarray,
    delivery: tuple[str, ...] = ("a" * 64,),
    devices: np.ndarray = DEVICES,
    codes: tuple[str, ...] = (),
) -> ReleasedMargins:
    """Estimates of a pilot, and what it is about to release of them."""
    tiny.write_charter(threshold=15)
    charter, of_pilot = tiny.charter.model_copy(update={"pilot": pilot}), area(zone, codes)
    folder = tiny.store.estimated(pilot, DAY)
    folder.mkdir(parents=True, exist_ok=True)
    rows = [
        (name, hour, RELEASED_ESTIMATOR, devices[np.isin(zone, members)].sum(), np.nan, "r")
        for hour in hours_of(DAY, "Europe/Amsterdam")[:2]
        for name, members in of_pilot.members()
    ]
    columns = ["zone_id", "hour_at", "estimator", "n_devices", "n_persons", "run_id"]
    frame = pd.DataFrame(rows, columns=columns).assign(n_devices_counted=lambda f: f["n_devices"])
    frame.to_parquet(folder / "est_presence__by_zone_hour.parquet")
    write_json(folder / "estimated.json", {"delivery": list(delivery)})
    table = presence(charter, of_pilot, folder, DAY)
    return disclosure.release_of(charter, of_pilot, "presence", DAY, table, tiny.store)


def cross(tiny: Tiny, figures: ReleasedMargins) -> None:
    disclosure.check(tiny.store, figures)
    disclosure.keep(tiny.store, figures)


def test_a_second_pilot_whose_zones_differ_by_three_tiles_is_refused(tiny: Tiny) -> None:
    cross(tiny, release(tiny, "first", THIRDS))
    with pytest.raises(Refused) as refusal:
        cross(tiny, release(tiny, "second", MOVED))
    sentence = str(refusal.value)
    for part in ("presence that first released", "2026-03-02", "in Z0 of first", "in Z1 of second"):
        assert part in sentence
    assert "2026-03-01 23:00 UTC" in sentence and "within 15 devices" in sentence
    assert [other.pilot for other in kept(tiny.store, ["a" * 64], "presence")] == ["first"]


@pytest.mark.parametrize("zone", [COLUMN // 3 * 0, np.where(THIRDS == 2, 1, 0)])
def test_a_second_pilot_whose_zones_nest_passes(tiny: Tiny, zone: np.ndarray) -> None:
    cross(tiny, release(tiny, "first", THIRDS))
    cross(tiny, release(tiny, "second", zone))
    assert len(kept(tiny.store, ["a" * 64], "presence")) == 2


def test_finer_zones_than_before_pass_too(tiny: Tiny) -> None:
    cross(tiny, release(tiny, "first", THIRDS))
    cross(tiny, release(tiny, "second", COLUMN))


@pytest.mark.parametrize("others", [("b" * 64, "a" * 64), ("a" * 64, "c" * 64)])
def test_a_delivery_of_another_name_and_one_file_more_is_the_same(
    tiny: Tiny, others: tuple[str, ...]
) -> None:
    cross(tiny, release(tiny, "first", THIRDS))
    with pytest.raises(Refused, match="first released of the same records"):
        cross(tiny, release(tiny, "renamed", MOVED, others))
    cross(tiny, release(tiny, "elsewhere", MOVED, ("d" * 64,)))


def test_withheld_entries_of_two_pilots_are_looked_at_together(tiny: Tiny) -> None:
    few = np.where(THIRDS == 0, 0.5, DEVICES)  # Z0 holds 6 devices, and is withheld with another
    cross(tiny, release(tiny, "first", THIRDS, devices=few))
    pairs = np.where(THIRDS == 0, 0, 1)
    with pytest.raises(Refused, match=r"the withheld entry of Z0 \(first\)"):
        figures = release(tiny, "second", pairs, devices=few)
        shown = figures.entries["REF_AREA"].eq("Z1")  # as if a looser rule had left it
        figures.entries.loc[shown, "devices"] = few[pairs == 1].sum()
        figures.entries.loc[shown, "withheld"] = False
        cross(tiny, figures)


def test_the_same_release_is_kept_once_and_is_the_same_bytes(tiny: Tiny) -> None:
    figures = release(tiny, "first", THIRDS)
    cross(tiny, figures)
    before = {file: file.read_bytes() for file in tiny.store.disclosure.rglob("*.*")}
    cross(tiny, release(tiny, "first", THIRDS))
    assert before == {file: file.read_bytes() for file in tiny.store.disclosure.rglob("*.*")}
    assert len(before) == 3


@pytest.mark.parametrize("gone", ["*.json", "first.*.parquet", "areas/*"])
def test_what_is_gone_is_written_again_from_the_bundle(
    tiny: Tiny, monkeypatch: pytest.MonkeyPatch, gone: str
) -> None:
    figures = release(tiny, "tiny", THIRDS)
    cross(tiny, figures)
    monkeypatch.setattr(disclosure, "area_of", lambda charter, store: area(THIRDS))
    table = presence(tiny.charter, area(THIRDS), tiny.store.estimated("tiny", DAY), DAY)
    public_register.enter(tiny.charter, tiny.store)
    csv = bundles.cross(tiny.store, tiny.charter, "presence", DAY, table) / CSV
    for file in tiny.store.disclosure.rglob(gone.replace("first", "tiny")):
        file.unlink()
    with pytest.raises(Refused, match="in Z0 of tiny"):
        cross(tiny, release(tiny, "second", MOVED))
    assert kept(tiny.store, ["a" * 64], "presence")[0].name == figures.name
    for file in tiny.store.disclosure.rglob("*.json"):
        file.unlink()
    # from a bundle that is as it was signed, and no other
    csv.write_bytes(csv.read_bytes().replace(b",A", b",Q", 1))
    changed = rf"{CSV} was changed after it was signed\): restore that folder"
    with pytest.raises(Refused, match=changed):
        cross(tiny, release(tiny, "second", MOVED))
    assert not list(tiny.store.disclosure.rglob("*.json"))
    csv.unlink()
    with pytest.raises(Refused, match=rf"{CSV} is missing\): restore that folder"):
        cross(tiny, release(tiny, "second", MOVED))


@pytest.mark.parametrize("code", ["NA", "null", "None", "nan", "-X1", "=A", "@A"])
def test_a_zone_whose_code_a_csv_rewrites_is_written_again_with_its_devices(
    tiny: Tiny, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    codes = (code, "Z1", "Z2")
    figures = release(tiny, "tiny", THIRDS, codes=codes)
    monkeypatch.setattr(disclosure, "area_of", lambda charter, store: area(THIRDS, codes))
    table = presence(tiny.charter, area(THIRDS, codes), tiny.store.estimated("tiny", DAY), DAY)
    public_register.enter(tiny.charter, tiny.store)
    bundles.cross(tiny.store, tiny.charter, "presence", DAY, table)
    with pytest.raises(Refused, match=f"in {code} of tiny"):
        cross(tiny, release(tiny, "second", MOVED))
    (again,) = kept(tiny.store, ["a" * 64], "presence")
    pd.testing.assert_frame_equal(again.entries, figures.entries)


def test_an_entry_of_no_zone_or_hour_of_its_release_is_not_compared(tiny: Tiny) -> None:
    figures = release(tiny, "first", THIRDS)
    strange = r"zones or hours of first\.presence\.2026-03-02 that are none of its own"
    hours = pd.DatetimeIndex(figures.entries["TIME_PERIOD"].unique())
    with pytest.raises(Refused, match=strange):
        released_margins._margins(figures, THIRDS, hours[:1])
    cross(tiny, replace(figures, entries=figures.entries.assign(REF_AREA=None)))
    with pytest.raises(Refused, match=strange):
        cross(tiny, release(tiny, "second", MOVED))


@pytest.mark.parametrize("strict", ["first", "second"])
def test_the_higher_threshold_of_two_pilots_holds_for_what_they_tell_together(
    tiny: Tiny, strict: str
) -> None:
    moved = THIRDS.copy()
    moved[(COLUMN == 0) & np.isin(ROW, (2, 3))] = 1  # eighteen devices are in Z0 of one only

    def of(pilot: str, zone: np.ndarray, devices: np.ndarray = DEVICES) -> ReleasedMargins:
        figures = release(tiny, pilot, zone, devices=devices)
        return replace(figures, threshold=30 if pilot == strict else 15)

    cross(tiny, of("first", THIRDS))
    cross(tiny, replace(release(tiny, "third", moved), delivery=["d" * 64]))
    with pytest.raises(Refused, match="would be known to within 30 devices"):
        cross(tiny, of("second", moved))
    fewer = DEVICES - np.where((COLUMN == 4) & np.isin(ROW, (1, 2)), 9.0, 0.0)  # 18 who were in Z2
    cross(tiny, without(of("first", THIRDS), "0"))
    with pytest.raises(Refused, match="fewer than 30 devices of Z2"):
        cross(tiny, without(of("second", THIRDS, fewer), "9 b"))


def without(figures: ReleasedMargins, rows: str) -> ReleasedMargins:
    """The same release, made when so many rows of its one file were left out."""
    return replace(figures, left_out={"a" * 64: rows})


def test_figures_without_few_who_opted_out_since_are_refused_with_release_area_and_hour(
    tiny: Tiny,
) -> None:
    cross(tiny, without(release(tiny, "first", THIRDS), "0"))
    fewer = DEVICES - np.where((ROW == 2) & (COLUMN == 4), 2.0, 0.0)  # two who were in Z2
    again = without(release(tiny, "second", THIRDS, devices=fewer), "9 b")
    with pytest.raises(Refused) as refusal:
        cross(tiny, again)
    assert str(refusal.value) == (
        "second 2026-03-02: first released presence of the same records (2026-03-02) before "
        "somebody opted out, and the difference would tell of fewer than 15 devices of Z2 at "
        "2026-03-01 23:00 UTC: it is not released."
    )
    # the very pilot that released is no exception, if ever it may release a period again
    with pytest.raises(Refused, match="of Z2 at 2026-03-01 23:00 UTC"):
        cross(tiny, replace(again, pilot="first"))


@pytest.mark.parametrize("again_by", ["first", "second"])
def test_what_never_crossed_is_compared_with_nothing(tiny: Tiny, again_by: str) -> None:
    fewer = DEVICES - np.where((ROW == 2) & (COLUMN == 4), 2.0, 0.0)
    again = without(release(tiny, again_by, THIRDS, devices=fewer), "9 b")
    before = without(release(tiny, "first", THIRDS), "0")
    disclosure.keep(tiny.store, before)
    with pytest.raises(Refused, match="before somebody opted out"):  # no ledger says it did not
        disclosure.check(tiny.store, again)
    moment, own = now(tiny.charter), {"product": "presence", "period": str(DAY)}
    other, flows = own | {"period": "2026-03-03"}, own | {"product": "flows"}
    entries = [("release", other), ("withdrawn", other), ("release", flows)]
    ledger.append_all(tiny.store, "first", moment, entries)
    disclosure.check(tiny.store, again)
    for kind in ("release", "withdrawn"):  # what was withdrawn was public
        ledger.append(tiny.store, "first", kind, moment, own)
        with pytest.raises(Refused, match="before somebody opted out"):
            disclosure.check(tiny.store, again)


def test_what_is_left_of_a_zone_without_those_told_is_a_difference_too(tiny: Tiny) -> None:
    """Sixteen of Z0 and two of Z2 opted out; Z2 is told by neither, and ALL by both."""
    fewer = DEVICES - np.where((ROW == 2) & (COLUMN == 4), 2.0, 0.0)
    fewer = fewer - np.where((ROW < 2) & (COLUMN == 0), 8.0, 0.0)

    def hidden(pilot: str, rows: str, devices: np.ndarray) -> ReleasedMargins:
        figures = without(release(tiny, pilot, THIRDS, devices=devices), rows)
        is_z2 = figures.entries["REF_AREA"].eq("Z2")
        figures.entries.loc[is_z2, ["devices", "withheld"]] = [np.nan, True]
        return figures

    cross(tiny, hidden("first", "0", DEVICES))
    with pytest.raises(Refused, match="fewer than 15 devices of ALL at 2026-03-01 23:00 UTC"):
        cross(tiny, hidden("second", "9 b", fewer))


@pytest.mark.parametrize("taken", [0.0, 15.0])
def test_figures_that_nobody_or_enough_are_missing_from_pass(tiny: Tiny, taken: float) -> None:
    cross(tiny, without(release(tiny, "first", THIRDS), "0"))
    fewer = DEVICES - taken * (ROW == 2) * (COLUMN % 2 == 0) * 0.5
    fewer = fewer - taken * (ROW == 3) * (COLUMN % 2 == 0) * 0.5
    cross(tiny, without(release(tiny, "second", THIRDS, devices=fewer), "9 b"))
    assert len(kept(tiny.store, ["a" * 64], "presence")) == 2


def test_products_that_follow_devices_are_not_told_again_without_somebody(tiny: Tiny) -> None:
    cross(tiny, without(linked("visitors", "first", THIRDS, ["Z0", "Z1"]), "0"))
    again = without(linked("visitors", "second", THIRDS, ["Z1"]), "9 b")
    with pytest.raises(Refused, match=r"fewer than 15 devices of Z1 at 2026-03-02 08:00 UTC"):
        cross(tiny, again)
    cross(tiny, without(again, "0"))


def test_who_was_left_out_is_read_from_what_was_landed(tiny: Tiny) -> None:
    files = [{"sha256": "a" * 64, "n_opted_out": 4}, {"sha256": "b" * 64, "n_opted_out": 0}]
    write_json(tiny.store.raw_manifest("tiny", DAY), {"files": files, "opt_out": "c" * 64})
    assert release(tiny, "tiny", THIRDS).left_out == {"a" * 64: f"4 {'c' * 64}", "b" * 64: "0"}


def linked(product: str, pilot: str, zone: np.ndarray, shown: list[str]) -> ReleasedMargins:
    of_pilot, moment = area(zone), pd.Timestamp("2026-03-02T08:00Z")
    key = {"REF_AREA": shown, "ORIGIN": "SIM_O", "TIME_PERIOD": moment, "FREQ": "H"}
    tiles = Tiled(
        pilot, "local", 100.0, *(of_pilot.tiles[c].to_numpy() for c in ("x_m", "y_m")), zone
    )
    sums = {name: numbers.tolist() for name, numbers in of_pilot.members()}
    entries = pd.DataFrame(key).assign(withheld=False)
    return ReleasedMargins(pilot, product, str(DAY), 15, ["a" * 64], tiles, sums, entries)


def test_products_that_follow_devices_are_told_of_one_zoning_and_no_entry_more(tiny: Tiny) -> None:
    cross(tiny, linked("visitors", "first", THIRDS, ["Z0", "Z1"]))
    cross(tiny, linked("visitors", "second", THIRDS, ["Z0"]))
    with pytest.raises(Refused, match="by other zones than these"):
        cross(tiny, linked("visitors", "third", MOVED, ["Z0"]))
    with pytest.raises(Refused, match="without Z2, SIM_O at 2026-03-02 08:00 UTC"):
        cross(tiny, linked("visitors", "third", THIRDS, ["Z0", "Z2"]))


def tiles(pilot: str, tile_m: float, corner_m: float, n: int, plane: str = "EPSG:3035") -> Tiled:
    centre = corner_m + tile_m * (np.arange(n) + 0.5)
    x, y = (axis.ravel() for axis in np.meshgrid(centre, centre))
    return Tiled(pilot, plane, tile_m, x, y, np.arange(n * n))


def test_tiles_of_other_sizes_are_cut_into_common_cells() -> None:
    coarse, fine = zone_by_cell([tiles("a", 200, 0, 1), tiles("b", 100, 0, 3)])
    assert sorted(fine[coarse == 0].tolist()) == [0, 1, 3, 4]
    coarse, fine = zone_by_cell([tiles("a", 200, 100, 1), tiles("b", 100, 0, 4)])
    assert sorted(fine[coarse == 0].tolist()) == [5, 6, 9, 10]
    shifted, whole = zone_by_cell([tiles("a", 100, 50, 1), tiles("b", 100, 0, 2)])
    assert sorted(whole[shifted == 0].tolist()) == [0, 1, 2, 3]


def test_tiles_that_cannot_be_laid_over_each_other_are_refused() -> None:
    with pytest.raises(Refused, match="different planes"):
        zone_by_cell([tiles("a", 100, 0, 2), tiles("b", 100, 0, 3, "EPSG:28992")])
    with pytest.raises(Refused, match="fit each other nowhere"):
        zone_by_cell([tiles("a", 100, 0, 9), tiles("b", 99.999, 0, 9)])


def test_figures_of_an_unknown_delivery_are_refused(tiny: Tiny) -> None:
    with pytest.raises(Refused, match="which delivery its figures are made of"):
        disclosure.delivery_of(tiny.store, "tiny", date(2026, 3, 3))


def test_zones_that_cross_everywhere_are_refused_in_a_sentence(
    tiny: Tiny, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("peil_models.disclosure.joint_hour.MOST_CROSSING", 5)
    cross(tiny, release(tiny, "first", THIRDS))
    with pytest.raises(Refused, match="its zones cross in 9 places with those by which first"):
        cross(tiny, release(tiny, "second", ROW // 2))
