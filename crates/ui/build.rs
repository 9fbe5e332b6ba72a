//! Embeds stylesheet, scripts and fonts under names that carry their content's hash. Fetches nothing: `cargo xtask assets` does.
#![allow(
    clippy::print_stdout,
    reason = "a build script speaks to cargo on its standard output"
)]

use std::fmt::Write;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

/// Our own stylesheet, in this order after the design tokens.
const STYLES: [&str; 5] = [
    "base.css",
    "components.css",
    "pages.css",
    "medical.css",
    "print.css",
];

/// What pages need of it that are opened on a poor line.
const LEAN_STYLES: [&str; 3] = ["base.css", "components.css", "lean.css"];

/// Fonts, as `base.css` names them.
const FONTS: [(&str, &str); 2] = [
    ("REGULAR_FONT", "onshi-regular.woff2"),
    ("BOLD_FONT", "onshi-bold.woff2"),
];

struct Embedded {
    constant: &'static str,
    path: String,
    media_type: &'static str,
    file: PathBuf,
}

fn main() {
    println!("cargo::rerun-if-changed=assets");
    if let Err(file) = embed() {
        // Cargo fails the build on it and prints it alone.
        println!(
            "cargo::error={} cannot be read or written; run `cargo xtask assets`, which fetches what the pages need",
            file.display()
        );
    }
}

/// The stylesheet of pages that are opened on a poor line: the same components in the device's own typeface, without our fonts of some MiB.
fn lean(fetched: &Path, own: &Path) -> Result<String, PathBuf> {
    let mut style = text(&fetched.join("tokens.css"))?;
    for name in LEAN_STYLES {
        let mut rest = text(&own.join(name))?;
        while let Some((before, font)) = rest.split_once("@font-face {") {
            style.push_str(before);
            rest = font.split_once('}').unwrap_or_default().1.to_owned();
        }
        style.push_str(&rest);
    }
    Ok(style)
}

/// Writes `assets.rs` for `src/assets.rs`. Fails with the file that is missing.
fn embed() -> Result<(), PathBuf> {
    let out = PathBuf::from(std::env::var_os("OUT_DIR").unwrap_or_default());
    // As it is now, not as it was when this script was compiled: builds of several copies of the sources may share a target folder.
    let here = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default();
    let own = Path::new(&here).join("assets");
    let fetched = own.join("generated");
    let mut embedded = Vec::new();
    let mut style = text(&fetched.join("tokens.css"))?;
    for name in STYLES {
        style.push_str(&text(&own.join(name))?);
    }
    for (constant, name) in FONTS {
        let font = hashed(constant, name, "font/woff2", fetched.join(name))?;
        style = style.replace(name, font.path.trim_start_matches("/assets/"));
        embedded.push(font);
    }
    let style_file = out.join("onshi.css");
    std::fs::write(&style_file, style).map_err(|_| style_file.clone())?;
    embedded.push(hashed(
        "STYLESHEET",
        "onshi.css",
        "text/css; charset=utf-8",
        style_file,
    )?);
    let lean_file = out.join("onshi-lean.css");
    std::fs::write(&lean_file, lean(&fetched, &own)?).map_err(|_| lean_file.clone())?;
    embedded.push(hashed(
        "LEAN_STYLESHEET",
        "onshi-lean.css",
        "text/css; charset=utf-8",
        lean_file,
    )?);
    let script = "text/javascript; charset=utf-8";
    embedded.push(hashed(
        "HTMX",
        "htmx.min.js",
        script,
        fetched.join("htmx.min.js"),
    )?);
    embedded.push(hashed("SCRIPT", "onshi.js", script, own.join("onshi.js"))?);
    embedded.push(hashed(
        "NOTICES",
        "notices.txt",
        "text/plain; charset=utf-8",
        fetched.join("notices.txt"),
    )?);
    let list = out.join("assets.rs");
    std::fs::write(&list, rust(&embedded)).map_err(|_| list)
}

fn text(file: &Path) -> Result<String, PathBuf> {
    std::fs::read_to_string(file).map_err(|_| file.into())
}

/// A file under a name with the first eight bytes of its hash.
fn hashed(
    constant: &'static str,
    name: &str,
    media_type: &'static str,
    file: PathBuf,
) -> Result<Embedded, PathBuf> {
    let bytes = std::fs::read(&file).map_err(|_| file.clone())?;
    let mut hash = String::new();
    for byte in Sha256::digest(&bytes).iter().take(8) {
        // Writing to a text cannot fail.
        let _ = write!(hash, "{byte:02x}");
    }
    let (stem, extension) = name.split_once('.').unwrap_or((name, "bin"));
    Ok(Embedded {
        constant,
        path: format!("/assets/{stem}-{hash}.{extension}"),
        media_type,
        file,
    })
}

fn rust(embedded: &[Embedded]) -> String {
    let mut code = String::new();
    for asset in embedded {
        let _ = writeln!(
            code,
            "/// Path of the file.\npub const {}: &str = {:?};",
            asset.constant, asset.path
        );
    }
    code.push_str("const ALL: &[Asset] = &[\n");
    for asset in embedded {
        let _ = writeln!(
            code,
            "Asset {{ path: {:?}, media_type: {:?}, bytes: include_bytes!({:?}) }},",
            asset.path, asset.media_type, asset.file
        );
    }
    code.push_str("];\n");
    code
}
