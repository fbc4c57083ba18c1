"""What officers do on behalf of an account: retire, transfer, cancel, release and cancel buffer, freeze and close."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from unfold.widgets import UnfoldBooleanSwitchWidget

from carboncore.common.admin.confirm import posted
from carboncore.common.client_address import client_address
from transactions.admin.fields import (
    OnceForm,
    TonnesField,
    choice_field,
    date_field,
    looked_up_field,
    reason_field,
    record_field,
    serials_field,
    text_field,
    tonnes,
    year_field,
)
from transactions.admin.pages import WORK, Deed
from transactions.choices import AccountKind, AccountState, BlockState, RetirementPurpose
from transactions.models import HoldingAccount, Transaction
from transactions.selectors.admin_accounts import projects_held
from transactions.services import (
    Origin,
    RetirementDetails,
    Wanted,
    buffer_cancel,
    buffer_release,
    credits_cancel,
    credits_retire,
    credits_transfer,
    holding_account_close,
    holding_account_freeze,
    holding_account_unfreeze,
)

_FINAL = "This is final: nothing brings these credits back."


class FreezeForm(forms.Form):
    """Why the account must stop."""

    reason = reason_field("Kept in the account's history, with your name.")


class StateForm(forms.Form):
    """Why, where there is something to say."""

    reason = reason_field("Kept in the account's history, with your name.", required=False)


class CreditsForm(OnceForm):
    """Which credits of an account."""

    project = record_field("Project", HoldingAccount.objects.none())
    quantity = TonnesField()
    vintage = year_field(help_text="Empty: the earliest issued first, whatever their year.")
    serials = serials_field()

    def __init__(
        self, *args: Any, account: HoldingAccount, state: BlockState = BlockState.ACTIVE, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        choices: Any = self.fields["project"]
        choices.queryset = projects_held(account=account, state=state)


class RetireForm(CreditsForm):
    """On whose behalf, and why."""

    beneficiary_name = text_field("Beneficiary", help_text="On whose behalf, as the certificate shall say it.")
    beneficiary_location = text_field("Beneficiary's place", required=False, help_text="City and country.")
    purpose = choice_field("Purpose", RetirementPurpose.choices)
    period_start = date_field("For the period from", required=False)
    period_end = date_field("to", required=False)
    note = reason_field("Printed on the certificate.", required=False, label="Note")
    published = forms.BooleanField(
        label="Show the beneficiary to the public",
        required=False,
        initial=True,
        widget=UnfoldBooleanSwitchWidget(),
    )


class TransferForm(CreditsForm):
    """To whom."""

    to_account = looked_up_field("To the account", Transaction, "to_account", help_text="Its name, number or e-mail.")
    note = reason_field("Kept with the transaction; both sides read it.", required=False, label="Note")
    field_order = ("to_account",)


class ReasonedCreditsForm(CreditsForm):
    """Which credits, and why."""

    reason = reason_field("It stands in the ledger for good.")


class ReleaseForm(ReasonedCreditsForm):
    """Buffer credits that an account receives."""

    to_account = looked_up_field("To the account", Transaction, "to_account")
    field_order = ("to_account",)


def _may_move(account: HoldingAccount, _actor: Any) -> bool:
    return account.state == AccountState.OPEN and account.kind != AccountKind.BUFFER_POOL


def _is_open_pool(account: HoldingAccount, _actor: Any) -> bool:
    return account.state == AccountState.OPEN and account.kind == AccountKind.BUFFER_POOL


ACCOUNT_DEEDS = (
    Deed("retire", "Retire", "Retire credits of this account?", WORK, _may_move),
    Deed("transfer", "Transfer", "Transfer credits of this account?", WORK, _may_move),
    Deed("release", "Release buffer credits", "Release buffer credits to an account?", WORK, _is_open_pool),
    Deed("freeze", "Freeze", "Freeze this account?", WORK, lambda account, _: account.state == AccountState.OPEN),
    Deed("unfreeze", "Unfreeze", "Unfreeze this account?", WORK,
         lambda account, _: account.state == AccountState.FROZEN),
    Deed("cancel", "Cancel", "Cancel credits of this account?", WORK, _may_move, is_dangerous=True),
    Deed("cancel-buffer", "Cancel buffer credits", "Cancel buffer credits for a reversal?", WORK, _is_open_pool,
         is_dangerous=True),
    Deed("close", "Close the account", "Close this account for good?", WORK,
         lambda account, _: account.kind == AccountKind.HOLDING and account.state != AccountState.CLOSED,
         is_dangerous=True),
)  # fmt: skip


class AccountDeedsMixin:
    """Adds the deeds to the page of an account."""

    ask: Callable[..., HttpResponse]
    do_once: Callable[..., str]

    def deed_retire(self, request: HttpRequest, obj: HoldingAccount, deed: Deed) -> HttpResponse:
        """Use credits up on somebody's behalf."""

        def act(data: dict[str, Any]) -> str:
            retirement = credits_retire(
                actor=_actor(request),
                account=obj,
                wanted=_wanted(data),
                details=RetirementDetails(
                    beneficiary_name=data["beneficiary_name"],
                    purpose=data["purpose"],
                    beneficiary_location=data["beneficiary_location"],
                    period_start=data["period_start"],
                    period_end=data["period_end"],
                    note=data["note"],
                    published=data["published"],
                ),
                origin=_origin(request),
            )
            return (
                f"{tonnes(data['quantity'])} credits are retired for {retirement.beneficiary_name}."
                f" Certificate: {retirement.public_id}."
            )

        form = RetireForm(posted(request), account=obj)
        return self._credits(
            request, obj, deed, form=form, act=act, explanation=f"{_FINAL} A certificate is made at once."
        )

    def deed_transfer(self, request: HttpRequest, obj: HoldingAccount, deed: Deed) -> HttpResponse:
        """Give credits to another account."""

        def act(data: dict[str, Any]) -> str:
            credits_transfer(
                actor=_actor(request),
                from_account=obj,
                to_account=data["to_account"],
                wanted=_wanted(data),
                note=data["note"],
                origin=_origin(request),
            )
            return f"{tonnes(data['quantity'])} credits went to “{data['to_account']}”."

        form = TransferForm(posted(request), account=obj)
        return self._credits(request, obj, deed, form=form, act=act, explanation="The credits move at once.")

    def deed_cancel(self, request: HttpRequest, obj: HoldingAccount, deed: Deed) -> HttpResponse:
        """Take credits out of circulation."""

        def act(data: dict[str, Any]) -> str:
            credits_cancel(
                actor=_actor(request),
                account=obj,
                wanted=_wanted(data),
                reason=data["reason"],
                origin=_origin(request),
            )
            return f"{tonnes(data['quantity'])} credits are cancelled."

        form = ReasonedCreditsForm(posted(request), account=obj)
        return self._credits(request, obj, deed, form=form, act=act, explanation=f"{_FINAL} Nobody may claim them.")

    def deed_release(self, request: HttpRequest, obj: HoldingAccount, deed: Deed) -> HttpResponse:
        """Give buffer credits back when the risk is past."""

        def act(data: dict[str, Any]) -> str:
            buffer_release(
                actor=_actor(request),
                pool=obj,
                to_account=data["to_account"],
                wanted=_wanted(data),
                reason=data["reason"],
            )
            return f"{tonnes(data['quantity'])} buffer credits went to “{data['to_account']}”."

        form = ReleaseForm(posted(request), account=obj, state=BlockState.BUFFER)
        return self._credits(
            request, obj, deed, form=form, act=act, explanation="When the risk that they covered is past."
        )

    def deed_cancel_buffer(self, request: HttpRequest, obj: HoldingAccount, deed: Deed) -> HttpResponse:
        """Make good for carbon that was lost again."""

        def act(data: dict[str, Any]) -> str:
            buffer_cancel(actor=_actor(request), pool=obj, wanted=_wanted(data), reason=data["reason"])
            return f"{tonnes(data['quantity'])} buffer credits are cancelled."

        form = ReasonedCreditsForm(posted(request), account=obj, state=BlockState.BUFFER)
        return self._credits(
            request, obj, deed, form=form, act=act, explanation=f"For stored carbon that was lost again. {_FINAL}"
        )

    def deed_freeze(self, request: HttpRequest, obj: HoldingAccount, deed: Deed) -> HttpResponse:
        """Stop the account."""
        explanation = "A frozen account neither gives nor receives, nor can it be paid into."
        return self._state(request, obj, deed, holding_account_freeze, explanation)

    def deed_unfreeze(self, request: HttpRequest, obj: HoldingAccount, deed: Deed) -> HttpResponse:
        """Let the account move again."""
        return self._state(request, obj, deed, holding_account_unfreeze, "It may give and receive again.")

    def deed_close(self, request: HttpRequest, obj: HoldingAccount, deed: Deed) -> HttpResponse:
        """Close the account for good."""
        explanation = "Only an account that holds nothing that could move, and awaits nothing, can be closed."
        return self._state(request, obj, deed, holding_account_close, explanation)

    def _credits(
        self,
        request: HttpRequest,
        obj: HoldingAccount,
        deed: Deed,
        *,
        form: forms.Form,
        act: Callable[[dict[str, Any]], str],
        explanation: str,
    ) -> HttpResponse:
        def run(data: dict[str, Any]) -> str:
            return self.do_once(request, what=f"{deed.name}:{obj.pk}", data=data, action=lambda: act(data))

        return self.ask(request, obj, deed, form=form, run=run, explanation=explanation, facts=_facts(obj))

    def _state(
        self,
        request: HttpRequest,
        obj: HoldingAccount,
        deed: Deed,
        service: Callable[..., HoldingAccount],
        explanation: str,
    ) -> HttpResponse:
        def run(data: dict[str, Any]) -> str:
            account = service(actor=_actor(request), pk=obj.pk, reason=data["reason"])
            return f"“{account}” is now {account.get_state_display().lower()}."

        form = (FreezeForm if deed.name == "freeze" else StateForm)(posted(request))
        return self.ask(request, obj, deed, form=form, run=run, explanation=explanation, facts=_facts(obj))


def _actor(request: HttpRequest) -> Any:
    return request.user


def _origin(request: HttpRequest) -> Origin:
    agent = "".join(c for c in str(request.META.get("HTTP_USER_AGENT", "")) if c.isprintable())
    return Origin(ip_address=client_address(request), user_agent=agent[:500])


def _wanted(data: dict[str, Any]) -> Wanted:
    return Wanted(
        project_id=data["project"].pk,
        quantity_kg=data["quantity"],
        vintage=data["vintage"],
        serials=tuple(data["serials"]),
    )


def _facts(account: HoldingAccount) -> list[tuple[str, Any]]:
    return [("Account", f"{account} ({account.number})"), ("State", account.get_state_display())]
