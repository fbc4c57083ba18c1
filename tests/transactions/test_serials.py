"""Serial numbers: what they look like, to the letter, and that they come back as the range they were made from."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transactions.serials import SerialInvalid, SerialRange, serial_parse, serial_root, serial_text

ROOT = "CC-BR-FC-000123-2024-01"
KILOGRAMS = st.integers(min_value=0, max_value=10**14)


def test_a_root_names_registry_country_type_project_vintage_and_batch():
    assert serial_root(country="BR", type_code="FC", project_id=123, vintage=2024, number=1) == ROOT
    assert serial_root(country="KE", type_code="BIOCHAR4", project_id=1_234_567, vintage=1999, number=123) == (
        "CC-KE-BIOCHAR4-1234567-1999-123"
    )


@pytest.mark.parametrize(
    ("first_kg", "end_kg", "text"),
    [
        (0, 50_000_000, f"{ROOT}-1-50000"),
        (0, 1_000, f"{ROOT}-1-1"),
        (49_999_000, 50_000_000, f"{ROOT}-50000-50000"),
        (0, 1_234_567, f"{ROOT}-1-1235.567"),
        (1_234_567, 50_000_000, f"{ROOT}-1235.568-50000"),
        (6_250, 6_251, f"{ROOT}-7.251-7.251"),
        (0, 1, f"{ROOT}-1-1.001"),
        (999, 1_000, f"{ROOT}-1.1000-1"),
        (16_777_216_000, 16_777_217_000, f"{ROOT}-16777217-16777217"),
        (0, 100_000_001_000, f"{ROOT}-1-100000001"),
        (0, 2_710_062, f"{ROOT}-1-2711.062"),
        (2_710_062, 2_765_370, f"{ROOT}-2711.063-2766.370"),
    ],
)
def test_a_range_prints_as_its_first_and_last_credit_and_comes_back(first_kg, end_kg, text):
    assert serial_text(root=ROOT, first_kg=first_kg, end_kg=end_kg) == text
    assert serial_parse(text) == SerialRange(ROOT, first_kg, end_kg)


@given(KILOGRAMS, st.integers(min_value=1, max_value=10**14))
def test_every_range_comes_back_as_it_was(first_kg, length):
    end_kg = first_kg + length

    assert serial_parse(serial_text(root=ROOT, first_kg=first_kg, end_kg=end_kg)) == SerialRange(ROOT, first_kg, end_kg)


@given(st.sets(KILOGRAMS, min_size=3, max_size=3))
def test_two_neighbours_never_print_the_same_credit_or_kilogram(cuts):
    first, cut, end = sorted(cuts)
    lower = serial_parse(serial_text(root=ROOT, first_kg=first, end_kg=cut))
    upper = serial_parse(serial_text(root=ROOT, first_kg=cut, end_kg=end))

    assert (lower.end_kg, upper.first_kg) == (cut, cut)


def test_a_root_alone_is_the_whole_batch_and_a_single_number_one_credit_or_kilogram():
    assert serial_parse(ROOT) == SerialRange(ROOT, None, None)
    assert serial_parse(f"{ROOT}-17") == SerialRange(ROOT, 16_000, 17_000)
    assert serial_parse(f"{ROOT}-17.250") == SerialRange(ROOT, 16_249, 16_250)
    assert serial_parse(f"  {ROOT.lower()}-1-2\n") == SerialRange(ROOT, 0, 2_000)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "CC",
        "VCS-BR-FC-000123-2024-01-1-2",
        "XX-BR-FC-000123-2024-01-1-2",
        f"{ROOT}-0-5",
        f"{ROOT}-5-4",
        f"{ROOT}-7.251-7.250",
        f"{ROOT}-1.000-2",
        f"{ROOT}-1.1001-2",
        f"{ROOT}-1.5-2",
        f"{ROOT}-1--2",
        f"{ROOT}-1-2-3",
        f"{ROOT}-1-2 and more",
        f"{ROOT}-1-\u0663",
        f"{ROOT}-1-9999999999999",
        "CC-BR-FC-123-2024-01-1-2",
        "CC-BRA-FC-000123-2024-01-1-2",
    ],
)
def test_what_is_no_serial_is_refused_in_words(text):
    with pytest.raises(SerialInvalid, match=r"[a-z ]{10,}"):
        serial_parse(text)
