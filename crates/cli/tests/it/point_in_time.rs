//! A cluster brought back to a point in time from a copy of a replica and the kept log, as `docs/operations/backup.md` says it: what was
//! recorded by then is there, the audit chain is whole, and all three machines serve it.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use bytes::Bytes;
use domain::account::{AccountId, AccountKind};
use domain::audit::{Actor, Deed, Event};
use domain::check::Verdict;
use domain::civil_date::{CivilDate, Instant};
use domain::institution_code::InstitutionCode;
use domain::permit::{AskByNumber, Permission, Permit, ReadHistory, SignedIn};
use store::audit::verify::Fault;
use store::audit::{Checkpoint, checkpoint_message, heads};
use store::checks::{NewCheck, Recorded};
use store::engine::Engine;
use store::server::Address;

use crate::cluster::failover::{PASSWORD, make_database};
use crate::cluster::{Cluster, as_postgres};

#[test]
fn a_cluster_is_brought_back_to_a_point_and_serves_again_with_all_machines() {
    let mut cluster = Cluster::start_archiving();
    let url = make_database(&cluster);
    let address = Address::parse(&url).unwrap().with_password(PASSWORD);
    let engine = Engine::open_server(&address, [7; 16]).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let record = |engine: &Engine, ids: std::ops::RangeInclusive<u128>| {
        let asker = permit::<AskByNumber>();
        for id in ids {
            let recorded = engine.record_check(&asker, check(id));
            let recorded = runtime.block_on(recorded).unwrap();
            assert!(matches!(recorded, Recorded::New(_)), "{recorded:?}");
        }
    };
    record(&engine, 1..=20);
    let copy = cluster.copy_of_a_replica();
    record(&engine, 21..=40);
    let point = "SELECT pg_create_restore_point('before')";
    cluster.execute("onshi", point).unwrap();
    record(&engine, 41..=60);
    let after = checkpoint(&engine);
    // Somebody's mistake, which nobody wants back.
    let mistake = "DELETE FROM center.check_record";
    cluster.execute("onshi", mistake).unwrap();
    drop(engine);
    cluster.wait_for_archive();

    cluster.end_all();
    cluster.forget();
    cluster.begin_from(0, &copy, "before");
    assert_eq!(cluster.wait_for_leader(None), 0);
    for machine in [1, 2] {
        cluster.set_aside(machine);
        cluster.bring_up(machine);
    }
    cluster.wait_until("all three machines", || cluster.running() == 3);
    cluster.wait_until("a second machine in step", || cluster.has("sync_standby"));

    let engine = Engine::open_server(&address, [8; 16]).unwrap();
    let reader = permit::<ReadHistory>();
    for id in 1..=60 {
        let found = engine.check(&reader, id).unwrap();
        assert_eq!(found.is_some(), id <= 40, "{id}");
    }
    let whole = engine.verify_audit(&[], |_, _, _| true).unwrap();
    assert_eq!((whole.checks, whole.faults), (40, vec![]));
    // What came after the point is lost, and whoever kept a checkpoint elsewhere is told.
    let told = engine.verify_audit(&[after], |_, _, _| true).unwrap();
    assert!(
        matches!(told.faults[..], [Fault::Cut { .. }, ..]),
        "{:?}",
        told.faults
    );
    record(&engine, 101..=110);
    let event = Event {
        at: now(),
        actor: Actor::Center,
        deed: Deed::Backup,
        subject: None,
        detail: String::new(),
    };
    runtime.block_on(engine.record(event)).unwrap();
    let whole = engine.verify_audit(&[], |_, _, _| true).unwrap();
    assert_eq!((whole.checks, whole.faults), (50, vec![]));
}

impl Cluster {
    /// Copies a replica's data, as `pg_basebackup` does, and verifies the copy.
    fn copy_of_a_replica(&self) -> PathBuf {
        let leader = self.wait_for_leader(None);
        let replica = (0..3).find(|it| *it != leader).unwrap();
        let (machine, copy) = (&self.machines[replica], self.dir.path().join("copy"));
        let mut copying = as_postgres("/usr/bin/pg_basebackup");
        copying
            .env("PGPASSWORD", "Utsushi-2026-Nana")
            .args(["--checkpoint=fast", "--username=replicator"])
            .args(["--host", &machine.address])
            .args(["--port", &machine.postgres.to_string()])
            .arg("--pgdata")
            .arg(&copy);
        succeed(&mut copying);
        succeed(as_postgres("/usr/lib/postgresql/15/bin/pg_verifybackup").arg(&copy));
        copy
    }

