"""Servers of ours that behave like interfaces that can not be run here, bugs and limits included."""
