"""dbt-duckdb plugin: opens the sealed files of one day and brings the keyed pseudonym.

dbt makes the plugin; what it must know is the session that `peil.transform` set before. No key
stands in SQL, in the profile, in a variable or in dbt's files.
"""

from __future__ import annotations

import hmac

import pyarrow as pa
from dbt.adapters.duckdb.plugins import BasePlugin
from duckdb import DuckDBPyConnection

from peil import sealing, transform
from peil.outcome import Refused


def pseudonyms(key: bytes, identifiers: pa.Array) -> pa.Array:
    """First 128 bits of HMAC-SHA-256(key, "imsi|" + identifier), as hexadecimal text.

    Parameters
    ----------
    key : bytes
        32 bytes, independent for each pilot and day.
    identifiers : Array of str
        Distinct subscriber identifiers as delivered.
    """
    return pa.array(
        [
            None
            if one is None
            else hmac.digest(key, b"imsi|" + one.strip().encode(), "sha256")[:16].hex()
            for one in identifiers.to_pylist()
        ],
        type=pa.string(),
    )


class Plugin(BasePlugin):  # type: ignore[misc, unused-ignore]
    """Attach, bound, and register; in the order that DuckDB needs."""

    def configure_connection(self, conn: DuckDBPyConnection) -> None:
        session = transform.current()
        if session is None:
            raise Refused("dbt runs through Peil only: use `peil stage PILOT DAY`.")
        sealing.load_crypto(conn)
        sealing.bound(conn, session.memory_limit, session.threads, session.temp_directory)
        conn.execute("SET preserve_insertion_order = false")
        if session.raw_file and session.staged_file:
            self._attach_day(conn, session)
        conn.execute("CREATE SCHEMA IF NOT EXISTS memory.outputs")
        for table, file in sorted(session.outputs.items()):
            place = str(file).replace("'", "''")
            conn.execute(
                f"CREATE OR REPLACE VIEW memory.outputs.{table} AS "
                f"SELECT * FROM read_parquet('{place}')"
            )

    @staticmethod
    def _attach_day(conn: DuckDBPyConnection, session: transform.TransformSession) -> None:
        assert session.raw_file and session.raw_key and session.staged_file
        assert session.staged_key and session.pseudonym_key
        key = sealing.read_key(session.raw_key)
        sealing.attach(conn, session.raw_file, "raw", key, read_only=True)
        key = sealing.read_key(session.staged_key)
        sealing.attach(conn, session.staged_file, "staged", key, read_only=False)
        secret = sealing.read_key(session.pseudonym_key)
        conn.create_function(
            "keyed_pseudonym",
            lambda identifiers: pseudonyms(secret, identifiers),
            ["VARCHAR"],  # type: ignore[list-item]
            "VARCHAR",  # type: ignore[arg-type]
            type="arrow",  # type: ignore[arg-type]
        )
