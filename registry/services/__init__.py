"""The writes of the registry app; every entrance calls these."""

from registry.services.accreditations import validator_with_accreditations_save
from registry.services.asked_credits import asked_credits_file, asked_credits_go_to
from registry.services.catalogue import (
    accreditation_delete,
    accreditation_save,
    methodology_delete,
    methodology_save,
    project_type_delete,
    project_type_save,
    standard_delete,
    standard_save,
    validator_delete,
    validator_save,
)
from registry.services.certifications import certification_delete, certification_save, project_standards_set
from registry.services.documents import document_add, document_delete, document_links_set, document_update
from registry.services.lifecycle import available_moves, project_move, unmet_requirements
from registry.services.monitoring import (
    monitoring_period_create,
    monitoring_period_reject,
    monitoring_period_submit,
    monitoring_period_verify,
)
from registry.services.overlaps import overlap_justify, overlaps_refresh
from registry.services.projects import (
    EDITABLE_FIELDS,
    project_create,
    project_delete,
    project_publish,
    project_search_text,
    project_slug,
    project_update,
    search_words_add,
)

__all__ = [
    "EDITABLE_FIELDS",
    "accreditation_delete",
    "accreditation_save",
    "asked_credits_file",
    "asked_credits_go_to",
    "available_moves",
    "certification_delete",
    "certification_save",
    "document_add",
    "document_delete",
    "document_links_set",
    "document_update",
    "methodology_delete",
    "methodology_save",
    "monitoring_period_create",
    "monitoring_period_reject",
    "monitoring_period_submit",
    "monitoring_period_verify",
    "overlap_justify",
    "overlaps_refresh",
    "project_create",
    "project_delete",
    "project_move",
    "project_publish",
    "project_search_text",
    "project_slug",
    "project_standards_set",
    "project_type_delete",
    "project_type_save",
    "project_update",
    "search_words_add",
    "standard_delete",
    "standard_save",
    "unmet_requirements",
    "validator_delete",
    "validator_save",
    "validator_with_accreditations_save",
]
