//! Writes laid pages as a tagged PDF (PDF/UA-1): the same pages always give the same bytes. Lays nothing out and reads no clock.

use std::num::{NonZeroU16, NonZeroU32};

use krilla::Document;
use krilla::color::luma;
use krilla::configure::{Accessibility, ConfigurationBuilder};
use krilla::destination::XyzDestination;
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::metadata::{DateTime, Metadata};
use krilla::num::NormalizedF32;
use krilla::outline::{Outline, OutlineNode};
use krilla::page::PageSettings;
use krilla::paint::{Fill, Stroke};
use krilla::surface::Surface;
use krilla::tagging::{
    Artifact, ArtifactType, ContentTag, Identifier, SpanTag, TableHeaderScope, Tag, TagGroup,
    TagTree,
};
use krilla::text::KrillaGlyph;
use krilla::{SerializeSettings, error::KrillaError};

use crate::CannotBePrinted;
use crate::sheet::{HEIGHT, INNER, MARGIN, Mark, Of, PartId, Role, Sheet, WIDTH};
use crate::text::{Drawn, Line, Sign};
use crate::typeface::{Letters, Typeface, Weight};

/// What stands in the file beside the pages.
pub(crate) struct About {
    pub(crate) title: String,
    pub(crate) made: DateTime,
    /// Tells this document from every other.
    pub(crate) id: String,
}

/// The file.
pub(crate) fn write(
    sheet: &Sheet<'_>,
    typeface: &Typeface,
    about: About,
) -> Result<Vec<u8>, CannotBePrinted> {
    let failed = |_: KrillaError| CannotBePrinted::NotWritten;
    let configuration = ConfigurationBuilder::new()
        .with_accessibility_validator(Accessibility::UA1)
        .finish()
        .map_err(|_| CannotBePrinted::NotWritten)?;
    let mut document = Document::new_with(SerializeSettings {
        configuration,
        ..SerializeSettings::default()
    });
    let pen = Pen {
        typeface,
        letters: typeface.letters()?,
    };
    let mut contents = vec![Vec::new(); sheet.parts.len()];
    for marks in &sheet.pages {
        let settings = PageSettings::from_wh(WIDTH, HEIGHT).ok_or(CannotBePrinted::NotWritten)?;
        let mut page = document.start_page_with(settings);
        let mut surface = page.surface();
        for mark in marks {
            pen.draw(&mut surface, mark, &mut contents);
        }
        surface.finish();
        page.finish();
    }
    document.set_outline(outline(sheet));
    let mut tree = TagTree::new();
    if let Some(root) = sheet.part_of(Sheet::DOCUMENT) {
        for child in &root.children {
            tree.push(group(sheet, *child, &contents));
        }
    }
    document.set_tag_tree(tree);
    let metadata = Metadata::new()
        .title(about.title)
        .language("ja".to_owned())
        .creator("onshi".to_owned())
        .producer("onshi".to_owned())
        .creation_date(about.made)
        .document_id(about.id);
    document.set_metadata(metadata);
    document.finish().map_err(failed)
}

/// What was drawn for each part of the structure.
type Contents = Vec<Vec<Identifier>>;

struct Pen<'a> {
    typeface: &'a Typeface,
    letters: Letters<'a>,
}

