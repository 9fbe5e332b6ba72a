//! Debian packages of the executable: `onshi` without card readers, `onshi-pcsc` with them. Uses dpkg-deb and the files of
//! `packaging`; installs nothing, signs nothing.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};

/// How the executable of a package is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    /// As it is shipped.
    Release,
    /// As the tests build it: quickly.
    Dev,
}

/// A build of onshi that has a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Build {
    /// Links the C library only.
    Plain,
    /// Reads cards through PC/SC.
    Pcsc,
}

/// The libraries of libc6; libgcc-s1 comes with it, since libc6 itself depends on it.
const LIBC: [&str; 4] = [
    "libc.so.6",
    "libm.so.6",
    "libgcc_s.so.1",
    "ld-linux-x86-64.so.2",
];

/// `cargo xtask package`: both packages as they are shipped.
pub(crate) fn run(root: &Path, arguments: &[String]) -> anyhow::Result<()> {
    let (mut profile, mut revision) = (Profile::Release, "1");
    let mut given = arguments.iter();
    while let Some(argument) = given.next() {
        match argument.as_str() {
            "--dev" => profile = Profile::Dev,
            "--revision" => revision = given.next().context("--revision wants a number")?,
            other => bail!("unknown argument {other}; known are --dev and --revision NUMBER"),
        }
    }
    let folder = root.join("target/package");
    for build in [Build::Plain, Build::Pcsc] {
        let executable = executable(root, build, profile)?;
        let package = pack(root, build, &executable, (profile, revision), &folder)?;
        println!("{}", package.display());
    }
    Ok(())
}

/// Builds the executable of a package, without what only a debugger reads.
pub(crate) fn executable(root: &Path, build: Build, profile: Profile) -> anyhow::Result<PathBuf> {
    let mut command = vec!["build", "--locked", "--bin", "onshi"];
    let built = match profile {
        Profile::Release => {
            command.extend(["--package", "cli", "--release"]);
            "release/onshi"
        }
        // Crates of others as the tests have them, which are built already.
        Profile::Dev => {
            command.push("--workspace");
            "debug/onshi"
        }
    };
    command.extend(match build {
        Build::Plain => crate::WITH_TRACES,
        Build::Pcsc => crate::WITH_ALL,
    });
    crate::cargo(&command)?;
    let folder = root.join("target/package");
    std::fs::create_dir_all(&folder)?;
    let stripped = folder.join(format!("{}.executable", build.package()));
    crate::run(
        Command::new("strip")
            .arg("-o")
            .arg(&stripped)
            .arg(crate::built(built)),
    )?;
    let strange: Vec<String> = libraries(&stripped)?
        .into_iter()
        .filter(|it| !build.may_link(it))
        .collect();
    if !strange.is_empty() {
        bail!("{} links {}", build.package(), strange.join(", "));
    }
    Ok(stripped)
}

/// The shared libraries an executable needs.
pub(crate) fn libraries(executable: &Path) -> anyhow::Result<BTreeSet<String>> {
    let listed = output(
        Command::new("readelf")
            .args(["--dynamic", "--wide"])
            .arg(executable),
    )?;
    let needed = listed.lines().filter(|line| line.contains("(NEEDED)"));
    let names = needed.filter_map(|line| line.split(['[', ']']).nth(1));
    Ok(names.map(str::to_owned).collect())
}

/// Packs an executable with units, settings and scripts; returns the package.
pub(crate) fn pack(
    root: &Path,
    build: Build,
    executable: &Path,
    (profile, revision): (Profile, &str),
    folder: &Path,
) -> anyhow::Result<PathBuf> {
    let tree = folder.join(build.package());
    if tree.exists() {
        std::fs::remove_dir_all(&tree)?;
    }
    lay_out(root, build, executable, &tree)?;
    let version = format!("{}-{revision}", env!("CARGO_PKG_VERSION"));
    let architecture = output(Command::new("dpkg").arg("--print-architecture"))?;
    let architecture = architecture.trim();
    let filled = [
        ("@VERSION@", version.as_str()),
        ("@ARCHITECTURE@", architecture),
        ("@SIZE_KIB@", &size_kib(&tree)?.to_string()),
        (
            "@DEPENDS@",
            &format!("libc6 (>= {}), passwd", newest_glibc(executable)?),
        ),
    ];
    let about = root.join(format!("packaging/debian/{}.control", build.package()));
    let mut control = std::fs::read_to_string(&about)?;
    for (name, value) in filled {
        control = control.replace(name, value);
    }
    write(&tree.join("DEBIAN/control"), control.as_bytes(), 0o644)?;
    let package = folder.join(format!("{}_{version}_{architecture}.deb", build.package()));
    let compression: &[&str] = match profile {
        Profile::Release => &["-Zxz"],
        Profile::Dev => &["-Zgzip", "-z1", "--uniform-compression"],
    };
    crate::run(
        Command::new("dpkg-deb")
            .arg("--root-owner-group")
            .args(compression)
            .arg("--build")
            .arg(&tree)
            .arg(&package)
            .env("SOURCE_DATE_EPOCH", last_commit(root)?),
    )?;
    std::fs::remove_dir_all(&tree)?;
    Ok(package)
}

