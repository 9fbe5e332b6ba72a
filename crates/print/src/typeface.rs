//! The product's own typeface in two weights: which glyph a character has, how wide it is. Takes no font of the machine and never puts
//! another sign in the place of a character it lacks.

mod woff2;

use std::sync::Arc;

use krilla::Data;
use krilla::text::{Font, GlyphId};
use skrifa::charmap::{Charmap, MapVariant};
use skrifa::instance::{LocationRef, Size};
use skrifa::metrics::GlyphMetrics;
use skrifa::{FontRef, MetadataProvider};

/// A font that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the font cannot be read")]
pub struct UnreadableTypeface;

/// How heavy letters are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weight {
    Regular,
    Bold,
}

/// The typeface. Unpacking takes a while and some megabytes: a process does it once and keeps it.
#[derive(Clone)]
pub struct Typeface {
    regular: Face,
    bold: Face,
}

impl std::fmt::Debug for Typeface {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Typeface(…)")
    }
}

impl Typeface {
    /// Unpacks both weights from the files that pages load (WOFF2).
    ///
    /// # Errors
    /// [`UnreadableTypeface`].
    pub fn from_woff2(regular: &[u8], bold: &[u8]) -> Result<Self, UnreadableTypeface> {
        Ok(Self {
            regular: Face::new(woff2::unpack(regular)?)?,
            bold: Face::new(woff2::unpack(bold)?)?,
        })
    }

    /// Opens both weights to measure with.
    pub(crate) fn letters(&self) -> Result<Letters<'_>, UnreadableTypeface> {
        Ok(Letters {
            regular: self.regular.letters()?,
            bold: self.bold.letters()?,
        })
    }

    pub(crate) fn font(&self, weight: Weight) -> Font {
        match weight {
            Weight::Regular => self.regular.font.clone(),
            Weight::Bold => self.bold.font.clone(),
        }
    }
}

#[derive(Clone)]
struct Face {
    bytes: Arc<Vec<u8>>,
    font: Font,
}

impl Face {
    fn new(bytes: Vec<u8>) -> Result<Self, UnreadableTypeface> {
        let bytes = Arc::new(bytes);
        let data = Data::from(Arc::clone(&bytes));
        let font = Font::new(data, 0).ok_or(UnreadableTypeface)?;
        Ok(Self { bytes, font })
    }

    fn letters(&self) -> Result<FaceLetters<'_>, UnreadableTypeface> {
        let font = FontRef::new(&self.bytes).map_err(|_| UnreadableTypeface)?;
        Ok(FaceLetters {
            map: font.charmap(),
            widths: font.glyph_metrics(Size::new(1.0), LocationRef::default()),
        })
    }
}

/// Both weights, opened.
#[derive(Clone)]
pub(crate) struct Letters<'a> {
    regular: FaceLetters<'a>,
    bold: FaceLetters<'a>,
}

#[derive(Clone)]
struct FaceLetters<'a> {
    map: Charmap<'a>,
    widths: GlyphMetrics<'a>,
}

/// A character as the typeface has it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Letter {
    pub(crate) glyph: GlyphId,
    /// Width, in ems.
    pub(crate) width: f32,
}

impl Letters<'_> {
    /// The glyph of a character; `None` where the typeface lacks it.
    pub(crate) fn letter(&self, weight: Weight, c: char) -> Option<Letter> {
        let face = self.face(weight);
        let found = face.map.map(c).or_else(|| face.map.map(alike(c)?))?;
        Some(face.letter(found))
    }

    /// The glyph of a character in the form a variation selector asks for; `None` where the typeface does not have that form.
    pub(crate) fn variant(&self, weight: Weight, c: char, selector: char) -> Option<Letter> {
        let face = self.face(weight);
        match face.map.map_variant(c, selector)? {
            MapVariant::UseDefault => self.letter(weight, c),
            MapVariant::Variant(glyph) => Some(face.letter(glyph)),
        }
    }

    fn face(&self, weight: Weight) -> &FaceLetters<'_> {
        match weight {
            Weight::Regular => &self.regular,
            Weight::Bold => &self.bold,
        }
    }
}

impl FaceLetters<'_> {
    fn letter(&self, glyph: skrifa::GlyphId) -> Letter {
        Letter {
            glyph: GlyphId::new(glyph.to_u32()),
            width: self.widths.advance_width(glyph).unwrap_or(1.0),
        }
    }
}

/// The character of the typeface that is drawn just alike: the same sign under another number (JIS X 0213 against others). The text
/// that is copied or searched stays the given one.
fn alike(c: char) -> Option<char> {
    Some(match c {
        'µ' => 'μ',
        '—' => '―',
        '∑' => 'Σ',
        '¥' => '￥',
        '￠' => '¢',
        '￡' => '£',
        '￢' => '¬',
        '￤' => '¦',
        '\u{2011}' => '‐',
        '\u{202f}' => '\u{a0}',
        _ => return None,
    })
}
