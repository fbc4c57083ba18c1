"""Error reports to Sentry, or whatever speaks its language, when SENTRY_DSN names one; stripped to what is needed.

A report says where the program failed and in which request; it holds no body, header, cookie, address, variable or
person but the account's number.
"""

from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from carboncore.common.observing.scrubbing import scrub

# Of the request only these may leave; the address is replaced by its route, which is the transaction's name.
_KEPT_OF_REQUEST = ("method",)


def start() -> None:
    """Begin to report, if an address is set.

    Raises:
        ImproperlyConfigured: it is set and the package that reports is not installed.
    """
    if not settings.SENTRY_DSN:
        return
    try:
        import sentry_sdk
        from sentry_sdk.integrations.django import DjangoIntegration
        from sentry_sdk.integrations.logging import ignore_logger
    except ImportError:
        raise ImproperlyConfigured(
            "SENTRY_DSN is set, but sentry-sdk is not installed: pip install 'sentry-sdk>=2.75', or unset SENTRY_DSN."
        ) from None
    for name in ("carboncore.requests", "django.request"):  # each 5xx again, without its reason
        ignore_logger(name)
    sentry_sdk.init(
        dsn=settings.SENTRY_DSN,
        environment=settings.SENTRY_ENVIRONMENT,
        integrations=[DjangoIntegration(transaction_style="url", middleware_spans=False, signals_spans=False)],
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        traces_sample_rate=0.0,
        before_send=strip_event,
        before_breadcrumb=strip_breadcrumb,
    )


def strip_event(event: Any, _hint: Any) -> Any:
    """Return the report without what may not leave the house."""
    request = event.get("request")
    if isinstance(request, dict):
        event["request"] = {name: request[name] for name in _KEPT_OF_REQUEST if name in request}
    user = event.get("user")
    if isinstance(user, dict):
        event["user"] = {"id": user["id"]} if "id" in user else {}
    event.pop("server_name", None)
    event.pop("extra", None)
    for name in ("exception", "logentry", "message", "breadcrumbs", "contexts", "tags"):
        if name in event:
            event[name] = scrub(event[name])
    return event


def strip_breadcrumb(crumb: Any, _hint: Any) -> Any:
    """Keep the query or the log line that came before, scrubbed, and nothing of requests to other servers."""
    if crumb.get("category") == "httplib":
        return None
    crumb.pop("data", None)
    return scrub(crumb)
