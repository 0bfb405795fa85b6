"""File formats, one module each: ``save(result, path, inputs)`` and ``load(path)``."""
