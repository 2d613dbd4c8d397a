"""Where a device stayed and when it moved: segments of its time, and the place of each stay."""

from models.stays.days import split_at
from models.stays.overlap import cell_overlaps
from models.stays.placing import StayPlacing
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
    Segments,
)

__all__ = [
    "ABROAD",
    "MOVE",
    "OUTSIDE",
    "STATES",
    "STAY",
    "UNDETERMINED",
    "UNKNOWN",
    "UNLOCATED",
    "Segments",
    "StayPlacing",
    "StaySegmentation",
    "cell_overlaps",
    "split_at",
]
