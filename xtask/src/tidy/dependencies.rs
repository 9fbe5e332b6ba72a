//! Rules of the crates by others that the workspace names: a crate of ours takes each, and the decision says why. Changes no file.

use std::collections::BTreeSet;

/// What every dependency is for.
pub(super) const DECISION: &str = "docs/decisions/0002-dependencies.md";

/// Dependencies of the workspace that none of the manifests takes, and those the decision does not name.
pub(super) fn unused_or_unnamed(
    workspace: &str,
    manifests: &[String],
    decision: &str,
) -> Vec<String> {
    let rows = decision.lines().filter_map(|line| line.strip_prefix('|'));
    let cells = rows.filter_map(|row| row.split('|').next());
    let is_between = |c: char| !(c.is_ascii_alphanumeric() || "-_".contains(c));
    let named: BTreeSet<&str> = cells.flat_map(|cell| cell.split(is_between)).collect();
    let mut breaches = Vec::new();
    for name in by_others(workspace) {
        if !manifests.iter().any(|manifest| takes(manifest, name)) {
            breaches.push(format!("Cargo.toml: no crate takes {name}"));
        }
        if !named.contains(name) {
            breaches.push(format!("Cargo.toml: {name} has no line in {DECISION}"));
        }
    }
    breaches
}

fn by_others(workspace: &str) -> impl Iterator<Item = &str> {
    let head = |line: &&str| *line != "[workspace.dependencies]";
    let table = workspace.lines().skip_while(head).skip(1);
    let lines = table.take_while(|line| !line.starts_with('['));
    let others = lines.filter(|line| !line.contains("path ="));
    others.filter_map(|line| Some(line.split_once(" =")?.0))
}

fn takes(manifest: &str, name: &str) -> bool {
    let mut rests = manifest.lines().filter_map(|line| line.strip_prefix(name));
    rests.any(|rest| {
        rest.starts_with(".workspace")
            || rest.starts_with(" =") && rest.contains("workspace = true")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORKSPACE: &str = "[workspace.dependencies]\ndomain = { path = \"crates/domain\" }\n\ntokio = { version = \"1\" }\n\
tokio-rustls = \"0.26\"\n\n[workspace.lints.rust]\nunsafe_code = \"forbid\"\n";
    const DECIDED: &str =
        "| crate | for |\n|---|---|\n| tokio (its runtime), tokio-rustls | HTTP |\n";

    #[test]
    fn a_dependency_that_no_crate_takes_is_a_breach() {
        let both = "[dependencies]\ntokio = { workspace = true, features = [\"net\"] }\ntokio-rustls.workspace = true\n";
        let taken = unused_or_unnamed(WORKSPACE, &[both.to_owned()], DECIDED);
        assert!(taken.is_empty(), "{taken:?}");
        let one = "[dependencies]\ntokio-rustls.workspace = true\n".to_owned();
        assert_eq!(
            unused_or_unnamed(WORKSPACE, &[one], DECIDED),
            ["Cargo.toml: no crate takes tokio"]
        );
    }

    #[test]
    fn a_dependency_without_a_line_in_the_decision_is_a_breach() {
        let both = "tokio.workspace = true\ntokio-rustls.workspace = true\n".to_owned();
        let undecided = DECIDED.replace("tokio (its runtime), ", "");
        assert_eq!(
            unused_or_unnamed(WORKSPACE, &[both], &undecided),
            ["Cargo.toml: tokio has no line in docs/decisions/0002-dependencies.md"]
        );
    }
}
