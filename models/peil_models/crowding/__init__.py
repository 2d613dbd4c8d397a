"""Crowding: what persons a zone may expect in the next hours, and which hours are a surge.

Takes released hourly figures by zone and known facts of days; nothing else. A forecast uses only
what lies before its hour of issue.
"""

from peil_models.crowding.forecasting import QUANTILE_COLUMNS, QUANTILES, CrowdingForecaster
from peil_models.crowding.known_days import CrowdingCalendar
from peil_models.crowding.naive import Climatology, SeasonalNaive
from peil_models.crowding.nowcast import Nowcast
from peil_models.crowding.outlook import CrowdingOutlook, forecast_days, midnight
from peil_models.crowding.quantiles import CrowdingQuantiles
from peil_models.crowding.surges import SurgeDetector

__all__ = [
    "QUANTILES",
    "QUANTILE_COLUMNS",
    "Climatology",
    "CrowdingCalendar",
    "CrowdingForecaster",
    "CrowdingOutlook",
    "CrowdingQuantiles",
    "Nowcast",
    "SeasonalNaive",
    "SurgeDetector",
    "forecast_days",
    "midnight",
]
