"""What the roles of the daemons may not do, though they can read."""

import psycopg
import pytest

from tests.groupware.house import in_environment, with_provider

#: Says of a table of one's own that it is the one of the mailboxes: its changes would then give files to other people.
_AS_ONE = """
CREATE TEMPORARY TABLE mine (username varchar(255), address varchar(255), goto text);
CREATE TRIGGER mine AFTER UPDATE ON mine FOR EACH ROW EXECUTE FUNCTION groupware.{}()
"""


@pytest.mark.parametrize("function", ["mailbox_life", "alias_led", "usage_copy"])
def test_who_reads_can_not_give_files_to_somebody_else(postfixadmin_cluster, monkeypatch, function):
    """Every role may make a temporary table; none may have it followed as the mailboxes are, with our own rights."""
    in_environment(monkeypatch, postfixadmin_cluster.environment)
    with_provider(postfixadmin_cluster, lambda provider: provider.writer().prepare())
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match=function):
        postfixadmin_cluster.execute(_AS_ONE.format(function), role="mailread")
