"""Great Expectations, imported as where Spark is not installed. To be imported before it.

It looks for PySpark, whatever it is asked for. Where the extra `spark` is installed that takes a
second, and PySpark, imported so, ends a process that was not started from a file.
"""

from __future__ import annotations

import sys

__all__ = ["gx"]

_hidden = {name: sys.modules[name] for name in list(sys.modules) if name.split(".")[0] == "pyspark"}
for _name in _hidden:
    del sys.modules[_name]
sys.modules["pyspark"] = None  # type: ignore[assignment]
try:
    import great_expectations as gx
finally:
    del sys.modules["pyspark"]
    sys.modules.update(_hidden)
