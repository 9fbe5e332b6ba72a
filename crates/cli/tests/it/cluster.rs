//! A cluster of three PostgreSQL with Patroni, three etcd and an HAProxy before them, from the files of `packaging/cluster`, on loopback
//! addresses of its own; machines of it can be cut off by killing all that runs on them.

pub(crate) mod failover;

use std::cell::Cell;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::running::Part;
use crate::server::archive_command;

/// Clusters of this process, each with loopback addresses of its own.
static CLUSTERS: AtomicU8 = AtomicU8::new(0);

/// One cluster at a time: seven machines that keep time among themselves are enough for one PC.
static TURN: Mutex<()> = Mutex::new(());

/// How long anything may take that machines settle among themselves.
const PATIENCE: Duration = Duration::from_secs(600);

const SUPERUSER: &str = "Oya-2026-Nana";

pub(crate) struct Cluster {
    _turn: MutexGuard<'static, ()>,
    pub(crate) dir: tempfile::TempDir,
    /// The first three bytes of its addresses.
    net: String,
    pub(crate) machines: [Machine; 3],
    etcd: Vec<Etcd>,
    proxy: Option<Part>,
    /// Where the primary is reached, host and port.
    pub(crate) primary: (String, u16),
    /// Where the log is kept, if it is.
    pub(crate) archive: Option<PathBuf>,
}

/// Whether the log is kept.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Archiving {
    Yes,
    No,
}

/// One machine with its PostgreSQL.
pub(crate) struct Machine {
    pub(crate) address: String,
    pub(crate) postgres: u16,
    patroni: u16,
    pub(crate) runs: Option<Part>,
}

/// One etcd.
struct Etcd {
    /// Its environment.
    settings: Vec<(String, String)>,
    runs: Option<Part>,
}

impl Cluster {
    /// Starts everything and waits until a second machine keeps step with the primary.
    pub(crate) fn start() -> Self {
        Self::start_as(Archiving::No)
    }

    /// The same, and every piece of the log is kept (`docs/operations/backup.md`).
    pub(crate) fn start_archiving() -> Self {
        Self::start_as(Archiving::Yes)
    }

    fn start_as(archiving: Archiving) -> Self {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let dir = tempfile::tempdir().unwrap();
        std::os::unix::fs::chown(dir.path(), Some(postgres_user()), None).unwrap();
        let process = std::process::id();
        let net = format!(
            "127.{}.{}",
            64 + CLUSTERS.fetch_add(1, Ordering::Relaxed),
            process % 256
        );
        let machines = [11, 12, 13].map(|last| {
            let address = format!("{net}.{last}");
            let [postgres, patroni] = free_ports(&address);
            Machine {
                postgres,
                patroni,
                address,
                runs: None,
            }
        });
        let entry = format!("{net}.2");
        let primary = (entry.clone(), free_port(&entry));
        let mut cluster = Self {
            _turn: turn,
            dir,
            net,
            machines,
            etcd: Vec::new(),
            proxy: None,
            primary,
            archive: None,
        };
        if archiving == Archiving::Yes {
            cluster.archive = Some(cluster.folder("archive"));
        }
        let etcd = cluster.configure_etcd();
        cluster.bring_up_etcd();
        for machine in 0..cluster.machines.len() {
            cluster.configure(machine, &etcd);
            cluster.bring_up(machine);
        }
        cluster.start_proxy();
        cluster.wait_until("a primary with a second machine in step", || {
            cluster.has("sync_standby")
        });
        cluster
    }

    /// Waits until something is so; fails after ten minutes and tells what the machines noted last.
    pub(crate) fn wait_until(&self, what: &str, so: impl Fn() -> bool) {
        let start = Instant::now();
        let (_keep, never) = std::sync::mpsc::channel::<()>();
        while !so() {
            assert!(
                start.elapsed() < PATIENCE,
                "waited ten minutes for {what}\n{}",
                self.notes()
            );
            let _ = never.recv_timeout(Duration::from_millis(20));
        }
    }

    /// The last lines that every machine and every etcd noted.
    pub(crate) fn notes(&self) -> String {
        let machines = (0..self.machines.len()).map(|it| format!("machine-{it}/patroni.log"));
        let etcd = (0..self.etcd.len()).map(|it| format!("etcd-{it}.log"));
        let mut told = String::new();
        for name in machines.chain(etcd) {
            let text = std::fs::read(self.dir.path().join(&name)).unwrap_or_default();
            let text = String::from_utf8_lossy(&text);
            let lines: Vec<&str> = text.lines().collect();
            let last = lines[lines.len().saturating_sub(15)..].join("\n");
            told += &format!("--- {name}\n{last}\n");
        }
        told
    }

