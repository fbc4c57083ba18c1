"""The signed-in clients of the staff admin, for the trail's pages."""

from tests.admin.conftest import _no_remembered_badges, as_role

__all__ = ["_no_remembered_badges", "as_role"]
