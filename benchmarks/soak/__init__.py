"""Weeks of deliveries, hastened, through a started Airflow whose processes are killed."""
