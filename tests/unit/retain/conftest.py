"""Tests of retention share one day that lies in every place."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # tests import their builder

from kept_day import full  # noqa: F401
