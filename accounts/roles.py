"""The built-in staff groups and their permissions: one table, applied after every migration.

The groups belong to the code: an edit to one of them is undone by the next `migrate`. Another set of
permissions is another group, which nothing here touches.
"""

from typing import Any

from django.apps import AppConfig
from django.contrib.auth.models import Group, Permission

from accounts.models import User

SUPER_ADMIN = "Super Admin"
REGISTRY_OFFICER = "Registry Officer"
REVIEWER = "Reviewer"
TRANSACTIONS_OFFICER = "Transactions Officer"
VIEWER = "Viewer"
AUDITOR = "Auditor"

# In order of precedence: the first that a person belongs to is the role that clients are shown.
ROLE_NAMES = (SUPER_ADMIN, REGISTRY_OFFICER, REVIEWER, TRANSACTIONS_OFFICER, AUDITOR, VIEWER)

# What clients switch on and off (the contract's flags), each as a group that can be given beside a role.
PERMISSION_SETS = {
    "projects": "May: projects",
    "standards": "May: standards",
    "transactions": "May: transactions",
    "types": "May: types",
    "delete": "May: delete",
    "users": "May: users",
}
BUILT_IN_NAMES = (*ROLE_NAMES, *PERMISSION_SETS.values())

OWN_APPS = ("accounts", "registry", "transactions", "integrations", "operations")

_VIEW = {f"{app}.view_*" for app in ("registry", "transactions", "integrations", "operations")}
_REGISTRY_WORK = {
    "registry.add_*",
    "registry.change_*",
    "registry.submit_project",
    "registry.validate_project",
    "registry.register_project",
    "registry.suspend_project",
    "registry.withdraw_project",
    "registry.publish_project",
    "registry.settle_overlap",
    "registry.verify_monitoringperiod",
    # Working rows that an officer's form edits in place; projects, types and standards are not among them.
    "registry.delete_document",
    "registry.delete_projectstandard",
    "registry.delete_validatoraccreditation",
    "integrations.add_importrun",
    "integrations.change_listingconflict",
    "accounts.lift_lockout",
    "accounts.view_user",
    # Whose legal existence is checked, and who acts for whom.
    "accounts.approve_organisation",
    "accounts.view_organisation",
    "accounts.view_membership",
    "accounts.view_historicalorganisation",
    "accounts.view_historicalmembership",
    # One officer asks for credits, another approves; the service keeps the two apart.
    "transactions.add_issuancerequest",
    "transactions.approve_issuancerequest",
}

_PROJECT_PARTS = ("project", "document", "projectstandard", "monitoringperiod")
_STANDARD_PARTS = ("standard", "standardvalidator", "validatoraccreditation", "methodology")

ROLE_PERMISSIONS: dict[str, set[str]] = {
    SUPER_ADMIN: {f"{app}.*" for app in OWN_APPS} | {"auth.view_group", "procrastinate.view_*", "mail.*", "audit.*"},
    REGISTRY_OFFICER: _VIEW | _REGISTRY_WORK,
    REVIEWER: _VIEW | {"registry.validate_project", "registry.settle_overlap", "registry.verify_monitoringperiod"},
    TRANSACTIONS_OFFICER: _VIEW
    | {
        "accounts.work_transactions",
        "accounts.view_organisation",
        "accounts.view_membership",
        # Whether a buyer was told, and telling them again.
        "mail.*",
        "transactions.add_*",
        "transactions.change_*",
        "transactions.approve_reversalrequest",
    },
    # Sees everything, who did it and from where; changes nothing.
    AUDITOR: _VIEW
    | {
        "accounts.view_*",
        "auth.view_group",
        "procrastinate.view_*",
        "mail.view_*",
        "audit.view_*",
        "audit.export_event",
    },
    VIEWER: _VIEW,
    PERMISSION_SETS["projects"]: {
        "registry.view_*",
        *(f"registry.{verb}_{model}" for verb in ("add", "change") for model in _PROJECT_PARTS),
        "registry.submit_project",
        "registry.validate_project",
        "registry.register_project",
        "registry.suspend_project",
        "registry.withdraw_project",
        "registry.publish_project",
        "registry.settle_overlap",
        "registry.verify_monitoringperiod",
        "registry.delete_document",
        "registry.delete_projectstandard",
    },
    PERMISSION_SETS["standards"]: {
        "registry.view_*",
        *(f"registry.{verb}_{model}" for verb in ("add", "change") for model in _STANDARD_PARTS),
        "registry.delete_validatoraccreditation",
    },
    PERMISSION_SETS["transactions"]: {
        *_VIEW,
        "accounts.work_transactions",
        "accounts.view_organisation",
        "accounts.view_membership",
        "transactions.add_*",
        "transactions.change_*",
        "transactions.approve_reversalrequest",
    },
    PERMISSION_SETS["types"]: {"registry.view_*", "registry.add_projecttype", "registry.change_projecttype"},
    PERMISSION_SETS["delete"]: {"registry.view_*", "registry.delete_*"},
    PERMISSION_SETS["users"]: {
        "accounts.view_user",
        "accounts.add_user",
        "accounts.change_user",
        "accounts.lift_lockout",
        "auth.view_group",
    },
}

