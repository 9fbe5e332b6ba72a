//! A PDF as other programs see it. Repairs nothing.

use std::path::PathBuf;
use std::process::Command;

/// A document in a file of its own.
pub(crate) struct Document {
    folder: tempfile::TempDir,
}

/// A word on a page, in points from the upper left.
#[derive(Debug)]
pub(crate) struct Word {
    pub(crate) page: usize,
    pub(crate) text: String,
    pub(crate) left: f32,
    pub(crate) top: f32,
    pub(crate) right: f32,
    pub(crate) bottom: f32,
}

impl Document {
    pub(crate) fn new(bytes: &[u8]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.pdf"), bytes).unwrap();
        Self { folder }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("a.pdf")
    }

    /// What a program of poppler or qpdf says of it.
    fn asked(&self, program: &str, before: &[&str], after: &[&str]) -> String {
        let output = Command::new(program)
            .args(before)
            .arg(self.path())
            .args(after)
            .output()
            .unwrap_or_else(|error| panic!("{program}: {error}; cargo xtask test installs it"));
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{program}: {told}");
        // poppler wants another type for one entry of the catalogue than the standard (ISO 32000-1, table 321).
        let told = told.replace(
            "Syntax Error: Suspects object is wrong type (boolean)\n",
            "",
        );
        assert_eq!(told, "", "{program} has something to say");
        // poppler tells titles of headings in the bytes of the file.
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Its text, as copied by hand.
    pub(crate) fn text(&self) -> String {
        self.asked("pdftotext", &["-layout"], &["-"])
    }

    /// Its text without blanks and line ends.
    pub(crate) fn letters(&self) -> String {
        let text = self.asked("pdftotext", &["-raw"], &["-"]);
        text.chars().filter(|c| !c.is_whitespace()).collect()
    }

    pub(crate) fn fonts(&self) -> String {
        self.asked("pdffonts", &[], &[])
    }

    pub(crate) fn facts(&self) -> String {
        self.asked("pdfinfo", &[], &[])
    }

    /// The structure that a screen reader reads.
    pub(crate) fn structure(&self) -> String {
        self.asked("pdfinfo", &["-struct-text"], &[])
    }

    pub(crate) fn check(&self) -> String {
        self.asked("qpdf", &["--check"], &[])
    }

    /// Whether a page paints in anything but greys.
    pub(crate) fn is_coloured(&self) -> bool {
        let to = self.folder.path().join("plain.pdf");
        self.asked("qpdf", &["--qdf"], &[to.to_str().unwrap()]);
        let bytes = std::fs::read(to).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        let paints = |line: &str| {
            ["rg", "RG", "k", "K", "sc", "scn"]
                .iter()
                .any(|it| line.ends_with(&format!(" {it}")))
        };
        text.lines().any(paints)
    }

    /// Every word with its place.
    pub(crate) fn words(&self) -> Vec<Word> {
        let boxes = self.asked("pdftotext", &["-bbox"], &["-"]);
        let mut page = 0;
        let mut words = Vec::new();
        for line in boxes.lines().map(str::trim) {
            if line.starts_with("<page ") {
                page += 1;
            }
            let Some(rest) = line.strip_prefix("<word ") else {
                continue;
            };
            let (place, text) = rest.split_once('>').unwrap();
            let number = |name: &str| -> f32 {
                let (_, from) = place.split_once(&format!("{name}=\"")).unwrap();
                from.split('"').next().unwrap().parse().unwrap()
            };
            words.push(Word {
                page,
                text: text.trim_end_matches("</word>").to_owned(),
                left: number("xMin"),
                top: number("yMin"),
                right: number("xMax"),
                bottom: number("yMax"),
            });
        }
        words
    }
}
