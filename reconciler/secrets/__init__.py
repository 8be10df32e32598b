"""Secrets: a reference from the configuration becomes a text, as late as it can be."""

from reconciler.secrets.lookup import SecretError, look_up

__all__ = ["SecretError", "look_up"]
