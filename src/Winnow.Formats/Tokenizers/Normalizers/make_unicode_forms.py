"""Writes UnicodeForms.bin from Python's own tables. usage: make_unicode_forms.py OUTPUT; Python 3.13 has Unicode 15.1.

All numbers are varints of seven bits, lowest first. First the runs of code points with one combining class: their number, and for each the
gap to the run before, its length, its class. Then the decompositions: their number, and for each the gap to the code point before, then
4 * parts + 2 * (two parts compose to it again) + (it is a compatibility decomposition), then the parts, each as the difference to the
part before it, zigzag.
"""
import sys
import unicodedata

CODES = [chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000]


def varint(value):
    while value > 127:
        yield value & 127 | 128
        value >>= 7
    yield value


def runs():
    found = []
    for code in map(ord, CODES):
        combining = unicodedata.combining(chr(code))
        if combining and found and found[-1][2] == combining and sum(found[-1][:2]) == code:
            found[-1][1] += 1
        elif combining:
            found.append([code, 1, combining])
    return found


def write():
    data, end = bytearray(), 0
    classes = runs()
    data.extend(varint(len(classes)))
    for start, length, combining in classes:
        for value in (start - end, length, combining):
            data.extend(varint(value))
        end = start + length
    decomposed = [character for character in CODES if unicodedata.decomposition(character)]
    data.extend(varint(len(decomposed)))
    last_code = last_part = 0
    for character in decomposed:
        fields = unicodedata.decomposition(character).split()
        is_compatibility = fields[0].startswith("<")
        parts = [int(field, 16) for field in fields[is_compatibility:]]
        composes = not is_compatibility and len(parts) == 2 and unicodedata.normalize("NFC", "".join(map(chr, parts))) == character
        data.extend(varint(ord(character) - last_code))
        data.extend(varint(4 * len(parts) + 2 * composes + is_compatibility))
        last_code = ord(character)
        for part in parts:
            difference = part - last_part
            data.extend(varint(2 * difference if difference >= 0 else -2 * difference - 1))
            last_part = part
    return data


if __name__ == "__main__":
    with open(sys.argv[1], "wb") as output:
        output.write(write())
