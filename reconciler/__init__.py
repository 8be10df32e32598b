"""Mail hosting as code: YAML in, a reviewed plan out, applied in an order no provider's rule forbids."""

__version__ = "0.1.0"
