//! Secrets on disk, sealed with a machine key (contracts §9). Refuses a key file that others may read.

use std::io::Write;
use std::path::{Path, PathBuf};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::rand;
use zeroize::Zeroizing;

use crate::system;

/// First bytes of a sealed file, with the format's version.
const MAGIC: &[u8; 8] = b"ONSHI-S1";

/// Why a secret could not be sealed or opened. Names the file, never its content.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The file system said no.
    #[error(
        "{path} を扱えません。場所・空き容量・権限を確かめてください。 / cannot {what} {path}: {source}; look at place, space and rights"
    )]
    File {
        /// What was tried.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The key file may be read by others.
    #[error(
        "{0} を他の利用者が読めます。chmod 600 {0} を実行してください。 / {0} may be read by other users; run: chmod 600 {0}"
    )]
    Open(PathBuf),
    /// The key file does not hold 32 bytes.
    #[error(
        "{0} は機器の鍵（32バイト）ではありません。保管したものを戻してください。 / {0} is not a machine key of 32 bytes; restore it from where it was kept"
    )]
    Key(PathBuf),
    /// The sealed file was changed, or sealed with another key.
    #[error(
        "{0} は変更されたか、別の機器の鍵で封印されています。同じバックアップから両方を戻してください。 / {0} was changed or sealed with another machine key; restore both from the same backup"
    )]
    Broken(PathBuf),
    /// The random generator failed.
    #[error("システムの乱数を取得できません。 / the system's random generator failed")]
    Random,
}

/// The key that seals the secrets of one machine: a file of 32 random bytes that only its user reads.
pub struct MachineKey(Zeroizing<[u8; 32]>);

impl std::fmt::Debug for MachineKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MachineKey(…)")
    }
}

impl MachineKey {
    /// Reads the key file, making it with mode 0600 when it does not exist.
    ///
    /// # Errors
    /// [`SealError`]; a key that others may read is refused.
    pub fn open(path: &Path) -> Result<Self, SealError> {
        let mut key = Zeroizing::new([0; 32]);
        match std::fs::metadata(path) {
            Ok(found) => {
                if system::is_open_to_others(&found) {
                    return Err(SealError::Open(path.into()));
                }
                let bytes = Zeroizing::new(std::fs::read(path).map_err(file("read", path))?);
                let fits = bytes.len() == key.len();
                fits.then(|| key.copy_from_slice(&bytes))
                    .ok_or(SealError::Key(path.into()))?;
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                rand::fill(&mut *key).map_err(|_| SealError::Random)?;
                write_private(path, &*key)?;
            }
            Err(error) => return Err(file("read", path)(error)),
        }
        Ok(Self(key))
    }

    /// A key that is written nowhere: what it seals can be opened for as long as it lives, and never again.
    ///
    /// # Errors
    /// [`SealError::Random`].
    pub fn in_memory() -> Result<Self, SealError> {
        let mut key = Zeroizing::new([0_u8; 32]);
        rand::fill(&mut *key).map_err(|_| SealError::Random)?;
        Ok(Self(key))
    }

    /// Writes a sealed file, whole or not at all.
    ///
    /// # Errors
    /// [`SealError`].
    pub fn seal(&self, path: &Path, secret: &[u8]) -> Result<(), SealError> {
        write_private(path, &self.seal_bytes(secret)?)
    }

