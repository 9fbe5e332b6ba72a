//! Reads a registry's file from end to end, so that its pages lie in the system's memory before somebody is looked up. Keeps nothing.

use crate::engine::{Engine, StoreError};

impl Engine {
    /// Reads the registry's file from its beginning, so many bytes at most, until it ends or `goes_on` says no; returns how many were read.
    /// No part of it is of more use than another. At a server nothing is read. Blocks for as long as the disk takes.
    ///
    /// # Errors
    /// [`StoreError::NoWrites`] where the disk fails.
    pub fn read_registry_through(
        &self,
        most: u64,
        goes_on: impl FnMut() -> bool,
    ) -> Result<u64, StoreError> {
        self.registry().read_through(most, goes_on)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;

    #[test]
    fn it_is_read_to_its_end_or_as_far_as_it_may_be() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("center.db");
        // What was just made lies in the log.
        Engine::open_center(&path, [1; 16]).unwrap().close();
        let engine = Engine::open_center(&path, [1; 16]).unwrap();
        let whole = engine.read_registry_through(u64::MAX, || true).unwrap();
        engine.probe().unwrap();
        assert!(8_192 < whole, "{whole}");
        let part = engine.read_registry_through(8_192, || true).unwrap();
        assert_eq!(part, 8_192);
        let mut left = 0;
        let none = engine.read_registry_through(u64::MAX, || {
            left += 1;
            1 < left
        });
        assert_eq!(none.unwrap(), 0);
    }

    #[test]
    fn other_processes_go_on_seeing_that_the_file_is_in_use() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("center.db");
        let engine = Engine::open_center(&path, [1; 16]).unwrap();
        engine.probe().unwrap();
        let file = folder.path().join("registry.db").metadata().unwrap();
        let (own, file) = (std::process::id().to_string(), format!(":{}", file.ino()));
        let is_locked = || {
            let locks = std::fs::read_to_string("/proc/locks").unwrap();
            locks.lines().any(|line| {
                let mut words = line.split_whitespace();
                words.any(|it| it == own) && words.any(|it| it.ends_with(&file))
            })
        };
        assert!(is_locked());
        engine.read_registry_through(u64::MAX, || true).unwrap();
        assert!(is_locked());
        // A second store of this process that ends takes nothing from the first.
        let second = Engine::open_center(&path, [2; 16]).unwrap();
        second.read_registry_through(u64::MAX, || true).unwrap();
        second.close();
        drop(second);
        assert!(is_locked());
        engine.close();
        assert!(!is_locked());
    }
}
