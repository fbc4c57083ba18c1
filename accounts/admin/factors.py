"""Takes allauth's own pages out of the staff admin: they would write factors past our services and the audit trail."""

from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.mfa.models import Authenticator
from django.contrib import admin

NOT_OURS = (Authenticator, EmailAddress, EmailConfirmation)

for model in NOT_OURS:
    if admin.site.is_registered(model):
        admin.site.unregister(model)
