//! The schema is ready to be divided (`packaging/cluster/shards.sql`): the catalogue says what each key holds, and the plan of each text that
//! is run while patients wait says what it names. Citus itself is not run.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use domain::card_certificate::CardSerial;
use domain::permit::{AskByCard, AskByNumber, ReadHistory};
use domain::person::PersonId;
use serde_json::Value;
use store::engine::Engine;

use crate::cards::{FACILITY, now};
use crate::server::{TestServer, shared};
use crate::{check, looks, permit};

/// Takes the words of Citus in its place, and writes down what it is told.
const WRITTEN_DOWN: &str = "
    CREATE TABLE public.said (place text PRIMARY KEY, divided_by text NOT NULL);
    CREATE FUNCTION public.create_distributed_table(place regclass, divided_by text, colocate_with text) RETURNS void
      LANGUAGE sql AS $$ INSERT INTO public.said SELECT relnamespace::regnamespace || '.' || relname, divided_by FROM pg_class WHERE oid = place $$;
    CREATE FUNCTION public.create_reference_table(place regclass) RETURNS void
      LANGUAGE sql AS $$ INSERT INTO public.said SELECT relnamespace::regnamespace || '.' || relname, '' FROM pg_class WHERE oid = place $$;
    CREATE FUNCTION public.citus_add_local_table_to_metadata(place regclass) RETURNS void
      LANGUAGE sql AS $$ INSERT INTO public.said SELECT relnamespace::regnamespace || '.' || relname, '' FROM pg_class WHERE oid = place $$";

/// The words of the file, as a database of ours takes them: tables by name, each with the column it is divided by; empty for one that is whole.
fn told(server: &TestServer, database: &str) -> BTreeMap<String, String> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packaging/cluster/shards.sql");
    let text = std::fs::read_to_string(file).unwrap();
    server.read(database, WRITTEN_DOWN);
    server.read(database, &format!("SET search_path = public; {text}"));
    pairs(
        server,
        database,
        "SELECT place, divided_by FROM public.said",
    )
}

