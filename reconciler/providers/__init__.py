"""Actual: what every provider speaks, and the providers that come with the house."""
