"""Makes the staff site the one that every app and every third-party package registers with."""

from django.contrib.admin.apps import AdminConfig


class StaffAdminConfig(AdminConfig):
    """Django's admin, with our site in the place of its own."""

    default_site = "carboncore.common.admin.site.StaffAdminSite"
