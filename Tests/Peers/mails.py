"""Writes random mails made by Python's own library, and what it reads in them: mails.py SEED COUNT

A line of JSON each: mail (base64), subject, to, text, html, attachments ([name, type, base64])."""
import base64, email, email.policy, json, random, sys
from email.header import Header
from email.message import EmailMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.mime.base import MIMEBase
from email import encoders
from email.utils import encode_rfc2231

seed, count = int(sys.argv[1]), int(sys.argv[2])
random.seed(seed)
r = random.Random(seed)
WORDS = ["plan", "naïve", "Grüße", "привет", "日本語", "שלום", "emoji😀", "a=b", "x_y", "?=", "=?", "long" * 12, "don't", "ё", "Ω", "café"]
CHARSETS = ["utf-8", "utf-8", "iso-8859-1", "koi8-r", "windows-1251", "shift_jis", "iso-2022-jp", "euc-kr", "gb18030", "us-ascii"]

def words(n, charset="utf-8"):
    out = []
    while len(out) < n:
        word = r.choice(WORDS)
        try: word.encode(charset)
        except UnicodeError: word = "plain"
        out.append(word)
    return " ".join(out)

def lines(charset):
    return "\n".join((r.choice(["", "> ", ">> "]) + words(r.randint(1, 12), charset)) for _ in range(r.randint(1, 8))) + "\n"

def modern():
    m = EmailMessage(policy=email.policy.SMTP)
    m["Subject"] = words(r.randint(1, 15)).replace("?=", "q").replace("=?", "q")
    m["To"] = "Ann <ann@example.com>"
    charset = r.choice(CHARSETS)
    text = lines(charset)
    m.set_content(text, charset=charset, cte=r.choice(["quoted-printable", "base64"]))
    html = None
    if r.random() < 0.4:
        html = "<p>page</p>"
        m.add_alternative(html, subtype="html")
    files = []
    for _ in range(r.randint(0, 3)):
        data = r.randbytes(r.randint(0, 3000))
        name = words(r.randint(1, 6)) + r.choice([".pdf", ".bin", "", ";x", '"y"'])
        m.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
        files.append([name, "application/octet-stream", base64.b64encode(data).decode()])
    return m.as_bytes(), str(m["Subject"]), text, files

def old():
    charset = r.choice(CHARSETS)
    subject = words(r.randint(1, 10), charset).replace("?=", "q").replace("=?", "q")
    text = lines(charset)
    body = MIMEText(text, "plain", charset)
    m = MIMEMultipart(r.choice(["mixed", "related", "parallel", "odd"]))
    m["Subject"] = Header(subject, charset, header_name="Subject")
    m["To"] = "Ann <ann@example.com>"
    inner = MIMEMultipart("alternative")
    inner.attach(body)
    m.attach(inner)
    files = []
    for _ in range(r.randint(0, 3)):
        data = r.randbytes(r.randint(0, 500))
        part = MIMEBase("application", "x-data")
        part.set_payload(data)
        encoders.encode_base64(part)
        name = words(r.randint(1, 4))
        part.add_header("Content-Disposition", "attachment")
        part.set_param("filename", name, header="Content-Disposition", charset="utf-8", language="en")
        m.attach(part)
        files.append([name, "application/x-data", base64.b64encode(data).decode()])
    return m.as_bytes(policy=email.policy.compat32.clone(linesep=r.choice(["\n", "\r\n"]))), subject, text, files

for _ in range(count):
    mail, subject, text, files = r.choice([modern, old])()
    # Its writer loses blanks between two encoded words now and then: what its reader reads is what it is.
    subject = email.message_from_bytes(mail, policy=email.policy.default)["subject"]
    print(json.dumps({"mail": base64.b64encode(mail).decode(), "subject": " ".join(str(subject).split()), "text": text, "attachments": files}))
