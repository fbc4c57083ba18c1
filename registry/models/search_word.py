"""The words that occur in projects' names, places and species, for correcting a mistyped search."""

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models


class SearchWord(models.Model):
    """One normalised word (lower case, no accents). Words are added, never removed: a stale one is harmless."""

    word = models.CharField(primary_key=True, max_length=60)

    class Meta:
        # Beginnings are found by the index that Django adds to each key of characters.
        indexes = [GinIndex(OpClass("word", name="gin_trgm_ops"), name="registry_searchword_trgm_idx")]

    def __str__(self) -> str:
        return self.word
