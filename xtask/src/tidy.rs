//! Rules of the tree that no compiler checks: arrows between crates, module sentences, names, documented paths, licences.
//! Changes no file.

mod dependencies;
mod glossary;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};
use serde_json::Value;

/// Which of our crates a crate may depend on, beside `domain`, which all may (design §2).
const ARROWS: [(&str, &[&str]); 18] = [
    ("domain", &[]),
    ("card", &[]),
    ("exchange", &[]),
    ("pki", &[]),
    ("print", &[]),
    ("store", &["traces"]),
    ("traces", &[]),
    ("ui", &[]),
    ("api", &["pki"]),
    ("synthetic", &["exchange"]),
    ("virtual-card", &["synthetic"]),
    (
        "center",
        &["api", "store", "pki", "ui", "exchange", "print", "traces"],
    ),
    ("terminal", &["api", "pki", "ui", "card", "kiosk"]),
    ("gateway", &["exchange", "api", "store", "pki"]),
    ("kiosk", &["api", "card", "pki", "ui"]),
    (
        "cli",
        &[
            "center",
            "terminal",
            "gateway",
            "kiosk",
            "store",
            "exchange",
            "pki",
            "api",
            "synthetic",
            "ui",
        ],
    ),
    ("benches", &[]),
    ("xtask", &[]),
];

/// The crate outside the product, whose arrows are free (design §2).
const FREE: &str = "benches";

const FORBIDDEN_NAMES: [&str; 9] = [
    "common", "util", "utils", "core", "types", "models", "helpers", "manager", "service",
];

const LICENCES: [&str; 14] = [
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "Unicode-3.0",
    "Zlib",
];

/// Crates that must not come in: a second TLS stack, C bindings we do not want, readers with known weaknesses.
const BANNED: [&str; 5] = ["openssl", "openssl-sys", "native-tls", "ring", "serde_yaml"];

/// Runs all rules and lists every breach.
pub(crate) fn run(root: &Path) -> anyhow::Result<()> {
    let mut breaches = arrows(&metadata(root)?);
    let (mut pages, mut manifests) = (Vec::new(), Vec::new());
    for file in tracked(root)? {
        let path = file.to_string_lossy().into_owned();
        let Ok(text) = std::fs::read_to_string(root.join(&file)) else {
            continue;
        };
        if path.ends_with(".rs") {
            breaches.extend(source_breaches(&path, &text));
            if path.starts_with("crates/domain/src/") {
                breaches.extend(missing_examples(&path, &text));
            }
        }
        if path.starts_with("packaging/systemd/") {
            breaches.extend(hidden_card_service(&path, &text));
        }
        if path == "docs/glossary.md" {
            breaches.extend(glossary::repeated_terms(&path, &text));
        }
        if path.ends_with(".md") {
            let named = documented_paths(&text);
            let missing = named.iter().filter(|named| !root.join(named).exists());
            breaches.extend(
                missing.map(|named| format!("{path}: names {named}, which does not exist")),
            );
            pages.push((path, named));
        } else if path.ends_with("/Cargo.toml") {
            manifests.push(text);
        }
    }
    breaches.extend(unnamed_pages(&pages));
    let read = |path: &str| {
        let text = std::fs::read_to_string(root.join(path));
        text.with_context(|| format!("cannot read {path}"))
    };
    breaches.extend(dependencies::unused_or_unnamed(
        &read("Cargo.toml")?,
        &manifests,
        &read(dependencies::DECISION)?,
    ));
    report(&breaches)
}

/// Checks licences, bans and sources of everything in the lock file.
pub(crate) fn licences(root: &Path) -> anyhow::Result<()> {
    let metadata = metadata(root)?;
    let built = built(root)?;
    let mut breaches = Vec::new();
    let packages = metadata.get("packages").and_then(Value::as_array);
    for package in packages.into_iter().flatten() {
        let name = text(package, "name").unwrap_or_default();
        let Some(source) = text(package, "source") else {
            continue;
        };
        if !source.starts_with("registry+") {
            breaches.push(format!("{name}: comes from outside the registry"));
        }
        // The lock file also names crates that no feature of ours switches on.
        if BANNED.contains(&name) && built.contains(name) {
            breaches.push(format!("{name}: banned"));
        }
        let licence = text(package, "license").unwrap_or("none stated");
        if !licence_allowed(licence) {
            breaches.push(format!("{name}: licence {licence}"));
        }
    }
    breaches.extend(npm_breaches(&npm_lock(root)?));
    report(&breaches)
}

