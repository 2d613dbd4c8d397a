"""What each product leaves in each state: its Parquet files, and the tables in which dbt asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from peil.linkage import Product

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
