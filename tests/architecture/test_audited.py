"""Every service that writes leaves an event in the audit trail, or says here why it need not."""

import ast
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest

from carboncore.audit.actions import ACTIONS

ROOT = Path(__file__).parents[2]
APPS = [app for app in ("accounts", "registry", "transactions", "integrations") if (ROOT / app / "services").is_dir()]
RECORDS = "event_record"
WRITES = {
    "save", "create", "update", "delete", "bulk_create", "bulk_update", "get_or_create", "update_or_create", "add",
    "set", "clear", "remove",
}  # fmt: skip
# Only these of a model's names are written through `add`, `set`, `clear` and `remove`: what else has them is a set.
RELATIONS = {"groups", "permissions", "user_permissions"}
WRITING_SQL = ("INSERT INTO ", "UPDATE ", "DELETE FROM ", "COPY ")
NO_RECORDS = {"digest", "summary", "hasher", "errors"}  # a hash, or a dict, that is updated

# A service that writes and has no event, and why. `app.name`, of what other packages call.
WITHOUT_EVENT = {
    "accounts.registration_mail_again": "another link to the same mail; nobody is registered before it is opened",
    "accounts.session_seen": "when a session was last seen is no deed; its start and its end are events",
    "integrations.events_relay": "tells subscribers of events that are in the trail already; each delivery has its log",
    "integrations.syncs_due_start": "gives each due source its turn; the end of its sync is the event",
    "integrations.syncs_lost_requeue": "has another worker go on with a sync, whose end is the event",
    "registry.insert_many": "writes what its caller hands over; the caller's import or seed is the event",
    "registry.update_many": "writes what its caller hands over; the caller's import is the event",
    "registry.overlaps_refresh": "follows from a boundary, whose change is the event; has a history of its own",
    "registry.projects_import": "one batch of an import, whose run is the event; each project has its history row",
    "registry.search_words_add": "words for correcting mistyped searches; they are about nothing",
    "transactions.answer_once": "remembers the answer to a request; what the request did is the event",
    "transactions.event_receive": "keeps a delivery once; what it leads to is the event",
    "transactions.ledger_verify": "keeps the result of reading; nothing of the ledger changes",
    "transactions.origin_credits_import": "one batch of an import, whose run is the event",
}


class Module:
    """What a module of services defines, and under which names it knows the definitions of others."""

    def __init__(self, path):
        self.name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        self.tree = ast.parse(path.read_text(encoding="utf-8"))
        self.known = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.ImportFrom) and node.module:
                self.known |= {item.asname or item.name: (node.module, item.name) for item in node.names}
        kinds = (ast.FunctionDef, ast.ClassDef)
        self.definitions = {node.name: node for node in self.tree.body if isinstance(node, kinds)}
        self.known |= {name: (self.name, name) for name in self.definitions}
        # Constants by name: SQL, and tables of functions.
        self.constants = {
            target.id: node.value
            for node in self.tree.body
            if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None
            for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
            if isinstance(target, ast.Name)
        }


@cache
def modules():
    found = (Module(path) for app in APPS for path in sorted((ROOT / app / "services").rglob("*.py")))
    return {module.name: module for module in found}


def resolved(module, name):
    """Follow re-exports to where something is defined."""
    while module in modules() and name in modules()[module].known:
        target = modules()[module].known[name]
        if target == (module, name):
            return target
        module, name = target
    return module, name


@cache
def reach(module, name):
    """Everything that a definition may come to call, itself included: (module, name) of services and of others."""
    seen, waiting = set(), [resolved(module, name)]
    while waiting:
        place = waiting.pop()
        if place in seen:
            continue
        seen.add(place)
        if place[0] in modules() and place[1] in modules()[place[0]].definitions:
            waiting += [resolved(place[0], used) for used in used_names(*place)]
    return seen


def parts_of(module, name):
    """The definition and the constants of its module that it names."""
    found = [modules()[module].definitions[name]]
    constants = modules()[module].constants
    names = {node.id for node in ast.walk(found[0]) if isinstance(node, ast.Name)}
    return found + [constants[used] for used in names & constants.keys()]


