"""The entry point for the web server."""

import os

from carboncore import metrics_folder
from carboncore.environment import VAR_DIR

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "carboncore.settings")
os.environ.setdefault("CARBONCORE_PROCESS", "web")  # takes the pool and the time limits of web requests
_serves = metrics_folder.prepare(VAR_DIR)  # before the first import of the library that keeps the figures

from django.core.wsgi import get_wsgi_application  # noqa: E402

_django = get_wsgi_application()

from carboncore.common.body_gate import BodyGate  # noqa: E402 - it needs the settings

application = BodyGate(_django)

if _serves:
    from carboncore.operations import sampling

    sampling.start()
