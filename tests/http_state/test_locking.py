"""Taking over, being late, dying in between, and locks of other programs."""

import json
import time
import uuid

import pytest

from reconciler.model.diagnostic import Problem
from reconciler.state import lease
from reconciler.state.backend import BackendError, Standing
from reconciler.state.places.http import locks
from reconciler.state.places.register import Moved
from reconciler.state.places.register.head import Head, encode
from tests.http_state.http_worlds import TERRAFORM_LOCK, Killed, agree, lock
from tests.servers.terraform_http import Fault


def fence(number):
    """The fence of the lease with this number."""

    def check(standing: Standing):
        held = None if standing.lock is None else lease.decode(standing.lock, "")
        if held is None or held.id != f"{number:012x}":
            raise LateError

    return check


class LateError(Exception):
    """The lease is another's."""


def ids(diagnosed):
    """The ids of what was raised."""
    return [each.id for each in diagnosed.value.diagnostics]


def test_late_owner_can_not_write(opened, server):
    """After a take-over the server itself refuses the owner before, and nothing of his is there."""
    late, next_ = opened.state(), opened.state()
    assert late.write_lock(None, lock(1))
    late.append(b"one\n", 0, fence(1))
    assert next_.write_lock(lock(1), lock(2))
    next_.append(b"two\n", 4, fence(2))
    with pytest.raises(LateError):
        late.append(b"late\n", 4, fence(1))
    assert not late.write_lock(lock(1), None)
    assert not late.write_lock(lock(1), lock(1, expires=9.0))
    assert server.state("mail").lock["ID"].endswith("000000000002")
    next_.append(b"more\n", 8, fence(2))
    assert opened.state().read().journal == b"one\ntwo\nmore\n"


def test_heartbeat_in_between_saves_the_owner(opened):
    """Who takes over what he saw a while ago does not get it, where its owner has shown since that he lives."""
    owner, other = opened.state(), opened.state()
    assert owner.write_lock(None, lock(1))
    assert other.read_lock() == lock(1)
    assert owner.write_lock(lock(1), lock(1, expires=9.0))
    assert not other.write_lock(lock(1), lock(2))
    owner.append(b"alive\n", 0, fence(1))
    assert opened.state().read().journal == b"alive\n"


def flow(state):
    """All that a run does."""
    assert state.write_lock(None, lock(1))
    assert state.write_lock(lock(1), lock(1, expires=5.0))
    state.append(b"one\n", 0, fence(1))
    state.append(b"x" * 70_000, 4, fence(1))
    assert state.write_lock(lock(1, expires=5.0), None)


def takeover(state):
    """What the one does who comes after a dead owner."""
    seen = state.read_lock()
    for _ in range(4):  # a place that is refused tells who has it
        if state.write_lock(seen, lock(2)):
            return
        seen = state.read_lock()
    raise AssertionError(seen)


def killed_at(opened, step, *, answered, run):
    """A state whose process was killed at this request of a run; None where the run ends before."""
    state = opened.dying(step, answered=answered)
    try:
        run(state)
    except Killed:
        return state
    return None


@pytest.mark.parametrize("answered", [False, True], ids=["request lost", "answer lost"])
def test_killed_at_every_request(opened, server, answered):
    """Wherever a run is killed, the next takes over, finds whole commits alone, and leaves no lock."""
    step = 0
    while True:
        step += 1
        server.states.all.clear()
        if killed_at(opened, step, answered=answered, run=flow) is None:
            break
        after = opened.state()
        takeover(after)
        journal = after.read().journal
        assert journal in (b"", b"one\n", b"one\n" + b"x" * 70_000)
        after.append(b"next\n", len(journal), fence(2))
        assert after.write_lock(lock(2), None)
        assert server.state("mail").lock is None
        assert opened.state().read().journal == journal + b"next\n"
    assert step > 9


@pytest.mark.parametrize("answered", [False, True], ids=["request lost", "answer lost"])
def test_killed_at_every_request_of_a_take_over(opened, server, answered):
    """The same for one who is killed while he takes over; the first owner, should he live, can not write either."""
    step = 0
    while True:
        step += 1
        server.states.all.clear()
        first = opened.state()
        assert first.write_lock(None, lock(1))
        first.append(b"one\n", 0, fence(1))
        second = killed_at(opened, step, answered=answered, run=lambda state: state.write_lock(lock(1), lock(3)))
        after = opened.state()
        takeover(after)
        after.append(b"next\n", 4, fence(2))
        with pytest.raises(LateError):
            first.append(b"late\n", 4, fence(1))
        assert opened.state().read().journal == b"one\nnext\n"
        if second is None:
            break
    assert step > 4


