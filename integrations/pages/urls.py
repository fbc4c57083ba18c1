"""Addresses of the pages of emissions."""

from django.urls import path

from integrations.pages import footprint, offset

urlpatterns = [
    path("account/emissions", footprint.footprint, name="account-emissions"),
    path("account/emissions/report.<slug:kind>", footprint.report_file, name="account-emissions-report"),
    path("account/emissions/offset", offset.offset, name="account-emissions-offset"),
    path("account/emissions/offsets/<uuid:public_id>", offset.offset_made, name="account-emissions-offset-made"),
    path(
        "account/emissions/offsets/<uuid:public_id>/report.json",
        offset.offset_report,
        name="account-emissions-offset-report",
    ),
    path(
        "account/emissions/offsets/<uuid:public_id>/cancel",
        offset.offset_cancel,
        name="account-emissions-offset-cancel",
    ),
]
