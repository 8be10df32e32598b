"""A groupware cluster of one's own: Postfix, Dovecot and SOGo over a PostgreSQL database with PostfixAdmin's tables.

Reading order: `settings`; `questions` and `listing`, how rows become resources; `ground` and `judge`, what a write may
do; `writer`, and `leaving`, which deletes; `saving`, which makes archives; `schema/`, what the daemons read.
"""

from reconciler.providers.sogo.provider import SogoProvider

__all__ = ["SogoProvider"]
