"""The staff admin's building blocks: its site, the base classes of its pages, history, import and export."""
