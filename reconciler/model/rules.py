"""The rules of the platforms, as data: each id that code, tests, diagnostics and plans cite, with its sentence.

`netcup/N…` and `mailbox-org/M…` come from the platforms' own help pages. `flow/F…` are ours: what mail flow needs of an
order of changes whatever the platform. A vendor's later change of a rule is a value in a provider's capability table,
never a constant here.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: what the platform says, and what the software does about it."""

    id: str
    says: str
    does: str


_NETCUP = """
N1 | ordering an instance is binding and costs money; it is set up in the background | `create instance` needs `--allow-cost`, is polled until ready, and is picked up again after an interruption
N2 | the instance number identifies an instance to the provider's support | the number is read, kept in state, and shown wherever the instance is spoken of
N3 | an instance shows the resources in use | `show` prints storage booked, allocated and used, and counts of domains, mailboxes and aliases
N4 | an instance needs at least one domain before it can be used | an instance without a domain is a warning
N5 | only domains of the same customer account that no other instance has can be added | a domain that another instance has, or the account does not own, is an error before anything is changed
N6 | adding a domain changes its DNS settings | the plan shows the records; a change of where a live domain's mail goes needs `--allow-routing`
N7 | a domain is removed only when all its mailboxes and aliases are gone | mailboxes and aliases are deleted before their domain
N8 | a mailbox is a user: its user name is the address, with a password of its own | a mailbox is created with a password; `credentials` shows the user name
N9 | quota, owner name and password of a mailbox can be changed, its address can not | these three are updated in place; another address is another mailbox
N10 | no more storage can be given out than the instance has | the sum of quotas stays within the booked storage at every moment of a run
N11 | all credentials of a mailbox can be shown except its password | `credentials` prints servers, ports and user name, never a password
N12 | a mailbox is deleted only when no alias for it exists | aliases are deleted before their mailbox
N13 | deleting a mailbox deletes all its mail, contacts and appointments | the deletion needs a tombstone or `--allow-destroy`, and the plan names all three
N14 | the address of a new mailbox must be free; quota, owner name and password are given | an address is claimed by one mailbox or alias; it is released before it is claimed again
N15 | the owner name is the sender name of outgoing mail | a change of owner says so in the plan
N16 | an alias is one more address of exactly one mailbox, which can send as it | one target, which is a mailbox of the same platform and exists before the alias
N17 | an alias's domain is one of the instance's domains | an alias and its mailbox are in one instance, and its domain is added before it
N18 | aliases can be created and deleted, not edited | another target is a delete and a create, adjacent in the plan, with the bounce window named
N19 | cancelling an instance takes effect at once; unused months are forfeited | `delete instance` needs both `--allow-destroy` and `--allow-cost`
N20 | an instance is cancelled only when no domain is assigned to it | domains are removed before their instance
"""

_MAILBOX_ORG = """
M1 | a team joins at most 10 accounts | master and members are counted before anything is changed
M2 | each account of a team needs a plan with at least 5 GB of mail storage; the smallest plan is excluded | a plan that a team can not have is an error, also the master's
M3 | a new account is created from an existing account and starts on the 5 GB plan | creating needs the master's account (or a member's, M8); another declared plan is an operation of its own that follows
M4 | a member is an independent customer; the origin has no administrative rights over it | a member is read-only unless its own credentials are configured; changes to it become steps for its owner
M5 | the password set at creation must be changed by the new owner at once | the password is given once and never again; the plan prints the hand-over
M6 | a new account is on trial until money arrives | standing is shown after creation and by `show`
M7 | with shared billing all payments go to the master, and members can not create members | who creates is checked before anything is changed
M8 | with separate billing each account pays for itself, and members may create members | who creates is checked before anything is changed
M9 | the billing method is chosen once and never changed | another billing method is an error, never a replacement
M10 | when the master of a shared team can not pay, all members fall back to a new account's state and are later deleted | changes to a suspended team are refused with the reason
M11 | any payment by any member reactivates all members of a shared team | standing is read again in each run
M12 | an account of a team can not move to the smallest plan | the downgrade is refused while it is a member
M13 | leaving a team loses data and needs a support ticket | a step for a person, with data-loss consent, acknowledged with `ack`
M14 | the list of members shows each one's plan | `show` lists members with plan and standing
M15 | the statement of a shared team is the master's; each booking names the address that caused it | `show --statement` prints it
M16 | former family accounts are teams with separate billing | such a team is imported with `billing: separate`
"""

_FLOW = """
F1 | mail goes where the MX points | mailboxes and aliases exist before the MX of their domain points at them
F2 | a receiver checks SPF and DKIM of the first message | SPF and DKIM are published before the MX moves
F3 | a host rejects mail for a domain it no longer has | the MX is withdrawn before the domain is removed
F4 | the records of a domain are the provider's own for it | records follow the domain they are derived from
F5 | a name resolves only once what it leads to is there, and a CNAME stands alone | addresses of a host come before records that lead to it; a CNAME and other data never meet
F6 | what is there already belongs to somebody until it is adopted | it is recorded in the state before it is changed
F7 | resolvers answer with what they have cached until its TTL is over | an MX moves only when nobody can hold an older answer to what was published for it
F8 | mail on its way may come from the old host, or bear its signature | what the old host needs stays published for a while after the switch
F9 | a mail host that is left still has the mail | mailboxes that move to another provider are made there, and the old ones are left where they are
"""


def _read(platform: str, table: str) -> dict[str, Rule]:
    rules = {}
    for line in table.strip().splitlines():
        name, says, does = (part.strip() for part in line.split("|"))
        rules[f"{platform}/{name}"] = Rule(f"{platform}/{name}", says, does)
    return rules


#: Every rule by its id.
RULES: dict[str, Rule] = {
    **_read("netcup", _NETCUP),
    **_read("mailbox-org", _MAILBOX_ORG),
    **_read("flow", _FLOW),
}