def test_killed_while_he_locks_anew(opened, server):
    """A run that is killed when it has the server locked under a new id is taken over as if it had the old one."""
    state = opened.dying(12, answered=True)
    assert state.write_lock(None, lock(1))
    first = server.state("mail").lock["ID"]
    server.faults.append(Fault("POST", 500, path="ID="))
    with pytest.raises(Killed):
        state.append(b"one\n", 0, fence(1))
    again = server.state("mail").lock["ID"]
    assert again != first
    assert again.endswith("000000000001")
    after = opened.state()
    assert after.write_lock(after.read_lock(), lock(2))
    after.append(b"two\n", 0, fence(2))
    assert opened.state().read().journal == b"two\n"


def test_somebody_is_quicker_between_looking_and_locking(opened, server):
    """A whole run that another makes between our look and our lock is not overwritten."""
    quick, slow = opened.state(), opened.state()
    target = "/lock" if server.options.gitlab else "/mail"
    plain = server.handled
    runs = iter([True])

    def handled(request):
        if b'"Who"' in request.body and request.target.endswith(target) and next(runs, False):
            assert quick.write_lock(None, lock(1))
            quick.append(b"one\n", 0, fence(1))
            assert quick.write_lock(lock(1), None)
        return plain(request)

    server.handled = handled
    assert slow.write_lock(None, lock(2))
    server.handled = plain
    assert slow.read().journal == b"one\n"


def test_old_token_is_refused(opened):
    """Also who holds the server writes on the head that stands alone."""
    register = opened.register()
    heads = [encode(Head(serial=number, write=str(number), lock=lock(1))) for number in range(3)]
    first = register.put(heads[0], None, None, lock(1))
    register.put(heads[1], first, lock(1), lock(1))
    with pytest.raises(Moved):
        register.put(heads[2], first, lock(1), lock(1))
    assert register.get().data == heads[1]


def test_lock_that_may_have_been_taken_is_given_back(opened, server):
    """Where no LOCK is ever answered, none of them stays."""
    method = "POST" if server.options.gitlab else "LOCK"
    server.faults += [Fault(method, None, effect=True, body=b'"Who"') for _ in range(9)]
    with pytest.raises(BackendError):
        opened.state().write_lock(None, lock(1))
    assert server.state("mail").lock is None


def sent_by(number):
    """The info of a lease, and its id."""
    lock_id = locks.fresh_id(lock(number))
    return lock_id, locks.lock_info(lock_id, lock(number), "/mail")


def test_info_given_back_is_not_the_holder_s():
    """GitLab answers with the holder's id and our own info; the lease is then known by the id alone."""
    lock_id, _ = sent_by(1)
    _, asked = sent_by(2)
    answer = json.dumps(json.loads(asked) | {"ID": lock_id, "Who": "ben", "Created": "2026-11-22T03:00:25Z"})
    found = locks.holder(answer.encode(), asked)
    shown = lease.decode(found.lock, "")
    assert (found.id, found.lease) == (lock_id, "000000000001")
    assert (shown.id, shown.owner, shown.operation) == ("000000000001", "ben", "reconciler")


@pytest.mark.parametrize("answer", [b"", b"null", b"[]", b'{"ID": 7}', b"<html>", b'{"ID": null, "Info": {}}'])
def test_any_answer_has_a_holder(answer):
    """Whatever a server answers to a refused LOCK, somebody holds it, whom nobody takes over."""
    found = locks.holder(answer, sent_by(1)[1])
    assert lease.decode(found.lock, "").term == 0
    assert found.lease is None


def test_ids_are_new_each_time_and_tell_the_lease():
    """An id is a UUID of version 8; heartbeats change neither lease nor time in it."""
    ids = {locks.fresh_id(lock(1, expires=float(number))) for number in range(8)}
    assert len(ids) > 1
    assert {uuid.UUID(each).version for each in ids} == {8}
    assert {locks.lease_of(each) for each in ids} == {"000000000001"}
    assert locks.lease_of(TERRAFORM_LOCK["ID"]) is None


def test_owner_killed_before_his_first_write_is_shown(opened, server):
    """Where only the server has the lock, whoever is refused is shown whose it is; a reader sees no lock."""
    since = float(int(time.time()))
    mine = lock(1, since=since, expires=since + 60)
    with pytest.raises(Killed):
        opened.dying(4, answered=False).write_lock(None, mine)
    assert server.state("mail").lock is not None
    state = opened.state()
    assert state.read_lock() is None
    assert not state.write_lock(None, lock(2))
    shown = lease.decode(state.read_lock(), "")
    assert (shown.id, shown.owner, shown.since) == ("000000000001", shown.owner, since)
    assert shown.expires == since + 60
    assert shown.term == 60
    assert state.write_lock(state.read_lock(), lock(2))
    assert server.state("mail").lock["ID"].endswith("000000000002")


def test_lease_knows_the_owner_where_the_server_keeps_the_info(simple):
    """A server that gives the holder's info back tells all of the lease, so that a dead process is seen at once."""
    mine = lock(1, since=time.time(), expires=time.time() + 60)
    with pytest.raises(Killed):
        simple.dying(4, answered=False).write_lock(None, mine)
    state = simple.state()
    assert not state.write_lock(None, lock(2))
    assert state.read_lock() == mine


