//! The key of a device of home care: P-256, sealed on its disk, made once. It signs proofs and never leaves the device.

use std::path::Path;

use crate::receipt_key::{NoSignature, ReceiptKey, ReceiptKeyError};
use crate::sealed::MachineKey;

/// A device's key.
#[derive(Debug)]
pub struct DeviceKey(ReceiptKey);

impl DeviceKey {
    /// Opens the key of a sealed file, making one when the file does not exist.
    ///
    /// # Errors
    /// [`ReceiptKeyError`].
    pub fn open(path: &Path, machine: &MachineKey) -> Result<Self, ReceiptKeyError> {
        ReceiptKey::open(path, machine).map(Self)
    }

    /// The public point's coordinates, 32 bytes each.
    #[must_use]
    pub fn coordinates(&self) -> ([u8; 32], [u8; 32]) {
        self.0.coordinates()
    }

    /// Signs with ECDSA over SHA-256: r ‖ s, 64 bytes.
    ///
    /// # Errors
    /// [`NoSignature`].
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, NoSignature> {
        self.0.sign(message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_keeps_its_key_and_no_copy_elsewhere_opens_it() {
        let dir = tempfile::tempdir().unwrap();
        let machine = MachineKey::open(&dir.path().join("machine.key")).unwrap();
        let file = dir.path().join("device.key");
        let made = DeviceKey::open(&file, &machine).unwrap().coordinates();
        assert_eq!(
            DeviceKey::open(&file, &machine).unwrap().coordinates(),
            made
        );
        let other = MachineKey::open(&dir.path().join("other.key")).unwrap();
        assert!(DeviceKey::open(&file, &other).is_err());
    }
}
