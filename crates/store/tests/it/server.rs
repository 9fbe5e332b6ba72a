//! A PostgreSQL server for tests, from Debian's package: in a folder of its own, reached by a socket in it, gone with the process that
//! started it however that ends. Every test has a database of its own.
#![allow(
    dead_code,
    reason = "each crate that tests at a server uses a part of it"
)]

use std::io::{BufRead, BufReader};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{OnceLock, mpsc};
use std::time::Duration;

use store::server::Address;

/// Where Debian puts the programs of the server.
const PROGRAMS: &str = "/usr/lib/postgresql/15/bin";

/// Who runs it where the tests run as root: the server refuses to.
const USER: &str = "postgres";

/// A server. It ends when this is dropped, and with the process.
pub(crate) struct TestServer {
    folder: PathBuf,
    port: u16,
    /// Stops the server and removes the folder when its input ends.
    warden: Child,
    databases: AtomicU32,
}

impl TestServer {
    /// Starts a server with further settings (`-c name=value`).
    pub(crate) fn start(settings: &[&str]) -> Self {
        Self::start_at(5432, settings, &[], None)
    }

    /// Starts a server from a copy of another one's data, which it recovers as the settings say.
    pub(crate) fn recover(copy: &Path, settings: &[&str]) -> Self {
        Self::start_at(5432, settings, &[], Some((copy, "recovery.signal")))
    }

    /// Starts a server that follows another one by its log.
    pub(crate) fn follow(first: &Self) -> Self {
        let (from, port) = (first.folder.display(), first.port);
        let conninfo = format!("primary_conninfo=host={from} port={port} user=onshi");
        let copy = first.copy();
        Self::start_at(
            5432,
            &["-c", &conninfo],
            &[],
            Some((&copy, "standby.signal")),
        )
    }

    /// Copies the running server's data, as `pg_basebackup` does.
    pub(crate) fn copy(&self) -> PathBuf {
        let copy = self.folder.join("copy");
        let is_root = std::fs::metadata("/proc/self").unwrap().uid() == 0;
        run(as_user(is_root, &format!("{PROGRAMS}/pg_basebackup"))
            .args(["--checkpoint=fast", "--username=onshi", "--host"])
            .arg(&self.folder)
            .args(["--port", &self.port.to_string(), "--pgdata"])
            .arg(&copy));
        copy
    }

    /// Starts a server that is reached over TCP as well, with files in its folder, which is `@` in the settings.
    pub(crate) fn start_on_tcp(settings: &[&str], files: &[(&str, &str)]) -> Self {
        let listens = ["-c", "listen_addresses=127.0.0.1"];
        let settings: Vec<&str> = listens.iter().chain(settings).copied().collect();
        for _ in 0..3 {
            let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            let port = free.local_addr().unwrap().port();
            drop(free);
            match Self::try_start_at(port, &settings, files, None) {
                Ok(server) => return server,
                // Somebody else was given the port meanwhile.
                Err(why) => assert!(why.contains("Address already in use"), "{why}"),
            }
        }
        panic!("no port stays free until the server takes it");
    }

    fn start_at(
        port: u16,
        settings: &[&str],
        files: &[(&str, &str)],
        copy: Option<(&Path, &str)>,
    ) -> Self {
        let started = Self::try_start_at(port, settings, files, copy);
        started.unwrap_or_else(|why| panic!("the server did not start: {why}"))
    }

