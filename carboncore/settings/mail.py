"""Where mail goes: the server that EMAIL_URL names, else a folder of files."""

from typing import Any
from urllib.parse import urlsplit

from carboncore.environment import VAR_DIR, env

from .ledger import PUBLIC_URL

_URL: str = env.str("EMAIL_URL", default="")
# Without one the scheme alone decides: files, into the folder below.
_GIVEN: dict[str, Any] = env.email_url_config(_URL or "filemail:///")
IS_MAIL_KEPT_AS_FILES: bool = _GIVEN["EMAIL_BACKEND"] == env.EMAIL_SCHEMES["filemail"]

EMAIL_BACKEND: str = "carboncore.mail.backends.EmlFolderBackend" if IS_MAIL_KEPT_AS_FILES else _GIVEN["EMAIL_BACKEND"]
EMAIL_FILE_PATH: str = _GIVEN["EMAIL_FILE_PATH"] or str(VAR_DIR / "mail")
EMAIL_HOST: str = _GIVEN["EMAIL_HOST"] or "localhost"
EMAIL_USE_TLS: bool = bool(_GIVEN.get("EMAIL_USE_TLS"))
EMAIL_USE_SSL: bool = bool(_GIVEN.get("EMAIL_USE_SSL"))
EMAIL_PORT: int = _GIVEN["EMAIL_PORT"] or (465 if EMAIL_USE_SSL else 587 if EMAIL_USE_TLS else 25)
EMAIL_HOST_USER: str = _GIVEN["EMAIL_HOST_USER"] or ""
EMAIL_HOST_PASSWORD: str = _GIVEN["EMAIL_HOST_PASSWORD"] or ""
# Seconds that each step of the conversation with the server may take.
EMAIL_TIMEOUT: int = env.int("EMAIL_TIMEOUT", default=20)
DEFAULT_FROM_EMAIL: str = (
    env.str("DEFAULT_FROM_EMAIL", default="") or f"CarbonCore <registry@{urlsplit(PUBLIC_URL).hostname}>"
)
SERVER_EMAIL = DEFAULT_FROM_EMAIL
