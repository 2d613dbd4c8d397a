"""Everything between Peil and Airflow. No other module of `peil` imports Airflow.

`environment`, `prepare` (`home`) give Airflow its folder, keys and database; `walk`
(`walking`) runs one verb's DAG for one day in this process; `up` and `started` (`standalone`)
start the real thing; `chain` is what the files in `dags/` share. Importing this package does
not import Airflow: that takes seconds, and its settings are read at import.
"""

from peil.adapters.airflow.composing import compose_secrets
from peil.adapters.airflow.home import environment, prepare
from peil.adapters.airflow.rest import Airflow
from peil.adapters.airflow.standalone import started, up
from peil.adapters.airflow.walking import WalkResult, walk

__all__ = [
    "Airflow",
    "WalkResult",
    "compose_secrets",
    "environment",
    "prepare",
    "started",
    "up",
    "walk",
]
