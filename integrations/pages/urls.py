"""Addresses of the pages of data sources and emissions."""

from django.urls import path

from integrations.pages import footprint, offset, source, source_connecting, source_files, sources

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
    path("account/data-sources", sources.sources, name="account-data-sources"),
    path("account/data-sources/connect/<slug:slug>", source_connecting.connect, name="account-data-source-connect"),
    path("account/data-sources/<uuid:public_id>", source.source, name="account-data-source"),
    path("account/data-sources/<uuid:public_id>/sync", sources.sync, name="account-data-source-sync"),
    path("account/data-sources/<uuid:public_id>/change", source.change, name="account-data-source-change"),
    path(
        "account/data-sources/<uuid:public_id>/credentials", source.credentials, name="account-data-source-credentials"
    ),
    path("account/data-sources/<uuid:public_id>/readings", source.enter, name="account-data-source-readings"),
    path("account/data-sources/<uuid:public_id>/webhook", source.webhook_address, name="account-data-source-webhook"),
    path("account/data-sources/<uuid:public_id>/disconnect", sources.disconnect, name="account-data-source-disconnect"),
    path("account/data-sources/<uuid:public_id>/uploads", source_files.bring, name="account-data-source-uploads"),
    path(
        "account/data-sources/<uuid:public_id>/uploads/<uuid:upload_id>",
        source_files.upload,
        name="account-data-source-upload",
    ),
    path(
        "account/data-sources/<uuid:public_id>/uploads/<uuid:upload_id>/rejects.csv",
        source_files.rejects,
        name="account-data-source-upload-rejects",
    ),
    path(
        "account/data-sources/<uuid:public_id>/syncs/<uuid:sync_id>/rejects.csv",
        source.sync_rejects,
        name="account-data-source-sync-rejects",
    ),
    path("account/data-sources/<uuid:public_id>/<slug:what>", source.switch, name="account-data-source-switch"),
]
