"""Countries as ISO 3166-1 lists them (plus Kosovo's user-assigned XK, which registries use)."""

from django.db import models


class Country(models.Model):
    """One country; its alpha-2 code is the key. Filled by a migration, never edited by hand."""

    code = models.CharField(primary_key=True, max_length=2)
    alpha3 = models.CharField(max_length=3, unique=True)
    name = models.CharField(max_length=100, unique=True)

    class Meta:
        verbose_name_plural = "countries"
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
