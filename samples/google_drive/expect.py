"""What a correct mirror holds, worked out from the world itself and never from what our programs printed."""

from datetime import datetime

from world import SHORTCUT

CLOCK = datetime.fromisoformat("2026-03-02T08:00:00+00:00")  # no expiry of ours lies between the runs


def expectation(world, before=None):
    """Documents, groups and failures of a run over `world`; with the world `before`, what had to go since."""
    groups = {group_id(g.email): {"name": g.name, "members": [] if g.refused else members(g)} for g in world.groups}
    documents, failures = {}, []
    for file in world.files.values():
        if not there(world, file):
            continue
        failed = "not_found" if file.gone else "server_error" if file.refusal == "internalError" else None
        if failed is None:
            documents[file.id] = document(world, file, groups)
        if failed or not file.can_share:
            failures.append({"semantic_id": f"google_drive:{file.id}", "reason": failed or "permissions_refused"})
    expected = {"documents": documents, "groups": groups, "failures": sorted(failures, key=lambda f: f["semantic_id"])}
    if before:
        expected["removed"] = sorted(
            f.id
            for f in before.files.values()
            if there(before, f) and (f.id not in world.files or not there(world, world.files[f.id]))
        )
    return expected


def there(world, file):
    """A file that is neither in the bin nor only a place, and that a listing or a shortcut leads to."""
    if not file.is_document or file.trashed:
        return False
    return file.listed or any(
        s.target[0] == file.id for s in world.files.values() if s.mime == SHORTCUT and not s.trashed
    )


def document(world, file, groups):
    principals = permissions(world, file)
    owner, editor = (None if file.drive else file.owner) or {}, file.editor or {}
    text = (
        {"content": None, "extraction_reason": file.reason}
        if file.reason
        else {"content_contains": file.phrases, **({"content_lacks": file.lacks} if file.lacks else {})}
    )
    return {
        "semantic_id": f"google_drive:{file.id}",
        "title": file.name,
        "created_at": moment(file.created),
        "updated_at": moment(file.modified),
        "author": owner.get("emailAddress") or editor.get("emailAddress"),
        "url": file.url,
        "partition": world.partition(file),
        "permissions": principals,
        "readers": readers(principals, groups),
        **text,
    }


def moment(time):
    """Milliseconds are kept when there are any."""
    return time.replace(".000Z", "Z")


def group_id(email):
    return f"group:google_drive:{email.lower()}"


def members(group):
    """A user who is suspended reads nothing; a group in a group stays a group."""
    return sorted(
        {group_id(m.email) if m.type == "GROUP" else m.email.lower() for m in group.members if m.status != "SUSPENDED"}
    )


def permissions(world, file):
    """The principals; nobody, when the service would not tell them."""
    if not file.can_share:
        return []
    return sorted({p for p in map(principal, world.permissions(file)) if p})


def principal(grant):
    """Whom a grant names; None for one that gives no access, or that names nobody who can be known."""
    expires = grant.get("expirationTime")
    if (
        grant.get("deleted")
        or grant.get("view")
        or expires
        and datetime.fromisoformat(expires.replace("Z", "+00:00")) <= CLOCK
    ):
        return None
    if grant["type"] == "anyone":
        return "public" if grant["allowFileDiscovery"] else "link"
    if grant["type"] == "domain":
        return f"domain:{grant['domain'].lower()}" if grant["allowFileDiscovery"] else None
    email = grant.get("emailAddress", "").lower()
    return group_id(email) if email and grant["type"] == "group" else email or None


def readers(principals, groups):
    """Principals with every group replaced by who is in it. Groups contain each other; one that nobody defines is empty."""
    found, seen, left = set(), set(), list(principals)
    while left:
        one = left.pop()
        if one in seen:
            continue
        seen.add(one)
        if one.startswith("group:"):
            left += groups.get(one, {"members": []})["members"]
        else:
            found.add(one)
    return sorted(found)
