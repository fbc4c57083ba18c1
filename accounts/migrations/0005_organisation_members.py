"""Invitations to organisations, their documents, and the quantity that one member may transfer alone."""

import accounts.models.organisation_document
import django.db.models.deletion
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_staff_sign_in"),
    ]

    operations = [
        migrations.CreateModel(
            name="LimitRequest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("limit_kg", models.BigIntegerField(blank=True, null=True)),
                ("asked_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("expires_at", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("pending", "Waiting for a second member"),
                            ("approved", "Approved"),
                            ("rejected", "Rejected"),
                            ("withdrawn", "Withdrawn"),
                            ("expired", "Expired"),
                        ],
                        default="pending",
                        max_length=10,
                    ),
                ),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "ordering": ["-pk"],
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="OrganisationDocument",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("title", models.CharField(max_length=255)),
                (
                    "file",
                    models.FileField(
                        max_length=200, upload_to=accounts.models.organisation_document.organisation_document_path
                    ),
                ),
                ("file_name", models.CharField(editable=False, max_length=255)),
                ("sha256", models.CharField(editable=False, max_length=64, verbose_name="SHA-256")),
                ("size_bytes", models.BigIntegerField(editable=False, verbose_name="size in bytes")),
                ("mime_type", models.CharField(editable=False, max_length=100, verbose_name="MIME type")),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "ordering": ["pk"],
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="OrganisationInvitation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "email",
                    models.EmailField(
                        blank=True, help_text="Empty once its owner was erased.", max_length=254, verbose_name="e-mail"
                    ),
                ),
                (
                    "role",
                    models.CharField(
                        choices=[("owner", "Owner"), ("trader", "Trader"), ("viewer", "Viewer")], max_length=10
                    ),
                ),
                ("digest", models.CharField(editable=False, max_length=64, unique=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("expires_at", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("accepted", "Accepted"),
                            ("declined", "Declined"),
                            ("revoked", "Revoked"),
                        ],
                        default="open",
                        max_length=10,
                    ),
                ),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "ordering": ["-pk"],
                "default_permissions": (),
            },
        ),
        migrations.AddField(
            model_name="historicalorganisation",
            name="transfer_limit_kg",
            field=models.BigIntegerField(
                blank=True,
                editable=False,
                help_text="Kilograms that one member may transfer alone; empty: any quantity.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="organisation",
            name="transfer_limit_kg",
            field=models.BigIntegerField(
                blank=True,
                editable=False,
                help_text="Kilograms that one member may transfer alone; empty: any quantity.",
                null=True,
            ),
        ),
        migrations.AddConstraint(
            model_name="organisation",
            constraint=models.CheckConstraint(
                condition=models.Q(("transfer_limit_kg__isnull", True), ("transfer_limit_kg__gt", 0), _connector="OR"),
                name="accounts_organisation_limit_positive",
            ),
        ),
        migrations.AddField(
            model_name="limitrequest",
            name="asked_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="limitrequest",
            name="decided_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="limitrequest",
            name="organisation",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="limit_requests", to="accounts.organisation"
            ),
        ),
        migrations.AddField(
            model_name="organisationdocument",
            name="organisation",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="documents", to="accounts.organisation"
            ),
        ),
        migrations.AddField(
            model_name="organisationdocument",
            name="uploaded_by",
            field=models.ForeignKey(
                editable=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="organisationinvitation",
            name="decided_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="organisationinvitation",
            name="invited_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="organisationinvitation",
            name="organisation",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="invitations", to="accounts.organisation"
            ),
        ),
        migrations.AddConstraint(
            model_name="limitrequest",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "pending")),
                fields=("organisation",),
                name="accounts_limitrequest_pending_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="limitrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(("limit_kg__isnull", True), ("limit_kg__gt", 0), _connector="OR"),
                name="accounts_limitrequest_limit_positive",
            ),
        ),
        migrations.AddConstraint(
            model_name="limitrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "approved"), _negated=True),
                    models.Q(
                        ("decided_by__isnull", False), models.Q(("decided_by", models.F("asked_by")), _negated=True)
                    ),
                    _connector="OR",
                ),
                name="accounts_limitrequest_second_person",
            ),
        ),
        migrations.AddConstraint(
            model_name="organisationdocument",
            constraint=models.CheckConstraint(
                condition=models.Q(("title", ""), _negated=True), name="accounts_document_title_given"
            ),
        ),
        migrations.AddConstraint(
            model_name="organisationdocument",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("file", ""), _negated=True),
                    models.Q(("sha256", ""), _negated=True),
                    models.Q(("mime_type", ""), _negated=True),
                    ("size_bytes__gt", 0),
                ),
                name="accounts_document_file_described",
            ),
        ),
        migrations.AddIndex(
            model_name="organisationinvitation",
            index=models.Index(fields=["email"], name="accounts_invitation_email_idx"),
        ),
        migrations.AddConstraint(
            model_name="organisationinvitation",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "open")),
                fields=("organisation", "email"),
                name="accounts_invitation_open_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="organisationinvitation",
            constraint=models.CheckConstraint(
                condition=models.Q(("role__in", ["owner", "trader", "viewer"])), name="accounts_invitation_role_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="organisationinvitation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("decided_at__isnull", True), ("decided_by__isnull", True), ("state", "open")),
                    models.Q(
                        models.Q(("state", "open"), _negated=True),
                        ("decided_at__isnull", False),
                        ("decided_by__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="accounts_invitation_state_whole",
            ),
        ),
    ]
