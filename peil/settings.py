"""What the machine's operator may set: environment variables `PEIL_*`, and nothing else.

Statistical choices live in `methods.toml`, a pilot's choices in `pilots/*.yml`.
"""

from __future__ import annotations

import os
import sys
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from peil.outcome import Refused

SecretName = Literal["smtp_password", "webhook_url", "apprise_urls", "pkcs11_pin"]
Plane = Literal["operator", "agency", "both"]
Engine = Literal["duckdb", "spark"]

MOST_PARTS = 64
# an address: a file of SQLite's, or a host with or without its port
MLFLOW_ADDRESS = r"^(sqlite[^:]*://.+|[A-Za-z][\w+]*://([^/]*@)?([^/:@\s\[]+|\[[0-9A-Fa-f:]+\])(:\d+)?([/?].*)?)$"
# variables that are no settings: of docker compose, of dbt by hand, of tests and benchmarks
NO_SETTINGS = frozenset(
    f"PEIL_{name}"
    for name in (
        *("AGENCY_DATA", "AGENCY_PILOTS", "AGENCY_UID", "AIRFLOW_PORT", "BUILD_NETWORK"),
        *("CONSOLE_USERS", "IMAGE", "LOST_AFTER_S", "MLFLOW_PORT", "PART_MEMORY", "RECEIVE_S"),
        *("SECRETS", "TASKS", "TASKS_MEMORY", "UID", "DBT_DAY", "DBT_PILOT", "BOUNDED_EVENTS"),
        *("FAIL_ON_SKIP", "FUZZ_EXAMPLES", "KILLED_MOMENTS", "LIVE_HOURS", "TESTS_UNTIL"),
        "WEEKS_BY_VERBS",
    )
)
PROJECT = Path(__file__).resolve().parent.parent
# what is kept beside what is installed, of the project's own text: the one place outside the store
KEPT = Path(sys.prefix) / "var" / "peil"


class Settings(BaseSettings):
    """Folders, memory and alerts. Every field is the environment variable `PEIL_<FIELD>`.

    A variable that is set to nothing counts as not set.
    """

    model_config = SettingsConfigDict(env_prefix="PEIL_", extra="ignore", env_ignore_empty=True)

    data: Path = Field(PROJECT / "data", description="the store: operator/ and agency/")
    plane: Plane = Field(
        "both", description="whose process this is; both: one machine, one user, two folders"
    )
    outbox: Path | None = Field(
        None, description="where what leaves the operator waits for the agency; <data>/outbox"
    )
    deliveries: Path | None = Field(None, description="deliveries; default <data>/deliveries")
    keep_deliveries: bool = Field(
        False, description="the delivery folder is somebody else's: retention leaves it alone"
    )
    truth: Path | None = Field(None, description="truth, read by scoring only; <data>/truth")
    outside_data: Path | None = Field(None, description="folder of outside sample deliveries")
    pilots: Path = Field(PROJECT / "pilots", description="the charters, one YAML a pilot")
    studies: Path = Field(PROJECT / "studies", description="what studies try, one YAML each")
    estimators: Path | None = Field(
        None, description="folder of estimators of your own, that studies try beside Peil's"
    )
    methods: Path = Field(PROJECT / "methods.toml", description="the statistical choices")
    memory: str = Field(
        "2GB", description="memory limit of DuckDB, and of Spark's driver", pattern=r"^\d+(MB|GB)$"
    )
    threads: int = Field(2, ge=1, description="threads of DuckDB")
    parts: int = Field(
        1, ge=1, le=MOST_PARTS, description="parts in which a day is staged, cut by pseudonym"
    )
    engine: Engine = Field("duckdb", description="what stages the rows of a day")
    spark_master: str | None = Field(
        None, description="master of Spark's cluster; default this machine, PEIL_THREADS of it"
    )
    two_processes_from_days: int = Field(
        5, ge=2, description="`peil run` of so many days uses two processes, each with its memory"
    )
    settle_s: float = Field(1.0, ge=0, description="seconds between two looks at a fresh file")
    unpacked_ratio: int = Field(
        200, ge=1, description="a gzip that unpacks to more times its size is refused"
    )
    room_ratio: int = Field(
        8, ge=0, description="free disk that ingest asks for, as times the size of a delivery"
    )
    overdue_after_h: float = Field(
        24.0, ge=0, description="hours past its time after which a row is told to be kept too long"
    )
    lock_wait_s: float = Field(0.0, ge=0, description="seconds to wait for a held period")
    mlflow_uri: str | None = Field(
        None, description="default sqlite under the operator's store", pattern=MLFLOW_ADDRESS
    )
    smtp_host: str | None = None
    smtp_port: int = Field(25, ge=1, le=65535)
    smtp_from: str | None = None
    smtp_to: str | None = Field(None, description="readers, separated by commas")
    smtp_user: str | None = None
    smtp_password: SecretStr | None = None
    smtp_password_file: Path | None = None
    webhook_url: SecretStr | None = Field(None, description="Slack, Mattermost and their like")
    webhook_url_file: Path | None = None
    apprise_urls: SecretStr | None = Field(None, description="separated by white space")
    apprise_urls_file: Path | None = None
    city_smtp_to: str | None = Field(None, description="readers in the city, by the mail server")
    city_webhook_url: SecretStr | None = Field(None, description="the city's own, as webhook_url")
    city_webhook_url_file: Path | None = None
    city_apprise_urls: SecretStr | None = Field(None, description="as apprise_urls")
    city_apprise_urls_file: Path | None = None
    operator_key: str | None = Field(
        None, description="URI of the operator's signing key in a token; default a file"
    )
    pkcs11_module: Path | None = Field(None, description="library that speaks to tokens of keys")
    pkcs11_pin: SecretStr | None = None
    pkcs11_pin_file: Path | None = None
    link_prefix: str | None = Field(None, description="stands before links; default the store")

    @property
    def memory_bytes(self) -> int:
        """What DuckDB may take, in bytes.

        >>> Settings(memory="2GB").memory_bytes, Settings(memory="300MB").memory_bytes
        (2000000000, 300000000)
        """
        return int(self.memory[:-2]) * {"MB": 10**6, "GB": 10**9}[self.memory[-2:]]

    @property
    def deliveries_folder(self) -> Path:
        return self.deliveries or self.data / "deliveries"

    @property
    def outbox_folder(self) -> Path:
        return (self.outbox or self.data / "outbox").absolute()

    @property
    def truth_folder(self) -> Path:
        return self.truth or self.data / "truth"

    def secret(self, name: SecretName) -> str | None:
        """Read a secret from `PEIL_<NAME>`, or from the file that `PEIL_<NAME>_FILE` names.

        Raises
        ------
        Refused
            Both are given, or the file cannot be read. The secret itself is never told.
        """
        given: SecretStr | None = getattr(self, name)
        file: Path | None = getattr(self, f"{name}_file")
        variable = f"PEIL_{name.upper()}"
        if file is None:
            return given.get_secret_value().strip() if given else None
        if given:
            raise Refused(f"Both {variable} and {variable}_FILE are set: unset one of them.")
        try:
            return file.read_text(encoding="utf-8").strip() or None
        except (OSError, UnicodeDecodeError):
            raise Refused(
                f"Variable {variable}_FILE names a file that cannot be read as text: "
                "correct the path or its rights."
            ) from None


