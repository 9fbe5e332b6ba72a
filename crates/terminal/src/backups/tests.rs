//! Backups on drives that work, are full, are pulled out, are slow, lie, or are no other drive.

use std::sync::mpsc;

use domain::institution_code::InstitutionCode;
use pki::authority::{Authority, KeyKind};
use pki::identity::P12Encryption;
use pki::sealed::MachineKey;

use super::*;

pub(super) const PASSWORD: &str = "Tegami-12345678";

/// A terminal with a file among its downloads, and a folder that counts as a stick.
pub(super) struct Place {
    pub(super) dir: tempfile::TempDir,
    authority: Authority,
    pub(super) holder: Holder,
    pub(super) setup: Setup,
}

fn now() -> Instant {
    Instant::parse("2026-11-26T01:00:00Z").unwrap()
}

impl Place {
    pub(super) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        for folder in ["downloads", "stick", "pc"] {
            std::fs::create_dir(dir.path().join(folder)).unwrap();
        }
        let machine = MachineKey::open(&dir.path().join("key")).unwrap();
        let authority = Authority::open(&dir.path().join("ca"), &machine, now()).unwrap();
        let setup = Setup::of_this_machine(
            &dir.path().join("pc"),
            &dir.path().join("downloads"),
            vec![dir.path().join("stick")],
        );
        let mut place = Self {
            holder: Holder {
                facility: InstitutionCode::parse("1319999999").unwrap(),
                terminal: String::new(),
                not_before: now(),
                not_after: now(),
                fingerprint: [0; 32],
            },
            dir,
            authority,
            setup,
        };
        place.holder = place.issue("1319999999", "clinic.p12");
        place
    }

    /// Puts the file of another certificate among the downloads.
    fn issue(&self, facility: &str, name: &str) -> Holder {
        let facility = InstitutionCode::parse(facility).unwrap();
        let issued = self
            .authority
            .issue_client(facility, "受付1", KeyKind::P256, now());
        let identity = issued.unwrap().identity;
        let root = self.authority.root();
        let file = identity
            .to_pkcs12(root, PASSWORD, P12Encryption::Aes256)
            .unwrap();
        std::fs::write(self.dir.path().join("downloads").join(name), file).unwrap();
        identity.holder().unwrap()
    }

    pub(super) fn stick(&self) -> PathBuf {
        self.dir.path().join("stick")
    }

    pub(super) fn names_on_stick(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.stick()).unwrap();
        let names = entries.map(|it| it.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    }

    pub(super) async fn make(&self, backups: &Backups, name: &str) -> Result<Done, BackupFailed> {
        let (stick, holder) = (self.stick(), &self.holder);
        backups
            .make(name, &stick, PASSWORD, Original::Stays, holder, now())
            .await
    }

    /// What becomes of a backup on a drive that fails; nothing of it stays, and nothing counts.
    pub(super) async fn fails(&self, drive: Drive) -> BackupFailed {
        let backups = Backups::open(Setup {
            drive,
            ..self.setup.clone()
        });
        let error = self.make(&backups, "clinic.p12").await.unwrap_err();
        assert!(self.dir.path().join("downloads/clinic.p12").exists());
        assert!(!matches!(
            backups.state(self.holder.fingerprint),
            Backup::Made(_)
        ));
        error
    }
}

fn raw(number: i32) -> std::io::Error {
    std::io::Error::from_raw_os_error(number)
}

#[tokio::test]
async fn a_good_backup_is_read_back_opened_remembered_and_never_written_over() {
    let place = Place::new();
    let backups = Backups::open(place.setup.clone());
    assert_eq!(backups.waiting(), ["clinic.p12"]);
    assert_eq!(backups.state(place.holder.fingerprint), Backup::Never);
    std::fs::write(place.stick().join("photos.zip"), "x").unwrap();
    std::fs::create_dir(place.stick().join("System Volume Information")).unwrap();
    let made = place.make(&backups, "clinic.p12").await.unwrap();
    assert_eq!((made.others, made.original_left), (1, false));
    place.make(&backups, "clinic.p12").await.unwrap();
    let names = place.names_on_stick();
    assert!(names.contains(&"clinic.p12".into()) && names.contains(&"clinic-2.p12".into()));
    let again = Backups::open(place.setup.clone());
    assert_eq!(again.state(place.holder.fingerprint), Backup::Made(now()));
    assert_eq!(
        again.state([9; 32]),
        Backup::OfEarlier,
        "after a renewal a new one is asked for"
    );
}

#[tokio::test]
async fn a_moved_original_goes_once_the_copy_is_good_and_is_no_alarm() {
    let place = Place::new();
    let backups = Backups::open(place.setup.clone());
    let (stick, holder) = (place.stick(), &place.holder);
    let made = backups.make(
        "clinic.p12",
        &stick,
        PASSWORD,
        Original::Goes,
        holder,
        now(),
    );
    made.await.unwrap();
    assert!(backups.waiting().is_empty());
    assert_eq!(backups.state(holder.fingerprint), Backup::Made(now()));
}

#[tokio::test]
async fn a_full_stick_leaves_no_half_a_file_and_says_so() {
    let place = Place::new();
    let drive = Drive {
        write: Arc::new(|to: &Path, bytes: &[u8]| {
            std::fs::write(to, &bytes[..100])?;
            Err(raw(28))
        }),
        ..Drive::default()
    };
    assert!(matches!(place.fails(drive).await, BackupFailed::Full));
    assert_eq!(place.names_on_stick(), Vec::<String>::new());
}