fn npm_lock(root: &Path) -> anyhow::Result<Value> {
    let path = root.join("crates/ui/package-lock.json");
    let bytes = std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_slice(&bytes).with_context(|| format!("{} is no JSON", path.display()))
}

/// npm packages: licences as for crates; a checksum for each; no address, so that each machine asks its own registry.
fn npm_breaches(lock: &Value) -> Vec<String> {
    let mut breaches = Vec::new();
    let packages = lock.get("packages").and_then(Value::as_object);
    for (name, package) in packages.into_iter().flatten() {
        let licence = text(package, "license").unwrap_or("none stated");
        if !licence_allowed(licence) {
            breaches.push(format!("{name}: licence {licence}"));
        }
        let ours = name.is_empty();
        if !ours && text(package, "integrity").is_none() {
            breaches.push(format!("{name}: no checksum in the lock file"));
        }
        if text(package, "resolved").is_some() {
            breaches.push(format!("{name}: the lock file holds an address"));
        }
    }
    breaches
}

fn report(breaches: &[String]) -> anyhow::Result<()> {
    if breaches.is_empty() {
        return Ok(());
    }
    bail!("{} breaches:\n  {}", breaches.len(), breaches.join("\n  "));
}

/// What a program prints; one that fails has printed nothing to go by.
fn printed(what: &str, command: &mut Command) -> anyhow::Result<String> {
    let output = command
        .output()
        .with_context(|| format!("cannot start {what}"))?;
    if !output.status.success() {
        bail!("{what}: {}", String::from_utf8_lossy(&output.stderr));
    }
    String::from_utf8(output.stdout).with_context(|| format!("{what} gave no UTF-8"))
}

fn metadata(root: &Path) -> anyhow::Result<Value> {
    let mut command = Command::new("cargo");
    command
        .args(["metadata", "--format-version", "1", "--locked"])
        .args(["--filter-platform", "x86_64-unknown-linux-gnu"])
        .current_dir(root);
    let json = printed("cargo metadata", &mut command)?;
    serde_json::from_str(&json).context("cargo metadata gave no JSON")
}

/// The names of all crates that are really built, with every feature that is shipped.
fn built(root: &Path) -> anyhow::Result<BTreeSet<String>> {
    let mut command = Command::new("cargo");
    command
        .args(["tree", "--workspace", "--locked", "--edges", "all"])
        .args(["--prefix", "none", "--format", "{p}"])
        .args(crate::WITH_ALL)
        .current_dir(root);
    names_built(&printed("cargo tree", &mut command)?)
}

/// The names in a list of cargo tree. One without a crate that is surely built is no such list: nothing banned would be found in it.
fn names_built(list: &str) -> anyhow::Result<BTreeSet<String>> {
    let names = list.lines().filter_map(|line| line.split(' ').next());
    let names: BTreeSet<String> = names.map(str::to_owned).collect();
    if !names.contains("tokio") {
        bail!("cargo tree does not name tokio, which is built; has its form changed?");
    }
    Ok(names)
}

fn text<'a>(value: &'a Value, member: &str) -> Option<&'a str> {
    value.get(member).and_then(Value::as_str)
}

fn tracked(root: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut command = Command::new("git");
    command
        .args(["ls-files", "-co", "--exclude-standard"])
        .current_dir(root);
    let list = printed("git ls-files", &mut command)?;
    Ok(list.lines().map(PathBuf::from).collect())
}

