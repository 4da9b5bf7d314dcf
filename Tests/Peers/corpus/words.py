"""Text in many scripts, and how words are counted.

The text is the first article of the Universal Declaration of Human Rights, in the order of a seed, with a number in each
sentence that stands nowhere else in the file: a piece that is lost is seen."""
import random, re, unicodedata
from collections import Counter

ARTICLE = {
    "english": "All human beings are born free and equal in dignity and rights. They are endowed with reason and conscience and should act towards one another in a spirit of brotherhood.",
    "french": "Tous les êtres humains naissent libres et égaux en dignité et en droits. Ils sont doués de raison et de conscience et doivent agir les uns envers les autres dans un esprit de fraternité.",
    "german": "Alle Menschen sind frei und gleich an Würde und Rechten geboren. Sie sind mit Vernunft und Gewissen begabt und sollen einander im Geiste der Brüderlichkeit begegnen.",
    "polish": "Wszyscy ludzie rodzą się wolni i równi pod względem swej godności i swych praw. Są oni obdarzeni rozumem i sumieniem i powinni postępować wobec innych w duchu braterstwa.",
    "turkish": "Bütün insanlar hür, haysiyet ve haklar bakımından eşit doğarlar. Akıl ve vicdana sahiptirler ve birbirlerine karşı kardeşlik zihniyeti ile hareket etmelidirler.",
    "vietnamese": "Tất cả mọi người sinh ra đều được tự do và bình đẳng về nhân phẩm và quyền lợi. Mọi con người đều được tạo hoá ban cho lý trí và lương tâm và cần phải đối xử với nhau trong tình bằng hữu.",
    "russian": "Все люди рождаются свободными и равными в своем достоинстве и правах. Они наделены разумом и совестью и должны поступать в отношении друг друга в духе братства.",
    "ukrainian": "Всі люди народжуються вільними і рівними у своїй гідності та правах. Вони наділені розумом і совістю і повинні діяти у відношенні один до одного в дусі братерства.",
    "greek": "Όλοι οι άνθρωποι γεννιούνται ελεύθεροι και ίσοι στην αξιοπρέπεια και τα δικαιώματα. Είναι προικισμένοι με λογική και συνείδηση, και οφείλουν να συμπεριφέρονται μεταξύ τους με πνεύμα αδελφοσύνης.",
    "arabic": "يولد جميع الناس أحرارا متساوين في الكرامة والحقوق. وقد وهبوا عقلا وضميرا وعليهم أن يعامل بعضهم بعضا بروح الإخاء.",
    "hebrew": "כל בני האדם נולדו בני חורין ושווים בערכם ובזכויותיהם. כולם חוננו בתבונה ובמצפון, לפיכך חובה עליהם לנהוג איש ברעהו ברוח של אחווה.",
    "hindi": "सभी मनुष्यों को गौरव और अधिकारों के मामले में जन्मजात स्वतन्त्रता और समानता प्राप्त है। उन्हें बुद्धि और अन्तरात्मा की देन प्राप्त है और परस्पर उन्हें भाईचारे के भाव से बर्ताव करना चाहिए।",
    "chinese": "人人生而自由，在尊严和权利上一律平等。他们赋有理性和良心，并应以兄弟关系的精神相对待。",
    "taiwanese": "人人生而自由，在尊嚴和權利上一律平等。他們賦有理性和良心，並應以兄弟關係的精神互相對待。",
    "japanese": "すべての人間は、生れながらにして自由であり、かつ、尊厳と権利とについて平等である。人間は、理性と良心とを授けられており、互いに同胞の精神をもって行動しなければならない。",
    "korean": "모든 인간은 태어날 때부터 자유로우며 그 존엄과 권리에 있어 동등하다. 인간은 천부적으로 이성과 양심을 부여받았으며 서로 형제애의 정신으로 행동하여야 한다.",
}
ARTICLE["marks"] = unicodedata.normalize("NFD", ARTICLE["vietnamese"])
LANGUAGES = list(ARTICLE)

_marks = "\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0900-\u0963"
_ideographs = "\u3040-\u30ff\u3400-\u9fff"
_word = re.compile(rf"[{_ideographs}]|[^\W_{_ideographs}](?:(?![{_ideographs}_])[\w{_marks}])*")


def count(text):
    """How often each word stands in a text: runs of letters, marks and digits; where words are not parted, each character."""
    return Counter(_word.findall(unicodedata.normalize("NFC", text).casefold()))


def recall(wanted, found):
    """What part of the words that are wanted was found, each as often as it stands."""
    total = wanted.total()
    return (wanted & found).total() / total if total else 1.0


class Text:
    """A source of sentences that remembers what it gave."""

    def __init__(self, seed, language):
        self.random = random.Random(f"{seed}/{language}")
        self.language = language
        self.given = []
        self.serial = self.random.randrange(10_000, 80_000)
        self.stop = "。" if language in ("chinese", "taiwanese", "japanese") else "."
        self.sentences = [s.strip() for s in re.split(r"[.。।]", ARTICLE[language]) if s.strip()]

    def number(self):
        self.serial += 1
        return self.keep(str(self.serial))

    def keep(self, text):
        self.given.append(text)
        return text

    def phrase(self):
        """A few words, for a heading or a cell."""
        words = self.random.choice(self.sentences).split()
        start = self.random.randrange(max(1, len(words) - 4))
        self.serial += 1
        return self.keep(" ".join(words[start : start + 4]) + f" {self.serial}")

    def sentence(self):
        self.serial += 1
        return self.keep(f"{self.random.choice(self.sentences)} {self.serial}{self.stop}")

    def paragraph(self, sentences=4):
        return " ".join(self.sentence() for _ in range(sentences))

    def truth(self):
        return count("\n".join(self.given))
