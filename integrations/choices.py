"""The closed lists of the integrations app: import sources, kinds and states, verdicts on listing conflicts."""

from django.db import models


class ImportSource(models.TextChoices):
    """The exports that can be read, by the name they have on the command line."""

    VERRA = "verra", "Verra (VCS)"
    GOLD_STANDARD = "gold-standard", "Gold Standard"
    ACR = "acr", "ACR"
    CAR = "car", "Climate Action Reserve"
    ART_TREES = "art-trees", "ART TREES"
    CERCARBONO = "cercarbono", "Cercarbono"
    ISOMETRIC = "isometric", "Isometric"
    PURO = "puro", "Puro.earth"
    BERKELEY = "berkeley", "Berkeley Voluntary Registry Offsets Database"
    CARB = "carb", "California (ARB offset credits)"


class ImportKind(models.TextChoices):
    """What an export tells about."""

    PROJECTS = "projects", "Projects"
    CREDITS = "credits", "Credits issued, retired and cancelled"


class ImportState(models.TextChoices):
    """How far an import is."""

    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"


class ConflictVerdict(models.TextChoices):
    """What a person found about two listings."""

    OPEN = "open", "Open"
    SAME = "same", "The same project"
    RELATED = "related", "Related, but not the same"
    DIFFERENT = "different", "Different projects"
