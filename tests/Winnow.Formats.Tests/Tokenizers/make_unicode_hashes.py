"""Prints what UnicodeFormsTests expects: hashes of texts that Python has normalized. Python 3.13 has Unicode 15.1, like the tables."""
import hashlib
import unicodedata

RANGES = [(0x41, 26), (0x300, 112), (0x1100, 256), (0xAC00, 256), (0x1E00, 256), (0x5B0, 32), (0x64B, 21), (0x900, 128), (0xF71, 32),
          (0xFB00, 80), (0x1D15E, 48), (0x11099, 64), (0x9C7, 17), (0x304B, 80), (0x2F800, 64)]


def characters():
    for code in range(0x110000):
        if not 0xD800 <= code < 0xE000:
            yield chr(code)


def sequences():
    state = 1

    def draw(limit):
        nonlocal state
        state = (state * 1664525 + 1013904223) % 2**32
        return (state >> 16) % limit

    for _ in range(20000):
        text = ""
        for _ in range(1 + draw(8)):
            start, count = RANGES[draw(len(RANGES))]
            text += chr(start + draw(count))
        yield text


for form in ("NFC", "NFD", "NFKC", "NFKD"):
    for texts in (characters, sequences):
        digest = hashlib.sha256()
        for text in texts():
            digest.update(unicodedata.normalize(form, text).encode() + b"\n")
        print(form, texts.__name__, digest.hexdigest()[:16])
