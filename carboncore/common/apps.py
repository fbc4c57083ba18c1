"""Registers the building blocks that every app may use: they bring commands, templates and checks, but no table."""

from django.apps import AppConfig


class CommonConfig(AppConfig):
    """The app `common`."""

    name = "carboncore.common"
    label = "common"
    verbose_name = "Common"
