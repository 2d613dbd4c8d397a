"""What the files in `dags/` share: schedules, gates and the tasks of products."""
