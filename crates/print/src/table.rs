//! Tables over many pages: heads stand on every page, a row is broken only where it is higher than a page, and nothing is cut off.

use crate::sheet::{BODY, INNER, MARGIN, Of, PartId, Role, SMALL, STRONG, Sheet};
use crate::text::{Line, Style};
use crate::typeface::Weight;

/// Between a rule and the text below it.
const PAD: f32 = 2.5;
/// Between columns.
const GAP: f32 = 6.0;

const HEAD: Style = Style::new(Weight::Bold, 7.5);
const GROUP: Style = Style::new(Weight::Bold, 8.5);

/// A column's head and the share of the width it has.
#[derive(Debug, Clone)]
pub(crate) struct Column {
    pub(crate) ja: String,
    pub(crate) en: String,
    pub(crate) share: f32,
}

impl Column {
    pub(crate) fn new(ja: &str, en: &str, share: f32) -> Self {
        Self {
            ja: ja.to_owned(),
            en: en.to_owned(),
            share,
        }
    }
}

/// What stands in a cell, one below the other.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cell(pub(crate) Vec<(String, Style)>);

impl Cell {
    pub(crate) fn of(text: impl Into<String>) -> Self {
        Self(vec![(text.into(), BODY)])
    }

    pub(crate) fn strong(text: impl Into<String>) -> Self {
        Self(vec![(text.into(), STRONG)])
    }

    /// With a smaller text below, where there is one.
    pub(crate) fn and_small(mut self, text: Option<impl Into<String>>) -> Self {
        self.0.extend(text.map(|it| (it.into(), SMALL)));
        self
    }
}

/// Which heads a table has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Heads {
    /// Of its columns.
    Columns,
    /// Of its rows: the first column's cells.
    Rows,
    /// Of both.
    Both,
}

/// A table that is being laid.
pub(crate) struct Table {
    columns: Vec<Column>,
    body: PartId,
    /// The group's head, told again on a new page.
    group: Option<String>,
    heads: Heads,
}

impl Table {
    /// Begins a table of two columns whose heads are those of its rows alone.
    pub(crate) fn of_facts(sheet: &mut Sheet<'_>, shares: [f32; 2]) -> Self {
        let whole = sheet.part(Role::Table, Sheet::DOCUMENT);
        sheet.rule(0, 0.8);
        Self {
            columns: shares.map(|share| Column::new("", "", share)).into(),
            body: sheet.part(Role::TableBody, whole),
            group: None,
            heads: Heads::Rows,
        }
    }

    /// Begins a table with heads of its columns.
    pub(crate) fn begin(sheet: &mut Sheet<'_>, columns: Vec<Column>, heads: Heads) -> Self {
        let whole = sheet.part(Role::Table, Sheet::DOCUMENT);
        let head = sheet.part(Role::TableHead, whole);
        let row = sheet.part(Role::TableRow, head);
        let parts: Vec<PartId> = columns
            .iter()
            .map(|_| sheet.part(Role::ColumnHead, row))
            .collect();
        let table = Self {
            columns,
            body: sheet.part(Role::TableBody, whole),
            group: None,
            heads,
        };
        table.draw_heads(sheet, |at| {
            parts.get(at).map_or(Of::Page, |part| Of::Part(*part))
        });
        table
    }

    /// Begins a group of rows, which stays with its first row.
    pub(crate) fn group(&mut self, sheet: &mut Sheet<'_>, text: &str) {
        let lines = sheet.setter.lines(text, GROUP, INNER - GAP);
        let height = height_of(&lines) + 2.0 * PAD;
        self.group = None;
        self.need(sheet, height + 40.0);
        let row = sheet.part(Role::TableRow, self.body);
        let over = u32::try_from(self.columns.len()).unwrap_or(1);
        let cell = sheet.part(Role::RowHead(over), row);
        draw_group(sheet, lines, Of::Part(cell));
        self.group = Some(text.to_owned());
    }

    /// Adds a row.
    pub(crate) fn row(&mut self, sheet: &mut Sheet<'_>, cells: &[Cell]) {
        let row = sheet.part(Role::TableRow, self.body);
        let mut set = Vec::new();
        for (at, (cell, width)) in cells.iter().zip(self.widths()).enumerate() {
            let role = if at == 0 && self.heads != Heads::Columns {
                Role::RowHead(1)
            } else {
                Role::TableCell
            };
            let part = sheet.part(role, row);
            let mut lines = Vec::new();
            for (text, style) in &cell.0 {
                lines.extend(sheet.setter.lines(text, *style, width - GAP));
            }
            set.push((part, lines));
        }
        let height = set.iter().map(|(_, it)| height_of(it)).fold(0.0, f32::max);
        self.need(sheet, height + 2.0 * PAD);
        self.draw_row(sheet, set);
    }

