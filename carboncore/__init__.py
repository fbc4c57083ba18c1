"""The Django project: settings, addresses, entry points and the building blocks that every app may use."""
