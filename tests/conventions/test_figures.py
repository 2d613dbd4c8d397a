"""Pages and pictures of the benchmarks say what their committed records hold."""

from __future__ import annotations

import re
from pathlib import Path
from statistics import mean, median
from typing import Any

import numpy as np
import pytest
from matplotlib.image import imread
from tracked import named, tracked

from benchmarks import (
    accuracy,
    crowding,
    disclosure,
    draws,
    estimate,
    location,
    released,
    simulate,
    stage,
    stays,
)
from benchmarks.accuracy import demo
from benchmarks.disturbed import faults, fuzz, mutations, tampering
from benchmarks.recording import FOLDER, legible, record_file
from benchmarks.soak import page
from benchmarks.staging import planned
from peil import methods
from peil.estimate.estimators import ESTIMATORS, RELEASED_ESTIMATOR
from peil.settings import PROJECT
from peil.store.atomic import read_json

PAGES = {
    "crowding": crowding,
    "disclosure": disclosure,
    "draws": draws,
    "estimate": estimate,
    "faults": faults,
    "fuzz": fuzz,
    "location": location,
    "mutations": mutations,
    "released": released,
    "simulate": simulate,
    "soak": page,
    "stage": stage,
    "stays": stays,
    "tampering": tampering,
}
MOST_BYTES = 200_000
PICTURES = {".png", ".svg", ".jpg", ".jpeg", ".gif", ".webp", ".pdf"}


def demo_record() -> dict[str, object]:
    return read_json(record_file(FOLDER, "accuracy/demo"))


def test_the_page_of_accuracy_is_that_of_its_records() -> None:
    records = accuracy.read_records()
    assert set(records) == set(accuracy.PARTS)
    assert (FOLDER / "accuracy.md").read_text() == accuracy.report(records)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_that_of_its_record(name: str) -> None:
    record = read_json(record_file(FOLDER, name))
    main = {"released": "before", "disclosure": "cases", "tampering": "kinds"}
    main |= {"faults": "faults", "fuzz": "deliveries", "mutations": "mutants", "soak": "days"}
    main |= {"crowding": "melbourne"}
    assert record[main.get(name, "sizes")]
    assert (FOLDER / f"{name}.md").read_text() == PAGES[name].report(record)


def test_every_benchmark_has_its_records_and_they_are_legible() -> None:
    files = sorted((FOLDER / "figures").rglob("*.json"))
    names = {str(file.relative_to(FOLDER / "figures").with_suffix("")) for file in files}
    assert names == {*PAGES, *(f"accuracy/{part}" for part in accuracy.PARTS)}
    for file in files:
        assert file.read_text() == legible(read_json(file)) + "\n", file.name


def test_the_readme_says_what_was_measured_of_released_presence() -> None:
    words = " ".join((PROJECT / "README.md").read_text().split())
    page = (FOLDER / "released.md").read_text().split("\n## demo\n")[1].split("\n## ")[0]
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in page.splitlines()]
    now = {row[0]: [cell.split("%")[0] for cell in row[2:]] for row in rows if row[1:2] == ["now"]}
    names = {"combined": "errs by", "em": "EM", "sb": "sum of posteriors", "voronoi": "Voronoi"}
    for name, called in names.items():
        assert f"{called} {now[name][0]} %" in words, name
    covered = round(float(now["presence, municipality"][4]))
    assert f"{covered} of 100 of its 90 % intervals" in words


def test_intervals_of_visitors_are_no_narrower_than_was_learnt() -> None:
    record = demo_record()
    assert (record["champion"], set(record["learnt"])) == (RELEASED_ESTIMATOR, set(ESTIMATORS))
    used, learnt = methods.section("linked_interval", "demo"), record["learnt"][RELEASED_ESTIMATOR]
    assert all(used[key] >= learnt[key] for key in demo.WIDTHS)


def test_no_world_that_teaches_the_intervals_is_scored() -> None:
    record = demo_record()
    assert len(record["scored"]) >= 5
    assert not {str(seed) for seed, _ in record["taught_seeds"]} & set(record["scored"])


def test_no_world_whose_release_is_scored_taught_or_was_looked_at_before() -> None:
    taught = {seed for seed, _ in (*demo.TAUGHT, *demo.SCORED)}
    record = read_json(record_file(FOLDER, "released"))
    scored = {
        seed for period in record.values() for seed in period.get("demo", {"worlds": ()})["worlds"]
    }
    assert scored and not {int(seed) for seed in scored} & {1, *taught}


