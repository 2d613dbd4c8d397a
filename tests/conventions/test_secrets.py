"""No key and no place to put one in SQL, DAGs, charters or the compose file."""

from __future__ import annotations

import re
import secrets
import shutil
from base64 import b64encode
from pathlib import Path

import pytest

from peil.settings import PROJECT

SECRET = {
    "a variable": re.compile(r"\b(env_var|var)\s*\("),
    "32 bytes in hexadecimal": re.compile(r"(?<![0-9a-fA-F])[0-9a-fA-F]{64}(?![0-9a-fA-F])"),
    "32 bytes in base64": re.compile(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{43}="),
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
}
READ = {".sql", ".yml", ".yaml", ".py", ".toml", ".json"}


def found_in(*places: Path) -> list[str]:
    files = [
        file
        for place in places
        for file in ([place] if place.is_file() else sorted(place.rglob("*")))
        if file.suffix in READ and not {"target", "logs", "__pycache__"} & set(file.parts)
    ]
    assert files, "nothing was read"
    return [
        f"{file.name}: {what}"
        for file in files
        for what, pattern in SECRET.items()
        if pattern.search(file.read_text())
    ]


def test_the_sql_holds_no_key_and_no_variable() -> None:
    assert found_in(PROJECT / "dbt_project") == []


def test_dags_charters_and_compose_hold_no_key() -> None:
    places = [PROJECT / name for name in ("dags", "pilots", "docker-compose.yml", "methods.toml")]
    assert found_in(*places) == []


@pytest.mark.parametrize(
    ("planted", "what"),
    [
        (secrets.token_hex(32), "32 bytes in hexadecimal"),
        (secrets.token_hex(32).upper(), "32 bytes in hexadecimal"),
        (b64encode(secrets.token_bytes(32)).decode(), "32 bytes in base64"),
        ("{{ env_var('PEIL_KEY') }}", "a variable"),
        ("{{ var( 'key' ) }}", "a variable"),
    ],
    ids=["hexadecimal", "capitals", "base64", "env_var", "var"],  # the keys are drawn: no names
)
def test_a_planted_key_is_found(tmp_path: Path, planted: str, what: str) -> None:
    project = tmp_path / "dbt_project"
    shutil.copytree(PROJECT / "dbt_project", project)
    assert found_in(project) == []
    model = project / "models" / "staging" / "stg_operator__events.sql"
    model.write_text(model.read_text().replace("select\n", f"select\n    '{planted}' as k,\n", 1))
    assert found_in(project) == [f"stg_operator__events.sql: {what}"]
