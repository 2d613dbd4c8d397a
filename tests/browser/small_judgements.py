"""Made-up judgements: scores of estimators, gates of a week, an operator's accounting."""

from __future__ import annotations

from peil.charter.schema import Words
from peil.pages.operator_page import AlertRow, DayStates, OperatorData, StateOfDay
from peil.pages.portal import Gate, Result, Score
from peil.stage.accounting import FileAccount

DAYS = [f"2026-03-{d:02d}" for d in range(2, 9)]


def scores() -> list[Score]:
    """Six figures a measure: three estimators, two footprints."""
    hours_compared = Words(en="07-20 h", nl="07-20 u")
    table: dict[str, tuple[float, ...]] = {
        "mape": (0.194, 0.194, 0.118, 0.071, 0.092, 0.048),
        "bias": (0.031, 0.031, -0.012, -0.004, -0.009, 0.002),
        "coverage": (0.41, 0.41, 0.79, 0.88, 0.84, 0.893),
        "emd": (1480, 1480, 870, 640, 702, 455),
    }
    keys = [(e, f) for e in ("voronoi", "sb", "em") for f in ("default", "fitted")]
    return [
        Score(
            estimator=e,
            footprint=f,
            measure=m,
            value=v,
            n=1960,
            period=hours_compared,
            unit="m" if m == "emd" else "share",
            is_champion=(e, f) == ("em", "fitted"),
            note=Words(
                en="Voronoi uses no footprint: both rows are the same.",
                nl="Voronoi gebruikt geen bereik: beide regels zijn gelijk.",
            )
            if e == "voronoi" and m == "mape"
            else "",
        )
        for m, row in table.items()
        for (e, f), v in zip(keys, row, strict=True)
        if not (e == "voronoi" and f == "fitted")
    ]


def gates() -> list[Gate]:
    """A week of gates: one closed, one with a note."""
    expected = {
        "raw": ("events", "A day with far fewer rows is a broken delivery.", "stop"),
        "staged": (
            "stg_operator__events",
            "Many unknown cells mean an outdated cell plan.",
            "stop",
        ),
        "estimated": ("est_presence__by_zone_hour", "Few devices may be without a place.", "note"),
        "released": ("rel_presence__by_zone_hour", "Parts must add up to the whole.", "stop"),
    }
    out = []
    for day in DAYS:
        for state, (table, why, severity) in expected.items():
            bad = (day, state) in {("2026-03-05", "estimated"), ("2026-03-08", "staged")}
            results = [
                Result(
                    expectation="expect_share_to_be_between",
                    table=table,
                    why=why,
                    severity=severity,
                    success=not bad,
                    observed={"n_rows": 987_654, "unlocated_share": 0.0312 if bad else 0.004},
                ),
                Result(
                    expectation="expect_column_values_to_not_be_null",
                    table=table,
                    why="A row without its key cannot be counted.",
                    severity="stop",
                    success=True,
                ),
            ]
            if state == "released" and day == "2026-03-08":
                continue
            out.append(
                Gate(
                    state=state, day=day, is_open=not (bad and severity == "stop"), results=results
                )
            )
    return out


def operator_data() -> OperatorData:
    """A week at the operator's: one closed gate, one file that does not add up."""
    days, files = [], []
    for i, day in enumerate(DAYS):
        is_bad = day == DAYS[-1]
        states = {
            "raw": StateOfDay(status="done", gate="open"),
            "staged": StateOfDay(
                status="done",
                gate="closed" if is_bad else "open",
                reason="3.1 % of rows name a cell that the plan does not know" if is_bad else "",
            ),
            "estimated": StateOfDay(
                status="waiting" if is_bad else "done",
                gate="waiting" if is_bad else "open",
                reason="waits for staged" if is_bad else "",
            ),
            "released": StateOfDay(
                status="waiting" if is_bad else "done",
                gate="waiting" if is_bad else "open",
                reason="waits for estimated" if is_bad else "",
            ),
        }
        days.append(
            DayStates(
                day=day,
                states=states,
                withheld_share=None if is_bad else 0.012 + i / 1000,
                unlocated_share=None if is_bad else 0.004,
            )
        )
        for part in range(2):
            delivered = 214_337 + 1_003 * i + part
            quarantined = {
                "duplicate": 1_204 + i,
                "null_value": 37,
                "unknown_cell": 12,
                "late": 3 if part else 0,
            }
            opted_out = 410
            staged = (
                delivered - opted_out - sum(quarantined.values()) - (2 if is_bad and part else 0)
            )
            files.append(
                FileAccount(
                    day=day,
                    file=f"events_{day}_{part}.csv.gz",
                    n_delivered=delivered,
                    n_staged=staged,
                    n_opted_out=opted_out,
                    quarantined=quarantined,
                )
            )
    alerts = [
        AlertRow(
            day=DAYS[-1],
            state="staged",
            severity="stop",
            why="Many unknown cells mean an outdated cell plan.",
        ),
        AlertRow(
            day="2026-03-05",
            state="estimated",
            severity="note",
            why="Few devices may be without a place.",
        ),
    ]
    return OperatorData(
        pilot="demo",
        title=Words(en="Presence in Peilland", nl="Aanwezigheid in Peilland"),
        period_start=DAYS[0],
        period_end=DAYS[-1],
        days=days,
        files=files,
        alerts=alerts,
    )
