"""The writes of the integrations app; every entrance calls these."""

from integrations.services.conflicts import conflict_decide, conflicts_find
from integrations.services.import_runs import import_run_create, import_run_perform, import_run_start

__all__ = ["conflict_decide", "conflicts_find", "import_run_create", "import_run_perform", "import_run_start"]
