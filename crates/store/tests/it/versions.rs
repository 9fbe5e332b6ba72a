//! A store of another version: what only looks at it applies nothing, and what this version cannot open is told before it is used.

use std::path::Path;

use store::engine::{Engine, OpenError};
use store::versions::refuse_unknown;

use crate::server::shared;
use crate::{Place, on_both};

/// Takes the last step of the schema back, as far as the store knows of it.
const WITHOUT_THE_LAST: &str =
    "DELETE FROM migration WHERE name = (SELECT max(name) FROM migration)";

const ONE_MORE: [&str; 2] = [
    "INSERT INTO migration VALUES ('9998_later', 'SELECT 1')",
    "INSERT INTO migration VALUES ('9999_later', 'SELECT 1')",
];

/// Opens as whoever only looks.
fn look(place: &Place) -> Result<Engine, OpenError> {
    let chain = [3; 16];
    match place {
        Place::Folder(folder) => {
            Engine::open_center_as_it_is(&folder.path().join("center.db"), chain)
        }
        Place::Server { database } => {
            Engine::open_server_as_it_is(&shared().address(database), chain)
        }
    }
}

async fn whoever_only_looks_opens_this_version_and_applies_nothing(place: &Place) {
    assert!(look(place).is_err());
    match place {
        Place::Folder(folder) => assert!(!folder.path().join("center.db").exists()),
        Place::Server { .. } => {
            let schemas =
                "SELECT count(*) FROM information_schema.schemata WHERE schema_name = 'center'";
            assert_eq!(place.run(schemas), 0);
        }
    }
    place.open().close();
    let engine = look(place).unwrap();
    assert_eq!(engine.events().unwrap(), 0);
    engine.close();
    let steps = "SELECT count(*) FROM migration";
    let all = place.run(steps);
    place.run(WITHOUT_THE_LAST);
    match look(place) {
        Err(OpenError::Older { found, known, .. }) => {
            assert_eq!(i64::try_from(known).unwrap(), all);
            assert_eq!(found + 1, known);
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(place.run(steps), all - 1, "a step was applied");
    place.run(ONE_MORE[0]);
    let changed = look(place).unwrap_err();
    assert!(matches!(changed, OpenError::Changed { .. }), "{changed}");
    place.run(ONE_MORE[1]);
    let newer = look(place).unwrap_err();
    assert!(matches!(newer, OpenError::Newer { .. }), "{newer}");
}

fn run(file: &Path, text: &str) {
    let connection = rusqlite::Connection::open(file).unwrap();
    assert_eq!(connection.execute(text, []).unwrap(), 1);
}

#[test]
fn files_of_an_older_version_are_taken_and_of_a_newer_one_are_not() {
    for name in ["center.db", "registry.db"] {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path();
        Engine::open_center(&dir.join("center.db"), [1; 16])
            .unwrap()
            .close();
        let file = dir.join(name);
        refuse_unknown(dir).unwrap();
        run(&file, WITHOUT_THE_LAST);
        refuse_unknown(dir).unwrap();
        for text in ONE_MORE {
            run(&file, text);
        }
        let bytes = std::fs::read(&file).unwrap();
        match refuse_unknown(dir) {
            Err(OpenError::Newer { path, .. }) => assert_eq!(path, file),
            other => panic!("{other:?}"),
        }
        assert!(std::fs::read(&file).unwrap() == bytes);
        assert!(!file.with_extension("db-wal").exists(), "a log was left");
    }
}

on_both!(whoever_only_looks_opens_this_version_and_applies_nothing);