    /// Starts what was killed on a machine.
    pub(crate) fn bring_up(&mut self, machine: usize) {
        let dir = self.dir.path().join(format!("machine-{machine}"));
        let mut patroni = as_postgres("/usr/bin/patroni");
        patroni.arg(dir.join("patroni.yml")).current_dir(&dir);
        let log = std::fs::File::create(dir.join("patroni.log")).unwrap();
        patroni.stdout(log.try_clone().unwrap()).stderr(log);
        self.machines[machine].runs = Some(Part::of(patroni.spawn().unwrap()));
    }

    /// Ends all that runs on a machine as if its power went.
    pub(crate) fn kill(&mut self, machine: usize) {
        if let Some(patroni) = self.machines[machine].runs.take() {
            patroni.kill();
        }
        let pid = self.data_dir(machine).join("postmaster.pid");
        if let Ok(text) = std::fs::read_to_string(pid)
            && let Some(postmaster) = text.lines().next()
        {
            let _ = Command::new("kill").args(["-KILL", postmaster]).status();
            // Its children end by themselves when they see that it is gone.
            self.wait_until("the end of the postmaster", || {
                !Path::new("/proc").join(postmaster).exists()
            });
        }
    }

    /// The machine that is the primary now.
    pub(crate) fn leader(&self) -> Option<usize> {
        let asked = |machine: &Machine| {
            let answer = ask(&machine.address, machine.patroni, "OPTIONS", "/primary")?;
            answer.starts_with("HTTP/1.0 200").then_some(())
        };
        (0..3).find(|machine| asked(&self.machines[*machine]).is_some())
    }

    /// Waits for a primary, another machine than this one where one is named. A busy machine may change it by itself.
    pub(crate) fn wait_for_leader(&self, than: Option<usize>) -> usize {
        let found = Cell::new(None);
        self.wait_until("a primary", || {
            found.set(self.leader().filter(|leader| Some(*leader) != than));
            found.get().is_some()
        });
        found.get().unwrap()
    }

    /// Whether a member of this role is running.
    pub(crate) fn has(&self, role: &str) -> bool {
        let runs = |member: &Value| member["role"] == role && member["state"] == "running";
        self.members().iter().any(runs)
    }

    /// How many members are running.
    pub(crate) fn running(&self) -> usize {
        let members = self.members();
        let running = members.iter().filter(|it| it["state"] == "running");
        running.count()
    }

    fn members(&self) -> Vec<Value> {
        let answer = self
            .machines
            .iter()
            .find_map(|it| ask(&it.address, it.patroni, "GET", "/cluster"));
        let body = answer.as_deref().and_then(|it| it.split("\r\n\r\n").nth(1));
        let told: Value = serde_json::from_str(body.unwrap_or_default()).unwrap_or_default();
        told["members"].as_array().cloned().unwrap_or_default()
    }

    /// Runs a statement of the superuser on the primary; what it prints, or nothing when it was not acknowledged.
    pub(crate) fn execute(&self, database: &str, statement: &str) -> Option<String> {
        let output = Command::new("psql")
            .env("PGPASSWORD", SUPERUSER)
            .env("PGCONNECT_TIMEOUT", "3")
            .args(["-h", &self.primary.0, "-p", &self.primary.1.to_string()])
            .args(["-U", "postgres", "-d", database, "-At", "-c", statement])
            .output()
            .expect("psql, of Debian's package postgresql-client-15");
        let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        output.status.success().then_some(said)
    }

    /// A file beside the cluster's own, with this in it.
    pub(crate) fn file(&self, name: &str, text: &str) -> String {
        let file = self.dir.path().join(name);
        std::fs::write(&file, text).unwrap();
        file.display().to_string()
    }

    pub(crate) fn data_dir(&self, machine: usize) -> PathBuf {
        self.dir.path().join(format!("machine-{machine}/data"))
    }

