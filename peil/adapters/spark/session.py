"""A session of Spark for one run: bounded, encrypted where it spills, silent, gone afterwards.

What Spark writes beside sealed files lies in the run's scratch folder: spilled and kept blocks,
encrypted under a key that Spark draws for itself. There is no event log, no console, no warehouse,
and what Java and Spark would log is thrown away, since an error quotes rows.
"""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import subprocess
import sys
import warnings
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from peil.outcome import Refused
from peil.settings import Settings
from peil.store.atomic import fresh_folder

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

JAVA = "default-jre-headless"
ENDING_S = 20.0
ROWS_A_PARTITION = 500_000


def missing() -> str:
    """What this machine lacks to run Spark, or nothing."""
    if not (find_spec("pyspark") and find_spec("dbt.adapters.spark")):
        return "PySpark and dbt-spark (`uv sync --extra spark`, or `pip install -e '.[spark]'`)"
    home = os.environ.get("JAVA_HOME")
    java = Path(home) / "bin" / "java" if home else shutil.which("java")
    return "" if java and Path(java).exists() else f"Java 17 or newer (Debian package {JAVA})"


def conf_of(settings: Settings, work: Path, n_rows: int) -> dict[str, str]:
    """Spark's settings of a run over so many rows; nothing in them is secret.

    >>> conf = conf_of(Settings(), Path("/scratch"), 10_000_000)
    >>> conf["spark.master"], conf["spark.driver.memory"], conf["spark.sql.shuffle.partitions"]
    ('local[2]', '2g', '20')
    """
    master = settings.spark_master or f"local[{settings.threads}]"
    number, unit = settings.memory[:-2], settings.memory[-2:]
    # no dump of memory where it fails
    java = ["-XX:-UsePerfData", "-XX:ErrorFile=/dev/null", "-XX:-CreateCoredumpOnCrash"]
    n_partitions = max(settings.threads, -(-n_rows // ROWS_A_PARTITION))
    conf = {
        "spark.app.name": "peil",
        "spark.master": master,
        "spark.driver.memory": f"{number}{unit[0].lower()}",
        "spark.driver.extraJavaOptions": " ".join([*java, f"-Djava.io.tmpdir={work / 'java'}"]),
        "spark.io.encryption.enabled": "true",
        "spark.io.encryption.keySizeBits": "256",
        "spark.local.dir": str(work / "local"),
        "spark.sql.warehouse.dir": str(work / "warehouse"),
        "spark.sql.catalogImplementation": "in-memory",
        "spark.eventLog.enabled": "false",
        "spark.log.level": "OFF",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.ansi.enabled": "true",
        "spark.sql.shuffle.partitions": str(n_partitions),
        "spark.serializer": "org.apache.spark.serializer.KryoSerializer",
        "spark.sql.execution.arrow.maxRecordsPerBatch": "65536",
    }
    if master.startswith("local"):
        return conf | {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}
    # rows go over a network: Spark refuses to start where the cluster has no secret for it
    return conf | {"spark.authenticate": "true", "spark.network.crypto.enabled": "true"}


@contextlib.contextmanager
def session(settings: Settings, work: Path, n_rows: int) -> Iterator[SparkSession]:
    """Start Java and a session, and end both; `work` is emptied first, and left to the caller.

    Raises
    ------
    Refused
        Java, PySpark or the cluster is not there.
    """
    if lacks := missing():
        raise Refused(f"PEIL_ENGINE=spark needs {lacks}: install it, or set PEIL_ENGINE=duckdb.")
    from pyspark import SparkConf, SparkContext
    from pyspark.java_gateway import launch_gateway

    from peil.adapters.spark.keeping import KeepingSession

    fresh_folder(work)
    for folder in (work, work / "local", work / "java", work / "warehouse"):
        folder.mkdir(mode=0o700, exist_ok=True)
        folder.chmod(0o700)
    warnings.filterwarnings("ignore", message="PySpark does not yet fully support pandas")
    for name in ("SQLQueryContextLogger", "DataFrameQueryContextLogger", "py4j"):
        logging.getLogger(name).disabled = True
    conf = SparkConf(loadDefaults=False)
    conf.setAll(list(conf_of(settings, work, n_rows).items()))
    gateway = None
    try:
        with _environment():
            nowhere = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
            gateway = launch_gateway(conf, nowhere)  # type: ignore[no-untyped-call]
            context = SparkContext(conf=conf, gateway=gateway)
        started = KeepingSession(context)
    except Exception as error:  # of Java, which tells of some by an error of its gateway
        _end(gateway)
        raise Refused(
            f"Spark does not start with the master {settings.spark_master or 'local'} "
            f"({type(error).__name__}): look at Java, its memory (PEIL_MEMORY) and the cluster."
        ) from None
    except BaseException:
        _end(gateway)
        raise
    try:
        yield started
    finally:
        with contextlib.suppress(Exception):  # Java may be gone already
            started.stop()
        _end(gateway)


def _end(gateway: object) -> None:
    """End Java, and forget it: the next session has other settings."""
    from pyspark import SparkContext

    if gateway is not None:
        with contextlib.suppress(Exception):
            gateway.shutdown()  # type: ignore[attr-defined]
        process: subprocess.Popen[bytes] | None = getattr(gateway, "proc", None)
        if process is not None:
            if process.stdin:
                process.stdin.close()  # which it takes for the end of who started it
            try:
                process.wait(ENDING_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
    SparkContext._gateway = SparkContext._jvm = None


@contextlib.contextmanager
def _environment() -> Iterator[None]:
    """Take away variables that would overrule what is set here; executors run this Python.

    The operator of a cluster names theirs by `PYSPARK_PYTHON`.
    """
    before = dict(os.environ)
    for name in ("SPARK_LOCAL_DIRS", "PYSPARK_SUBMIT_ARGS"):
        os.environ.pop(name, None)
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    try:
        yield
    finally:
        for name in ("SPARK_LOCAL_DIRS", "PYSPARK_SUBMIT_ARGS", "PYSPARK_PYTHON"):
            os.environ.pop(name, None)
            os.environ.update({name: before[name]} if name in before else {})
