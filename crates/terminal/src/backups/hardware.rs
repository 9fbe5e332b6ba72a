//! Which piece of hardware a folder lies on (G09): by the system's own table of mounts and its tree of block devices. Linux alone; what it
//! cannot tell counts as not told, never as other hardware.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Where the system tells of mounts and devices.
#[derive(Debug, Clone)]
pub struct Hardware {
    /// The table of mounts: `/proc/self/mountinfo`.
    pub mounts: PathBuf,
    /// The tree of devices: `/sys`.
    pub devices: PathBuf,
    /// Folders on other hardware than onshi can see, such as a disk of a virtual machine: vouched for in the settings.
    pub vouched: Vec<PathBuf>,
}

/// What a folder lies on.
#[derive(Debug, Clone, PartialEq, Eq)]
enum On {
    /// Disks; several for a volume that spans them.
    Disks(BTreeSet<String>),
    /// Another computer.
    Network(String),
    /// Memory: gone when the PC is switched off.
    Memory,
    /// The system does not tell.
    Unknown,
}

/// Whether a copy in one folder outlives the hardware of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Apart {
    /// It is other hardware.
    Other,
    /// It is the same disk, be it another partition.
    Same,
    /// It is memory, gone when the PC is switched off.
    Memory,
    /// It cannot be told.
    Unknown,
}

/// A place where a backup may go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The folder.
    pub folder: PathBuf,
    /// Whether it is another computer's.
    pub network: bool,
}

/// A line of the table of mounts.
struct Mount {
    number: String,
    at: PathBuf,
    kind: String,
    source: String,
}