    /// Draws a row on as many pages as it needs.
    fn draw_row(&self, sheet: &mut Sheet<'_>, mut set: Vec<(PartId, Vec<Line>)>) {
        loop {
            let room = sheet.room() - 2.0 * PAD;
            let top = sheet.top() + PAD;
            let mut lowest = top;
            let mut rest = false;
            let lefts = self.lefts();
            for ((part, lines), left) in set.iter_mut().zip(lefts) {
                let mut below = top;
                let mut fitting = 0;
                for line in lines.iter() {
                    if room < below - top + line.style.line_height() {
                        break;
                    }
                    below += line.style.line_height();
                    fitting += 1;
                }
                let mut at = top;
                for line in lines.drain(..fitting) {
                    let (baseline, height) = (at + line.style.size, line.style.line_height());
                    sheet.mark(left, baseline, line, Of::Part(*part));
                    at += height;
                }
                lowest = lowest.max(below);
                rest |= !lines.is_empty();
            }
            sheet.skip(lowest - top + 2.0 * PAD);
            sheet.rule(150, 0.4);
            if !rest {
                return;
            }
            self.turn(sheet);
        }
    }

    /// Begins a page where less room is left, with the heads again.
    fn need(&self, sheet: &mut Sheet<'_>, height: f32) {
        if sheet.room() < height && !sheet.is_fresh() {
            self.turn(sheet);
        }
    }

    fn turn(&self, sheet: &mut Sheet<'_>) {
        sheet.turn();
        match self.heads {
            Heads::Columns | Heads::Both => self.draw_heads(sheet, |_| Of::Page),
            Heads::Rows => sheet.rule(0, 0.8),
        }
        if let Some(group) = &self.group {
            let text = format!("{group}（続き continued）");
            let lines = sheet.setter.lines(&text, GROUP, INNER - GAP);
            draw_group(sheet, lines, Of::Page);
        }
    }

    fn draw_heads(&self, sheet: &mut Sheet<'_>, of: impl Fn(usize) -> Of) {
        let mut set = Vec::new();
        for (column, width) in self.columns.iter().zip(self.widths()) {
            let mut lines = sheet.setter.lines(&column.ja, HEAD, width - GAP);
            if !column.en.is_empty() {
                lines.extend(sheet.setter.lines(&column.en, SMALL, width - GAP));
            }
            set.push(lines);
        }
        let height = set.iter().map(|it| height_of(it)).fold(0.0, f32::max) + 2.0 * PAD;
        sheet.need(height + 60.0);
        sheet.rule(0, 0.8);
        let top = sheet.top() + PAD;
        for (at, (lines, left)) in set.into_iter().zip(self.lefts()).enumerate() {
            let mut below = top;
            for line in lines {
                let (baseline, height) = (below + line.style.size, line.style.line_height());
                sheet.mark(left, baseline, line, of(at));
                below += height;
            }
        }
        sheet.skip(height);
        sheet.rule(0, 0.8);
    }

    fn widths(&self) -> impl Iterator<Item = f32> {
        let all: f32 = self.columns.iter().map(|it| it.share).sum();
        self.columns.iter().map(move |it| it.share / all * INNER)
    }

    fn lefts(&self) -> Vec<f32> {
        let mut left = MARGIN + GAP / 2.0;
        let mut lefts = Vec::new();
        for width in self.widths() {
            lefts.push(left);
            left += width;
        }
        lefts
    }
}

fn draw_group(sheet: &mut Sheet<'_>, lines: Vec<Line>, of: Of) {
    let height = height_of(&lines) + 2.0 * PAD;
    sheet.shade(height, 222);
    let mut top = sheet.top() + PAD;
    for line in lines {
        let (baseline, height) = (top + line.style.size, line.style.line_height());
        sheet.mark(MARGIN + GAP / 2.0, baseline, line, of);
        top += height;
    }
    sheet.skip(height);
}

fn height_of(lines: &[Line]) -> f32 {
    lines.iter().map(|it| it.style.line_height()).sum()
}
