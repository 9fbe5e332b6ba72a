//! Backups on drives of the system itself: what a stick does when it is full, locked, let go or stuck is the kernel's answer here, not a
//! test's.

use super::tests::Place;
use super::*;
use crate::mounted::{Mounted, let_go};

#[tokio::test]
async fn a_real_stick_takes_a_backup_that_is_there_when_it_is_put_in_again() {
    let place = Place::new();
    let stick = Mounted::image(&place.stick());
    let backups = Backups::open(place.setup.clone());
    let made = place.make(&backups, "clinic.p12").await.unwrap();
    assert_eq!(made.others, 0, "lost+found is the file system's own");
    stick.let_go();
    assert!(!made.file.exists());
    stick.mount_again();
    let original = std::fs::read(place.dir.path().join("downloads/clinic.p12")).unwrap();
    assert_eq!(std::fs::read(made.file).unwrap(), original);
}

#[tokio::test]
async fn a_stick_or_a_memory_drive_that_is_really_full_keeps_no_half_a_file() {
    let place = Place::new();
    let stick = Mounted::image(&place.stick());
    stick.fill("filler");
    let failed = place.fails(Drive::default()).await;
    assert!(matches!(failed, BackupFailed::Full), "{failed:?}");
    assert_eq!(place.names_on_stick(), ["filler", "lost+found"]);
    drop(stick);
    let stick = Mounted::memory(&place.stick(), 8192);
    stick.fill("filler");
    let failed = place.fails(Drive::default()).await;
    assert!(matches!(failed, BackupFailed::Full), "{failed:?}");
    assert_eq!(place.names_on_stick(), ["filler"]);
}

#[tokio::test]
async fn a_stick_that_is_really_locked_against_writing_is_told_of() {
    let place = Place::new();
    let stick = Mounted::image(&place.stick());
    stick.lock_against_writing();
    let failed = place.fails(Drive::default()).await;
    let is_locked = |error: &std::io::Error| error.kind() == ErrorKind::ReadOnlyFilesystem;
    assert!(
        matches!(&failed, BackupFailed::Write(error) if is_locked(error)),
        "{failed:?}"
    );
    assert_eq!(place.names_on_stick(), ["lost+found"]);
}

#[tokio::test]
async fn a_stick_let_go_between_writing_and_reading_makes_no_backup() {
    let place = Place::new();
    let stick = Mounted::image(&place.stick());
    let at = stick.at.clone();
    let drive = Drive {
        write: Arc::new(move |to: &Path, bytes: &[u8]| {
            write(to, bytes)?;
            let_go(&at);
            Ok(())
        }),
        ..Drive::default()
    };
    let failed = place.fails(drive).await;
    assert!(matches!(failed, BackupFailed::Gone), "{failed:?}");
}

#[tokio::test]
async fn a_stick_let_go_before_writing_does_not_have_the_pc_take_the_copy_in_its_place() {
    let place = Place::new();
    let stick = Mounted::image(&place.stick());
    let at = stick.at.clone();
    let drive = Drive {
        write: Arc::new(move |to: &Path, bytes: &[u8]| {
            let_go(&at);
            write(to, bytes)
        }),
        ..Drive::default()
    };
    let failed = place.fails(drive).await;
    assert!(matches!(failed, BackupFailed::Gone), "{failed:?}");
    assert_eq!(place.names_on_stick(), Vec::<String>::new());
}

#[tokio::test]
async fn a_stick_whose_file_system_stands_still_is_not_waited_for() {
    let place = Place::new();
    let stick = Mounted::image(&place.stick());
    let backups = Backups::open(Setup {
        limit: Duration::from_millis(200),
        ..place.setup.clone()
    });
    let still = stick.stand_still();
    let failed = place.make(&backups, "clinic.p12").await;
    drop(still);
    assert!(matches!(failed, Err(BackupFailed::Slow)), "{failed:?}");
    assert_eq!(backups.state(place.holder.fingerprint), Backup::Never);
    assert!(place.dir.path().join("downloads/clinic.p12").exists());
}
