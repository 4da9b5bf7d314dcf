"""The files that are not ordinary: each is one trap of the service, or one thing that people do to a drive."""

import pdf
import texts
from people import FOREIGN_GROUP, ME, OUTSIDE, PEOPLE, STAFF, anyone, domain, group, number, user
from world import (
    APPS,
    DOCUMENT,
    FOLDER,
    FOREIGN_DRIVE,
    HANDBOOK,
    LEGAL,
    MY_ROOT,
    PRESENTATION,
    SHORTCUT,
    SPREADSHEET,
    Body,
    File,
    ordinary,
    owned,
    said,
    time,
    token,
    written,
)

PDF = "application/pdf"


def add(world):
    """Puts all of them into the first world."""
    for put in (_encodings, _pdfs, _names, _dates, _grants, _no_text, _authors, _shared_drives, _faults, _shortcuts):
        put(world)


def mine(world, key, name, mime=DOCUMENT, day=480, owner="ida", grants=(), data=None, type=None, **more):
    """A file in My Drive; without `data` it says an ordinary article."""
    seed = int(number(key, 4)) % 300
    a = texts.article(seed)
    if data is None and mime in (DOCUMENT, SPREADSHEET, PRESENTATION, "text/plain", "text/markdown"):
        more = {"body": written(mime, a), "phrases": said(mime, a), **more}
    elif data is not None:
        more["body"] = Body(data, type or mime)
    known = dict(
        created=time(day + seed % 40, 10, seed % 60),
        modified=time(day + seed % 50 + 40, 11, 30, 0, seed),
        parents=[MY_ROOT],
        owner=PEOPLE[owner].user(),
        editor=ME.user(),
        grants=owned(owner, *grants),
    )
    return world.add(File("my/" + key, name, mime, **{**known, **more}))


def _encodings(world):
    text = "text/plain"
    mine(
        world, "symbols", "Symbols 🔣", data=texts.SYMBOLS.encode(), type="text/markdown", phrases=texts.SYMBOL_PHRASES
    )
    long = texts.article(24)
    mine(
        world,
        "long",
        "The whole handbook",
        body=written(DOCUMENT, long, sections=160),
        phrases=long.phrases + ["## 160"],
    )
    mine(
        world,
        "bom",
        "Docs export with BOM",
        data=(texts.BOM + "# **Marked**\n\nThe mark before this text is none of it.\n").encode(),
        type="text/markdown",
        phrases=["The mark before this text is none of it."],
        lacks=[texts.BOM],
    )
    mine(
        world,
        "utf8",
        "with-bom.txt",
        text,
        data="\ufeffÜber alles Maß: Füllstände.\r\n".encode(),
        phrases=["Über alles Maß: Füllstände."],
        lacks=[texts.BOM],
    )
    mine(
        world,
        "utf16",
        "from-notepad.txt",
        text,
        data="\ufeffЗаметки из Блокнота: 28 °C 🌡\r\nκαι ελληνικά\r\n".encode("utf-16-le"),
        phrases=["Заметки из Блокнота: 28 °C 🌡", "και ελληνικά"],
        lacks=[texts.BOM, "\x00"],
    )
    mine(
        world,
        "latin1",
        "größen.txt",
        text,
        data="Größenübersicht für Ventile: ½ Zoll, 5 µm, café\n".encode("latin-1"),
        type="text/plain; charset=ISO-8859-1",
        phrases=["Größenübersicht für Ventile: ½ Zoll, 5 µm, café"],
    )
    mine(
        world,
        "broken",
        "serial-log.txt",
        text,
        data=b"probe 7 answered \xff\xfe\x80 and then\nprobe 8 answered well\n",
        type="text/plain; charset=UTF-8",
        phrases=["probe 8 answered well"],
    )
    mine(world, "empty", "empty.txt", text, data=b"")
    mine(
        world,
        "crlf",
        "crlf.txt",
        text,
        data=texts.plain(texts.article(7), "\r\n").encode(),
        phrases=texts.article(7).phrases,
    )


def _pdfs(world):
    pages = [
        ["Annual calibration report", "Probe 7 drifts by 0.3 K (see page 2).", "Café stock: 4 kg"],
        ["Second page: the annex", "No further remarks."],
    ]
    mine(
        world,
        "pdf/plain",
        "report.pdf",
        PDF,
        data=pdf.text(pages),
        phrases=["Annual calibration report", "Second page: the annex", "Café stock: 4 kg"],
    )
    mine(
        world,
        "pdf/packed",
        "contract draft.pdf",
        PDF,
        data=pdf.text([["Supply contract, draft 3", "Clause 1: delivery within 14 days."]], compress=True),
        phrases=["Supply contract, draft 3", "Clause 1: delivery within 14 days."],
    )
    mine(world, "pdf/scan", "scan-0042.pdf", PDF, data=pdf.image_only(), reason="no_text")
    mine(world, "pdf/damaged", "broken upload.pdf", PDF, data=pdf.damaged(), reason="damaged")
    mine(
        world,
        "pdf/password",
        "payroll.pdf",
        PDF,
        data=pdf.text([["Payroll, not for everybody"]], password="s3same"),
        reason="encrypted",
    )


