"""The usual rival: FastAPI, SQLAlchemy's ORM and Pydantic models with the same fields."""

import os
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from fastapi import FastAPI, HTTPException
from pydantic import BaseModel, ConfigDict
from sqlalchemy import ForeignKey, create_engine, func, select
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSVECTOR
from sqlalchemy.orm import DeclarativeBase, Mapped, joinedload, mapped_column, relationship, selectinload, sessionmaker
from sqlalchemy.types import Integer, Text

URL = os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+psycopg://", 1)
Session = sessionmaker(create_engine(URL, pool_size=10))
PUBLIC = ("registered", "suspended", "completed")


class Base(DeclarativeBase):
    """The tables."""


class Country(Base):
    __tablename__ = "registry_country"
    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]


class ProjectType(Base):
    __tablename__ = "registry_projecttype"
    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str]
    name: Mapped[str]


class Methodology(Base):
    __tablename__ = "registry_methodology"
    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str]


class Standard(Base):
    __tablename__ = "registry_standard"
    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str]
    name: Mapped[str]


class Validator(Base):
    __tablename__ = "registry_standardvalidator"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Certification(Base):
    __tablename__ = "registry_projectstandard"
    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("registry_project.id"))
    standard_id: Mapped[int] = mapped_column(ForeignKey("registry_standard.id"))
    validator_id: Mapped[int | None] = mapped_column(ForeignKey("registry_standardvalidator.id"))
    certificate_number: Mapped[str]
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    standard_row: Mapped[Standard] = relationship()
    validator_row: Mapped[Validator | None] = relationship()

    @property
    def standard(self) -> str:
        return self.standard_row.code

    @property
    def standard_name(self) -> str:
        return self.standard_row.name

    @property
    def validator(self) -> str | None:
        return self.validator_row.name if self.validator_row else None


class Document(Base):
    __tablename__ = "registry_document"
    id_: Mapped[int] = mapped_column("id", primary_key=True)
    id: Mapped[UUID] = mapped_column("public_id")
    project_id: Mapped[int] = mapped_column(ForeignKey("registry_project.id"))
    title: Mapped[str]
    kind: Mapped[str]
    link: Mapped[str] = mapped_column("url")
    version: Mapped[str]
    language: Mapped[str]
    mime_type: Mapped[str]
    size_bytes: Mapped[int | None]
    sha256: Mapped[str]
    visibility: Mapped[str]

    @property
    def url(self) -> str:
        return self.link or f"/documents/{self.id}"


class Credits(Base):
    __tablename__ = "registry_projectcredits"
    project_id: Mapped[int] = mapped_column(ForeignKey("registry_project.id"), primary_key=True)
    available_kg: Mapped[int]
    retired_kg: Mapped[int]


class Project(Base):
    __tablename__ = "registry_project"
    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[UUID]
    slug: Mapped[str]
    project_name: Mapped[str]
    project_initiator: Mapped[str]
    description: Mapped[str]
    website: Mapped[str]
    project_type_id: Mapped[int] = mapped_column(ForeignKey("registry_projecttype.id"))
    status: Mapped[str]
    published: Mapped[bool]
    country_code: Mapped[str] = mapped_column("country_id", ForeignKey("registry_country.code"))
    region: Mapped[str]
    coordinates: Mapped[Any] = mapped_column(JSONB)
    centroid_longitude: Mapped[float | None]
    centroid_latitude: Mapped[float | None]
    bbox_west: Mapped[float | None]
    bbox_south: Mapped[float | None]
    bbox_east: Mapped[float | None]
    bbox_north: Mapped[float | None]
    area_ha: Mapped[Decimal | None]
    total_area: Mapped[Decimal | None]
    land_type: Mapped[str]
    tree_types: Mapped[list[str]] = mapped_column(ARRAY(Text))
    vintage_year: Mapped[int | None]
    methodology_id: Mapped[int | None] = mapped_column(ForeignKey("registry_methodology.id"))
    further_methodologies: Mapped[list[str]] = mapped_column(ARRAY(Text))
    crediting_period_start: Mapped[date | None]
    crediting_period_end: Mapped[date | None]
    estimated_annual_reductions: Mapped[Decimal | None]
    co2_absorption: Mapped[Decimal | None]
    total_emission: Mapped[Decimal | None]
    minimum_purchase_volume: Mapped[Decimal]
    sdg_goals: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    labels: Mapped[list[str]] = mapped_column(ARRAY(Text))
    validation_date: Mapped[date | None]
    validation_protocol_url: Mapped[str]
    origin_registry: Mapped[str]
    origin_id: Mapped[str]
    origin_url: Mapped[str]
    created_date: Mapped[datetime]
    updated_date: Mapped[datetime]
    search_vector: Mapped[Any] = mapped_column(TSVECTOR, deferred=True)
    type_row: Mapped[ProjectType] = relationship()
    country_row: Mapped[Country] = relationship()
    methodology_row: Mapped[Methodology | None] = relationship()
    credits: Mapped[Credits] = relationship(uselist=False)
    certifications: Mapped[list[Certification]] = relationship(order_by=Certification.id)
    document_library: Mapped[list[Document]] = relationship(
        primaryjoin="and_(Project.id == Document.project_id, Document.visibility == 'public')", order_by=Document.id_
    )

    @property
    def project_type(self) -> str:
        return self.type_row.code

    @property
    def project_type_name(self) -> str:
        return self.type_row.name

    @property
    def country(self) -> str:
        return self.country_row.name

    @property
    def methodology(self) -> str | None:
        return self.methodology_row.code if self.methodology_row else None

    @property
    def standards_list(self) -> list[str]:
        return [certification.standard for certification in self.certifications]

    @property
    def centroid(self) -> list[float] | None:
        return None if self.centroid_longitude is None else [self.centroid_longitude, self.centroid_latitude or 0.0]

    @property
    def bbox(self) -> list[float | None] | None:
        return None if self.bbox_west is None else [self.bbox_west, self.bbox_south, self.bbox_east, self.bbox_north]

    @property
    def available_credits(self) -> Decimal:
        return Decimal(self.credits.available_kg) / 1000

    @property
    def retired_credits(self) -> Decimal:
        return Decimal(self.credits.retired_kg) / 1000


