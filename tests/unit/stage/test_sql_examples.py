"""The SQL does what its examples say (dbt unit tests), and the examples can fail."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from peil.adapters import dbt_parsed, transform
from peil.outcome import Refused

# one break for each rule that people rely on, and the example that must notice
BREAKS = {
    "models/intermediate/int_devices_counted__by_cell_hour.sql": (
        "n_devices >= batch.threshold",
        "n_devices > batch.threshold",
        "fifteen devices are counted",
    ),
    "models/intermediate/int_device_hours.sql": (
        "% 3600000000 > 1800000000",
        "% 3600000000 > 3600000000",
        "nearest the half hour",
    ),
    "models/intermediate/int_events_judged.sql": (
        "events.observed_at >= batch.day_end_at",
        "events.observed_at > batch.day_end_at",
        "midnight belongs to one day",
    ),
    "models/staging/stg_operator__events.sql": (
        "hour_of_local_day('batch.day_start_at', 'events.observed_at')",
        "hour_of_local_day(\"date_trunc('hour', batch.day_start_at)\", 'events.observed_at')",
        "zones are half an hour off",
    ),
    "models/intermediate/int_events_classified.sql": (
        "['device_no', 'after_s', 'cell_no', 'type_no']",
        "['device_no', 'after_s', 'cell_no']",
        "counts once however far apart",
    ),
    "models/intermediate/int_devices_numbered.sql": (
        "inner join kept",
        "left join kept",
        "only devices of kept rows",
    ),
    "models/intermediate/int_moves_judged.sql": (
        "or opposite.device_no is null",
        "or true",
        "far and fast on both sides",
    ),
    "models/intermediate/int_seconds_shared.sql": (
        "count(*) filter (where speeds.is_there_too)",
        "count(*)",
        "fits the seconds beside it",
    ),
    "macros/geometry.sql": (
        "pow({{ here }}at_y_m - {{ there }}at_y_m, 2)\n        + pow",
        "pow({{ here }}at_x_m - {{ there }}at_x_m, 2)\n        + pow",
        "distance is that of the great circle",
    ),
    "macros/rules.sql": (
        ">= 100000 then",
        ">= 1000000 then",
        "foreign abroad or neither",
    ),
}


def test_the_sql_does_what_its_examples_say() -> None:
    result = transform.unit_tests()
    assert result.n_tests >= 24
    assert result.n_tables == 21


@pytest.mark.slow
def test_an_example_fails_when_the_sql_is_broken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = tmp_path / "dbt_project"
    shutil.copytree(dbt_parsed.DBT_PROJECT, project)
    for name, (sound, broken, _) in BREAKS.items():
        file = project / name
        text = file.read_text()
        assert text.count(sound) == 1, name
        file.write_text(text.replace(sound, broken))
    monkeypatch.setattr(dbt_parsed, "DBT_PROJECT", project)
    monkeypatch.setattr(dbt_parsed, "_manifests", {})
    with pytest.raises(Refused) as refused:
        transform.unit_tests()
    for _, _, example in BREAKS.values():
        assert example in str(refused.value)
