"""The CCP interface: one address, HTTP status 200 for everything, and an envelope that tells what went wrong."""

import copy
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from tests.twins.netcup import messages
from tests.twins.netcup.account import Account, Domain
from tests.twins.netcup.records import Refused, apply, text, wants_delete

_DOMAIN = re.compile(r"(?=.{4,253}\Z)(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]\Z")


@dataclass(frozen=True, slots=True)
class _Said(Exception):
    """An error, as the envelope tells it; `anonymous` where the request was refused before its action was looked at."""

    code: int
    short: str
    long: str
    anonymous: bool = False


def _invalid(long: str) -> _Said:
    return _Said(messages.VALIDATION, messages.INVALID, long, anonymous=True)


class Ccp:
    """The interface to one account."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def answer(self, body: bytes) -> dict[str, object]:
        """Answer a request, whatever its headers are."""
        given: Mapping[str, object] = {}
        action, asked = "", ""
        try:
            if self._account.too_many():
                raise _invalid(messages.RATE)
            given = _decoded(body)
            action = text(given, "action")
            param = given.get("param")
            asked = text(param, "clientrequestid") if isinstance(param, dict) else ""
            self._account.calls.append(action)
            data = self._run(action, param if isinstance(param, dict) else {})
        except _Said as said:
            shown = "" if said.anonymous else action
            return {**_envelope(shown, asked, said.code, (said.short, said.long)), "responsedata": ""}
        return {**_envelope(action, asked, messages.OK, messages.DONE[action]), "responsedata": data}

    def _run(self, action: str, param: Mapping[str, object]) -> object:
        account = self._account
        if action not in messages.DONE:
            raise _invalid(messages.EMPTY_MESSAGE)
        if text(param, "apikey") == "":
            raise _invalid(messages.NO_KEY)
        if (text(param, "customernumber"), text(param, "apikey")) != (account.customer, account.key):
            raise _invalid(messages.NO_CUSTOMER)
        if action == "login":
            if text(param, "apipassword") != account.password:
                raise _invalid(messages.NO_CUSTOMER)
            return {"apisessionid": account.open_session()}
        if not account.session_lives(param.get("apisessionid")):
            raise _Said(messages.SESSION, *messages.NO_SESSION[account.troubles.new_spelling])
        if action == "logout":
            del account.sessions[text(param, "apisessionid")]
            return ""
        zone = text(param, "domainname")
        # a name below a domain is not one in its eyes, which clients that guess the zone's name live by
        if not _DOMAIN.match(zone) or (zone.count(".") > 1 and zone not in account.domains):
            raise _invalid(messages.BAD_DOMAIN)
        return self._of_zone(action, zone, param)

    def _of_zone(self, action: str, zone: str, param: Mapping[str, object]) -> object:
        domain = self._account.domains.get(zone)
        if domain is not None and domain.cloud:
            domain = None
        match action:
            case "infoDnsZone":
                return _zone(_there(domain, messages.INFO_UNKNOWN_ZONE, messages.UNKNOWN_ON_INFO))
            case "infoDnsRecords":
                domain = _there(domain, messages.INFO_UNKNOWN_ZONE, messages.UNKNOWN_ON_RECORDS)
                if not domain.records:
                    raise _Said(messages.EMPTY_ZONE, *messages.EMPTY)
                return self._records(domain)
        domain = _there(domain, messages.UPDATE_UNKNOWN_ZONE, messages.unknown_on_update(zone))
        self._account.meddled()
        if action == "updateDnsZone":
            return _update_zone(domain, param)
        return self._update(domain, param)

    def _records(self, domain: Domain) -> dict[str, object]:
        now = self._account.clock()
        return {"dnsrecords": [record.shown(now) for record in domain.records.values()]}

    def _update(self, domain: Domain, param: Mapping[str, object]) -> dict[str, object]:
        wanted = param.get("dnsrecordset")
        given = wanted.get("dnsrecords") if isinstance(wanted, dict) else None
        if not isinstance(given, list):
            raise _invalid(messages.EMPTY_MESSAGE)
        account, before = self._account, copy.deepcopy(domain.records)
        for each in given:
            try:
                apply(domain, self._judged(each), account.number(), account.clock())
            except Refused as refused:
                if not account.troubles.partial:
                    domain.records = before
                raise _invalid(str(refused)) from None
        if domain.records != before:
            domain.serial += 1
        return self._records(domain)

    def _judged(self, given: Mapping[str, object]) -> Mapping[str, object]:
        if given.get("type") in self._account.troubles.refused:
            raise Refused(messages.BAD_VALUE)
        if given.get("type") in self._account.troubles.altered and not wants_delete(given):
            return {**given, "destination": f"{given['destination']}-altered"}
        return given


def _decoded(body: bytes) -> Mapping[str, object]:
    try:
        given = json.loads(body)
    except ValueError:
        raise _invalid(messages.NO_KEY) from None
    if not isinstance(given, dict):
        raise _invalid(messages.EMPTY_MESSAGE)
    return given


def _there(domain: Domain | None, code: int, texts: tuple[str, str]) -> Domain:
    if domain is None:
        raise _Said(code, *texts)
    return domain


def _zone(domain: Domain) -> dict[str, object]:
    return {
        "name": domain.fqdn,
        "ttl": domain.ttl,
        "serial": str(domain.serial),
        "refresh": domain.refresh,
        "retry": domain.retry,
        "expire": domain.expire,
        "dnssecstatus": domain.dnssec,
    }


def _update_zone(domain: Domain, param: Mapping[str, object]) -> dict[str, object]:
    given = param.get("dnszone")
    if not isinstance(given, dict):
        raise _invalid(messages.EMPTY_MESSAGE)
    for name in ("ttl", "refresh", "retry", "expire"):
        if text(given, name).isdigit():
            setattr(domain, name, text(given, name))
    domain.dnssec = text(given, "dnssecstatus").lower() == "true"
    domain.serial += 1
    return _zone(domain)


def _envelope(action: str, asked: str, code: int, texts: tuple[str, str]) -> dict[str, object]:
    return {
        "serverrequestid": secrets.token_hex(14),
        "clientrequestid": asked,
        "action": action,
        "status": "success" if code == messages.OK else "error",
        "statuscode": code,
        "shortmessage": texts[0],
        "longmessage": texts[1],
    }
