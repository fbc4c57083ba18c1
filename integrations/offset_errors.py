"""The errors of offsetting, of the family in `carboncore.common.errors`."""

from datetime import date

from carboncore.common.errors import NotFound, StateConflict
from carboncore.common.quantities import tonnes_from_kg


class NothingToOffset(StateConflict):
    """The months have no emissions, or all of them are offset; the message says which."""

    code = "nothing_to_offset"


class OffsetOverlaps(StateConflict):
    """The months were offset together with others; `details` names the months to ask for instead."""

    code = "offset_overlaps"

    def __init__(self, *, first: date, last: date) -> None:
        super().__init__(
            f"Some of these months were offset together with others. Ask for {first:%B %Y} to {last:%B %Y}, or for"
            " months outside of these: so nothing is offset twice."
        )
        self.details = {"from": f"{first:%Y-%m}", "to": f"{last:%Y-%m}"}


class OffsetChanged(StateConflict):
    """Another quantity remains than the person was shown; `details` carries the present one, in tonnes."""

    code = "offset_changed"

    def __init__(self, *, quantity_kg: int) -> None:
        quantity = tonnes_from_kg(quantity_kg)
        super().__init__(
            f"The figures have changed: {quantity} tonnes remain to be offset now. Look at them and order again."
        )
        self.details = {"quantity": f"{quantity:f}"}


class OffsetNotFound(NotFound):
    """There is no such offset, or the caller may not know that there is."""

    code = "offset_not_found"

    def __init__(self) -> None:
        super().__init__("Offset not found.")
