"""Makes one weight of the pages' font from Debian's Noto Sans CJK: all kanji of JIS X 0213 and of Windows-31J, and every variation sequence.

Called by `cargo xtask assets` as `font.py WEIGHT OUT`. Takes nothing from the network and changes no glyph.
The 250 Latin, Cyrillic and phonetic characters of JIS X 0213 that Noto Sans CJK lacks stay out of it, and ≒.
"""

import sys
import unicodedata

from fontTools import subset

SOURCE = "/usr/share/fonts/opentype/noto/NotoSansCJK-{}.ttc"
JAPANESE = 0
# EUC of JIS X 0213:2004: plane 1 has no prefix, plane 2 has 8F; 8E leads the half-width kana.
PLANES = (b"", b"\x8f")
ROWS = range(0xA1, 0xFF)


def characters_of_jis_x_0213():
    codes = [prefix + bytes([row, cell]) for prefix in PLANES for row in ROWS for cell in ROWS]
    codes += [bytes([0x8E, cell]) for cell in ROWS]
    found = set(range(0x20, 0x7F))
    for code in codes:
        found.update(map(ord, code.decode("euc_jis_2004", errors="ignore")))
    return found


def characters_of_windows_31j():
    """What receipt computers call Shift_JIS: eleven compatibility ideographs of it (U+FA12 to U+FA2D) are in no plane of JIS X 0213."""
    codes = [bytes([row, cell]) for row in range(0x81, 0xFD) for cell in range(0x40, 0xFD)]
    decoded = [code.decode("cp932", errors="ignore") for code in codes]
    return {ord(character) for characters in decoded for character in characters if not is_private(character)}


def is_private(character):
    return unicodedata.category(character) == "Co"


def is_kanji(character):
    return "CJK" in unicodedata.name(chr(character), "") and "IDEOGRAPH" in unicodedata.name(chr(character))


def variation_sequences(font):
    """The selectors and the characters they follow (Unicode's variation sequences, Adobe-Japan1 among them)."""
    table = next(table for table in font["cmap"].tables if table.format == 14)
    for selector, sequences in table.uvsDict.items():
        yield selector
        yield from (character for character, _ in sequences)


def main(weight, out):
    options = subset.Options(
        flavor="woff2",
        font_number=JAPANESE,
        layout_features=["ccmp", "kern"],
        hinting=False,
        desubroutinize=True,
        notdef_outline=True,
    )
    options.drop_tables += ["vhea", "vmtx", "VORG", "BASE"]
    font = subset.load_font(SOURCE.format(weight), options)
    characters = characters_of_jis_x_0213() | characters_of_windows_31j()
    missing = {c for c in characters if is_kanji(c)} - font.getBestCmap().keys()
    if missing:
        sys.exit("the font lacks kanji of JIS X 0213 or Windows-31J: " + " ".join(map(hex, sorted(missing))))
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=characters | set(variation_sequences(font)))
    subsetter.subset(font)
    subset.save_font(font, out, options)


if __name__ == "__main__":
    main(*sys.argv[1:])
