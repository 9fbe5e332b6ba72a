//! Many events of one chain inserted into PostgreSQL at once. Makes none.

use super::EventRow;
use crate::sql::postgres::columns::{Column, column};

/// Inserts what [`columns`] holds.
pub(crate) const INSERT: &str = "INSERT INTO audit_event SELECT * FROM unnest(?1::bytea[], ?2::bigint[], ?3::bytea[], ?4::bytea[], ?5::bigint[],
    ?6::text[], ?7::bigint[], ?8::bytea[], ?9::text[], ?10::bytea[], ?11::text[], ?12::bytea[], ?13::bigint[], ?14::bigint[])";

/// Events with their hashes. Whose records they vouch for are checks', which are found by what the event says.
pub(crate) fn columns(events: &[(EventRow, [u8; 32])]) -> Vec<Column<'_>> {
    vec![
        column(events, |(it, _)| &it.chain[..]),
        column(events, |(it, _)| it.seq),
        column(events, |(it, _)| &it.prev[..]),
        column(events, |(_, hash)| &hash[..]),
        column(events, |(it, _)| it.at),
        column(events, |(it, _)| it.actor.as_str()),
        column(events, |(it, _)| it.facility),
        column(events, |(it, _)| it.certificate.as_deref()),
        column(events, |(it, _)| it.deed.as_str()),
        column(events, |(it, _)| it.subject.as_deref()),
        column(events, |(it, _)| it.detail.as_str()),
        column(events, |(it, _)| it.content.as_deref()),
        column(events, |(it, _)| it.content.as_ref().map(|_| 0_i64)),
        column(events, |_| None::<i64>),
    ]
}
