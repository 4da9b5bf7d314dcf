"""Turns a world into the HTTP exchanges by which Google Drive would tell it: all that a run may ask, in the order of a run."""

from har import Capture, encoded, secret
from people import FOREIGN_GROUP, ME, number
from world import APPS, EXPORTS, token

API = "https://www.googleapis.com/drive/v3"
DIRECTORY = "https://admin.googleapis.com/admin/directory/v1"
PERMISSION = (
    "id,type,role,emailAddress,domain,allowFileDiscovery,deleted,pendingOwner,expirationTime,view,"
    "permissionDetails(permissionType,role,inherited,inheritedFrom)"
)
FILE = (
    "id,name,mimeType,driveId,parents,createdTime,modifiedTime,trashed,version,size,md5Checksum,webViewLink,owners(emailAddress,displayName),"
    "lastModifyingUser(emailAddress,displayName),capabilities(canShare,canDownload),hasAugmentedPermissions,inheritedPermissionsDisabled,"
    f"permissionIds,permissions({PERMISSION}),shortcutDetails(targetId,targetMimeType,targetResourceKey),resourceKey,"
    "clientEncryptionDetails(encryptionState)"
)
CHANGES = f"nextPageToken,newStartPageToken,changes(changeType,time,removed,fileId,driveId,file({FILE}),drive(id,name))"
ALL_DRIVES = {"supportsAllDrives": "true"}
METADATA = {**ALL_DRIVES, "fields": FILE}
PERMISSIONS = {**ALL_DRIVES, "pageSize": "100", "fields": f"nextPageToken,permissions({PERMISSION})"}
CREDENTIALS = {
    "access_token": "ya29.SAMPLE-1",
    "refresh_token": "1//0SAMPLE",
    "client_id": "000000000000-sample.apps.googleusercontent.com",
    "client_secret": "GOCSPX-SAMPLE",
    "token_url": "https://oauth2.googleapis.com/token",
    "expires_at": "2099-01-01T00:00:00Z",
}
NEXT_TOKEN = "ya29.SAMPLE-2"

ERRORS = {  # reason: status, domain, message, where
    "authError": (401, "global", "Invalid Credentials", ("Authorization", "header")),
    "insufficientFilePermissions": (
        403,
        "global",
        "The user does not have sufficient permissions for this file.",
        None,
    ),
    "appNotAuthorizedToFile": (403, "global", "The user has not granted the app access to the file.", None),
    "exportSizeLimitExceeded": (403, "global", "This file is too large to be exported.", None),
    "cannotExportFile": (403, "global", "This file cannot be exported by the user.", None),
    "cannotDownloadAbusiveFile": (
        403,
        "global",
        "This file has been identified as malware or spam and cannot be downloaded.",
        None,
    ),
    "fileNotDownloadable": (
        403,
        "global",
        "Only files with binary content can be downloaded. Use Export with Docs Editors files.",
        ("alt", "parameter"),
    ),
    "fileNotExportable": (403, "global", "Export only supports Docs Editors files.", None),
    "userRateLimitExceeded": (403, "usageLimits", "User Rate Limit Exceeded", None),
    "rateLimitExceeded": (429, "usageLimits", "Rate Limit Exceeded", None),
    "forbidden": (403, "global", "Not Authorized to access this resource/api", None),
    "groupNotFound": (404, "global", "Resource Not Found: groupKey", None),
    "internalError": (500, "global", "Internal Error", None),
    "backendError": (503, "global", "Backend Error", None),
}


def capture(world, clock, seed, first):
    """The capture of a run over `world`. Only the first run meets odd pages and what fails once."""
    service = Service(world, clock, seed, first)
    service.account()
    service.groups()
    for drive in [None] + [d.id for d in world.drives]:
        service.partition(drive)
    service.missing()
    service.refresh()  # for a client that asks for a token of its own accord
    return service.out


