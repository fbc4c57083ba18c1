"""The staff admin of accounts: people and groups."""

from accounts.admin.factor_notice import factor_notice
from accounts.admin.factors import NOT_OURS
from accounts.admin.groups import GroupAdmin
from accounts.admin.users import UserAdmin

__all__ = ["NOT_OURS", "GroupAdmin", "UserAdmin", "factor_notice"]
