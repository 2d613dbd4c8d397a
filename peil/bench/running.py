"""Which benchmark a name asks for."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from peil.outcome import Outcome, Refused

NAMES = ("accuracy", "estimate", "location", "stage", "stays")


def run(name: str, events: str | None, on: Sequence[str], tell: Callable[[str], object]) -> Outcome:
    """Measure, and write the figures under benchmarks/.

    Parameters
    ----------
    name : str
        One of `NAMES`.
    events : str or None
        Sizes for `stage`, and for the part `products` of `estimate`.
    on : sequence of str
        Parts of `accuracy` or of `estimate`.
    tell : callable
        Called with a sentence about progress.

    Raises
    ------
    Refused
        A benchmark that does not exist.
    """
    if name == "accuracy":
        from peil.bench.accuracy import accuracy

        return accuracy(on, tell)
    if name == "estimate":
        from peil.bench import estimate, stage

        return estimate.estimate(tell, events=stage.sizes_of(events), on=on)
    if name == "location":
        from peil.bench import location

        return location.location(location.SIZES, tell)
    if name == "stage":
        from peil.bench import stage

        return stage.stage(stage.sizes_of(events), tell)
    if name == "stays":
        from peil.bench import stays

        return stays.stays(stays.SIZES, tell)
    listed = ", ".join(f"`{one}`" for one in NAMES[:-1])
    raise Refused(f"No benchmark {name}: there are {listed} and `{NAMES[-1]}`.")