def settings() -> Settings:
    """Read the settings from the environment, or refuse with the variable's name."""
    return _of_environment(
        tuple(sorted(pair for pair in os.environ.items() if pair[0].upper().startswith("PEIL_")))
    ).model_copy()


@cache
def _of_environment(_: tuple[tuple[str, str], ...]) -> Settings:
    """Read the settings, once for each environment: a run asks hundreds of times."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        name = str(first["loc"][0])
        how = _how_written(name, first["type"], first.get("ctx", {})) or first["msg"]
        raise Refused(f"Variable PEIL_{name.upper()}: {how}; correct or unset it.") from None


def _how_written(name: str, fault: str, bounds: dict[str, Any]) -> str:
    """Say how a variable is written, without what stands in it: that may hold a password."""
    if name == "mlflow_uri":
        return "this is no address, write sqlite:////path or http://host:port"
    if name == "memory":
        return "write a whole number and its unit, as 2GB or 500MB"
    written = {
        "int_parsing": "write a whole number",
        "int_from_float": "write a whole number",
        "float_parsing": "write a number",
        "bool_parsing": "write true or false",
        "literal_error": f"write {bounds.get('expected')}",
        "greater_than_equal": f"write {bounds.get('ge')} or more",
        "less_than_equal": f"write {bounds.get('le')} or less",
    }
    return written.get(fault, "")


def misspelt() -> list[str]:
    """Say of each variable `PEIL_*` that nothing reads so, with the nearest that is read."""
    read = NO_SETTINGS | {f"PEIL_{field.upper()}" for field in Settings.model_fields}
    unread = sorted({name for name in os.environ if name.upper().startswith("PEIL_")})
    lines = []
    for name in unread:
        if name.upper() in read:
            continue
        from difflib import get_close_matches  # of a mistake alone

        near = get_close_matches(name.upper(), sorted(read), 1)
        hint = f"is {near[0]} meant?" if near else "see docs/operate.md for those that are read."
        lines.append(f"Nothing reads the variable {name}: {hint}")
    return lines
