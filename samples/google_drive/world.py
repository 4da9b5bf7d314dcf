"""The drive of Fjord Instruments as its own data: files, shared drives, who may read what. Nothing here knows HTTP."""

from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from hashlib import md5, sha256

import texts
from people import ME, PEOPLE, STAFF, anyone, directory, domain, group, on_shared_drive, user

APPS = "application/vnd.google-apps."
DOCUMENT, SPREADSHEET, PRESENTATION = APPS + "document", APPS + "spreadsheet", APPS + "presentation"
FOLDER, SHORTCUT = APPS + "folder", APPS + "shortcut"
EXPORTS = {DOCUMENT: "text/markdown", SPREADSHEET: "text/csv", PRESENTATION: "text/plain"}
PLACES = {
    DOCUMENT: "docs.google.com/document",
    SPREADSHEET: "docs.google.com/spreadsheets",
    PRESENTATION: "docs.google.com/presentation",
    APPS + "form": "docs.google.com/forms",
    FOLDER: "drive.google.com/drive/folders",
}


def token(text, length):
    """Letters, digits, `-` and `_` that are always the same for the same text."""
    return urlsafe_b64encode(sha256(text.encode()).digest()).decode()[:length]


def drive_id(key):
    return "0A" + token("drive " + key, 11) + "Uk9PVA"


MY_ROOT, FOREIGN_DRIVE = drive_id("my"), drive_id("foreign")


def time(day, hour=9, minute=0, second=0, millisecond=0):
    """`day` is "2026-02-01", or a number of days after 2024-03-01. As the service writes times: UTC, always milliseconds."""
    start = datetime.fromisoformat(day) if isinstance(day, str) else datetime(2024, 3, 1) + timedelta(days=day)
    moment = start.replace(tzinfo=timezone.utc) + timedelta(
        hours=hour, minutes=minute, seconds=second, milliseconds=millisecond
    )
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass
class Body:
    """What an export or a download answers: the bytes, and the type that the answer declares."""

    data: bytes
    type: str


@dataclass
class File:
    key: str  # our name for it; the id is made of it
    name: str
    mime: str
    created: str
    modified: str
    drive: str | None = None  # the shared drive it is in
    parents: list | None = None  # None: shared with me, no place in my drive
    owner: dict | None = None  # `User` resource; nobody owns a shared drive's file
    editor: dict | None = None  # who modified it last
    grants: list = field(default_factory=list)  # all of them; on a shared drive those beside the members
    body: Body | None = None
    phrases: list = field(default_factory=list)  # that must be found in its text
    lacks: list = field(default_factory=list)  # that must not
    reason: str | None = None  # why there is no text to expect
    size: int | None = None  # when it is not the body's
    version: int = 7
    can_share: bool = True
    can_download: bool = True
    trashed: bool = False
    listed: bool = True  # False: only a shortcut leads to it
    opened: bool = False  # on a shared drive, and in the user's own listing too
    augmented: bool = False
    limited: bool = False  # does not inherit the drive's members, but for its organizers
    encrypted: bool = False
    resource_key: str | None = None
    target: tuple | None = None  # of a shortcut: id, media type, resource key
    refusal: str | None = None  # the error that its content always answers
    first_refusal: str | None = None  # the error that its content answers once, before the bytes
    first_permissions_refusal: str | None = None
    permission_pages: bool = False  # its permissions come in two pages
    gone: bool = False  # still listed, but every call answers 404

    @property
    def id(self):
        return "1" + token(self.key, 43 if self.mime.startswith(APPS) else 32)

    @property
    def checksum(self):
        return md5(self.body.data).hexdigest() if self.body and not self.mime.startswith(APPS) else None

    @property
    def url(self):
        place = PLACES.get(self.mime, "drive.google.com/file")
        return (
            f"https://{place}/{self.id}"
            if self.mime == FOLDER
            else f"https://{place}/d/{self.id}/" + ("edit?usp=drivesdk" if self.mime in PLACES else "view?usp=drivesdk")
        )

    @property
    def is_document(self):
        return self.mime not in (FOLDER, SHORTCUT)


