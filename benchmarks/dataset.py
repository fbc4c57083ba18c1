"""Projects shaped like imported ones, made up from a fixed seed and copied into a migrated database."""

import hashlib
import random
import uuid
from datetime import UTC, date, datetime
from typing import Any

import psycopg

from registry.search import searchable_text

TYPES = [
    "FC",
    "WR",
    "MC",
    "SOLAR",
    "WIND",
    "HYDRO",
    "COOK",
    "BIOCH",
    "LFG",
    "ARR",
    "REDD",
    "IFM",
    "SOIL",
    "RICE",
    "WASTE",
]
STANDARDS = ("VCS", "GS", "ACR", "CAR", "ART", "CCB", "ISO", "PURO")
PLACES = {"BR": "Brazil", "IN": "India", "KE": "Kenya", "US": "United States", "CN": "China", "PE": "Peru",
          "ID": "Indonesia", "CO": "Colombia", "UG": "Uganda", "VN": "Viet Nam", "TR": "Türkiye", "MX": "Mexico",
          "ZM": "Zambia", "GH": "Ghana", "MW": "Malawi", "KH": "Cambodia", "TH": "Thailand", "ZA": "South Africa",
          "MG": "Madagascar", "CL": "Chile"}  # fmt: skip
KINDS = (
    *("Forest Conservation", "Improved Cookstoves", "Wind Power", "Solar Photovoltaic", "Small Hydro", "Landfill Gas"),
    *("Reforestation", "Mangrove Restoration", "Biochar", "Avoided Deforestation", "Rice Methane", "Grassland"),
)
SYLLABLES = (
    "ka",
    "mi",
    "to",
    "ru",
    "sa",
    "len",
    "vo",
    "pa",
    "qui",
    "dor",
    "ne",
    "bal",
    "shi",
    "ran",
    "gu",
    "ti",
    "mar",
)
SPECIES = ("Pinus oocarpa", "Tectona grandis", "Eucalyptus globulus", "Rhizophora mangle", "Acacia mangium", "oak")
PROJECT_COLUMNS = (
    "id, public_id, slug, project_name, project_initiator, project_manager_account, project_type_id, description,"
    " website, country_id, region, total_area, land_type, tree_types, vintage_year, methodology_id,"
    " further_methodologies, crediting_period_start, crediting_period_end, estimated_annual_reductions,"
    " minimum_purchase_volume, sdg_goals, labels, validation_date, validation_protocol_url, origin_registry, origin_id,"
    " origin_status, origin_url, origin_source, origin_digest, status, published, notes, version, created_date,"
    " updated_date, search_text"
)


def fill(url: str, count: int) -> None:
    """Put `count` public projects, each with its credit figures, a certification and links, into an empty database."""
    chance = random.Random(20261122)
    now = datetime(2026, 11, 1, tzinfo=UTC)
    with psycopg.connect(url) as connection:
        _catalogue(connection, now)
        words: set[str] = set()
        further = _further_columns(connection, now)
        columns = ", ".join([PROJECT_COLUMNS, *further])
        with connection.cursor().copy(f"COPY registry_project ({columns}) FROM STDIN") as copy:
            for number in range(1, count + 1):
                row = _project(chance, number, now)
                words.update(row[-1].split())
                copy.write_row((*row, *further.values()))
        _children(connection, now)
        with connection.cursor().copy("COPY registry_searchword (word) FROM STDIN") as copy:
            for word in sorted(words):
                copy.write_row((word,))
        connection.execute("SELECT setval(pg_get_serial_sequence('registry_project', 'id'), %s)", [count])
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


def _further_columns(connection: psycopg.Connection, now: datetime) -> dict[str, Any]:
    """Return an empty value for each column that must have one and is not described here."""
    empty = {"boolean": False, "ARRAY": [], "timestamp with time zone": now, "numeric": 0, "integer": 0, "bigint": 0}
    rows = connection.execute(
        "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = 'registry_project'"
        " AND is_nullable = 'NO' AND column_default IS NULL AND is_generated = 'NEVER' AND is_identity = 'NO'"
    ).fetchall()
    known = {name.strip() for name in PROJECT_COLUMNS.split(",")}
    return {name: empty.get(kind, "") for name, kind in rows if name not in known}


