"""A name server in a thread of the test: it says what it is told to say, and notes what it is asked.

It can stand in for a recursive resolver, for the servers of a top-level domain, and for servers that misbehave.
"""

import contextlib
import socketserver
import threading
from dataclasses import dataclass, field

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

from reconciler.model.answers import Question
from tests.servers import keeper

TTL = 300


@dataclass
class Says:
    """What a server says to a question: records as `name type data`."""

    answer: tuple[str, ...] = ()
    authority: tuple[str, ...] = ()
    additional: tuple[str, ...] = ()
    rcode: str = "NOERROR"
    authoritative: bool = True

    def message(self, query):
        """The reply to a query."""
        reply = dns.message.make_response(query)
        reply.set_rcode(dns.rcode.from_text(self.rcode))
        if self.authoritative:
            reply.flags |= dns.flags.AA
        for records, section in (
            (self.answer, reply.answer),
            (self.authority, reply.authority),
            (self.additional, reply.additional),
        ):
            for record in records:
                name, rtype, data = record.split(" ", 2)
                found = dns.rrset.from_text(f"{name}.", TTL, "IN", rtype, data)
                same = next((each for each in section if each.match(found.name, found.rdclass, found.rdtype, 0)), None)
                if same is None:
                    section.append(found)
                else:
                    same.update(found)
        return reply


def refers(zone, *servers, glue=()):
    """A referral to a zone below: its servers, and addresses as `name address`."""
    return Says(
        authority=tuple(f"{zone} NS {each}." for each in servers),
        additional=tuple(f"{each.split()[0]} A {each.split()[1]}" for each in glue),
        authoritative=False,
    )


REFUSED = Says(rcode="REFUSED", authoritative=False)
NOTHING = Says()
NO_SUCH_NAME = Says(rcode="NXDOMAIN")


@dataclass
class Speaker:
    """A server and what it was asked.

    Attributes:
        says: By question, or by zone for every name in it; the longest zone speaks. A function is given the query's
            wire form and returns the reply's, or None for silence.
        asked: Every question, in order; whether recursion was wanted is in `wanted_recursion`.
    """

    host: str
    port: int
    says: dict = field(default_factory=dict)
    asked: list = field(default_factory=list)
    wanted_recursion: set = field(default_factory=set)
    over_tcp: int = 0

    @property
    def address(self):
        """Host and port."""
        return f"{self.host}:{self.port}"

    def reply(self, wire, *, tcp):
        """What goes back, or None."""
        query = dns.message.from_wire(wire)
        question = query.question[0]
        name = question.name.to_text(omit_final_dot=True).lower() if len(question.name) > 1 else ""
        asked = Question(name, dns.rdatatype.to_text(question.rdtype))
        self.asked.append(asked)
        self.wanted_recursion.add(bool(query.flags & dns.flags.RD))
        self.over_tcp += tcp
        says = self._saying(asked)
        if not isinstance(says, Says):
            return says(wire, tcp)
        reply = says.message(query)
        return reply.to_wire() if tcp else _cut(reply)

    def _saying(self, asked):
        if asked in self.says:
            return self.says[asked]
        rest = asked.name
        while rest and rest not in self.says:
            rest = rest.partition(".")[2]
        return self.says.get(rest, REFUSED)


def _cut(reply):
    wire = reply.to_wire(max_size=65535)
    if len(wire) <= 1232:
        return wire
    short = dns.message.make_response(dns.message.from_wire(reply.to_wire()))
    short = dns.message.Message(id=reply.id)
    short.flags = reply.flags | dns.flags.TC
    short.question = reply.question
    return short.to_wire()


@contextlib.contextmanager
def speaking(host="127.0.0.1", port=None, says=None):
    """A server that is gone when the block ends."""
    while True:
        speaker = Speaker(host, port or keeper.free_port(host), says or {})
        try:
            with contextlib.ExitStack() as stack:
                for server in (_udp(speaker), _tcp(speaker)):
                    stack.enter_context(server)
                    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
                    thread.start()
                    stack.callback(thread.join)
                    stack.callback(server.shutdown)
                yield speaker
        except OSError:
            if port is not None:
                raise
            continue
        return


class _Threads(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


def _udp(speaker):
    class Handler(socketserver.BaseRequestHandler):
        def handle(self):
            wire, sock = self.request
            reply = speaker.reply(wire, tcp=False)
            if reply is not None:
                sock.sendto(reply, self.client_address)

    return socketserver.UDPServer((speaker.host, speaker.port), Handler)


def _tcp(speaker):
    class Handler(socketserver.StreamRequestHandler):
        def handle(self):
            length = int.from_bytes(self.rfile.read(2), "big")
            reply = speaker.reply(self.rfile.read(length), tcp=True)
            if reply is not None:
                self.wfile.write(len(reply).to_bytes(2, "big") + reply)

    return _Threads((speaker.host, speaker.port), Handler)