fn arrows(metadata: &Value) -> Vec<String> {
    let packages = || {
        metadata
            .get("packages")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
    };
    let ours: BTreeSet<&str> = packages()
        .filter(|package| text(package, "source").is_none())
        .filter_map(|package| text(package, "name"))
        .collect();
    let mut breaches = Vec::new();
    for package in packages().filter(|package| text(package, "source").is_none()) {
        let from = text(package, "name").unwrap_or_default();
        let allowed = ARROWS
            .iter()
            .find(|(name, _)| *name == from)
            .map(|(_, to)| *to);
        let Some(allowed) = allowed else {
            breaches.push(format!("crate {from} is not in the table of arrows"));
            continue;
        };
        let dependencies = package.get("dependencies").and_then(Value::as_array);
        for dependency in dependencies.into_iter().flatten() {
            let to = text(dependency, "name").unwrap_or_default();
            let normal = text(dependency, "kind").is_none();
            let fits = to == "domain" || allowed.contains(&to);
            if normal && ours.contains(to) && !fits && from != FREE {
                breaches.push(format!("arrow {from} -> {to} is not allowed"));
            }
        }
    }
    breaches
}

/// Types, traits and functions of `domain` whose doc holds no example (style: the test a reader sees first).
fn missing_examples(path: &str, text: &str) -> Vec<String> {
    let heads = [
        "pub fn ",
        "pub const fn ",
        "pub struct ",
        "pub enum ",
        "pub trait ",
    ];
    let mut breaches = Vec::new();
    let mut example = false;
    for line in text.lines().take_while(|line| *line != "#[cfg(test)]") {
        if let Some(doc) = line.strip_prefix("///") {
            example |= doc.contains("```");
        } else if heads.iter().any(|head| line.starts_with(head)) {
            if !example {
                breaches.push(format!("{path}: no example: {line}"));
            }
            example = false;
        } else if !line.starts_with(['#', ')', ' ']) {
            example = false;
        }
    }
    breaches
}

fn source_breaches(path: &str, text: &str) -> Vec<String> {
    let mut breaches = Vec::new();
    if !text.starts_with("//! ") {
        breaches.push(format!("{path}: does not open with a //! sentence"));
    }
    let lines = text.lines().count();
    if 600 < lines {
        breaches.push(format!("{path}: {lines} lines, at most 600"));
    }
    let stem = Path::new(path)
        .file_stem()
        .unwrap_or_default()
        .to_string_lossy();
    if FORBIDDEN_NAMES.contains(&stem.as_ref()) || stem == "mod" {
        breaches.push(format!("{path}: a name that says nothing"));
    }
    breaches.extend(system_calls(path, text));
    // Written in two parts so that this file does not find itself.
    for (head, tail) in [
        ("#[ign", "ore"),
        ("todo", "!("),
        ("unimple", "mented!("),
        ("dbg", "!("),
        ("thread::", "sleep("),
    ] {
        let word = format!("{head}{tail}");
        if text.contains(&word) {
            breaches.push(format!("{path}: contains {word}"));
        }
    }
    breaches
}

/// The product's calls to the operating system beyond the standard library stand in one module of each crate, so that another system can
/// be added there. Tests and the virtual card, which is a tool of Linux, are free.
fn system_calls(path: &str, text: &str) -> Option<String> {
    let product = path.starts_with("crates/")
        && path.contains("/src/")
        && !path.starts_with("crates/virtual-card/")
        && !path.ends_with("/src/system.rs");
    // Unit tests lie at a file's end.
    let text = text.split("#[cfg(test)]").next().unwrap_or_default();
    let words = ["std::os::", "tokio::net::Unix", "signal::unix"];
    let found = words.into_iter().find(|word| text.contains(word))?;
    product.then(|| format!("{path}: {found} outside of system.rs"))
}

