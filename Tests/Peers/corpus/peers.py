"""What other programs read in a file: a function for each, from bytes and the file's media type to text."""
import csv, email, email.policy, io, warnings, zipfile

import bs4, charset_normalizer, docx, icalendar, openpyxl, pptx, pypdf, pysubs2, xlrd
from odf import opendocument, teletype, text
from striprtf.striprtf import rtf_to_text

warnings.simplefilter("ignore")


def soup(data, kind):
    return bs4.BeautifulSoup(data, "lxml").get_text(" ")


def guess(data, kind):
    best = charset_normalizer.from_bytes(data).best()
    return str(best) if best else ""


def rows(data, kind):
    charset = "windows-1252" if "1252" in kind else "utf-8-sig"
    decoded = data.decode(charset)
    dialect = csv.Sniffer().sniff(decoded.splitlines()[0], ",;\t")
    return "\n".join(" ".join(row) for row in csv.reader(io.StringIO(decoded), dialect))


def pages(data, kind):
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(data)).pages)


def word(data, kind):
    return "\n".join(block(b) for b in docx.Document(io.BytesIO(data)).iter_inner_content())


def block(b):
    return b.text if hasattr(b, "text") else "\n".join(block(c) for r in b.rows for cell in r.cells for c in cell.iter_inner_content())


def cells(data, kind):
    book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    return "\n".join(str(v) for sheet in book for row in sheet.iter_rows(values_only=True) for v in row if v is not None)


def slides(data, kind):
    found = []
    for slide in pptx.Presentation(io.BytesIO(data)).slides:
        for shape in slide.shapes:
            if shape.has_text_frame: found.append(shape.text_frame.text)
            if shape.has_table: found += [cell.text for row in shape.table.rows for cell in row.cells]
        if slide.has_notes_slide: found.append(slide.notes_slide.notes_text_frame.text)
    return "\n".join(found)


def opened(data, kind):
    file = opendocument.load(io.BytesIO(data))
    return "\n".join(teletype.extractText(e) for make in (text.H, text.P) for e in file.getElementsByType(make))


def rich(data, kind):
    return rtf_to_text(data.decode("ascii"))


def old_cells(data, kind):
    book = xlrd.open_workbook(file_contents=data)
    values = (v for sheet in book.sheets() for r in range(sheet.nrows) for v in sheet.row_values(r))
    return "\n".join(str(int(v)) if isinstance(v, float) else v for v in values)


def mail(data, kind):
    m = email.message_from_bytes(data, policy=email.policy.default)
    parts = [p for p in m.walk() if p.get_content_maintype() == "text"]
    subjects = [p["subject"] for p in m.walk() if p["subject"]]
    bodies = [soup(p.get_content(), kind) if p.get_content_subtype() == "html" else p.get_content() for p in parts]
    return "\n".join(subjects + bodies)


def events(data, kind):
    return "\n".join(str(e[k]) for e in icalendar.Calendar.from_ical(data).walk("VEVENT") for k in ("summary", "location", "description"))


def captions(data, kind):
    return "\n".join(e.plaintext for e in pysubs2.SSAFile.from_string(data.decode()))


def chapters(data, kind):
    with zipfile.ZipFile(io.BytesIO(data)) as z:
        return "\n".join(soup(z.read(name), kind) for name in z.namelist() if name.endswith(".xhtml"))


# By the suffix of the file.
PEERS = {
    "html": ("beautifulsoup4", soup), "xhtml": ("beautifulsoup4", soup), "epub": ("zipfile+beautifulsoup4", chapters),
    "txt": ("charset-normalizer", guess), "csv": ("csv", rows), "tsv": ("csv", rows), "pdf": ("pypdf", pages),
    "docx": ("python-docx", word), "xlsx": ("openpyxl", cells), "pptx": ("python-pptx", slides),
    "odt": ("odfpy", opened), "ods": ("odfpy", opened), "odp": ("odfpy", opened), "rtf": ("striprtf", rich),
    "xls": ("xlrd", old_cells), "eml": ("email", mail), "ics": ("icalendar", events), "srt": ("pysubs2", captions), "vtt": ("pysubs2", captions),
}
