"""The form of a project: the model's fields, with lists, goals and the boundary as a person can edit them."""

from typing import Any

from django import forms

from carboncore.common.admin.fields import LinesField, NumberedChoicesField
from carboncore.common.admin.refusals import RefusableForm
from registry.admin.boundary_widget import BoundaryWidget
from registry.models import Project

SDG_NAMES = (
    "No poverty", "Zero hunger", "Good health and well-being", "Quality education", "Gender equality",
    "Clean water and sanitation", "Affordable and clean energy", "Decent work and economic growth",
    "Industry, innovation and infrastructure", "Reduced inequalities", "Sustainable cities and communities",
    "Responsible consumption and production", "Climate action", "Life below water", "Life on land",
    "Peace, justice and strong institutions", "Partnerships for the goals",
)  # fmt: skip
SDG_CHOICES = [(number, f"{number} {name}") for number, name in enumerate(SDG_NAMES, start=1)]


class ProjectForm(RefusableForm):
    """One project. `expected_version` is the version it was opened at, so that nobody overwrites another's work."""

    refusal_field_names = {"standards_list": "standards", "country_id": "country", "project_type_id": "project_type"}

    expected_version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    tree_types = LinesField(
        label="Tree species", max_items=200, max_length=120, separators=",;", help_text="One species a line."
    )
    further_methodologies = LinesField(
        max_items=50, max_length=100, help_text="Codes of other methodologies used, one a line."
    )
    labels = LinesField(max_items=50, max_length=100, help_text="One label a line, e.g. CCB Gold.")
    sdg_goals = NumberedChoicesField(label="Sustainable development goals", choices=SDG_CHOICES)
    coordinates = forms.JSONField(
        label="Boundary",
        required=False,
        error_messages={"invalid": "This is not JSON. Draw the boundary on the map, or paste GeoJSON."},
    )

    class Meta:
        model = Project
        fields = "__all__"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["expected_version"].initial = self.instance.version
        if "coordinates" in self.fields:
            self.fields["coordinates"].widget = BoundaryWidget(
                neighbours_url=self.neighbours_url,
                project_id=str(self.instance.pk or ""),
            )

    neighbours_url = ""
