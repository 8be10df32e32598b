"""Laws of the address simulation, on random worlds with loops, catch-alls and plus addresses."""

from hypothesis import given
from hypothesis import strategies as st

from reconciler.plan.flow import Flow, changed_recipients

DOMAINS = ("a.example", "b.example")
ADDRESSES = [f"{local}@{domain}" for domain in (*DOMAINS, "out.example") for local in ("x", "y", "z", "x+t", "*", "")]

mailboxes = st.sets(st.sampled_from([each for each in ADDRESSES if each[0] not in "*@"]))
targets = st.lists(st.sampled_from([each for each in ADDRESSES if each[0] not in "*@"]), max_size=3).map(tuple)
aliases = st.dictionaries(st.sampled_from(ADDRESSES), targets)
flows = st.builds(lambda boxes, names: (boxes, names, Flow(boxes, names, DOMAINS)), mailboxes, aliases)
restricted = st.builds(
    lambda boxes, names, named, closed: (boxes, names, Flow(boxes, names, DOMAINS, named=named, closed=closed)),
    mailboxes,
    aliases,
    st.dictionaries(st.sampled_from(ADDRESSES), targets),
    mailboxes,
)


def oracle(boxes: set[str], names: dict[str, tuple[str, ...]], address: str, seen: frozenset[str]) -> set[str]:
    """The recipients by plain recursion: slow, and short enough to be read as the definition."""
    if address in seen:
        return {address} if address in boxes and address in names.get(address, ()) else set()
    seen |= {address}
    local, _, domain = address.rpartition("@")
    base = f"{local.partition('+')[0]}@{domain}"
    if address in names:
        found = [oracle(boxes, names, to, seen) for to in names[address]]
        return set().union(*found)
    if address in boxes:
        return {address}
    if "+" in local[1:] and (base in names or base in boxes):
        return oracle(boxes, names, base, seen)
    for key in (f"*@{domain}", f"@{domain}"):
        if key in names and key != address:
            return oracle(boxes, names, key, seen)
    return set() if domain in DOMAINS else {address}


@given(flows, st.permutations(ADDRESSES))
def test_every_address_ends_where_plain_recursion_says(world, order):
    """Condensing loops and remembering results, in any order of asking, changes no answer."""
    boxes, names, flow = world
    for address in order:
        assert set(flow.recipients(address)) == oracle(boxes, names, address, frozenset())


@given(flows)
def test_a_delivery_tells_the_same_recipients_and_walks_each_step_once(world):
    """The told way holds every recipient, and no step twice."""
    _, _, flow = world
    for address in ADDRESSES:
        delivery = flow.receives(address)
        steps = [hop.address for hop in delivery.path]
        assert delivery.recipients == flow.recipients(address)
        assert set(delivery.recipients) <= set(steps)
        assert len(steps) == len(set(steps))
        assert set(delivery.outside) <= set(delivery.recipients)


@given(flows)
def test_an_unchanged_world_changes_nobodys_mail(world):
    """Two flows of one world have no differences."""
    boxes, names, flow = world
    assert changed_recipients(flow, Flow(boxes, names, DOMAINS)) == ()


@given(flows, flows)
def test_a_change_there_is_a_change_back(one, other):
    """Exchanging before and after exchanges the two sides of every change."""
    there = changed_recipients(one[2], other[2], ADDRESSES)
    back = changed_recipients(other[2], one[2], ADDRESSES)
    assert [(each.address, each.after, each.before) for each in there] == [
        (each.address, each.before, each.after) for each in back
    ]


@given(st.one_of(flows, restricted))
def test_both_views_of_the_right_to_send_agree(world):
    """A mailbox is among an alias's senders exactly when the alias is among what the mailbox sends as."""
    boxes, names, flow = world
    for address in {*boxes, *names} - {each for each in ADDRESSES if each[0] in "*@"}:
        for mailbox in boxes:
            assert (mailbox in flow.may_send_as(address)) == (address in flow.sends_as(mailbox))
