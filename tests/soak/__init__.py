"""A soak: many processes apply to one state while they are killed at random; then the books are audited."""
