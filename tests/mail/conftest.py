"""What tests of mail get: a mail server over a socket that they can order faults from."""

import pytest

from tests.doubles.smtp_server import SmtpDouble


@pytest.fixture
def smtp(settings):
    double = SmtpDouble().start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = double.host, double.port, 5
    settings.DEFAULT_FROM_EMAIL = "CarbonCore <registry@carboncore.example>"
    settings.PUBLIC_URL = "https://carboncore.example"
    yield double
    double.stop()


@pytest.fixture
def folder(settings, tmp_path):
    settings.EMAIL_BACKEND = "carboncore.mail.backends.EmlFolderBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path / "mail")
    return tmp_path / "mail"
