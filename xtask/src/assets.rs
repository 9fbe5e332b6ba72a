//! What the pages take from others: npm packages and a font, fetched by lock file and package name into a folder git ignores.
//! Commits nothing and leaves the rest of the tree alone.

use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use anyhow::{Context, bail};

use crate::tools::{ASSETS_TOOLS, install};

/// The crate of the pages, where `package.json` lies.
const UI: &str = "crates/ui";

/// Where the files go; git ignores it, the crate's `build.rs` embeds it.
const GENERATED: &str = "crates/ui/assets/generated";

/// Files taken from npm packages, and what they are called here. The last is for tests only and never embedded.
const FROM_NPM: [(&str, &str); 3] = [
    ("@digital-go-jp/design-tokens/dist/tokens.css", "tokens.css"),
    ("htmx.org/dist/htmx.min.js", "htmx.min.js"),
    ("axe-core/axe.min.js", "axe.min.js"),
];

/// Licence texts that must go with what is embedded.
const NOTICES: [(&str, &str); 3] = [
    (
        "@digital-go-jp/design-tokens",
        "crates/ui/node_modules/@digital-go-jp/design-tokens/LICENSE",
    ),
    ("htmx.org", "crates/ui/node_modules/htmx.org/LICENSE"),
    ("Noto Sans CJK", FONT_LICENCE),
];

const FONT_LICENCE: &str = "/usr/share/doc/fonts-noto-cjk/copyright";

const WEIGHTS: [(&str, &str); 2] = [
    ("Regular", "onshi-regular.woff2"),
    ("Bold", "onshi-bold.woff2"),
];

/// Makes the folder anew.
pub(crate) fn make(root: &Path) -> anyhow::Result<()> {
    install(&ASSETS_TOOLS)?;
    crate::run(Command::new("npm").arg("ci").current_dir(root.join(UI)))?;
    let to = root.join(GENERATED);
    std::fs::create_dir_all(&to).with_context(|| format!("cannot make {}", to.display()))?;
    for (from, name) in FROM_NPM {
        copy(
            &root.join(UI).join("node_modules").join(from),
            &to.join(name),
        )?;
    }
    fonts(root, &to)?;
    write(&to.join("notices.txt"), &notices(root)?)?;
    // Last, so that a folder left half made counts as missing.
    write(&to.join("made-from"), &sources(root)?)
}

/// Makes the folder when it is missing or was made from another lock file or font recipe.
pub(crate) fn make_if_old(root: &Path) -> anyhow::Result<()> {
    let made_from = std::fs::read_to_string(root.join(GENERATED).join("made-from"));
    if made_from.is_ok_and(|text| sources(root).is_ok_and(|now| now == text)) {
        return Ok(());
    }
    make(root)
}

/// All that decides what the folder holds.
fn sources(root: &Path) -> anyhow::Result<String> {
    let lock = read(&root.join(UI).join("package-lock.json"))?;
    Ok(lock + &read(&root.join(UI).join("font.py"))?)
}

/// Makes the font's weights side by side, unless the recipe is the one they were made by: each takes about a minute.
fn fonts(root: &Path, to: &Path) -> anyhow::Result<()> {
    let recipe = read(&root.join(UI).join("font.py"))?;
    let made_by = to.join("fonts-made-by");
    let are_there = WEIGHTS.iter().all(|(_, name)| to.join(name).is_file());
    if are_there && std::fs::read_to_string(&made_by).is_ok_and(|text| text == recipe) {
        return Ok(());
    }
    let start = |(weight, name): (&str, &str)| -> anyhow::Result<Child> {
        // Debian's own interpreter: another one on the path does not see Debian's fonttools.
        Command::new("/usr/bin/python3")
            .args(["font.py", weight])
            .arg(to.join(name))
            .current_dir(root.join(UI))
            .spawn()
            .context("cannot start /usr/bin/python3")
    };
    let started: Vec<_> = WEIGHTS.into_iter().map(start).collect();
    for child in started {
        let status = child?.wait()?;
        if !status.success() {
            bail!("{UI}/font.py ended with {status}");
        }
    }
    write(&made_by, &recipe)
}

fn notices(root: &Path) -> anyhow::Result<String> {
    let font = read(Path::new(FONT_LICENCE))?;
    if !font.to_lowercase().contains("sil open font license") {
        bail!(
            "{FONT_LICENCE} does not hold the SIL Open Font License; look at it before the font is shipped"
        );
    }
    let mut text = String::new();
    for (name, file) in NOTICES {
        text.push_str(&format!("==== {name} ====\n\n"));
        text.push_str(&read(&root.join(file))?);
        text.push('\n');
    }
    Ok(text)
}

fn copy(from: &Path, to: &PathBuf) -> anyhow::Result<()> {
    std::fs::copy(from, to)
        .with_context(|| format!("cannot copy {} to {}", from.display(), to.display()))?;
    Ok(())
}

fn read(path: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}
