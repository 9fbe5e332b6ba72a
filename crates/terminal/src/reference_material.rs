//! The guide's list of reference material (G36, guide-data §5): example data that an operator edits, each with the address a QR code
//! leads to. Fetches nothing: the terminal has no internet.

use std::path::Path;

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
    /// Whether it is about claims: such is shown where they are handed in.
    pub(crate) claims: bool,
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
    #[serde(default)]
    claims: bool,
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
        claims: row.claims,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_list_is_good_and_each_line_leads_somewhere_or_says_where_to_ask() {
        let list = parse(include_str!("../data/reference_material.toml")).unwrap();
        assert_eq!(list.as_of, "審査25-S338");
        assert_eq!(list.material.len(), 12);
        assert_eq!(list.material.iter().filter(|it| it.claims).count(), 1);
        for it in &list.material {
            assert!(it.url.is_some() || !it.place.is_empty(), "{}", it.title);
            if let Some(url) = &it.url {
                assert!(
                    ui::qr_code::QrCode::of(url).is_some_and(|code| 29 <= code.side),
                    "{url}"
                );
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
}
