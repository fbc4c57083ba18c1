"""The rules of the services: keyword-only and typed functions that say what they refuse, and no write anywhere else."""

import ast
import importlib
import inspect
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("carboncore.mail", "accounts", "registry", "transactions", "integrations")
APPS = [app for app in ROOMS if (ROOT / app.replace(".", "/") / "services").is_dir()]

# Exported for others but no writes of a record: each says why it may take its argument by position.
POSITIONAL = {
    "groups_givable_by": "a question, asked by the admin's form",
    "project_search_text": "computes a text from a project; stores nothing",
    "project_slug": "computes a text from a project; stores nothing",
    "search_words_add": "one list of texts; the words are no record of their own",
}


def exported(app):
    module = importlib.import_module(f"{app}.services")
    found = {name: getattr(module, name) for name in module.__all__}
    return {name: value for name, value in found.items() if inspect.isfunction(value)}


EXPORTED = [(app, name) for app in APPS for name in exported(app)]


@pytest.mark.parametrize(("app", "name"), EXPORTED)
def test_services_take_named_typed_arguments(app, name):
    signature = inspect.signature(exported(app)[name])

    assert signature.return_annotation is not inspect.Signature.empty
    for parameter in signature.parameters.values():
        assert parameter.annotation is not inspect.Parameter.empty, parameter.name
        if name not in POSITIONAL:
            assert parameter.kind is inspect.Parameter.KEYWORD_ONLY, parameter.name


@pytest.mark.parametrize(("app", "name"), EXPORTED)
def test_services_say_what_they_do_and_what_they_refuse(app, name):
    function = exported(app)[name]
    words = inspect.getdoc(function) or ""
    raised = {
        node.exc.func.id if isinstance(node.exc, ast.Call) else getattr(node.exc, "id", "")
        for node in ast.walk(ast.parse(inspect.getsource(function)))
        if isinstance(node, ast.Raise)
        and node.exc is not None
        and isinstance(getattr(node.exc, "func", node.exc), ast.Name)
    }

    assert words.splitlines()[0].endswith((".", ";", ",", "?")) or len(words.splitlines()) > 1
    for error in raised - {"error", "fault"}:
        assert error in words, f"{name} raises {error} and does not say so"


def test_the_exemptions_still_exist():
    assert set(POSITIONAL) <= {name for _, name in EXPORTED}


# --- no write anywhere else ---------------------------------------------------------------------------

WRITES = {
    "save", "create", "update", "delete", "bulk_create", "bulk_update", "get_or_create", "update_or_create",
    "asave", "acreate", "aupdate", "adelete",
}  # fmt: skip
EDGES = ("admin", "api", "management", "admin.py", "tasks", "tasks.py", "selectors", "selectors.py", "apps.py")
# What is no record although it has a method of that name.
NO_RECORDS = {
    "default_storage": "files that wait for a confirmation; no table",
    "context": "the variables of a page",
    "widget": "the variables of a page",
    "self": "a method of its own that calls the service",
    "obj.__dict__": "takes over what the service returned, for the page that follows",
    "instance.__dict__": "takes over what the service returned, for the page that follows",
    "progress": "a progress bar",
    "bar": "a progress bar",
}


def edge_modules():
    folders = [ROOT / app.replace(".", "/") / edge for app in APPS for edge in EDGES]
    folders += [ROOT / "carboncore/common/api", ROOT / "carboncore/common/admin", ROOT / "carboncore/common/management"]
    for folder in folders:
        yield from folder.rglob("*.py") if folder.is_dir() else [folder] * folder.exists()


def writes_in(source):
    """The written-to things of a module: what stands before `.save(` and its kin, with the line."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in WRITES:
            yield ast.unparse(node.func.value), node.lineno


def test_the_scan_sees_a_write():
    source = "def view(request):\n    Project.objects.filter(pk=1).update(status='x')\n    row.save()\n"

    assert sorted(writes_in(source)) == [("Project.objects.filter(pk=1)", 2), ("row", 3)]


def test_nothing_but_services_writes_records():
    found = [
        f"{path.relative_to(ROOT)}:{line}: {target}"
        for path in edge_modules()
        for target, line in writes_in(path.read_text(encoding="utf-8"))
        if target not in NO_RECORDS
    ]

    assert found == []
