"""Spark as the engine of staging: sealed rows in, dbt's SQL in its session, sealed rows out.

The only room that knows Spark. Installed by the extra `spark`; imported when it is asked for.
"""
