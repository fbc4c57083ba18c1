"""What the audit trail never holds: secrets, and what would tell about a person after they are forgotten.

Of such a field the trail says that it changed, not from what to what. Names of fields are enough for most; what is
personal only in one model is declared for it.
"""

import re

CHANGED = "changed"

# In every model: secrets, and the ways to find or reach a person.
_EVERYWHERE = re.compile(
    r"(password|passphrase|token|secret|credential|digest|api_key|private_key|recovery|otp|seed"
    r"|e_?mail|phone|telephone|ip_address|user_agent|username|first_name|last_name|full_name|birth"
    r"|address|street|postcode|city|iban|card)",
)
# Although it is called so.
_HARMLESS = frozenset(
    {
        "origin_digest",
        "ip_address_count",
    }
)
# Names of persons and what they wrote about themselves, by model.
_PERSONAL: dict[str, frozenset[str]] = {
    "accounts.apikey": frozenset({"name", "last_used_from"}),
    "accounts.externalidentity": frozenset({"subject"}),
    "registry.project": frozenset({"project_manager_account"}),
    "transactions.retirement": frozenset({"beneficiary_name", "beneficiary_location", "note", "salt"}),
    "transactions.transaction": frozenset({"note"}),
    "transactions.holdingaccount": frozenset({"name"}),
}


def is_redacted(object_type: str, field: str) -> bool:
    """Return whether the trail keeps silent about the values of `field` of a model (`accounts.user`)."""
    if field in _PERSONAL.get(object_type, ()):
        return True
    return field not in _HARMLESS and _EVERYWHERE.search(field) is not None
