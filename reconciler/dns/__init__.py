"""The records mail needs: deriving them, sharing names with others, and records over zones."""
