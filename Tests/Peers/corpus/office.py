"""Office files: Word, Excel, PowerPoint, OpenDocument, RTF."""
import io

import docx, openpyxl, pptx, xlwt
from odf import draw, opendocument, style, table, text
from words import Text

TYPES = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "odt": "application/vnd.oasis.opendocument.text",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "odp": "application/vnd.oasis.opendocument.presentation",
    "rtf": "application/rtf",
    "xls": "application/vnd.ms-excel",
}
MADE_IN = ("english", "polish", "russian", "arabic", "hindi", "chinese", "korean", "marks")


def make(seed):
    for name, kind in TYPES.items():
        for language in MADE_IN:
            t = Text(f"{seed}/{name}", language)
            yield f"{language}.{name}", kind, globals()[f"{name}_file"](t), t.truth()


def saved(file):
    out = io.BytesIO()
    file.save(out)
    return out.getvalue()


def docx_file(t):
    file = docx.Document()
    file.add_heading(t.phrase(), 1)
    for _ in range(8):
        paragraph = file.add_paragraph(t.sentence() + " ")
        paragraph.add_run(t.phrase() + " ").bold = True
        # A word in two runs is one word.
        word = t.keep("halves")
        paragraph.add_run(word[:3])
        paragraph.add_run(word[3:]).italic = True
    for kind in ("List Bullet", "List Number", "Quote"):
        file.add_paragraph(t.sentence(), style=kind)
    grid = file.add_table(rows=4, cols=3)
    for row in grid.rows:
        for cell in row.cells:
            cell.text = t.phrase()
    grid.rows[0].cells[0].add_table(1, 1).cell(0, 0).text = t.phrase()
    return saved(file)


def xlsx_file(t):
    file = openpyxl.Workbook()
    file.active.title = "A"
    for sheet in (file.active, file.create_sheet("B")):
        for _ in range(20):
            sheet.append([t.phrase(), int(t.number()), t.phrase(), None, t.sentence()])
    return saved(file)


def pptx_file(t):
    file = pptx.Presentation()
    for _ in range(5):
        slide = file.slides.add_slide(file.slide_layouts[1])
        slide.shapes.title.text = t.phrase()
        slide.placeholders[1].text = t.paragraph()
        box = slide.shapes.add_textbox(0, 0, 100, 100)
        box.text_frame.text = t.sentence()
        grid = slide.shapes.add_table(2, 2, 0, 0, 100, 100).table
        for row in grid.rows:
            for cell in row.cells:
                cell.text = t.phrase()
        slide.notes_slide.notes_text_frame.text = t.sentence()
    return saved(file)


def odt_file(t):
    file = opendocument.OpenDocumentText()
    file.text.addElement(text.H(outlinelevel=1, text=t.phrase()))
    for _ in range(8):
        p = text.P(text=t.sentence() + " ")
        p.addElement(text.Span(text=t.phrase()))
        p.addElement(text.LineBreak())
        p.addText(t.phrase())
        file.text.addElement(p)
    items = text.List()
    for _ in range(4):
        item = text.ListItem()
        item.addElement(text.P(text=t.sentence()))
        items.addElement(item)
    file.text.addElement(items)
    file.text.addElement(grid(t, "T"))
    return saved(file)


def grid(t, name):
    made = table.Table(name=name)
    for _ in range(6):
        row = table.TableRow()
        for _ in range(3):
            cell = table.TableCell(valuetype="string")
            cell.addElement(text.P(text=t.phrase()))
            row.addElement(cell)
        number = t.number()
        cell = table.TableCell(valuetype="float", value=number)
        cell.addElement(text.P(text=number))
        row.addElement(cell)
        made.addElement(row)
    return made


def ods_file(t):
    file = opendocument.OpenDocumentSpreadsheet()
    for name in ("A", "B"):
        file.spreadsheet.addElement(grid(t, name))
    return saved(file)


def odp_file(t):
    file = opendocument.OpenDocumentPresentation()
    layout = style.PageLayout(name="L")
    file.automaticstyles.addElement(layout)
    master = style.MasterPage(name="M", pagelayoutname=layout)
    file.masterstyles.addElement(master)
    for i in range(5):
        page = draw.Page(masterpagename=master, name=f"page{i}")
        for make in (t.phrase, t.paragraph):
            frame = draw.Frame(width="10cm", height="5cm", x="1cm", y="1cm")
            box = draw.TextBox()
            box.addElement(text.P(text=make()))
            frame.addElement(box)
            page.addElement(frame)
        file.presentation.addElement(page)
    return saved(file)


def rtf_file(t):
    def coded(words):
        units = words.encode("utf-16-le")
        units = [int.from_bytes(units[i : i + 2], "little", signed=True) for i in range(0, len(units), 2)]
        return "".join(chr(u) if 0 <= u < 128 else f"\\u{u}?" for u in units)

    body = "".join(f"\\pard {coded(t.sentence())} {{\\b {coded(t.phrase())}}}\\par\n" for _ in range(12))
    rows = "".join(
        f"\\trowd\\cellx2000\\cellx4000 {coded(t.phrase())}\\cell {coded(t.phrase())}\\cell\\row\n" for _ in range(4))
    return f"{{\\rtf1\\ansi\\ansicpg1252\\uc1{{\\fonttbl{{\\f0 Times;}}}}{{\\*\\generator no}}\n{body}{rows}}}".encode()


def xls_file(t):
    file = xlwt.Workbook(encoding="utf-8")
    for name in ("A", "B"):
        sheet = file.add_sheet(name)
        for row in range(20):
            for column, value in enumerate([t.phrase(), int(t.number()), t.sentence()]):
                sheet.write(row, column, value)
    return saved(file)
