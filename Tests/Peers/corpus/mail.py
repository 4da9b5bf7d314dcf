"""Mails of many shapes, made by Python's own library."""
import email.policy
from email.message import EmailMessage

from words import Text

CHARSETS = [
    ("utf-8", "hindi"), ("utf-8", "marks"), ("iso-8859-1", "french"), ("iso-8859-2", "polish"), ("koi8-r", "russian"), ("windows-1251", "ukrainian"),
    ("iso-8859-7", "greek"), ("windows-1255", "hebrew"), ("windows-1256", "arabic"), ("iso-2022-jp", "japanese"),
    ("shift_jis", "japanese"), ("gb18030", "chinese"), ("big5", "taiwanese"), ("euc-kr", "korean"), ("us-ascii", "english"),
]


def make(seed):
    for charset, language in CHARSETS:
        for coding in ("quoted-printable", "base64"):
            t = Text(f"{seed}/mail/{coding}", language)
            m = head(t)
            m.set_content("\n".join(t.paragraph(2) for _ in range(6)) + "\n", charset=charset, cte=coding)
            yield made(f"{language}-{charset}-{coding}", m, t)
    for shape in (only_html, alternative, related, reply, forwarded, nested):
        for language in ("english", "russian", "korean"):
            t = Text(f"{seed}/mail/{shape.__name__}", language)
            m = head(t)
            shape(m, t)
            yield made(f"{language}-{shape.__name__.replace('_', '-')}", m, t)


def made(name, m, t):
    return f"{name}.eml", "message/rfc822", m.as_bytes(), t.truth()


def head(t):
    m = EmailMessage(policy=email.policy.SMTP)
    m["Subject"] = t.phrase()
    m["From"] = "Ann <ann@example.com>"
    m["To"] = "bob@example.com"
    m["Date"] = "Fri, 02 Jan 2026 03:04:05 +0000"
    return m


def only_html(m, t):
    m.set_content(f"<h1>{t.phrase()}</h1><p>{t.paragraph()}</p><ul><li>{t.sentence()}</ul>", subtype="html")


def alternative(m, t):
    body = t.paragraph()
    m.set_content(body)
    m.add_alternative(f"<p>{body}</p>", subtype="html")


def related(m, t):
    m.set_content(f'<p>{t.paragraph()} <img src="cid:a"></p>', subtype="html")
    m.add_related(b"\x89PNG", "image", "png", cid="<a>")


def reply(m, t):
    m.set_content(f"{t.paragraph()}\n\nOn Thursday, Bob wrote:\n> {t.sentence()}\n> {t.sentence()}\n>> {t.sentence()}\n")


def forwarded(m, t):
    m.set_content(t.paragraph())
    inner = head(t)
    inner.set_content(t.paragraph())
    m.add_attachment(inner)


def nested(m, t):
    m.set_content(t.paragraph())
    m.add_alternative("<p>the same</p>", subtype="html")
    m.add_attachment(t.paragraph(), filename="notes.txt")
    m.add_attachment(b"\0" * 100, maintype="application", subtype="octet-stream", filename="data.bin")
