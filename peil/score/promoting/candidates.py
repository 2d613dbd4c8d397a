"""Which candidate is meant: one of a study by its name, or a registered version.

A version is found again in a study by its estimator and its choices; no other has its evidence.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from peil import methods
from peil.adapters import versions
from peil.adapters.versions import FOOTPRINT, PRESENCE, Version
from peil.estimate.champion import SECTIONS, choices_of
from peil.outcome import Refused
from peil.score.studies.plan import PILOT
from peil.store.store import Store

VERSION = re.compile(rf"{PRESENCE}@([1-9]\d{{0,8}})")


@dataclass(frozen=True)
class Tried:
    """A version of presence, or what may become one, with its name in a study.

    Attributes
    ----------
    name : str
        In the study, as ``em@more_steps``.
    choices : dict
        Choices of methods.toml that it differs in, by dotted name.
    version : Version, optional
        Where it is registered already.
    """

    name: str
    estimator: str
    choices: dict[str, Any]
    version: Version | None = None

    @property
    def label(self) -> str:
        """What people call it: its version, and its name in the study."""
        return f"{PRESENCE}@{self.version.number} ({self.name})" if self.version else self.name


def meant(store: Store, pilot: str, words: str, record: dict[str, Any]) -> Tried:
    """The candidate that somebody names: ``presence@3``, or one of the study.

    Raises
    ------
    Refused
        No such version or candidate; or the study does not try what it would be in this pilot.
    """
    if match := VERSION.fullmatch(words):
        version = versions.of_number(store, pilot, PRESENCE, int(match[1]))
        return of_version(version, pilot, record)
    if words not in record["candidates"]:
        names = ", ".join(record["candidates"])
        raise Refused(
            f"{words} is neither a version, as presence@2, nor a candidate of the study "
            f"{record['study']['study']}: there are {names}."
        )
    estimator, _, label = words.partition("@")
    choices, usual = dict(record["study"]["parameters"][label]), usual_of(pilot)
    if missing := sorted(set(usual) - set(choices)):
        raise Refused(
            f"{words} was tried with another {missing[0]} than {pilot} has in methods.toml "
            f"({usual[missing[0]]}): add it to that set of parameters, and to one that has nothing "
            f"else; then run the study {record['study']['study']} again."
        )
    choices = {key: value for key, value in choices.items() if usual.get(key) != value}
    return Tried(words, estimator, choices)


def usual_of(pilot: str) -> dict[str, Any]:
    """Choices in which methods.toml gives a pilot others than worlds of studies, by dotted name.

    Those that decide estimates; but for the footprint, which is trained in each world by itself.
    """
    return {
        f"{name}.{key}": value
        for name in SECTIONS
        if name != FOOTPRINT
        for key, value in methods.section(name, pilot).items()
        if value != methods.section(name, PILOT)[key]
    }


def of_version(version: Version, pilot: str, record: dict[str, Any]) -> Tried:
    """A version as the study tries it.

    Raises
    ------
    Refused
        The study does not.
    """
    estimator, choices = version.model.estimator, choices_of(version)
    tried = {**usual_of(pilot), **choices}
    name = named(record, estimator, tried)
    if name is None:
        what = version.label if version.number else "what is released"
        ways = ", ".join(f"{key}: {value}" for key, value in tried.items()) or "as released"
        raise Refused(
            f"The study {record['study']['study']} does not try {what} ({estimator}, {ways}): add "
            "that estimator and set of parameters to it, and run it again."
        )
    return Tried(name, estimator, choices, version if version.number else None)


def named(record: dict[str, Any], estimator: str, choices: dict[str, Any]) -> str | None:
    """The name in a study of an estimator with these choices; none where it is not tried."""
    sets = record["study"]["parameters"]
    labels = [label for label, values in sets.items() if dict(values) == dict(choices)]
    names = [f"{estimator}@{label}" for label in labels]
    return next((name for name in names if name in record["candidates"]), None)
