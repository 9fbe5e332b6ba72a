//! The guide's list of reference material (G36, guide-data §5): example data that an operator edits, each with the address a QR code
//! leads to. Fetches nothing: the terminal has no internet.

use std::path::Path;

use fast_qr::QRBuilder;
use serde::Deserialize;

use crate::manuals;
use crate::support::data_file::{DataFile, Read};

/// Name of the file in the data folder.
const FILE: &str = "reference_material.toml";

/// The list.
#[derive(Debug, Clone, Default)]
pub(crate) struct ReferenceMaterial {
    /// Of when the list is.
    pub(crate) as_of: String,
    pub(crate) material: Vec<Material>,
}

/// A piece of material.
#[derive(Debug, Clone)]
pub(crate) struct Material {
    /// Our manual of the same.
    pub(crate) manual: ManualName,
    pub(crate) title: String,
    pub(crate) title_en: String,
    /// Where on the page of `url` it is found, or where else.
    pub(crate) place: String,
    /// The page it is found on; that of the list's first line where it has none of its own.
    pub(crate) url: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    as_of: String,
    material: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    manual: ManualName,
    title: String,
    title_en: String,
    #[serde(default)]
    place: String,
    url: Option<Url>,
}

/// The name of a manual there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ManualName(pub(crate) &'static str);

impl<'de> Deserialize<'de> for ManualName {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let name = String::deserialize(from)?;
        match manuals::find(&name) {
            Some(manual) => Ok(Self(manual.name)),
            None => Err(serde::de::Error::custom(
                "この名前のマニュアルはありません。マニュアルのアドレス /manuals/ の後の名前を書いてください。 / there is no manual of this name; \
                 write what follows /manuals/ in its address",
            )),
        }
    }
}

/// An address, or nothing where there is no page.
#[derive(Clone)]
struct Url(Option<String>);

impl<'de> Deserialize<'de> for Url {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        if text.is_empty() {
            return Ok(Self(None));
        }
        let good = text.starts_with("https://") && text.len() <= 300 && text.is_ascii();
        if good && !text.contains(char::is_whitespace) {
            return Ok(Self(Some(text)));
        }
        Err(serde::de::Error::custom(
            "https:// で始まる300文字までのアドレスを書いてください。 / write an address of at most 300 characters that begins with https://",
        ))
    }
}

fn parse(text: &str) -> Result<ReferenceMaterial, String> {
    let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
    let first = file.material.first().and_then(|row| row.url.clone());
    let list = first.and_then(|url| url.0);
    let material = file.material.into_iter().map(|row| Material {
        manual: row.manual,
        title: row.title,
        title_en: row.title_en,
        place: row.place,
        url: match row.url {
            Some(url) => url.0,
            None => list.clone(),
        },
    });
    Ok(ReferenceMaterial {
        as_of: file.as_of,
        material: material.collect(),
    })
}

/// The list of a data folder.
pub(crate) fn file(data_dir: &Path) -> DataFile<ReferenceMaterial> {
    let built_in = include_str!("../data/reference_material.toml");
    DataFile::new(data_dir, FILE, built_in, parse)
}

/// What a page shows of the file as it is now.
pub(crate) type Now = Read<ReferenceMaterial>;

/// A QR code as squares: how many modules a side has, and the outline of the dark ones for the `d` of an SVG path, with the quiet zone of
/// four modules around (ISO/IEC 18004).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct QrCode {
    pub(crate) side: usize,
    pub(crate) path: String,
}

/// Modules of the quiet zone.
const QUIET: usize = 4;

/// The QR code of a text; `None` for one that is too long.
pub(crate) fn qr_code(text: &str) -> Option<QrCode> {
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
    Some(QrCode {
        side: size + 2 * QUIET,
        path,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_list_is_good_and_each_line_leads_somewhere_or_says_where_to_ask() {
        let list = parse(include_str!("../data/reference_material.toml")).unwrap();
        assert_eq!(list.as_of, "審査25-S338");
        assert_eq!(list.material.len(), 12);
        for it in &list.material {
            assert!(it.url.is_some() || !it.place.is_empty(), "{}", it.title);
            if let Some(url) = &it.url {
                assert!(qr_code(url).is_some_and(|code| 29 <= code.side), "{url}");
            }
        }
    }

    #[test]
    fn a_line_that_is_wrong_is_named_and_the_list_refused() {
        let wrong = "as_of = \"x\"\n[[material]]\nmanual = \"sign-in\"\ntitle = \"a\"\ntitle_en = \"a\"\nurl = \"http://x\"\n";
        let error = parse(wrong).unwrap_err();
        assert!(
            error.contains("line 6") && error.contains("https://"),
            "{error}"
        );
        let error = parse(&wrong.replace("sign-in", "weather")).unwrap_err();
        assert!(error.contains("line 3"), "{error}");
    }

    #[test]
    fn a_code_has_its_finder_patterns_and_a_quiet_zone() {
        let code = qr_code("https://example.jp/").unwrap();
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
}
