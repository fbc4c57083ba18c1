"""Quantities: tonnes at the edges, kilograms inside, exact or refused."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carboncore.common.quantities import MAX_QUANTITY_KG, QuantityInvalid, kg_from_tonnes, tonnes_from_kg


@pytest.mark.parametrize(
    ("tonnes", "kilograms"),
    [
        ("1", 1_000),
        ("0.001", 1),
        (" 12.345 ", 12_345),
        ("1.500000000", 1_500),
        (16_777_217, 16_777_217_000),  # the first whole number that a 32-bit float cannot hold
        ("16777217", 16_777_217_000),
        (100_000_001, 100_000_001_000),
        (Decimal("2710.062"), 2_710_062),
        ("2765.370", 2_765_370),
        (Decimal("1E+3"), 1_000_000),
        (1_000_000_000, MAX_QUANTITY_KG),
    ],
)
def test_tonnes_become_exactly_their_kilograms(tonnes, kilograms):
    assert kg_from_tonnes(tonnes) == kilograms
    assert type(kg_from_tonnes(tonnes)) is int


@given(st.integers(min_value=1, max_value=MAX_QUANTITY_KG))
def test_every_kilogram_survives_the_way_out_and_back(kilograms):
    tonnes = tonnes_from_kg(kilograms)

    assert kg_from_tonnes(tonnes) == kilograms
    assert kg_from_tonnes(str(tonnes)) == kilograms
    assert tonnes.as_tuple().exponent == -3


@given(st.decimals(min_value=Decimal("0.001"), max_value=1_000_000, places=40))
def test_a_fourth_place_is_never_rounded_away(tonnes):
    kept = tonnes == Decimal(str(tonnes)[: str(tonnes).index(".") + 4])

    if kept:
        assert Decimal(kg_from_tonnes(tonnes)) / 1_000 == tonnes
    else:
        with pytest.raises(QuantityInvalid, match="three decimal places"):
            kg_from_tonnes(tonnes)


@pytest.mark.parametrize(
    "bad",
    [
        0, -1, "0", "-0.001", "0.0001", "1.0000000000000000000000000000000001", "1e30", 10**30, Decimal("1e30"),
        "1000000000.001", "NaN", Decimal("NaN"), Decimal("sNaN"), "Infinity", Decimal("-Infinity"), "1,5", "1_000",
        "١٢", "", " ", "ten", "1.2.3", "0x10", "1e999999999", 1.5, 1.0, float("nan"), True, None, [], {}, b"1",
    ],
)  # fmt: skip
def test_what_is_no_quantity_is_refused_in_words(bad):
    with pytest.raises(QuantityInvalid, match=r"[a-z ]{10,}"):
        kg_from_tonnes(bad)
