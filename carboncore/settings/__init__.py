"""Django's settings, read from the environment only; each topic has a module of its own here."""

from carboncore import environment

environment.refuse_when_incomplete()

from .admin import *  # noqa: E402 - first the refusal, which lists all that is missing, not only the first of it
from .api import *  # noqa: E402
from .base import *  # noqa: E402
from .data_sources import *  # noqa: E402
from .ledger import *  # noqa: E402
from .limits import *  # noqa: E402
from .logging import *  # noqa: E402
from .mail import *  # noqa: E402
from .navigation import *  # noqa: E402
from .operations import *  # noqa: E402
from .payments import *  # noqa: E402
from .people import *  # noqa: E402
from .security import *  # noqa: E402
from .staff import *  # noqa: E402
