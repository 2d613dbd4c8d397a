"""The map of `peil inspect` in a browser: layers, words, keyboard, a phone, and no request."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from chromium import Browser
from selenium.webdriver.common.keys import Keys
from shapely.geometry import box

from peil.inspecting.layers import areas, places
from peil.inspecting.tile_layers import heights, land_use
from peil.pages.self_contained import page

X, Y = 4_000_000, 3_100_000


def cells(n: int) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "x": X + 1000.0 * np.arange(n),
            "y": Y + 500.0,
            "azimuth_deg": [90.0, None] * (n // 2),
            "technology": ["LTE", "GSM"] * (n // 2),
            "cell_type": None,
        }
    )


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page with all layers: four cells, two zones of which one is registered, six tiles."""
    zones = gpd.GeoDataFrame(
        {"zone_id": ["A", "B"], "name": ["Ay <b>", "Bee"]},
        geometry=[box(X, Y, X + 2000, Y + 1000), box(X + 2000, Y, X + 4000, Y + 1000)],
    )
    x, y = np.meshgrid(X + 500 + 1000 * np.arange(3), Y + 500 + 1000 * np.arange(2))
    tiles = pd.DataFrame(
        {
            "x_m": x.ravel(),
            "y_m": y.ravel(),
            "elevation_m": np.arange(6) * 10.0,
            "building": 0.0,
            "residential": [0.9, 0, 0, 0, 0, 0],
            "forest": 0.0,
            "water": [0, 0.9, 0.9, 0, 0, 0],
            "roads": 0.0,
        }
    )
    sheet = [
        places(cells(4)),
        areas(zones, "municipality", pd.Series({"A": 400.0})),
        land_use(tiles, 1000.0),
        heights(tiles, 1000.0),
    ]
    for layer in sheet:
        layer.pop("box"), layer.pop("told")
    content = {
        "title": "A delivery",
        "plane": "EPSG:3035",
        "attribution": "Made by the tests",
        "bounds": [X, Y, X + 4000, Y + 2000],
        "layers": sheet,
    }
    out = tmp_path_factory.mktemp("look") / "map.html"
    out.write_text(page("inspected", "A delivery", content, ("d3.min.js",)))
    return out


def choose(browser: Browser, number: int) -> None:
    browser.run("document.querySelectorAll('input[name=layer]')[arguments[0]].click()", number)


def rows(browser: Browser) -> list[list[str]]:
    browser.run("document.querySelector('details.behind').open = true")
    return list(
        browser.run(
            "return [...document.querySelectorAll('tbody tr')]"
            ".map(r => [...r.children].map(c => c.textContent))"
        )
    )


@pytest.mark.parametrize(("language", "n"), [("en", 0), ("nl", 1)])
def test_every_layer_says_what_it_shows_in_words_colours_and_numbers(
    browser: Browser, file: Path, wait: Callable[[Callable[[], Any]], Any], language: str, n: int
) -> None:
    browser.open(file, f"#lang={language}")
    wait(lambda: browser.run("return document.querySelectorAll('.site').length") == 4)
    assert browser.text(".attribution") == "Made by the tests"
    lines = [
        (["Kind of cell", "Soort cel"], [["LTE", "2"], ["GSM", "2"]]),
        (
            ["Persons in the register per km²", "Personen in het register per km²"],
            [["Ay <b>", "2", "400"], ["Bee", "2", "–"]],
        ),
        (
            ["Land use that takes most of the tile", "Bodemgebruik van het grootste deel"],
            [
                ["buildings", "0"],
                ["residential", "1"],
                ["forest", "0"],
                ["water", "2"],
                ["roads", "0"],
                ["open or other", "3"],
            ],
        ),
        (["Elevation in m", "Hoogte in m"], None),
    ]
    for number, (title, expected) in enumerate(lines):
        choose(browser, number)
        wait(lambda: browser.run("return document.querySelector('.look svg') !== null"))
        assert title[n] in browser.text(".key")
        n_classes = browser.run("return document.querySelectorAll('.swatches li').length")
        assert n_classes == len(browser.text(".swatches").strip().splitlines()) > 0
        shown = rows(browser)
        if expected is not None and language == "en":
            wait(lambda want=expected: rows(browser) == want)
        assert len(shown) == len(expected or shown)
    assert browser.errors() == []
    urls = [u.split("#")[0] for u in browser.requests() if not u.startswith("data:")]
    assert set(urls) == {file.as_uri()}


