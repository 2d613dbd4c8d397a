"""What may leave: suppression, its one entry point `protect`, and the audit that attacks it."""

from peil_models.disclosure.audit import AuditReport, LinearRow, audit
from peil_models.disclosure.protect import protect
from peil_models.disclosure.suppression import suppress

__all__ = ["AuditReport", "LinearRow", "audit", "protect", "suppress"]
