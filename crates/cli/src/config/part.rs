//! Which part a settings file is of.

use clap::ValueEnum;

/// The parts that have a settings file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// The center.
    Center,
    /// The clinic's terminal.
    Terminal,
    /// The link app.
    Gateway,
    /// The patients' kiosk.
    Kiosk,
}

impl Part {
    /// By the tables only one part has.
    pub(super) fn of(text: &str) -> Self {
        // What is no TOML at all is told of whatever part reads it.
        let settings: toml::Table = text.parse().unwrap_or_default();
        let has = |key: &str| settings.contains_key(key);
        // A terminal may have a reader, too, but no account of its own.
        if has("reader") && has("account") {
            Self::Kiosk
        } else if has("folders") || has("account") {
            Self::Gateway
        } else if has("identity") {
            Self::Terminal
        } else {
            Self::Center
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Center => "center",
            Self::Terminal => "terminal",
            Self::Gateway => "gateway",
            Self::Kiosk => "kiosk",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_told_from_its_tables() {
        assert_eq!(Part::of("data_dir = \"x\"\n[listen]\n"), Part::Center);
        assert_eq!(Part::of("[identity]\nname = \"x\"\n"), Part::Terminal);
        assert_eq!(
            Part::of("reader = \"pcsc:\"\n[identity]\nname = \"x\"\n"),
            Part::Terminal
        );
        assert_eq!(
            Part::of("[identity]\n[account]\n[[folders]]\n"),
            Part::Gateway
        );
        for kiosk in [
            "reader = \"pcsc:\"\n[identity]\n[account]\n",
            "reader=\"pcsc:\"\n[identity]\n[account] # its own\n",
        ] {
            assert_eq!(Part::of(kiosk), Part::Kiosk);
        }
    }
}
