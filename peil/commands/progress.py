"""How far a long command is, and how long the rest of it takes.

Which steps there are is said by the command; what a step does is none of this module's business.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, SpinnerColumn, Task, TextColumn
from rich.text import Text

Tell = Callable[[str, str, str], None]
PRIOR_S = 20.0  # seconds for which the weights are believed as they are, before any step is timed


@dataclass(frozen=True)
class Step:
    """One step of a command.

    Attributes
    ----------
    name, day : str
        What is done to which day; `day` is empty for what is done once.
    weight : float
        Seconds it took where it was measured: only the proportions matter.
    n_parts : int
        For how many steps it counts, where several are done in one go.
    """

    name: str
    day: str = ""
    weight: float = 1.0
    n_parts: int = 1


@dataclass
class Pace:
    """Steps done and left, and the time left at the pace of those that are done.

    Steps that fall away (their day stopped, or nothing was to do) move the bar, not the pace. Of
    steps that go on together each second counts once.

    Parameters
    ----------
    steps : iterable of Step
    clock : callable
        Seconds on a clock that never goes back.

    Examples
    --------
    >>> seconds = iter((0.0, 0.0, 30.0, 30.0))
    >>> pace = Pace([Step("ingest", "a", 10), Step("stage", "a", 10)], lambda: next(seconds))
    >>> pace.start("ingest", "a")
    >>> pace.finish("ingest", "a")
    >>> pace.n_done, pace.n_steps, pace.share, round(pace.seconds_left())
    (1, 2, 0.5, 17)
    """

    steps: Iterable[Step]
    clock: Callable[[], float] = time.monotonic
    _left: dict[tuple[str, str], Step] = field(init=False)
    _passed: list[Step] = field(init=False, default_factory=list)
    _timed_s: float = field(init=False, default=0.0)
    _timed_weight: float = field(init=False, default=0.0)
    _counted_to: float = field(init=False, default=0.0)
    _current: dict[tuple[str, str], float] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._left = {(step.name, step.day): step for step in self.steps}
        self._counted_to = self.clock()

    def start(self, name: str, day: str = "") -> None:
        """Say that a step begins."""
        self._current[name, day] = self.clock()

    def finish(self, name: str, day: str = "") -> None:
        """Say that a step is done; one that was not planned changes nothing."""
        step = self._left.pop((name, day), None)
        if step is not None:
            self._passed.append(step)
            if (name, day) in self._current:
                now = self.clock()
                self._timed_s += now - max(self._current[name, day], self._counted_to)
                self._timed_weight += step.weight
                self._counted_to = now
        self._current.pop((name, day), None)

    def skip(self, day: str, *names: str) -> None:
        """Let steps of a day fall away: all that are left, or those of these names."""
        for name, of_day in list(self._left):
            if of_day == day and (not names or name in names):
                self._passed.append(self._left.pop((name, of_day)))

    @property
    def n_done(self) -> int:
        """Steps that are done or fell away."""
        return sum(step.n_parts for step in self._passed)

    @property
    def n_steps(self) -> int:
        """All steps."""
        return self.n_done + sum(step.n_parts for step in self._left.values())

    @property
    def share(self) -> float:
        """Share of the work that is done or fell away, from 0 to 1."""
        passed = sum(step.weight for step in self._passed)
        whole = passed + sum(step.weight for step in self._left.values())
        return passed / whole if whole else 1.0

    def seconds_left(self) -> float:
        """Seconds that the rest takes, at the pace of the steps that were timed."""
        pace = (self._timed_s + PRIOR_S) / (self._timed_weight + PRIOR_S)
        left = pace * sum(step.weight for step in self._left.values())
        now = self.clock()
        for key, began in self._current.items():
            if key in self._left:
                left -= min(now - max(began, self._counted_to), pace * self._left[key].weight)
        return max(left, 0.0)


def time_in_words(seconds: float) -> str:
    """Say how long something takes, roughly.

    >>> time_in_words(3), time_in_words(47), time_in_words(200)
    ('a few s', 'about 50 s', 'about 3 min')
    """
    if seconds < 5:
        return "a few s"
    if seconds < 55:
        return f"about {10 * max(1, round(seconds / 10))} s"
    return f"about {max(1, round(seconds / 60))} min"


class PaceColumn(ProgressColumn):
    """Steps done of all, and the time left, of the pace that a task of rich carries."""

    def render(self, task: Task) -> Text:
        """Write `12/31, about 2 min left`."""
        pace: Pace | None = task.fields.get("pace")
        if pace is None:
            return Text("")
        if pace.n_done == pace.n_steps:
            return Text(f"{pace.n_done}/{pace.n_steps}")
        return Text(f"{pace.n_done}/{pace.n_steps}, {time_in_words(pace.seconds_left())} left")


@contextmanager
def shown(console: Console, title: str, steps: Iterable[Step]) -> Iterator[Tell]:
    """Show a bar while a command runs; what it yields is told each step's name, day and word.

    Words are ``starts``, ``done``, ``unchanged`` (the step falls away) and ``stopped`` (all steps
    of its day fall away).
    """
    pace = Pace(steps)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), PaceColumn())
    with Progress(*columns, console=console) as progress:
        bar = progress.add_task(title, total=1.0, pace=pace)

        def tell(name: str, day: str, word: str) -> None:
            if word == "starts":
                pace.start(name, day)
            elif word == "done":
                pace.finish(name, day)
            elif word == "unchanged":
                pace.skip(day, name)
            elif word == "stopped":
                pace.skip(day)
            description = f"{day} {name} {word}".strip()
            progress.update(bar, completed=pace.share, description=description)

        yield tell


def in_turn(tell: Tell) -> Callable[[str, float], None]:
    """Make of `tell` a callback that is called as each step begins: the one before is done."""
    before: list[str] = []

    def begins(name: str, _share: float) -> None:
        while before:
            tell(before.pop(), "", "done")
        if name != "done":
            before.append(name)
            tell(name, "", "starts")

    return begins
