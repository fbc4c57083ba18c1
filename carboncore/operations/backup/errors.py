"""What can keep a backup from being made, believed or brought back; each says what to do."""


class BackupError(Exception):
    """It cannot be done; nothing was changed, unless the message says so."""


class BackupDamaged(BackupError):
    """A backup is not what was written: cut short, altered, or without one of its parts."""


class WrongKey(BackupError):
    """The backup was encrypted with another key, or with one at all, or with none."""
