//! The files pages load: stylesheet, scripts, fonts, licence notices. All are embedded; nothing comes from another origin.

/// A file under a name that changes with its content, so that browsers may keep it for good.
#[derive(Debug, Clone, Copy)]
pub struct Asset {
    /// Path on the page's own host.
    pub path: &'static str,
    /// Media type.
    pub media_type: &'static str,
    /// Content.
    pub bytes: &'static [u8],
}

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// How long a browser may keep an [`Asset`].
pub const CACHE_CONTROL: &str = "public, max-age=31536000, immutable";

/// The file of a path.
#[must_use]
pub fn find(path: &str) -> Option<&'static Asset> {
    ALL.iter().find(|asset| asset.path == path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_the_stylesheet_names_is_embedded() {
        let style = std::str::from_utf8(find(STYLESHEET).unwrap().bytes).unwrap();
        let named: Vec<&str> = style.split("url(\"").skip(1).collect();
        assert_eq!(named.len(), 2);
        for rest in named {
            let name = rest.split('"').next().unwrap();
            let font = find(&format!("/assets/{name}")).unwrap();
            assert_eq!(&font.bytes[..4], b"wOF2", "{name}");
        }
    }

    #[test]
    fn the_lean_stylesheet_loads_nothing_and_is_small() {
        let style = std::str::from_utf8(find(LEAN_STYLESHEET).unwrap().bytes).unwrap();
        assert!(!style.contains("url(") && !style.contains("@font-face"));
        assert!(
            style.contains(".onshi-button") && style.len() < 32 << 10,
            "{}",
            style.len()
        );
    }

    #[test]
    fn an_unknown_file_is_none() {
        assert!(find("/assets/onshi.css").is_none());
        assert!(find("/assets/../Cargo.toml").is_none());
    }
}
