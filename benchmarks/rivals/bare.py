"""The bare rival: a WSGI handler that runs one query over one psycopg connection a thread and dumps JSON."""

import json
import os
import threading
from urllib.parse import parse_qs

import psycopg
from psycopg.rows import dict_row

FIELDS = """
    p.id, p.public_id, p.slug, p.project_name, p.project_initiator, p.description, p.website,
    p.project_type_id, t.code AS project_type, t.name AS project_type_name, p.status,
    c.name AS country, p.country_id AS country_code, p.region, p.coordinates,
    CASE WHEN p.centroid_longitude IS NOT NULL
         THEN json_build_array(p.centroid_longitude, p.centroid_latitude) END AS centroid,
    CASE WHEN p.bbox_west IS NOT NULL
         THEN json_build_array(p.bbox_west, p.bbox_south, p.bbox_east, p.bbox_north) END AS bbox,
    p.area_ha, p.total_area, p.land_type, p.tree_types, p.vintage_year, m.code AS methodology,
    p.further_methodologies, p.crediting_period_start, p.crediting_period_end, p.estimated_annual_reductions,
    p.co2_absorption, p.total_emission, p.minimum_purchase_volume, p.sdg_goals, p.labels, p.validation_date,
    p.validation_protocol_url,
    (SELECT coalesce(json_agg(s.code ORDER BY k.id), '[]') FROM registry_projectstandard k
      JOIN registry_standard s ON s.id = k.standard_id WHERE k.project_id = p.id) AS standards_list,
    (SELECT coalesce(json_agg(json_build_object('standard', s.code, 'standard_name', s.name,
        'certificate_number', k.certificate_number, 'validator', v.name, 'valid_from', k.valid_from,
        'valid_to', k.valid_to) ORDER BY k.id), '[]') FROM registry_projectstandard k
      JOIN registry_standard s ON s.id = k.standard_id
      LEFT JOIN registry_standardvalidator v ON v.id = k.validator_id WHERE k.project_id = p.id) AS certifications,
    (SELECT coalesce(json_agg(json_build_object('id', d.public_id, 'title', d.title, 'kind', d.kind,
        'url', CASE WHEN d.url <> '' THEN d.url ELSE '/documents/' || d.public_id END, 'version', d.version,
        'language', d.language, 'mime_type', d.mime_type, 'size_bytes', d.size_bytes, 'sha256', d.sha256)
        ORDER BY d.id), '[]') FROM registry_document d
      WHERE d.project_id = p.id AND d.visibility = 'public') AS document_library,
    round(f.available_kg / 1000.0, 3) AS available_credits, round(f.retired_kg / 1000.0, 3) AS retired_credits,
    nullif(p.origin_registry, '') AS origin_registry, nullif(p.origin_id, '') AS origin_id,
    nullif(p.origin_url, '') AS origin_url, p.created_date, p.updated_date
"""
SELECT = f"""
    SELECT {FIELDS} FROM registry_project p
    JOIN registry_projecttype t ON t.id = p.project_type_id JOIN registry_country c ON c.code = p.country_id
    LEFT JOIN registry_methodology m ON m.id = p.methodology_id
    LEFT JOIN registry_projectcredits f ON f.project_id = p.id
    WHERE p.published AND p.status IN ('registered', 'suspended', 'completed')
"""  # noqa: S608
PAGE = " ORDER BY p.id LIMIT 100"
_own = threading.local()


def _rows(sql, params=()):
    if not hasattr(_own, "connection"):
        _own.connection = psycopg.connect(os.environ["DATABASE_URL"], autocommit=True, row_factory=dict_row)
    return _own.connection.execute(sql, params).fetchall()


def _asked(environ):
    path, query = environ["PATH_INFO"], parse_qs(environ["QUERY_STRING"])
    if path != "/projects":
        return _rows(f"{SELECT} AND p.id = %s", (int(path.rsplit("/", 1)[1]),))[0]
    if "search" in query:
        words = " & ".join(f"{word}:*" for word in query["search"][0].split())
        return _rows(f"{SELECT} AND p.search_vector @@ to_tsquery('simple', %s){PAGE}", (words,))
    if "country" in query:
        return _rows(f"{SELECT} AND p.country_id = %s{PAGE}", (query["country"][0],))
    return _rows(SELECT + PAGE)


def application(environ, start_response):
    """Answer a read."""
    body = json.dumps(_asked(environ), default=str).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]
