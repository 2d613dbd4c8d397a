"""What `build` promises: same bytes, one file, no number where none may be, and why none is."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path

import pytest
from chromium import Browser
from pydantic import ValidationError
from selenium.webdriver.common.keys import Keys
from small_country import grid_data, page_data
from small_flows import moving_data
from small_judgements import operator_data

from peil.charter.schema import Words
from peil.pages import build as building
from peil.pages import operator_page, self_contained
from peil.pages.portal import Download, PortalData, Release, ReleasedPresence, build
from peil.pages.self_contained import PORTAL, script
from peil.status import DayStatus

SOURCES = sorted((PORTAL / "src").glob("*.js"))
WORDS = json.loads((PORTAL / "src" / "words.json").read_text(encoding="utf-8"))


def test_the_same_data_give_the_same_bytes(tmp_path: Path) -> None:
    first = build(page_data(), tmp_path / "one").read_bytes()
    two = build(page_data(), tmp_path / "two").read_bytes()
    assert first == two and len(first) > 300_000
    other = build(page_data(threshold=16), tmp_path / "other").read_bytes()
    assert first != other


def test_nothing_is_left_beside_the_page(tmp_path: Path) -> None:
    build(page_data(), tmp_path)
    build(page_data(), tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["index.html"]


@pytest.mark.parametrize("name", ["portal", "operator"])
def test_the_policy_allows_nothing_but_the_pages_own_scripts(tmp_path: Path, name: str) -> None:
    if name == "portal":
        html = build(page_data(), tmp_path).read_text(encoding="utf-8")
    else:
        html = operator_page.build(operator_data(), tmp_path).read_text(encoding="utf-8")
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', html)
    assert policy and policy[1].startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy[1] and "http" not in policy[1]
    assert not re.search(r'<(script|link|img|iframe)[^>]+(src|href)="(?!data:)', html)
    assert html.count("</script>") == len(re.findall(r"<script\b", html))


def test_text_of_the_data_cannot_end_the_script(tmp_path: Path) -> None:
    data = page_data(attribution="</script><b>{{data}}</b>")
    html = build(data, tmp_path).read_text(encoding="utf-8")
    block = html.split('id="data">')[1].split("</script>")[0]
    assert json.loads(block)["attribution"] == "</script><b>{{data}}</b>"


@pytest.mark.parametrize("status", ["C", None])
@pytest.mark.parametrize("column", ["values", "lower", "upper"])
def test_a_number_in_a_withheld_entry_is_refused(column: str, status: str | None) -> None:
    table = {
        "zone_ids": ["A"],
        "times": ["2026-03-02T00:00:00+01:00"],
        "unit": "PS",
        "values": [[None]],
        "lower": [[None]],
        "upper": [[None]],
        "conf_status": [[status]],
    }
    assert ReleasedPresence.model_validate(table).values == [[None]]
    table[column] = [[0]]
    with pytest.raises(ValidationError, match="not free carries a number"):
        ReleasedPresence.model_validate(table)


def test_hours_out_of_order_and_wrong_shapes_are_refused() -> None:
    good = page_data().released.model_dump()
    with pytest.raises(ValidationError, match="ascend"):
        ReleasedPresence.model_validate({**good, "times": good["times"][::-1]})
    with pytest.raises(ValidationError, match="zones by hours"):
        ReleasedPresence.model_validate({**good, "values": good["values"][1:]})


def test_a_released_zone_without_shape_is_refused() -> None:
    content = grid_data().model_dump()
    content["zones"]["features"] = content["zones"]["features"][1:]
    with pytest.raises(ValidationError, match="no shape"):
        PortalData.model_validate(content)


@pytest.mark.parametrize(
    "href", ["https://x.example/a.csv", "//x/a", "/a.csv", "javascript:1", "file:///a"]
)
def test_a_download_must_be_a_relative_link(href: str) -> None:
    assert Download(label="CSV", href="../a.csv").href == "../a.csv"
    with pytest.raises(ValidationError, match="relative"):
        Download(label="CSV", href=href)


def test_a_changed_library_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    vendor = tmp_path / "vendor"
    vendor.mkdir()
    (vendor / "README.md").write_text((PORTAL / "vendor" / "README.md").read_text())
    library = (PORTAL / "vendor" / "d3.min.js").read_bytes()
    (vendor / "d3.min.js").write_bytes(library)
    monkeypatch.setattr(self_contained, "PORTAL", tmp_path)
    assert self_contained.vendored("d3.min.js").startswith("// https://d3js.org")
    (vendor / "d3.min.js").write_bytes(library + b" ")
    with pytest.raises(ValueError, match="not the file its README names"):
        self_contained.vendored("d3.min.js")


def test_two_modules_with_one_name_or_a_circle_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text('import { f } from "./b.js";\nconst x = f();\n')
    (tmp_path / "b.js").write_text("export function f() {\n  return 1;\n}\n")
    assert script("a", tmp_path).index("function f") < script("a", tmp_path).index("const x")
    (tmp_path / "b.js").write_text("export function f() {}\nconst x = 2;\n")
    with pytest.raises(ValueError, match="x stands in b and a"):
        script("a", tmp_path)
    (tmp_path / "b.js").write_text('import { x } from "./a.js";\nexport function f() {}\n')
    with pytest.raises(ValueError, match="imports itself"):
        script("a", tmp_path)


def test_every_word_is_there_in_both_languages_with_the_same_gaps() -> None:
    assert len(WORDS) > 150
    for key, text in WORDS.items():
        assert set(text) == {"en", "nl"} and all(text.values()), key
        gaps = [sorted(re.findall(r"\{(\w+)\}", text[code])) for code in ("en", "nl")]
        assert gaps[0] == gaps[1], key


def test_every_word_asked_for_exists() -> None:
    scripts = {
        key
        for file in SOURCES
        for key in re.findall(r'\bsay\("(\w+)"', file.read_text(encoding="utf-8"))
    }
    assert len(scripts) > 80
    assert scripts <= set(WORDS)


def test_no_text_promises_what_is_not_shown() -> None:
    forbidden = re.compile("anon[iy]|de-ident", re.I)
    texts = {
        file: file.read_text(encoding="utf-8")
        for file in (*SOURCES, PORTAL / "src" / "words.json", PORTAL / "page.html")
    }
    assert len(texts) > 15
    assert [file.name for file, text in texts.items() if forbidden.search(text)] == []


def test_every_source_can_be_read_in_one_sitting() -> None:
    lengths = {file.name: len(file.read_text(encoding="utf-8").splitlines()) for file in SOURCES}
    assert lengths and max(lengths.values()) <= 300, lengths


WHY = Words(
    en="Not shown, since it is not as it was signed. flows: a.csv was changed.",
    nl="Niet getoond, want het is niet zoals het ondertekend is. flows: a.csv was changed.",
)


def broken(release: Release, status: str) -> Release:
    return release.model_copy(update={"status": status, "reason": WHY, "is_broken": True})


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize(
    ("language", "title", "link"),
    [
        ("en", "Some figures are not shown", "See the list of releases"),
        ("nl", "Sommige cijfers worden niet getoond", "Zie de lijst van publicaties"),
    ],
)
def test_one_broken_product_of_a_day_is_told_above_the_map(
    browser: Browser, tmp_path: Path, language: str, title: str, link: str, width: int
) -> None:
    """Presence of that day is whole and shown; flows are not there, and nobody would notice."""
    data = moving_data()
    first, *rest = data.releases
    data = data.model_copy(update={"releases": [broken(first, "released"), *rest]})
    browser.open(build(data, tmp_path), f"#lang={language}", width=width, height=740)
    notice = browser.text("#broken")
    assert title in notice and ("ma 2 mrt" if language == "nl" else "Mon 2 Mar") in notice
    assert not browser.has_sideways_scroll() and browser.errors() == []
    way = browser.driver.find_element("link text", link)
    way.send_keys(Keys.ENTER)  # by keyboard
    assert "a.csv was changed" in browser.text("table.releases")
    assert browser.run("return document.documentElement.lang") == language
    assert not browser.has_sideways_scroll()


def test_where_nothing_is_whole_the_page_says_that_nothing_is_shown(
    browser: Browser, tmp_path: Path
) -> None:
    data = page_data()
    every = [broken(release, "broken") for release in data.releases]
    data = data.model_copy(update={"releases": every, "released": ReleasedPresence.nothing()})
    page = build(data, tmp_path)
    browser.open(page, "#lang=en", width=360, height=740)
    assert browser.text("#broken").startswith("No figures are shown")
    assert browser.run("return document.querySelectorAll('.zone').length") == 0
    browser.open(page, "#lang=nl")
    assert browser.text("#broken").startswith("Er worden geen cijfers getoond")
    assert browser.errors() == []


def test_a_whole_page_has_no_such_notice(browser: Browser, demo: tuple[PortalData, Path]) -> None:
    browser.open(demo[1], "#lang=en")
    assert browser.run("return document.getElementById('broken')") is None


@pytest.mark.parametrize("product", ["presence", "flows"])
def test_the_page_is_told_of_whichever_product_is_broken(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, product: str
) -> None:
    metadata = {"n_withheld": 0, "n_entries": 9}
    monkeypatch.setattr(building, "read_json", lambda *_: metadata)
    monkeypatch.setattr(building.released_tables, "is_released", lambda *_: False)
    gates = dict.fromkeys(("raw", "staged", "estimated", "released"), "open")
    whole = DayStatus(date(2026, 3, 2), "released", gates, "abc", "")  # type: ignore[arg-type]

    class Anything:
        pilot = "demo"

        def released(self, *_: object) -> Path:
            return tmp_path

    shown = [
        building._release(Anything(), Anything(), standing)  # type: ignore[arg-type]
        for standing in (whole, DayStatus(**{**whole.__dict__, "broken": {product: "changed."}}))
    ]
    assert [release.is_broken for release in shown] == [False, True]
    assert shown[1].status == ("broken" if product == "presence" else "released")