#[tokio::test]
async fn a_stick_that_is_pulled_out_is_told_of_before_while_writing_and_while_reading() {
    let place = Place::new();
    for number in [5, 6, 19] {
        let drive = Drive {
            write: Arc::new(move |_: &Path, _: &[u8]| Err(raw(number))),
            ..Drive::default()
        };
        assert!(matches!(place.fails(drive).await, BackupFailed::Gone));
        let drive = Drive {
            read: Arc::new(move |_: &Path| Err(raw(number))),
            ..Drive::default()
        };
        assert!(matches!(place.fails(drive).await, BackupFailed::Gone));
    }
    std::fs::remove_dir(place.stick()).unwrap();
    assert!(matches!(
        place.fails(Drive::default()).await,
        BackupFailed::Gone
    ));
}

#[tokio::test]
async fn a_slow_stick_is_not_waited_for_and_what_it_finishes_later_does_not_count() {
    let place = Place::new();
    let (release, wait) = mpsc::channel::<()>();
    let wait = Mutex::new(wait);
    let drive = Drive {
        write: Arc::new(move |to: &Path, bytes: &[u8]| {
            let _ = wait.lock().unwrap().recv();
            std::fs::write(to, bytes)
        }),
        ..Drive::default()
    };
    let backups = Backups::open(Setup {
        drive,
        limit: Duration::ZERO,
        ..place.setup.clone()
    });
    let failed = place.make(&backups, "clinic.p12").await.unwrap_err();
    assert!(matches!(failed, BackupFailed::Slow));
    drop(release);
    assert_eq!(backups.state(place.holder.fingerprint), Backup::Never);
}

#[tokio::test]
async fn a_stick_that_lies_or_cannot_be_written_makes_no_backup() {
    let place = Place::new();
    let lying = Drive {
        read: Arc::new(|from: &Path| {
            let mut bytes = std::fs::read(from)?;
            bytes[200] ^= 1;
            Ok(bytes)
        }),
        ..Drive::default()
    };
    assert!(matches!(place.fails(lying).await, BackupFailed::Differs));
    let locked = Drive {
        write: Arc::new(|_: &Path, _: &[u8]| Err(raw(30))),
        ..Drive::default()
    };
    assert!(matches!(place.fails(locked).await, BackupFailed::Write(_)));
    assert_eq!(place.names_on_stick(), Vec::<String>::new());
}

#[tokio::test]
async fn a_damaged_file_another_facilitys_and_another_certificates_are_refused() {
    let place = Place::new();
    let backups = Backups::open(place.setup.clone());
    let downloads = place.dir.path().join("downloads");
    let mut damaged = std::fs::read(downloads.join("clinic.p12")).unwrap();
    damaged.truncate(300);
    std::fs::write(downloads.join("damaged.p12"), damaged).unwrap();
    place.issue("3410712362", "other.p12");
    place.issue("1319999999", "earlier.p12");
    std::fs::create_dir(downloads.join("folder.p12")).unwrap();
    for (name, fits) in [
        ("damaged.p12", "Open"),
        ("other.p12", "OtherFacility"),
        ("earlier.p12", "OtherCertificate"),
        ("none.p12", "NoFile"),
        ("folder.p12", "Unreadable"),
        ("../pc/x.p12", "NoFile"),
        ("clinic.txt", "NoFile"),
    ] {
        let error = place.make(&backups, name).await.unwrap_err();
        assert!(format!("{error:?}").starts_with(fits), "{name}: {error:?}");
    }
    let stick = place.stick();
    let wrong = backups.make(
        "clinic.p12",
        &stick,
        "Chigau-12345678",
        Original::Goes,
        &place.holder,
        now(),
    );
    assert!(matches!(wrong.await, Err(BackupFailed::Open(_))));
    assert!(downloads.join("clinic.p12").exists());
    assert_eq!(place.names_on_stick(), Vec::<String>::new());
}

#[tokio::test]
async fn a_folder_of_this_pc_is_no_backup() {
    let place = Place::new();
    let setup = Setup::of_this_machine(
        &place.dir.path().join("pc"),
        &place.dir.path().join("downloads"),
        Vec::new(),
    );
    let backups = Backups::open(setup);
    let error = place.make(&backups, "clinic.p12").await.unwrap_err();
    let told = [
        matches!(error, BackupFailed::SameHardware),
        matches!(error, BackupFailed::UnknownHardware),
        matches!(error, BackupFailed::Memory),
    ];
    assert!(told.contains(&true), "{error:?}");
    assert_eq!(place.names_on_stick(), Vec::<String>::new());
}

#[tokio::test]
async fn a_damaged_list_of_backups_asks_for_a_new_one() {
    let place = Place::new();
    std::fs::write(place.dir.path().join("pc").join(FILE), "{").unwrap();
    let backups = Backups::open(place.setup.clone());
    assert_eq!(backups.state(place.holder.fingerprint), Backup::Never);
    place.make(&backups, "clinic.p12").await.unwrap();
    assert_eq!(backups.state(place.holder.fingerprint), Backup::Made(now()));
}
