"""What happened in the two hours between the two runs, and how the change logs tell it."""

from copy import deepcopy

import texts
from people import DOMAIN, ME, PEOPLE, STAFF, anyone, group, user
from world import DOCUMENT, HANDBOOK, LAUNCH, LEGAL, MY_ROOT, ordinary, said, time, written


def second(world):
    """The world two hours later. Its `logs` hold every change since the first run, oldest first, as (time, kind, id)."""
    world = deepcopy(world)
    history = _History(world)
    for act in (_edits, _removals, _moves, _sharing, _folder, _joined_drive):
        act(history)
    _repairs(history)
    return world


class _History:
    """Finds files by our name for them, keeps the clock, and writes the logs."""

    def __init__(self, world):
        self.world, self.minute = world, 0
        self.by_key = {file.key: file for file in world.files.values()}
        world.logs = {None: [], **{drive.id: [] for drive in world.drives}}

    def now(self):
        self.minute += 2
        return time("2026-03-02", 8, self.minute, 17, 250)

    def file(self, key):
        return self.by_key[key]

    def log(self, kind, identifier, *logs, when=None):
        """`kind` is "file", "removed" or "drive"; `logs` are drives' ids, and None for the user's own."""
        when = when or self.now()
        for log in logs or (None,):
            self.world.logs[log].append((when, kind, identifier))

    def touch(self, file, *logs):
        """An edit: a later time, a higher version, an entry in the log of the place where it is."""
        file.modified, file.version = self.now(), file.version + 3
        self.log("file", file.id, *(logs or (file.drive,)), when=file.modified)


def _rewrite(file, seed):
    a = texts.article(seed)
    file.body, file.phrases = written(file.mime, a), said(file.mime, a)


def _edits(history):
    for key, seed in [("my/4", 301), ("my/7", 302), ("my/crlf", 303)]:
        _rewrite(history.file(key), seed)
        history.touch(history.file(key))
    renamed = history.file("my/12")
    renamed.name = "Renamed: " + renamed.name
    history.touch(renamed)
    # A shared drive's file is in the drive's log, and in the log of a user who has opened it.
    _rewrite(history.file(f"{HANDBOOK.name}/3"), 304)
    history.touch(history.file(f"{HANDBOOK.name}/3"), HANDBOOK.id, None)
    _rewrite(history.file(f"{LEGAL.name}/8"), 305)
    history.touch(history.file(f"{LEGAL.name}/8"))
    # New files: one is younger than its own modification time.
    old = ordinary(
        "my/new/old",
        306,
        "text/plain",
        created=time("2026-03-02", 8, 11),
        modified=time("2013-05-06", 7),
        parents=[MY_ROOT],
        owner=ME.user(),
        editor=ME.user(),
        grants=[user("ida", "owner")],
    )
    new = ordinary(
        "legal/new",
        307,
        DOCUMENT,
        created=time("2026-03-02", 8, 13),
        modified=time("2026-03-02", 8, 14),
        drive=LEGAL.id,
        parents=[LEGAL.id],
        editor=STAFF["marie"].user(),
    )
    for file in (old, new):
        history.log("file", history.world.add(file).id, file.drive)


def _removals(history):
    """Deleted, deleted although we still hold a debt for it, put into the bin (its entry is an ordinary one), taken out of it."""
    for key in ("my/15", "my/fault/gone"):
        file = history.world.files.pop(history.file(key).id)
        history.world.missing[file.id] = 404
        history.log("removed", file.id)
    for key, trashed in [("my/17", True), (f"{HANDBOOK.name}/11", True), ("my/trashed", False)]:
        file = history.file(key)
        file.trashed, file.version = trashed, file.version + 1
        history.log("file", file.id, file.drive)


def _moves(history):
    """A move keeps the time of modification. Where a file left, the log says what it says of a deletion."""
    there = history.file("my/20")
    there.drive, there.parents, there.owner, there.grants, there.version = (
        HANDBOOK.id,
        [HANDBOOK.id],
        None,
        [],
        there.version + 1,
    )
    history.log("file", there.id, None, HANDBOOK.id)
    back = history.file(f"{HANDBOOK.name}/22")
    back.drive, back.parents, back.owner, back.version = None, [MY_ROOT], ME.user(), back.version + 1
    back.grants, back.augmented = [user("ida", "owner"), group("eng", "writer")], False
    when = history.now()
    history.log("file", back.id, None, when=when)
    history.log("removed", back.id, HANDBOOK.id, when=when)


def _sharing(history):
    """Only who may read changes; the time of modification does not."""
    opened, closed = history.file("my/9"), history.file("my/3")
    opened.grants = opened.grants + [user("sam"), anyone()]
    closed.grants = [g for g in closed.grants if g["type"] != "anyone"]
    added, taken = history.file(f"{HANDBOOK.name}/1"), history.file(f"{HANDBOOK.name}/both")
    added.grants, added.augmented = [user("kai", "commenter")], True
    taken.grants, taken.augmented = [], False
    for file in (opened, closed, added, taken):
        file.version += 1
        history.log("file", file.id, file.drive)
    # One leaves a group: neither log tells it, only the directory.
    eng = next(g for g in history.world.groups if g.email == f"eng@{DOMAIN}")
    eng.members = [m for m in eng.members if m.email != PEOPLE["lena"].email]
    everybody = next(g for g in history.world.groups if g.email == f"all-hands@{DOMAIN}")
    everybody.members = [m for m in everybody.members if m.email != PEOPLE["lena"].email]


def _folder(history):
    folder = history.file("my/folder/0")
    folder.name = "Projects and plans"
    history.touch(folder)


def _joined_drive(history):
    """The user's log says that there is a new drive, and nothing of what is in it."""
    history.world.drives = history.world.drives + [LAUNCH]
    history.log("drive", LAUNCH.id)
    history.world.logs[LAUNCH.id] = []
    for i in range(6):
        history.world.add(
            ordinary(
                f"{LAUNCH.name}/{i}",
                310 + i,
                created=time("2026-02-28", 9 + i),
                modified=time("2026-03-01", 9 + i),
                drive=LAUNCH.id,
                parents=[LAUNCH.id],
                editor=STAFF["sofia"].user(),
                grants=[user("sam")] if i == 2 else [],
                augmented=i == 2,
            )
        )


def _repairs(history):
    """The service is well again: what failed in the first run is there, and nothing fails once. No log tells that."""
    for file in history.world.files.values():
        file.first_refusal = file.first_permissions_refusal = None
    history.file("my/fault/broken").refusal = None
