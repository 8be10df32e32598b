"""The REST interface of CloudDNS, version 1: what is known of it, and for the rest the likeliest form."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import parse_qs, unquote, urlsplit

from tests.twins.netcup.account import PROPAGATION, Account, CloudRecord, Domain, Revision

_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}\Z")
_FIELDS = {"name", "type", "rdata", "ttl"}
_NO_PAGE = "No results found, the page number may be too high."


@dataclass(frozen=True, slots=True)
class Reply:
    """Status and body; no body with 204."""

    status: int
    body: Mapping[str, object] | None


def _good(result: object, status: int = 200, pagination: Mapping[str, int] | None = None) -> Reply:
    meta = {"pagination": pagination} if pagination else None
    return Reply(status, {"success": True, "errors": [], "messages": [], "meta": meta, "result": result})


def _bad(status: int, code: str, message: str) -> Reply:
    errors = [{"code": code, "message": message}]
    return Reply(status, {"success": False, "errors": errors, "messages": [], "meta": None, "result": None})


def _missing(message: str = "No result was found.") -> Reply:
    return _bad(404, "resourceDoesNotExist", message)


class Rest:
    """The interface to one account."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def answer(self, method: str, target: str, authorization: str, body: bytes) -> Reply:
        """Answer a request; doubled slashes in its path are one."""
        if authorization != f"Bearer {self._account.token}":
            return _bad(400, "authenticationError", "Authentication token is not valid or has expired.")
        split = urlsplit("/" + target.lstrip("/"))
        words = [unquote(word) for word in split.path.split("/") if word][1:]
        query = {name: values[0] for name, values in parse_qs(split.query).items()}
        self._account.calls.append(f"{method} {'/'.join(words)}")
        match words:
            case ["domain"] if method == "GET":
                return self._domains(query)
            case ["domain", number, *rest]:
                domain = next((each for each in self._account.domains.values() if str(each.id) == number), None)
                if domain is None or not domain.cloud:
                    return _missing()
                return self._of_domain(method, domain, rest, query, body)
        return _missing()

    def _of_domain(
        self, method: str, domain: Domain, words: Sequence[str], query: Mapping[str, str], body: bytes
    ) -> Reply:
        match method, *words:
            case "POST", "changeset":
                return self._changeset(domain, body)
            case "GET", "dns", "revision":
                return _page([_revision(each) for each in domain.revisions], query)
            case "GET", "dns", "revision", identifier, "record":
                found = [each.records for each in domain.revisions if each.identifier == identifier]
                return _page([self._record(domain, each) for records in found for each in records], query)
            case "GET" | "POST", "acme", "challenge":
                return self._challenges(domain, method, body)
            case "DELETE", "acme", "challenge", scope, value:
                return Reply(204, None) if domain.challenges.pop((scope, value), None) else _missing()
        return _missing()

    def _domains(self, query: Mapping[str, str]) -> Reply:
        found = [
            {"id": each.id, "fqdn": each.fqdn, "isDnsManaged": each.cloud}
            for each in self._account.domains.values()
            if query.get("fqdn", each.fqdn) == each.fqdn
        ]
        return _page(found, query)

    def _record(self, domain: Domain, record: CloudRecord) -> dict[str, object]:
        told = _plainly(domain, record) if self._account.troubles.plain else record
        return {
            "identifier": told.identifier,
            "name": told.name,
            "type": told.type,
            "rdata": told.rdata,
            "ttl": told.ttl,
            "immutable": told.immutable,
        }

    def _changeset(self, domain: Domain, body: bytes) -> Reply:
        given = json.loads(body)
        create, delete = given.get("create", []), given.get("delete", [])
        if any(each.keys() != _FIELDS for each in (*create, *delete)):
            return _bad(422, "validationError", "All of name, type, rdata and ttl are required.")
        self._account.meddled()
        records = list(domain.revisions[-1].records) if domain.revisions else []
        for each in delete:
            wanted = tuple(each[name] for name in ("name", "type", "rdata", "ttl"))
            found = next((record for record in records if self._told(domain, record).input == wanted), None)
            if found is None or found.immutable:
                return _bad(422, "recordDoesNotExist", f"No record matches {each['name']} {each['type']}.")
            records.remove(found)
        for each in create:
            rdata = f"{each['rdata']}-altered" if each["type"] in self._account.troubles.altered else each["rdata"]
            number = str(self._account.number())
            records.append(CloudRecord(number, each["name"], each["type"], rdata, int(each["ttl"])))
        return _good(_revision(self._account.commit(domain, tuple(records))))

    def _told(self, domain: Domain, record: CloudRecord) -> CloudRecord:
        return _plainly(domain, record) if self._account.troubles.plain else record

    def _challenges(self, domain: Domain, method: str, body: bytes) -> Reply:
        if method == "GET":
            return _good([self._challenge(domain, *key) for key in domain.challenges])
        given = json.loads(body)
        scope, value = str(given.get("scope", "")), str(given.get("value", ""))
        if not scope or not _CHALLENGE.match(value):
            return _bad(422, "validationError", "The value is not an ACME challenge.")
        status = 200 if (scope, value) in domain.challenges else 201
        domain.challenges.setdefault((scope, value), self._account.clock())
        return _good([self._challenge(domain, scope, value)], status)

    def _challenge(self, domain: Domain, scope: str, value: str) -> dict[str, object]:
        age = self._account.clock() - domain.challenges[scope, value]
        below = "" if scope == "@" else f"{scope}."
        return {
            "scope": scope,
            "fqdn": f"_acme-challenge.{below}{domain.fqdn}",
            "value": value,
            "status": "deployed" if age >= PROPAGATION / 10 else "pending",
        }


def _revision(revision: Revision) -> dict[str, object]:
    return {
        "identifier": revision.identifier,
        "createdAt": f"2026-11-22T10:00:00.{revision.serial}Z",
        "modifiedAt": f"2026-11-22T10:00:00.{revision.serial}Z",
        "state": revision.state,
        "serial": revision.serial,
    }


def _page(entries: Sequence[Mapping[str, object]], query: Mapping[str, str]) -> Reply:
    number, size = int(query.get("page", "1")), min(int(query.get("perPage", "50")), 100)
    shown = entries[(number - 1) * size : number * size]
    if not shown:
        return _missing(_NO_PAGE)
    last = -(-len(entries) // size)
    return _good(
        list(shown), pagination={"page": number, "perPage": size, "totalEntries": len(entries), "lastPage": last}
    )


def _plainly(domain: Domain, record: CloudRecord) -> CloudRecord:
    """The same record without the marks of a zone file: the other form that a client must be ready for."""
    rdata = record.rdata
    if record.type == "TXT":
        octets = re.sub(r"\\(\d{3}|.)", lambda each: _octet(each[1]), re.sub(r'(?<!\\)"\s+"', "", rdata)[1:-1])
        rdata = octets.encode("latin-1").decode()
    elif record.type in {"MX", "CNAME", "SRV", "NS"}:
        rdata = rdata.removesuffix(".")
    name = domain.fqdn if record.name == "@" else f"{record.name}.{domain.fqdn}"
    return replace(record, name=name, rdata=rdata)


def _octet(escaped: str) -> str:
    return chr(int(escaped)) if len(escaped) == 3 else escaped