/// Parts that read cards look at the arguments of pcscd, which runs as another user: a unit that hides processes hides that it logs PINs.
fn hidden_card_service(path: &str, text: &str) -> Option<String> {
    let reads_cards = text.lines().any(|line| {
        let starts = line.strip_prefix("ExecStart=").unwrap_or_default();
        starts.contains("onshi kiosk") || starts.contains("onshi terminal")
    });
    let mut settings = text.lines().rev();
    let hides = settings.find_map(|line| line.strip_prefix("ProtectProc="))?;
    let breach = reads_cards && hides != "default";
    breach.then(|| format!("{path}: reads cards and hides pcscd by ProtectProc={hides}"))
}

/// Pages of `docs/operations` that no other page names: nobody would find them. Takes each page with the paths it names.
fn unnamed_pages(pages: &[(String, Vec<String>)]) -> Vec<String> {
    let of_operations = pages
        .iter()
        .filter(|(path, _)| path.starts_with("docs/operations/"));
    let is_named = |path: &String| {
        let mut others = pages.iter().filter(|(by, _)| by != path);
        others.any(|(_, named)| named.contains(path))
    };
    of_operations
        .filter(|(path, _)| !is_named(path))
        .map(|(path, _)| {
            format!("{path}: no other page names it; put it into docs/operations/README.md")
        })
        .collect()
}

/// Paths in backticks that look like paths of this repository.
fn documented_paths(text: &str) -> Vec<String> {
    let roots = [
        "crates/",
        "docs/",
        "xtask/",
        "tests/",
        "benches/",
        "examples/",
        "packaging/",
        ".ci/",
        ".cargo/",
    ];
    let quoted = text.split('`').skip(1).step_by(2);
    quoted
        .filter(|word| roots.iter().any(|root| word.starts_with(root)))
        .filter(|word| !word.contains(['*', '{', ' ', '<', '…']))
        .map(|word| word.split(':').next().unwrap_or(word).to_owned())
        .collect()
}