class Service:
    def __init__(self, world, clock, seed, first):
        self.world, self.first, self.out = world, first, Capture(clock, seed, CREDENTIALS["access_token"])

    def get(self, path, query, body, base=API, **more):
        self.out.exchange(base + path, query, body, **more)

    def error(self, path, query, reason, base=API, **more):
        status, domain, message, where = ERRORS[reason]
        self._error(path, query, status, {"message": message, "domain": domain, "reason": reason}, where, base, **more)

    def not_found(self, path, query, identifier, **more):
        self._error(
            path,
            query,
            404,
            {"message": f"File not found: {identifier}.", "domain": "global", "reason": "notFound"},
            ("fileId", "parameter"),
            API,
            **more,
        )

    def _error(self, path, query, status, error, where, base, **more):
        if where:
            error = {**error, "location": where[0], "locationType": where[1]}
        self.get(
            path,
            query,
            {"error": {"code": status, "message": error["message"], "errors": [error]}},
            base,
            status=status,
            **more,
        )

    # The account, and who is in which group

    def account(self):
        self.get(
            "/about",
            {"fields": "user(emailAddress,displayName,permissionId)"},
            {"user": {**ME.user(), "permissionId": number(ME.email)}},
        )
        drives = [
            {"id": d.id, "name": d.name, "hidden": False, "createdTime": d.created, "restrictions": d.restrictions}
            for d in self.world.drives
        ]
        pages = [[], drives] if self.first else [drives[:2], drives[2:]]
        self.pages(
            "/drives",
            {"pageSize": "100", "fields": "nextPageToken,drives(id,name,hidden,createdTime,restrictions)"},
            pages,
            "drives",
        )

    def groups(self):
        groups = [
            {
                "kind": "admin#directory#group",
                "id": token(g.email, 15),
                "etag": f"\"{token('etag ' + g.email, 20)}\"",
                "email": g.email,
                "name": g.name,
                "directMembersCount": str(len(g.members)),
                "description": "",
                "adminCreated": True,
            }
            for g in self.world.groups
        ]
        self.pages(
            "/groups",
            {"customer": "my_customer", "maxResults": "200"},
            [groups[:6], groups[6:]],
            "groups",
            DIRECTORY,
            kind="admin#directory#groups",
        )
        for group in self.world.groups:
            path = f"/groups/{encoded(group.email)}/members"
            if group.refused:
                self.error(path, {"maxResults": "200"}, "forbidden", DIRECTORY)
                continue
            members = [
                {
                    "kind": "admin#directory#member",
                    "id": number(m.email.lower(), 21),
                    "etag": f"\"{token('etag ' + m.email, 20)}\"",
                    "email": m.email,
                    "role": "MEMBER",
                    "type": m.type,
                    **({"status": m.status} if m.status else {}),
                }
                for m in group.members
            ]
            pages = [members[:12], members[12:]] if group.paged else [members]
            self.pages(path, {"maxResults": "200"}, pages, "members", DIRECTORY, kind="admin#directory#members")
        self.error(f"/groups/{encoded(FOREIGN_GROUP)}/members", {"maxResults": "200"}, "groupNotFound", DIRECTORY)

    def pages(self, path, query, pages, name, base=API, before=None, **more):
        """A list in pages; the directory leaves a list out when it is empty. `before(n)` may answer page n with an error first."""
        step = {}
        for n, page in enumerate(pages):
            if before:
                before(n, {**query, **step})
            body = {**more, **({name: page} if page or base == API else {})}
            then = "~!!~" + token(f"{self.first} {path} {query} {n}", 22)
            if n + 1 < len(pages):
                body["nextPageToken"] = then
            self.get(path, {**query, **step}, body, base)
            step = {"pageToken": then}

    # One partition: its position, its listing, all that is known of each file, its change log

    def partition(self, drive):
        scope = {"driveId": drive} if drive else {}
        self.get("/changes/startPageToken", {**ALL_DRIVES, **scope}, {"startPageToken": str(self.start(drive))})
        self.listing(drive, scope)
        for file in self.world.files.values():
            if self.world.partition(file) == (f"drive:{drive}" if drive else "my_drive"):
                self.file(file)
        self.changes(drive, scope)

    def listing(self, drive, scope):
        files = [resource(self.world, file) for file in self.world.listing(drive)]
        pages = [files[i : i + 100] for i in range(0, len(files), 100)]
        if self.first and not drive:
            pages[2:] = [[], [pages[1][-1]] + pages[2], *pages[3:]]  # nothing, but there is more; then one file again

        def before(n, query):
            if self.first and not drive and n == 1:
                self.error("/files", query, "rateLimitExceeded", answer_headers={"Retry-After": "1"})

        query = {
            "corpora": "drive" if drive else "user",
            **scope,
            "includeItemsFromAllDrives": "true",
            **ALL_DRIVES,
            "spaces": "drive",
            "q": "trashed = false",
            "orderBy": "createdTime",
            "pageSize": "100",
            "fields": f"nextPageToken,incompleteSearch,files({FILE})",
        }
        self.pages("/files", query, pages, "files", before=before, incompleteSearch=False)

    def file(self, file):
        path = f"/files/{file.id}"
        keys = {"X-Goog-Drive-Resource-Keys": f"{file.id}/{file.resource_key}"} if file.resource_key else None
        if file.gone:
            return self.nothing(file.id, 404)
        for more in ({}, {"alt": "json"}):  # Google's own client says which kind of answer it wants
            self.get(path, {**METADATA, **more}, resource(self.world, file), headers=keys)
        self.permissions(file, keys)
        self.content(file, keys)

    def permissions(self, file, keys):
        path, query = f"/files/{file.id}/permissions", PERMISSIONS
        if not file.can_share:
            return self.error(path, query, "insufficientFilePermissions")
        if file.first_permissions_refusal:
            self.error(path, query, file.first_permissions_refusal)
        entries = self.world.permissions(file)
        self.pages(path, query, [entries[:100], entries[100:]] if file.permission_pages else [entries], "permissions")

    def content(self, file, keys):
        """A Docs file is exported and can't be downloaded; all others are downloaded. A file may refuse once, or for good."""
        path, query = f"/files/{file.id}", {"alt": "media", **ALL_DRIVES}
        if file.mime.startswith(APPS):
            self.error(path, query, "fileNotDownloadable", headers=keys)
            path, query = path + "/export", {"mimeType": EXPORTS.get(file.mime, "text/plain")}
        if file.first_refusal:
            self.error(path, query, file.first_refusal, headers=keys)
            if file.first_refusal == "authError":
                self.refresh()
        refusal = file.refusal or (
            "fileNotExportable" if path.endswith("/export") and file.mime not in EXPORTS else None
        )
        if refusal and file.is_document:
            self.error(path, query, refusal, headers=keys)
        elif file.body:
            self.get(path, query, file.body.data, type=file.body.type, headers=keys)

    def missing(self):
        for identifier, status in self.world.missing.items():
            self.nothing(identifier, status)

    def nothing(self, identifier, status):
        """Every call about a file that is not there, or not for us."""
        path = f"/files/{identifier}"
        calls = [
            (path, METADATA),
            (path, {**METADATA, "alt": "json"}),
            (path, {"alt": "media", **ALL_DRIVES}),
            (path + "/export", {"mimeType": "text/markdown"}),
            (path + "/permissions", PERMISSIONS),
        ]
        for path, query in calls:
            if status == 404:
                self.not_found(path, query, identifier)
            else:
                self.error(path, query, "appNotAuthorizedToFile")

    def refresh(self):
        """A new access token; the refresh token stays as it is, and is not repeated."""
        form = {
            "grant_type": "refresh_token",
            "refresh_token": secret(CREDENTIALS["refresh_token"]),
            "client_id": CREDENTIALS["client_id"],
            "client_secret": secret(CREDENTIALS["client_secret"]),
        }
        self.out.exchange(
            CREDENTIALS["token_url"],
            {},
            {
                "access_token": secret(NEXT_TOKEN),
                "expires_in": 3599,
                "scope": "https://www.googleapis.com/auth/drive.readonly",
                "token_type": "Bearer",
            },
            form=form,
        )
        self.out.token = NEXT_TOKEN

    # Change logs: positions are numbers; the second run finds each log some numbers later

    def began(self, drive):
        return self.world.drive(drive).token if drive else self.world.token

    def start(self, drive):
        """The position that a run over this world starts from."""
        return self.began(drive) + (60 if self.world.logs.get(drive) else 0)

    def changes(self, drive, scope):
        """In the first world nothing happens, though the user's position moves on.

        In the second, all positions that the first told lead to the same pages.
        """
        began, now = self.began(drive), self.start(drive)
        later = began if drive else began + 2
        if self.first or now == began:
            steps = {began: ([], "newStartPageToken", later), later: ([], "newStartPageToken", later)}
        else:
            entries = [self.change(*entry) for entry in self.world.logs[drive]]
            half = len(entries) // 2
            pages = [entries[:half], [], entries[half:]] if not drive else [entries[:half], entries[half:]]
            steps, at = {}, began
            for n, page in enumerate(pages):
                then = ("nextPageToken", began + 20 * (n + 1)) if n + 1 < len(pages) else ("newStartPageToken", now)
                steps[at] = (page, *then)
                at = then[1]
            steps[later], steps[now] = steps[began], ([], "newStartPageToken", now)
        for position, (page, kind, then) in steps.items():
            self.get(
                "/changes",
                {
                    "pageToken": str(position),
                    "pageSize": "100",
                    "includeRemoved": "true",
                    **ALL_DRIVES,
                    "includeItemsFromAllDrives": "true",
                    "fields": CHANGES,
                    **scope,
                },
                {kind: str(then), "changes": page},
            )

    def change(self, when, kind, identifier):
        if kind == "drive":
            return {
                "changeType": "drive",
                "time": when,
                "removed": False,
                "driveId": identifier,
                "drive": {"id": identifier, "name": self.world.drive(identifier).name},
            }
        entry = {"changeType": "file", "time": when, "removed": kind == "removed", "fileId": identifier}
        return entry if kind == "removed" else {**entry, "file": resource(self.world, self.world.files[identifier])}


