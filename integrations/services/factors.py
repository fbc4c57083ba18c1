"""Loading factor sets, the grid's intensities, and what staff say that unknown activities mean."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from accounts.models import User
from carboncore.audit.services import event_record
from carboncore.common.errors import InvalidInput
from integrations.choices import ReadingType
from integrations.emission_choices import SetStatus
from integrations.errors import FactorFileRefused
from integrations.factor_files.compact import file_names, read_own
from integrations.factor_files.rows import FactorFile
from integrations.locks import factors_lock
from integrations.models import ActivityMapping, Factor, FactorSet, GridIntensity

_LARGEST_INTENSITY = Decimal(5000)


@dataclass(frozen=True, slots=True)
class HalfHour:
    """The grid's intensity in the half hour from `starts_at`, in g CO2/kWh: forecast, and actual once known."""

    starts_at: datetime
    forecast: Decimal | None
    actual: Decimal | None


def factor_set_load(*, file: FactorFile, actor: User | None = None) -> tuple[FactorSet, bool]:
    """Load a set of factors, once; return it and whether it is new.

    A set that is loaded as the current one makes its publisher's current one an earlier one. No result changes.

    Raises:
        FactorFileRefused: the version is there already with other contents.
    """
    head = file.head
    with transaction.atomic():
        factors_lock()
        known = FactorSet.objects.filter(publisher=head.publisher, name=head.name, version=head.version).first()
        if known is not None:
            if known.digest != file.digest:
                raise FactorFileRefused(
                    f"{known} is loaded already from another file, and a loaded set never changes. Give the corrected"
                    " file a version of its own."
                )
            return known, False
        if head.status == SetStatus.CURRENT:
            FactorSet.objects.filter(publisher=head.publisher, name=head.name, status=SetStatus.CURRENT).update(
                status=SetStatus.EARLIER
            )
        made = FactorSet.objects.create(
            **{name: getattr(head, name) for name in head.__slots__},
            digest=file.digest,
            factor_count=len(file.rows),
            loaded_by=actor,
        )
        Factor.objects.bulk_create(
            [Factor(factor_set=made, **{name: getattr(row, name) for name in row.__slots__}) for row in file.rows],
            batch_size=1000,
        )
        event_record(
            action="factor_set.loaded",
            obj=made,
            actor=actor,
            changes={"set": [None, str(made)], "factors": [None, len(file.rows)]},
        )
    return made, True


def factor_sets_load(*, names: Sequence[str] = ()) -> dict[str, bool]:
    """Load the project's own sets, all of them when none is named; return which of them were new.

    Raises:
        FactorFileRefused: there is no such set, or its file was changed after it was loaded.
    """
    return {name: factor_set_load(file=read_own(name))[1] for name in names or file_names()}


def grid_intensities_store(*, region: str, source: str, half_hours: Iterable[HalfHour]) -> int:
    """Keep the grid's intensities of a region; a later answer replaces an earlier one. Return how many were given.

    Raises:
        InvalidInput: a half hour does not begin on one, or its intensity is no figure from 0 to 5,000 g/kWh.
    """
    rows = {}
    for half_hour in half_hours:
        start, figures = half_hour.starts_at, [half_hour.forecast, half_hour.actual]
        given = [figure for figure in figures if figure is not None]
        if start.tzinfo is None or start.minute not in (0, 30) or start.second or start.microsecond:
            raise InvalidInput({"starts_at": [f"{start} is not the beginning of a half hour with its time zone."]})
        if not given or not all(0 <= figure <= _LARGEST_INTENSITY for figure in given):
            raise InvalidInput({"intensity": [f"{start}: give the intensity as 0 to 5,000 g/kWh."]})
        rows[start] = GridIntensity(
            region=region, starts_at=start, forecast=half_hour.forecast, actual=half_hour.actual, source=source
        )
    GridIntensity.objects.bulk_create(
        rows.values(),
        batch_size=2000,
        update_conflicts=True,
        unique_fields=["region", "starts_at"],
        update_fields=["forecast", "actual", "source"],
    )
    return len(rows)


def activity_map(*, actor: User, reading_type: str, text: str, activity: str, note: str = "") -> ActivityMapping:
    """Say what a name that readings use means; the next calculation of each data source goes by it.

    Raises:
        InvalidInput: no such kind of reading, no name, or no factor bears the activity.
    """
    text, activity = " ".join(text.lower().split()), activity.strip()
    if reading_type not in ReadingType.values:
        raise InvalidInput({"reading_type": [f"Choose one of: {', '.join(ReadingType.values)}."]})
    if not text or len(text) > 120 or "\x00" in text + note or len(note) > 500:
        raise InvalidInput({"text": ["Give the name as readings have it, and a note of at most 500 characters."]})
    is_model = reading_type == ReadingType.AI_USAGE
    known = _is_model_name(activity) if is_model else Factor.objects.filter(activity=activity).exists()
    if not known:
        example = "openai/gpt-4o" if is_model else "fuel.diesel-average-biofuel-blend"
        raise InvalidInput({"activity": [f"Nothing is known under this name; give one such as {example}."]})
    with transaction.atomic():
        mapping, _ = ActivityMapping.objects.update_or_create(
            reading_type=reading_type,
            text=text,
            defaults={"activity": activity, "note": note.strip(), "decided_by": actor},
        )
        event_record(
            action="activity.mapped", obj=mapping, actor=actor, changes={"activity": [text, activity]}, note=note
        )
    return mapping


def _is_model_name(name: str) -> bool:
    # Loading the models' table takes a second, which only this question is worth.
    from integrations.emissions.language_models import is_registered

    provider, _, model = name.partition("/")
    return is_registered(provider, model)
