"""OpenCelliD: where volunteers heard cells. Positions only; every other field is imputed later."""

from __future__ import annotations

from pathlib import Path

import duckdb

from peil.charter.schema import Delivery
from peil.ingest.readers import generic, plan
from peil.ingest.readers.opening import NO_FOLDERS
from peil.ingest.readers.reader import Match, Reader, Role, Sample
from peil.outcome import Refused

NAMES = [
    "radio",
    "mcc",
    "net",
    "area",
    "cell",
    "unit",
    "lon",
    "lat",
    "range",
    "samples",
    "changeable",
    "created",
    "updated",
    "averageSignal",
]
RADIOS = {"GSM", "UMTS", "LTE", "NR", "CDMA"}
PARTS = ("mcc", "net", "area", "cell")
LANDED = {*PARTS, "lon", "lat"}


def _relation(file: Path, delivery: Delivery) -> tuple[str, str, str]:
    """Country files come without a header, the file of the world with one."""
    first = generic.header(file, delivery.separator)
    has_header = first[:4] == NAMES[:4]
    if not has_header and len(first) != len(NAMES):
        raise Refused(
            f"{file.name}, line 1 has {len(first)} fields instead of {len(NAMES)}: it is no file "
            "of OpenCelliD; correct `reader` or `separator` in the charter."
        )
    generic.require_whole(file)
    spelled = ", ".join(f"{generic.literal(name)}: 'VARCHAR'" for name in [*NAMES, "_extra"])
    relation = (
        f"read_csv({generic.place(file)}, delim={generic.literal(delivery.separator)}, "
        f"header=false, skip={int(has_header)}, quote='\"', escape='\"', "
        f"nullstr={generic.literal(generic.NEVER)}, columns={{{spelled}}}, null_padding=true, "
        f"compression={generic.compression(file)}, {NO_FOLDERS}, "
        "strict_mode=false, auto_detect=false, ignore_errors=true, store_rejects=true, "
        "parallel=false)"
    )
    ragged = '("averageSignal" IS NULL OR "_extra" IS NOT NULL)'
    return relation, f"row_number() OVER () + {int(has_header)}", ragged


class Opencellid(Reader):
    """Positions of cells, called `mcc-net-area-cell`; those beyond the area are not landed."""

    name = "opencellid"
    files = "OpenCelliD"
    settings = "only cells in and near the area are landed (`[cells]` in `methods.toml`, or `box:`)"
    roles = ("cells",)
    field_names = tuple(NAMES)
    position = "degrees"
    is_boxed = True
    attribution = "Cells: OpenCelliD (opencellid.org), CC BY-SA 4.0"

    @classmethod
    def recognises(cls, sample: Sample) -> Match | None:
        """By its header, or by as many columns without one, the first of them a radio."""
        names = sample.names
        first = [value for value in sample.columns[names[0]] if value] if names else []
        is_headless = len(names) == len(NAMES) and not sample.has_header and set(first) <= RADIOS
        is_own = names[:4] == NAMES[:4] or is_headless
        return Match("cells", len(NAMES), "the 14 columns of OpenCelliD") if is_own else None

    @classmethod
    def columns_of(cls, role: Role, sample: Sample) -> dict[str, str]:
        at = dict(zip(NAMES, sample.names, strict=False))
        return {"cell_id": at["cell"], "longitude": at["lon"], "latitude": at["lat"]}

    @classmethod
    def land_cells(
        cls, connection: duckdb.DuckDBPyConnection, file: Path, delivery: Delivery
    ) -> list[str]:
        plan.whole(connection, file, *_relation(file, delivery))
        name = "concat_ws('-', " + ", ".join(plan.text(part) for part in PARTS) + ")"
        nameless = " OR ".join(f"{plan.text(part)} IS NULL" for part in PARTS)
        fields = {
            "latitude": plan.number("lat", delivery),
            "longitude": plan.number("lon", delivery),
            "cell_id": plan.PlanField(
                "cell", "NULL", f"CASE WHEN NOT ({nameless}) THEN {name} END"
            ),
        }
        plan.require_read(connection, file, fields)
        where = "true"
        if delivery.box is not None:
            west, south, east, north = delivery.box
            where = f"longitude BETWEEN {west} AND {east} AND latitude BETWEEN {south} AND {north}"
        # a name heard in two radios is one place: where it was heard most, then the first line
        connection.execute(
            f"""CREATE OR REPLACE TEMP VIEW incoming AS
            WITH heard AS (
              SELECT {plan.listed(fields)}, TRY_CAST(samples AS BIGINT) AS n_samples, _line
              FROM {plan.TEXT}
            )
            SELECT cell_id, latitude, longitude FROM heard WHERE {where}
            QUALIFY row_number() OVER (
              PARTITION BY cell_id ORDER BY n_samples DESC NULLS LAST, _line) = 1"""
        )
        if not connection.execute("SELECT 1 FROM incoming LIMIT 1").fetchone():
            raise Refused(
                f"{file.name} holds no cell within the charter's area: take the file of another "
                "country, or correct `area`."
            )
        return sorted(set(NAMES) - LANDED)
