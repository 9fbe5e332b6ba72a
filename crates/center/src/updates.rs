//! Releases for terminals, from a folder (G38): passed on as the publisher signed them, to whoever shows a client certificate. Holds no key,
//! vouches for nothing, writes nothing.

use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use api::problem::Trouble;
use api::update::{Manifest, PIECE_BYTES, Release, SignedKeyChange, Updates};
use axum::Json;
use axum::extract::{Path as InPath, Query, State};
use axum::http::header;
use axum::response::IntoResponse;
use serde::Deserialize;

use crate::app::App;
use crate::extract::Peer;
use crate::trouble::{Refused, stopped};

/// How the files of releases end.
const RELEASE: &str = "release";

/// The file with the changes of the publisher's key.
const KEY_CHANGES: &str = "key-changes.json";

/// The largest file of a release or of key changes that is read, in bytes.
const MOST_BYTES: u64 = 256 << 10;

/// Query of `GET /v1/updates/{id}`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct From {
    #[serde(default)]
    from: u64,
}

pub(crate) async fn list(State(app): State<App>, _: Peer) -> Result<Json<Updates>, Refused> {
    let Some(dir) = app.updates.clone() else {
        return Ok(Json(Updates::default()));
    };
    let read = tokio::task::spawn_blocking(move || updates(&dir)).await;
    Ok(Json(
        read.map_err(stopped("the reading of the updates stopped"))?,
    ))
}

/// A piece of a package, named by its hash; an empty one is its end.
pub(crate) async fn piece(
    State(app): State<App>,
    _: Peer,
    InPath(id): InPath<String>,
    from: Result<Query<From>, axum::extract::rejection::QueryRejection>,
) -> Result<impl IntoResponse, Refused> {
    let Query(From { from }) = from.map_err(|_| Trouble::InvalidQuery)?;
    // What a file cannot be long enough for.
    if i64::try_from(from).is_err() {
        return Err(Trouble::InvalidQuery.into());
    }
    let dir = app.updates.clone().ok_or(Trouble::NotFound)?;
    let bytes = tokio::task::spawn_blocking(move || read_piece(&dir, &id, from)).await;
    let bytes = bytes.map_err(stopped("the reading of a package stopped"))??;
    Ok(([(header::CONTENT_TYPE, "application/octet-stream")], bytes))
}

/// Everything in the folder that is whole: a release whose packages are still being copied is not told of.
fn updates(dir: &Path) -> Updates {
    let mut releases = whole_releases(dir);
    releases.sort_by_key(|(_, manifest)| manifest.version());
    Updates {
        key_changes: key_changes(&dir.join(KEY_CHANGES)),
        releases: releases.into_iter().map(|(release, _)| release).collect(),
    }
}

fn whole_releases(dir: &Path) -> Vec<(Release, Manifest)> {
    let entries = match std::fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) => {
            tracing::error!(dir = %dir.display(), error = %error, "updates.dir cannot be read; no terminal is updated");
            return Vec::new();
        }
    };
    let paths = entries.flatten().map(|entry| entry.path());
    let releases = paths.filter(|path| path.extension().is_some_and(|it| it == RELEASE));
    releases.filter_map(|path| whole(dir, &path)).collect()
}

fn whole(dir: &Path, path: &Path) -> Option<(Release, Manifest)> {
    let release: Option<Release> = json(path);
    let read = release.and_then(|it| it.unverified().map(|manifest| (it, manifest)));
    let Some((release, manifest)) = read else {
        tracing::error!(file = %path.display(), "not a release; make it with `onshi publish sign`");
        return None;
    };
    let complete = manifest.packages.iter().all(|it| {
        std::fs::metadata(dir.join(&it.file)).is_ok_and(|found| found.len() == it.size_bytes)
    });
    if !complete {
        tracing::warn!(file = %path.display(), "a package of this release is missing or not whole yet; it is not offered");
    }
    complete.then_some((release, manifest))
}

fn key_changes(path: &Path) -> Vec<SignedKeyChange> {
    if !path.exists() {
        return Vec::new();
    }
    json(path).unwrap_or_else(|| {
        tracing::error!(file = %path.display(), "not a list of key changes; terminals go on with the key they know");
        Vec::new()
    })
}

fn json<T: serde::de::DeserializeOwned>(path: &Path) -> Option<T> {
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).ok()?;
    file.take(MOST_BYTES).read_to_end(&mut bytes).ok()?;
    serde_json::from_slice(&bytes).ok()
}

fn read_piece(dir: &Path, sha256: &str, from: u64) -> Result<Vec<u8>, Refused> {
    let file = package(dir, sha256).ok_or(Trouble::NotFound)?;
    let read = || {
        let mut bytes = Vec::new();
        let mut file = std::fs::File::open(&file)?;
        file.seek(SeekFrom::Start(from))?;
        file.take(PIECE_BYTES).read_to_end(&mut bytes)?;
        std::io::Result::Ok(bytes)
    };
    read().map_err(|error| {
        let why = format!("{}: {error}", file.display());
        Refused::internal("a package cannot be read", &why)
    })
}

/// The file of a package that some whole release names.
fn package(dir: &Path, sha256: &str) -> Option<PathBuf> {
    let releases = whole_releases(dir);
    let mut packages = releases.iter().flat_map(|(_, manifest)| &manifest.packages);
    let found = packages.find(|it| it.sha256 == sha256)?;
    Some(dir.join(&found.file))
}
