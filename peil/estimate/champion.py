"""The models whose figures are released: champions of the registry, or the defaults before them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from peil import methods
from peil.adapters import versions
from peil.adapters.versions import PRESENCE, Evidence, Version
from peil.charter.schema import Charter
from peil.estimate.by_ledger import approved_hash
from peil.estimate.estimators import ESTIMATORS, RELEASED_ESTIMATOR, Estimator, Given
from peil.estimate.standing import enter, standing
from peil.outcome import Refused
from peil.store import provenance
from peil.store.atomic import canonical, read_whole
from peil.store.store import Store
from peil_models.footprint import FootprintSignalStrength
from peil_models.presence import PresenceByName
from peil_models.presence.by_name import OF_THE_AREA

Choices = Mapping[str, Any]
AS_RELEASED: Choices = {}  # what leaves nothing of methods.toml
# sections of methods.toml that decide a version of presence; what protects people is none of them
SECTIONS = ("footprint", "location", "presence", "weighting", "uncertainty")


def default_footprint(pilot: str) -> FootprintSignalStrength:
    """The footprint of `methods.toml`, not calibrated."""
    return FootprintSignalStrength(**methods.section("footprint", pilot))


def champion_of(store: Store, pilot: str) -> Version:
    """The footprint whose figures are released: the champion, or the defaults before the first.

    Raises
    ------
    Refused
        The pilot was trained, and the registry knows nothing of it: the defaults would give other
        figures without a word.
    """
    champion = standing(store, pilot, versions.FOOTPRINT)
    if champion is None and store.trained(pilot).exists():
        raise Refused(
            f"{pilot} was trained, but MLflow holds no footprint of it: restore MLflow's database "
            f"from backup, or run `peil train {pilot}`."
        )
    return champion or Version(0, "defaults", default_footprint(pilot))


def presence_of(store: Store, pilot: str) -> Version:
    """The version of presence whose figures are released, or what is released before the first.

    Raises
    ------
    Refused
        Its estimator is none of Peil's: what leaves an operator is reviewed code; or it is not what
        was approved.
    """
    champion = standing(store, pilot, PRESENCE)
    if champion is None:
        return Version(0, "defaults", PresenceByName(RELEASED_ESTIMATOR))
    if champion.model.estimator not in ESTIMATORS:
        raise Refused(
            f"presence@{champion.number} of {pilot} is an estimator that Peil does not have "
            f"({champion.model.estimator}): add its row to peil/estimate/estimators.py, or go back "
            f"with `peil rollback {pilot} presence`."
        )
    approved = approved_hash(store, pilot, PRESENCE, champion.number)
    if approved not in ("", described(champion)["sha256"]):
        raise Refused(
            f"presence@{champion.number} of {pilot} is not what the ledger says was approved: "
            f"restore MLflow from backup, or go back with `peil rollback {pilot} presence`."
        )
    return champion


def choices_of(version: Version) -> dict[str, Any]:
    """Choices of methods.toml that a version of presence differs in, by dotted name."""
    return dict(version.model.choices or {})


@contextmanager
def chosen(version: Version, pilot: str) -> Iterator[None]:
    """Let the choices of a version of presence hold within the block."""
    with methods.tried(nested(choices_of(version)), pilot):
        yield


def nested(choices: Choices) -> dict[str, dict[str, Any]]:
    """Put dotted names in sections.

    >>> nested({"presence.em_max_iter": 3})
    {'presence': {'em_max_iter': 3}}
    """
    sections: dict[str, dict[str, Any]] = {}
    for name, value in choices.items():
        section, _, key = name.partition(".")
        sections.setdefault(section, {})[key] = value
    return sections


def identity(estimator: str, choices: Choices) -> str:
    """Hash of what a version of presence is: the same before and after it is registered.

    >>> identity("em", {}) == identity("em", {"presence.em_max_iter": 3})
    False
    """
    content = {"estimator": estimator, "choices": dict(choices)}
    return hashlib.sha256(canonical(content)).hexdigest()


def described(version: Version) -> dict[str, Any]:
    """A version of presence as certificates have it."""
    estimator, choices = version.model.estimator, choices_of(version)
    return {
        "label": version.label,
        "estimator": estimator,
        "choices": choices,
        "sha256": identity(estimator, choices),
    }


def released_estimator(folder: Path) -> str:
    """The estimator whose figures of a day are released, as the day's record of estimates says."""
    presence = read_whole(folder / "estimated.json").get("made_of", {}).get("presence", {})
    return str(presence.get("estimator", RELEASED_ESTIMATOR))


