"""Sealed Parquet: every column and the footer encrypted (Parquet modular encryption, AES-GCM).

Each file has keys of its own, drawn at random and wrapped by one key that is derived from the key
of a sealed state: who destroys that has destroyed the files. Here and on Spark's executors alike;
only PyArrow is needed.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pyarrow.parquet.encryption as pe
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from peil.outcome import Refused
from peil.store import keys

NONCE_BYTES = 12


@dataclass(frozen=True)
class Seal:
    """Which key seals files: the file of a state's key, and the use for which one is derived.

    It holds no key, so that it may be sent to where the key can be read.
    """

    key_file: Path
    use: str

    def key(self) -> bytes:
        """The key that wraps those of the files; raises as `keys.read_key`."""
        return keys.derived(keys.read_key(self.key_file), self.use)


class _Wrapping(pe.KmsClient):  # type: ignore[misc]
    """Wraps the keys of a file; PyArrow asks for it by this interface."""

    def __init__(self, key: bytes) -> None:
        super().__init__()
        self._cipher = AESGCM(key)

    def wrap_key(self, key_bytes: bytes, master_key_identifier: str) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        wrapped = self._cipher.encrypt(nonce, key_bytes, master_key_identifier.encode())
        return base64.b64encode(nonce + wrapped)

    def unwrap_key(self, wrapped_key: bytes, master_key_identifier: str) -> bytes:
        raw = base64.b64decode(wrapped_key)
        nonce, wrapped = raw[:NONCE_BYTES], raw[NONCE_BYTES:]
        return self._cipher.decrypt(nonce, wrapped, master_key_identifier.encode())


class Sealer:
    """Writes and reads the files of one seal; the key is read once.

    Raises
    ------
    Refused
        The key is gone or open to others.
    """

    def __init__(self, seal: Seal) -> None:
        key = seal.key()
        self._factory = pe.CryptoFactory(lambda _: _Wrapping(key))
        self._connection = pe.KmsConnectionConfig()

    def write(self, file: Path, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> int:
        """Write batches into one file, aside and renamed; how many rows they had.

        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> sealer = Sealer(Seal(keys.new_key(folder / "keys" / "a.key"), "example"))
        >>> rows = pa.record_batch({"n": [1, 2]})
        >>> sealer.write(folder / "a.parquet", rows.schema, [rows])
        2
        >>> [batch["n"].to_pylist() for batch in sealer.read(folder / "a.parquet")]
        [[1, 2]]
        """
        # a name of its own for each writer: an executor may be asked twice for the same rows
        aside = file.with_name(f".{file.name}.{os.urandom(4).hex()}")
        n_rows = 0
        with pq.ParquetWriter(
            aside, schema, encryption_properties=self._writing(), compression="zstd"
        ) as writer:
            for batch in batches:
                if batch.num_rows:
                    writer.write_batch(batch if batch.schema == schema else batch.cast(schema))
                    n_rows += batch.num_rows
        os.replace(aside, file)
        return n_rows

    def read(self, file: Path, n_rows: int = 65_536) -> Iterator[pa.RecordBatch]:
        """Read a file in batches of so many rows at most.

        Raises
        ------
        Refused
            It was sealed with another key, or is damaged.
        """
        with _refusing(file):
            yield from self._opened(file).iter_batches(n_rows)

    def schema(self, file: Path) -> pa.Schema:
        """Columns of a file and their types; raises as `read`."""
        with _refusing(file):
            return self._opened(file).schema_arrow

    def _opened(self, file: Path) -> pq.ParquetFile:
        reading = self._factory.file_decryption_properties(self._connection)
        return pq.ParquetFile(file, decryption_properties=reading)

    def _writing(self) -> object:
        return self._factory.file_encryption_properties(
            self._connection,
            pe.EncryptionConfiguration(
                footer_key="day",
                uniform_encryption=True,
                encryption_algorithm="AES_GCM_V1",
                plaintext_footer=False,
                double_wrapping=False,
                data_key_length_bits=256,
            ),
        )


@contextmanager
def _refusing(file: Path) -> Iterator[None]:
    """Turn what PyArrow says of a file that does not open into a sentence without its words."""
    try:
        yield
        return
    except (InvalidTag, pa.ArrowException, OSError) as error:
        kind = type(error).__name__
    raise Refused(
        f"The sealed file {file.name} does not open with its key ({kind}): it was sealed with "
        "another key, or is damaged; stage the day again."
    )
