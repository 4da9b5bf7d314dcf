"""Files that are text: many charsets, Markdown, tables, subtitles, calendars, data and source code."""
import csv, datetime, io, json
from xml.sax.saxutils import escape

import icalendar, pysubs2
from words import LANGUAGES, Text

# Charset, language, and whether it can be told without being declared.
CHARSETS = [
    ("utf-8-sig", "korean"), ("utf-16", "russian"), ("utf-16", "japanese"), ("utf-16", "arabic"),
    ("iso-8859-1", "french"), ("windows-1252", "german"), ("iso-8859-2", "polish"), ("windows-1250", "polish"),
    ("windows-1251", "russian"), ("koi8-r", "russian"), ("iso-8859-5", "russian"), ("windows-1251", "ukrainian"),
    ("koi8-u", "ukrainian"), ("iso-8859-7", "greek"), ("windows-1253", "greek"), ("windows-1255", "hebrew"),
    ("iso-8859-8", "hebrew"), ("windows-1256", "arabic"), ("iso-8859-6", "arabic"), ("iso-8859-9", "turkish"),
    ("windows-1254", "turkish"), ("shift_jis", "japanese"), ("euc-jp", "japanese"), ("iso-2022-jp", "japanese"),
    ("gb18030", "chinese"), ("gbk", "chinese"), ("big5", "taiwanese"), ("euc-kr", "korean"),
]
# Those that a guess must get right: the others stand too close to one another.
GUESSED = ["utf-8-sig", "utf-16", "windows-1251", "koi8-r", "iso-8859-7", "shift_jis", "euc-jp", "iso-2022-jp", "gb18030", "big5", "euc-kr", "iso-8859-1"]


def make(seed):
    for language in LANGUAGES:
        t = Text(f"{seed}/text", language)
        body = "\n\n".join(t.paragraph() for _ in range(6))
        yield f"{language}.txt", "text/plain", body.encode(), t.truth()
    for charset, language in CHARSETS:
        t = Text(f"{seed}/{charset}", language)
        body = "\r\n".join(t.paragraph() for _ in range(8)).encode(charset)
        yield f"{language}-{charset}.txt", f'text/plain; charset="{charset.removesuffix("-sig")}"', body, t.truth()
        if charset in GUESSED:
            yield f"{language}-{charset}-guessed.txt", "text/plain", body, t.truth()
    for language in ("english", "russian", "hindi", "chinese", "arabic", "marks"):
        yield f"{language}.md", "text/markdown", *markdown(Text(f"{seed}/md", language))
    for language in ("english", "greek", "hebrew", "japanese", "korean"):
        yield f"{language}.csv", "text/csv", *table(Text(f"{seed}/csv", language), ",", "utf-8")
        yield f"{language}.tsv", "text/tab-separated-values", *table(Text(f"{seed}/tsv", language), "\t", "utf-8-sig")
    yield "semicolons.csv", "text/csv; charset=windows-1252", *table(Text(f"{seed}/csv", "german"), ";", "windows-1252")
    for language in ("french", "russian", "chinese"):
        for form in ("srt", "vtt"):
            yield f"{language}.{form}", {"srt": "application/x-subrip", "vtt": "text/vtt"}[form], *subtitles(Text(f"{seed}/sub", language), form)
    for language in ("german", "japanese", "arabic", "hindi"):
        yield f"{language}.ics", "text/calendar", *calendar(Text(f"{seed}/ics", language))
    for language in ("english", "korean", "hebrew"):
        t = Text(f"{seed}/data", language)
        data = {"title": t.phrase(), "notes": [t.sentence() for _ in range(20)]}
        yield f"{language}.json", "application/json", json.dumps(data, ensure_ascii=False, indent=1).encode(), t.truth()
        t = Text(f"{seed}/xml", language)
        body = "".join(f"<note>{escape(t.sentence())}</note>\n" for _ in range(20))
        yield f"{language}.xml", "application/xml", f'<?xml version="1.0"?>\n<notes>{body}</notes>'.encode(), t.truth()
        t = Text(f"{seed}/code", language)
        body = "".join(f"def f{i}():\n    # {t.sentence()}\n    return '{t.number()}'\n\n" for i in range(20))
        yield f"{language}.py", "text/x-python", body.encode(), t.truth()


def markdown(t):
    lines = [f"# {t.phrase()}", "", t.paragraph(), "", f"## {t.phrase()}", ""]
    lines += [f"- {t.sentence()}" for _ in range(5)] + [""]
    lines += [f"{i}. {t.sentence()}" for i in range(1, 4)]
    lines += ["", f"> {t.sentence()}", "", f"[{t.phrase()}](https://example.com/a)", "", f"*{t.phrase()}* and **{t.phrase()}**", ""]
    lines += [f"| {t.phrase()} | {t.phrase()} |", "| --- | --- |", f"| {t.phrase()} | {t.phrase()} |", "", "```", t.sentence(), "```", ""]
    return "\n".join(lines).encode(), t.truth()


def table(t, delimiter, charset):
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter)
    for _ in range(40):
        writer.writerow([t.number(), t.phrase(), f"{t.phrase()}{delimiter}{t.phrase()}", f"{t.phrase()}\n\"{t.phrase()}\""])
    return out.getvalue().encode(charset), t.truth()


def subtitles(t, form):
    file = pysubs2.SSAFile()
    for i in range(40):
        text = f"{t.sentence()}\\N{{\\i1}}{t.phrase()}{{\\i0}}"
        file.append(pysubs2.SSAEvent(start=i * 3000, end=i * 3000 + 2000, text=text))
    return file.to_string(form).encode(), t.truth()


def calendar(t):
    file = icalendar.Calendar()
    file.add("prodid", "-//corpus//")
    file.add("version", "2.0")
    for i in range(8):
        event = icalendar.Event()
        event.add("uid", f"{i}@example.com")
        event.add("dtstart", datetime.datetime(2026, 1, 1 + i, 9, tzinfo=datetime.timezone.utc))
        event.add("dtend", datetime.datetime(2026, 1, 1 + i, 10, tzinfo=datetime.timezone.utc))
        event.add("summary", t.phrase())
        event.add("location", f"{t.phrase()}, {t.phrase()}; {t.phrase()}")
        event.add("description", t.paragraph() + "\n" + t.paragraph())
        file.add_component(event)
    return file.to_ical(), t.truth()