    /// Waits until the log is kept up to now.
    fn wait_for_archive(&self) {
        let switch = "SELECT pg_walfile_name(pg_switch_wal())";
        let last = self.execute("postgres", switch).unwrap();
        let kept = self.archive.as_ref().unwrap().join(last);
        self.wait_until("the log in the archive", || kept.exists());
    }

    /// Ends all machines as their service managers do, the primary last.
    fn end_all(&mut self) {
        let leader = self.wait_for_leader(None);
        let others = (0..3).filter(|it| *it != leader);
        for machine in others.chain([leader]) {
            self.machines[machine].runs.take().unwrap().end();
        }
    }

    /// Has etcd forget the cluster, so that a new one begins.
    fn forget(&self) {
        use std::io::Write;
        let settings = self.dir.path().join("machine-0/patroni.yml");
        let mut patronictl = as_postgres("/usr/bin/patronictl");
        patronictl
            .arg("-c")
            .arg(settings)
            .args(["remove", "onshi"])
            .env("LC_ALL", "C.UTF-8")
            .stdin(Stdio::piped())
            .stdout(Stdio::null());
        let mut running = patronictl.spawn().unwrap();
        let answers = b"onshi\nYes I am aware\n";
        running.stdin.take().unwrap().write_all(answers).unwrap();
        assert!(running.wait().unwrap().success());
    }

    /// Moves a machine's data out of the way.
    fn set_aside(&self, machine: usize) {
        let data = self.data_dir(machine);
        std::fs::rename(&data, data.with_extension("before")).unwrap();
    }

    /// Begins the cluster anew on a machine, from a copy and the kept log up to a point.
    fn begin_from(&mut self, machine: usize, copy: &Path, point: &str) {
        self.set_aside(machine);
        let settings = self
            .dir
            .path()
            .join(format!("machine-{machine}/patroni.yml"));
        let text = std::fs::read_to_string(&settings).unwrap();
        let (copy, data) = (copy.display(), self.data_dir(machine));
        let (data, archive) = (data.display(), self.archive.as_ref().unwrap().display());
        let method = format!(
            "bootstrap:
  method: point_in_time
  point_in_time:
    command: cp -a {copy} {data}
    no_params: true
    recovery_conf:
      restore_command: cp {archive}/%f %p
      recovery_target_name: {point}
      recovery_target_action: promote
"
        );
        let text = text.replace("bootstrap:\n", &method);
        std::fs::write(&settings, text).unwrap();
        self.bring_up(machine);
    }
}

fn succeed(command: &mut std::process::Command) {
    let output = command.output().unwrap();
    let wrong = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {wrong}");
}

fn now() -> Instant {
    Instant::from_micros(1_795_392_902_000_000)
}

pub(crate) fn permit<A: Permission>() -> Permit<A> {
    Permit::grant(SignedIn {
        facility: InstitutionCode::parse("1319999999").unwrap(),
        account: AccountId::parse("uketsuke").unwrap(),
        kind: AccountKind::General,
        certificate: [9; 32],
    })
    .unwrap()
}

fn check(id: u128) -> NewCheck {
    NewCheck {
        id,
        at: now(),
        visit_date: CivilDate::new(2026, 11, 23).unwrap(),
        origin: "page",
        verdict: Verdict::Valid,
        insurer: "06139992".into(),
        name: Some("資格　太郎".into()),
        kana: None,
        question: Bytes::from_static(b"question"),
        answer: format!("answer {id}").into(),
        key: None,
        sources: Vec::new(),
    }
}

/// Where the chains stand, kept outside.
fn checkpoint(engine: &Engine) -> Checkpoint {
    let at = Instant::from_micros(7);
    let heads = heads::to_bytes(&engine.heads().unwrap()).unwrap();
    Checkpoint {
        at,
        signature: checkpoint_message(at, &heads),
        heads,
        kid: "k".into(),
    }
}