@dataclass
class Drive:
    id: str
    name: str
    created: str
    members: list
    token: int  # position of its change log

    restrictions = {
        "adminManagedRestrictions": False,
        "copyRequiresWriterPermission": False,
        "domainUsersOnly": False,
        "driveMembersOnly": False,
        "sharingFoldersRequiresOrganizerPermission": False,
    }


@dataclass
class World:
    """One state of everything, with the change logs that lead to it."""

    drives: list
    files: dict = field(default_factory=dict)  # by id
    groups: list = field(default_factory=directory)
    token: int = 4100  # position of the user's change log
    missing: dict = field(default_factory=dict)  # id: status of files.get, for what is not in `files`
    logs: dict = field(default_factory=dict)  # drive id or None: the changes since the first run

    def add(self, file):
        assert file.id not in self.files, file.key
        self.files[file.id] = file
        return file

    def drive(self, identifier):
        return next((drive for drive in self.drives if drive.id == identifier), None)

    def partition(self, file):
        return f"drive:{file.drive}" if self.drive(file.drive) else "my_drive"

    def permissions(self, file):
        """Who may really read `file`: on a shared drive, its members and who was granted more."""
        if file.drive is None:
            return file.grants
        drive = self.drive(file.drive)
        members = drive.members if drive else FOREIGN_MEMBERS
        return on_shared_drive(
            [m for m in members if not file.limited or m["role"] == "organizer"], file.grants, file.drive
        )

    def listing(self, drive=None):
        """`files.list` of a shared drive, or of the user: what is hers, was shared with her, or was opened by her."""

        def belongs(file):
            return file.drive == drive if drive else not self.drive(file.drive) or file.opened

        return sorted(
            (f for f in self.files.values() if f.listed and not f.trashed and belongs(f)),
            key=lambda f: (f.created, f.id),
        )


# The three shared drives (the third is joined later), and one that we are not a member of

HANDBOOK = Drive(
    drive_id("handbook"),
    "Engineering handbook",
    time("2023-11-06"),
    [user("tomas", "organizer"), group("eng", "fileOrganizer"), group("sre", "writer"), group("all-hands", "reader")],
    2200,
)
LEGAL = Drive(
    drive_id("legal"),
    "Legal / «Verträge» 🏛️",
    time("2024-01-15", 7, 30),
    [user("noa", "organizer"), group("Legal@Fjord.Example", "fileOrganizer"), user("ida", "writer")],
    3100,
)
LAUNCH = Drive(
    drive_id("launch"),
    "Launch 2026",
    time("2026-02-27", 16),
    [user("sofia", "organizer"), group("design", "fileOrganizer"), user("ida", "reader")],
    900,
)
FOREIGN_MEMBERS = [user("kai", "organizer"), group("all@partner.example", "writer")]

# The bulk: many ordinary files, of every kind, in every language, shared in every ordinary way

KINDS = {  # of uploads: the end of the name, and who writes the text
    "text/plain": (".txt", texts.plain),
    "text/markdown": (".md", texts.markdown),
    "text/html": (".html", texts.page),
    "text/csv": (".csv", texts.sheet),
    "application/json": (".json", texts.settings),
}
CYCLE = [
    DOCUMENT,
    DOCUMENT,
    SPREADSHEET,
    "text/plain",
    DOCUMENT,
    PRESENTATION,
    "text/markdown",
    DOCUMENT,
    "text/html",
    "text/csv",
    DOCUMENT,
    "application/json",
]


def written(mime, article, sections=1, bom=False):
    """The body of a file of this kind that says `article`."""
    if mime == DOCUMENT:
        return Body(((texts.BOM if bom else "") + texts.markdown(article, sections)).encode(), "text/markdown")
    if mime == SPREADSHEET:
        return Body(texts.sheet(article).encode(), "text/csv")
    if mime == PRESENTATION:
        return Body(texts.slides(article).encode(), "text/plain; charset=UTF-8")
    return Body(KINDS[mime][1](article).encode(), mime)


