"""Small PDF files, written by hand: plain text in Helvetica, compressed or not, image only, damaged, with a password."""

import zlib
from hashlib import md5

PADDING = bytes.fromhex("28BF4E5E4E758A4164004E56FFFA01082E2E00B6D0683E802F0CA9FE6453697A")  # PDF 1.7, 7.6.3.3


def text(pages, compress=False, password=None):
    """A PDF with one page for each list of lines in `pages`; with `password`, one must know it to open the file."""
    return _file(
        [_lines(page) for page in pages],
        b"/Font << /F1 4 0 R >>",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        compress,
        password,
    )


def image_only():
    """A scanned page: a valid PDF in which there is no text at all."""
    pixels = bytes(range(0, 256, 16))
    image = (
        b"<< /Type /XObject /Subtype /Image /Width 4 /Height 4 /ColorSpace /DeviceGray /BitsPerComponent 8 /Length %d >>"
        % len(pixels)
    )
    return _file(
        [b"q 400 0 0 400 100 200 cm /Im1 Do Q"],
        b"/XObject << /Im1 4 0 R >>",
        image + b"\nstream\n" + pixels + b"\nendstream",
    )


def damaged():
    """A PDF that was cut off in the middle of a compressed stream: no page tree, no cross references, no trailer."""
    whole = text([["This page was lost on its way up."] * 40], compress=True)
    return whole[: whole.index(b"stream\n") + 40]


def _lines(lines):
    show = b"".join(b"(%s) Tj T*\n" % _escaped(line.encode("cp1252")) for line in lines)
    return b"BT /F1 11 Tf 14 TL 72 770 Td\n" + show + b"ET"


def _escaped(line):
    for mark in (b"\\", b"(", b")"):
        line = line.replace(mark, b"\\" + mark)
    return line


def _file(contents, resources, fourth, compress=False, password=None):
    """Objects: 1 catalog, 2 page tree, 3 shared resources, 4 font or image, then a page and its content by turns."""
    identity = md5(b"".join(contents)).digest()
    lock = _Lock(password, identity) if password else None
    pages = b" ".join(b"%d 0 R" % (5 + 2 * i) for i in range(len(contents)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [%s] /Count %d >>" % (pages, len(contents)),
        b"<< %s >>" % resources,
        fourth,
    ]
    for content in contents:
        number = len(objects) + 2
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources 3 0 R /Contents %d 0 R >>" % number
        )
        data = zlib.compress(content, 9) if compress else content
        data = lock.encrypt(data, number) if lock else data
        filters = b" /Filter /FlateDecode" if compress else b""
        objects.append(b"<< /Length %d%s >>\nstream\n%s\nendstream" % (len(data), filters, data))
    trailer = b"/Root 1 0 R /ID [<%s> <%s>]" % ((identity.hex().encode(),) * 2)
    if lock:
        objects.append(lock.dictionary())
        trailer += b" /Encrypt %d 0 R" % len(objects)
    out, offsets = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return out + b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d %s >>\nstartxref\n%d\n%%%%EOF\n" % (
        len(objects) + 1,
        table,
        len(objects) + 1,
        trailer,
        len(out),
    )


class _Lock:
    """The standard security handler, revision 2: RC4 with 40 bits (PDF 1.7, 7.6.3)."""

    permissions = -44

    def __init__(self, password, identity):
        padded = (password.encode() + PADDING)[:32]
        self.owner = _rc4(md5(padded).digest()[:5], padded)
        self.key = md5(padded + self.owner + self.permissions.to_bytes(4, "little", signed=True) + identity).digest()[
            :5
        ]

    def encrypt(self, data, number):
        return _rc4(md5(self.key + number.to_bytes(3, "little") + bytes(2)).digest()[:10], data)

    def dictionary(self):
        user = _rc4(self.key, PADDING)
        return b"<< /Filter /Standard /V 1 /R 2 /P %d /O <%s> /U <%s> >>" % (
            self.permissions,
            self.owner.hex().encode(),
            user.hex().encode(),
        )


def _rc4(key, data):
    state, j = list(range(256)), 0
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) % 256
        state[i], state[j] = state[j], state[i]
    out, i, j = bytearray(), 0, 0
    for byte in data:
        i = (i + 1) % 256
        j = (j + state[i]) % 256
        state[i], state[j] = state[j], state[i]
        out.append(byte ^ state[(state[i] + state[j]) % 256])
    return bytes(out)