    /// The sealed form of a secret that is kept elsewhere than in a file of its own.
    ///
    /// # Errors
    /// [`SealError::Random`].
    pub fn seal_bytes(&self, secret: &[u8]) -> Result<Vec<u8>, SealError> {
        let mut nonce = [0; NONCE_LEN];
        rand::fill(&mut nonce).map_err(|_| SealError::Random)?;
        let mut sealed = secret.to_vec();
        self.key()?
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(MAGIC),
                &mut sealed,
            )
            .map_err(|_| SealError::Random)?;
        let mut bytes = MAGIC.to_vec();
        bytes.extend_from_slice(&nonce);
        bytes.extend_from_slice(&sealed);
        Ok(bytes)
    }

    /// Opens a sealed file.
    ///
    /// # Errors
    /// [`SealError::Broken`] for a changed file or another key.
    pub fn unseal(&self, path: &Path) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let bytes = std::fs::read(path).map_err(file("read", path))?;
        self.unseal_bytes(&bytes)
            .ok_or_else(|| SealError::Broken(path.into()))
    }

    /// Opens a sealed form; `None` for one that was changed, or sealed with another key.
    #[must_use]
    pub fn unseal_bytes(&self, bytes: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let rest = bytes.strip_prefix(MAGIC.as_slice())?;
        let (nonce, sealed) = rest.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut opened = Zeroizing::new(sealed.to_vec());
        let key = self.key().ok()?;
        let length = key
            .open_in_place(nonce, Aad::from(MAGIC), &mut opened)
            .ok()?
            .len();
        opened.truncate(length);
        Some(opened)
    }

    /// A key derived from this one for another purpose, such as hashing the first characters of passwords.
    #[must_use]
    pub fn derive(&self, purpose: &str) -> Zeroizing<[u8; 32]> {
        let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, &*self.0);
        let tag = aws_lc_rs::hmac::sign(&key, purpose.as_bytes());
        let mut derived = Zeroizing::new([0; 32]);
        derived
            .iter_mut()
            .zip(tag.as_ref())
            .for_each(|(to, from)| *to = *from);
        derived
    }

    fn key(&self) -> Result<LessSafeKey, SealError> {
        let key = UnboundKey::new(&AES_256_GCM, &*self.0).map_err(|_| SealError::Random)?;
        Ok(LessSafeKey::new(key))
    }
}

/// True for the bytes of a sealed file, whatever key sealed it.
#[must_use]
pub fn is_sealed(bytes: &[u8]) -> bool {
    bytes.starts_with(MAGIC)
}

/// Whether other users may read or change a file; a file that is not there is open to nobody.
#[must_use]
pub fn is_open_to_others(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|found| system::is_open_to_others(&found))
}

fn file(what: &'static str, path: &Path) -> impl Fn(std::io::Error) -> SealError {
    let path = path.to_path_buf();
    move |source| SealError::File {
        what,
        path: path.clone(),
        source,
    }
}

/// Writes a file that only its user reads: beside its place, to the disk, then renamed. Written by root it belongs to the owner of its
/// folder, and a folder that is made to the owner of the one above.
///
/// # Errors
/// [`SealError::File`].
pub fn write_private(path: &Path, bytes: &[u8]) -> Result<(), SealError> {
    let folder = folder_of(path);
    system::make_folders(folder).map_err(file("make the folder of", path))?;
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = PathBuf::from(beside);
    let finish = |mut opened: std::fs::File| {
        system::give_to_owner(&opened, folder)?;
        opened.write_all(bytes)?;
        opened.sync_all()?;
        std::fs::rename(&beside, path)
    };
    let write = || {
        let _ = std::fs::remove_file(&beside);
        let opened = system::new_private().open(&beside)?;
        finish(opened).inspect_err(|_| {
            // Half a file, or a secret that is used by nobody, is left to nobody.
            let _ = std::fs::remove_file(&beside);
        })?;
        std::fs::File::open(folder)?.sync_all()
    };
    write().map_err(file("write", path))
}

