//! QR codes as outlines of SVG, for addresses and secrets that are read by a phone. Draws no page and keeps no text.

use fast_qr::QRBuilder;

/// A QR code as squares: how many modules a side has, and the outline of the dark ones for the `d` of an SVG path, with the quiet zone of
/// four modules around (ISO/IEC 18004).
#[derive(Clone, PartialEq, Eq)]
pub struct QrCode {
    /// Modules of a side.
    pub side: usize,
    /// Outline of the dark modules.
    pub path: String,
}

impl std::fmt::Debug for QrCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "QrCode({}, …)", self.side)
    }
}

/// Modules of the quiet zone.
const QUIET: usize = 4;

impl QrCode {
    /// The QR code of a text; `None` for one that is too long.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        let code = QRBuilder::new(text).build().ok()?;
        let size = code.size;
        let mut path = String::new();
        for y in 0..size {
            for x in 0..size {
                let dark = code.data.get(y * size + x).is_some_and(|it| it.value());
                if dark {
                    path.push_str(&format!("M{} {}h1v1h-1z", x + QUIET, y + QUIET));
                }
            }
        }
        Some(Self {
            side: size + 2 * QUIET,
            path,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_its_finder_patterns_and_a_quiet_zone() {
        let code = QrCode::of("https://example.jp/").unwrap();
        let has = |x: usize, y: usize| code.path.contains(&format!("M{x} {y}h"));
        for at in 4..11 {
            assert!(
                has(at, 4) && has(4, at),
                "a finder pattern is a square of seven"
            );
        }
        assert!(
            !has(11, 4) && !has(5, 5),
            "with a light ring around and within"
        );
        for at in 0..code.side {
            let edge = [(at, 3), (3, at), (at, code.side - 4), (code.side - 4, at)];
            assert!(edge.into_iter().all(|(x, y)| !has(x, y)));
        }
    }

    #[test]
    fn a_text_too_long_for_a_code_has_none() {
        assert_eq!(QrCode::of(&"x".repeat(5_000)), None);
    }
}
