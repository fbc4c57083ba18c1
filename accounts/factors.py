"""The second factors themselves: allauth's rows and arithmetic, with what it leaves to us.

Secrets stand sealed in the database. A code of an authenticator app is good once: the time step of the last one is
kept with the factor, in the database, where every process sees it. Passkeys must verify their owner (PIN, finger,
face), so that one alone is two factors.
"""

import base64
import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from allauth.core.internal.cryptokit import compare_user_code, normalize_user_code
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from allauth.mfa.utils import decrypt
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from fido2.server import Fido2Server
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    RegistrationResponse,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from accounts.models import User

TOTP = Authenticator.Type.TOTP
PASSKEY = Authenticator.Type.WEBAUTHN
RECOVERY_CODES = Authenticator.Type.RECOVERY_CODES
MAIN_TYPES = (TOTP, PASSKEY)
_LAST_STEP = "last_step"


class FactorAdapter(DefaultMFAAdapter):
    """Seals the secrets that allauth stores, under a key drawn from SECRET_KEY."""

    def encrypt(self, text: str) -> str:
        return _cipher(settings.SECRET_KEY).encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _cipher(settings.SECRET_KEY).decrypt(encrypted_text.encode()).decode()

    def get_totp_issuer(self) -> str:
        return str(settings.MFA_TOTP_ISSUER)


def new_secret() -> str:
    """Return a fresh key for an authenticator app: 160 random bits in base 32."""
    secret: str = generate_totp_secret()
    return secret


def totp_step(secret: str, code: str, *, after: int = -1) -> int | None:
    """Return the time step (30 s since 1970) whose code this is, if it is later than `after`.

    The step before and the one after the present one are let pass: clocks differ.
    """
    for step in yield_hotp_counters_from_time():
        if step > after and compare_user_code(actual=code, expected=format_hotp_value(hotp_value(secret, step))):
            return int(step)
    return None


def totp_accepts(factor: Authenticator, code: str) -> bool:
    """Return whether the code is right and was not used, and use it; the caller holds the row locked."""
    step = totp_step(decrypt(factor.data["secret"]), code, after=factor.data.get(_LAST_STEP, -1))
    if step is None:
        return False
    factor.data[_LAST_STEP] = step
    factor.save(update_fields=["data"])
    return True


def totp_data(sealed_secret: str, step: int) -> dict[str, Any]:
    """Return what is kept of a new authenticator app, whose first code was that of `step`."""
    return {"secret": sealed_secret, _LAST_STEP: step}


def code_plain(code: str) -> str:
    """Return a code without the blanks and dashes that people copy along."""
    return normalize_user_code(code.strip())


def passkey_offer(user: User, *, host: str, known: list[Authenticator]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what the browser needs to make a passkey, and what to check its answer with."""
    options, state = _server(host).register_begin(
        user=PublicKeyCredentialUserEntity(id=user.public_id.bytes, name=user.email, display_name=user.get_full_name()),
        credentials=_credentials(known),
        resident_key_requirement=ResidentKeyRequirement.REQUIRED,
        user_verification=UserVerificationRequirement.REQUIRED,
        extensions={"credProps": True},
    )
    return dict(options), state


def passkey_made(*, host: str, state: Mapping[str, Any], answer: str) -> dict[str, Any] | None:
    """Return the credential to keep, None where the browser's answer does not hold."""
    try:
        credential = json.loads(answer)
        _server(host).register_complete(state, RegistrationResponse.from_dict(credential))
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    return dict(credential)


def passkey_question(*, host: str, known: list[Authenticator] | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what the browser needs to prove a passkey, and what to check its answer with.

    `known=None` asks for any passkey of this site.
    """
    options, state = _server(host).authenticate_begin(
        credentials=None if known is None else _credentials(known),
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return dict(options), state


def passkey_owner(answer: str) -> bytes | None:
    """Return the handle (a public id) of whom the browser's answer says it is; proves nothing."""
    try:
        handle = AuthenticationResponse.from_dict(json.loads(answer)).response.user_handle
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    return handle


def passkey_proven(
    *, host: str, state: Mapping[str, Any], answer: str, known: list[Authenticator]
) -> Authenticator | None:
    """Return which of the `known` passkeys the answer proves, None where it proves none.

    A passkey that counts its uses and counts backwards has been copied, and proves nothing.
    """
    try:
        response = AuthenticationResponse.from_dict(json.loads(answer))
        proven = _server(host).authenticate_complete(state, _credentials(known), response)
        uses = response.response.authenticator_data.counter
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    factor = next((one for one in known if _credential(one).credential_id == proven.credential_id), None)
    if factor is None or 0 < uses <= factor.data.get("uses", 0):
        return None
    factor.data["uses"] = uses
    factor.save(update_fields=["data"])
    return factor


def _server(host: str) -> Fido2Server:
    return Fido2Server(PublicKeyCredentialRpEntity(id=host, name="CarbonCore"))


def _credentials(factors: list[Authenticator]) -> list[AttestedCredentialData]:
    return [_credential(factor) for factor in factors]


def _credential(factor: Authenticator) -> AttestedCredentialData:
    data = factor.wrap().authenticator_data.credential_data
    if data is None:
        raise ValueError("This passkey holds no key.")
    return data


@lru_cache(maxsize=2)
def _cipher(secret: str) -> Fernet:
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"carboncore.factors").derive(secret.encode())
    return Fernet(base64.urlsafe_b64encode(key))
