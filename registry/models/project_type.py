"""Kinds of projects: forest conservation, cookstoves, biochar and so on."""

from django.core.validators import RegexValidator
from django.db import models

from carboncore.common.history import tracked_history


class ProjectType(models.Model):
    """A kind of project. Its code is part of every serial number, hence short, unique and upper-case."""

    code = models.CharField(
        max_length=10,
        unique=True,
        validators=[RegexValidator(r"^[A-Z0-9]+\Z", "Use up to ten letters A–Z and digits.")],
        help_text="Up to ten letters and digits, e.g. FC; part of the serial numbers.",
    )
    name = models.CharField(max_length=255)
    category = models.CharField(max_length=100, blank=True, help_text="The broader group, e.g. Forest.")
    land_based = models.BooleanField(
        default=False, help_text="Such projects need a boundary before they can be submitted."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    history = tracked_history()

    class Meta:
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(code__regex=r"^[A-Z0-9]{1,10}$"), name="registry_projecttype_code_upper"
            )
        ]

    def __str__(self) -> str:
        return f"{self.code} · {self.name}"