/// Kinds of file systems on another computer.
const NETWORK: [&str; 7] = ["nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "9p"];

/// Kinds of file systems in memory.
const MEMORY: [&str; 3] = ["tmpfs", "ramfs", "devtmpfs"];

/// Devices upon devices are followed so deep.
const MOST_DEEP: usize = 8;

impl Hardware {
    /// What this machine's system tells.
    #[must_use]
    pub fn of_this_machine(vouched: Vec<PathBuf>) -> Self {
        Self {
            mounts: "/proc/self/mountinfo".into(),
            devices: "/sys".into(),
            vouched,
        }
    }

    /// Whether `copy` outlives the hardware under `original`.
    #[must_use]
    pub fn apart(&self, original: &Path, copy: &Path) -> Apart {
        if self.is_vouched(copy) {
            return Apart::Other;
        }
        match (self.under(original, 0), self.under(copy, 0)) {
            (_, On::Memory) => Apart::Memory,
            (On::Network(from), On::Network(to)) if from == to => Apart::Same,
            (_, On::Network(_)) => Apart::Other,
            (On::Disks(from), On::Disks(to)) if from.is_disjoint(&to) => Apart::Other,
            (On::Disks(_), On::Disks(_)) => Apart::Same,
            (On::Network(_) | On::Memory, On::Disks(_)) => Apart::Other,
            (_, On::Unknown) | (On::Unknown, On::Disks(_)) => Apart::Unknown,
        }
    }

    /// Where a backup of what lies in `original` may go now: sticks, other disks, file servers.
    #[must_use]
    pub fn places(&self, original: &Path) -> Vec<Place> {
        let mut places: Vec<Place> = self
            .vouched
            .iter()
            .map(|folder| Place::of(folder, false))
            .collect();
        for mount in self.mounted() {
            let is_network = NETWORK.contains(&mount.kind.as_str());
            let removable = ["/media", "/run/media", "/mnt"];
            let is_usual = removable.iter().any(|it| mount.at.starts_with(it));
            if (is_network || is_usual) && self.apart(original, &mount.at) == Apart::Other {
                places.push(Place::of(&mount.at, is_network));
            }
        }
        places.retain(|it| it.folder.is_dir());
        places.dedup();
        places
    }

    fn is_vouched(&self, folder: &Path) -> bool {
        let folder = folder.canonicalize().unwrap_or_else(|_| folder.into());
        self.vouched.iter().any(|it| {
            let vouched = it.canonicalize().unwrap_or_else(|_| it.clone());
            folder.starts_with(vouched)
        })
    }

    fn mounted(&self) -> Vec<Mount> {
        let table = std::fs::read_to_string(&self.mounts).unwrap_or_default();
        table.lines().filter_map(Mount::read).collect()
    }

    fn under(&self, folder: &Path, depth: usize) -> On {
        let Ok(folder) = folder.canonicalize() else {
            return On::Unknown;
        };
        let mut found: Option<Mount> = None;
        for mount in self
            .mounted()
            .into_iter()
            .filter(|it| folder.starts_with(&it.at))
        {
            let deeper = found
                .as_ref()
                .is_none_or(|it| it.at.components().count() <= mount.at.components().count());
            if deeper {
                found = Some(mount);
            }
        }
        let Some(mount) = found else {
            return On::Unknown;
        };
        if NETWORK.contains(&mount.kind.as_str()) {
            return On::Network(mount.source);
        }
        if MEMORY.contains(&mount.kind.as_str()) {
            return On::Memory;
        }
        self.disks(&mount, depth)
    }

    /// The disks under a mount: by its number, or by its source where the number is the file system's own (btrfs).
    fn disks(&self, mount: &Mount, depth: usize) -> On {
        let by_number = self.devices.join("dev/block").join(&mount.number);
        let device = by_number.canonicalize().or_else(|_| {
            let source = Path::new(&mount.source);
            let source = source.canonicalize().unwrap_or_else(|_| source.into());
            let name = source.file_name().unwrap_or_default();
            self.devices.join("class/block").join(name).canonicalize()
        });
        let mut disks = BTreeSet::new();
        match device {
            Ok(device) if self.collect(&device, depth, &mut disks) => On::Disks(disks),
            Ok(_) | Err(_) => On::Unknown,
        }
    }

    /// Adds the disks of a block device; false when one cannot be told.
    fn collect(&self, device: &Path, depth: usize, disks: &mut BTreeSet<String>) -> bool {
        if MOST_DEEP < depth {
            return false;
        }
        if device.join("partition").exists() {
            return device
                .parent()
                .is_some_and(|disk| self.collect(disk, depth + 1, disks));
        }
        // A file used as a disk lies on another disk.
        if let Ok(file) = std::fs::read_to_string(device.join("loop/backing_file")) {
            return match self.under(Path::new(file.trim_end()), depth + 1) {
                On::Disks(under) => {
                    disks.extend(under);
                    true
                }
                On::Network(_) | On::Memory | On::Unknown => false,
            };
        }
        let slaves = std::fs::read_dir(device.join("slaves"));
        let slaves: Vec<PathBuf> = slaves
            .into_iter()
            .flatten()
            .flatten()
            .map(|it| it.path())
            .collect();
        if slaves.is_empty() {
            disks.extend(
                device
                    .file_name()
                    .map(|name| name.to_string_lossy().into_owned()),
            );
            return true;
        }
        slaves.iter().all(|slave| {
            let slave = slave.canonicalize();
            slave.is_ok_and(|slave| self.collect(&slave, depth + 1, disks))
        })
    }
}

impl Place {
    fn of(folder: &Path, network: bool) -> Self {
        Self {
            folder: folder.into(),
            network,
        }
    }
}

impl Mount {
    /// Reads a line of `mountinfo` (proc(5)).
    fn read(line: &str) -> Option<Self> {
        let (front, back) = line.split_once(" - ")?;
        let mut front = front.split(' ').skip(2);
        let number = front.next()?.to_owned();
        let at = unescaped(front.nth(1)?);
        let mut back = back.split(' ');
        Some(Self {
            number,
            at: at.into(),
            kind: back.next()?.to_owned(),
            source: unescaped(back.next()?),
        })
    }
}

/// A path of `mountinfo`, where blanks are written as octal numbers.
fn unescaped(text: &str) -> String {
    let mut out = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let octal = after.get(..3).and_then(|it| std::str::from_utf8(it).ok());
        let octal = octal.and_then(|it| u8::from_str_radix(it, 8).ok());
        match octal.filter(|_| *first == b'\\') {
            Some(byte) => {
                out.push(byte);
                rest = after.get(3..).unwrap_or_default();
            }
            None => {
                out.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A machine of folders: a disk with two partitions, a stick, an encrypted volume over both disks, a file server, memory.
    struct Machine {
        dir: tempfile::TempDir,
        hardware: Hardware,
    }

    impl Machine {
        fn new() -> Self {
            let dir = tempfile::tempdir().unwrap();
            let root = dir.path().canonicalize().unwrap();
            let mut table = String::new();
            let devices = root.join("sys");
            let block = |path: &str, number: &str| {
                let device = devices.join("devices").join(path);
                std::fs::create_dir_all(&device).unwrap();
                let by_number = devices.join("dev/block");
                std::fs::create_dir_all(&by_number).unwrap();
                std::os::unix::fs::symlink(&device, by_number.join(number)).unwrap();
                device
            };
            block("sda", "8:0");
            block("sdb", "8:16");
            for (path, number) in [
                ("sda/sda1", "8:1"),
                ("sda/sda2", "8:2"),
                ("sdb/sdb1", "8:17"),
            ] {
                std::fs::write(block(path, number).join("partition"), "1").unwrap();
            }
            let volume = block("dm-0", "253:0");
            std::fs::create_dir_all(volume.join("slaves")).unwrap();
            for slave in ["sda/sda2", "sdb/sdb1"] {
                let to = devices.join("devices").join(slave);
                std::os::unix::fs::symlink(to, volume.join("slaves").join(slave.replace('/', "-")))
                    .unwrap();
            }
            let looped = block("loop0", "7:0");
            std::fs::create_dir_all(looped.join("loop")).unwrap();
            std::fs::write(
                looped.join("loop/backing_file"),
                format!("{}/pc\n", root.display()),
            )
            .unwrap();
            for (at, number, kind, source) in [
                ("pc", "8:1", "ext4", "/dev/sda1"),
                ("second", "8:2", "ext4", "/dev/sda2"),
                ("stick", "8:17", "vfat", "/dev/sdb1"),
                ("my stick", "8:17", "vfat", "/dev/sdb1"),
                ("volume", "253:0", "ext4", "/dev/mapper/x"),
                ("server", "0:50", "cifs", "//server/share"),
                ("memory", "0:51", "tmpfs", "none"),
                ("file", "7:0", "ext4", "/dev/loop0"),
                ("odd", "0:52", "overlay", "overlay"),
            ] {
                std::fs::create_dir_all(root.join(at)).unwrap();
                let at = root.join(at).display().to_string().replace(' ', "\\040");
                table.push_str(&format!("36 35 {number} / {at} rw - {kind} {source} rw\n"));
            }
            std::fs::write(root.join("mountinfo"), table).unwrap();
            let hardware = Hardware {
                mounts: root.join("mountinfo"),
                devices,
                vouched: Vec::new(),
            };
            Self { dir, hardware }
        }

        fn apart(&self, from: &str, to: &str) -> Apart {
            let at = |name: &str| self.dir.path().join(name);
            self.hardware.apart(&at(from), &at(to))
        }
    }

    #[test]
    fn another_partition_of_the_disk_is_no_other_hardware_and_a_stick_or_a_file_server_is() {
        let machine = Machine::new();
        for to in ["pc", "second", "volume", "file"] {
            assert_eq!(machine.apart("pc", to), Apart::Same, "{to}");
        }
        for to in ["stick", "my stick", "server"] {
            assert_eq!(machine.apart("pc", to), Apart::Other, "{to}");
        }
        assert_eq!(machine.apart("pc", "memory"), Apart::Memory);
        for to in ["odd", "not there"] {
            assert_eq!(machine.apart("pc", to), Apart::Unknown, "{to}");
        }
        assert_eq!(machine.apart("server", "server"), Apart::Same);
        assert_eq!(machine.apart("stick", "volume"), Apart::Same);
    }

    #[test]
    fn what_onshi_cannot_see_counts_where_the_settings_vouch_for_it() {
        let mut machine = Machine::new();
        let odd = machine.dir.path().join("odd");
        machine.hardware.vouched = vec![odd.clone()];
        assert_eq!(machine.apart("pc", "odd"), Apart::Other);
        let places = machine.hardware.places(&machine.dir.path().join("pc"));
        let folders: Vec<_> = places.iter().map(|it| it.folder.clone()).collect();
        let server = machine.dir.path().canonicalize().unwrap().join("server");
        assert_eq!(folders, [odd, server]);
        assert!(places[1].network);
    }

    #[test]
    fn a_system_that_tells_nothing_is_believed_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let hardware = Hardware {
            mounts: dir.path().join("none"),
            devices: dir.path().join("none"),
            vouched: Vec::new(),
        };
        assert_eq!(hardware.apart(dir.path(), dir.path()), Apart::Unknown);
        assert!(hardware.places(dir.path()).is_empty());
    }
}
