"""The products that a charter may name, one row each.

A row says what a product needs, what it leaves in each state, and which function makes, protects
and scores it; every list of products elsewhere is made of these rows. The statistics themselves do
not belong here: a row names them as an entry point, ``module:function``, and they are imported
when they are used.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Literal

from peil.outcome import Refused

State = Literal["estimated", "released"]

MIN_LINKED_DAYS = 2  # one whole night, which home and a trip over midnight need
MAX_DAYS = 30


@dataclass(frozen=True)
class Output:
    """Parquet files of a folder, and the names of dbt's views over them."""

    files: tuple[str, ...]
    views: tuple[str, ...]


def _same(*names: str) -> Output:
    return Output(names, names)


@dataclass(frozen=True)
class Product:
    """A kind of figures that a charter allows.

    Attributes
    ----------
    name : str
        As the charter writes it.
    follows_devices : bool
        Whether it needs one pseudonym for a device over the days of a linkage window.
    period : {"day", "window"}
        What one release is about.
    estimated, released : Output
        What it leaves in these states; `released` is None where its estimates never leave.
    tally : str
        The sums over a window that it is made of (`peil.estimate.linked.sums`).
    estimate, protect, score : str
        Entry points: from the tally to estimates of a period; from these to the table that may
        leave; figures on known truth. Empty where there is none.
    finer : tuple of str
        Tally and entry point of a second estimated table, the last of the product's files: finer
        than what is released, and scored in its place. Empty where there is none.
    """

    name: str
    estimated: Output
    released: Output | None = None
    follows_devices: bool = True
    period: Literal["day", "window"] = "day"
    tally: str = ""
    estimate: str = ""
    protect: str = ""
    score: str = ""
    finer: tuple[str, str] | None = None

    @property
    def is_releasable(self) -> bool:
        """Whether figures of it may leave the operator."""
        return self.released is not None

    def output(self, state: State) -> Output:
        """What the product leaves in a state.

        Raises
        ------
        Refused
            Nothing of it is ever released.
        """
        output = self.estimated if state == "estimated" else self.released
        if output is None:
            raise Refused(
                f"Nothing of {self.name} is released: its estimates stay at the operator."
            )
        return output

    def table(self, state: State) -> str:
        """The table that figures of the product are read from.

        >>> PRODUCTS["flows"].table("released")
        'rel_flows__by_pair_period'
        """
        return self.output(state).files[0]

    @property
    def scored_table(self) -> str:
        """The estimated table that is set against a known truth.

        >>> PRODUCTS["flows"].scored_table
        'est_flows__by_zone_pair_hour'
        """
        return self.estimated.files[-1 if self.finer else 0]


_ROWS = (
    Product(
        "presence",
        follows_devices=False,
        estimated=Output(
            ("est_presence__by_zone_hour", "est_presence__by_tile_hour", "unlocated"),
            (
                "est_presence__by_zone_hour",
                "est_presence__by_tile_hour",
                "est_devices_unlocated__by_hour",
            ),
        ),
        released=_same("rel_presence__by_zone_hour"),
        protect="peil.release.presence:presence",
    ),
    Product(
        "flows",
        estimated=_same("est_flows__by_pair_period", "est_flows__by_zone_pair_hour"),
        released=_same("rel_flows__by_pair_period"),
        tally="flow_entries",
        estimate="peil.estimate.linked.flow_tables:by_period",
        protect="peil.release.flows:flows",
        score="peil.score.linked:flows",
        finer=("flows", "peil.estimate.linked.flow_tables:by_hour"),
    ),
    Product(
        "residence",
        period="window",
        estimated=_same("est_residence__by_zone"),
        tally="homes",
        estimate="peil.estimate.linked.tables:residence",
        score="peil.score.linked:residence",
    ),
    Product(
        "visitors",
        estimated=_same("est_visitors__by_zone_hour_origin"),
        released=_same("rel_visitors__by_zone_hour"),
        tally="present",
        estimate="peil.estimate.linked.tables:visitors",
        protect="peil.release.linked:visitors",
        score="peil.score.linked:visitors",
    ),
)
PRODUCTS: dict[str, Product] = {row.name: row for row in _ROWS}
PRESENCE = "presence"


def linked() -> list[Product]:
    """Products that follow devices, in their fixed order."""
    return [product for product in PRODUCTS.values() if product.follows_devices]


def resolve(entry_point: str) -> Callable[..., Any]:
    """Import the function that a row names.

    >>> resolve("peil.charter.products:linked").__name__
    'linked'
    """
    module, _, name = entry_point.partition(":")
    function: Callable[..., Any] = getattr(import_module(module), name)
    return function


def named(product: str, pilot: str, allowed: Sequence[str], *, to: str = "estimate") -> Product:
    """The product of that name, where the charter of a pilot allows it.

    Parameters
    ----------
    product : str
        As a person or a task asked for it.
    pilot : str
    allowed : sequence of str
        What the charter names.
    to : {"estimate", "release"}
        What is to be done with it.

    Raises
    ------
    Refused
        There is no such product, the charter does not name it, or nothing of it ever leaves.

    Examples
    --------
    >>> named("flows", "demo", ["presence", "flows"]).tally
    'flow_entries'
    """
    if product not in PRODUCTS:
        raise Refused(f"There is no product {product}: there are {', '.join(PRODUCTS)}.")
    if product not in allowed:
        raise Refused(
            f"The charter of {pilot} does not name the product {product}: it allows "
            f"{', '.join(allowed)}; another purpose needs another signature."
        )
    row = PRODUCTS[product]
    if to == "release":
        row.output("released")
    return row


def linkage_fault(products: Sequence[str], linkage_days: int, staged_days: int) -> str:
    """What is wrong with a charter's linkage, as the rest of a sentence; empty when all is well.

    >>> linkage_fault(["presence"], 7, 7)
    'linkage_days: presence needs no linkage, so it must be 1; name a product that needs 7'
    """
    names = [product.name for product in linked() if product.name in products]
    if not names and linkage_days > 1:
        return (
            "linkage_days: presence needs no linkage, so it must be 1; name a product that needs "
            f"{linkage_days}"
        )
    if names and PRESENCE not in products:
        return f"products: name presence too, which follows nobody and comes before {names[0]}"
    if names and linkage_days < MIN_LINKED_DAYS:
        return (
            f"linkage_days: {' and '.join(names)} must link a device over {MIN_LINKED_DAYS} days "
            f"at least, {linkage_days} is too few"
        )
    if names and staged_days < linkage_days:
        return (
            f"retention.staged_days: must be {linkage_days} at least, as linkage_days is: the "
            "first day of a window is read when its last is staged"
        )
    return ""
