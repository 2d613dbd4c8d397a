"""Fixtures for tests of pages: one Chromium, and the page of the demonstration pilot."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from chromium import CHROMEDRIVER, CHROMIUM, Browser, chromium
from selenium.webdriver.support.ui import WebDriverWait
from small_country import grid_data, page_data
from small_flows import moving_data

from peil.pages.portal import PortalData, build


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One Chromium for the session, with a profile of its own; skipped when it is absent."""
    for program in (CHROMIUM, CHROMEDRIVER):
        if not program.exists():
            pytest.skip(f"{program} is absent: apt-get install chromium chromium-driver")
    with chromium(tmp_path_factory.mktemp("chromium")) as browser:
        yield browser


@pytest.fixture
def wait(browser: Browser) -> Callable[[Callable[[], Any]], Any]:
    """Wait at most 5 s until something holds, and return it."""

    def until(holds: Callable[[], Any]) -> Any:
        return WebDriverWait(browser.driver, 5, 0.05).until(lambda _: holds())

    return until


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[PortalData, Path]:
    """The demonstration pilot and its page."""
    data = page_data()
    return data, build(data, tmp_path_factory.mktemp("demo"))


@pytest.fixture(scope="session")
def hush(tmp_path_factory: pytest.TempPathFactory) -> tuple[PortalData, Path]:
    """A pilot in which everything is withheld, and its page."""
    data = grid_data(all_withheld=True)
    return data, build(data, tmp_path_factory.mktemp("hush"))


@pytest.fixture(scope="session")
def moving(tmp_path_factory: pytest.TempPathFactory) -> tuple[PortalData, Path]:
    """The demonstration pilot with flows and visitors, and its page."""
    data = moving_data()
    return data, build(data, tmp_path_factory.mktemp("moving"))