def test_a_picture_of_tiles_has_the_colours_of_its_key(
    browser: Browser, file: Path, wait: Callable[[Callable[[], Any]], Any]
) -> None:
    browser.open(file)
    choose(browser, 2)
    wait(lambda: browser.run("return document.querySelector('canvas.tiles') !== null"))
    colours = browser.run(
        "const c = document.querySelector('canvas.tiles');"
        "const {data} = c.getContext('2d').getImageData(0, 0, c.width, c.height);"
        "const found = {};"
        "for (let i = 0; i < data.length; i += 4) if (data[i + 3] === 255) {"
        " const hex = [data[i], data[i+1], data[i+2]]"
        ".map(v => v.toString(16).padStart(2, '0')).join('');"
        " const of = found[hex] ??= {n: 0, x: 0, y: 0}; const k = i / 4;"
        " of.n += 1; of.x += k % c.width; of.y += Math.floor(k / c.width); }"
        "return Object.fromEntries(Object.entries(found)"
        ".map(([hex, {n, x, y}]) => [hex, [x / n, y / n]]))"
    )
    assert set(colours) == {"56b4e9", "e69f00", "f4f1e6"}
    home, water, land = colours["e69f00"], colours["56b4e9"], colours["f4f1e6"]
    assert home[1] == pytest.approx(water[1], abs=2) and land[1] < home[1]  # land lies north
    assert home[0] < land[0] < water[0]


def test_arrow_keys_walk_over_the_map_and_say_where_one_is(
    browser: Browser, file: Path, wait: Callable[[Callable[[], Any]], Any]
) -> None:
    browser.open(file)
    wait(lambda: browser.run("return document.querySelectorAll('.site').length") == 4)
    browser.run("document.querySelector('.site[tabindex=\"0\"]').focus()")
    active = browser.driver.switch_to.active_element
    assert active.get_attribute("aria-label") == "1 cell, LTE, towards 90°"
    active.send_keys(Keys.ARROW_RIGHT)
    assert browser.text(".told") == "1 cell, GSM"
    browser.driver.switch_to.active_element.send_keys(Keys.ARROW_LEFT, Keys.END)
    order = browser.run(
        "return [...document.querySelectorAll('.site')].indexOf(document.activeElement)"
    )
    assert order in (0, 3)
    choose(browser, 1)
    wait(lambda: browser.run("return document.querySelectorAll('path.zone').length") == 2)
    browser.run("document.querySelector('path.zone[tabindex=\"0\"]').focus()")
    assert browser.text(".told") == "Ay <b>: 2.0 km², 400 persons in the register"


def test_the_page_fits_a_phone(browser: Browser, file: Path) -> None:
    for number in range(4):
        browser.open(file, width=360, height=740)
        choose(browser, number)
        assert not browser.has_sideways_scroll()


def test_very_many_cells_are_counted_in_squares() -> None:
    many = cells(4000)
    layer = places(many.assign(y=Y + np.arange(4000) % 7 * 100.0))
    assert layer["size_m"] == 100_000
    total = sum(int(item["words"]["en"].split(" ")[0].replace(",", "")) for item in layer["items"])
    assert total == 4000
    assert sum(row[1] for row in layer["rows"]) == len(layer["items"])
    assert len({entry["colour"] for entry in layer["classes"]}) == len(layer["classes"])