def differs(drawn: Path, committed: Path) -> bool:
    """Whether two pictures differ by more than the rounding of a colour anywhere."""
    new, old = imread(drawn), imread(committed)
    return new.shape != old.shape or float(np.abs(new - old).max()) > 0.05


@pytest.mark.parametrize("part", [name for name in accuracy.PARTS if name != "demo"])
def test_the_pictures_are_those_of_the_record(part: str, tmp_path: Path) -> None:
    accuracy.part_of(part).plots(accuracy.read_records()[part], tmp_path)
    drawn = sorted(tmp_path.iterdir())
    assert len(drawn) >= 2
    for file in drawn:
        assert not differs(file, accuracy.PICTURES / file.name), f"{file.name}: draw it again"


def unfit(files: list[Path]) -> list[str]:
    """Pictures that are no PNG, or larger than people should have to load."""
    return [
        file.name
        for file in files
        if file.suffix != ".png"
        or file.read_bytes()[:8] != b"\x89PNG\r\n\x1a\n"
        or file.stat().st_size > MOST_BYTES
    ]


def test_pictures_in_documents_are_png_of_a_modest_size() -> None:
    docs = PROJECT / "docs"
    files = [file for file in tracked() if file.suffix in PICTURES and docs in file.parents]
    assert len(files) >= 7
    assert unfit(files) == []
    texts = [file.read_text() for file in named(".md")]
    shown = {Path(target).name for text in texts for target in re.findall(r"\]\(([^)\s]+)\)", text)}
    assert [file.name for file in files if file.name not in shown] == []