def register_presence(
    store: Store,
    pilot: str,
    row: Estimator,
    choices: Choices,
    metrics: Mapping[str, float] | None = None,
    tags: Mapping[str, str] | None = None,
    evidence: Evidence | None = None,
) -> int:
    """Register a version of presence, once for the same content. Returns its number.

    Its model holds the estimator's parameters; the run every choice that decides a figure.
    """
    footprint = versions.champion(store, pilot)
    label = footprint.label if footprint else "defaults"
    with methods.tried(nested(choices), pilot):
        parameters = {name: methods.section(name, pilot) for name in SECTIONS}
    model = PresenceByName(
        row.name,
        _constructed(row, parameters["presence"]),
        dict(choices),
        label,
    )
    what = {"presence": identity(row.name, choices), "footprint": label, **(tags or {})}
    run_id = provenance.run_id(what, parameters)
    return versions.register(
        store,
        pilot,
        run_id,
        model,
        {f"{section}.{key}": v for section, part in parameters.items() for key, v in part.items()}
        | {"estimator": row.name, "prior": "land use and network (location.network_share)"},
        metrics or {},
        {
            "peil.title": f"presence {row.name}",
            "peil.footprint": label,
            "peil.lock": provenance.lock_hash()[:32],
            "peil.commit": provenance.git_commit(),
            "peil.choices": canonical(dict(choices)).decode(),
            **(tags or {}),
        },
        PRESENCE,
        evidence,
    )


def first_presence(store: Store, pilot: str) -> int | None:
    """Register what is released as the first version, and champion; none where there are some.

    The caller holds what keeps two from doing so at once.
    """
    if versions.champion(store, pilot, PRESENCE) is not None:
        return None
    card = (
        f"# Presence of {pilot}, as released without a promotion\n\n"
        f"{ESTIMATORS[RELEASED_ESTIMATOR].en}, with the choices of methods.toml. Scored by `peil "
        f"score {pilot}` where there is truth; see docs/methods/presence.md. It holds parameters "
        "only, no row of anybody.\n"
    )
    evidence = Evidence(card=card)
    number = register_presence(
        store, pilot, ESTIMATORS[RELEASED_ESTIMATOR], AS_RELEASED, evidence=evidence
    )
    versions.promote(store, pilot, number, quantity=PRESENCE)
    return number


def stand_in(charter: Charter, store: Store, estimator: str, choices: Choices) -> None:
    """Make a version champion whose release is made again; in a store of its own, by nobody.

    Raises
    ------
    Refused
        Peil has no such estimator any more.
    """
    if estimator not in ESTIMATORS:
        raise Refused(f"There is no estimator {estimator} here any more.")
    number = register_presence(store, charter.pilot, ESTIMATORS[estimator], choices)
    enter(charter, store, PRESENCE, number, 1)
    versions.promote(store, charter.pilot, number, quantity=PRESENCE)


def _constructed(row: Estimator, choices: dict[str, Any]) -> dict[str, Any]:
    """Parameters of an estimator as its row builds it, but for what belongs to an area.

    Of an estimator of somebody's own nothing is known before it is fitted.
    """
    if row.name not in ESTIMATORS:
        return {}
    nowhere: Any = SimpleNamespace(prior=None, signal=None, voronoi=None)
    given = Given(nowhere, None, None, choices, float(choices["misfit_share"]))  # type: ignore[arg-type]
    built: Any = row.build(given)
    return {key: v for key, v in built.get_params().items() if key not in OF_THE_AREA}


def made_of(
    inputs: dict[str, Any], version: Version, models: dict[str, dict[str, Any]]
) -> dict[str, Any]:
    """What estimates were made of, for the certificate of a release: hashes and parameters.

    Parameters
    ----------
    version : Version
        The footprint.
    models : dict
        By quantity, the other models as they describe themselves.
    """
    return {
        "inputs": inputs,
        "code": provenance.code_hash(),
        "footprint": {
            "label": version.label,
            "run_id": version.run_id,
            "parameters": version.footprint.get_params(),
        },
        **models,
    }