class Shown(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class CertificationShown(Shown):
    standard: str
    standard_name: str
    certificate_number: str
    validator: str | None
    valid_from: date | None
    valid_to: date | None


class DocumentShown(Shown):
    id: UUID
    title: str
    kind: str
    url: str
    version: str
    language: str
    mime_type: str
    size_bytes: int | None
    sha256: str


class ProjectShown(Shown):
    id: int
    public_id: UUID
    slug: str
    project_name: str
    project_initiator: str
    description: str
    website: str
    project_type_id: int
    project_type: str
    project_type_name: str
    status: str
    country: str
    country_code: str
    region: str
    coordinates: dict[str, Any] | None
    centroid: list[float] | None
    bbox: list[float] | None
    area_ha: Decimal | None
    total_area: Decimal | None
    land_type: str
    tree_types: list[str]
    vintage_year: int | None
    methodology: str | None
    further_methodologies: list[str]
    crediting_period_start: date | None
    crediting_period_end: date | None
    estimated_annual_reductions: Decimal | None
    co2_absorption: Decimal | None
    total_emission: Decimal | None
    minimum_purchase_volume: Decimal
    sdg_goals: list[int]
    labels: list[str]
    validation_date: date | None
    validation_protocol_url: str
    standards_list: list[str]
    certifications: list[CertificationShown]
    document_library: list[DocumentShown]
    available_credits: Decimal
    retired_credits: Decimal
    origin_registry: str | None
    origin_id: str | None
    origin_url: str | None
    created_date: datetime
    updated_date: datetime


app = FastAPI()


def _public():
    return (
        select(Project)
        .where(Project.published, Project.status.in_(PUBLIC))
        .options(
            joinedload(Project.type_row),
            joinedload(Project.country_row),
            joinedload(Project.methodology_row),
            joinedload(Project.credits),
            selectinload(Project.certifications).options(
                joinedload(Certification.standard_row), joinedload(Certification.validator_row)
            ),
            selectinload(Project.document_library),
        )
    )


@app.get("/projects", response_model=list[ProjectShown])
def list_projects(search: str | None = None, country: str | None = None):
    """Answer a page of 100."""
    asked = _public()
    if search:
        words = " & ".join(f"{word}:*" for word in search.split())
        asked = asked.where(Project.search_vector.op("@@")(func.to_tsquery("simple", words)))
    if country:
        asked = asked.where(Project.country_code == country)
    with Session() as session:
        return [ProjectShown.model_validate(row) for row in session.scalars(asked.order_by(Project.id).limit(100))]


@app.get("/projects/{project_id}", response_model=ProjectShown)
def read_project(project_id: int):
    """Answer one project."""
    with Session() as session:
        row = session.scalar(_public().where(Project.id == project_id))
        if row is None:
            raise HTTPException(404)
        return ProjectShown.model_validate(row)
