"""Loading factor sets, and what staff say that unknown activities mean."""

from collections.abc import Sequence

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
from integrations.models import ActivityMapping, Factor, FactorSet


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
