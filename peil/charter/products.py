"""What each product leaves in each state: its Parquet files, and the tables in which dbt asks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Product = Literal["presence", "flows", "residence", "visitors"]
PRODUCTS: tuple[Product, ...] = ("presence", "flows", "residence", "visitors")
LINKED: tuple[Product, ...] = ("flows", "residence", "visitors")
MIN_LINKED_DAYS = 2  # one whole night, which home and a trip over midnight need
MAX_DAYS = 30
Made = Literal["estimated", "released"]


@dataclass(frozen=True)
class Output:
    """Parquet files of a folder, and the names of dbt's views over them."""

    files: tuple[str, ...]
    tables: tuple[str, ...]


def _same(*names: str) -> Output:
    return Output(names, names)


OUTPUTS: dict[tuple[Made, Product], Output] = {
    ("estimated", "presence"): Output(
        ("est_presence__by_zone_hour", "est_presence__by_tile_hour", "unlocated"),
        (
            "est_presence__by_zone_hour",
            "est_presence__by_tile_hour",
            "est_devices_unlocated__by_hour",
        ),
    ),
    ("estimated", "flows"): _same("est_flows__by_zone_pair_hour"),
    ("estimated", "visitors"): _same("est_visitors__by_zone_hour_origin"),
    ("estimated", "residence"): _same("est_residence__by_zone"),
    ("released", "presence"): _same("rel_presence__by_zone_hour"),
    ("released", "flows"): _same("rel_flows__by_zone_pair_hour"),
    ("released", "visitors"): _same("rel_visitors__by_zone_hour"),
}


def table_of(state: Made, product: Product) -> str:
    """The table that figures of a product are read from.

    >>> table_of("released", "flows")
    'rel_flows__by_zone_pair_hour'
    """
    return OUTPUTS[state, product].files[0]


def fault(products: Sequence[str], linkage_days: int, staged_days: int) -> str:
    """What is wrong with a charter's linkage, as the rest of a sentence; nothing when all is well.

    >>> fault(["presence"], 7, 7)
    'linkage_days: presence needs no linkage, so it must be 1; name a product that needs 7'
    """
    linked = [name for name in LINKED if name in products]
    if not linked and linkage_days > 1:
        return (
            "linkage_days: presence needs no linkage, so it must be 1; name a product that needs "
            f"{linkage_days}"
        )
    if linked and "presence" not in products:
        return f"products: name presence too, which follows nobody and comes before {linked[0]}"
    if linked and linkage_days < MIN_LINKED_DAYS:
        return (
            f"linkage_days: {' and '.join(linked)} must link a device over {MIN_LINKED_DAYS} days "
            f"at least, {linkage_days} is too few"
        )
    if linked and staged_days < linkage_days:
        return (
            f"retention.staged_days: must be {linkage_days} at least, as linkage_days is: the "
            "first day of a window is read when its last is staged"
        )
    return ""
