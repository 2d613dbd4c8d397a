"""Fit the models of a week on what was before it, once: the same inputs give the same files.

A week's bands are made by models that saw nothing of it, so a surge cannot teach them that it is
normal. The levels of alarm are fixed on the four weeks before, which were forecast by a model that
had not seen them either.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, lru_cache, partial
from pathlib import Path

import pandas as pd
from filelock import FileLock

import peil_models.crowding
from peil import methods
from peil.adapters import fitted
from peil.charter.schema import Charter
from peil.store.atomic import canonical, fresh_folder, read_json, replace_folder, write_json
from peil.store.provenance import environment
from peil.store.store import Store
from peil.watch.outlook import registering
from peil.watch.outlook.figures import HourlyFigures
from peil_models.crowding import (
    Climatology,
    CrowdingCalendar,
    CrowdingForecaster,
    CrowdingOutlook,
    CrowdingQuantiles,
    Nowcast,
    SurgeDetector,
    midnight,
)

WEEK = 7  # days that must be left to fix the levels on
FILE = "outlook.skops"
AGAIN = "delete its folder, then run `peil outlook` again"
Fitted = tuple[CrowdingForecaster, SurgeDetector, Nowcast]


@dataclass(frozen=True)
class WeekModels:
    """What says what is normal in a week, and what is not.

    Attributes
    ----------
    starts_at : Timestamp
        The Monday's midnight, local.
    version : str
        Name of estimator and inputs: stands in every row that it makes.
    places : dict of str to str
        Zones that are nobody's parent, and their names: episodes are sought in these.
    registered : str
        The version in the agency's registry, as ``outlook@3``.
    folder : Path
        Where they lie, and what is made by them alone.
    load : callable
        Returns them: of a week that is over, what they said is kept and they are not loaded.
    """

    starts_at: pd.Timestamp
    version: str
    places: dict[str, str]
    registered: str
    folder: Path
    load: Callable[[], Fitted]

    @property
    def forecaster(self) -> CrowdingForecaster:
        """What says what is normal."""
        return self.load()[0]

    @property
    def detector(self) -> SurgeDetector:
        """What says what is not."""
        return self.load()[1]

    @property
    def nowcast(self) -> Nowcast:
        """How long an error lasts."""
        return self.load()[2]


def locked(store: Store, pilot: str) -> FileLock:
    """The lock under which models of a pilot are fitted, and its outlook placed."""
    lock = store.own / "locks" / pilot / "outlook.lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    return FileLock(lock)


def monday_of(moment: pd.Timestamp) -> pd.Timestamp:
    """Midnight that begins the local week of a moment.

    >>> monday_of(pd.Timestamp("2026-03-04T20:00", tz="Europe/Amsterdam")).isoformat()
    '2026-03-02T00:00:00+01:00'
    """
    return midnight(moment, -moment.weekday())


def of_week(
    charter: Charter,
    store: Store,
    figures: HourlyFigures,
    calendar: CrowdingCalendar,
    starts_at: pd.Timestamp,
) -> WeekModels | None:
    """Load the models of a week, or fit them; None where too little was before it."""
    if not figures.days_before(starts_at) >= fewest_days(charter):
        return None
    name = _name(charter, figures, calendar, starts_at)
    folder = store.outlook_model(charter.pilot) / f"{starts_at:%Y-%m-%d}-{name}"
    if not (folder / "models.json").is_file():
        _fit(charter, store, figures, calendar, starts_at, folder)
    facts = read_json(folder / "models.json")
    return WeekModels(
        starts_at,
        f"{facts['estimator']} {name}",
        facts["places"],
        facts["registered"],
        folder,
        partial(_loaded, folder),
    )


@lru_cache(maxsize=4)  # a replay asks hour after hour; a folder's name says what is in it
def _loaded(folder: Path) -> Fitted:
    model: CrowdingOutlook = fitted.load(folder / FILE, fitted.CROWDING, AGAIN)
    return model.forecaster_, model.detector_, model.nowcast_


def _fit(
    charter: Charter,
    store: Store,
    figures: HourlyFigures,
    calendar: CrowdingCalendar,
    starts_at: pd.Timestamp,
    folder: Path,
) -> None:
    choices = methods.section("outlook", charter.pilot)
    learnt, days = int(choices["learnt_days"]), figures.days_before(starts_at)
    before = figures.all_until(starts_at)
    tried = tried_days(days, learnt, int(choices["tried_days"]))
    record = {
        "pilot": charter.pilot,
        "fitted_until": starts_at.isoformat(),
        "n_zones": int(before["zone_id"].nunique()),
    }
    kind = kind_for(days, learnt)
    model = CrowdingOutlook(kind(), tried_days=tried, record=record)
    model.fit(before, until(calendar, starts_at), starts_at)
    aside = fresh_folder(folder.with_name(f".{folder.name}.part"))
    fitted.save(model, aside / FILE)
    facts = {
        "estimator": kind.__name__,
        "basis": getattr(model.forecaster_, "basis_", "climatology"),
        "levels_tried_on_days": tried,
        **{name: value for name, value in record.items() if name != "pilot"},
    }
    label = registering.registered(charter, store, folder.name, model, facts)
    facts |= {"places": _places(charter, store, before), "registered": label}
    write_json(aside / "models.json", facts)
    replace_folder(aside, folder)


def fewest_days(charter: Charter) -> int:
    """How many days of figures a week needs before it, for anything to be said of it."""
    return int(methods.section("outlook", charter.pilot)["fewest_days"])


def tried_days(days: int, learnt: int, most: int) -> int:
    """How many of the last days before a week fix the levels; the rest is left to learn from.

    >>> [tried_days(days, learnt=49, most=28) for days in (84, 56, 42, 14)]
    [28, 7, 21, 7]
    """
    return min(most, days - learnt) if days >= learnt + WEEK else days // 2


def kind_for(days: int, learnt: int) -> type[CrowdingForecaster]:
    """The estimator for so many days of history: a boosting needs some, and a week tried."""
    return CrowdingQuantiles if days >= learnt + WEEK else Climatology


def _places(charter: Charter, store: Store, before: pd.DataFrame) -> dict[str, str]:
    """Zones of the lowest level and their names; without outlines at the agency, every zone."""
    zones = sorted(set(before["zone_id"]))
    from peil.area.area import area_of  # takes its second
    from peil.outcome import Refused

    try:
        area = area_of(charter, store)
    except (Refused, OSError):
        return {zone: zone for zone in zones}
    named = dict(zip(area.zones["zone_id"], area.zones["name"], strict=True))
    lowest = sorted(set(zones) & set(area.bottom())) or zones
    return {zone: str(named.get(zone) or zone) for zone in lowest}


def fingerprint(figures: str, calendar: CrowdingCalendar) -> str:
    """Hash of figures' hash and of what was known of their days, with the code that computes."""
    digest = hashlib.sha256(figures.encode())
    for column in [] if calendar.weather is None else calendar.weather:
        assert calendar.weather is not None
        content = calendar.weather[column]
        if column == "hour_at":
            content = content.dt.tz_convert("UTC").astype("int64")
        digest.update(str(column).encode() + b"\0")
        digest.update(pd.util.hash_pandas_object(content, index=False).to_numpy().tobytes())
    events = calendar.events.astype(str).to_numpy().tolist()
    holidays = sorted(str(day) for day in calendar.holidays)
    digest.update(canonical([events, holidays, _code(), environment()]))
    return digest.hexdigest()


def until(calendar: CrowdingCalendar, moment: pd.Timestamp) -> CrowdingCalendar:
    """The same without the weather from a moment on: what comes to be known of later hours."""
    weather = calendar.weather
    if weather is None:
        return calendar
    before = weather[weather["hour_at"] < moment].reset_index(drop=True)
    return replace(calendar, weather=before)


def _name(
    charter: Charter, figures: HourlyFigures, calendar: CrowdingCalendar, starts_at: pd.Timestamp
) -> str:
    events = calendar.events
    earlier = CrowdingCalendar(
        holidays=frozenset(day for day in calendar.holidays if day < starts_at.date()),
        events=events[events["from_at"] < starts_at],
        weather=until(calendar, starts_at).weather,
    )
    before = figures.hash_until(starts_at)
    basis = [fingerprint(before, earlier), methods.section("outlook", charter.pilot)]
    return hashlib.sha256(canonical(basis)).hexdigest()[:12]


@cache
def _code() -> dict[str, str]:
    sources = [Path(__file__), *sorted(Path(peil_models.crowding.__path__[0]).rglob("*.py"))]
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in sources}