def _names(world):
    odd = [
        'He said "ship it" & it\'s \\ done/undone',
        "100% #1 ?query=a&b=c + more.txt",
        "../../etc/passwd",
        "עברית ABC \u202e\u200fdrow\u202c \u200emixed",
        "n\u0303o\u0308rmal\u0301 👩\u200d🔬\u00a0—\u2009“draft”",
        '{"name": "json"}\\u0041 <b>bold</b> &amp;',
        "ＦＵＬＬ\u3000ＷＩＤＴＨ",
    ]
    for i, name in enumerate(odd):
        mine(world, f"name/{i}", name, DOCUMENT if i % 2 == 0 else "text/plain")


def _dates(world):
    """An upload keeps the time of the file on disk; one drop of many files has one time for all."""
    mine(
        world,
        "old",
        "minutes-2011.txt",
        "text/plain",
        created=time("2026-02-20", 10),
        modified=time("2011-03-01", 4, 5, 6),
    )
    for i in range(8):
        mine(
            world,
            f"batch/{i}",
            f"batch {i}.md",
            "text/markdown",
            created=time("2024-11-25", 12, 0, 0, 500),
            modified=time("2024-11-01", i),
        )
    mine(world, "future", "clock was wrong.txt", "text/plain", created=time("2026-01-05"), modified=time("2031-01-01"))


def _grants(world):
    mine(
        world,
        "grant/deleted",
        "Somebody left",
        grants=[
            user("oleg", "writer", "", deleted=True),
            user("lena", "reader", deleted=True),
            user("wei", "reader", ""),
        ],
    )
    mine(
        world,
        "grant/expiry",
        "Until the audit is over",
        grants=[
            user("sam", expirationTime=time("2025-12-31", 23, 59, 59)),
            user("kai", expirationTime=time("2026-12-31", 23, 59, 59)),
            group("design", expirationTime=time("2026-02-28")),
        ],
    )
    mine(world, "grant/pending", "About to change hands", grants=[user("priya", "writer", pendingOwner=True)])
    mine(
        world,
        "grant/published",
        "Published to the web",
        grants=[{**anyone("publishedReader", True), "view": "published"}, user("minjun")],
    )
    mine(
        world,
        "grant/case",
        "Shouting address",
        grants=[user("dana", "reader", "DANA.LOPEZ@FJORD.EXAMPLE"), group("ENG@Fjord.Example"), user("dana")],
    )
    mine(world, "grant/foreign-group", "For our partners", grants=[group(FOREIGN_GROUP), domain("Partner.Example")])
    mine(world, "grant/domain-link", "Anybody of us with the link", grants=[domain(discovery=False)])
    mine(world, "grant/both", "Link for them, search for us", grants=[anyone("commenter"), domain()])
    mine(world, "grant/nested", "For who is on call", grants=[group("oncall"), group("all-hands"), group("archive")])
    # Shared with us by people who do not let us share it on: who else may read it, the service does not say.
    for key, owner, mime in [
        ("quiet/doc", "fatima", DOCUMENT),
        ("quiet/text", "linh", "text/plain"),
        ("quiet/sheet", "jakub", SPREADSHEET),
    ]:
        mine(
            world,
            key,
            f"Shared by {STAFF[owner].name}",
            mime,
            parents=None,
            owner=owner,
            editor=STAFF[owner].user(),
            can_share=False,
        )
    mine(world, "outside", "From a partner", owner="kai", parents=None, grants=[domain("partner.example")])
    # On a shared drive that we are no member of, shared with us alone: it is listed as one of ours.
    a = texts.article(36)
    world.add(
        File(
            "foreign",
            "Their roadmap",
            DOCUMENT,
            time("2025-10-10"),
            time("2025-12-01", 3),
            drive=FOREIGN_DRIVE,
            editor=OUTSIDE["kai"].user(),
            grants=[user("ida", "writer")],
            augmented=True,
            body=written(DOCUMENT, a),
            phrases=a.phrases,
        )
    )


def _no_text(world):
    """What has readers and a title, but no text that could be had."""
    mine(
        world,
        "none/encrypted",
        "Merger (encrypted)",
        "application/vnd.google-gsuite.encrypted-blob",
        data=bytes(range(200, 256)),
        encrypted=True,
        reason="encrypted",
    )
    media = [
        ("logo.png", "image/png", b"\x89PNG\r\n\x1a\n"),
        ("jingle.mp3", "audio/mpeg", b"ID3\x04\x00"),
        ("demo.mp4", "video/mp4", b"\x00\x00\x00\x18ftypmp42"),
    ]
    for name, mime, data in media:
        mine(world, "none/" + name, name, mime, data=data, reason="media", grants=[anyone()])
    for kind in ("form", "site", "map", "jam"):
        mine(world, "none/" + kind, f"A {kind}", APPS + kind, reason="not_exportable", size=1024, grants=[group("eng")])
    mine(
        world,
        "none/locked",
        "Look, do not take",
        can_download=False,
        reason="not_downloadable",
        refusal="cannotExportFile",
    )
    mine(world, "none/huge", "telemetry.csv", "text/csv", size=31_457_280, reason="too_large", grants=[domain()])
    mine(
        world,
        "none/long",
        "The endless page",
        reason="too_large",
        refusal="exportSizeLimitExceeded",
        grants=[group("backend")],
    )
    mine(
        world,
        "none/abusive",
        "invoice.html",
        "text/html",
        data=b"<p>bait</p>",
        reason="abusive",
        refusal="cannotDownloadAbusiveFile",
    )


