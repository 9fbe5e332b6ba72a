//! Messages of the withdrawal of a consent (閲覧同意取消), and the way from their members to `domain`. Ends nothing itself.

use core::fmt;

use domain::medical_information::kind::InformationKind;
use domain::medical_information::withdrawal::{Reason, WithdrawalNote};
use serde::{Deserialize, Serialize};

use super::{kinds, unknown};
use crate::problem::MemberError;

/// Body of `POST /v1/medical/patients/{id}/withdrawal`.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"kinds": ["surgery"], "reason": "facility"}))]
pub struct WithdrawalRequest {
    /// Which kinds; all that may be seen when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kinds: Option<Vec<String>>,
    /// What staff write about it, up to 200 characters; it goes into the record and nowhere else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200)]
    pub note: Option<String>,
    /// Why (OQSCD031): `facility`, `patient` (who said so to staff), or `purpose`.
    #[schema(pattern = "^(facility|patient|purpose)$")]
    pub reason: String,
}

/// Answer of `POST /v1/medical/patients/{id}/withdrawal`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct WithdrawalDone {
    /// The kinds that can be seen no more.
    pub ended: Vec<String>,
    /// The withdrawal's identifier, as the record names it.
    #[schema(format = "uuid")]
    pub withdrawal: String,
}

/// What a request asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WithdrawalWish {
    /// Which kinds; `None` for all.
    pub kinds: Option<Vec<InformationKind>>,
    /// Why.
    pub reason: Reason,
    /// What staff wrote.
    pub note: Option<WithdrawalNote>,
}

impl WithdrawalRequest {
    /// Its members.
    ///
    /// # Errors
    /// One [`MemberError`] for every member that is wrong, all at once.
    pub fn read(&self) -> Result<WithdrawalWish, Vec<MemberError>> {
        let mut errors = Vec::new();
        let kinds = kinds(&mut errors, self.kinds.as_deref());
        let given = self.note.as_deref().filter(|it| !it.trim().is_empty());
        let note = given.map(WithdrawalNote::parse).transpose();
        let note = note.unwrap_or_else(|_| {
            errors.push(MemberError::new(
                "note",
                "form",
                "メモは200文字までで、制御文字は使えません。",
                "A note has up to 200 characters and no control characters.",
            ));
            None
        });
        let reason = Reason::parse(&self.reason);
        if reason.is_none() {
            errors.push(unknown("reason"));
        }
        match reason {
            Some(reason) if errors.is_empty() => Ok(WithdrawalWish {
                kinds,
                reason,
                note,
            }),
            Some(_) | None => Err(errors),
        }
    }
}

// A note may name somebody.
impl fmt::Debug for WithdrawalRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WithdrawalRequest(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_withdrawal_needs_a_reason_and_takes_no_endless_note() {
        let request = WithdrawalRequest {
            kinds: Some(Vec::new()),
            note: Some("あ".repeat(201)),
            reason: "because".into(),
        };
        let errors = request.read().unwrap_err();
        let members: Vec<_> = errors.iter().map(|it| it.member.as_str()).collect();
        assert_eq!(members, ["kinds", "note", "reason"]);
    }
}