    /// Settings of all etcd; where each is reached.
    fn configure_etcd(&mut self) -> Vec<String> {
        let nodes = [21, 22, 23].map(|last| format!("{}.{last}", self.net));
        let ports = nodes.each_ref().map(|node| free_ports::<2>(node));
        let members: Vec<String> = (0..3)
            .map(|it| format!("etcd{it}=http://{}:{}", nodes[it], ports[it][1]))
            .collect();
        for (it, node) in nodes.iter().enumerate() {
            let dir = self.folder(&format!("etcd-{it}"));
            let settings = filled(
                "etcd.env",
                &[
                    ("NODE", &format!("etcd{it}")),
                    ("DATA_DIR", &dir.display().to_string()),
                    ("ADDRESS", node),
                    ("CLIENT_PORT", &ports[it][0].to_string()),
                    ("PEER_PORT", &ports[it][1].to_string()),
                    ("MEMBERS", &members.join(",")),
                ],
            );
            let settings = settings.lines().filter(|line| !line.starts_with('#'));
            let settings = settings.filter_map(|line| line.split_once('='));
            let settings = settings.map(|(name, value)| (name, value.trim_matches('"')));
            let here = [
                // Debian's etcd asks for this on any other processor than amd64.
                ("ETCD_UNSUPPORTED_ARCH", "arm64"),
                // All disks are one here, and other tests use it: an etcd that waits for it is not gone.
                ("ETCD_HEARTBEAT_INTERVAL", "300"),
                ("ETCD_ELECTION_TIMEOUT", "3000"),
            ];
            let settings = settings.chain(here);
            let settings = settings.map(|(name, value)| (name.into(), value.into()));
            self.etcd.push(Etcd {
                settings: settings.collect(),
                runs: None,
            });
        }
        (0..3)
            .map(|it| format!("\"{}:{}\"", nodes[it], ports[it][0]))
            .collect()
    }

    /// Starts all etcd, with what they knew before they were killed.
    pub(crate) fn bring_up_etcd(&mut self) {
        for (it, etcd) in self.etcd.iter_mut().enumerate() {
            let log = self.dir.path().join(format!("etcd-{it}.log"));
            let log = std::fs::File::create(log).unwrap();
            let mut command = as_postgres("etcd");
            command.envs(etcd.settings.iter().map(|(name, value)| (name, value)));
            command.stdout(log.try_clone().unwrap()).stderr(log);
            let runs = command.spawn().expect("etcd, of etcd-server");
            etcd.runs = Some(Part::of(runs));
        }
    }

    /// Ends all etcd as if their power went.
    pub(crate) fn kill_etcd(&mut self) {
        let running = self.etcd.iter_mut().filter_map(|it| it.runs.take());
        running.for_each(Part::kill);
    }

    fn configure(&self, machine: usize, etcd: &[String]) {
        let dir = self.folder(&format!("machine-{machine}"));
        let Machine {
            address,
            postgres,
            patroni,
            ..
        } = &self.machines[machine];
        let settings = filled(
            "patroni.yml",
            &[
                ("NODE", &format!("machine{machine}")),
                ("ADDRESS", address),
                ("PATRONI_PORT", &patroni.to_string()),
                ("POSTGRES_PORT", &postgres.to_string()),
                ("ETCD", &etcd.join(", ")),
                ("NETWORK", "127.0.0.0/8"),
                ("DATA_DIR", &self.data_dir(machine).display().to_string()),
                ("RUN_DIR", &dir.display().to_string()),
                ("SUPERUSER_PASSWORD", SUPERUSER),
                ("REPLICATION_PASSWORD", "Utsushi-2026-Nana"),
                ("REWIND_PASSWORD", "Makimodoshi-2026-Nana"),
            ],
        );
        let settings = match &self.archive {
            None => settings,
            Some(archive) => {
                let at = "      parameters:\n";
                assert_eq!(settings.matches(at).count(), 1);
                let command = archive_command(archive);
                let keeps =
                    format!("        archive_mode: \"on\"\n        archive_command: '{command}'\n");
                settings.replace(at, &format!("{at}{keeps}"))
            }
        };
        std::fs::write(dir.join("patroni.yml"), settings).unwrap();
    }

    fn start_proxy(&mut self) {
        let primary = format!("{}:{}", self.primary.0, self.primary.1);
        let mut values = vec![("PRIMARY".to_owned(), primary)];
        for (it, machine) in (1..).zip(&self.machines) {
            let postgres = format!("{}:{}", machine.address, machine.postgres);
            values.push((format!("POSTGRES_{it}"), postgres));
            values.push((format!("ADDRESS_{it}"), machine.address.clone()));
            values.push((format!("PATRONI_PORT_{it}"), machine.patroni.to_string()));
        }
        let values: Vec<(&str, &str)> = values.iter().map(|it| (&*it.0, &*it.1)).collect();
        let file = self.dir.path().join("haproxy.cfg");
        std::fs::write(&file, filled("haproxy.cfg", &values)).unwrap();
        let mut proxy = as_postgres("/usr/sbin/haproxy");
        proxy.arg("-db").arg("-f").arg(file);
        proxy.stdout(Stdio::null()).stderr(Stdio::null());
        self.proxy = Some(Part::of(proxy.spawn().expect("haproxy, of haproxy")));
    }

