"""The standards there are."""

from registry.models import Standard


def standard_codes() -> list[str]:
    """Return the codes of all standards, in alphabetical order."""
    return list(Standard.objects.order_by("code").values_list("code", flat=True))
