"""Persons per zone from a CSV by mapping."""

from __future__ import annotations

from pathlib import Path
from typing import Any

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
        twice or without a number of persons, or whose number has a point between its thousands.
    """
    path = folder / file.path
    register: pd.DataFrame = read_reference(lambda p: read_texts(p, file.separator), path)
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
    for column, word in file.rows.items():
        wanted &= (register[column].str.strip() == word).to_numpy()
    if not wanted.any():
        raise Refused(f"{path.name} holds no row as `area.register.rows` asks: correct it.")
    register, line = register[wanted], line[wanted]
    zone = register[theirs["zone_id"]].str.strip()
    text = register[theirs["n_persons"]].str.strip()
    persons = pd.to_numeric(text, errors="coerce").astype(float)
    _require_no_points_in_thousands(text, line, f"{path.name}, line {{}}, {theirs['n_persons']}")
    wrong = {
        theirs["zone_id"]: zone.isna() | zone.duplicated(),
        theirs["n_persons"]: ~(persons >= 0) | np.isinf(persons),
    }
    for column, is_wrong in wrong.items():
        if is_wrong.any():
            raise Refused(
                f"{path.name}, line {line[int(np.argmax(is_wrong.to_numpy()))]}, {column}: "
                "every zone once, with a number of persons, nothing between its thousands."
            )
    series = pd.Series(persons.to_numpy(), index=pd.Index(zone, name="zone_id"), name="n_persons")
    return series.sort_index()


def read_texts(path: Path, separator: str) -> pd.DataFrame:
    """A CSV of reference data as text, each column under the name of its first line.

    Raises
    ------
    Refused
        It is not UTF-8, or its first line names a column twice.
    """
    csv: dict[str, Any] = {"dtype": str, "sep": separator, "encoding": "utf-8-sig"}
    try:
        rows: pd.DataFrame = pd.read_csv(path, skipinitialspace=True, **csv)
        names = pd.read_csv(path, skipinitialspace=True, header=None, nrows=1, **csv).iloc[0]
    except UnicodeDecodeError:
        raise Refused(f"{path.name} is not UTF-8: deliver it as that, or convert it.") from None
    twice = names[names.notna() & names.duplicated()]
    if len(twice):
        raise Refused(f"{path.name}, line 1 names a column twice: have the header corrected.")
    return rows


def _require_no_points_in_thousands(text: pd.Series, line: np.ndarray, place: str) -> None:
    """Refuse 20.507 for 20507, which reads as a number and would make it a thousandth.

    Of decimals most would have another length. Who reads such numbers and writes them again turns
    20.500 into 20.5, so that not all need to have three.
    """
    pointed = text[text.str.contains(".", regex=False, na=False)]
    if len(pointed) and pointed.str.fullmatch(r"[1-9]\d{0,2}(\.\d{3})+").mean() > 0.5:
        first = line[int(np.argmax(text.isin(pointed).to_numpy()))]
        raise Refused(
            f"{place.format(first)}: its point seems to stand between thousands, so that persons "
            "would be read as a thousandth; have numbers written without it, and where it is a "
            "decimal mark with other than three decimals."
        )
