"""Running the registry: is it well, how fast is it, what has gone wrong, and how is it kept and brought back."""
