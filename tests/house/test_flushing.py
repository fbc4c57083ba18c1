"""What a committed test leaves for the next one: nothing of its own, all of what the migrations wrote."""

import pytest
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.utils import timezone

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_flush_keeps_what_the_migrations_wrote_and_nothing_else():
    # given what is there from the start, and a row that a test committed
    before = set(ContentType.objects.values_list("pk", "app_label", "model"))
    permissions = Permission.objects.count()
    assert before
    Session.objects.create(session_key="one", session_data="", expire_date=timezone.now())

    # when the database is flushed as after every such test
    call_command("flush", interactive=False, verbosity=0)

    # then the row is gone and the rest is there, under the very same numbers
    assert Session.objects.count() == 0
    assert set(ContentType.objects.values_list("pk", "app_label", "model")) == before
    assert Permission.objects.count() == permissions
