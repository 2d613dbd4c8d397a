"""Past hours of zones as a pilot would have released them: for forecasts and their scores."""

from peil_models.synthetic.past.cities import make_city
from peil_models.synthetic.past.crowd import CrowdHistory, make_crowd_history
from peil_models.synthetic.past.profiles import KINDS, usual_week
from peil_models.synthetic.past.weather import make_weather

__all__ = [
    "KINDS",
    "CrowdHistory",
    "make_city",
    "make_crowd_history",
    "make_weather",
    "usual_week",
]
