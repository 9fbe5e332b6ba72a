//! Disks and shares that are full or stand still: file systems of their own, mounted as root.

use domain::diagnosis::FactName;
use domain::diagnosis::fault::Fault;

use super::place::Place;
use super::{Limits, look, names};
use crate::mounted::Mounted;

impl Place {
    /// A folder of its own for a file system.
    fn mount_point(&self, name: &str) -> std::path::PathBuf {
        let at = self.dir.path().join(name);
        std::fs::create_dir(&at).unwrap();
        at
    }

    /// Has the terminal's folder lie on a file system.
    fn move_data_to(&mut self, disk: &Mounted) {
        let data = disk.at.join("data");
        std::fs::create_dir_all(data.join("identities")).unwrap();
        for file in ["machine.key", "identities/facility.sealed"] {
            std::fs::copy(self.workplace.data_dir.join(file), data.join(file)).unwrap();
        }
        self.workplace.data_dir = data;
    }

    /// Has the folders of the receipt computer lie on a file system.
    fn move_folders_to(&mut self, disk: &Mounted) {
        for name in ["req", "res", "work"] {
            std::fs::create_dir(disk.at.join(name)).unwrap();
        }
        let folders = self.folders();
        folders.req = disk.at.join("req");
        folders.res = disk.at.join("res");
        folders.work = disk.at.join("work");
    }
}

#[tokio::test]
async fn a_full_disk_under_the_terminal_is_named() {
    let mut place = Place::new().await;
    let disk = Mounted::memory(&place.mount_point("disk"), 256 << 10);
    place.move_data_to(&disk);
    assert_eq!(look(&place).await.first_broken(), None);
    disk.fill("filler");
    names(&place, Fault::DiskFull).await;
}

#[tokio::test]
async fn full_folders_of_the_receipt_computer_are_named() {
    let mut place = Place::new().await;
    let disk = Mounted::image(&place.mount_point("disk"));
    place.move_folders_to(&disk);
    assert_eq!(look(&place).await.first_broken(), None);
    disk.fill("filler");
    names(&place, Fault::FolderFull).await;
    drop(disk);
    // What lies below the share that is gone is no folder of it.
    names(&place, Fault::FolderMissing).await;
}

#[tokio::test]
async fn a_share_that_hangs_is_named_within_the_limit_and_holds_up_nothing_else() {
    let mut place = Place::new().await;
    let disk = Mounted::image(&place.mount_point("share"));
    place.move_folders_to(&disk);
    place.workplace.limits = Limits::default();
    let still = disk.stand_still();
    let diagnosis = names(&place, Fault::FolderMissing).await;
    drop(still);
    let facts = diagnosis.steps.iter().flat_map(|it| &it.evidence);
    let said = facts.filter(|it| it.name == FactName::System);
    let said: Vec<_> = said.map(|it| it.value.as_str()).collect();
    assert_eq!(said, ["no answer in time"]);
}