def said(mime, article):
    """What must be found in such a body: of a table its cells, of a text its sentences."""
    return [article.points[0], article.rows[0][1]] if mime in (SPREADSHEET, "text/csv") else article.phrases


def ordinary(key, i, mime=None, **more):
    """The i-th ordinary file; what is in `more` is not so ordinary."""
    mime = mime or CYCLE[(i + i // len(CYCLE)) % len(CYCLE)]
    a = texts.article(i)
    usual = dict(
        name=a.title + KINDS.get(mime, ("",))[0],
        created=time(i * 3, 6 + i % 11, i % 60, i % 50, i * 37 % 1000 if i % 3 else 0),
        modified=time(i * 3 + i % 4, 18, i % 60, 5, i * 73 % 1000 if i % 2 else 0),
        body=more.get("body") or written(mime, a, bom=i % 3 == 0),
        phrases=said(mime, a),
        lacks=texts.NOT_IN_PAGE if mime == "text/html" else [texts.BOM],
        version=7 + i % 90,
    )
    return File(key=key, mime=mime, **{**usual, **more})


SHARING = [  # beside the owner
    [],
    [user("amara", "writer"), group("eng")],
    [domain()],
    [anyone()],
    [domain(discovery=False), user("dana", "commenter", "Dana.Lopez@Fjord.Example")],
    [group("sre", "writer"), group("legal")],
    [anyone(discovery=True)],
    [user("sam", "reader"), group("all-hands")],
    [group("o'hare-ops"), group("board")],
]


def owned(owner, *others):
    """The grants of a file in somebody's My Drive; the reader of this drive may share it."""
    mine = [] if PEOPLE[owner] is ME else [user("ida", "writer")]
    return [user(owner, "owner"), *mine, *others]


def folder(world, key, name, created, **more):
    return world.add(File(key, name, FOLDER, created, created, **more))


def _my_drive(world):
    owners = ["ida", "ida", "ida", "tomas", "ida", "yuki", "ida", "wei"]
    folders = [
        folder(
            world,
            f"my/folder/{i}",
            name,
            time(i, 8),
            parents=[MY_ROOT],
            owner=ME.user(),
            editor=ME.user(),
            grants=owned("ida"),
        )
        for i, name in enumerate(["Projects", "Minutes", "Archive 2024/25", "Ордеры", "契約"])
    ]
    places = [MY_ROOT] + [f.id for f in folders]
    for i in range(188):
        owner = owners[i % len(owners)]
        # One who shared a file with us keeps it in a folder of hers, which we do not see.
        world.add(
            ordinary(
                f"my/{i}",
                i,
                parents=[places[i % len(places)]] if owner == "ida" else None,
                owner=STAFF[owner].user(),
                editor=STAFF[owners[(i + 3) % len(owners)]].user(),
                grants=owned(owner, *SHARING[i % len(SHARING)]),
            )
        )


def _shared(world, drive, count, first, editors):
    inside = folder(
        world, f"{drive.name}/folder", "Chapters", time(first), drive=drive.id, parents=[drive.id], editor=ME.user()
    )
    for i in range(count):
        direct = SHARING[i // 6 % len(SHARING)] if i % 6 == 0 else []
        world.add(
            ordinary(
                f"{drive.name}/{i}",
                first + i,
                drive=drive.id,
                parents=[inside.id if i % 4 == 0 else drive.id],
                grants=direct,
                augmented=bool(direct),
                editor=STAFF[editors[i % len(editors)]].user(),
            )
        )


def first():
    """The world that the first run meets, but for its oddities."""
    world = World([HANDBOOK, LEGAL])
    _my_drive(world)
    _shared(world, HANDBOOK, 104, 100, ["tomas", "amara", "lena", "priya"])
    _shared(world, LEGAL, 30, 60, ["noa", "marie"])
    return world