def resource(world, file):
    """The `File` resource: the fields that we ask for, without those that the service leaves out."""
    size = file.size if file.size is not None else len(file.body.data) if file.body else None
    shared, grants = file.drive is not None, world.permissions(file)
    target, kind, key = file.target or (None, None, None)
    fields = {
        "id": file.id,
        "name": file.name,
        "mimeType": file.mime,
        "driveId": file.drive,
        "parents": file.parents,
        "createdTime": file.created,
        "modifiedTime": file.modified,
        "trashed": file.trashed,
        "version": str(file.version),
        "size": None if size is None else str(size),
        "md5Checksum": file.checksum,
        "webViewLink": file.url,
        "owners": [file.owner] if file.owner and not shared else None,
        "lastModifyingUser": file.editor,
        "capabilities": {"canShare": file.can_share, "canDownload": file.can_download},
        "hasAugmentedPermissions": file.augmented if shared else None,
        "inheritedPermissionsDisabled": file.limited if shared else None,
        "permissionIds": [g["id"] for g in grants] if shared or file.can_share else None,
        "permissions": grants if file.can_share and not shared else None,
        "shortcutDetails": (
            {"targetId": target, "targetMimeType": kind, **({"targetResourceKey": key} if key else {})}
            if target
            else None
        ),
        "resourceKey": file.resource_key,
        "clientEncryptionDetails": (
            None
            if file.mime.startswith(APPS)
            else {"encryptionState": "encrypted" if file.encrypted else "unencrypted"}
        ),
    }
    return {name: value for name, value in fields.items() if value is not None}
