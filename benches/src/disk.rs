//! What the disk can do, and whether there is one. Refuses memory that calls itself a file system.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

/// The file system a folder lies on: (device, type).
///
/// Refuses those whose sync reaches no disk.
pub(crate) fn real(dir: &Path) -> anyhow::Result<(String, String)> {
    let dir = dir.canonicalize()?;
    let mounts =
        std::fs::read_to_string("/proc/self/mounts").context("cannot read the table of mounts")?;
    let mounted = mounts.lines().filter_map(|line| {
        let mut words = line.split(' ');
        Some((words.next()?, words.next()?, words.next()?))
    });
    let own = mounted
        .filter(|(_, at, _)| dir.starts_with(at))
        .max_by_key(|(_, at, _)| at.len());
    let (device, _, kind) = own.context("the folder is on no file system")?;
    if ["tmpfs", "ramfs", "devtmpfs", "rootfs"].contains(&kind) {
        bail!(
            "{} lies on {kind}, whose sync reaches no disk; give --dir on a real one",
            dir.display()
        );
    }
    Ok((device.to_owned(), kind.to_owned()))
}

/// Appends of 4 KiB with an fdatasync each, per second.
pub(crate) fn syncs_per_second(dir: &Path, time: Duration) -> anyhow::Result<f64> {
    let path = dir.join("sync.bin");
    let mut file = File::create(&path)?;
    let start = Instant::now();
    let mut count = 0_u32;
    while start.elapsed() < time {
        file.write_all(&[1; 4096])?;
        file.sync_data()?;
        count += 1;
    }
    let rate = f64::from(count) / start.elapsed().as_secs_f64();
    std::fs::remove_file(path)?;
    Ok(rate)
}