def test_a_picture_that_is_unfit_is_named(tmp_path: Path) -> None:
    signature = b"\x89PNG\r\n\x1a\n"
    contents = {
        "a.svg": b"<svg/>",
        "b.png": b"<svg/>",
        "c.png": signature.ljust(MOST_BYTES + 1),
        "d.png": signature.ljust(MOST_BYTES),
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    assert unfit(sorted(tmp_path.iterdir())) == ["a.svg", "b.png", "c.png"]


def now_by_make() -> dict[str, list[dict[str, Any]]]:
    """Worlds of the record that were scored with the code of today, by make; trained ones too."""
    record = read_json(record_file(FOLDER, "released"))
    by_make: dict[str, list[dict[str, Any]]] = {}
    for period in ("now", "trained"):
        for make, part in record.get(period, {}).items():
            by_make.setdefault(make, []).extend(part["worlds"].values())
    return by_make


def many() -> dict[str, list[dict[str, Any]]]:
    """Worlds of many devices: intervals by what they hold there are said as those of a make."""
    record = read_json(record_file(FOLDER, "released"))
    return {f"many, {make}": [*part["worlds"].values()] for make, part in record["many"].items()}


@pytest.mark.parametrize(
    ("product", "part"), [("presence", "municipality"), ("flows", "between zones")]
)
def test_what_statements_say_of_intervals_is_what_the_record_measured(
    product: str, part: str
) -> None:
    by_make = {
        make: [
            row["coverage"]
            for world in worlds
            for row in world["rows"]
            if (row["product"], row["part"]) == (product, part)
        ]
        for make, worlds in (now_by_make() | many()).items()
    }
    assert len(by_make) >= 4 and len(by_make["demo"]) >= 5
    every = [share for shares in by_make.values() for share in shares]
    said = methods.section("covered", "demo")
    assert said[product] == pytest.approx(mean(every), abs=0.005)
    assert said[f"{product}_least"] == pytest.approx(min(map(mean, by_make.values())), abs=0.005)


def test_the_worst_part_that_statements_say_is_that_of_the_record() -> None:
    of_part = [
        mean(row["coverage"] for world in worlds for row in world["rows"] if row["part"] == part)
        for worlds in (now_by_make() | many()).values()
        for part in {
            row["part"]
            for row in worlds[0]["rows"]
            if row["product"] == "presence" and row.get("coverage") is not None
        }
    ]
    assert len(of_part) >= 40
    said = methods.section("covered", "demo")["presence_part"]
    assert said == pytest.approx(min(of_part), abs=0.005)


def test_why_the_mean_is_released_is_what_the_record_measured() -> None:
    worlds = [world["estimators"] for part in now_by_make().values() for world in part]
    said = methods.section("evidence", "demo")
    assert (said["worlds"], said["makes"]) == (len(worlds), len(now_by_make()))
    measured = {name: mean(world[name] for world in worlds) for name in ESTIMATORS}
    for name, share in measured.items():
        assert said[name] == pytest.approx(share, abs=0.0005), name
    assert measured[RELEASED_ESTIMATOR] == min(measured.values())


def test_what_is_planned_for_a_nation_is_what_was_measured() -> None:
    rows = planned.table(read_json(record_file(FOLDER, "stage")))
    assert "\n".join(rows) in (PROJECT / "docs" / "scale.md").read_text(encoding="utf-8")


def row_of(size: dict[str, Any]) -> list[str]:
    """What ingest and stage of a day took: seconds, those of the processor in the middle, GiB."""
    steps = [size["steps"][verb] for verb in planned.VERBS]
    runs = size.get("cpu_s_of_runs", [{v: size["steps"][v]["cpu_s"] for v in planned.VERBS}])
    cpu_s = sum(median(run[verb] for run in runs) for verb in planned.VERBS)
    wall_s = sum(step["wall_s"] for step in steps)
    return [f"{wall_s:,.0f} s", f"{cpu_s:,.0f} s", f"{max(s['peak_gib'] for s in steps):.1f} GiB"]


def measured_rows() -> list[list[str]]:
    """What the records say of each row of the table of docs/scale.md, in its order."""
    stages, others = (read_json(record_file(FOLDER, name)) for name in ("stage", "estimate"))
    drawn = read_json(record_file(FOLDER, "draws"))["sizes"][-1]
    followed, rings = (others[name]["sizes"][-1] for name in ("products", "rings"))
    return [
        *map(row_of, stages["sizes"]),
        *(
            [f"{row['wall_s']:.0f} s", f"{row['cpu_s']:.0f} s", f"{row['peak_gib']:.1f} GiB"]
            for row in (followed, drawn)
        ),
        ["", f"{rings['cpu_s']:.0f} s", f"{rings['peak_gib']:.1f} GiB"],
        [f"{stages['fixed_wall_s']:.0f} s", f"{stages['fixed_cpu_s']:.0f} s", ""],
        *(["", f"{median(chain['cpu_s']):.0f} s", ""] for chain in stages["chains"]),
        ["", f"{median(stages['idle_cpu_s']['verbs']):.1f} s", ""],
    ]


def test_what_scale_says_was_measured_is_what_the_records_hold() -> None:
    text = (PROJECT / "docs" / "scale.md").read_text(encoding="utf-8")
    table = text.split("\n## Measured\n")[1].split("\n|---")[1].split("\n\n")[0].splitlines()[1:]
    said = [[cell.strip() for cell in line.split("|")[3:6]] for line in table]
    assert said == measured_rows()


def test_what_scale_says_of_packed_days_is_what_the_record_holds() -> None:
    text = " ".join((PROJECT / "docs" / "scale.md").read_text(encoding="utf-8").split())
    stages = read_json(record_file(FOLDER, "stage"))
    large = {
        name: {size["n_events"]: size for size in stages[name] if size["n_events"] >= 10**7}
        for name in ("sizes", "packed")
    }
    common = sorted(set(large["sizes"]) & set(large["packed"]))
    ingest = {
        name: [
            median(run["ingest"] for run in size["cpu_s_of_runs"])
            if "cpu_s_of_runs" in size
            else size["steps"]["ingest"]["cpu_s"]
            for size in (sizes[n_events] for n_events in common)
        ]
        for name, sizes in large.items()
    }
    times = [a / b for a, b in zip(ingest["packed"], ingest["sizes"], strict=True)]
    assert (len(common), [f"{ratio:.1f}" for ratio in times]) == (3, ["1.3", "2.4", "3.0"])
    assert "1.3 times the CPU to ingest at 10 million events; 2.4 times at 30 million and" in text
    assert "and 3.0 at 300 million" in text
    spans = {}
    for name, sizes in large.items():
        cost = [
            sum(size["steps"][verb]["cpu_s"] for verb in planned.VERBS) / size["n_events"] * 1e6
            for size in sizes.values()
        ]
        spans[name] = f"{min(cost):.1f} to {max(cost):.1f} s"
    said = f"{spans['sizes']} per million events as Parquet and {spans['packed']} as csv.gz"
    assert said in text
    whole = [
        sum(large[name][common[-1]]["steps"][verb]["wall_s"] for verb in planned.VERBS)
        for name in ("packed", "sizes")
    ]
    assert f"took {whole[0] / whole[1]:.1f} times as long" in text


def test_a_packed_day_is_planned_with_its_own_spill() -> None:
    rows = planned.table(read_json(record_file(FOLDER, "stage")))
    spill = {row.split("|")[2].strip(): row.split("|")[-2].strip() for row in rows[2:6]}
    assert spill["csv.gz, at once on two cores"] == "84" != spill["Parquet, at once on two cores"]
