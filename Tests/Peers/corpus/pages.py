"""Web pages of many kinds, e-books, and PDF."""
import datetime, io
from html import escape

import fpdf
from ebooklib import epub
from words import LANGUAGES, Text

CHARSETS = [
    ("shift_jis", "japanese"), ("euc-jp", "japanese"), ("gb18030", "chinese"), ("big5", "taiwanese"), ("euc-kr", "korean"),
    ("windows-1251", "russian"), ("koi8-r", "russian"), ("windows-1255", "hebrew"), ("windows-1256", "arabic"),
    ("iso-8859-7", "greek"), ("iso-8859-2", "polish"), ("windows-1252", "french"), ("utf-16", "hindi"),
]
DEJAVU = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"
MICRO_HEI = "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc"


def make(seed):
    for language in LANGUAGES:
        t = Text(f"{seed}/html", language)
        body = f'<!DOCTYPE html><html><head><meta charset="utf-8"><title>{t.phrase()}</title>{NOISE}</head><body>{article(t)}</body></html>'
        yield f"{language}.html", "text/html", body.encode(), t.truth()
    for charset, language in CHARSETS:
        t = Text(f"{seed}/html/{charset}", language)
        body = f'<html><head><meta http-equiv="Content-Type" content="text/html; charset={charset}"></head><body>{article(t)}</body></html>'
        yield f"{language}-{charset}.html", "text/html", body.encode(charset), t.truth()
    for kind, make in (("piece", piece), ("entities", entities), ("unclosed", unclosed), ("layout", layout), ("form", form)):
        for language in ("english", "russian", "chinese"):
            t = Text(f"{seed}/html/{kind}", language)
            yield f"{language}-{kind}.html", "text/html", make(t).encode(), t.truth()
    t = Text(f"{seed}/xhtml", "greek")
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd">\n<html xmlns="http://www.w3.org/1999/xhtml"><head><title>{t.phrase()}</title></head><body>{article(t)}</body></html>'
    yield "greek.xhtml", "application/xhtml+xml", body.encode(), t.truth()
    for language in ("english", "russian", "hebrew", "hindi", "japanese"):
        yield f"{language}.epub", "application/epub+zip", *book(Text(f"{seed}/epub", language), language)
    for language in ("english", "french", "polish", "vietnamese", "russian", "greek", "chinese", "japanese", "korean"):
        yield f"{language}.pdf", "application/pdf", *pdf(Text(f"{seed}/pdf", language))
        yield f"{language}-table.pdf", "application/pdf", *pdf(Text(f"{seed}/pdf/table", language), table=True)
    yield "standard-font.pdf", "application/pdf", *pdf(Text(f"{seed}/pdf/standard", "german"), font="Times")
    yield "columns.pdf", "application/pdf", *pdf(Text(f"{seed}/pdf/columns", "english"), columns=2)


NOISE = "<style>p { color: red }</style><script>var a = '<p>no</p>';</script>"


def article(t):
    rows = "".join(f"<tr><td>{t.phrase()}</td><td>{t.phrase()}<br>{t.phrase()}</td></tr>" for _ in range(5))
    return (
        f"<h1>{t.phrase()}</h1>\n<p>{t.paragraph()} <b>{t.phrase()}</b> <a href='https://example.com/'>{t.phrase()}</a></p>{NOISE}<!-- no -->"
        f"<ul><li>{t.sentence()}</li><li>{t.sentence()}<ul><li>{t.sentence()}</li></ul></li></ul><ol><li>{t.sentence()}</li></ol>"
        f"<table><caption>{t.phrase()}</caption><thead><tr><th>{t.phrase()}</th><th>{t.phrase()}</th></tr></thead>{rows}</table>"
        f"<blockquote><p>{t.sentence()}</p></blockquote><pre>{t.sentence()}\n  {t.sentence()}</pre><dl><dt>{t.phrase()}</dt><dd>{t.sentence()}</dd></dl>"
    )


