"""The cell plan of the R package mobloc: positions on a plane that the charter names."""

from __future__ import annotations

from pathlib import Path

import duckdb

from peil.charter.schema import Delivery
from peil.ingest.readers import generic, plan
from peil.ingest.readers.reader import Match, Reader, Role, Sample
from peil.outcome import Refused
from peil.store.raw_tables import CELL_COLUMNS

USUAL = {
    "cell_id": "cell",
    "x_m": "x",
    "y_m": "y",
    "cell_type": "small",
    "antenna_height_m": "height",
    "azimuth_deg": "direction",
    "tilt_deg": "tilt",
    "beam_horizontal_deg": "beam_h",
    "beam_vertical_deg": "beam_v",
    "power_w": "W",
    "range_m": "range",
    "path_loss_exponent": "ple",
}
NEEDED = ("cell_id", "x_m", "y_m")
OWN = {"cell", "small", "direction", "beam_h", "x", "y"}  # recognised by these


class Mobloc(Reader):
    """Cell plans of mobloc: without direction a cell is omnidirectional, a small one is micro."""

    name = "mobloc"
    files = "cell plan of mobloc"
    settings = "give `crs:` of its x and y"
    roles = ("cells",)

    @classmethod
    def recognises(cls, sample: Sample) -> Match | None:
        has_own = set(sample.names) >= OWN
        return Match("cells", len(OWN), "the columns of a cell plan of mobloc") if has_own else None

    @classmethod
    def columns_of(cls, role: Role, sample: Sample) -> dict[str, str]:
        return {ours: theirs for ours, theirs in USUAL.items() if theirs in sample.names}

    @classmethod
    def land_cells(
        cls, connection: duckdb.DuckDBPyConnection, file: Path, delivery: Delivery
    ) -> list[str]:
        if delivery.crs is None:
            raise Refused(
                "inputs.cells.crs: a mobloc plan does not say its plane; write it, as EPSG:3035."
            )
        theirs, names = plan.mapped(
            connection, file, delivery, USUAL, NEEDED, "cell plan of mobloc"
        )
        relation, _, line, ragged = generic.source(connection, file, delivery)
        plan.whole(connection, file, relation, line, ragged)
        fields = {
            ours: plan.number(theirs[ours], delivery)
            for ours in theirs
            if CELL_COLUMNS[ours] == "DOUBLE"
        }
        fields["cell_id"] = plan.words(theirs["cell_id"])
        if "cell_type" in theirs:
            delivered = plan.text(theirs["cell_type"])
            kind = (
                f"CASE lower({delivered}) WHEN 'true' THEN 'micro' WHEN '1' THEN 'micro' "
                "WHEN 'false' THEN 'macro' WHEN '0' THEN 'macro' END"
            )
            fields["cell_type"] = plan.PlanField(theirs["cell_type"], delivered, kind)
        plan.require_read(connection, file, fields)
        aimed = ""
        if "azimuth_deg" in fields:
            aimed = f", ({fields['azimuth_deg'].value}) IS NOT NULL AS is_directional"
        connection.execute(
            f"CREATE OR REPLACE TEMP VIEW incoming AS SELECT {plan.listed(fields)}, "
            f"{generic.literal(delivery.crs)} AS crs{aimed} FROM {plan.TEXT}"
        )
        return sorted(set(names) - set(theirs.values()))
