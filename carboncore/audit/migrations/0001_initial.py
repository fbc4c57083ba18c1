"""The tables of the audit trail."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Event',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('action', models.CharField(max_length=60)),
                ('outcome', models.CharField(choices=[('done', 'Done'), ('refused', 'Refused'), ('failed', 'Failed')], default='done', max_length=10)),
                ('entrance', models.CharField(choices=[('admin', 'Staff admin'), ('api', 'API'), ('command', 'Command line'), ('job', 'Background job')], max_length=10)),
                ('ip_address', models.GenericIPAddressField(null=True, verbose_name='IP address')),
                ('user_agent', models.CharField(max_length=200)),
                ('request_id', models.CharField(max_length=64, verbose_name='request')),
                ('on_behalf_of', models.CharField(max_length=100)),
                ('object_type', models.CharField(max_length=60)),
                ('object_id', models.CharField(max_length=40)),
                ('note', models.CharField(max_length=1000)),
                ('changes', models.JSONField(default=dict)),
                ('actor', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-pk'],
                'permissions': [('export_event', 'Can take the audit trail along as a file')],
                'default_permissions': ('view',),
                'indexes': [
                    models.Index(fields=['object_type', 'object_id', 'id'], name='audit_event_object_idx'),
                    models.Index(condition=models.Q(('actor__isnull', False)), fields=['actor', 'id'], name='audit_event_actor_idx'),
                    models.Index(fields=['action', 'id'], name='audit_event_action_idx'),
                    models.Index(fields=['at', 'id'], name='audit_event_at_idx'),
                ],
            },
        ),
        migrations.CreateModel(
            name='EventLink',
            fields=[
                ('event', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='link', serialize=False, to='audit.event')),
                ('stream', models.PositiveSmallIntegerField()),
                ('position', models.BigIntegerField()),
                ('previous_hash', models.BinaryField(max_length=32)),
                ('hash', models.BinaryField(max_length=32)),
            ],
            options={
                'default_permissions': (),
                'constraints': [models.UniqueConstraint(fields=('stream', 'position'), name='audit_eventlink_position_once')],
            },
        ),
        migrations.CreateModel(
            name='Seal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField(unique=True)),
                ('at', models.DateTimeField()),
                ('heads', models.JSONField()),
                ('previous_digest', models.BinaryField(max_length=32)),
                ('digest', models.BinaryField(max_length=32)),
                ('signature', models.BinaryField(max_length=64)),
                ('public_key', models.BinaryField(max_length=32)),
            ],
            options={
                'ordering': ['-number'],
                'default_permissions': ('view',),
                'constraints': [models.CheckConstraint(condition=models.Q(('number__gt', 0)), name='audit_seal_number_positive')],
            },
        ),
        migrations.CreateModel(
            name='Verification',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('started_at', models.DateTimeField()),
                ('finished_at', models.DateTimeField()),
                ('events', models.BigIntegerField()),
                ('problems', models.BigIntegerField()),
                ('first_problem', models.CharField(blank=True, max_length=1000)),
            ],
            options={
                'ordering': ['-pk'],
                'default_permissions': ('view',),
            },
        ),
    ]
