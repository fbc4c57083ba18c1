"""Which uploads and data sources a person may see and change, for every entrance."""

import uuid

from accounts.models import User
from integrations.errors import DataSourceNotFound, UploadNotFound
from integrations.models import Connection, Upload


def source_changeable_by(*, user: User, public_id: uuid.UUID) -> Connection:
    """Return a connected data source that the person may add readings to.

    Raises:
        DataSourceNotFound: there is none, or the person may not know that there is.
    """
    sources = Connection.objects.changeable_by(user).connected().select_related("integration")
    found: Connection | None = sources.filter(public_id=public_id).first()
    if found is None:
        raise DataSourceNotFound
    return found


def source_visible_to(*, user: User, public_id: uuid.UUID) -> Connection:
    """Return a data source that the person may look at.

    Raises:
        DataSourceNotFound: there is none, or the person may not know that there is.
    """
    found: Connection | None = Connection.objects.visible_to(user).filter(public_id=public_id).first()
    if found is None:
        raise DataSourceNotFound
    return found


def upload_of(*, connection: Connection, public_id: uuid.UUID) -> Upload:
    """Return one of a source's uploads.

    Raises:
        UploadNotFound: it has none of that id.
    """
    found = Upload.objects.filter(connection=connection, public_id=public_id).first()
    if found is None:
        raise UploadNotFound
    return found
