"""Mobility of devices: trips, flows between zones, distances, and models of flows.

Built on the segments and places of `peil_models.stays`. Statistics leave here as sums or
distributions, trips of a device do not.
"""

from peil_models.mobility.expected import expected_trips
from peil_models.mobility.flows import FlowTable, flow_interval, flow_table
from peil_models.mobility.gravity import FlowGravity, FlowRadiation
from peil_models.mobility.spread import radius_of_gyration_m, regional_quantiles, visit_entropy
from peil_models.mobility.trips import Trips, find_trips

__all__ = [
    "FlowGravity",
    "FlowRadiation",
    "FlowTable",
    "Trips",
    "expected_trips",
    "find_trips",
    "flow_interval",
    "flow_table",
    "radius_of_gyration_m",
    "regional_quantiles",
    "visit_entropy",
]
