"""The lifecycle on a project's page: the buttons a person may press, and the page that asks before each."""

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from unfold.widgets import UnfoldAdminTextareaWidget

from carboncore.common.admin.confirm import confirm_page, posted
from registry.admin.project_panels import project_panels
from registry.choices import PUBLIC_STATUSES, OverlapState
from registry.models import Project
from registry.services import available_moves, project_move, project_publish, unmet_requirements
from registry.transitions import MOVES_BY_NAME, Move, moves_from

DEVIATION = Decimal("0.10")
_DANGEROUS = {"reject", "withdraw", "suspend"}
# Where on the page a requirement is met, when the service's word for it is no field there.
_PLACES = {"standards_list": "certifications-group", "crediting_period_start": "field-crediting_period_start"}


class MoveForm(forms.Form):
    """What a move takes: a comment, and the version that the person saw."""

    comment = forms.CharField(
        required=False,
        max_length=4000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
    )
    expected_version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, move: Move, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["comment"].help_text = (
            "Needed. It is kept with the project and whoever works on it next reads it."
            if move.comment_required
            else "If there is something to say; it is kept with the project."
        )


class LifecycleMixin:
    """Adds the moves and publishing of one project to its admin."""

    def get_urls(self) -> list[URLPattern]:
        """Add one address a move, and publishing."""
        wrap = self.admin_site.admin_view  # type: ignore[attr-defined]
        return [
            path("<int:pk>/move/<slug:name>/", wrap(self.move_view), name="registry_project_move"),
            path("<int:pk>/publish/", wrap(self.publish_view), name="registry_project_publish"),
            *super().get_urls(),  # type: ignore[misc]
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Add the head of the page: where the project stands, what is wrong, what the person may do."""
        project = self.get_object(request, object_id)  # type: ignore[attr-defined]
        head: dict[str, Any] = {}
        if project is not None:
            head = {"head": project_head(request, project), "project_panels": project_panels(request, project)}
        return super().change_view(  # type: ignore[misc]
            request, object_id, form_url, {**(extra_context or {}), **head}
        )

    def move_view(self, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        """Ask for one move, and make it."""
        project = self._project(request, pk)
        move = MOVES_BY_NAME.get(name)
        if move is None:
            raise Http404
        if not request.user.has_perm(move.permission):
            raise PermissionDenied
        back = _page(project)
        if request.method != "POST" and project.status not in move.sources:
            messages.warning(
                request, f"It is {project.get_status_display().lower()} by now; see what is possible here."
            )
            return HttpResponseRedirect(back)
        actor: Any = request.user

        def run(data: dict[str, Any]) -> str:
            moved = project_move(
                actor=actor,
                pk=project.pk,
                move=move.name,
                comment=data["comment"],
                expected_version=data["expected_version"],
            )
            return f"“{moved}” is now {moved.get_status_display().lower()}."

        context = {
            "explanation": move.explanation,
            "facts": [
                ("Project", str(project)),
                ("From", project.get_status_display()),
                ("To", move.target.label),
            ],
            "unmet": _unmet(project, move, actor) if request.method != "POST" else [],
            "submit_variant": "danger" if move.name in _DANGEROUS else "primary",
        }
        return confirm_page(
            self,
            request,
            obj=project,
            title=f"{move.label} this project?",
            submit=move.label,
            form=MoveForm(posted(request), initial={"expected_version": project.version}, move=move),
            run=run,
            back=back,
            context=context,
        )

    def publish_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask, then show the project to the public or hide it."""
        project = self._project(request, pk)
        if not request.user.has_perm("registry.publish_project"):
            raise PermissionDenied
        publish = not project.published

        def run(_: dict[str, Any]) -> str:
            project_publish(pk=project.pk, published=publish)
            return f"“{project}” is now {'published' if publish else 'hidden from the public'}."

        if publish:
            explanation = (
                "Everybody can see it from now on."
                if project.status in PUBLIC_STATUSES
                else "It appears to the public once it is registered."
            )
        else:
            explanation = "The public page and the API stop showing it at once; nothing is deleted."
        return confirm_page(
            self,
            request,
            obj=project,
            title=f"{'Publish' if publish else 'Unpublish'} this project?",
            submit="Publish" if publish else "Unpublish",
            form=forms.Form(posted(request)),
            run=run,
            back=_page(project),
            context={"explanation": explanation, "facts": [("Project", str(project))]},
        )

    def _project(self, request: HttpRequest, pk: int) -> Project:
        if not self.has_view_permission(request):  # type: ignore[attr-defined]
            raise PermissionDenied
        project = Project.objects.filter(pk=pk).select_related("project_type", "country").first()
        if project is None:
            raise Http404
        return project


def project_head(request: HttpRequest, project: Project) -> dict[str, Any]:
    """Return what stands above the form: status, warnings and the person's buttons."""
    actor: Any = request.user
    moves = available_moves(actor=actor, project=project)
    barred = [move for move in moves_from(project.status) if move not in moves and actor.has_perm(move.permission)]
    return {
        "project": project,
        "moves": [{"move": move, "danger": move.name in _DANGEROUS} for move in moves],
        "second_person": [move.label for move in barred],
        "may_publish": actor.has_perm("registry.publish_project"),
        "area_warning": area_warning(project),
        "open_overlaps": _open_overlap_count(project),
    }


def area_warning(project: Project) -> str:
    """Say how far the declared area is from the computed one, when that is more than a tenth; else nothing."""
    if project.area_ha is None or project.total_area is None:
        return ""
    difference = (project.total_area - project.area_ha) / project.area_ha
    if abs(difference) <= DEVIATION:
        return ""
    return (
        f"The declared area of {project.total_area:,.2f} ha is {abs(difference) * 100:,.0f} %"
        f" {'more' if difference > 0 else 'less'} than the {project.area_ha:,.2f} ha computed from the boundary."
        " Check both, and correct the one that is wrong."
    )


def _open_overlap_count(project: Project) -> int:
    return (
        project.overlaps_as_first.filter(state=OverlapState.OPEN).count()
        + project.overlaps_as_second.filter(state=OverlapState.OPEN).count()
    )


def _unmet(project: Project, move: Move, actor: Any) -> list[dict[str, str]]:
    reasons = [
        {"reason": reason, "link": f"{_page(project)}#{_PLACES.get(field, f'field-{field}')}"}
        for field, found in unmet_requirements(project=project, move=move).items()
        for reason in found
    ]
    if move.second_person and move not in available_moves(actor=actor, project=project):
        reasons.append(
            {
                "reason": "A second person: whoever submitted or validated a project cannot register it."
                " Ask a colleague to.",
                "link": f"{_page(project)}#field-lifecycle_timeline",
            }
        )
    return reasons


def _page(project: Project) -> str:
    return reverse("admin:registry_project_change", args=[project.pk])
