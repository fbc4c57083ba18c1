"""A first look with life in it: projects that exist nowhere, taken through the whole lifecycle by the real services."""

from integrations.services.demonstration.seeding import Demonstration, demonstration_seed

__all__ = ["Demonstration", "demonstration_seed"]
