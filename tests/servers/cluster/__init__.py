"""A mail host with groupware for tests and for trying: real daemons from Debian's packages, in a throw-away folder.

    with cluster.running() as host:
        host.execute("INSERT INTO domain …")
        smtplib.SMTP("127.0.0.1", host.ports["smtp"]) …

PostgreSQL has PostfixAdmin's tables and the schema `groupware` of the provider `sogo`; neither is made here, but for
PostfixAdmin's own in a cluster that has PostfixAdmin. Postfix, Dovecot and SOGo only ask at run time. All of it
listens on 127.0.0.1 alone, and mail for anybody else ends in a sink. `conf/` has the daemons' configuration: it is the
one that the documentation shows.
"""

from tests.servers.cluster.building import running
from tests.servers.cluster.cluster import Cluster

__all__ = ["Cluster", "running"]
