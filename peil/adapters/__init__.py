"""One door a tool: DuckDB, dbt, MLflow, Airflow. No other room imports these tools.

What a tool is used for belongs to the room that uses it.
"""
