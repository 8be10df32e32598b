"""`$GENERATE`, BIND's shorthand for a run of records: expanded by dnspython, one directive at a time."""

from collections.abc import Iterator

from reconciler.model.presentation import BadRdata, canonical
from reconciler.providers.zonefile.scan import BrokenZone, Directive
from reconciler.providers.zonefile.witness import witness

_MOST = 65536  # records of one directive; a typing error in the range must not fill the memory


def generated(item: Directive, zone: str, where: str) -> Iterator[tuple[str, str, int, str]]:
    """Yield owner, type, seconds and data of each record that a `$GENERATE` line stands for.

    Raises:
        BrokenZone: If the line is wrong or stands for more than 65,536 records.
    """
    import dns.exception
    import dns.grange
    import dns.rdatatype

    try:
        start, stop, step = dns.grange.from_text(item.rest[0])
        if (stop - start) // step >= _MOST:
            raise BrokenZone(f"$GENERATE {item.rest[0]} stands for more than {_MOST} records", where)
        line = " ".join(("$GENERATE", *item.rest))
        ttl = "" if item.ttl is None else f"$TTL {item.ttl}\n"
        for name, rdtype, seconds, data in witness(f"$ORIGIN {item.origin}.\n{ttl}{line}\n", zone):
            rtype = dns.rdatatype.to_text(dns.rdatatype.RdataType.make(rdtype))
            yield name.canonicalize().to_text(True), rtype, seconds, canonical(rtype, data.to_text())
    except (dns.exception.DNSException, BadRdata, ValueError) as error:
        raise BrokenZone(f"$GENERATE can not be read: {error}", where) from None
