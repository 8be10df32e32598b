"""Zones at random, with wildcards, empty non-terminals, CNAMEs and delegations, for laws about what they answer."""

import itertools
import random

from hypothesis import strategies as st

from reconciler.model.answers import Question
from reconciler.model.rrsets import RRset, ZoneContent

ZONE = "example.org"
LABELS = ("a", "b", "*")
TYPES = ("A", "TXT", "MX", "CNAME")

_PATHS = [path for depth in (1, 2, 3) for path in itertools.product(LABELS, repeat=depth)]
NAMES = [ZONE, *(f"{'.'.join(path)}.{ZONE}" for path in _PATHS)]
#: Names without a `*` below another: what people have.
USUAL = [name for name in NAMES if "*" not in name[1:]]
QUESTIONS = [Question(name, rtype) for name in NAMES for rtype in TYPES]

_TARGETS = [f"a.{ZONE}.", f"b.{ZONE}.", f"a.b.{ZONE}.", f"b.a.{ZONE}.", f"c.c.{ZONE}."]
_VALUES = {
    "A": ["192.0.2.1", "192.0.2.2"],
    "TXT": ['"one"', '"two"'],
    "MX": ["10 mx1.example.net.", "20 mx2.example.net."],
    "CNAME": _TARGETS,
    "NS": ["ns.example.net."],
}


def rrset(name, rtype, pick):
    """One rrset, of values that `pick` chooses."""
    values = (pick(_VALUES[rtype]),) if rtype != "MX" else (_VALUES["MX"][0],)
    return RRset(name, rtype, pick([300, 600, 3600]), values)


def allowed(name, rtype, *, cuts=True):
    """Whether a zone may have such an rrset: no CNAME at its own name, no delegation there or of a wildcard."""
    if rtype in {"A", "MX"} and "*" in name[1:]:
        return False  # BIND refuses such a host name
    if rtype == "CNAME":
        return name != ZONE
    return rtype != "NS" or (cuts and name != ZONE and "*" not in name)


def content(rrsets, *, whole=True):
    """A zone of these rrsets, without what stands beside a CNAME or a delegation."""
    by_id = {each.id: each for each in rrsets}
    kept = {
        key: each
        for key, each in by_id.items()
        if not any((key[0], lone) in by_id and key[1] != lone for lone in ("CNAME", "NS"))
    }
    return ZoneContent(ZONE, kept, whole=whole)


@st.composite
def zones(draw, cuts=True, names=NAMES):
    """A zone."""
    keys = draw(st.lists(st.tuples(st.sampled_from(names), st.sampled_from((*TYPES, "NS"))), max_size=9, unique=True))
    return content(rrset(*key, lambda each: draw(st.sampled_from(each))) for key in keys if allowed(*key, cuts=cuts))


@st.composite
def changed_zones(draw, cuts=True):
    """A zone, and the same zone at another time."""
    before, other = draw(zones(cuts)), draw(zones(cuts))
    kept = [each for each in before.rrsets.values() if draw(st.booleans())]
    return before, content([*kept, *other.rrsets.values()])


def changes_between(before, after):
    """What makes one zone of another."""
    keys = {*before.rrsets, *after.rrsets}
    return {key: after.rrsets.get(key) for key in keys if before.rrsets.get(key) != after.rrsets.get(key)}


def random_zone(seed):
    """A zone for a server, the same for the same seed."""
    dice = random.Random(seed)
    keys = {(dice.choice(NAMES), dice.choice((*TYPES, *TYPES, "NS"))) for _ in range(dice.randint(2, 14))}
    return content(rrset(*key, dice.choice) for key in sorted(keys) if allowed(*key))
