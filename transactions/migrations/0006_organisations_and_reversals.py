"""Accounts of organisations, and requests to reverse an entry, which are decided once."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


DECIDED_ONCE = """
CREATE TRIGGER transactions_reversalrequest_decided_once BEFORE UPDATE OR DELETE ON transactions_reversalrequest
    FOR EACH ROW WHEN (OLD.state <> 'pending') EXECUTE FUNCTION transactions_refuse_change();
"""
UNDO_DECIDED_ONCE = "DROP TRIGGER transactions_reversalrequest_decided_once ON transactions_reversalrequest;"


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_organisations'),
        ('registry', '0005_unknown_is_not_allowed'),
        ('transactions', '0005_checkpoints'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ReversalRequest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.CharField(max_length=1000)),
                ('state', models.CharField(choices=[('pending', 'Pending'), ('approved', 'Approved'), ('rejected', 'Rejected')], default='pending', max_length=10)),
                ('requested_at', models.DateTimeField(auto_now_add=True)),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
                ('decision_note', models.CharField(blank=True, max_length=1000)),
            ],
            options={
                'ordering': ['-pk'],
                'permissions': [('approve_reversalrequest', 'Can approve and reject reversal requests')],
            },
        ),
        migrations.AlterModelOptions(
            name='issuancerequest',
            options={'ordering': ['-pk'], 'permissions': [('approve_issuancerequest', 'Can approve and reject issuance requests')]},
        ),
        migrations.RemoveConstraint(
            model_name='holdingaccount',
            name='transactions_account_owner_fits_kind',
        ),
        migrations.AddField(
            model_name='holdingaccount',
            name='organisation',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='holding_accounts', to='accounts.organisation'),
        ),
        migrations.AddConstraint(
            model_name='holdingaccount',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'holding'), ('project__isnull', True), models.Q(models.Q(('organisation__isnull', True), ('owner__isnull', False)), models.Q(('claim_email', ''), ('organisation__isnull', False), ('owner__isnull', True)), models.Q(('organisation__isnull', True), ('owner__isnull', True), models.Q(('claim_email', ''), _negated=True)), _connector='OR')), models.Q(('claim_email', ''), ('kind', 'project_proceeds'), ('organisation__isnull', True), ('owner__isnull', True), ('project__isnull', False)), models.Q(('claim_email', ''), ('kind__in', ['buffer_pool', 'registry_operations']), ('organisation__isnull', True), ('owner__isnull', True), ('project__isnull', True)), _connector='OR'), name='transactions_account_owner_fits_kind'),
        ),
        migrations.AddField(
            model_name='reversalrequest',
            name='decided_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='reversalrequest',
            name='entry',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reversal_requests', to='transactions.ledgerentry'),
        ),
        migrations.AddField(
            model_name='reversalrequest',
            name='requested_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='reversalrequest',
            name='reversal',
            field=models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reversal_request_carried_out', to='transactions.ledgerentry'),
        ),
        migrations.AddConstraint(
            model_name='reversalrequest',
            constraint=models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='transactions_reversalrequest_reason_given'),
        ),
        migrations.AddConstraint(
            model_name='reversalrequest',
            constraint=models.CheckConstraint(condition=models.Q(('decided_by__isnull', True), models.Q(('decided_by', models.F('requested_by')), _negated=True), _connector='OR'), name='transactions_reversalrequest_second_person'),
        ),
        migrations.AddConstraint(
            model_name='reversalrequest',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('decided_by__isnull', True), ('reversal__isnull', True), ('state', 'pending')), models.Q(('decided_by__isnull', False), ('reversal__isnull', True), ('state', 'rejected')), models.Q(('decided_by__isnull', False), ('reversal__isnull', False), ('state', 'approved')), _connector='OR'), name='transactions_reversalrequest_state_whole'),
        ),
        migrations.AddConstraint(
            model_name='reversalrequest',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'rejected'), _negated=True), fields=('entry',), name='transactions_reversalrequest_entry_once'),
        ),
        migrations.RunSQL(DECIDED_ONCE, UNDO_DECIDED_ONCE),
    ]
