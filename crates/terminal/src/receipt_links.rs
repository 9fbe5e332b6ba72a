//! What this terminal last heard of the link with a facility's receipt computer (G16), so that pages follow it without asking the
//! center each time. A hint alone: nothing is decided by it.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use api::settings::Settings;
use domain::receipt_link::ReceiptLink;

/// The links by institution code.
#[derive(Default)]
pub(crate) struct ReceiptLinks(Mutex<HashMap<String, ReceiptLink>>);

impl ReceiptLinks {
    /// Remembers what a facility's settings say. Settings that this version does not understand say nothing.
    pub(crate) fn hear(&self, facility: &str, settings: &Settings) -> Option<ReceiptLink> {
        let link = ReceiptLink::of(&settings.read().ok()?);
        let mut links = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        links.insert(facility.to_owned(), link);
        Some(link)
    }

    /// What was heard last; `None` before anything was.
    pub(crate) fn of(&self, facility: &str) -> Option<ReceiptLink> {
        let links = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        links.get(facility).copied()
    }
}
