//! Documents as printers and readers get them: judged by poppler and qpdf, not by the code that wrote them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests fail by panicking and start other programs"
)]

mod looked_at;
mod medical_record;
