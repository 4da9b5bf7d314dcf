"""The people and groups of Fjord Instruments, a firm that does not exist, and the grants that name them."""

from dataclasses import dataclass, field
from hashlib import sha256

DOMAIN = "fjord.example"


def number(text, digits=20):
    """A number that looks like one of Google's ids and is always the same for the same text."""
    return "1" + str(int(sha256(text.encode()).hexdigest(), 16))[: digits - 1]


@dataclass(frozen=True)
class Person:
    email: str
    name: str

    def user(self):
        """The `User` resource as our `fields` ask for it."""
        return {"displayName": self.name, "emailAddress": self.email}


def _staff(*names):
    """One `Person` a name, `given.family@fjord.example`."""
    return {name.split()[0].lower(): Person(name.lower().replace(" ", ".") + "@" + DOMAIN, name) for name in names}


STAFF = _staff(
    "Ida Berg",
    "Tomas Novak",
    "Amara Okafor",
    "Yuki Tanaka",
    "Lena Fischer",
    "Dana Lopez",
    "Omar Haddad",
    "Priya Nair",
    "Noa Levi",
    "Wei Chen",
    "Minjun Park",
    "Eleni Pappas",
    "Sofia Rossi",
    "Jakub Zielinski",
    "Marie Dubois",
    "Linh Tran",
    "Oleg Sidorov",
    "Fatima Zahra",
)
OUTSIDE = {
    "sam": Person("sam.reyes@partner.example", "Sam Reyes"),
    "kai": Person("kai.lund@partner.example", "Kai Lund"),
}
PEOPLE = {**STAFF, **OUTSIDE}
ME = STAFF["ida"]  # whose credentials read the drive


# Groups


@dataclass
class Member:
    email: str
    type: str = "USER"  # or GROUP
    status: str | None = "ACTIVE"  # a group among the members has none


@dataclass
class Group:
    email: str
    name: str
    members: list = field(default_factory=list)
    refused: bool = False  # listed, but its members may not be read: 403
    paged: bool = False  # its members come in two pages


def _users(*keys):
    return [Member(STAFF[key].email) for key in keys]


def _group(local):
    return Member(f"{local}@{DOMAIN}", "GROUP", None)


def directory():
    """The groups of the directory: nested ones, two that contain each other, an empty one, one that is refused."""
    return [
        Group(
            f"eng@{DOMAIN}",
            "Engineering",
            _users("tomas", "amara", "lena", "wei")
            + [Member(STAFF["oleg"].email, status="SUSPENDED"), _group("backend")],
        ),
        Group(f"backend@{DOMAIN}", "Backend", _users("minjun", "priya")),
        Group(f"sre@{DOMAIN}", "Site reliability", _users("yuki") + [_group("oncall")]),
        Group(f"oncall@{DOMAIN}", "On call 🚨", _users("omar") + [_group("sre")]),
        Group(f"design@{DOMAIN}", "Design", _users("sofia", "eleni") + [Member(OUTSIDE["kai"].email, status=None)]),
        Group(f"legal@{DOMAIN}", "Legal & compliance", _users("noa") + [Member("Marie.Dubois@Fjord.Example")]),
        Group(f"all-hands@{DOMAIN}", "All hands", _users(*STAFF) + [_group("eng")], paged=True),
        Group(f"o'hare-ops@{DOMAIN}", "O'Hare operations", _users("jakub")),
        Group(f"archive@{DOMAIN}", "Archive"),
        Group(f"board@{DOMAIN}", "Board", _users("ida", "fatima"), refused=True),
    ]


FOREIGN_GROUP = "all@partner.example"  # is granted access, but no directory of ours knows it


# Grants: `Permission` resources, as `permissions(…)` of our `fields` gives them


def user(key, role="reader", address=None, **more):
    """A grant to one person; `address` when the service spells it otherwise, "" when it does not tell it."""
    email = PEOPLE[key].email if address is None else address
    return {
        "id": number(PEOPLE[key].email),
        "type": "user",
        "role": role,
        **({"emailAddress": email} if email else {}),
        "deleted": False,
        "pendingOwner": False,
        **more,
    }


def group(local, role="reader", **more):
    email = local if "@" in local else f"{local}@{DOMAIN}"
    return {"id": number(email.lower()), "type": "group", "role": role, "emailAddress": email, "deleted": False, **more}


def domain(name=DOMAIN, role="reader", discovery=True):
    """A grant to all of a domain; without `discovery` only to those of it who have the link."""
    return {"id": number(name) + "k", "type": "domain", "role": role, "domain": name, "allowFileDiscovery": discovery}


def anyone(role="reader", discovery=False):
    """A grant to everybody; without `discovery` to everybody who has the link."""
    return {
        "id": "anyone" if discovery else "anyoneWithLink",
        "type": "anyone",
        "role": role,
        "allowFileDiscovery": discovery,
    }


def on_shared_drive(grants, direct, drive):
    """The effective list of a shared drive's file: the drive's members, then what was granted on the file itself."""
    entries = {}
    for entry, details in [(g, _details(g, drive)) for g in grants] + [(g, _details(g, None)) for g in direct]:
        known = entries.setdefault(entry["id"], {**entry, "permissionDetails": []})
        known["permissionDetails"] += details
        known.pop("pendingOwner", None)  # is for files outside shared drives
    return list(entries.values())


def _details(entry, drive):
    inherited = {"inherited": True, "inheritedFrom": drive} if drive else {"inherited": False}
    return [{"permissionType": "member" if drive else "file", "role": entry["role"], **inherited}]
