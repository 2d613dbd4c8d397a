"""A headless Chromium that keeps its console and its network log."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from selenium import webdriver
from selenium.common.exceptions import TimeoutException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.ui import WebDriverWait

CHROMIUM, CHROMEDRIVER = Path("/usr/bin/chromium"), Path("/usr/bin/chromedriver")
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--lang=en-GB",
)


class Browser:
    """A page opened from disk, with what it said and asked for.

    `driver` is selenium's own; `open` loads a file; `requests` and `errors` empty their logs.
    """

    def __init__(self, driver: webdriver.Chrome) -> None:
        self.driver = driver
        self.width = 0

    def open(self, file: Path, fragment: str = "", width: int = 1280, height: int = 900) -> None:
        """Load a page from disk in a window of this size (a phone: 360 x 740)."""
        self.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600},
        )
        self.width = width
        self.driver.get("about:blank")
        self.requests(), self.errors()
        self.driver.get(file.resolve().as_uri() + fragment)
        # on a busy machine the driver may still look at the blank page for a moment
        drawn = (
            "return location.protocol === 'file:' && document.readyState === 'complete' "
            "&& document.getElementById('page')?.childElementCount !== 0"
        )
        with suppress(TimeoutException):  # then the test says what is not there
            WebDriverWait(self.driver, 10, 0.02).until(lambda _: self.run(drawn))

    def requests(self) -> list[str]:
        """Every address asked for since the last call, the page's own file included."""
        paths = []
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                paths.append(message["params"]["request"]["url"])
        return paths

    def errors(self) -> list[str]:
        """What the console holds since the last call: errors, warnings, policy violations."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def run(self, script: str, *arguments: Any) -> Any:
        return self.driver.execute_script(script, *arguments)

    def text(self, selector: str) -> str:
        """Text of the first element as the reader sees it; at most 10 s until it is there.

        A link within the page shows its section in an event of its own, after the key's.
        """
        script = "return document.querySelector(arguments[0]) !== null"
        WebDriverWait(self.driver, 10, 0.05).until(lambda _: self.run(script, selector))
        return str(self.run("return document.querySelector(arguments[0]).innerText", selector))

    def click(self, selector: str) -> None:
        """Click the first element; at most 10 s until it is there, as for `text`."""
        self.text(selector)
        self.driver.find_element("css selector", selector).click()

    def unfold(self, selector: str = "details summary") -> None:
        """Open each box that folds, and wait at most 10 s until every table in one is there.

        A box that opens says so in an event of its own, after the click's: the table behind a
        graphic is filled only then.
        """
        for summary in self.driver.find_elements("css selector", selector):
            self.run("arguments[0].click()", summary)
        empty = "return document.querySelector('details.behind[open] > .scroll:empty') === null"
        WebDriverWait(self.driver, 10, 0.05).until(lambda _: self.run(empty))

    def has_sideways_scroll(self) -> bool:
        """Whether the page is wider than the window. `innerWidth` would grow with the page."""
        return int(self.run("return document.documentElement.scrollWidth")) > self.width


@contextmanager
def chromium(profile: Path) -> Iterator[Browser]:
    """Start Chromium with a profile folder of its own; it ends with the block."""
    options = webdriver.ChromeOptions()
    options.binary_location = str(CHROMIUM)
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(str(CHROMEDRIVER)))
    try:
        yield Browser(driver)
    finally:
        driver.quit()
