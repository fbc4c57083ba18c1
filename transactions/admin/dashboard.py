"""The ledger's part of the dashboard: queues for the person, and the ledger's health."""

from datetime import timedelta
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from accounts.services.organisations import DECIDES as ADMITS
from carboncore.common.admin.dashboard import Panel, WaitingItem, register_panel, register_waiting
from transactions.admin.fields import tonnes
from transactions.admin.monitoring import VERIFY
from transactions.admin.pages import WORK, list_of, page_at
from transactions.choices import BlockState
from transactions.rights import DECIDES_ISSUANCE, DECIDES_REVERSAL
from transactions.selectors.admin_dashboard import LedgerHealth, ledger_health, ledger_work

# The nightly run has been missed when the last one is older than this.
STALE_AFTER = timedelta(hours=36)


@register_waiting
def waiting_ledger_work(user: Any) -> list[WaitingItem]:
    """Return what this user may do next about organisations, issuance and payments."""
    rights = (DECIDES_ISSUANCE, VERIFY, DECIDES_REVERSAL, WORK, ADMITS)
    may_decide, may_verify, may_approve, may_work, may_admit = (user.has_perm(name) for name in rights)
    if not (may_decide or may_verify or may_approve or may_work or may_admit):
        return []
    work = ledger_work(user_id=user.pk)
    items = []
    if may_admit:
        items.append(
            WaitingItem("organisations", "organisations waiting", "Entered by somebody else; they cannot hold credits"
                        " before you approve them.", work.organisations,
                        list_of("accounts_organisation", waiting="me"), "corporate_fare")
        )  # fmt: skip
    if may_decide:
        items.append(
            WaitingItem("issuances", "issuances to approve", "Asked for by somebody else; you are the second person.",
                        work.issuances, list_of("transactions_issuancerequest", waiting="me"), "add_task", urgent=True)
        )  # fmt: skip
    if may_verify:
        items.append(
            WaitingItem("periods", "monitoring periods to verify", "Submitted by somebody else.", work.periods,
                        list_of("registry_monitoringperiod", status__exact="submitted"), "fact_check")
        )  # fmt: skip
    if may_approve:
        items.append(
            WaitingItem("reversals", "reversals to approve", "A wrong entry; you are the second person.",
                        work.reversals, list_of("transactions_reversalrequest", waiting="me"), "undo", urgent=True)
        )  # fmt: skip
    if may_work:
        items += [
            WaitingItem("payment_issues", "payments needing attention", "No rule could decide these.",
                        work.payment_issues, list_of("transactions_paymentissue", decided="no"), "credit_card_off",
                        urgent=True),
            WaitingItem("invoices", "invoices not paid yet", "Mark as paid when the money has arrived.", work.invoices,
                        list_of("transactions_transaction", status__exact="reserved", payment_method__exact="invoice"),
                        "receipt_long"),
        ]  # fmt: skip
    return items


@register_panel
def ledger_panel(request: HttpRequest) -> Panel | None:
    """Return the ledger's health, for those who may see it."""
    if not request.user.has_perm("transactions.view_ledgerverification"):
        return None
    health = ledger_health()
    status, tone, words = _verdict(health)
    context = {
        "status": status,
        "tone": tone,
        "words": words,
        "verification": page_at("transactions_ledgerverification", health.verification_id),
        "checkpoint": page_at("transactions_checkpoint", health.checkpoint_id),
        "health": health,
        "figures": [(tonnes(health.issued_kg), "t issued")]
        + [
            (tonnes(health.by_state[state]), f"t {state.label.lower()}")
            for state in BlockState
            if health.by_state[state]
        ],
        "all_credits_issued": health.issued_kg,
        "bars": [
            {
                "state": state.value,
                "label": state.label,
                "percent": f"{100 * health.by_state[state] / health.issued_kg:.2f}",
            }
            for state in BlockState
            if health.issued_kg and health.by_state[state]
        ],
    }
    return Panel("admin/transactions/health.html", context)


def _verdict(health: LedgerHealth) -> tuple[str, str, str]:
    if health.verified_at is None:
        return "Not verified yet", "wait", "Run manage.py verify_ledger, or wait for the nightly run."
    if health.problems:
        return f"{health.problems:,} problems", "bad", health.first_problem
    read = f"{health.entries:,} entries of {health.batches:,} batches were replayed."
    if timezone.now() - health.verified_at > STALE_AFTER:
        return "Clean, but long ago", "wait", f"{read} The nightly run was missed: is a worker running?"
    return "Clean", "good", read
