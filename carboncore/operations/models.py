"""No table: the rights that belong to running the registry, which need a name to hang on."""

from django.db import models


class Performance(models.Model):
    """What `GET /performance` shows; the figures themselves are kept by the web processes."""

    class Meta:
        managed = False
        default_permissions = ["view"]
        verbose_name_plural = "performance"

    def __str__(self) -> str:
        return "performance"
