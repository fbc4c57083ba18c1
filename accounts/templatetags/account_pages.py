"""What the templates of the account pages ask for."""

from django import template

from accounts.pages.places import Place, account_places

register = template.Library()


@register.simple_tag
def menu_places() -> list[Place]:
    """Return the menu's entries that other apps registered."""
    return account_places()