def used_names(module, name):
    known = modules()[module].known
    nodes = (node for part in parts_of(module, name) for node in ast.walk(part))
    return {node.id for node in nodes if isinstance(node, ast.Name) and node.id in known}


def writes_itself(module, name):
    for part in parts_of(module, name):
        for node in ast.walk(part):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and is_writing(node.value):
                return True
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in WRITES:
                if node.func.attr in ("add", "set", "clear", "remove"):
                    if isinstance(node.func.value, ast.Attribute) and node.func.value.attr in RELATIONS:
                        return True
                elif ast.unparse(node.func.value) not in NO_RECORDS:
                    return True
    return False


def is_writing(text):
    words = " ".join(text.split()) + " "
    return words.startswith((*WRITING_SQL, "WITH ")) and any(verb in words for verb in WRITING_SQL)


def writes(module, name):
    return any(
        writes_itself(*place) for place in reach(module, name)
        if place[0] in modules() and place[1] in modules()[place[0]].definitions
    )  # fmt: skip


def entered():
    """The functions of services that are called from outside their package: admin, API, commands, jobs, other apps."""
    found = defaultdict(set)
    folders = [*APPS, "carboncore"]
    for path in sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py")):
        outside = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.ImportFrom) or not node.module or ".services" not in node.module:
                continue
            app = node.module.split(".")[0]
            if app not in APPS or outside.startswith(f"{app}.services"):
                continue
            for item in node.names:
                module, name = resolved(node.module, item.name)
                if module in modules() and isinstance(modules()[module].definitions.get(name), ast.FunctionDef):
                    found[f"{app}.{name}"].add((module, name))
    for app in APPS:
        package = modules()[f"{app}.services"]
        for exported in ast.literal_eval(package.constants.get("__all__", ast.List([]))):
            module, name = resolved(package.name, exported)
            if module in modules() and isinstance(modules()[module].definitions.get(name), ast.FunctionDef):
                found[f"{app}.{name}"].add((module, name))
    return {name: next(iter(places)) for name, places in found.items()}


SERVICES = {name: place for name, place in sorted(entered().items()) if writes(*place)}


def records(module, name):
    return any(place[1] == RECORDS for place in reach(module, name))


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_that_writes_leaves_an_event(service):
    if service in WITHOUT_EVENT:
        assert not records(*SERVICES[service]), f"{service} records an event: take it out of the table"
    else:
        assert records(*SERVICES[service]), f"{service} writes and records no event"


def test_the_table_names_services_that_there_are():
    assert set(WITHOUT_EVENT) - set(SERVICES) == set()
    assert all(len(reason) > 20 for reason in WITHOUT_EVENT.values())


def test_only_declared_actions_are_recorded():
    undeclared = []
    for folder in [*APPS, "carboncore"]:
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") == RECORDS:
                    action = next(word.value for word in node.keywords if word.arg == "action")
                    if isinstance(action, ast.Constant) and action.value not in ACTIONS:
                        undeclared.append(f"{path.relative_to(ROOT)}: {action.value}")

    assert undeclared == []


def test_every_declared_action_is_recorded_somewhere():
    said, built = set(), []
    for folder in [*APPS, "carboncore"]:
        for path in (ROOT / folder).rglob("*.py"):
            if path == ROOT / "carboncore" / "audit" / "actions.py" or "migrations" in path.parts:
                continue
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    said.add(node.value)
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") == RECORDS:
                    action = next(word.value for word in node.keywords if word.arg == "action")
                    # f"{_EVENTS[model]}.saved": what is before the dot is said in that table.
                    if isinstance(action, ast.JoinedStr):
                        built.append(action.values[-1].value)
    never = [
        name for name in ACTIONS
        if name not in said and not any(name.endswith(end) and name.removesuffix(end) in said for end in built)
    ]  # fmt: skip

    assert never == []


def test_the_scan_sees_writes_in_their_many_forms():
    assert writes("registry.services.catalogue", "standard_save")
    assert writes("transactions.services.recording", "record_entry")
    assert not writes("transactions.services.prices", "price_for")
    assert not writes("registry.services.lifecycle", "available_moves")
