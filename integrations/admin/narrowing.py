"""Lists of what data sources brought, which the page of an organisation links to."""

from django.http import HttpRequest

from carboncore.common.admin.base import ReadOnlyAdmin

_OF_ORGANISATION = "connection__organisation__id__exact"


class BroughtByConnectionAdmin(ReadOnlyAdmin):
    """A list that can be narrowed to one organisation by its address; a menu of all organisations would be too long."""

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Allow the organisation of the data source beside what Django allows."""
        return lookup == _OF_ORGANISATION or super().lookup_allowed(lookup, value, request)
