"""What a study tries: read from its file, and refused in one sentence where it is none."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from peil import methods
from peil.outcome import Refused
from peil.settings import Settings
from peil.store import provenance
from peil.store.atomic import canonical
from peil_models.synthetic import MAKES

Value = bool | int | float | str
PILOT = "demo"  # what `peil simulate` writes
MOST_DAYS = 5  # from a Monday on: each is calibrated on its own night


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Worlds(_Part):
    """Which simulated countries: of each make one a seed."""

    makes: list[str] = Field(["demo"], min_length=1)
    seeds: list[int] = Field(min_length=1)
    devices: int = Field(3_000, ge=1_000)
    days: int = Field(2, ge=1, le=MOST_DAYS)
    is_trained: bool = Field(False, description="the footprint is calibrated on the first nights")


class Study(_Part):
    """What is tried, on which worlds.

    Attributes
    ----------
    estimators : list of str
        Names of rows of `peil.estimate.estimators`, or of estimators of your own.
    parameters : dict
        Sets by name: choices of `methods.toml`, as ``presence.em_max_iter``, and their values.
    """

    study: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str
    worlds: Worlds
    estimators: list[str] = Field(min_length=1)
    parameters: dict[str, dict[str, Value]] = Field(min_length=1)

    def candidates(self) -> list[str]:
        """Each estimator with each set of parameters, as ``combined@as_released``."""
        return [f"{name}@{label}" for name in self.estimators for label in self.parameters]

    def units(self, source: str) -> Iterator[Unit]:
        """What is worked on by itself: a world with a set of parameters, all estimators at once.

        Parameters
        ----------
        source : str
            Hash of the files of estimators of your own; empty where there are none.
        """
        for label, choices in self.parameters.items():
            for world in self.every_world():  # neighbours are of other worlds, and go on together
                yield Unit(world, label, _nested(choices), tuple(self.estimators), source)

    def every_world(self) -> list[StudyWorld]:
        """The worlds, make by make."""
        which = self.worlds
        return [
            StudyWorld(make, seed, which.devices, which.days, which.is_trained)
            for make in which.makes
            for seed in which.seeds
        ]


@dataclass(frozen=True)
class StudyWorld:
    """A simulated country, and the records of its operator."""

    make: str
    seed: int
    devices: int
    days: int
    is_trained: bool

    @property
    def name(self) -> str:
        """As ``demo-31``."""
        return f"{self.make}-{self.seed}"

    @property
    def key(self) -> str:
        """What its store is called: another where what makes it differs."""
        return _hash(asdict(self))


@dataclass(frozen=True)
class Unit:
    """A world with a set of parameters."""

    world: StudyWorld
    label: str
    choices: dict[str, dict[str, Value]]
    estimators: tuple[str, ...]
    source: str

    @property
    def key(self) -> str:
        """What its results are called."""
        return _hash(asdict(self))


def _hash(content: dict[str, Any]) -> str:
    whole = {
        **content,
        "code": provenance.code_hash(),
        "environment": provenance.environment(),
        "methods": methods.fingerprint(PILOT),
    }
    return hashlib.sha256(canonical(whole)).hexdigest()[:32]


def _nested(choices: dict[str, Value]) -> dict[str, dict[str, Value]]:
    """Put dotted names in sections.

    >>> _nested({"presence.em_max_iter": 3})
    {'presence': {'em_max_iter': 3}}
    """
    nested: dict[str, dict[str, Value]] = {}
    for name, value in choices.items():
        section, _, key = name.partition(".")
        nested.setdefault(section, {})[key] = value
    return nested


def read(name: str, settings: Settings) -> Study:
    """Read a study by its name.

    Raises
    ------
    Refused
        No such file, not YAML, or no study: file and key.
    """
    file = settings.studies / f"{name}.study.yml"
    if not file.is_file():
        others = ", ".join(names(settings)) or "none"
        raise Refused(f"No study at {file}: write it, or name one that is there ({others}).")
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
        study = Study.model_validate(content)
    except (yaml.YAMLError, UnicodeDecodeError):
        raise Refused(f"{file} is not YAML: correct it and try again.") from None
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"]) or "(the whole)"
        raise Refused(f"{file}, {key}: {first['msg']}.") from None
    if study.study != name:
        raise Refused(f"{file}, study: is {study.study}, but the file says {name}.")
    if unknown := sorted(set(study.worlds.makes) - set(MAKES)):
        raise Refused(f"{file}, worlds.makes: no make {unknown[0]}; there are {', '.join(MAKES)}.")
    doubled = {
        "worlds.makes": len(set(study.worlds.makes)) < len(study.worlds.makes),
        "worlds.seeds": len(set(study.worlds.seeds)) < len(study.worlds.seeds),
        "estimators": len(set(study.estimators)) < len(study.estimators),
    }
    for key, is_doubled in doubled.items():
        if is_doubled:
            raise Refused(f"{file}, {key}: names one twice, which tells nothing more.")
    for label, choices in study.parameters.items():
        for choice, value in choices.items():
            if why := _not_to_be_tried(choice, value):
                raise Refused(f"{file}, parameters.{label}, {choice}: {why}.")
    return study


def _not_to_be_tried(choice: str, value: Value) -> str:
    """Why a choice cannot be tried with a value; empty where it can.

    >>> _not_to_be_tried("presence.em_max_iter", 20)
    ''
    """
    section, _, key = choice.partition(".")
    usual = methods.every(PILOT).get(section, {}).get(key)
    if usual is None:
        return "methods.toml has no such choice"
    if isinstance(value, float) and not math.isfinite(value):
        return "is no finite number"
    number = (int, float)
    kind = number if isinstance(usual, number) and not isinstance(usual, bool) else type(usual)
    if not isinstance(value, kind) or isinstance(value, bool) != isinstance(usual, bool):
        return f"is of another type than in methods.toml, which has {usual}"
    return ""


def names(settings: Settings) -> list[str]:
    """The studies that are there."""
    ending = ".study.yml"
    return sorted(file.name.removesuffix(ending) for file in settings.studies.glob(f"*{ending}"))


def folder_of(root: Path, name: str) -> Path:
    """Where the results of a study lie, in the store."""
    return root / "studies" / name
