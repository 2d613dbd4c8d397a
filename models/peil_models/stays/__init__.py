"""Stays and moves of devices: segments of their time, and the place of each stay.

Trips between stays are `peil_models.mobility`, homes and visitors `peil_models.residence`.
"""

from peil_models.stays.by_choices import StaysByChoices
from peil_models.stays.days import split_at
from peil_models.stays.overlap import cell_overlaps, overlap_coefficients
from peil_models.stays.placing import Places, StayPlacing
from peil_models.stays.rest import (
    RestChanges,
    RestFit,
    breaks,
    fit_at_rest,
    masts_footprint,
    overlap_at_rest,
    rest_changes,
)
from peil_models.stays.segmentation import StaySegmentation
from peil_models.stays.segments import (
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
from peil_models.stays.timing import TimingRings

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
    "RestChanges",
    "RestFit",
    "Segments",
    "StayPlacing",
    "StaySegmentation",
    "StaysByChoices",
    "TimingRings",
    "breaks",
    "cell_overlaps",
    "fit_at_rest",
    "masts_footprint",
    "overlap_at_rest",
    "overlap_coefficients",
    "rest_changes",
    "split_at",
]
