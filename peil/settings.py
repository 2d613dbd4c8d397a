"""What the machine's operator may set: environment variables `PEIL_*`, and nothing else.

Statistical choices live in `methods.toml`, a pilot's choices in `pilots/*.yml`.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from peil.outcome import Refused

PROJECT = Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    """Folders, memory and mail. Every field is the environment variable `PEIL_<FIELD>`."""

    model_config = SettingsConfigDict(env_prefix="PEIL_", extra="ignore")

    data: Path = Field(PROJECT / "data", description="the store: operator/ and agency/")
    deliveries: Path | None = Field(None, description="deliveries; default <data>/deliveries")
    truth: Path | None = Field(None, description="truth, read by scoring only; <data>/truth")
    outside_data: Path | None = Field(None, description="folder of outside sample deliveries")
    pilots: Path = Field(PROJECT / "pilots", description="the charters, one YAML a pilot")
    methods: Path = Field(PROJECT / "methods.toml", description="the statistical choices")
    memory: str = Field("2GB", description="memory limit of DuckDB", pattern=r"^\d+(MB|GB)$")
    threads: int = Field(2, ge=1, description="threads of DuckDB")
    settle_s: float = Field(1.0, ge=0, description="seconds between two looks at a fresh file")
    lock_wait_s: float = Field(0.0, ge=0, description="seconds to wait for a held period")
    mlflow_uri: str | None = Field(None, description="default sqlite under the operator's store")
    smtp_host: str | None = None
    smtp_port: int = 25
    smtp_from: str | None = None
    smtp_to: str | None = None

    @property
    def deliveries_folder(self) -> Path:
        return self.deliveries or self.data / "deliveries"

    @property
    def truth_folder(self) -> Path:
        return self.truth or self.data / "truth"


def settings() -> Settings:
    """Read the settings from the environment, or refuse with the variable's name."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = "PEIL_" + str(first["loc"][0]).upper()
        raise Refused(f"Variable {name}: {first['msg']}; correct or unset it.") from None
