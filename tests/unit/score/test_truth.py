"""The truth of the ESSnet simulator, from its events or from its persons."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from peil.charter import reading
from peil.charter.schema import Truth
from peil.score import truth

# t = 900 is the half hour; a phone is a field more, so the lines are ragged
PERSONS = """t,Person ID,x,y,Tile ID,Mobile Phone(s) ID
890,11,100.0,100.0,0,501
900,11,2600.0,100.0,10,501
890,12,2700.0,100.0,10,502,503
900,12,2700.0,120.0,10,502,503
900,13,9900.0,9900.0,1599
"""


def known(folder: Path, register: Any, monkeypatch: pytest.MonkeyPatch) -> truth.TruePresence:
    monkeypatch.setenv("PEIL_TRUTH", str(folder))
    (folder / "persons.csv").write_text(PERSONS)
    charter = reading.load("essnet_sample")
    inputs = charter.inputs.model_copy(
        update={"truth": Truth(reader="essnet", path="persons.csv", root="truth")}
    )
    squares = [f"E{east:02d}N{north:02d}" for east in range(4) for north in range(4)]
    area: Any = SimpleNamespace(register=register, bottom=lambda: squares)
    return truth.present(charter.model_copy(update={"inputs": inputs}), area, date(2026, 3, 2))


def there(found: truth.TruePresence) -> dict[str, float]:
    rows = found.present[found.present["n_true"] > 0]
    return dict(zip(rows["zone_id"], rows["n_true"], strict=True))


def test_persons_are_counted_where_they_are_at_the_half_hour(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = known(tmp_path, pd.Series({"E00N00": 3}), monkeypatch)
    assert found.quantity == "n_persons"
    assert there(found) == {"E01N00": 2, "E03N03": 1}
    assert len(found.present) == 16


def test_without_a_register_the_phones_they_carry_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = known(tmp_path, None, monkeypatch)
    assert found.quantity == "n_devices"
    assert there(found) == {"E01N00": 3}