def _catalogue(connection: psycopg.Connection, now: datetime) -> None:
    for pk, code in enumerate(TYPES, 1):
        connection.execute(
            "INSERT INTO registry_projecttype (id, code, name, category, land_based, created_at, updated_at)"
            " VALUES (%s, %s, %s, 'Forest', false, %s, %s)",
            [pk, code, KINDS[pk % len(KINDS)], now, now],
        )
    for pk, code in enumerate(STANDARDS, 1):
        connection.execute(
            "INSERT INTO registry_standard (id, code, name, version, url, created_at, updated_at)"
            " VALUES (%s, %s, %s, '4', 'https://standards.example.org', %s, %s)",
            [pk, code, f"{code} Standard", now, now],
        )
    for pk in range(1, 41):
        connection.execute(
            "INSERT INTO registry_methodology (id, code, name, version, url, created_at, updated_at)"
            " VALUES (%s, %s, '', '1', '', %s, %s)",
            [pk, f"VM{pk:04d}", now, now],
        )


def _project(chance: random.Random, number: int, now: datetime) -> tuple[Any, ...]:
    code = chance.choices(list(PLACES), weights=range(len(PLACES), 0, -1))[0]
    region, owner = _word(chance), f"{_word(chance)} {chance.choice(('Ltd', 'Foundation', 'Energy', 'Forests'))}"
    name = f"{_word(chance)} {_word(chance)} {chance.choice(KINDS)} Project in {region}"
    species = chance.sample(SPECIES, chance.randint(0, 2))
    public_id = uuid.UUID(int=chance.getrandbits(128), version=4)
    registry = chance.choice(("VCS", "GLD", "CAR", "ACR"))
    description = " ".join(_word(chance) for _ in range(40)) if chance.random() < 0.3 else ""
    text = searchable_text(
        project_name=name, project_initiator=owner, country_name=PLACES[code], country_code=code, region=region,
        tree_types=species, origin_registry=registry, origin_id=f"{registry}{number}",
    )  # fmt: skip
    year = chance.randint(2005, 2025)
    return (
        number, public_id, f"project-{public_id.hex[:12]}", name, owner, "", chance.randint(1, len(TYPES)), description,
        f"https://{_word(chance).lower()}.example.org", code, region, chance.randint(100, 900_000), "", species, year,
        chance.randint(1, 40), [], date(year, 1, 1), date(year + 20, 12, 31), chance.randint(1_000, 2_000_000), 1,
        sorted(chance.sample(range(1, 18), 3)), [], date(year, 6, 30), "", registry, f"{registry}{number}",
        "Registered", f"https://registry.example.org/{number}", "benchmark", hashlib.sha256(name.encode()).hexdigest(),
        chance.choice(("registered", "registered", "registered", "completed")), True, "", 1, now, now, text,
    )  # fmt: skip


def _word(chance: random.Random) -> str:
    return "".join(chance.choices(SYLLABLES, k=chance.randint(2, 4))).title()


def _children(connection: psycopg.Connection, now: datetime) -> None:
    connection.execute(
        "INSERT INTO registry_projectcredits (project_id, issued_kg, available_kg, reserved_kg, buffer_kg, retired_kg,"
        " cancelled_kg, bridged_kg) SELECT id, 7000 * id, 5000 * id, 0, 0, 2000 * id, 0, 0 FROM registry_project"
    )
    connection.execute(
        "INSERT INTO registry_projectstandard (project_id, standard_id, certificate_number)"
        " SELECT id, 1 + id %% %s, 'C-' || id FROM registry_project",
        [len(STANDARDS)],
    )
    connection.execute(
        "INSERT INTO registry_document (public_id, project_id, kind, title, version, language, visibility, url, file,"
        " file_name, sha256, mime_type, created_at, updated_at) SELECT gen_random_uuid(), id, 'project_design',"
        " 'Project design document', '1', 'en', 'public', 'https://docs.example.org/' || id, '', '', '', '', %s, %s"
        " FROM registry_project WHERE id %% 2 = 0",
        [now, now],
    )
