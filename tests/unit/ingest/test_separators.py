"""A first line that is one column because of its separator is told as such."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from peil.area.registers import read_register
from peil.charter.area_schema import RegisterFile
from peil.outcome import Refused

ROW = "imsi;at;mcc;mnc;cell\n204080000000001;2026-03-02 10:00:00;204;08;c1\n"
ASIDE = r"is the separator `;`\? write `separator` in the charter\): "


def test_events_and_cells_with_another_separator(tiny: Any) -> None:
    tiny.deliver("a.csv", ROW)
    seen = r"a.csv, line 1 lacks the column cell \(it is one column `imsi;at;mcc;mnc;cell`: "
    with pytest.raises(Refused, match=seen + ASIDE):
        tiny.ingest()
    tiny.write_charter(inputs__events__separator=";")
    tiny.put("cells.csv", "cell;x;y\nc1;100;100\n")
    seen = r"cells.csv, line 1 lacks the column cell \(it is one column `cell;x;y`: "
    with pytest.raises(Refused, match=seen + ASIDE):
        tiny.ingest()


def test_a_register_with_another_separator(tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text("Gemeente;Inwoners\nGM1;10\n")
    names = {"zone_id": "Gemeente", "n_persons": "Inwoners"}
    seen = r"r.csv, line 1 lacks the column Gemeente \(it is one column `Gemeente;Inwoners`: "
    with pytest.raises(Refused, match=seen + ASIDE):
        read_register(tmp_path, RegisterFile(path="r.csv", columns=names))
    register = read_register(tmp_path, RegisterFile(path="r.csv", columns=names, separator=";"))
    assert register.to_dict() == {"GM1": 10.0}
