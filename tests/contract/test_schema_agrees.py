"""The published schema and the server agree: whatever a client sends, the answer is a documented one.

Every operation is called with generated input, right and wrong, as nobody and as a super admin. An answer
of 500, a status that the schema does not name, a body or type that it does not describe: each fails.
"""

import os

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from carboncore.common.api.docs import published_schema
from carboncore.wsgi import application
from registry.choices import DocumentVisibility, ProjectStatus
from tests.factories import DocumentFactory, project_in, square

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "12"))


def operations():
    described = {**published_schema(), "servers": [{"url": "/api/v1"}]}
    schema = schemathesis.openapi.from_dict(described)
    schema.app = application
    schema.config.generation.update(modes=[GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
    return schema


SCHEMA = operations()
bounded = settings(
    max_examples=EXAMPLES,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
    derandomize=True,
)


@pytest.fixture
def world(db):
    # Each call ends like a real request, which would close the connection of the test's own transaction.
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield _projects()
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def _projects():
    project = project_in(ProjectStatus.REGISTERED, published=True, coordinates=square(10.0, 10.0))
    other = project_in(ProjectStatus.SUBMITTED, coordinates=square(10.05, 10.05))
    DocumentFactory(project=project, visibility=DocumentVisibility.PUBLIC)
    DocumentFactory(project=other, url="https://docs.example.org/x.pdf")
    return project


def test_no_two_shapes_share_a_name(capsys):
    GENERATOR_STATS.reset()

    SchemaGenerator().get_schema(public=True)

    assert [line for line in capsys.readouterr().err.splitlines() if "identical names" in line] == []


@SCHEMA.parametrize()
@bounded
def test_anonymous(case, world):
    case.call_and_validate(checks=CHECKS)


@SCHEMA.exclude(operation_id="sign_in").parametrize()
@bounded
def test_super_admin(case, world, super_admin):
    case.call_and_validate(checks=CHECKS, headers=super_admin.headers)


@SCHEMA.include(path_regex=r"\{key\}").parametrize()
@bounded
def test_super_admin_on_a_project_that_exists(case, world, super_admin):
    case.path_parameters["key"] = world.slug
    case.call_and_validate(checks=CHECKS, headers=super_admin.headers)
