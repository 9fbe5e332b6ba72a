#!/usr/bin/env python3
"""Draws the pictures of the made-up cards: portraits and printed texts. Run by hand when a card changes; nothing calls it.

    pip install pillow==13.0.0
    apt-get install libopenjp2-tools fonts-noto-cjk
    python3 crates/synthetic/assets/card/make.py

The portraits are drawn from ellipses; no photograph and no real person went in. They become JPEG 2000 (opj_compress), 378 by 472 grey
pixels as on a published test card. The texts are one-bit PNG files in the sizes of that card.
"""

import os
import random
import subprocess
import tempfile

from PIL import Image, ImageDraw, ImageFilter, ImageFont

HERE = os.path.dirname(os.path.abspath(__file__))
FONT = "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"
WIDTH, HEIGHT = 378, 472

# name: (hair, skin, hair length, fringe, glasses, wrinkles)
PORTRAITS = {
    "woman": (45, 205, 1.0, True, False, False),
    "man": (35, 190, 0.0, False, True, False),
    "old_woman": (170, 200, 0.35, False, True, True),
    "old_man": (190, 185, 0.0, False, False, True),
}

NAMES = {
    "valid": "見本　一花",
    "everything": "見本　百恵",
    "locked": "見本　錠",
    "last_try": "見本　際",
    "expired_recently": "見本　過",
    "expired_long": "見本　久",
    "revoked": "見本　失太",
    "no_pin": "見本　顔子",
    "no_coverage": "見本　無二",
    "unregistered": "見本　未登",
    "several": "見本　並",
    "clone": "見本　写",
    "renewed": "見本　新",
    "about_to_expire": "見本　間近",
    "rare_name": "𠮷髙　葛\U000E0100子",
}

ADDRESS = "東京都架空区見本町５丁目６番７号"
SECURITY_CODE = "2285"
NO_NUMBER = "000000000000"


def ellipse(draw, x, y, w, h, grey):
    draw.ellipse([x - w, y - h, x + w, y + h], fill=grey)


def portrait(hair, skin, length, fringe, glasses, wrinkles):
    image = Image.new("L", (WIDTH, HEIGHT), 232)
    draw = ImageDraw.Draw(image)
    cx, cy = WIDTH // 2, 210
    if length:
        draw.rounded_rectangle([cx - 122, cy - 60, cx + 122, cy + int(200 * length)], 60, fill=hair)
    ellipse(draw, cx, cy - 30, 120, 140, hair)
    ellipse(draw, cx, 520, 175, 140, 75)
    draw.polygon([(cx - 48, 395), (cx + 48, 395), (cx, 450)], fill=240)
    draw.rectangle([cx - 40, cy + 90, cx + 40, cy + 190], fill=skin - 22)
    ellipse(draw, cx, cy + 190, 46, 28, skin - 22)
    for side in (-1, 1):
        ellipse(draw, cx + side * 104, cy + 15, 16, 32, skin - 14)
    ellipse(draw, cx, cy + 10, 102, 132, skin)
    image = image.filter(ImageFilter.GaussianBlur(1.5))
    shade = Image.new("L", image.size, 0)
    tint = ImageDraw.Draw(shade)
    for side in (-1, 1):
        ellipse(tint, cx + side * 82, cy + 50, 34, 74, 26)
    ellipse(tint, cx, cy + 122, 56, 22, 22)
    shade = shade.filter(ImageFilter.GaussianBlur(18))
    image = Image.composite(Image.new("L", image.size, skin - 60), image, shade)
    draw = ImageDraw.Draw(image)
    top = cy - 122
    if fringe:
        draw.pieslice([cx - 108, top - 24, cx + 108, cy + 12], 180, 360, fill=hair)
    else:
        draw.pieslice([cx - 108, top - 26, cx + 108, cy - 28], 180, 360, fill=hair)
    for side in (-1, 1):
        x = cx + side * 44
        ellipse(draw, x, cy + 2, 21, 11, 246)
        ellipse(draw, x, cy + 2, 10, 10, 40)
        ellipse(draw, x + 3, cy - 2, 3, 3, 235)
        draw.arc([x - 23, cy - 14, x + 23, cy + 18], 195, 345, fill=50, width=4)
        draw.arc([x - 30, cy - 40, x + 30, cy + 6], 205, 335, fill=min(130, max(30, hair - 10)), width=7)
        if glasses:
            draw.rounded_rectangle([x - 36, cy - 22, x + 36, cy + 28], 16, outline=60, width=4)
        if wrinkles:
            draw.arc([x - 30, cy - 2, x + 30, cy + 34], 30, 150, fill=skin - 45, width=2)
            draw.line([(cx + side * 34, cy + 50), (cx + side * 52, cy + 84)], fill=skin - 45, width=3)
    if glasses:
        draw.line([(cx - 8, cy), (cx + 8, cy)], fill=60, width=4)
    draw.arc([cx - 18, cy + 26, cx + 18, cy + 56], 20, 160, fill=skin - 60, width=3)
    draw.line([(cx + 6, cy + 8), (cx + 14, cy + 44)], fill=skin - 28, width=3)
    draw.chord([cx - 36, cy + 64, cx + 36, cy + 98], 12, 168, fill=120)
    draw.line([(cx - 36, cy + 82), (cx + 36, cy + 82)], fill=85, width=3)
    image = image.filter(ImageFilter.GaussianBlur(0.9))
    noise = random.Random(7)
    pixels = image.load()
    for y in range(HEIGHT):
        for x in range(WIDTH):
            pixels[x, y] = max(0, min(255, pixels[x, y] + noise.randint(-2, 2)))
    return image


def text(words, width, name):
    image = Image.new("1", (width, 12), 1)
    font = ImageFont.truetype(FONT, 11, index=0, layout_engine=ImageFont.Layout.RAQM)
    ImageDraw.Draw(image).text((0, -3), words, fill=0, font=font)
    image.save(os.path.join(HERE, name), optimize=True)


def main():
    for name, shape in PORTRAITS.items():
        with tempfile.TemporaryDirectory() as folder:
            grey = os.path.join(folder, "portrait.pgm")
            portrait(*shape).save(grey)
            out = os.path.join(HERE, f"portrait_{name}.jp2")
            subprocess.run(["opj_compress", "-i", grey, "-o", out, "-r", "32"], check=True, stdout=subprocess.DEVNULL)
    for name, words in NAMES.items():
        text(words, 216, f"name_{name}.png")
    text(ADDRESS, 288, "address.png")
    text(SECURITY_CODE, 24, "security_code.png")
    text(NO_NUMBER, 72, "number.png")


main()
