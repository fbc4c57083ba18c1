"""The entry point for the web server."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "carboncore.settings")
os.environ.setdefault("CARBONCORE_PROCESS", "web")  # takes the pool and the time limits of web requests

application = get_wsgi_application()
