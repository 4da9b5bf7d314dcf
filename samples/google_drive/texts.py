"""What the documents say: plans, minutes and policies in twelve languages, rendered in the formats that Drive gives out."""

import csv
import html
import io
import json
import unicodedata
from dataclasses import dataclass

BOM = "\ufeff"

# title (of a subject), subjects, sentences (about a subject), points, columns of a table
LANGUAGES = {
    "en": (
        ("Plan: {}", "Minutes: {}", "Policy: {}"),
        ("sensor calibration", "travel and expenses", "release train", "supplier audit"),
        (
            "This page says what we agreed about {} and who answers for it.",
            "Nobody has to ask twice; the open questions on {} are listed below.",
            "The next review of {} is in the first week of the quarter.",
        ),
        ("Order spare probes before Friday", "Ask the port authority for a berth", "Close the old ticket queue"),
        ("Task", "Owner", "Due"),
    ),
    "de": (
        ("Projektplan: {}", "Protokoll: {}", "Richtlinie: {}"),
        ("Kühlkettenüberwachung", "Schlüsselübergabe", "Urlaubsvertretung", "Messgerätewartung"),
        (
            "Dieses Blatt hält fest, was zum Thema {} beschlossen wurde.",
            "Änderungen zu {} müssen schriftlich begründet werden.",
            "Die nächste Prüfung für {} findet im März statt.",
        ),
        ("Ersatzfühler bis Freitag bestellen", "Zuständigkeiten klären", "Prüfbericht größer drucken"),
        ("Aufgabe", "Verantwortlich", "Frist"),
    ),
    "fr": (
        ("Projet : {}", "Compte rendu : {}", "Règlement : {}"),
        ("la sécurité des données", "l’accueil des stagiaires", "le déménagement d’été", "la qualité des capteurs"),
        (
            "Cette page résume les décisions prises sur {}.",
            "Les questions encore ouvertes à propos de {} figurent plus bas.",
            "Prochaine révision prévue en février : {}.",
        ),
        ("Réserver la salle à l’étage", "Vérifier les clés de l’entrepôt", "Prévenir le médecin du travail"),
        ("Tâche", "Responsable", "Échéance"),
    ),
    "vi": (
        ("Kế hoạch: {}", "Biên bản: {}", "Quy định: {}"),
        ("bảo trì thiết bị", "tuyển dụng kỹ sư", "an toàn lao động", "chăm sóc khách hàng"),
        (
            "Trang này ghi lại những điều đã thống nhất về {}.",
            "Các câu hỏi còn lại về {} được liệt kê bên dưới.",
            "Lần rà soát tiếp theo về {} là vào tháng ba.",
        ),
        ("Đặt mua đầu dò dự phòng", "Liên hệ với cảng", "Đóng các yêu cầu cũ"),
        ("Công việc", "Người phụ trách", "Hạn"),
    ),
    "ru": (
        ("План: {}", "Протокол: {}", "Положение: {}"),
        ("поверка датчиков", "командировочные расходы", "переезд склада", "пожарная безопасность"),
        (
            "На этой странице записано, что решили по теме «{}».",
            "Открытые вопросы по теме «{}» перечислены ниже.",
            "Следующий пересмотр темы «{}» назначен на март.",
        ),
        ("Заказать запасные щупы до пятницы", "Согласовать причал с портом", "Закрыть старую очередь заявок"),
        ("Задача", "Ответственный", "Срок"),
    ),
    "el": (
        ("Σχέδιο: {}", "Πρακτικά: {}", "Πολιτική: {}"),
        ("βαθμονόμηση αισθητήρων", "έξοδα ταξιδιών", "ασφάλεια πληροφοριών", "έλεγχος προμηθευτών"),
        (
            "Αυτή η σελίδα καταγράφει όσα συμφωνήθηκαν για το θέμα {}.",
            "Τα ανοιχτά ερωτήματα για το θέμα {} βρίσκονται παρακάτω.",
            "Η επόμενη αναθεώρηση για το θέμα {} είναι τον Μάρτιο.",
        ),
        ("Παραγγελία ανταλλακτικών ως την Παρασκευή", "Συνεννόηση με το λιμάνι", "Κλείσιμο παλιών αιτημάτων"),
        ("Εργασία", "Υπεύθυνος", "Προθεσμία"),
    ),
    "ar": (
        ("خطة: {}", "محضر: {}", "سياسة: {}"),
        ("معايرة المستشعرات", "مصاريف السفر", "أمن المعلومات", "تدقيق الموردين"),
        (
            "تسجل هذه الصفحة ما اتفقنا عليه بشأن {}.",
            "الأسئلة المفتوحة حول {} مذكورة أدناه.",
            "المراجعة القادمة بشأن {} في شهر مارس.",
        ),
        ("طلب مجسات احتياطية قبل الجمعة", "الاتصال بإدارة الميناء", "إغلاق الطلبات القديمة"),
        ("المهمة", "المسؤول", "الموعد"),
    ),
    "he": (
        ("תוכנית: {}", "פרוטוקול: {}", "נוהל: {}"),
        ("כיול חיישנים", "הוצאות נסיעה", "אבטחת מידע", "ביקורת ספקים"),
        (
            "דף זה מתעד את מה שסוכם בנושא {}.",
            "השאלות הפתוחות בנושא {} מופיעות בהמשך.",
            "הבדיקה הבאה בנושא {} תתקיים בחודש מרץ.",
        ),
        ("להזמין חיישני גיבוי עד יום שישי", "לתאם עם הנמל", "לסגור פניות ישנות"),
        ("משימה", "אחראי", "מועד"),
    ),
    "hi": (
        ("योजना: {}", "कार्यवृत्त: {}", "नीति: {}"),
        ("सेंसर अंशांकन", "यात्रा व्यय", "सूचना सुरक्षा", "आपूर्तिकर्ता जाँच"),
        (
            "इस पृष्ठ पर {} के बारे में लिए गए निर्णय दर्ज हैं।",
            "{} से जुड़े खुले प्रश्न नीचे दिए गए हैं।",
            "{} की अगली समीक्षा मार्च में होगी।",
        ),
        ("शुक्रवार तक अतिरिक्त प्रोब मँगाएँ", "बंदरगाह से बात करें", "पुराने अनुरोध बंद करें"),
        ("कार्य", "ज़िम्मेदार", "तिथि"),
    ),
    "ja": (
        ("計画：{}", "議事録：{}", "規程：{}"),
        ("センサーの校正", "出張旅費", "情報セキュリティ", "取引先の監査"),
        (
            "このページは{}について決まったことをまとめたものです。",
            "{}に関する未解決の質問は下に示します。",
            "{}の次回の見直しは三月に行います。",
        ),
        ("金曜日までに予備のプローブを注文する", "港湾局に連絡する", "古い依頼を閉じる"),
        ("作業", "担当", "期限"),
    ),
    "zh": (
        ("计划：{}", "会议纪要：{}", "制度：{}"),
        ("传感器校准", "差旅报销", "信息安全", "供应商审核"),
        ("本页记录关于{}的决定和负责人。", "关于{}的未决问题列在下面。", "{}的下一次复查定在三月。"),
        ("周五之前订购备用探头", "联系港务局", "关闭旧的工单"),
        ("任务", "负责人", "期限"),
    ),
    "ko": (
        ("계획: {}", "회의록: {}", "규정: {}"),
        ("센서 교정", "출장 경비", "정보 보안", "공급업체 감사"),
        (
            "이 문서는 {}에 대해 합의한 내용을 정리한 것입니다.",
            "{} 관련 미해결 질문은 아래에 있습니다.",
            "{}의 다음 검토는 3월에 진행합니다.",
        ),
        ("금요일까지 예비 프로브 주문", "항만청에 연락", "오래된 요청 정리"),
        ("작업", "담당", "기한"),
    ),
}
ORDER = tuple(LANGUAGES)