fn lay_out(root: &Path, build: Build, executable: &Path, tree: &Path) -> anyhow::Result<()> {
    let packaging = root.join("packaging");
    let copy = |from: &Path, to: &str, mode| {
        let bytes =
            std::fs::read(from).with_context(|| format!("cannot read {}", from.display()))?;
        write(&tree.join(to), &bytes, mode)
    };
    copy(executable, "usr/bin/onshi", 0o755)?;
    for script in ["postinst", "prerm", "postrm"] {
        let from = packaging.join("debian").join(script);
        copy(&from, &format!("DEBIAN/{script}"), 0o755)?;
    }
    copy(
        &packaging.join("debian/conffiles"),
        "DEBIAN/conffiles",
        0o644,
    )?;
    for unit in std::fs::read_dir(packaging.join("systemd"))? {
        let unit = unit?;
        let to = format!("usr/lib/systemd/system/{}", unit.file_name().display());
        copy(&unit.path(), &to, 0o644)?;
    }
    let doc = format!("usr/share/doc/{}", build.package());
    copy(
        &packaging.join("debian/copyright"),
        &format!("{doc}/copyright"),
        0o644,
    )?;
    if build == Build::Pcsc {
        let to = "usr/share/polkit-1/rules.d/onshi-pcsc.rules";
        copy(&packaging.join("polkit/onshi-pcsc.rules"), to, 0o644)?;
    }
    let settings = std::fs::read_to_string(root.join("docs/operations/settings.md"))?;
    for part in ["center", "terminal", "gateway", "kiosk"] {
        let text = settings_of(&settings, part)?;
        write(
            &tree.join(format!("etc/onshi/{part}.toml")),
            text.as_bytes(),
            0o644,
        )?;
    }
    Ok(())
}

/// The settings file of a part: the very block of the documentation.
fn settings_of(document: &str, part: &str) -> anyhow::Result<String> {
    let heading = format!("`onshi {part} --config {part}.toml`");
    let block = document
        .split_once(&heading)
        .and_then(|(_, rest)| rest.split_once("```toml\n"))
        .and_then(|(_, rest)| rest.split_once("```"))
        .map(|(block, _)| block)
        .with_context(|| format!("docs/operations/settings.md has no block for {part}.toml"))?;
    Ok(format!(
        "# Settings of onshi {part}. Each value shown is the default, or an example where it must be given.\n\
         # Look at this file with: onshi config check /etc/onshi/{part}.toml\n\n{block}"
    ))
}

/// The newest version of the C library's symbols that an executable uses.
fn newest_glibc(executable: &Path) -> anyhow::Result<String> {
    let listed = output(
        Command::new("readelf")
            .args(["--version-info", "--wide"])
            .arg(executable),
    )?;
    let words = listed.split_whitespace();
    let versions = words.filter_map(|word| word.strip_prefix("GLIBC_"));
    let newest = versions.max_by_key(|version| {
        let numbers = version.split('.').map(|it| it.parse::<u32>().unwrap_or(0));
        numbers.collect::<Vec<_>>()
    });
    Ok(newest
        .context("uses no symbol of the C library")?
        .to_owned())
}

fn size_kib(tree: &Path) -> anyhow::Result<u64> {
    let listed = output(Command::new("du").args(["-sk"]).arg(tree))?;
    let size = listed.split_whitespace().next().unwrap_or_default();
    size.parse().context("du gave no size")
}

/// The second of the last commit, so that the same sources make the same package.
fn last_commit(root: &Path) -> anyhow::Result<String> {
    let shown = output(
        Command::new("git")
            .args(["log", "-1", "--format=%ct"])
            .current_dir(root),
    )?;
    Ok(shown.trim().to_owned())
}

fn write(path: &Path, bytes: &[u8], mode: u32) -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    std::fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))?;
    // Folders as packages have them, whatever this user's mask is.
    for above in path
        .ancestors()
        .skip(1)
        .take_while(|it| !it.ends_with("package"))
    {
        std::fs::set_permissions(above, std::fs::Permissions::from_mode(0o755))?;
    }
    Ok(())
}

/// What a command prints; an error when it fails.
pub(crate) fn output(command: &mut Command) -> anyhow::Result<String> {
    let done = command.output();
    let done = done.with_context(|| format!("cannot start {command:?}"))?;
    if !done.status.success() {
        let errors = String::from_utf8_lossy(&done.stderr);
        bail!("{command:?} ended with {}: {errors}", done.status);
    }
    String::from_utf8(done.stdout).with_context(|| format!("{command:?} printed no text"))
}

impl Build {
    /// Name of its package.
    pub(crate) fn package(self) -> &'static str {
        match self {
            Self::Plain => "onshi",
            Self::Pcsc => "onshi-pcsc",
        }
    }

    fn may_link(self, library: &str) -> bool {
        LIBC.contains(&library) || (self == Self::Pcsc && library == "libpcsclite.so.1")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_packaged_settings_are_those_of_the_documentation() {
        let document = include_str!("../../docs/operations/settings.md");
        for part in ["center", "terminal", "gateway", "kiosk"] {
            let text = settings_of(document, part).unwrap();
            assert!(text.contains("data_dir = "), "{part}");
            text.parse::<toml::Table>().unwrap();
        }
        assert!(settings_of(document, "router").is_err());
    }

    #[test]
    fn the_build_without_readers_links_the_c_library_only() {
        assert!(Build::Plain.may_link("libc.so.6"));
        assert!(!Build::Plain.may_link("libpcsclite.so.1"));
        assert!(Build::Pcsc.may_link("libpcsclite.so.1"));
        assert!(!Build::Pcsc.may_link("libssl.so.3"));
    }
}
