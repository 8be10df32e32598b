"""The CCP interface: JSON over one address, with sessions, and one TTL for a zone."""