@dataclass
class Article:
    """One text, before it has a format. `number` makes it unlike every other."""

    title: str
    lines: list
    points: list
    columns: tuple
    rows: list
    phrases: list  # that must be found again in what was extracted


def article(number, language=None):
    titles, subjects, sentences, points, columns = LANGUAGES[language or ORDER[number % len(ORDER)]]
    subject = subjects[number // 3 % len(subjects)]
    lines = [sentence.format(subject) for sentence in sentences]
    points = points[number % 3 :] + points[: number % 3]
    rows = [
        (point, f"FJ {number:03d}{letter}", f"2026-0{4 + row}-{10 + number % 19}")
        for row, (point, letter) in enumerate(zip(points, "abc"))
    ]
    return Article(
        f"{titles[number % 3].format(subject)} ({number})", lines, list(points), columns, rows, [lines[0], points[0]]
    )


def markdown(a, sections=1):
    """As Docs exports Markdown: headings, lists, a table; `sections` makes it long."""
    out = [f"# **{a.title}**", a.lines[0], a.lines[1]]
    for section in range(1, sections + 1):
        out += [f"## {section}", "\n".join(f"* {point}  " for point in a.points), a.lines[2]]
    out.append("\n".join("| " + " | ".join(row) + " |" for row in [a.columns, (":----",) * 3, *a.rows]))
    return "\n\n".join(out) + "\n"


def plain(a, newline="\n"):
    body = [a.title, "=" * len(a.title), "", *a.lines, ""] + [f" - {point}" for point in a.points] + [""]
    return newline.join(body)


def slides(a):
    """As Slides exports plain text: a BOM, then the texts of one slide after the other."""
    return BOM + "\r\n".join([a.title, "", a.lines[0], "", *a.points, "", a.lines[2], ""])


def sheet(a):
    """As Sheets exports CSV: the first sheet, CRLF, quotes where they are needed."""
    out = io.StringIO()
    csv.writer(out).writerows([a.columns, *a.rows, ("Σ", 'a "quoted", split cell', "two\nlines")])
    return out.getvalue()


def page(a):
    """A web page somebody uploaded: a table, a list, code, a link, and what is no text (style, script, comment)."""
    cells = lambda row, tag: "<tr>" + "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in row) + "</tr>"
    return "\n".join(
        [
            "<!DOCTYPE html>",
            f'<html><head><meta charset="utf-8"><title>{html.escape(a.title)}</title>',
            "<style>body { font-family: Fjordgrotesk; }</style>",
            "<script>trackVisit('<p>not a text</p>');</script></head><body>",
            f"<h1>{html.escape(a.title)}</h1>",
            "<!-- draftRemark: do not publish -->",
            *(f"<p>{html.escape(line)}</p>" for line in a.lines),
            "<ul>",
            *(f"<li>{html.escape(point)}" for point in a.points),
            "</ul>",
            "<table>",
            cells(a.columns, "th"),
            *(cells(row, "td") for row in a.rows),
            "</table>",
            "<pre><code>probe --calibrate\n  --offset=0.25</code></pre>",
            '<p>See <a href="https://intranet.fjord.example/handbook?a=1&amp;b=2">the&nbsp;handbook</a>, R&amp;D &lt;3&hellip;</p>',
            "</body></html>",
            "",
        ]
    )


NOT_IN_PAGE = ["trackVisit", "Fjordgrotesk", "draftRemark", "&amp;"]


def settings(a):
    return (
        json.dumps(
            {
                "title": a.title,
                "notes": a.lines,
                "limits": {"max": 12.50, "units": "°C"},
                "tags": a.points,
                "active": True,
            },
            ensure_ascii=False,
            indent=2,
        )
        + "\n"
    )


# Emoji joined by ZWJ, marks that combine (written apart on purpose), letters beyond the basic plane.
_APART = unicodedata.normalize("NFD", "Tiếng Việt, Ångström, Ελλάδα")
SYMBOLS = f"""# **Symbols we really use**

Teams: 👩\u200d💻 👨\u200d👩\u200d👧\u200d👦 🏳\ufe0f\u200d🌈 👍🏽 🇳🇴 1\ufe0f\u20e3

Combining: {_APART}, n\u0308 and q\u0307\u0323

Mathematics: ∀ε>0 ∃δ>0, 𝔼 X = ∑ᵢ xᵢ pᵢ, ℝ³ → ℂ, ⟨ψ∣φ⟩ ≠ √2

Measures: 5 µm ± 0,3 ‰, 20 ℃, № 7, ½ ℔, ﷽

Rare: 𠮷野家, 𐍈𐌰𐌽, ꦗꦮ, 𓀀, ﬁnal ligature
"""
SYMBOL_PHRASES = ["👩\u200d💻 👨\u200d👩\u200d👧\u200d👦", _APART, "𝔼 X = ∑ᵢ xᵢ pᵢ"]
