"""Release: estimates become protected, audited and signed tables, the only ones that leave."""