def test_lock_of_terraform_is_shown_and_kept(opened, server):
    """A lock of another program is nobody's to take over: it has no term."""
    first = opened.state()
    assert first.write_lock(None, lock(1))
    assert first.write_lock(lock(1), None)
    server.state("mail").lock = dict(TERRAFORM_LOCK)
    state = opened.state()
    assert not state.write_lock(None, lock(2))
    shown = lease.decode(state.read_lock(), "")
    assert (shown.id, shown.owner, shown.term) == (TERRAFORM_LOCK["ID"], "ben@laptop", 0.0)
    assert server.state("mail").lock == TERRAFORM_LOCK
    with pytest.raises(Problem) as raised:
        lease.acquire(state, "apply", 0.0, lease.Timing(), lambda _: None)
    assert ids(raised) == ["state-locked"]
    assert TERRAFORM_LOCK["ID"] in str(raised.value.diagnostics[0])


def test_program_that_holds_it_is_named_where_the_server_tells(opened, server):
    """What Terraform does is shown, but never what we ourselves sent and GitLab gave back."""
    assert opened.state().write_lock(None, lock(1))
    server.state("mail").lock = dict(TERRAFORM_LOCK)
    state = opened.state()
    assert not state.write_lock(lock(1), lock(2))
    shown = lease.decode(state.read_lock(), "")
    assert shown.operation == ("another program" if server.options.gitlab else "OperationTypeApply")


def test_lock_of_terraform_that_goes_is_noticed(opened, server):
    """Who waits for it gets the lock when it is given back."""
    state = opened.state()
    assert state.write_lock(None, lock(1))
    assert state.write_lock(lock(1), None)
    server.state("mail").lock = dict(TERRAFORM_LOCK)

    def sleep(_):
        if len(server.requests) > 40:
            server.state("mail").lock = None

    held, took_over = lease.acquire(state, "apply", 30.0, lease.Timing(sleep=sleep), lambda _: None)
    assert took_over is None
    assert state.write_lock(lease.encode(held.info), None)


def test_unlock_by_hand_reaches_the_lock_of_terraform(opened, server):
    """`state unlock ID` has to look at the server, and then removes the lock with that id."""
    first = opened.state()
    assert first.write_lock(None, lock(1))
    first.append(b"one\n", 0, agree)
    assert first.write_lock(lock(1), None)
    server.state("mail").lock = dict(TERRAFORM_LOCK)
    register = opened.register()
    register.contend()
    state = opened.keep_state(register)
    assert lease.decode(state.read_lock(), "").id == TERRAFORM_LOCK["ID"]
    assert state.write_lock(state.read_lock(), None)
    assert server.state("mail").lock is None
    assert state.read().journal == b"one\n"


def test_looking_leaves_no_lock(opened, server):
    """Looking who holds an unlocked server leaves it unlocked."""
    register = opened.register()
    register.contend()
    assert server.state("mail").lock is None
    assert opened.keep_state(register).read_lock() is None


def test_lock_removed_at_the_server_by_hand(opened, server):
    """Where somebody unlocks the server behind our back and nobody has come since, the owner locks it again."""
    state = opened.state()
    assert state.write_lock(None, lock(1))
    server.state("mail").lock = None
    state.append(b"one\n", 0, fence(1))
    assert server.state("mail").lock is not None
    assert opened.state().read().journal == b"one\n"


def test_lock_replaced_at_the_server_by_another_program(opened, server):
    """Where another program has the lock meanwhile, the owner has lost it, and says to whom."""
    state = opened.state()
    assert state.write_lock(None, lock(1))
    server.state("mail").lock = dict(TERRAFORM_LOCK)
    with pytest.raises(LateError):
        state.append(b"one\n", 0, fence(1))
    assert lease.decode(state.read_lock(), "").id == TERRAFORM_LOCK["ID"]
    assert server.state("mail").lock == TERRAFORM_LOCK


def test_fence_of_a_dead_owner_is_kept(opened, server):
    """A lock that only the server knows does not hide how high the fence of the one in the head was."""
    first = opened.state()
    assert first.write_lock(None, lock(7))
    server.state("mail").lock = dict(TERRAFORM_LOCK)
    state = opened.state()
    assert not state.write_lock(lock(7), lock(2))
    assert lease.decode(state.read_lock(), "").fence == 7


def test_info_says_who(simple, strict):
    """What a person sees at the server: who, since when, what for."""
    assert simple.state().write_lock(None, lock(1, since=1_700_000_000.0))
    info = strict.state("mail").lock
    assert info["Who"] == "anna@another machine"
    assert info["Operation"] == "reconciler apply"
    assert info["Created"] == "2023-11-14T22:13:20Z"
    assert json.loads(info["Info"])["id"] == "000000000001"