# What clients are told they may show; each is one permission, asked anew at every request.
CLIENT_PERMISSIONS = {
    "projects": "registry.change_project",
    "standards": "registry.change_standard",
    "transactions": "accounts.work_transactions",
    "types": "registry.change_projecttype",
    "delete": "registry.delete_project",
}
USERS_PERMISSION = "accounts.change_user"


def role_of(user: User) -> str:
    """Return the role name clients show, without blanks (`SuperAdmin`); empty when in no staff group."""
    if user.is_superuser:
        return SUPER_ADMIN.replace(" ", "")
    held = {group.name for group in user.groups.all()}
    return next((name.replace(" ", "") for name in ROLE_NAMES if name in held), "")


def client_permissions(user: User) -> dict[str, bool]:
    """Return the contract's permission flags, computed from groups and permissions now."""
    flags = {flag: user.has_perm(permission) for flag, permission in CLIENT_PERMISSIONS.items()}
    if user.has_perm(USERS_PERMISSION):
        flags["users"] = True
    return flags


def flags_by_group() -> dict[int, set[str]]:
    """Return which flags each group (by key) switches on, in one query: for lists of accounts."""
    wanted = {permission: flag for flag, permission in (CLIENT_PERMISSIONS | {"users": USERS_PERMISSION}).items()}
    rows = Permission.objects.filter(group__isnull=False, codename__in=[name.split(".")[1] for name in wanted])
    found: dict[int, set[str]] = {}
    for group, app, codename in rows.values_list("group", "content_type__app_label", "codename"):
        if (flag := wanted.get(f"{app}.{codename}")) is not None:
            found.setdefault(group, set()).add(flag)
    return found


def sync_roles() -> None:
    """Create the built-in groups and give each exactly the permissions of the table above."""
    permissions = list(Permission.objects.select_related("content_type").only("codename", "content_type__app_label"))
    for role, patterns in ROLE_PERMISSIONS.items():
        group, _ = Group.objects.get_or_create(name=role)
        group.permissions.set([p for p in permissions if _matches(p, patterns)])


def sync_roles_after_migrate(sender: AppConfig, **_: Any) -> None:
    """Apply the table once an app of ours has its permissions (Django makes them after each migrate)."""
    if sender.label in (*OWN_APPS, "audit", "mail", "procrastinate"):
        sync_roles()


def _matches(permission: Permission, patterns: set[str]) -> bool:
    app = permission.content_type.app_label
    name = f"{app}.{permission.codename}"
    verb = permission.codename.split("_", 1)[0]
    if "historical" in permission.codename and verb != "view":
        return False  # history is read, never written by hand
    return name in patterns or f"{app}.{verb}_*" in patterns or f"{app}.*" in patterns
