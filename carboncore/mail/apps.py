"""The one room that mail leaves from; every app above enqueues its mails here."""

from django.apps import AppConfig


class MailConfig(AppConfig):
    """The app `mail`."""

    default_auto_field = "django.db.models.BigAutoField"
    name = "carboncore.mail"
    label = "mail"
    verbose_name = "Mail"
