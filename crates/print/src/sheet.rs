//! Pages of A4 as they fill from top to bottom, with what each line is to a reader who does not see them. Knows nothing of medical
//! information and writes no bytes.

use crate::text::{Line, Setter, Style};
use crate::typeface::Weight;

/// A4, in points.
pub(crate) const WIDTH: f32 = 595.28;
pub(crate) const HEIGHT: f32 = 841.89;
pub(crate) const MARGIN: f32 = 36.0;
/// Width between the margins.
pub(crate) const INNER: f32 = WIDTH - 2.0 * MARGIN;

/// The body begins below the head that every page bears.
const TOP: f32 = 78.0;
const BOTTOM: f32 = HEIGHT - 54.0;

pub(crate) const BODY: Style = Style::new(Weight::Regular, 8.5);
pub(crate) const STRONG: Style = Style::new(Weight::Bold, 8.5);
pub(crate) const SMALL: Style = Style::new(Weight::Regular, 7.0).grey(60);
const TITLE: Style = Style::new(Weight::Bold, 17.0);
const SECTION: Style = Style::new(Weight::Bold, 12.0);

/// What a part of the document is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Role {
    Document,
    /// With its level and text.
    Heading(u16, String),
    Paragraph,
    Table,
    TableHead,
    TableBody,
    TableRow,
    /// Head of a column.
    ColumnHead,
    /// Head of a row, over so many columns.
    RowHead(u32),
    TableCell,
}

/// A place in the document's structure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PartId(usize);

impl PartId {
    /// Its place among all parts.
    pub(crate) fn place(self) -> usize {
        self.0
    }
}

/// A part of the structure.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) role: Role,
    pub(crate) children: Vec<PartId>,
}

/// To whom a mark belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Of {
    /// To a part of the text.
    Part(PartId),
    /// To the page: said elsewhere, or an ornament.
    Page,
}

/// Something on a page.
#[derive(Debug)]
pub(crate) enum Mark {
    Text {
        left: f32,
        baseline: f32,
        line: Line,
        of: Of,
    },
    Shade {
        left: f32,
        top: f32,
        width: f32,
        height: f32,
        grey: u8,
    },
    Rule {
        top: f32,
        grey: u8,
        thick: f32,
    },
}

/// A heading, as a list of contents shows it.
#[derive(Debug)]
pub(crate) struct Heading {
    pub(crate) text: String,
    pub(crate) page: usize,
    pub(crate) top: f32,
}

/// The pages so far.
pub(crate) struct Sheet<'a> {
    pub(crate) setter: Setter<'a>,
    pub(crate) pages: Vec<Vec<Mark>>,
    pub(crate) parts: Vec<Part>,
    pub(crate) headings: Vec<Heading>,
    top: f32,
}

impl<'a> Sheet<'a> {
    pub(crate) fn new(setter: Setter<'a>) -> Self {
        let document = Part {
            role: Role::Document,
            children: Vec::new(),
        };
        Self {
            setter,
            pages: vec![Vec::new()],
            parts: vec![document],
            headings: Vec::new(),
            top: TOP,
        }
    }

    /// The document itself.
    pub(crate) const DOCUMENT: PartId = PartId(0);

    pub(crate) fn part(&mut self, role: Role, within: PartId) -> PartId {
        let id = PartId(self.parts.len());
        self.parts.push(Part {
            role,
            children: Vec::new(),
        });
        if let Some(parent) = self.parts.get_mut(within.0) {
            parent.children.push(id);
        }
        id
    }

    pub(crate) fn part_of(&self, id: PartId) -> Option<&Part> {
        self.parts.get(id.0)
    }

    pub(crate) fn title(&mut self, text: &str) {
        self.heading(1, text, "", TITLE);
    }

    /// A section's heading, with as much room below it as its first lines need.
    pub(crate) fn section(&mut self, ja: &str, en: &str) {
        self.need(120.0);
        self.skip(12.0);
        self.heading(2, ja, en, SECTION);
    }

    fn heading(&mut self, level: u16, ja: &str, en: &str, style: Style) {
        let text = format!("{ja} {en}").trim_end().to_owned();
        self.headings.push(Heading {
            text: text.clone(),
            page: self.pages.len() - 1,
            top: self.top,
        });
        let part = self.part(Role::Heading(level, text), Self::DOCUMENT);
        let baseline = self.top + style.size;
        let main = self.setter.line(ja, style);
        let left = MARGIN + main.width + 8.0;
        self.mark(MARGIN, baseline, main, Of::Part(part));
        if !en.is_empty() {
            let small = self.setter.line(&format!(" {en}"), SMALL);
            self.mark(left, baseline, small, Of::Part(part));
        }
        self.skip(style.line_height() + 2.0);
    }

    pub(crate) fn paragraph(&mut self, text: &str, style: Style) {
        let part = self.part(Role::Paragraph, Self::DOCUMENT);
        for line in self.setter.lines(text, style, INNER) {
            self.need(style.line_height());
            let baseline = self.top + style.size;
            self.mark(MARGIN, baseline, line, Of::Part(part));
            self.skip(style.line_height());
        }
    }

    /// Paragraphs in a frame.
    pub(crate) fn framed(&mut self, paragraphs: &[(String, Style)]) {
        const PAD: f32 = 5.0;
        let set: Vec<_> = paragraphs
            .iter()
            .map(|(text, style)| self.setter.lines(text, *style, INNER - 2.0 * PAD))
            .collect();
        let height = set
            .iter()
            .flatten()
            .map(|it| it.style.line_height())
            .sum::<f32>();
        self.need(height + 2.0 * PAD);
        self.rule(0, 0.8);
        self.shade(height + 2.0 * PAD, 240);
        self.skip(PAD);
        for lines in set {
            let part = self.part(Role::Paragraph, Self::DOCUMENT);
            for line in lines {
                let (baseline, height) = (self.top + line.style.size, line.style.line_height());
                self.mark(MARGIN + PAD, baseline, line, Of::Part(part));
                self.skip(height);
            }
        }
        self.skip(PAD);
        self.rule(0, 0.8);
        self.skip(4.0);
    }

    /// How much room is left on the page.
    pub(crate) fn room(&self) -> f32 {
        BOTTOM - self.top
    }

    /// True where nothing stands on the page yet.
    pub(crate) fn is_fresh(&self) -> bool {
        self.top <= TOP
    }

    /// Begins a page where less room is left.
    pub(crate) fn need(&mut self, height: f32) {
        if self.room() < height && !self.is_fresh() {
            self.turn();
        }
    }

    /// Begins a page.
    pub(crate) fn turn(&mut self) {
        self.pages.push(Vec::new());
        self.top = TOP;
    }

    pub(crate) fn skip(&mut self, height: f32) {
        self.top += height;
    }

    pub(crate) fn top(&self) -> f32 {
        self.top
    }

    /// A rule across the page, here.
    pub(crate) fn rule(&mut self, grey: u8, thick: f32) {
        let top = self.top;
        self.put(Mark::Rule { top, grey, thick });
    }

    /// A shade across the page from here on, below what is marked later.
    pub(crate) fn shade(&mut self, height: f32, grey: u8) {
        let top = self.top;
        self.put(Mark::Shade {
            left: MARGIN,
            top,
            width: INNER,
            height,
            grey,
        });
    }

    pub(crate) fn mark(&mut self, left: f32, baseline: f32, line: Line, of: Of) {
        self.put(Mark::Text {
            left,
            baseline,
            line,
            of,
        });
    }

    fn put(&mut self, mark: Mark) {
        if let Some(page) = self.pages.last_mut() {
            page.push(mark);
        }
    }
}
