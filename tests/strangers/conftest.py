"""Strangers share one way to copy the checkout and count what they touched, `copied`."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent.parent / "conventions")]
