"""Where a device stayed and when it moved: segments of its time, and the place of each stay."""

from models.stays.days import split_at
from models.stays.overlap import cell_overlaps
from models.stays.placing import Places, StayPlacing
from models.stays.segmentation import StaySegmentation
from models.stays.segments import (
    ABROAD,
    MOVE,
    OUTSIDE,
    STATES,
    STAY,
    UNDETERMINED,
    UNKNOWN,
    UNLOCATED,
    Carried,
    Segments,
)
from models.stays.timing import TimingRings

__all__ = [
    "ABROAD",
    "MOVE",
    "OUTSIDE",
    "STATES",
    "STAY",
    "UNDETERMINED",
    "UNKNOWN",
    "UNLOCATED",
    "Carried",
    "Places",
    "Segments",
    "StayPlacing",
    "StaySegmentation",
    "TimingRings",
    "cell_overlaps",
    "split_at",
]
