"""State in PostgreSQL: rows in a schema of its own, so that a change writes the rows that changed.

Importing this package imports no driver; `open_postgres` does.
"""

from reconciler.state.places.postgres.opening import open_postgres

__all__ = ["open_postgres"]
