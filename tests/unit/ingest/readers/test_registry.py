"""A delivery format is one row of `READERS`: charter, guide and `peil inspect` follow."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import get_args

import pytest

from peil.charter.schema import Delivery
from peil.ingest.readers import READERS, recognise
from peil.outcome import Refused
from peil.settings import PROJECT


@dataclass
class Sample:
    """A file of columns that each hold one value."""

    header: str
    container: str = "csv"
    has_header: bool = True
    file: Path = Path("a.csv")
    names: list[str] = field(init=False)
    columns: dict[str, list[str | None]] = field(init=False)

    def __post_init__(self) -> None:
        self.names = self.header.split(",")
        self.columns = {name: ["LTE"] for name in self.names}


def test_the_charter_names_the_readers_there_are() -> None:
    assert set(get_args(Delivery.model_fields["reader"].annotation)) == set(READERS)


def test_the_guide_has_one_row_for_each_reader() -> None:
    guide = (PROJECT / "docs/your-own-data.md").read_text()
    rows = {
        f"| {reader.files} | "
        + "; ".join([f"`reader: {reader.name}`", *filter(None, [reader.settings])])
        + " |"
        for reader in READERS.values()
    }
    assert set(re.findall(r"^\| .* \| `reader: .*\|$", guide, re.M)) == rows


@pytest.mark.parametrize(
    ("header", "container", "name", "role"),
    [
        ("datetime,msisdn", "csv", "flowkit", "events"),
        ("id,site_id", "csv", "flowkit", "cells"),
        ("user_id,timestamp,mcc,mnc,plmn,cell_id", "parquet", "multimno", "events"),
        (
            "cell_id,latitude,longitude,valid_date_start,valid_date_end",
            "parquet",
            "multimno",
            "cells",
        ),
        ("t,Antenna ID,Event Code,Device ID", "csv", "essnet", "events"),
        ("cell,small,direction,beam_h,x,y", "csv", "mobloc", "cells"),
        ("radio,mcc,net,area", "csv", "opencellid", "cells"),
    ],
)
def test_a_header_is_recognised_by_its_own_reader_alone(
    header: str, container: str, name: str, role: str
) -> None:
    sample = Sample(header, container)
    claims = {key for key, reader in READERS.items() if reader.recognises(sample)}
    assert claims == {name}
    recognised = recognise(sample)
    assert recognised is not None
    reader, match = recognised
    assert (reader.name, match.role) == (name, role) and match.role in reader.roles


def test_the_reader_with_the_most_columns_of_its_own_is_taken() -> None:
    both = Sample("datetime,msisdn,cell,small,direction,beam_h,x,y")
    recognised = recognise(both)
    assert recognised is not None and recognised[0].name == "mobloc"


def test_a_file_of_no_format_is_recognised_by_none() -> None:
    assert recognise(Sample("a,b")) is None
    assert recognise(Sample("user_id,timestamp,mcc,mnc,plmn,cell_id")) is None  # no Parquet


def test_a_format_without_a_header_is_recognised_by_its_first_column() -> None:
    columns = ",".join(f"column {n}" for n in range(1, 15))
    recognised = recognise(Sample(columns, has_header=False))
    assert recognised is not None and recognised[0].name == "opencellid"
    assert recognise(Sample(columns, has_header=True)) is None


@pytest.mark.parametrize("name", [n for n, reader in READERS.items() if reader.roles == ("cells",)])
def test_a_reader_of_cells_refuses_events(name: str) -> None:
    delivery = Delivery.model_validate({"reader": name, "path": "a"})
    with pytest.raises(Refused, match=f"{name} knows cell plans only; name another reader"):
        READERS[name].land_events(None, Path("a"), 0, delivery)  # type: ignore[arg-type]
