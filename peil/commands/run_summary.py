"""Print what a run did, in lines a person reads: made, look at, how good, odd, next.

The run itself is `peil.commands.run`; this module only words its report (`run_report`).
"""

from __future__ import annotations

from rich.console import Console

from peil.commands.run_report import Released, Report
from peil.commands.typed import typed

ODD_ERROR = 0.2  # mean error of presence where the truth is known
# how good, by product and measure: from a share to a clause
SCORES = {
    ("presence", "mape_day"): "presence by zone and daytime hour errs by {} on average",
    ("flows", "cpc"): "flows share {} of the true trips",
    ("visitors", "mape"): "visitors by origin err by {}",
}


def tell_run(pilot: str, report: Report, console: Console, complaint: Console) -> None:
    """Print a run's report: what is wrong first, the five lines of the summary last.

    A day that stopped comes after what cannot be vouched for: its sentence names the way out.
    """
    for line in [
        *([f"Cannot be vouched for: {report.fault}"] if report.fault else []),
        *(f"Trouble: {line}" for line in report.troubles),
        *(f"{day} stopped: {why}" for day, why in report.stopped.items()),
    ]:
        complaint.print(line, style="red", markup=False, highlight=False, soft_wrap=True)
    for outcome in report.outcomes:
        if outcome.verb == "train":
            _line(console, "Trained:", f"{outcome.facts.get('champion', outcome.status)}")
    for product in report.released:
        _line(console, "Released:", _product(product, report.unit))
    for outcome in report.outcomes:
        if outcome.verb == "retain" and outcome.facts.get("deleted"):
            _line(console, "Retained:", "; ".join(str(fact) for fact in outcome.facts.values()))
    if report.unchanged:
        n = len(report.unchanged)
        units = f"{n} {report.unit}{'s' if n > 1 else ''}"
        console.print(f"{units} released before: nothing was done again.")
    if report.verified:
        _line(console, "Verified:", report.verified.removeprefix("Verified: "))
    if report.operator_page is not None:
        _line(console, "Operator:", str(report.operator_page))
    _line(console, "Made:", _made(pilot, report))
    page = report.page or "the page of the pilot is made with its first released day"
    _line(console, "Look at:", str(page), "bold")
    _line(console, "How good:", how_good(report))
    for title, line in zip(("Unusual:", *[""] * len(report.unusual)), report.unusual, strict=False):
        _line(console, title, line)
    _line(console, "Odd:", _odd(report))
    words = typed()
    _line(console, "Next:", f"{words} status {pilot}   {words} quality {pilot}")


def _line(console: Console, title: str, text: str, style: str = "") -> None:
    console.print(f"{title:11}{text}", style=style, markup=False, highlight=False, soft_wrap=True)


def _product(product: Released, unit: str = "day") -> str:
    days = f"{product.n_periods} {unit}{'s' if product.n_periods > 1 else ''}"
    return (
        f"{product.product}, {days}, {product.n_entries:,} entries, "
        f"{product.n_withheld:,} withheld: {product.folder}"
    )


def _made(pilot: str, report: Report) -> str:
    n_days = next((p.n_periods for p in report.released if p.product == "presence"), 0)
    names = ", ".join(product.product for product in report.released) or "nothing"
    return f"{names} of {pilot}, {n_days} of {max(report.n_days, n_days)} {report.unit}s released"


def how_good(report: Report) -> str:
    """Say the scores on known truth in words.

    >>> how_good(Report(scores={"presence": {"mape_day": 0.0533}, "flows": {"cpc": 0.929}}))[:66]
    'presence by zone and daytime hour errs by 5.3% on average; flows s'
    """
    clauses = [
        words.format(f"{report.scores[product][measure]:.1%}")
        for (product, measure), words in SCORES.items()
        if measure in report.scores.get(product, {})
    ]
    if not clauses:
        return "not known: no truth of this pilot is known; read the intervals of its figures"
    return f"{'; '.join(clauses)} (known truth)"


def _odd(report: Report) -> str:
    oddities = [
        f"{len(members)} {word}{'s' if len(members) > 1 else ''} {ending}"
        for members, word, ending in (
            (report.stopped, report.unit, "stopped, see above"),
            (report.troubles, "trouble", "noted, see above"),
        )
        if members
    ]
    oddities += [
        f"of {product.product} every entry is withheld: too few devices for the threshold"
        for product in report.released
        if product.n_withheld == product.n_entries
    ]
    if report.scores.get("presence", {}).get("mape_day", 0.0) > ODD_ERROR:
        oddities.append("presence errs so much that it serves nobody: too few devices, or the plan")
    return "; ".join(oddities) or "nothing unusual"