    /// A server that takes connections, or why there is none.
    fn try_start_at(
        port: u16,
        settings: &[&str],
        files: &[(&str, &str)],
        copy: Option<(&Path, &str)>,
    ) -> Result<Self, String> {
        let folder = tempfile::Builder::new().prefix("pg").tempdir().unwrap();
        let folder = folder.keep();
        let is_root = std::fs::metadata("/proc/self").unwrap().uid() == 0;
        for (name, content) in files {
            let file = folder.join(name);
            std::fs::write(&file, content).unwrap();
            let private = std::fs::Permissions::from_mode(0o600);
            std::fs::set_permissions(file, private).unwrap();
        }
        if is_root {
            run(Command::new("chown").args(["-R", USER]).arg(&folder));
        }
        let at = folder.display().to_string();
        let settings = settings.iter().map(|it| it.replace('@', &at));
        let data = folder.join("data");
        match copy {
            None => run(as_user(is_root, &format!("{PROGRAMS}/initdb"))
                .args(["--no-sync", "--locale=C.UTF-8", "--encoding=UTF8"])
                .args(["--auth=trust", "--username=onshi", "--pgdata"])
                .arg(&data)),
            Some((copy, signal)) => {
                run(as_user(is_root, "cp").arg("-a").arg(copy).arg(&data));
                run(as_user(is_root, "touch").arg(data.join(signal)));
            }
        }
        let mut warden = Command::new("sh")
            .arg("-c")
            .arg(WARDEN)
            .arg("warden")
            .arg(&folder)
            .args(as_user_words(is_root, &format!("{PROGRAMS}/postgres")))
            .arg("-D")
            .arg(&data)
            .args(["-c", "listen_addresses=", "-c", "max_connections=300"])
            .args(["-c", "shared_buffers=64MB", "-k"])
            .arg(&folder)
            .args(settings)
            .env("PGPORT", port.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .unwrap();
        let said = BufReader::new(warden.stdout.take().unwrap());
        let server = Self {
            folder,
            port,
            warden,
            databases: AtomicU32::new(0),
        };
        let (over, told) = mpsc::channel();
        std::thread::spawn(move || {
            let mut lines = said.lines().map_while(Result::ok);
            let first = lines.next().unwrap_or_default();
            let told = if first == "ready" {
                Ok(())
            } else {
                let all: Vec<_> = std::iter::once(first).chain(lines).collect();
                Err(all.join("\n"))
            };
            let _ = over.send(told);
        });
        // The warden gives up before that.
        let told = told.recv_timeout(Duration::from_secs(180));
        told.unwrap_or_else(|why| Err(why.to_string()))
            .map(|()| server)
    }

    /// The folder of the socket.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where it is reached over TCP.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Kills the server at once, as a power cut of its machine would; it starts again by itself.
    pub(crate) fn kill(&self) {
        let first = std::fs::read_to_string(self.folder.join("data/postmaster.pid")).unwrap();
        let pid = first.lines().next().unwrap();
        let others = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap();
        // The first one first, so that it starts none of the others again.
        run(Command::new("sh").args([
            "-c",
            &format!("kill -KILL {pid}; kill -KILL {others} || true"),
        ]));
    }

    /// A new database, by the name of it.
    pub(crate) fn database(&self) -> String {
        let number = self.databases.fetch_add(1, Ordering::Relaxed);
        let name = format!("onshi_{}_{number}", std::process::id());
        self.run("postgres", &format!("CREATE DATABASE {name}"));
        name
    }

    /// Runs a text in a database; returns how many rows it changed, or the one number it answers.
    pub(crate) fn run(&self, database: &str, text: &str) -> i64 {
        let lines = self.read(database, text);
        let last = lines.last().and_then(|it| it.last());
        let number = last.and_then(|it| it.rsplit(' ').next());
        number.and_then(|it| it.parse().ok()).unwrap_or_default()
    }

    /// The rows a text answers, or its tag.
    pub(crate) fn read(&self, database: &str, text: &str) -> Vec<Vec<String>> {
        let output = Command::new("psql")
            .args([
                "--no-psqlrc",
                "--tuples-only",
                "--no-align",
                "-v",
                "ON_ERROR_STOP=1",
            ])
            .args([
                "-h",
                self.folder.to_str().unwrap(),
                "-U",
                "onshi",
                "-d",
                database,
            ])
            .args(["-c", text])
            .env("PGOPTIONS", "-c search_path=center")
            .env("PGPORT", self.port.to_string())
            .output()
            .unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        let wrong = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{text}: {wrong}");
        let words = |line: &str| line.split('|').map(str::to_owned).collect();
        said.lines().map(words).collect()
    }

    pub(crate) fn address(&self, database: &str) -> Address {
        Address::parse(&self.url(database)).unwrap()
    }

    pub(crate) fn url(&self, database: &str) -> String {
        let folder = self.folder.display();
        let port = self.port;
        format!("postgres:///{database}?host={folder}&port={port}&user=onshi")
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        drop(self.warden.stdin.take());
        self.warden.wait().unwrap();
    }
}

/// Starts the server again whenever it dies, until the input ends. One that never was ready is not started again: the end of its log is said.
const WARDEN: &str = r#"
folder=$1; shift
(
  while :; do
    "$@" </dev/null >"$folder/log" 2>&1 & echo $! >"$folder/child"
    wait $!
    [ -e "$folder/ready" ] || exit
    [ -e "$folder/end" ] && exit
  done
) &
keeper=$!
stop() {
  touch "$folder/end"
  while kill -0 $keeper 2>/dev/null; do
    kill -QUIT "$(cat "$folder/child")" 2>/dev/null
    sleep 0.05
  done
  rm -rf "$folder"
}
latest=$(($(date +%s) + 120))
until timeout 20 psql -h "$folder" -U onshi -d postgres -c 'SELECT 1' >/dev/null 2>&1; do
  if ! kill -0 $keeper 2>/dev/null || [ "$(date +%s)" -gt $latest ]; then
    echo "the end of its log:"
    tail -n 20 "$folder/log"
    stop
    exit 1
  fi
  sleep 0.1
done
touch "$folder/ready"
echo ready
cat >/dev/null
stop
"#;

/// The command of `docs/operations/backup.md` that keeps the pieces of the log in a folder.
pub(crate) fn archive_command(archive: &Path) -> String {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/operations/backup.md");
    let page = std::fs::read_to_string(page).unwrap();
    let mut lines = page.lines();
    let command = lines.find_map(|it| it.strip_prefix("archive_command = '")?.strip_suffix('\''));
    let command = command.unwrap();
    command.replace("/mnt/wal", archive.to_str().unwrap())
}

/// The server that all tests of this process share.
pub(crate) fn shared() -> &'static TestServer {
    static SERVER: OnceLock<TestServer> = OnceLock::new();
    SERVER.get_or_init(|| TestServer::start(&[]))
}

fn as_user_words(is_root: bool, program: &str) -> Vec<String> {
    let words: &[&str] = if is_root {
        &[
            "setpriv",
            "--reuid",
            USER,
            "--regid",
            USER,
            "--clear-groups",
            program,
        ]
    } else {
        &[program]
    };
    words.iter().map(|&it| it.to_owned()).collect()
}

fn as_user(is_root: bool, program: &str) -> Command {
    let words = as_user_words(is_root, program);
    let (first, rest) = words.split_first().unwrap();
    let mut command = Command::new(first);
    command.args(rest);
    command
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    let wrong = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {wrong}");
}
