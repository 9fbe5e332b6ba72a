//! What all pages share: layout, components, languages, embedded files, serving on loopback, protection against foreign pages. Knows no page
//! of its own.

pub mod assets;
pub mod bundle;
pub mod component;
pub mod language;
pub mod language_choice;
pub mod loopback;
pub mod qr_code;
pub mod security;
pub mod spoken;