impl Pen<'_> {
    fn draw(&self, surface: &mut Surface<'_>, mark: &Mark, contents: &mut Contents) {
        match mark {
            Mark::Text {
                left,
                baseline,
                line,
                of,
            } => self.text(
                surface,
                Point::from_xy(*left, *baseline),
                line,
                *of,
                contents,
            ),
            Mark::Shade {
                left,
                top,
                width,
                height,
                grey,
            } => ornament(surface, |surface| {
                surface.set_stroke(None);
                surface.set_fill(Some(fill(*grey)));
                rectangle(surface, *left, *top, *width, *height);
            }),
            Mark::Rule { top, grey, thick } => ornament(surface, |surface| {
                surface.set_stroke(None);
                surface.set_fill(Some(fill(*grey)));
                rectangle(surface, MARGIN, *top - thick / 2.0, INNER, *thick);
            }),
        }
    }

    /// A line, in runs: characters the typeface has, and each that it lacks by itself, so that what stands for it can be told.
    fn text(
        &self,
        surface: &mut Surface<'_>,
        start: Point,
        line: &Line,
        of: Of,
        contents: &mut Contents,
    ) {
        let mut left = start.x;
        let is_boxed = |sign: &Sign| matches!(sign.drawn, Drawn::Boxed(_));
        for run in line.signs.chunk_by(|a, b| !is_boxed(a) && !is_boxed(b)) {
            let given = run
                .first()
                .filter(|it| is_boxed(it))
                .and_then(|it| line.text.get(it.range.clone()));
            let tag = match of {
                Of::Part(_) => ContentTag::Span(SpanTag::empty().with_actual_text(given)),
                Of::Page => ContentTag::Artifact(Artifact::with_kind(ArtifactType::Page)),
            };
            let id = surface.start_tagged(tag);
            let at = Point::from_xy(left, start.y);
            match run.first().map(|it| it.drawn) {
                Some(Drawn::Boxed(c)) => self.boxed(surface, at, line, c),
                _ => self.glyphs(surface, at, line, run),
            }
            surface.end_tagged();
            if let Of::Part(part) = of
                && let Some(content) = contents.get_mut(part.place())
            {
                content.push(id);
            }
            left += run.iter().map(|it| it.width).sum::<f32>() * line.style.size;
        }
    }

    fn glyphs(&self, surface: &mut Surface<'_>, at: Point, line: &Line, run: &[Sign]) {
        let glyphs: Vec<KrillaGlyph> = run
            .iter()
            .filter_map(|sign| match sign.drawn {
                Drawn::Glyph(glyph) => Some(KrillaGlyph::new(
                    glyph,
                    sign.width,
                    0.0,
                    0.0,
                    0.0,
                    sign.range.clone(),
                    None,
                )),
                Drawn::Boxed(_) => None,
            })
            .collect();
        surface.set_stroke(None);
        surface.set_fill(Some(fill(line.style.grey)));
        let font = self.typeface.font(line.style.weight);
        surface.draw_glyphs(at, &glyphs, font, &line.text, line.style.size, false);
    }

    /// The number of a character in a box of its size, in two rows.
    fn boxed(&self, surface: &mut Surface<'_>, at: Point, line: &Line, c: char) {
        let em = line.style.size;
        surface.set_fill(None);
        surface.set_stroke(Some(Stroke {
            paint: luma::Color::black().into(),
            width: em * 0.05,
            ..Stroke::default()
        }));
        rectangle(
            surface,
            at.x + em * 0.04,
            at.y - em * 0.86,
            em * 0.92,
            em * 0.96,
        );
        surface.set_stroke(None);
        surface.set_fill(Some(fill(0)));
        let digits = format!("{:04X}", u32::from(c));
        let (upper, lower) = digits.split_at(digits.len() / 2);
        let size = em * 0.44;
        for (row, below) in [(upper, 0.48), (lower, 0.04)] {
            let glyphs: Vec<KrillaGlyph> = row
                .char_indices()
                .filter_map(|(at, digit)| {
                    let letter = self.letters.letter(Weight::Regular, digit)?;
                    let range = at..at + digit.len_utf8();
                    Some(KrillaGlyph::new(
                        letter.glyph,
                        letter.width,
                        0.0,
                        0.0,
                        0.0,
                        range,
                        None,
                    ))
                })
                .collect();
            let wide = glyphs.iter().map(|it| it.x_advance).sum::<f32>() * size;
            let start = Point::from_xy(at.x + (em - wide) / 2.0, at.y - em * below);
            let font = self.typeface.font(Weight::Regular);
            surface.draw_glyphs(start, &glyphs, font, row, size, false);
        }
    }
}

fn ornament(surface: &mut Surface<'_>, draw: impl FnOnce(&mut Surface<'_>)) {
    let tag = ContentTag::Artifact(Artifact::with_kind(ArtifactType::Layout));
    surface.start_tagged(tag);
    draw(surface);
    surface.end_tagged();
}

fn rectangle(surface: &mut Surface<'_>, left: f32, top: f32, width: f32, height: f32) {
    let mut path = PathBuilder::new();
    if let Some(rectangle) = Rect::from_xywh(left, top, width, height) {
        path.push_rect(rectangle);
    }
    if let Some(path) = path.finish() {
        surface.draw_path(&path);
    }
}

fn fill(grey: u8) -> Fill {
    Fill {
        paint: luma::Color::new(grey).into(),
        opacity: NormalizedF32::ONE,
        ..Fill::default()
    }
}

fn outline(sheet: &Sheet<'_>) -> Outline {
    let mut outline = Outline::new();
    for heading in &sheet.headings {
        let place = XyzDestination::new(heading.page, Point::from_xy(0.0, heading.top - 8.0));
        outline.push_child(OutlineNode::new(heading.text.clone(), place));
    }
    outline
}

/// A part of the structure with all below it: four deep at most.
fn group(sheet: &Sheet<'_>, id: PartId, contents: &Contents) -> TagGroup {
    let Some(part) = sheet.part_of(id) else {
        return TagGroup::new(Tag::Div);
    };
    let mut group = match &part.role {
        Role::Document => TagGroup::new(Tag::Div),
        Role::Heading(level, text) => {
            let level = NonZeroU16::new(*level).unwrap_or(NonZeroU16::MIN);
            TagGroup::new(Tag::Hn(level, Some(text.clone())))
        }
        Role::Paragraph => TagGroup::new(Tag::P),
        Role::Table => TagGroup::new(Tag::Table),
        Role::TableHead => TagGroup::new(Tag::THead),
        Role::TableBody => TagGroup::new(Tag::TBody),
        Role::TableRow => TagGroup::new(Tag::TR),
        Role::ColumnHead => TagGroup::new(Tag::TH(TableHeaderScope::Column)),
        Role::RowHead(over) => {
            let over = NonZeroU32::new(*over).filter(|it| 1 < it.get());
            TagGroup::new(Tag::TH(TableHeaderScope::Row).with_col_span(over))
        }
        Role::TableCell => TagGroup::new(Tag::TD),
    };
    for child in &part.children {
        group.push(self::group(sheet, *child, contents));
    }
    for content in contents.get(id.place()).into_iter().flatten() {
        group.push(*content);
    }
    group
}
