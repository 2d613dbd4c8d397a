"""The contracts share `estimators`, which lists them, and `fitting`, which has data for each."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
