//! The schemas of both engines stay in step: the same tables with the same columns, but for what is written down here.

use std::collections::{BTreeMap, BTreeSet};

use crate::Place;
use crate::server::shared;

/// Tables by name, each with its columns: name, kind, and whether it must hold a value.
type Tables = BTreeMap<String, Vec<(String, String, bool)>>;

fn of_file(name: &str) -> (Place, Tables) {
    let place = Place::folder();
    drop(place.open());
    let Place::Folder(folder) = &place else {
        unreachable!("it was made as a folder");
    };
    let connection = rusqlite::Connection::open(folder.path().join(name)).unwrap();
    let text = "SELECT t.name, c.name, c.type, c.\"notnull\" OR 0 < c.pk FROM pragma_table_list t, pragma_table_info(t.name) c
        WHERE t.schema = 'main' AND t.type = 'table' AND t.name NOT LIKE 'sqlite_%' ORDER BY t.name, c.cid";
    let mut statement = connection.prepare(text).unwrap();
    let mut rows = statement.query([]).unwrap();
    let mut tables = Tables::new();
    while let Some(row) = rows.next().unwrap() {
        let kind: String = row.get(2).unwrap();
        let kind = match kind.as_str() {
            "INTEGER" => "bigint",
            "TEXT" => "text",
            "BLOB" => "bytea",
            other => panic!("no column has the type {other}"),
        };
        let columns = tables.entry(row.get(0).unwrap()).or_default();
        columns.push((row.get(1).unwrap(), kind.to_owned(), row.get(3).unwrap()));
    }
    (place, tables)
}

fn of_server(schema: &str) -> Tables {
    let place = Place::server();
    drop(place.open());
    let Place::Server { database } = &place else {
        unreachable!("it was made at a server");
    };
    let text = format!(
        "SELECT c.relname, a.attname, format_type(a.atttypid, NULL), a.attnotnull
         FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND 0 < a.attnum
         WHERE c.relnamespace = '{schema}'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
         ORDER BY c.relname, a.attnum"
    );
    let mut tables = Tables::new();
    for line in shared().read(database, &text) {
        let [table, name, kind, filled] = <[String; 4]>::try_from(line).unwrap();
        let columns = tables.entry(table).or_default();
        columns.push((name, kind, filled == "t"));
    }
    tables
}

fn in_step(file: &str, schema: &str, apart: &[&str]) {
    let (_place, mut of_file) = of_file(file);
    let mut of_server = of_server(schema);
    for table in apart {
        of_file.remove(*table);
        of_server.remove(*table);
    }
    let names = |tables: &Tables| tables.keys().cloned().collect::<BTreeSet<_>>();
    assert_eq!(
        names(&of_file),
        names(&of_server),
        "a table is missing in migrations/*.postgres.sql or in its twin"
    );
    for (table, columns) in of_file {
        assert_eq!(columns, of_server[&table], "{table}");
    }
}

#[test]
fn the_centers_tables_are_the_same_in_a_file_and_at_a_server() {
    // Checks are found by their indexes in a file, and by their key at a server; a file has no replicas.
    let apart = [
        "check_of_facility",
        "check_record",
        "idempotency",
        "replica_mark",
        "walk",
    ];
    in_step("center.db", "center", &apart);
}

#[test]
fn the_registrys_tables_are_the_same_in_a_file_and_at_a_server() {
    in_step("registry.db", "registry", &[]);
}

#[test]
fn every_migration_has_a_twin() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations");
    let names: BTreeSet<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|it| it.unwrap().file_name().into_string().unwrap())
        .collect();
    for name in &names {
        let (number, rest) = name.split_once('.').unwrap();
        let twin = match rest {
            "sqlite.sql" => format!("{number}.postgres.sql"),
            "postgres.sql" => format!("{number}.sqlite.sql"),
            "registry.sql" => format!("{number}.registry.postgres.sql"),
            "registry.postgres.sql" => format!("{number}.registry.sql"),
            // The gateway's own file is no server's.
            "journal.sql" => name.clone(),
            other => panic!("{other} is of no engine"),
        };
        assert!(names.contains(&twin), "{name} has no twin {twin}");
    }
}
