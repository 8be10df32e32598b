"""The backend `http`: a register behind the protocol of Terraform's `http` backend, such as GitLab speaks it.

Read in this order: `settings` (what is configured), `client` (one request), `locks` (what the server's lock says),
`envelope` (how head and parts look there), `register` (the compare-and-swap made of the server's lock).
"""

from reconciler.state.places.http.register import HttpRegister
from reconciler.state.places.http.settings import open_http

__all__ = ["HttpRegister", "open_http"]
