"""The models with no field required: what `defaults:` may hold, and what one file may leave to them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pydantic import BaseModel, Field, create_model

from reconciler.config.dns_models import Dmarc, DnsBlock, MtaSts
from reconciler.config.models import (
    AliasBlock,
    DomainBlock,
    InstanceBlock,
    MailboxBlock,
    MemberBlock,
    TeamFields,
)
from reconciler.model.scalars import Strict


def _partial(
    model: type[BaseModel], name: str, *, without: Sequence[str] = (), nested: Mapping[str, type[Strict]] | None = None
) -> type[Strict]:
    fields: dict[str, Any] = {}
    for field_name, info in model.model_fields.items():
        if field_name not in without:
            annotation = (nested or {}).get(field_name, info.rebuild_annotation())
            fields[field_name] = (annotation | None, Field(default=None, description=info.description))
    made: type[Strict] = create_model(name, __base__=Strict, __doc__=model.__doc__, __module__=__name__, **fields)
    return made


PartialDns: Final = _partial(
    DnsBlock, "Dns", nested={"dmarc": _partial(Dmarc, "Dmarc"), "mta_sts": _partial(MtaSts, "MtaSts")}
)

#: By kind.
PARTIAL: Final[Mapping[str, type[Strict]]] = {
    "instance": _partial(InstanceBlock, "Instance"),
    "domain": _partial(DomainBlock, "Domain", nested={"dns": PartialDns}),
    "mailbox": _partial(MailboxBlock, "Mailbox"),
    "alias": _partial(AliasBlock, "Alias", without=("to",)),
    "team": _partial(TeamFields, "Team"),
    "member": _partial(MemberBlock, "Member"),
}