fn pairs(server: &TestServer, database: &str, text: &str) -> BTreeMap<String, String> {
    let rows = server.read(database, text);
    rows.into_iter()
        .map(|mut row| {
            let second = row.pop().unwrap();
            (row.pop().unwrap(), second)
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_key_of_a_divided_table_holds_what_it_is_divided_by() {
    let server = shared();
    let database = server.database();
    let engine = Engine::open_server(&server.address(&database), [1; 16]).unwrap();
    engine.make_parts(now()).await.unwrap();
    let told = told(server, &database);
    // Parts of a table are divided with it.
    let text = "SELECT relnamespace::regnamespace || '.' || relname, relkind FROM pg_class
        WHERE relnamespace IN ('center'::regnamespace, 'registry'::regnamespace) AND relkind IN ('r', 'p') AND NOT relispartition";
    let there = pairs(server, &database, text);
    assert_eq!(
        told.keys().collect::<Vec<_>>(),
        there.keys().collect::<Vec<_>>(),
        "packaging/cluster/shards.sql names each table once"
    );
    let text = "SELECT c.relnamespace::regnamespace || '.' || c.relname, i.indexrelid::regclass::text,
          (SELECT string_agg(a.attname, ' ') FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum = ANY (i.indkey)), i.indisprimary::int
        FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
        WHERE i.indisunique AND c.relnamespace IN ('center'::regnamespace, 'registry'::regnamespace) AND NOT c.relispartition";
    let mut with_primary_key = BTreeSet::new();
    for row in server.read(&database, text) {
        let [table, index, columns, is_primary] = row.try_into().unwrap();
        let divided_by = &told[&table];
        assert!(
            divided_by.is_empty() || columns.split(' ').any(|it| it == divided_by),
            "{index} of {table} holds {columns}, and not {divided_by}"
        );
        if is_primary == "1" {
            with_primary_key.insert(table);
        }
    }
    for (table, divided_by) in &told {
        assert!(
            divided_by.is_empty() || with_primary_key.contains(table),
            "{table} has no primary key"
        );
    }
}

/// What is done while patients wait: a check by number with a key and without, a session, a check by card with its questions, a look, a
/// withdrawal, the history's line, and the events in the chain that come with them.
async fn be_asked(engine: &Engine) {
    let asker = permit::<AskByNumber>(FACILITY);
    let somebody = &synthetic::samples::people()[0];
    assert_eq!(engine.session(&[7; 32]).unwrap(), None);
    let of_request = engine.session_of_request(&[7; 32]).await;
    assert_eq!(of_request.unwrap(), None);
    let key = somebody.coverages[0].key();
    assert_eq!(
        engine
            .look_up(&asker, &key, somebody.person.birth_date)
            .await
            .unwrap()
            .len(),
        1
    );
    engine.record_check(&asker, check(100)).await.unwrap();
    for id in [101, 102] {
        let mut keyed = check(id);
        keyed.key = Some("key".into());
        engine.record_check(&asker, keyed).await.unwrap();
    }
    let reader = permit::<ReadHistory>(FACILITY);
    assert!(engine.check(&reader, 101).unwrap().is_some());
    let holder = engine.card_holder(&permit::<AskByCard>(FACILITY), &card(), check(1).visit_date);
    assert!(holder.unwrap().is_some());
    looks::look_and_withdraw(engine).await;
    engine.touch_session([7; 32], now()).await.unwrap();
    engine.end_session([7; 32]).await.unwrap();
}

fn card() -> CardSerial {
    CardSerial::new([7; 32], &[2, 1]).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_run_while_patients_wait_names_what_its_tables_are_divided_by() {
    let server = TestServer::start(&[
        "-c",
        "shared_preload_libraries=pg_stat_statements",
        "-c",
        "pg_stat_statements.track_utility=off",
    ]);
    let database = server.database();
    let engine = Engine::open_server(&server.address(&database), [1; 16]).unwrap();
    engine.make_parts(now()).await.unwrap();
    let told = told(&server, &database);
    let mut people = synthetic::samples::people();
    people.truncate(1);
    people.push(looks::patient());
    engine.store_people(people).await.unwrap();
    let cards = vec![(card(), PersonId::from_u128(7))];
    engine.store_cards(cards).await.unwrap();
    server.read(
        &database,
        "CREATE EXTENSION pg_stat_statements SCHEMA public",
    );
    server.read(&database, "SELECT public.pg_stat_statements_reset()");
    be_asked(&engine).await;
    let text = "SELECT encode(convert_to(s.query, 'UTF8'), 'hex') FROM public.pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid
        WHERE d.datname = current_database() AND s.query NOT LIKE '%pg_%' AND s.query NOT LIKE 'SELECT public.%'";
    let roots = pairs(
        &server,
        &database,
        "SELECT c.relname, pg_partition_root(c.oid)::oid::regclass::text FROM pg_class c WHERE c.relispartition",
    );
    let (mut named, mut faults) = (BTreeSet::new(), Vec::new());
    for row in server.read(&database, text) {
        let text = unhex(&row[0]);
        let plan = planned(&server, &database, &text);
        let mut shards = BTreeSet::new();
        each_node(&plan, &mut |node| {
            let Some(relation) = node.get("Relation Name") else {
                return;
            };
            let schema = node.get("Schema").and_then(Value::as_str).unwrap();
            let relation = relation.as_str().unwrap();
            let root = roots.get(relation).map_or(relation, String::as_str);
            let table = format!("{schema}.{root}");
            let divided_by = &told[&table];
            named.insert(table.clone());
            // What is inserted holds all of its key: the columns may not be null.
            if divided_by.is_empty() || node["Node Type"] == "ModifyTable" {
                return;
            }
            let value = named_by(node, divided_by);
            let Some(value) = value else {
                faults.push(format!("{text}\ndoes not name {divided_by} of {table}"));
                return;
            };
            shards.insert((divided_by.clone(), value));
        });
        if 1 < shards.len() {
            faults.push(format!("{text}\nneeds several shards: {shards:?}"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n\n"));
    for table in [
        "center.check_record",
        "center.idempotency",
        "center.session",
        "center.card_challenge",
        "center.card_check",
        "center.consent",
        "center.reader_release",
        "center.opened_information",
        "center.look",
        "center.consent_withdrawal",
        "center.event",
        "center.audit_event",
        "center.reference_number",
        "registry.insured",
        "registry.card_certificate",
        "registry.holding",
        "registry.drug_month",
    ] {
        assert!(named.contains(table), "{table} was not asked");
    }
}

/// The plan of a text whatever its values are.
fn planned(server: &TestServer, database: &str, text: &str) -> Value {
    let most = (1..100).rev().find(|it| text.contains(&format!("${it}")));
    let nulls = vec!["NULL"; most.unwrap_or(0)].join(", ");
    let values = most.map_or(String::new(), |_| format!("({nulls})"));
    let lines = server.read(
        database,
        &format!(
            "SET search_path = registry, center; SET plan_cache_mode = force_generic_plan; PREPARE it AS {text};
             EXPLAIN (VERBOSE, FORMAT JSON, COSTS OFF) EXECUTE it{values}"
        ),
    );
    let lines: Vec<String> = lines.iter().map(|words| words.join("|")).collect();
    let begin = lines.iter().position(|it| it == "[").unwrap();
    serde_json::from_str(&lines[begin..].join("\n")).unwrap()
}

fn each_node(plan: &Value, look: &mut impl FnMut(&Value)) {
    match plan {
        Value::Array(all) => all.iter().for_each(|it| each_node(it, look)),
        Value::Object(members) => {
            look(plan);
            members.values().for_each(|it| each_node(it, look));
        }
        _ => {}
    }
}

/// The value that a node of a plan compares a column with, as `$1`.
fn named_by(node: &Value, column: &str) -> Option<String> {
    let conditions = ["Index Cond", "Recheck Cond", "Filter"];
    conditions.iter().find_map(|it| {
        let condition = node.get(it)?.as_str()?;
        let named = format!("{column} = $");
        let (before, rest) = condition.split_once(&named)?;
        // A whole name, of the table or without one.
        let is_whole = before.ends_with(['(', '.']);
        let number: String = rest.chars().take_while(char::is_ascii_digit).collect();
        is_whole.then(|| format!("${number}"))
    })
}

fn unhex(text: &str) -> String {
    let bytes = (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap());
    String::from_utf8(bytes.collect()).unwrap()
}
