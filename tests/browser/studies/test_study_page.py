"""The page of a study: a verdict, groups, three maps that follow one slider; in both languages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from chromium import Browser
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

from peil.pages.study_page import (
    HOURS,
    GroupRow,
    StudyData,
    StudyZone,
    WorldErrors,
    build,
    verdict_words,
)

NAMES = ("Noord", "Zuid")


def world(name: str, error: float) -> WorldErrors:
    """Two square zones; the candidate errs half as much, but for Zuid at 13 h, twice as much."""
    squares = [[[x, 0.0], [x + 1e3, 0.0], [x + 1e3, 1e3], [x, 1e3], [x, 0.0]] for x in (0.0, 1e3)]
    before: Any = [[error] * HOURS for _ in NAMES]
    after: Any = [[error / 2] * HOURS for _ in NAMES]
    after[1][13] = 2 * error
    before[0][3] = None
    return WorldErrors(
        name=name,
        zones=[
            StudyZone(name=zone, geometry={"type": "Polygon", "coordinates": [square]})
            for zone, square in zip(NAMES, squares, strict=True)
        ],
        incumbent=before,
        candidate=after,
    )


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = StudyData(
        title="Of two",
        incumbent="em@as_released",
        candidate="combined@as_released",
        verdict=verdict_words("better, perhaps worse: visited zones"),
        changed=["estimator: em → combined"],
        groups=[
            GroupRow(group="by day", gain=0.15, lower=0.1, upper=0.2, n_zones=100),
            GroupRow(group="visited zones", gain=-0.05, lower=-0.3, upper=0.2, n_zones=5),
        ],
        worlds=[world("demo-31", 0.08), world("demo-32", 0.3)],
    )
    return build(data, tmp_path_factory.mktemp("study") / "page.html")


def fills(browser: Browser, which: str) -> list[str]:
    shapes = browser.driver.find_elements(By.CSS_SELECTOR, f"#map-{which} path.zone")
    return [str(shape.get_attribute("fill")) for shape in shapes]


def test_maps_follow_the_slider_and_the_world(
    browser: Browser, page: Path, wait: Callable[[Callable[[], Any]], Any]
) -> None:
    driver = browser.driver
    driver.get(page.as_uri())
    wait(lambda: len(fills(browser, "difference")) == 2)
    assert fills(browser, "incumbent")[0] == fills(browser, "incumbent")[1]
    noord, zuid = fills(browser, "difference")
    assert noord == zuid
    driver.find_element(By.ID, "hour").send_keys(Keys.ARROW_RIGHT)  # 13 h
    wait(lambda: fills(browser, "difference")[1] != zuid)
    assert fills(browser, "difference")[0] == noord
    title = driver.find_elements(By.CSS_SELECTOR, "#map-candidate path.zone title")[1]
    assert title.get_attribute("textContent") == "Zuid: 16%"
    before = fills(browser, "incumbent")
    Select(driver.find_element(By.ID, "world")).select_by_visible_text("demo-32")
    wait(lambda: fills(browser, "incumbent") != before)
    slider = driver.find_element(By.ID, "hour")
    slider.send_keys(Keys.HOME, *[Keys.ARROW_RIGHT] * 3)
    wait(lambda: fills(browser, "incumbent")[0] == "#ffffff")  # nobody was there
    assert driver.get_log("browser") == []


def test_verdict_and_groups_are_said_in_both_languages(browser: Browser, page: Path) -> None:
    driver = browser.driver
    driver.get(page.as_uri())
    verdict = driver.find_element(By.ID, "verdict").text
    assert verdict == "combined@as_released is: better, perhaps worse: visited zones"
    assert driver.find_element(By.ID, "changed-list").text == "estimator: em → combined"
    driver.find_element(By.ID, "lang-nl").click()
    verdict = driver.find_element(By.ID, "verdict").text
    assert verdict == "combined@as_released is: beter, misschien slechter: bezochte zones"
    assert driver.execute_script("return document.documentElement.lang") == "nl"
    browser.unfold("details.behind summary")
    tables = [each.text for each in driver.find_elements(By.CSS_SELECTOR, "details table")]
    assert "+15" in tables[0] and "bezochte zones" in tables[0]
    assert "Noord" in tables[1] and "8" in tables[1]
    driver.set_window_size(390, 800)
    widths = driver.execute_script("return [document.documentElement.scrollWidth, innerWidth]")
    assert widths[0] <= widths[1]
    assert driver.get_log("browser") == []
    driver.set_window_size(1280, 900)
