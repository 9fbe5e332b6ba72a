//! Holds the files of receipt computers to `docs/schemas` with validators of other people: xmllint and jsonschema-rs. Every sample must
//! be accepted, every file with a defect refused. Makes no schema.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};
use serde_json::Value;

use crate::schemathesis;

/// Fewer files with a defect prove too little.
const LEAST_DEFECTS: usize = 30;

/// A request that lacks a value on purpose: the center answers it, the schema refuses it.
const LACKING: &str = "OQSsiquc01req_202611230005_abnormal.xml";

/// What xmllint ends with when a file is not well-formed, and when it is and its schema refuses it. Any other end is trouble of its own.
const NOT_WELL_FORMED: i32 = 1;
const REFUSED: i32 = 3;

/// Runs both validators over samples and defects.
pub(crate) fn run(root: &Path) -> anyhow::Result<()> {
    let schemas = root.join("docs/schemas");
    let samples = files(&root.join("crates/exchange/tests/samples"))?;
    let defects = files(&root.join("crates/exchange/tests/defects"))?;
    let (mut accepted, mut refused) = (0, 0);
    let mut breaches = Vec::new();
    let images = judge_images(root, &schemas, &[&samples[..], &defects].concat())?;
    for (path, is_sample) in samples
        .iter()
        .map(|path| (path, true))
        .chain(defects.iter().map(|path| (path, false)))
    {
        let wrong = match images.get(path) {
            Some(wrong) => wrong.clone(),
            None => judge_xml(&schemas, path)?,
        };
        let must_hold = is_sample && !path.ends_with(LACKING);
        match (must_hold, wrong) {
            (true, None) => accepted += 1,
            (false, Some(_)) => refused += 1,
            (true, Some(wrong)) => breaches.push(format!("{}: {wrong}", path.display())),
            (false, None) => {
                breaches.push(format!("{}: its schema accepts the defect", path.display()))
            }
        }
    }
    if refused < LEAST_DEFECTS {
        breaches.push(format!("only {refused} files with a defect"));
    }
    if !breaches.is_empty() {
        bail!("{}", breaches.join("\n"));
    }
    println!("schemas: {accepted} samples accepted, {refused} defects refused");
    Ok(())
}

/// The XML and JSON files of a folder, in order.
fn files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let mut found = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path
            .extension()
            .is_some_and(|it| it == "xml" || it == "json")
        {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// What is wrong with an XML file by its schema, which the part of its name before the first `_` names.
fn judge_xml(schemas: &Path, path: &Path) -> anyhow::Result<Option<String>> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let message = name.split('_').next().unwrap_or_default();
    let schema = schemas.join(format!("{message}.xsd"));
    if !schema.is_file() {
        bail!("{name}: there is no {}", schema.display());
    }
    let mut xmllint = Command::new("xmllint");
    let output = xmllint
        .args(["--noout", "--nonet", "--schema"])
        .args([&schema, path])
        .output()
        .context("cannot start xmllint")?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    match output.status.code() {
        Some(0) => Ok(None),
        Some(NOT_WELL_FORMED | REFUSED) => Ok(Some(said)),
        _ => bail!("xmllint ended with {} for {name}: {said}", output.status),
    }
}

/// What is wrong with each of the JSON files.
fn judge_images(
    root: &Path,
    schemas: &Path,
    all: &[PathBuf],
) -> anyhow::Result<BTreeMap<PathBuf, Option<String>>> {
    let images = all
        .iter()
        .filter(|path| path.extension().is_some_and(|it| it == "json"));
    let bin = schemathesis::environment(root)?;
    let mut validator = Command::new(bin.join("python"));
    validator.arg(root.join("xtask/schemas/validate.py"));
    let output = validator.arg(schemas).args(images).output();
    let output = output.context("cannot start Python")?;
    if !output.status.success() {
        bail!("{}", String::from_utf8_lossy(&output.stderr));
    }
    let mut judged = BTreeMap::new();
    for line in String::from_utf8(output.stdout)?.lines() {
        let line: Value = serde_json::from_str(line)?;
        let file = line.get("file").and_then(Value::as_str);
        let wrong = line.get("wrong").and_then(Value::as_array);
        let (file, wrong) = file.zip(wrong).context("the validator's line")?;
        let wrong: Vec<&str> = wrong.iter().filter_map(Value::as_str).collect();
        let wrong = (!wrong.is_empty()).then(|| wrong.join("; "));
        judged.insert(PathBuf::from(file), wrong);
    }
    Ok(judged)
}
