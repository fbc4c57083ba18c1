"""The entry point for the web server."""

import gc
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

# What was loaded stays for as long as the process; to look through it again and again for cycles costs each request.
gc.freeze()
gc.set_threshold(10_000, 20, 20)

if _serves:
    from carboncore.operations import sampling

    sampling.start()
