"""Persons per zone from a CSV by mapping."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from peil.area.files import read_reference
from peil.area.separators import seen_instead
from peil.charter.area_schema import RegisterFile
from peil.outcome import Refused


def read_register(folder: Path, file: RegisterFile) -> pd.Series:
    """Persons by `zone_id`, ascending.

    Raises
    ------
    Refused
        A column that is not there, no row of the wanted kind, or the line of a zone that comes
        twice or without a number of persons.
    """
    path = folder / file.path
    register: pd.DataFrame = read_reference(
        lambda p: pd.read_csv(
            p, dtype=str, sep=file.separator, encoding="utf-8-sig", skipinitialspace=True
        ),
        path,
    )
    names = {str(ours): their for ours, their in file.columns.items()}
    theirs = {ours: names.get(ours, ours) for ours in ("n_persons", "zone_id")}
    if missing := sorted({*theirs.values(), *file.rows} - set(register.columns)):
        split = seen_instead([str(name) for name in register.columns])
        raise Refused(
            f"{path.name}, line 1 lacks the column {missing[0]}{split}: correct "
            "`area.register`, or have it delivered again."
        )
    line = np.arange(len(register)) + 2  # the header is line 1
    wanted = np.ones(len(register), dtype=bool)
    for column, text in file.rows.items():
        wanted &= (register[column].str.strip() == text).to_numpy()
    if not wanted.any():
        raise Refused(f"{path.name} holds no row as `area.register.rows` asks: correct it.")
    register, line = register[wanted], line[wanted]
    zone = register[theirs["zone_id"]].str.strip()
    persons = pd.to_numeric(register[theirs["n_persons"]], errors="coerce").astype(float)
    wrong = {
        theirs["zone_id"]: zone.isna() | zone.duplicated(),
        theirs["n_persons"]: ~(persons >= 0) | np.isinf(persons),
    }
    for column, is_wrong in wrong.items():
        if is_wrong.any():
            raise Refused(
                f"{path.name}, line {line[int(np.argmax(is_wrong.to_numpy()))]}, {column}: "
                "every zone once, with a number of persons."
            )
    series = pd.Series(persons.to_numpy(), index=pd.Index(zone, name="zone_id"), name="n_persons")
    return series.sort_index()
