//! The text of a manual: headings, paragraphs, numbered steps, lists, notes and links to pages of this terminal, in a few marks of
//! Markdown. Knows no markup beyond these and passes none through.

/// A part of a manual under one heading.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Section {
    /// Identifier within its page.
    pub(crate) anchor: String,
    pub(crate) heading: String,
    pub(crate) blocks: Vec<Block>,
}

/// A paragraph, or what stands in its place.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Block {
    Paragraph(Vec<Run>),
    /// `> `: something to mind.
    Note(Vec<Run>),
    /// `1. `: what to do, in order.
    Steps(Vec<Vec<Run>>),
    /// `- `: in no order.
    List(Vec<Vec<Run>>),
}

/// Text, or text that leads to a page of this terminal.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Run {
    Text(String),
    Link { text: String, href: String },
}

impl Section {
    /// Heading and text without marks, to search in.
    pub(crate) fn plain(&self) -> String {
        let mut text = self.heading.clone();
        for block in &self.blocks {
            let lines: Vec<&Vec<Run>> = match block {
                Block::Paragraph(runs) | Block::Note(runs) => vec![runs],
                Block::Steps(items) | Block::List(items) => items.iter().collect(),
            };
            for runs in lines {
                text.push('\n');
                for run in runs {
                    text.push_str(match run {
                        Run::Text(text) | Run::Link { text, .. } => text,
                    });
                }
            }
        }
        text
    }
}

/// Reads a manual: its title, and its sections.
pub(super) fn read(source: &str) -> (&str, Vec<Section>) {
    let mut title = "";
    let mut sections: Vec<Section> = Vec::new();
    for part in source.split("\n\n").map(str::trim) {
        if let Some(text) = part.strip_prefix("# ") {
            title = text;
        } else if let Some(heading) = part.strip_prefix("## ") {
            sections.push(Section {
                anchor: format!("s{}", sections.len() + 1),
                heading: heading.to_owned(),
                blocks: Vec::new(),
            });
        } else if !part.is_empty()
            && let Some(section) = sections.last_mut()
        {
            section.blocks.push(block(part));
        }
    }
    (title, sections)
}

fn block(part: &str) -> Block {
    let items = |mark: fn(&str) -> Option<&str>| -> Option<Vec<Vec<Run>>> {
        part.lines().map(|line| mark(line).map(runs)).collect()
    };
    let numbered = |line: &str| -> Option<usize> {
        let (number, _) = line.split_once(". ")?;
        number.parse().ok()
    };
    if part.lines().all(|line| numbered(line).is_some())
        && let Some(steps) = items(|line| line.split_once(". ").map(|(_, text)| text))
    {
        return Block::Steps(steps);
    }
    if let Some(list) = items(|line| line.strip_prefix("- ")) {
        return Block::List(list);
    }
    match part.strip_prefix("> ") {
        Some(text) => Block::Note(runs(&text.replace('\n', ""))),
        None => Block::Paragraph(runs(&part.replace('\n', ""))),
    }
}

/// Splits a line at its links, `[text](/page)`.
fn runs(mut line: &str) -> Vec<Run> {
    let mut runs = Vec::new();
    while let Some((before, rest)) = line.split_once('[') {
        let link = rest
            .split_once("](/")
            .and_then(|(text, rest)| rest.split_once(')').map(|(path, rest)| (text, path, rest)));
        let Some((text, path, after)) = link else {
            break;
        };
        if !before.is_empty() {
            runs.push(Run::Text(before.to_owned()));
        }
        runs.push(Run::Link {
            text: text.to_owned(),
            href: format!("/{path}"),
        });
        line = after;
    }
    if !line.is_empty() {
        runs.push(Run::Text(line.to_owned()));
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_become_blocks_and_anything_else_is_text() {
        let source = "# 題 / Title\n\n## 一\n\n1. [確認](/check)を開く\n2. 押す <b>\n\n- a\n- b\n\n> 注意\n\n一行目\n二行目 [x]";
        let (title, sections) = read(source);
        assert_eq!(title, "題 / Title");
        let [section] = sections.as_slice() else {
            panic!("one section")
        };
        assert_eq!((section.anchor.as_str(), section.blocks.len()), ("s1", 4));
        let Block::Steps(steps) = &section.blocks[0] else {
            panic!("steps")
        };
        assert_eq!(
            steps[0],
            [
                Run::Link {
                    text: "確認".into(),
                    href: "/check".into()
                },
                Run::Text("を開く".into())
            ]
        );
        assert_eq!(steps[1], [Run::Text("押す <b>".into())]);
        assert!(matches!(&section.blocks[1], Block::List(items) if items.len() == 2));
        assert!(matches!(&section.blocks[2], Block::Note(_)));
        assert_eq!(
            section.blocks[3],
            Block::Paragraph(vec![Run::Text("一行目二行目 [x]".into())])
        );
        assert!(section.plain().contains("確認を開く"));
    }
}
