"""What sogo-tool saves of a user: an OpenStep property list, with the user's directory entry, settings and folders.

The directory entry holds the password's hash, which sogo-tool does not need to restore anything: it is taken out before
the file is kept.
"""

import re
from collections import Counter
from typing import Any, cast

from reconciler.providers.archive.manifest import ArchiveError

#: A line of the directory entry, with all lines it is continued on.
_SECRET = re.compile(r"^(?:c_)?(?:user)?password::? .*\n(?: .*\n)*", re.IGNORECASE | re.MULTILINE)
_ENTRY = re.compile(r'("ldif_record" = ")(.*?)((?<!\\)";)', re.DOTALL)
#: A string, or GNUstep's own writing of a number, a truth or a date, such as <*I1> and <*BY>: nobody else reads that.
_VALUE = re.compile(r'"(?:\\.|[^"\\])*"|<\*([^>]*)>', re.DOTALL)
_CONTACTS = ("BEGIN:VCARD", "BEGIN:VLIST")
_APPOINTMENTS = ("BEGIN:VCALENDAR",)


def without_password(text: str) -> str:
    """Return what was saved without the hash of the password.

    Args:
        text: A property list, as sogo-tool writes it.
    """
    return _ENTRY.sub(lambda entry: entry[1] + _SECRET.sub("", entry[2]) + entry[3], text, count=1)


def renamed(text: str, before: str, after: str) -> str:
    """Return what was saved of one user as what another has: the names of folders change, and no content does."""
    return text.replace(f'"/Users/{before}/', f'"/Users/{after}/')


def counted(text: str) -> tuple[int, int]:
    """Return how many contacts and appointments were saved.

    Raises:
        ArchiveError: If it is no property list of sogo-tool: then nobody could restore it.
    """
    import openstep_plist

    try:
        tree = cast("dict[str, Any]", openstep_plist.loads(_common(text)))
        records = [record for table in tree["tables"].values() for record in table["records"]]
        begins = Counter(str(record["c_content"]).split("\n", 1)[0].strip() for record in records)
    except (openstep_plist.ParseError, KeyError, TypeError, AttributeError) as error:
        raise ArchiveError(f"what sogo-tool saved can not be read: {error}") from None
    return sum(begins[sort] for sort in _CONTACTS), sum(begins[sort] for sort in _APPOINTMENTS)


def _common(text: str) -> str:
    """Return a property list in the words that all who read such lists have in common."""
    return _VALUE.sub(lambda found: found[0] if found[1] is None else f'"{found[1]}"', text)
