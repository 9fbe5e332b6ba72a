//! Where the center of a test keeps its store: in files of its folder, or in a database of a server.

use std::path::Path;

/// Where the url of a server's database stands that takes the place of files in a folder.
const URL: &str = "database.url";

/// Set, every center of these tests keeps its store at a server.
pub(crate) const AT_SERVER: &str = "ONSHI_TEST_AT_SERVER";

/// Where a new center of a folder keeps its store.
pub(crate) fn place(dir: &Path) -> Option<center::config::database::Database> {
    if std::env::var_os(AT_SERVER).is_some() && !dir.join(URL).exists() {
        place_at_server(dir);
    }
    database(dir)
}

/// Has the center of a folder keep its store at a server, in a database of its own.
pub(crate) fn place_at_server(dir: &Path) {
    place_at(dir, crate::server::shared());
}

/// The same at a server of its own.
pub(crate) fn place_at(dir: &Path, server: &crate::server::TestServer) {
    let url = server.url(&server.database());
    std::fs::write(dir.join(URL), url).unwrap();
}

/// Copies the files and folders of a center's keys.
pub(crate) fn copy_keys(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let kind = entry.file_type().unwrap();
        let target = to.join(entry.file_name());
        if kind.is_dir() {
            copy_keys(&entry.path(), &target);
        } else if kind.is_file() {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// The database of the center of a folder.
fn database(dir: &Path) -> Option<center::config::database::Database> {
    let url = std::fs::read_to_string(dir.join(URL)).ok()?;
    Some(center::config::database::Database {
        url,
        password_file: None,
        root_file: None,
        replicas: Vec::new(),
        replica_lag_ms: std::num::NonZeroU32::MIN,
        connections: std::num::NonZeroU16::new(16).unwrap(),
    })
}

/// The store of a center as another process of it sees it: beside its file, or at the server that has the place of it.
pub(crate) fn store(path: &Path, chain: u8) -> store::engine::Engine {
    match database(path.parent().unwrap()) {
        None => store::engine::Engine::open_center(path, [chain; 16]).unwrap(),
        Some(database) => {
            let address = store::server::Address::parse(&database.url).unwrap();
            store::engine::Engine::open_server(&address, [chain; 16]).unwrap()
        }
    }
}