def _authors(world):
    """The account that owned these is no more; the one who edited the first of them is known."""
    for key, name, editor in [
        ("hidden", "Owner without address", ME.user()),
        ("nobody", "Nobody told who wrote this", None),
    ]:
        file = mine(world, "author/" + key, name, editor=editor)
        file.owner, file.grants = {"displayName": "Former employee"}, [user("oleg", "owner", ""), user("ida", "writer")]


def _shared_drives(world):
    def on(drive, key, name, mime=DOCUMENT, seed=0, **more):
        usual = {"name": name, "drive": drive.id, "parents": [drive.id], "editor": STAFF["tomas"].user()}
        return world.add(ordinary(f"{drive.name}/{key}", 130 + seed, mime, **{**usual, **more}))

    readers = [user("amara", "reader", f"reader{i:03d}@partner.example", id=number(f"reader {i}")) for i in range(102)]
    on(HANDBOOK, "many", "Handbook for every partner", seed=1, grants=readers, augmented=True, permission_pages=True)
    on(
        HANDBOOK,
        "limited",
        "Salaries (limited access)",
        seed=2,
        limited=True,
        augmented=True,
        grants=[user("marie", "reader"), group("eng", "reader", view="metadata")],
    )
    on(
        HANDBOOK,
        "both",
        "Member with more rights here",
        seed=3,
        augmented=True,
        grants=[user("tomas", "writer"), anyone(), group("legal", "commenter")],
    )
    on(HANDBOOK, "unsaid", "We may only look", seed=4, can_share=False, editor={"displayName": "Guest"})
    on(HANDBOOK, "busy", "Permissions answer at the second try", seed=5, first_permissions_refusal="backendError")
    on(
        LEGAL,
        "pdf",
        "signed.pdf",
        PDF,
        seed=6,
        body=Body(pdf.text([["Signed by both parties"]], compress=True), PDF),
        phrases=["Signed by both parties"],
    )
    on(LEGAL, "unknown", "Edited by nobody we know", seed=7, editor=None)
    on(LEGAL, "trashed", "Trashed before the first run", seed=8, trashed=True)
    # Opened by the user, or shared with her besides: such a file is in her own listing as well.
    for drive, i in [(HANDBOOK, 3), (HANDBOOK, 6), (LEGAL, 1)]:
        next(f for f in world.files.values() if f.key == f"{drive.name}/{i}").opened = True


def _faults(world):
    """What fails once, and what fails for good."""
    mine(world, "fault/slow", "Too many exports", first_refusal="userRateLimitExceeded")
    mine(world, "fault/token", "The token dies here.txt", "text/plain", first_refusal="authError")
    mine(world, "fault/gone", "Deleted while we listed", gone=True)
    mine(world, "fault/broken", "always-500.txt", "text/plain", refusal="internalError")
    mine(world, "trashed", "In the bin", trashed=True)


def _shortcuts(world):
    by_key = {file.key: file for file in world.files.values()}

    def shortcut(key, target, mime=DOCUMENT, resource_key=None, **more):
        return mine(
            world, "shortcut/" + key, f"Shortcut to {key}", SHORTCUT, target=(target, mime, resource_key), **more
        )

    old = mine(
        world,
        "keyed",
        "Known by its link only",
        owner="fatima",
        parents=None,
        listed=False,
        resource_key="0-" + token("resource key", 22),
        grants=[anyone("writer")],
    )
    mine_too, theirs = by_key["my/0"], by_key[f"{HANDBOOK.name}/5"]
    shortcut("mine", mine_too.id, mine_too.mime)
    shortcut("shared drive", theirs.id, theirs.mime)
    shortcut("resource key", old.id, old.mime, old.resource_key)
    shortcut("nowhere", "1" + token("dangling", 43))
    shortcut("no entry", "1" + token("forbidden", 43))
    shortcut("folder", by_key["my/folder/1"].id, FOLDER)
    shortcut("bin", by_key["my/trashed"].id)
    shortcut(
        "from the handbook", by_key["my/1"].id, by_key["my/1"].mime, drive=HANDBOOK.id, parents=[HANDBOOK.id]
    ).grants = []
    world.missing.update({"1" + token("dangling", 43): 404, "1" + token("forbidden", 43): 403})