/// The folder a file lies in, as one that can be opened: of a bare name that is where the process runs.
#[must_use]
pub fn folder_of(path: &Path) -> &Path {
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty());
    folder.unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};

    use super::*;

    #[test]
    fn what_is_written_belongs_to_the_owner_of_its_folder() {
        let dir = tempfile::tempdir().unwrap();
        let own = std::fs::metadata(dir.path()).unwrap().uid();
        // Only root may give a folder away; for anybody else the owner stays who it is.
        let owner = if own == 0 { 4_711 } else { own };
        let data_dir = dir.path().join("data");
        std::fs::create_dir(&data_dir).unwrap();
        chown(&data_dir, Some(owner), None).unwrap();
        let folder = data_dir.join("new/identities");
        let (sealed, key) = (folder.join("a.sealed"), data_dir.join("machine.key"));
        for _ in 0..2 {
            let machine = MachineKey::open(&key).unwrap();
            machine.seal(&sealed, b"a secret").unwrap();
            for made in [&key, &sealed, &folder, &data_dir.join("new")] {
                let found = std::fs::metadata(made).unwrap();
                assert_eq!(found.uid(), owner, "{}", made.display());
            }
            let mode = std::fs::metadata(&sealed).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        // Beside the data folder nothing changes hands.
        let beside = dir.path().join("beside");
        write_private(&beside, b"x").unwrap();
        assert_eq!(std::fs::metadata(&beside).unwrap().uid(), own);
    }

    #[test]
    fn what_cannot_be_written_leaves_nothing_beside_its_place() {
        let dir = tempfile::tempdir().unwrap();
        let taken = dir.path().join("ready.json");
        std::fs::create_dir(&taken).unwrap();
        assert!(write_private(&taken, b"a secret").is_err());
        let left = std::fs::read_dir(dir.path()).unwrap();
        assert_eq!(left.count(), 1, "the folder alone");
    }

    #[test]
    fn a_sealed_secret_opens_with_its_key_alone() {
        let dir = tempfile::tempdir().unwrap();
        let key = MachineKey::open(&dir.path().join("a.key")).unwrap();
        let other = MachineKey::open(&dir.path().join("b.key")).unwrap();
        let file = dir.path().join("secret");
        key.seal(&file, b"a secret").unwrap();
        assert_eq!(&**key.unseal(&file).unwrap(), b"a secret");
        let again = MachineKey::open(&dir.path().join("a.key")).unwrap();
        assert_eq!(&**again.unseal(&file).unwrap(), b"a secret");
        assert!(matches!(other.unseal(&file), Err(SealError::Broken(_))));
        assert!(!String::from_utf8_lossy(&std::fs::read(&file).unwrap()).contains("a secret"));
    }

    #[test]
    fn what_a_key_in_memory_sealed_no_other_one_opens() {
        let key = MachineKey::in_memory().unwrap();
        let sealed = key.seal_bytes(b"a secret").unwrap();
        assert_eq!(&**key.unseal_bytes(&sealed).unwrap(), b"a secret");
        let other = MachineKey::in_memory().unwrap();
        assert!(other.unseal_bytes(&sealed).is_none());
    }

    #[test]
    fn a_bare_name_lies_where_the_process_runs() {
        assert_eq!(folder_of(Path::new("a.json")), Path::new("."));
        assert_eq!(folder_of(Path::new("b/a.json")), Path::new("b"));
        assert_eq!(folder_of(Path::new("/a.json")), Path::new("/"));
    }

    #[test]
    fn every_changed_byte_is_noticed() {
        let dir = tempfile::tempdir().unwrap();
        let key = MachineKey::open(&dir.path().join("key")).unwrap();
        let file = dir.path().join("secret");
        key.seal(&file, b"x").unwrap();
        let good = std::fs::read(&file).unwrap();
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 1;
            std::fs::write(&file, bad).unwrap();
            assert!(
                matches!(key.unseal(&file), Err(SealError::Broken(_))),
                "byte {at}"
            );
        }
        std::fs::write(&file, &good[..10]).unwrap();
        assert!(matches!(key.unseal(&file), Err(SealError::Broken(_))));
    }

    #[test]
    fn a_key_others_may_read_is_refused_with_the_remedy() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        MachineKey::open(&path).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        let error = MachineKey::open(&path).unwrap_err().to_string();
        assert!(error.contains("chmod 600"), "{error}");
    }
}
