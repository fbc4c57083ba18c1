"""The pinned lists: installable from any index, with hashes, and in step with pyproject.toml."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
LISTS = ["requirements.txt", "requirements-dev.txt"]


def pins(name):
    """Return version by package, and fail on a line that pins nothing."""
    found = {}
    for block in re.split(r"\n(?=\S)", (ROOT / name).read_text().strip()):
        requirement = Requirement(block.split(" \\\n")[0])
        assert "--hash=sha256:" in block, block.splitlines()[0]
        (specifier,) = requirement.specifier
        assert specifier.operator == "=="
        found[requirement.name.lower()] = specifier.version
    return found


@pytest.mark.parametrize("name", LISTS)
def test_every_package_is_pinned_with_its_hashes_and_no_index_is_named(name):
    assert len(pins(name)) > 50
    assert not re.search(r"https?:|--index|--extra|--find|--trusted", (ROOT / name).read_text())


def test_the_development_list_contains_the_other_at_the_same_versions():
    assert pins("requirements.txt").items() <= pins("requirements-dev.txt").items()


def test_the_lists_satisfy_pyproject():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())

    for name, wanted in (
        ("requirements.txt", project["project"]["dependencies"]),
        ("requirements-dev.txt", project["dependency-groups"]["dev"]),
    ):
        have = pins(name)
        for requirement in map(Requirement, wanted):
            assert requirement.specifier.contains(have[requirement.name.lower()]), requirement


def test_every_dependency_has_its_reason():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    explained = (ROOT / "docs/dependencies.md").read_text()

    for wanted in [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]:
        assert f"`{Requirement(wanted).name}`" in explained, wanted