def piece(t):
    return "".join(f"<div>{t.sentence()}</div><div>{t.phrase()}<br/>{t.phrase()}</div>" for _ in range(10))


def entities(t):
    number = lambda s: "".join(c if c.isascii() and c.isalnum() else f"&#x{ord(c):x};" for c in s)
    extra = "".join(f"<p>{t.keep(word)}</p>" for word in ("naïve", "Ωμέγα", "Ðað")).replace("ï", "&iuml;").replace("Ω", "&Omega;").replace("Ð", "&ETH;").replace("ð", "&eth;")
    return f"<html><body>{extra}<p>&ldquo;{number(t.paragraph())}&rdquo;&nbsp;&copy; &lt;{number(t.phrase())}&gt;</p></body></html>"


def unclosed(t):
    return f"<HTML><BODY BGCOLOR=white><P>{t.sentence()}<P>{t.sentence()}<UL><LI>{t.sentence()}<LI>{t.sentence()}</UL><TABLE><TR><TD>{t.phrase()}<TD>{t.phrase()}<TR><TD>{t.phrase()}</TABLE><I><B>{t.phrase()}</I></B><P>{t.sentence()} < {t.phrase()} & {t.phrase()}"


def layout(t):
    inner = f"<table><tr><td>{t.phrase()}</td><td>{t.phrase()}</td></tr></table>"
    cells = "".join(f"<td><div><table><tr><td>{t.paragraph()}</td></tr></table>{inner if i == 0 else ''}</div></td>" for i in range(3))
    return f"<html><body><table width=100%><tr>{cells}</tr></table><center><font size=2>{t.sentence()}</font></center></body></html>"


def form(t):
    options = "".join(f"<option>{t.phrase()}</option>" for _ in range(3))
    return f"<html><body><header>{t.phrase()}</header><main><form><label>{t.phrase()}</label><select>{options}</select><textarea>{t.sentence()}</textarea><button>{t.phrase()}</button></form><details><summary>{t.phrase()}</summary>{t.sentence()}</details><figure><figcaption>{t.phrase()}</figcaption></figure></main><footer>{t.sentence()}</footer></body></html>"


def book(t, language):
    file = epub.EpubBook()
    file.set_identifier(language)
    file.set_title("")
    chapters = []
    for i in range(5):
        chapter = epub.EpubHtml(title=str(i), file_name=f"chapter{i}.xhtml")
        chapter.content = f"<h1>{escape(t.phrase())}</h1>" + "".join(f"<p>{escape(t.paragraph())}</p>" for _ in range(6))
        file.add_item(chapter)
        chapters.append(chapter)
    file.toc, file.spine = chapters, chapters
    file.add_item(epub.EpubNcx())
    out = io.BytesIO()
    epub.write_epub(out, file)
    return out.getvalue(), t.truth()


def pdf(t, font=None, table=False, columns=1):
    file = fpdf.FPDF()
    file.set_creation_date(datetime.datetime(2026, 1, 2, tzinfo=datetime.timezone.utc))
    if font is None:
        font = "corpus"
        file.add_font(font, "", MICRO_HEI if t.language in ("chinese", "japanese", "korean") else DEJAVU)
    file.set_font(font, size=10)
    file.add_page()
    if table:
        with file.table(first_row_as_headings=False) as rows:
            for _ in range(30):
                row = rows.row()
                for _ in range(3):
                    row.cell(t.number())
                row.cell(t.phrase())
    elif columns > 1:
        with file.text_columns(ncols=columns, gutter=10) as text:
            for _ in range(12):
                text.write(t.paragraph() + "\n\n")
    else:
        for _ in range(12):
            file.multi_cell(0, text=t.phrase(), new_x="LMARGIN", new_y="NEXT", align="L")
            file.multi_cell(0, text=t.paragraph(), new_x="LMARGIN", new_y="NEXT", align="L")
    return bytes(file.output()), t.truth()
