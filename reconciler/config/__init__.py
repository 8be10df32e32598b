"""Text to desired: YAML with its places, the schema, references across files, and every mistake at once."""

from reconciler.config.loading import Loaded, load

__all__ = ["Loaded", "load"]
