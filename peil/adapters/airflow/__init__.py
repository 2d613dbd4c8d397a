"""Everything between Peil and Airflow. No other module of `peil` imports Airflow.

`environment`, `prepare` (`home`) give Airflow its folder, keys and database; `walk`
(`walking`) runs one verb's DAG for one day in this process; `up` and `started` (`standalone`)
start the real thing; `chain` is what the files in `dags/` share. Each is imported from its own
module: a command that only tells people something needs `message` and none of them. No module
imports Airflow when it is imported: that takes seconds, and its settings are read at import.
"""
