"""Who acts for an organisation: the table on its page, and what staff change about it when its owners cannot."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from accounts.choices import MembershipRole, OrganisationState
from accounts.models import Membership, Organisation, User
from accounts.services import member_invite, membership_remove, membership_set
from accounts.services.organisations import DECIDES
from carboncore.common.admin.confirm import posted
from transactions.admin.fields import choice_field, record_field, text_field
from transactions.admin.pages import Cell, Deed, Table, moment, page_of
from transactions.selectors.admin_organisations import organisation_members

MOST_MEMBERS = 200
_SEES_USERS = "accounts.view_user"
_FOR_THEM = "Owners do this themselves. Do it for them when none of them can, and be sure who is asking."


def _role_field() -> forms.Field:
    return choice_field(
        "Role",
        MembershipRole.choices,
        help_text="Owners act and look after the members, traders act, viewers look.",
    )


class InviteForm(forms.Form):
    """Who is to become a member, and how far they will act."""

    email = text_field(
        "E-mail", help_text="A link goes there. They join by accepting it, with an account of this e-mail."
    )
    role = _role_field()


class MemberChoiceForm(forms.Form):
    """Which member."""

    user = record_field("Member", User.objects.none())

    def __init__(self, *args: Any, organisation: Organisation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices: Any = self.fields["user"]
        choices.queryset = User.objects.filter(memberships__organisation=organisation).order_by("email")


class MemberForm(MemberChoiceForm):
    """Which member, and how far they act from now on."""

    role = _role_field()


def _has_members(organisation: Organisation, _actor: Any) -> bool:
    return organisation.state != OrganisationState.REJECTED


MEMBER_DEEDS = (
    Deed("invite", "Invite a member", "Invite somebody to become a member?", DECIDES, _has_members),
    Deed("member", "Change a role", "Give a member another role?", DECIDES, _has_members),
    Deed("remove-member", "Remove a member", "End a membership?", DECIDES, _has_members, is_dangerous=True),
)


class MemberDeedsMixin:
    """Adds these deeds to the page of an organisation."""

    ask: Callable[..., HttpResponse]

    def deed_invite(self, request: HttpRequest, obj: Organisation, deed: Deed) -> HttpResponse:
        """Invite somebody by e-mail, whether they have an account or not."""
        actor: Any = request.user

        def run(data: dict[str, Any]) -> str:
            invitation = member_invite(actor=actor, organisation=obj, email=data["email"], role=data["role"])
            return f"{invitation.email} is invited to “{obj}”."

        return self.ask(request, obj, deed, form=InviteForm(posted(request)), run=run, explanation=_FOR_THEM)

    def deed_member(self, request: HttpRequest, obj: Organisation, deed: Deed) -> HttpResponse:
        """Give a member another role."""
        actor: Any = request.user

        def run(data: dict[str, Any]) -> str:
            member = membership_set(actor=actor, organisation=obj, user=data["user"], role=data["role"])
            return f"{data['user']} is now {member.get_role_display().lower()} of “{obj}”."

        form = MemberForm(posted(request), organisation=obj, initial=_initial(request, obj))
        return self.ask(request, obj, deed, form=form, run=run, explanation=_FOR_THEM)

    def deed_remove_member(self, request: HttpRequest, obj: Organisation, deed: Deed) -> HttpResponse:
        """End a membership."""
        actor: Any = request.user

        def run(data: dict[str, Any]) -> str:
            membership_remove(actor=actor, organisation=obj, user=data["user"])
            return f"{data['user']} is no member of “{obj}” any more."

        form = MemberChoiceForm(posted(request), organisation=obj, initial=_initial(request, obj))
        explanation = "They no longer see or move what it holds. An organisation always keeps an owner."
        return self.ask(request, obj, deed, form=form, run=run, explanation=explanation)


def members_table(request: HttpRequest, organisation: Organisation) -> Table:
    """Return the members, with the ways to change each for those who may."""
    members = organisation_members(organisation, count=MOST_MEMBERS + 1)
    sees_users = request.user.has_perm(_SEES_USERS)
    may_change = request.user.has_perm(DECIDES) and _has_members(organisation, request.user)
    rows = [
        [
            Cell(str(member.user), page_of(member.user) if sees_users else ""),
            Cell(member.get_role_display()),
            Cell(moment(member.created_at)),
            *_ways(organisation, member, may_change=may_change),
        ]
        for member in members[:MOST_MEMBERS]
    ]
    headers = ("Member", "Role", "Since", *(("Change", "End") if may_change else ()))
    note = f"The first {MOST_MEMBERS}." if len(members) > MOST_MEMBERS else ""
    return Table("Members", headers, rows, "Nobody acts for it.", note=note)


def _ways(organisation: Organisation, member: Membership, *, may_change: bool) -> list[Cell]:
    if not may_change:
        return []
    address = {
        name: reverse("admin:accounts_organisation_deed", args=[organisation.pk, name])
        for name in ("member", "remove-member")
    }
    return [
        Cell("Change role", f"{address['member']}?user={member.user_id}"),
        Cell("Remove", f"{address['remove-member']}?user={member.user_id}"),
    ]


def _initial(request: HttpRequest, organisation: Organisation) -> dict[str, Any]:
    """Begin with the member that the person came from."""
    key = request.GET.get("user", "")
    member = organisation.memberships.filter(user_id=key).first() if key.isdigit() and len(key) < 18 else None
    return {"user": member.user_id, "role": member.role} if member else {}
