"""What docker-compose.yml reads: secrets in files, and the few words that it must be told."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from peil.adapters.airflow.home import (
    accounts,
    console_users,
    draw_missing,
    fernet_key,
    passwords,
    write_once,
)
from peil.settings import Settings
from peil.store.atomic import write_text

# of the user `peil` in the Dockerfile
IMAGE_UID = 10001


def compose_secrets(folder: Path, settings: Settings | None = None) -> dict[str, str]:
    """Draw the secrets that docker-compose.yml reads from files, once.

    A second call changes nothing, so a running deployment keeps its passwords; an account that was
    enrolled since gets one.

    Parameters
    ----------
    folder : Path
        Where they lie.
    settings : Settings, optional
        Where the parties are enrolled whose accounts approve.

    Returns
    -------
    dict of str to str
        What docker-compose.yml must be told: the uid that owns the secrets, under which containers
        run since compose binds the files as they are (`PEIL_UID`), and the users of the console.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    named = accounts(settings) if settings else []
    drawn = {
        "postgres_password": secrets.token_urlsafe(24),
        "broker_password": secrets.token_urlsafe(24),
        "fernet_key": fernet_key(),
        "jwt_secret": secrets.token_urlsafe(48),
        "session_secret": secrets.token_urlsafe(48),
        "console_passwords": passwords(),
    }
    for name, content in drawn.items():
        write_once(folder / name, content)
    draw_missing(folder / "console_passwords", named, 0o400)
    owner = IMAGE_UID if os.geteuid() == 0 else os.geteuid()
    if os.geteuid() == 0:
        for name in drawn:
            os.chown(folder / name, owner, 0)
    return {"PEIL_UID": str(owner), "PEIL_CONSOLE_USERS": console_users(named)}


def write_env(file: Path, values: dict[str, str]) -> Path:
    """Write what docker-compose.yml must be told where it reads it; other lines stay."""
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    others = [line for line in lines if line.split("=")[0] not in values]
    own = [f"{name}={value}" for name, value in values.items()]
    return write_text(file, "\n".join([*others, *own]) + "\n")