    /// A folder of the user that PostgreSQL runs as.
    fn folder(&self, name: &str) -> PathBuf {
        let dir = self.dir.path().join(name);
        std::fs::create_dir(&dir).unwrap();
        std::os::unix::fs::chown(&dir, Some(postgres_user()), None).unwrap();
        dir
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        for machine in 0..self.machines.len() {
            self.kill(machine);
        }
    }
}

#[test]
fn an_etcd_of_the_package_lets_old_versions_go() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packaging/cluster/etcd.env");
    let text = std::fs::read_to_string(file).unwrap();
    let value = |name: &str| {
        let mut lines = text.lines().filter_map(|line| line.split_once('='));
        let found = lines.find(|it| it.0 == name);
        found.map(|it| it.1.trim_matches('"').to_owned())
    };
    let mode = value("ETCD_AUTO_COMPACTION_MODE");
    assert_eq!(mode.as_deref(), Some("periodic"));
    let kept = value("ETCD_AUTO_COMPACTION_RETENTION").unwrap();
    let number = kept.trim_end_matches(|it: char| it.is_ascii_alphabetic());
    assert_ne!(number.parse::<u32>().unwrap(), 0, "{kept}");
}

/// A file of the package with its places filled in; all of them.
fn filled(name: &str, values: &[(&str, &str)]) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packaging/cluster");
    let mut text = std::fs::read_to_string(file.join(name)).unwrap();
    for (place, value) in values {
        let place = format!("@{place}@");
        assert!(text.contains(&place), "{name} has no {place}");
        text = text.replace(&place, value);
    }
    let open = text
        .lines()
        .find(|line| !line.starts_with('#') && line.contains('@'));
    assert_eq!(open, None, "{name}");
    text
}

/// A program as an unprivileged user: PostgreSQL does not run as root.
pub(crate) fn as_postgres(program: &str) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]);
    command.arg(program);
    command
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").unwrap().uid() == 0
}

/// The user as whom PostgreSQL runs: the owner of its package's folder, or whoever runs the test.
fn postgres_user() -> u32 {
    let owned = if is_root() {
        "/var/lib/postgresql"
    } else {
        "/proc/self"
    };
    std::fs::metadata(owned)
        .expect("postgresql-15 of Debian is installed")
        .uid()
}

/// A port of an address that is used by this test alone.
fn free_port(address: &str) -> u16 {
    let [port] = free_ports(address);
    port
}

/// The same of several ports: each is held until all are known, so that none is given twice.
fn free_ports<const COUNT: usize>(address: &str) -> [u16; COUNT] {
    let sockets = [(); COUNT].map(|()| TcpListener::bind((address, 0)).unwrap());
    sockets.each_ref().map(|it| it.local_addr().unwrap().port())
}

/// What a Patroni answers, head and body.
fn ask(address: &str, port: u16, method: &str, path: &str) -> Option<String> {
    let mut stream = TcpStream::connect((address, port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(3))).ok()?;
    write!(stream, "{method} {path} HTTP/1.0\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    Some(answer)
}

#[test]
fn the_proxy_leads_to_the_primary_alone() {
    let text = proxy_settings();
    let listeners = text.lines().filter(|it| it.starts_with("listen "));
    assert_eq!(listeners.collect::<Vec<_>>(), ["listen primary"]);
}

#[test]
fn the_proxy_cuts_no_step_of_a_schema_that_takes_hours() {
    let text = proxy_settings();
    for side in ["client", "server"] {
        let begin = format!("    timeout {side} ");
        let said = text.lines().find_map(|it| it.strip_prefix(&begin));
        let days = said.and_then(|it| it.strip_suffix('d'));
        let days: u32 = days.expect("in days").parse().unwrap();
        assert!(1 <= days, "{side}");
    }
}

fn proxy_settings() -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packaging/cluster/haproxy.cfg");
    std::fs::read_to_string(file).unwrap()
}

#[test]
fn a_cluster_takes_as_many_connections_as_its_page_reckons_with() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let settings = read("packaging/cluster/patroni.yml");
    let mut lines = settings.lines();
    let most = lines.find_map(|it| it.trim().strip_prefix("max_connections: "));
    let most: u32 = most.unwrap().parse().unwrap();
    let page = read("docs/operations/scale.md");
    let mut lines = page.lines();
    let row = lines.find(|it| it.contains("as `patroni.yml` has it"));
    let numbers = row.unwrap().split(|it: char| !it.is_ascii_digit());
    let numbers: Vec<u32> = numbers.filter_map(|it| it.parse().ok()).collect();
    let [told, kept, with_replicas, without] = numbers.try_into().unwrap();
    assert_eq!(told, most);
    let for_centers = most - kept;
    assert_eq!(
        [with_replicas, without],
        [for_centers / 38, for_centers / 22]
    );
}
