"""What other apps add to the menu of the account pages; each registers its entry in its `AppConfig.ready()`."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """An entry of the menu: `name` is the `place` of its pages' context, `view` the name of its address."""

    name: str
    label: str
    view: str


_places: list[Place] = []


def register_account_place(place: Place) -> None:
    """Have the menu lead there, after `Credits` and those registered before."""
    if place not in _places:
        _places.append(place)


def account_places() -> list[Place]:
    """Return the entries in their order."""
    return list(_places)
