"""Recovery tests of zones share what they call biased: `zone_bias`."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
