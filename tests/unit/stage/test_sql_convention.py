"""House rules of `dbt_project/`: names, grains, contracts, no variables, files short enough."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
import yaml

from peil.adapters.dbt_parsed import DBT_PROJECT

NAME = re.compile(
    r"stg_[a-z]+__[a-z_]+"  # source and entities
    r"|int_[a-z]+_[a-z]+(__by_[a-z_]+)?"  # entities, past participle
    r"|(est|rel)_[a-z_]+__by_[a-z_]+"  # subject and grain
)
VARIABLES = re.compile(r"\b(env_var|var)\s*\(|\bgetvariable\s*\(")
MOST_LINES = {".sql": 120, ".yml": 300}


def described(project: Path) -> dict[str, dict[str, object]]:
    """What the YAML files say of each model."""
    found: dict[str, dict[str, object]] = {}
    for file in project.glob("models/**/*.yml"):
        for model in yaml.safe_load(file.read_text()).get("models", []):
            found[model["name"]] = model
    return found


def broken_rules(project: Path) -> list[str]:
    """One line for each rule that a file does not keep."""
    broken = []
    models = {file.stem: file for file in project.glob("models/**/*.sql")}
    known = described(project)
    for name, file in models.items():
        if not NAME.fullmatch(name):
            broken.append(f"{name}: not state_subject__by_grain")
        about = known.get(name, {})
        if not str(about.get("description", "")).strip().startswith("One row per "):
            broken.append(f"{name}: description does not begin with its grain")
        text = file.read_text()
        is_ephemeral = "ephemeral" in text
        is_passing = "contract={'enforced': false}" in text  # in memory, during a run only
        columns = about.get("columns") or []
        assert isinstance(columns, list)
        if (
            not is_ephemeral
            and not is_passing
            and not (
                columns
                and all(column.get("data_type") and column.get("description") for column in columns)
            )
        ):
            broken.append(f"{name}: columns without type or description")
        # one question is enough where one table is made of the other, row by row
        asked = re.search(r"is asked of `(\w+)`", str(about.get("description")))
        heir = known.get(asked[1], {}) if asked else about
        by = re.search(r"is asked by `(\w+)`", str(heir.get("description")))
        is_asked = "unique_key" in str(heir) or (by and (project / f"tests/{by[1]}.sql").is_file())
        if not is_ephemeral and not is_asked:
            broken.append(f"{name}: its key is not tested")
    broken += [f"{name}: described but not there" for name in set(known) - set(models)]
    for folder in {file.parent for file in models.values()}:
        if len(list(folder.glob("*.yml"))) != 1:
            broken.append(f"{folder.name}: not one YAML file")
    for file in sorted(project.rglob("*")):
        if file.suffix in MOST_LINES and "target" not in file.parts:
            text = file.read_text()
            if len(text.splitlines()) > MOST_LINES[file.suffix]:
                broken.append(f"{file.name}: more than {MOST_LINES[file.suffix]} lines")
            if VARIABLES.search(text):
                broken.append(f"{file.name}: reads a variable")
    if list(project.rglob("__init__.py")):
        broken.append("a Python package: dbt would import it")
    if (project / "target").exists() or (project / "logs").exists():
        broken.append("dbt wrote into the source tree")
    return broken


def test_the_sql_keeps_the_house_rules() -> None:
    assert len(described(DBT_PROJECT)) >= 12
    assert broken_rules(DBT_PROJECT) == []


@pytest.mark.parametrize(
    ("file", "sound", "broken", "told"),
    [
        (
            "models/staging/staging.yml",
            "One row per delivered record against",
            "Records against",
            "description",
        ),
        (
            "models/staging/staging.yml",
            "unique_key: {name: staged_cells",
            "other: {name: staged",
            "key is not tested",
        ),
        (
            "models/intermediate/intermediate.yml",
            "is asked by `landed_lines_are_classified_once`",
            "is asked by `nobody`",
            "key is not tested",
        ),
        (
            "models/intermediate/int_kinds_kept.sql",
            "is_inbound('kinds.mcc', 'batch.home_mcc'",
            "var('home_mcc'",
            "reads a variable",
        ),
        (
            "dialects/duckdb/dialect.sql",
            "pseudonym_of(",
            "hmac('{{ env_var('KEY') }}', ",
            "reads a variable",
        ),
        (
            "models/intermediate/int_events_quarantined.sql",
            "select\n",
            "select\n" + "\n" * 120,
            "more than 120 lines",
        ),
        (
            "models/released/released.yml",
            'data_type: bigint, quote: true, description: "Lower',
            'quote: true, description: "Lower',
            "without type",
        ),
    ],
)
def test_a_broken_rule_is_told(
    tmp_path: Path, file: str, sound: str, broken: str, told: str
) -> None:
    project = tmp_path / "dbt_project"
    shutil.copytree(DBT_PROJECT, project)
    text = (project / file).read_text()
    assert sound in text
    (project / file).write_text(text.replace(sound, broken, 1))
    assert [line for line in broken_rules(project) if told in line]


def test_a_misnamed_table_is_told(tmp_path: Path) -> None:
    project = tmp_path / "dbt_project"
    shutil.copytree(DBT_PROJECT, project)
    (project / "models/staging/utils.sql").write_text("select 1 as a\n")
    assert "utils: not state_subject__by_grain" in broken_rules(project)
