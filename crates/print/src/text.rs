//! Sets a text into lines no wider than asked, with what the typeface lacks in boxes. Cuts nothing off, drops no character, knows no page.

use std::collections::BTreeSet;
use std::ops::Range;

use krilla::text::GlyphId;
use unicode_normalization::char::compose;

use crate::typeface::{Letters, Weight};

/// How letters look.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Style {
    pub(crate) weight: Weight,
    /// Height of the em, in points.
    pub(crate) size: f32,
    /// 0 is black, 255 white.
    pub(crate) grey: u8,
}

impl Style {
    pub(crate) const fn new(weight: Weight, size: f32) -> Self {
        Self {
            weight,
            size,
            grey: 0,
        }
    }

    pub(crate) const fn grey(mut self, grey: u8) -> Self {
        self.grey = grey;
        self
    }

    /// From one line to the next, in points.
    pub(crate) fn line_height(self) -> f32 {
        self.size * 1.32
    }
}

/// One line.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Line {
    pub(crate) text: String,
    pub(crate) signs: Vec<Sign>,
    /// In points.
    pub(crate) width: f32,
    pub(crate) style: Style,
}

/// What is drawn for a few bytes of a line's text.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sign {
    /// The bytes of the line's text.
    pub(crate) range: Range<usize>,
    pub(crate) drawn: Drawn,
    /// In ems.
    pub(crate) width: f32,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Drawn {
    Glyph(GlyphId),
    /// The typeface lacks the character: a box with its number.
    Boxed(char),
}

/// Characters that are not shown as given, and how that is told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Lacking {
    /// Characters in boxes.
    pub(crate) characters: BTreeSet<char>,
    /// Characters shown in their usual form instead of the one a selector asks for.
    pub(crate) variants: BTreeSet<(char, char)>,
}

/// Sets texts.
pub(crate) struct Setter<'a> {
    letters: Letters<'a>,
    pub(crate) lacking: Lacking,
}

impl<'a> Setter<'a> {
    pub(crate) fn new(letters: Letters<'a>) -> Self {
        Self {
            letters,
            lacking: Lacking::default(),
        }
    }

    /// A text in one line, however wide.
    pub(crate) fn line(&mut self, text: &str, style: Style) -> Line {
        let mut line = Line::empty(style);
        for sign in self.signs(text, style.weight) {
            line.push(text, &sign);
        }
        line
    }

    /// A text in lines of at most `width` points. Breaks between words and between Japanese characters, not before a closing or after an
    /// opening mark; within a word only where it alone is too wide. A text without a visible character is one empty line.
    pub(crate) fn lines(&mut self, text: &str, style: Style, width: f32) -> Vec<Line> {
        let signs = self.signs(text, style.weight);
        let mut lines = Vec::new();
        let mut line = Line::empty(style);
        for piece in pieces(text, &signs) {
            let wide = piece.iter().map(|it| it.width).sum::<f32>() * style.size;
            let blank = text_of(text, piece).trim().is_empty();
            if width < line.width + wide && !line.signs.is_empty() && !blank {
                lines.push(std::mem::replace(&mut line, Line::empty(style)));
            }
            for sign in piece {
                let full = width < line.width + sign.width * style.size;
                if full && !line.signs.is_empty() && !blank {
                    lines.push(std::mem::replace(&mut line, Line::empty(style)));
                }
                // Blanks at the end of a line hang over it.
                if !(blank && full) {
                    line.push(text, sign);
                }
            }
        }
        lines.push(line);
        lines
    }

    /// The signs of a text, characters with their marks and selectors together.
    fn signs(&mut self, text: &str, weight: Weight) -> Vec<Sign> {
        let mut signs = Vec::with_capacity(text.len() / 2);
        let mut rest = text.char_indices().peekable();
        while let Some((at, given)) = rest.next() {
            let mut c = given;
            let mut end = at + given.len_utf8();
            let mut letter = None;
            if let Some(&(_, next)) = rest.peek() {
                let composed = compose(given, next).filter(|_| is_mark(next));
                if let Some(one) = composed {
                    c = one;
                } else if is_selector(next) {
                    letter = self.letters.variant(weight, given, next);
                    if letter.is_none() {
                        self.lacking.variants.insert((given, next));
                    }
                }
                if composed.is_some() || is_selector(next) {
                    end += next.len_utf8();
                    rest.next();
                }
            }
            let letter = letter.or_else(|| self.letters.letter(weight, c));
            let (drawn, width) = match letter {
                Some(letter) => (Drawn::Glyph(letter.glyph), letter.width),
                None => {
                    self.lacking.characters.insert(c);
                    (Drawn::Boxed(c), 1.0)
                }
            };
            signs.push(Sign {
                range: at..end,
                drawn,
                width,
            });
        }
        signs
    }
}

impl Line {
    fn empty(style: Style) -> Self {
        Self {
            text: String::new(),
            signs: Vec::new(),
            width: 0.0,
            style,
        }
    }

    fn push(&mut self, from: &str, sign: &Sign) {
        let start = self.text.len();
        self.text
            .push_str(from.get(sign.range.clone()).unwrap_or_default());
        self.width += sign.width * self.style.size;
        self.signs.push(Sign {
            range: start..self.text.len(),
            ..sign.clone()
        });
    }
}

fn text_of<'t>(text: &'t str, piece: &[Sign]) -> &'t str {
    let start = piece.first().map_or(0, |it| it.range.start);
    let end = piece.last().map_or(0, |it| it.range.end);
    text.get(start..end).unwrap_or_default()
}

/// Signs that stay on one line.
fn pieces<'s>(text: &str, signs: &'s [Sign]) -> Vec<&'s [Sign]> {
    let first = |sign: &Sign| {
        text.get(sign.range.clone())
            .and_then(|it| it.chars().next())
    };
    let mut pieces = Vec::new();
    let mut rest = signs;
    while !rest.is_empty() {
        let mut end = 1;
        while let (Some(before), Some(after)) = (
            rest.get(end - 1).and_then(first),
            rest.get(end).and_then(first),
        ) {
            if !stay_together(before, after) {
                break;
            }
            end += 1;
        }
        let (piece, after) = rest.split_at(end);
        pieces.push(piece);
        rest = after;
    }
    pieces
}

/// Whether no line ends between two characters (JIS X 4051, the marks that matter here).
fn stay_together(before: char, after: char) -> bool {
    let word = |c: char| !c.is_whitespace() && c.is_ascii();
    CLOSING.contains(after) && !before.is_whitespace()
        || OPENING.contains(before)
        || is_mark(after)
        || word(before) && word(after)
}

const CLOSING: &str = "、。，．・：；？！゛゜ヽヾゝゞ々ー’”）〕］｝〉》」』】｠〟°′″℃％‰ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ,.:;?!)]}%｡｣､･ｰﾞﾟ";
const OPENING: &str = "‘“（〔［｛〈《「『【｟〝([{｢";

/// Variation selectors, of Unicode and of the ideographic collections.
fn is_selector(c: char) -> bool {
    matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}

/// Marks that lie on the character before.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{3099}' | '\u{309a}')
}
