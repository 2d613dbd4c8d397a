"""The demonstration pilot with an outlook: bands, the next day, episodes; nothing measured."""

from __future__ import annotations

from typing import Any

from small_country import country, hours, page_data, released

from peil.pages.outlook.content import BANDS, OutlookContent, OutlookScores, Surge
from peil.pages.portal import PortalData

TIMES = hours("2026-03-02T00:00:00", 168)
WIDTHS = dict(zip(BANDS, (0.86, 0.92, 1.0, 1.09, 1.16), strict=True))
PEOPLE = {
    "observed": 9000,
    "expected": 6000,
    "excess_low": 2400,
    "excess_high": 3600,
    "times_a_year": 0.01,
}
MATCH = 2 * 24 + 20  # Wednesday 20:00


def surge(zone_id: str, began: int, last: int | None, level: Any, **more: Any) -> Surge:
    """An episode from hour to hour of the week; without a last hour it goes on."""
    return Surge(
        zone_id=zone_id,
        began=TIMES[began],
        ended=TIMES[last] if last else "",
        is_over=last is not None,
        level=level,
        **{**PEOPLE, **more},
    )


SURGES = [
    surge("M07", MATCH, MATCH + 3, 3, times_a_year=0.01, event="Cup final"),
    surge("M01", 5 * 24 + 13, 5 * 24 + 18, 2, times_a_year=0.8, observed=5200, expected=4100),
    surge("M12", 30, 33, 1, times_a_year=4.2, observed=2100, expected=1800),
]


def quality(error: float) -> dict[str, float]:
    """What is said of one way to forecast."""
    return {"error": error, "coverage_80": 0.79, "coverage_95": 0.94}


SCORES = OutlookScores(
    n_hours=3360,
    methods={
        "outlook": quality(41.0),
        "climatology": quality(55.0),
        "seasonal_naive": quality(62.0),
    },
    quantiles=[0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975],
    calibration=[0.03, 0.11, 0.24, 0.52, 0.74, 0.88, 0.96],
    zone_months=4.0,
    planted=[
        {"size": 0.3, "n": 120, "in_first_hour": 0.41, "within_two_hours": 0.55},
        {"size": 1.0, "n": 120, "in_first_hour": 0.97, "within_two_hours": 1.0},
    ],
)


def outlook(surges: list[Surge] | None = None, reload_s: int = 60) -> OutlookContent:
    """Bands of what a zone had a day before, and a day more than the week has."""
    table = released(country(), TIMES)
    ahead = hours("2026-03-02T00:00:00", 192)[168:]
    columns: dict[str, list[list[int | None]]] = {name: [] for name in BANDS}
    for row in table.values:
        usual = [row[t] if t < 24 else row[t - 24] for t in range(192)]
        for name, width in WIDTHS.items():
            columns[name].append([None if v is None else round(v * width) for v in usual])
    return OutlookContent(
        newest=TIMES[-1],
        model="CrowdingQuantiles 0123456789ab",
        zone_ids=table.zone_ids,
        times=[*TIMES, *ahead],
        bands=columns,
        scores=SCORES,
        reload_s=reload_s,
        surges=SURGES if surges is None else surges,
    )


def outlook_data(surges: list[Surge] | None = None) -> PortalData:
    """The page of the week with its outlook."""
    return page_data(outlook=outlook(surges))
