"""The entry point for the web server."""

import os

from carboncore import metrics_folder
from carboncore.environment import VAR_DIR

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "carboncore.settings")
os.environ.setdefault("CARBONCORE_PROCESS", "web")  # takes the pool and the time limits of web requests
_serves = metrics_folder.prepare(VAR_DIR)  # before the first import of the library that keeps the figures

from django.core.wsgi import get_wsgi_application  # noqa: E402

application = get_wsgi_application()

if _serves:
    from carboncore.operations import sampling

    sampling.start()
