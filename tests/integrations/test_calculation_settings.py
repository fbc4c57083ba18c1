"""What a data source may set about its calculation: each that cannot be used is named, with what to give instead."""

from decimal import Decimal

import pytest

from carboncore.common.errors import InvalidInput
from integrations.emissions.settings import NAMES, calculation_settings


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"calorific_value": "29.9"}, "calorific_value"),
        ({"calorific_value": 39.5}, "calorific_value"),
        ({"calorific_value": Decimal("39.5")}, "calorific_value"),
        ({"volume_correction": "NaN"}, "volume_correction"),
        ({"volume_correction": True}, "volume_correction"),
        ({"time_zone": "London"}, "time_zone"),
        ({"time_zone": "../../etc/passwd"}, "time_zone"),
        ({"time_zone": 7}, "time_zone"),
        ({"grid_basis": "daily"}, "grid_basis"),
        ({"grid_region": "London"}, "grid_region"),
        ({"grid_region": "US-CAMX"}, "grid_region"),
        ({"grid_region": "GB-"}, "grid_region"),
        ({"grid_region": {"GB": 13}}, "grid_region"),
        ({"ai_zone": "GB"}, "ai_zone"),
        ({"ai_zone": "XYZ"}, "ai_zone"),
        ({"ai_zone": ["GBR"]}, "ai_zone"),
        ({"electricity_contract": "REGO"}, "electricity_contract"),
        ({"electricity_contract": {"instrument": "hope"}}, "electricity_contract"),
        ({"electricity_contract": {"instrument": "REGO", "shares": "1"}}, "electricity_contract"),
        ({"electricity_contract": {"instrument": "REGO", "share": "2"}}, "electricity_contract.share"),
        ({"electricity_contract": {"instrument": "REGO", "kg_per_kwh": "-1"}}, "electricity_contract.kg_per_kwh"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(given, named):
    with pytest.raises(InvalidInput) as refused:
        calculation_settings(country="GB", settings=given)

    assert list(refused.value.errors) == [named]


def test_all_that_can_be_set_is_read():
    given = {
        "time_zone": "Europe/Dublin",
        "grid_basis": "annual",
        "grid_region": "GB-13",
        "calorific_value": "39.1",
        "volume_correction": "1.02",
        "electricity_contract": {"instrument": "REGO", "share": "0.75", "kg_per_kwh": "0"},
        "ai_zone": "wor",
    }

    made = calculation_settings(country="GB", settings=given)

    assert given.keys() == NAMES
    assert (made.time_zone, made.half_hourly, made.grid_region, made.ai_zone) == (
        "Europe/Dublin", False, "GB-13", "WOR",
    )  # fmt: skip
    assert (made.calorific_value, made.volume_correction) == (Decimal("39.1"), Decimal("1.02"))
    assert made.contract is not None
    assert (made.contract.share, made.contract.kg_per_kwh) == (Decimal("0.75"), Decimal(0))
