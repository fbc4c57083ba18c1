"""Deleting what has run out: registrations, links, sessions, API keys and tries to sign in of long ago."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from accounts.choices import InvitationState
from accounts.models import ApiKey, OneTimeLink, OrganisationInvitation, Registration, SignInAttempt, SignInSession
from carboncore.audit.services import event_record

# People look back at where they were signed in; links and registrations are of no use once they have expired.
KEPT = timedelta(days=90)


def accounts_tidy() -> int:
    """Delete expired registrations and links at once, sessions, keys and tries after ninety days; returns how many."""
    now = timezone.now()
    with transaction.atomic():
        counts = [
            Registration.objects.filter(expires_at__lt=now).delete()[0],
            OneTimeLink.objects.filter(expires_at__lt=now).delete()[0],
            SignInSession.objects.filter(expires_at__lt=now - KEPT).delete()[0],
            SignInSession.objects.filter(ended_at__lt=now - KEPT).delete()[0],
            ApiKey.objects.filter(expires_at__lt=now - KEPT).delete()[0],
            ApiKey.objects.filter(ended_at__lt=now - KEPT).delete()[0],
            OrganisationInvitation.objects.exclude(state=InvitationState.ACCEPTED)
            .filter(expires_at__lt=now - KEPT)
            .delete()[0],
            SignInAttempt.objects.filter(attempted_at__lt=now - KEPT).delete()[0],
        ]
        if deleted := sum(counts):
            event_record(action="accounts.tidied", changes={"rows": deleted})
    return deleted
