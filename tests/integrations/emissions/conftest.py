"""Every test of emissions has the project's factor sets loaded; a test that flushes gets them back."""

import pytest

from integrations.services.factors import factor_sets_load


@pytest.fixture
def factors(db):
    return factor_sets_load()
