"""Versions of what follows devices: stays, and the weights of flows and of visitors.

As of presence (`peil.estimate.champion`): a version is the choices in which it leaves methods.toml;
what is released follows the champion, and before there is one what methods.toml says.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from peil import methods
from peil.adapters import versions
from peil.adapters.versions import STAYS, Evidence, Version
from peil.charter.schema import Charter
from peil.charter.windows import linked_products
from peil.estimate.champion import nested
from peil.estimate.standing import enter, standing
from peil.outcome import Refused
from peil.store import provenance
from peil.store.atomic import canonical
from peil.store.store import Store
from peil_models.residence import PersonsByHome
from peil_models.stays import StaysByChoices

Choices = Mapping[str, Any]
# sections of methods.toml that decide a quantity
DECIDE = {
    STAYS: (
        *("footprint", "location", "overlaps", "rest", "stays", "linking", "timing", "placing"),
        *("residence", "weighting"),
    ),
    "flows": ("linked", "trips", "grain"),
    "visitors": ("linked", "linked_interval", "grain"),
}
# those that estimating alone reads: in these a version may differ
OWN = {
    STAYS: ("overlaps", "rest", "stays", "linking", "timing", "placing", "residence"),
    "flows": ("trips",),
    "visitors": ("linked_interval",),
}
WORDS = {
    STAYS: "segmentation, placing and homes of devices",
    "flows": "persons that trips stand for, by home",
    "visitors": "persons that devices stand for, by home",
}


def quantities_of(product: str) -> tuple[str, ...]:
    """Models that a product rests on, besides the footprint.

    >>> quantities_of("flows"), quantities_of("residence")
    (('stays', 'flows'), ('stays',))
    """
    return (STAYS, product) if product in DECIDE else (STAYS,)


def standing_of(store: Store, pilot: str, quantity: str) -> Version:
    """The version whose figures are released, or what is released before the first.

    Raises
    ------
    Refused
        Its choices are none that a version of this quantity may differ in.
    """
    champion = standing(store, pilot, quantity)
    if champion is None:
        return Version(0, "defaults", model_of(quantity, pilot, {}))
    _require_own(quantity, champion.model.choices or {}, f"{quantity}@{champion.number} of {pilot}")
    return champion


@contextmanager
def chosen(pilot: str, *versions_of: Version) -> Iterator[None]:
    """Let the choices of some versions hold within the block."""
    choices: dict[str, Any] = {}
    for version in versions_of:
        choices |= version.model.choices or {}
    with methods.tried(nested(choices), pilot):
        yield


def identity(quantity: str, choices: Choices) -> str:
    """Hash of what a version is: the same before and after it is registered.

    >>> identity("flows", {}) == identity("visitors", {})
    False
    """
    return hashlib.sha256(canonical({"quantity": quantity, "choices": dict(choices)})).hexdigest()


def described(quantity: str, version: Version) -> dict[str, Any]:
    """A version as records and certificates have it."""
    choices = dict(version.model.choices or {})
    return {
        "label": version.label,
        "choices": choices,
        "sha256": identity(quantity, choices),
    }


def model_of(
    quantity: str, pilot: str, choices: Choices, footprint: str = "", stays: str = ""
) -> StaysByChoices | PersonsByHome:
    """The model of a version, its parameters those of methods.toml but for its choices.

    Parameters
    ----------
    footprint, stays : str
        Labels of the versions that stood; for the record.
    """
    with methods.tried(nested(choices), pilot):
        if quantity == STAYS:
            return StaysByChoices(
                segmentation=methods.section("stays", pilot),
                placing=methods.section("placing", pilot),
                homes=methods.section("residence", pilot),
                timing=methods.section("timing", pilot),
                min_overlap=methods.section("overlaps", pilot)["min_overlap"],
                max_unknown_s=methods.section("linking", pilot)["max_unknown_s"],
                choices=dict(choices),
                footprint=footprint,
            )
        width = "trips" if quantity == "flows" else "linked_interval"
        return PersonsByHome(
            **methods.section("linked", pilot),
            **methods.section(width, pilot),
            choices=dict(choices),
            footprint=footprint,
            stays=stays,
        )


def register(
    store: Store, pilot: str, quantity: str, choices: Choices, evidence: Evidence | None = None
) -> int:
    """Register a version, once for the same content. Returns its number.

    Its run holds every choice that decides a figure.

    Raises
    ------
    Refused
        A choice that decides more than this quantity's estimates.
    """
    _require_own(quantity, choices, quantity)
    labels = {name: _label(store, pilot, name) for name in (versions.FOOTPRINT, STAYS)}
    with methods.tried(nested(choices), pilot):
        parameters = {name: methods.section(name, pilot) for name in DECIDE[quantity]}
    stays = "" if quantity == STAYS else labels[STAYS]
    model = model_of(quantity, pilot, choices, labels[versions.FOOTPRINT], stays)
    what = {"quantity": quantity, "sha256": identity(quantity, choices), **labels}
    return versions.register(
        store,
        pilot,
        provenance.run_id(what, parameters),
        model,
        {f"{section}.{key}": v for section, part in parameters.items() for key, v in part.items()},
        {},
        {
            "peil.title": WORDS[quantity],
            "peil.footprint": labels[versions.FOOTPRINT],
            "peil.stays": stays or "itself",
            "peil.lock": provenance.lock_hash()[:32],
            "peil.commit": provenance.git_commit(),
            "peil.choices": canonical(dict(choices)).decode(),
        },
        quantity,
        evidence,
    )


def first_versions(charter: Charter, store: Store) -> None:
    """Register what is released as the first version of each quantity, and make it champion.

    Nothing where a quantity has a champion, or the charter names no product of it. The caller holds
    what keeps two from doing so at once.
    """
    products = [row.name for row in linked_products(charter)]
    quantities = [STAYS] * bool(products) + [name for name in products if name in DECIDE]
    for quantity in quantities:
        if versions.champion(store, charter.pilot, quantity) is None:
            number = register(
                store, charter.pilot, quantity, {}, Evidence(_card(charter, quantity))
            )
            versions.promote(store, charter.pilot, number, quantity=quantity)


def stand_in(charter: Charter, store: Store, quantity: str, choices: Choices) -> None:
    """Make a version champion whose release is made again; in a store of its own, by nobody."""
    number = register(store, charter.pilot, quantity, choices)
    enter(charter, store, quantity, number, 1)
    versions.promote(store, charter.pilot, number, quantity=quantity)


def _label(store: Store, pilot: str, quantity: str) -> str:
    champion = versions.champion(store, pilot, quantity)
    return champion.label if champion else "defaults"


def _require_own(quantity: str, choices: Choices, whose: str) -> None:
    """Refuse choices that gates, statements or other products read as well."""
    other = sorted(
        name
        for name in choices
        if name.partition(".")[0] not in OWN[quantity] or name.endswith(".level")
    )
    if other:
        raise Refused(
            f"{whose} differs in {other[0]}, which decides more than {quantity}: that is changed "
            f"in methods.toml; a version may differ in {', '.join(OWN[quantity])}."
        )


def _card(charter: Charter, quantity: str) -> str:
    """What people are told of the first version."""
    return (
        f"# {quantity.title()} of {charter.pilot}, as released without a promotion\n\n"
        f"**Purpose.** {charter.purpose.replace('_', ' ')}. **What it is.** {WORDS[quantity]}, "
        "with the choices of methods.toml. **Data.** Nothing was fitted: the choices were made on "
        "simulated and labelled records (methods.toml says which, each with its reason).\n\n"
        f"**Accuracy.** `peil score {charter.pilot}` where there is truth; docs/methods/stays.md, "
        "residence.md and flows.md by world, and where it fails.\n\n"
        "**Privacy.** It holds parameters only, no row, count or key of anybody.\n\n"
        "**Licence.** That of Peil (LICENSE).\n"
    )
