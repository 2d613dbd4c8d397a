"""Residence: home and work of devices, usual environment, visitors by origin, and the
persons that devices stand for by home.

Built on the segments and places of `peil_models.stays`. Places of single devices are means to
tables by zone and are not published.
"""

from peil_models.residence.anchors import AnchorPlace, Anchors
from peil_models.residence.by_home import PersonsByHome
from peil_models.residence.calendar import Calendar, make_calendar
from peil_models.residence.medians import at_median_of_masts
from peil_models.residence.migration import migration_overlap
from peil_models.residence.permanence import (
    PermanenceScores,
    bridged_stays,
    permanence_scores,
)
from peil_models.residence.rules import CellRule, home_cells
from peil_models.residence.usual import PermanenceLabels, UsualEnvironment
from peil_models.residence.visitors import FlowCube, NightTable, flow_cube, night_table

__all__ = [
    "AnchorPlace",
    "Anchors",
    "Calendar",
    "CellRule",
    "FlowCube",
    "NightTable",
    "PermanenceLabels",
    "PermanenceScores",
    "PersonsByHome",
    "UsualEnvironment",
    "at_median_of_masts",
    "bridged_stays",
    "flow_cube",
    "home_cells",
    "make_calendar",
    "migration_overlap",
    "night_table",
    "permanence_scores",
]