fn licence_allowed(expression: &str) -> bool {
    let normal = expression.replace('/', " OR ").replace(['(', ')'], " ");
    // "A AND B OR C" binds AND tighter; every package here is satisfied when one OR branch is allowed as a whole.
    normal.split(" OR ").any(|branch| {
        branch
            .split(" AND ")
            .all(|licence| LICENCES.contains(&licence.trim()))
    }) || normal.split(" AND ").all(|part| {
        part.split(" OR ")
            .any(|licence| LICENCES.contains(&licence.trim()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_arrow_outside_the_table_is_a_breach() {
        let package = |name: &str, to: &str, kind: Value| json!({"name": name, "source": null, "dependencies": [{"name": to, "kind": kind}]});
        let breach = json!({"packages": [package("domain", "store", Value::Null), package("store", "domain", Value::Null)]});
        assert_eq!(arrows(&breach), ["arrow domain -> store is not allowed"]);
        let dev = json!({"packages": [package("domain", "store", json!("dev")), package("store", "domain", Value::Null)]});
        assert!(arrows(&dev).is_empty());
    }

    #[test]
    fn a_list_that_a_program_could_not_give_is_not_taken_for_an_empty_one() {
        // No repository and no workspace.
        let root = Path::new("/");
        assert!(tracked(root).is_err());
        assert!(built(root).is_err());
        assert!(names_built("").is_err());
        let names = names_built("ring v0.17.0\ntokio v1.0.0 (*)\n").unwrap();
        assert!(names.contains("ring"));
    }

    #[test]
    fn sources_are_held_to_their_rules() {
        assert!(source_breaches("crates/x/src/check.rs", "//! A sentence.\n").is_empty());
        assert_eq!(
            source_breaches("crates/x/src/check.rs", "fn a() {}\n").len(),
            1
        );
        assert_eq!(source_breaches("crates/x/src/util.rs", "//! A.\n").len(), 1);
        let long = format!("//! A.\n{}", "//\n".repeat(600));
        assert_eq!(source_breaches("crates/x/src/check.rs", &long).len(), 1);
        let slept = format!("//! A.\nstd::thread::{}\n", "sleep(x)");
        assert_eq!(source_breaches("crates/x/src/check.rs", &slept).len(), 1);
    }

    #[test]
    fn the_operating_system_is_called_in_one_module_of_a_crate() {
        let text = "//! A.\nuse std::os::unix::fs::MetadataExt;\n";
        assert_eq!(source_breaches("crates/x/src/check.rs", text).len(), 1);
        for free in [
            "crates/x/src/system.rs",
            "crates/x/tests/it/main.rs",
            "crates/virtual-card/src/x.rs",
            "xtask/src/x.rs",
        ] {
            assert!(source_breaches(free, text).is_empty(), "{free}");
        }
        let in_tests = "//! A.\n#[cfg(test)]\nmod tests { use std::os::unix::fs::MetadataExt; }\n";
        assert!(source_breaches("crates/x/src/check.rs", in_tests).is_empty());
    }

    #[test]
    fn a_unit_that_reads_cards_hides_no_processes() {
        let unit = |command: &str, shown: &str| {
            let text = format!("[Service]\nExecStart=/usr/bin/onshi {command}\n{shown}\n");
            hidden_card_service("x.service", &text)
        };
        for command in ["kiosk --config x", "terminal --config x"] {
            assert!(
                unit(command, "ProtectProc=invisible").is_some(),
                "{command}"
            );
            assert_eq!(unit(command, "ProtectProc=default"), None);
            assert_eq!(unit(command, ""), None);
        }
        assert_eq!(unit("center --config x", "ProtectProc=invisible"), None);
    }

    #[test]
    fn a_public_item_of_domain_has_an_example() {
        let without = "/// Says.\n#[must_use]\npub fn a() {}\n";
        assert_eq!(missing_examples("x.rs", without).len(), 1);
        let with =
            "/// Says.\n///\n/// ```\n/// x\n/// ```\n#[derive(Debug)]\npub enum A {\n    B,\n}\n";
        assert!(missing_examples("x.rs", with).is_empty());
        assert_eq!(
            missing_examples("x.rs", &format!("{with}\n{without}")).len(),
            1
        );
    }

    #[test]
    fn paths_in_backticks_are_found() {
        let text = "see `crates/domain/src/era.rs` and `cargo xtask test`, `docs/x.md:12`";
        assert_eq!(
            documented_paths(text),
            ["crates/domain/src/era.rs", "docs/x.md"]
        );
    }

    #[test]
    fn a_page_of_operations_that_no_other_names_is_a_breach() {
        let page = |path: &str, named: &[&str]| {
            let named = named.iter().map(|it| (*it).to_owned()).collect();
            (path.to_owned(), named)
        };
        let (index, backup, lost) = (
            "docs/operations/README.md",
            "docs/operations/backup.md",
            "docs/operations/lost.md",
        );
        let pages = [
            page("README.md", &[index]),
            page(index, &[backup]),
            page(backup, &[]),
            page(lost, &[lost]),
            page("docs/claims.md", &[]),
        ];
        let breaches = unnamed_pages(&pages);
        assert_eq!(breaches.len(), 1, "{breaches:?}");
        assert!(breaches[0].starts_with(lost), "{breaches:?}");
    }

    #[test]
    fn npm_packages_need_an_allowed_licence_and_a_checksum_and_no_address() {
        let good = json!({"license": "MIT", "integrity": "sha512-x"});
        let bad = json!({"license": "GPL-3.0", "resolved": "https://registry.example/x"});
        let lock = json!({"packages": {"": {"license": "Apache-2.0"}, "good": good, "bad": bad}});
        assert_eq!(
            npm_breaches(&lock),
            [
                "bad: licence GPL-3.0",
                "bad: no checksum in the lock file",
                "bad: the lock file holds an address"
            ]
        );
    }

    #[test]
    fn licences_are_read_as_expressions() {
        assert!(licence_allowed("MIT OR GPL-3.0"));
        assert!(licence_allowed("MIT/Apache-2.0"));
        assert!(licence_allowed("(MIT OR Apache-2.0) AND Unicode-3.0"));
        assert!(!licence_allowed("GPL-3.0"));
        assert!(!licence_allowed("MIT AND GPL-3.0"));
    }
}
