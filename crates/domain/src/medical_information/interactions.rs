//! Pairs of drugs that somebody says not to take together (相互作用), from a file with a source in every line. Holds no pair itself and
//! judges none.

/// Two drugs or ingredients, and what the file's author says of them.
///
/// ```
/// use domain::medical_information::interactions::Pairs;
/// let pairs = Pairs::parse("a\tb\tnote_ja\tnote_en\tsource\n架空成分甲\t架空成分乙\t併用注意（例）\tuse with care (example)\texample, line 1\n").unwrap();
/// assert_eq!(pairs.all()[0].source, "example, line 1");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// One: an ingredient as it is written, or a drug's code.
    pub a: String,
    /// The other.
    pub b: String,
    /// What is said, in Japanese.
    pub note_ja: String,
    /// What is said, in English.
    pub note_en: String,
    /// Who says so.
    pub source: String,
}

/// All pairs of a file.
///
/// ```
/// use domain::medical_information::interactions::Pairs;
/// assert!(Pairs::default().between("架空成分甲", "架空成分乙").next().is_none());
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pairs(Vec<Pair>);

/// What is wrong with a file of pairs.
///
/// ```
/// use domain::medical_information::interactions::{InvalidPairs, Pairs};
/// assert_eq!(Pairs::parse("a;b\n"), Err(InvalidPairs::Header));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPairs {
    /// The first line is not the header.
    #[error("the first line is not: a, b, note_ja, note_en, source, with tabs between")]
    Header,
    /// A line has another number of members than five.
    #[error("line {line}: {found} members where five belong")]
    Ragged {
        /// The line, from 1.
        line: usize,
        /// How many it has.
        found: usize,
    },
    /// A line leaves a member empty: each needs its source, too.
    #[error("line {line}: {member} is empty")]
    Empty {
        /// The line, from 1.
        line: usize,
        /// Which member.
        member: &'static str,
    },
}

/// The header, which every file begins with.
pub const HEADER: [&str; 5] = ["a", "b", "note_ja", "note_en", "source"];

impl Pairs {
    /// Reads lines of five members with tabs between, the header first. Lines that are blank or begin with `#` are passed over.
    ///
    /// # Errors
    /// [`InvalidPairs`], with the line.
    pub fn parse(text: &str) -> Result<Self, InvalidPairs> {
        let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
        let lines = (1..).zip(text.lines());
        let mut lines = lines.filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'));
        let header = lines.next().ok_or(InvalidPairs::Header)?.1;
        if !header.split('\t').map(str::trim).eq(HEADER) {
            return Err(InvalidPairs::Header);
        }
        let mut pairs = Vec::new();
        for (line, text) in lines {
            let members: Vec<&str> = text.split('\t').map(str::trim).collect();
            let found = members.len();
            let members: [&str; 5] = members
                .try_into()
                .map_err(|_| InvalidPairs::Ragged { line, found })?;
            if let Some((_, member)) = members.iter().zip(HEADER).find(|(it, _)| it.is_empty()) {
                return Err(InvalidPairs::Empty { line, member });
            }
            let [a, b, note_ja, note_en, source] = members.map(str::to_owned);
            pairs.push(Pair {
                a,
                b,
                note_ja,
                note_en,
                source,
            });
        }
        Ok(Self(pairs))
    }

    /// All of them, in the order of the file.
    #[must_use]
    pub fn all(&self) -> &[Pair] {
        &self.0
    }

    /// What is said of two, whichever is named first. A name that is nothing is in no pair.
    ///
    /// ```
    /// use domain::medical_information::interactions::Pairs;
    /// let pairs = Pairs::parse("a\tb\tnote_ja\tnote_en\tsource\nx\ty\t例\texample\tmade up\n").unwrap();
    /// assert!(pairs.between("y", "x").next().is_some());
    /// assert!(pairs.between("x", "x").next().is_none());
    /// ```
    pub fn between<'a>(&'a self, one: &'a str, other: &'a str) -> impl Iterator<Item = &'a Pair> {
        let of = move |it: &&Pair| (it.a == one && it.b == other) || (it.a == other && it.b == one);
        self.0.iter().filter(of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "a\tb\tnote_ja\tnote_en\tsource\n";

    #[test]
    fn a_line_without_a_source_is_refused_by_its_line() {
        let text = format!("# example\n{HEAD}x\ty\t例\texample\t \n");
        let error = Pairs::parse(&text).unwrap_err();
        assert_eq!(
            error,
            InvalidPairs::Empty {
                line: 3,
                member: "source"
            }
        );
        let text = format!("{HEAD}x\ty\n");
        assert_eq!(
            Pairs::parse(&text),
            Err(InvalidPairs::Ragged { line: 2, found: 2 })
        );
    }

    #[test]
    fn a_file_of_the_header_alone_holds_no_pair() {
        assert_eq!(Pairs::parse(HEAD), Ok(Pairs::default()));
        assert_eq!(Pairs::parse(""), Err(InvalidPairs::Header));
    }
}
