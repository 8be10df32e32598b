"""A small DNS with all that SPF can lead to, and records and senders for it."""

from hypothesis import strategies as st

from tests.spf.world import World, world

NAMES = {
    "example.org": {"A": ["192.0.2.1"], "AAAA": ["2001:db8::1"], "MX": ["10 mx.example.org.", "20 host4.example."]},
    "mx.example.org": {"A": ["192.0.2.2"], "AAAA": ["2001:db8::2"]},
    "host4.example": {"A": ["192.0.2.3", "198.51.100.3"]},
    "host6.example": {"AAAA": ["2001:db8::3"]},
    "plain.example": {"TXT": ["v=spf1 ip4:192.0.2.0/28 -ip4:192.0.2.17 ip4:192.0.2.16/28 ip6:2001:db8::/126 -all"]},
    "hosts.example": {
        "TXT": ["v=spf1 a/30 mx:host4.example mx ~ip4:198.51.100.0/25 ?all", "v=spf2.0/pra ?all"],
        "A": ["198.51.100.200"],
        "MX": ["5 host6.example.", "5 host4.example."],
    },
    "nested.example": {"TXT": ["v=spf1 include:plain.example -include:hosts.example ip6:2001:db8:5::/48"]},
    "away.example": {"TXT": ["v=spf1 ip4:203.0.113.0/29 redirect=plain.example"]},
    "alias.example": {"CNAME": ["plain.example."]},
    "listed.example": {"TXT": ["v=spf1 exists:%{ir}.list.example ptr:host4.example -all"]},
    "5.2.0.192.list.example": {"A": ["127.0.0.2"]},
    "3.2.0.192.in-addr.arpa": {"PTR": ["host4.example."]},
    "open.example": {"TXT": ["v=spf1 +all"]},
    "broken.example": {"TXT": ["v=spf1 ip4:192.0.2 -all"]},
    "two.example": {"TXT": ["v=spf1 -all", "v=spf1 +all"]},
    "silent.example": {"TXT": None, "A": None, "MX": None},
    "null.example": {"MX": ["0 ."]},
    "empty.example": {"TXT": ["hello"]},
    "many.example": {"MX": [f"{n} host4.example." for n in range(11)]},
}

#: Addresses that some term above tells from their neighbours, and some of strangers.
IPS = (
    "192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.5", "192.0.2.17", "192.0.2.18", "198.51.100.3", "198.51.100.100",
    "198.51.100.201", "203.0.113.4", "203.0.113.200", "2001:db8::1", "2001:db8::2", "2001:db8::3", "2001:db8:5::1",
    "2001:db8:77::1", "::ffff:192.0.2.5",
)  # fmt: skip

#: What addresses alone decide.
_STATIC = (
    "a", "mx", "a/28", "mx/24//64", "a:host4.example", "a:host6.example", "mx:hosts.example", "a:gone.example",
    "ip4:192.0.2.16/29", "ip4:203.0.113.4", "ip6:2001:db8:5::/64", "include:plain.example", "include:hosts.example",
    "include:nested.example", "include:away.example", "include:alias.example", "mx:null.example", "mx:gone.example",
    "exists:host4.example", "exists:host6.example", "a:%{o}//126", "a:mx.%{d}",
)  # fmt: skip
_TROUBLE = (
    "include:broken.example", "include:two.example", "include:empty.example", "include:gone.example", "mx:many.example",
    "a:silent.example", "include:silent.example", "moo", "a:host4", "include:open.example",
)  # fmt: skip
_BY_MESSAGE = (
    "include:listed.example", "ptr", "ptr:host4.example", "exists:%{ir}.list.example", "exists:%{i}.list.example",
    "exists:%{l}.%{d2}", "a:%{h}", "exists:%{l1r-}.%{v}.example",
)  # fmt: skip

QUALIFIERS = st.sampled_from(["", "", "", "+", "-", "~", "?"])
SENDERS = st.sampled_from(["user@example.org", "info-desk@example.org", "host4@example.org"])


def zone(**records: str) -> World:
    """The world above with `example_org="v=spf1 …"` records put in."""
    names = {name: dict(types) for name, types in NAMES.items()}
    for name, text in records.items():
        names.setdefault(name.replace("_", "."), {})["TXT"] = [text]
    return world(names)


@st.composite
def records(draw, terms=(*_STATIC, *_STATIC, *_TROUBLE, *_BY_MESSAGE), most=6):
    """A record: terms in any order, and one end at most."""
    chosen = draw(st.lists(st.builds(str.__add__, QUALIFIERS, st.sampled_from(terms)), max_size=most))
    end = draw(st.sampled_from(["", "-all", "~all", "?all", "all", "redirect=plain.example", "redirect=gone.example"]))
    extra = draw(st.sampled_from(["", "moo=cow%%s", "exp=why.example"]))
    return " ".join(word for word in ("v=spf1", *chosen, end, extra) if word)


#: Records that addresses alone decide, without errors but for the limits.
STATIC = records(_STATIC)
