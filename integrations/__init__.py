"""Exchange with the outside: importers of registries' exports, and the conflicts between listings."""
