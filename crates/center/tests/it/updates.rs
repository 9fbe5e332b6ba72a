//! Releases as a terminal fetches them: with the certificate alone, whole or not at all, and nothing but packages.

use std::path::Path;

use api::update::{Manifest, PIECE_BYTES, PackageFile, Release};
use pki::publisher::Publisher;
use sha2::{Digest, Sha256};

use crate::world::{Clinic, World, check};

const FILE: &str = "onshi_0.2.0-1_amd64.deb";

/// Writes a release whose package holds these bytes; returns the package's hash.
fn publish(dir: &Path, bytes: &[u8]) -> String {
    std::fs::create_dir_all(dir).unwrap();
    let digest = Sha256::digest(bytes);
    let sha256: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    let manifest = Manifest {
        made: "2026-11-26T00:00:00Z".into(),
        packages: vec![PackageFile {
            architecture: "amd64".into(),
            file: FILE.into(),
            name: "onshi".into(),
            sha256: sha256.clone(),
            size_bytes: bytes.len().try_into().unwrap(),
        }],
        version: "0.2.0-1".into(),
    };
    let publisher =
        Publisher::make(&dir.with_file_name("publisher.key"), "a long passphrase").unwrap();
    let release = Release::sign(&manifest, &publisher).unwrap();
    let text = serde_json::to_vec(&release).unwrap();
    std::fs::write(dir.join("onshi-0.2.0-1.release"), text).unwrap();
    std::fs::write(dir.join(FILE), bytes).unwrap();
    sha256
}

#[tokio::test(flavor = "multi_thread")]
async fn a_package_comes_in_pieces_to_whoever_shows_a_certificate() {
    let world = World::start().await;
    let clinic: Clinic = world.enrol("1319999999").await;
    assert_eq!(clinic.client.updates().await.unwrap().releases.len(), 0);
    let bytes: Vec<u8> = (0..PIECE_BYTES + 7).map(|at| at.to_le_bytes()[0]).collect();
    let sha256 = publish(&world.dir.path().join("updates"), &bytes);
    let releases = clinic.client.updates().await.unwrap().releases;
    assert_eq!(releases[0].unverified().unwrap().version, "0.2.0-1");
    let mut fetched = Vec::new();
    loop {
        let from = fetched.len().try_into().unwrap();
        let piece = clinic.client.update_piece(&sha256, from).await.unwrap();
        if piece.is_empty() {
            break;
        }
        fetched.extend_from_slice(&piece);
    }
    assert!(fetched == bytes);
    assert!(
        world.client(None).updates().await.is_err(),
        "without a certificate"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_whole_is_not_offered_and_nothing_else_is_read() {
    let world = World::start().await;
    let clinic: Clinic = world.enrol("1319999999").await;
    let dir = world.dir.path().join("updates");
    let sha256 = publish(&dir, b"package");
    std::fs::write(dir.join("broken.release"), "{").unwrap();
    std::fs::write(dir.join("key-changes.json"), "{").unwrap();
    assert_eq!(clinic.client.updates().await.unwrap().releases.len(), 1);
    std::fs::write(dir.join(FILE), b"pack").unwrap();
    assert_eq!(clinic.client.updates().await.unwrap().releases.len(), 0);
    check(clinic.client.update_piece(&sha256, 0).await, "not_found");
    let other = "0".repeat(64);
    for elsewhere in ["..%2Fmachine.key", "machine.key", &other] {
        check(clinic.client.update_piece(elsewhere, 0).await, "not_found");
    }
    std::fs::write(dir.join(FILE), b"package").unwrap();
    let path = api::routes::UPDATE_PACKAGE.replace("{id}", &sha256);
    for bad in ["from=-1", "from=x", "from=9223372036854775808", "other=1"] {
        let path = format!("{path}?{bad}");
        let call = clinic
            .client
            .call(http::Method::GET, &path, None, None, None);
        check(call.await, "invalid_query");
    }
    let beyond = clinic.client.update_piece(&sha256, 1 << 40).await.unwrap();
    assert!(beyond.is_empty());
}
