//! The claims entry (オンライン請求, G33): who is signed in there, and the states of what is filed and handed in. A claims account is none of
//! the eight kinds of account (G01) and has no right at the center; the center's accounts have none here.

use crate::account::AccountId;
use crate::claims::tenant::Tenant;
use crate::institution_code::InstitutionCode;
use crate::named::named;

/// A signed-in claims account. Every query of the claims entry is bounded by its tenant and its facility.
///
/// ```
/// use domain::{account::AccountId, claims::{entry::Holder, tenant::Tenant}, institution_code::InstitutionCode};
/// let clerk = Holder {
///     tenant: Tenant::Fund,
///     facility: InstitutionCode::parse("1319999999").unwrap(),
///     account: AccountId::parse("seikyu1").unwrap(),
///     certificate: [0; 32],
/// };
/// assert!(clerk.tenant.serves(clerk.facility));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// The review body whose account it is.
    pub tenant: Tenant,
    /// The facility of account and certificate alike.
    pub facility: InstitutionCode,
    /// The account.
    pub account: AccountId,
    /// SHA-256 of the client certificate.
    pub certificate: [u8; 32],
}

named! {
    /// What a filing (届出) is for.
    ///
    /// ```
    /// assert_eq!(domain::claims::entry::FilingKind::FirstUse.as_str(), "first_use");
    /// ```
    FilingKind {
        /// Claims are handed in over the line for the first time.
        FirstUse = "first_use";
        /// The line to the review body changes.
        LineChange = "line_change";
        /// Another PC hands claims in, with a certificate of its own.
        AnotherPc = "another_pc";
    }
}

named! {
    /// How far a filing is. Without one there is no state.
    ///
    /// ```
    /// assert_eq!(domain::claims::entry::FilingState::HandedIn.as_str(), "handed_in");
    /// ```
    FilingState {
        /// The form is made, and not handed in.
        Made = "made";
        /// It is with the review body.
        HandedIn = "handed_in";
        /// It is accepted: the PC it names may hand claims in.
        Accepted = "accepted";
        /// It is refused.
        Refused = "refused";
    }
}

named! {
    /// The line claims are handed in over (operations §5).
    ///
    /// ```
    /// assert_eq!(domain::claims::entry::Line::IpVpn.as_str(), "ip_vpn");
    /// ```
    Line {
        /// A closed network (IP-VPN).
        IpVpn = "ip_vpn";
        /// IPsec with IKE over the internet.
        IpsecIke = "ipsec_ike";
    }
}

named! {
    /// How far a submission (送信) is.
    ///
    /// ```
    /// use domain::claims::entry::SubmissionState;
    /// assert_eq!(SubmissionState::parse("checked"), Some(SubmissionState::Checked));
    /// ```
    SubmissionState {
        /// Its file is whole and being checked.
        Checking = "checking";
        /// The file as a whole is refused; it is mended and sent again.
        Refused = "refused";
        /// It is checked, and only stored until it is accepted.
        Checked = "checked";
        /// It is accepted (請求確定): nothing of it changes any more.
        Accepted = "accepted";
        /// The facility took it back before it was accepted (取下げ).
        Withdrawn = "withdrawn";
    }
}

named! {
    /// What became of one claim in the checks.
    ///
    /// ```
    /// assert_eq!(domain::claims::entry::ClaimState::ToConfirm.as_str(), "to_confirm");
    /// ```
    ClaimState {
        /// Nothing was found.
        Good = "good";
        /// Something is to be looked at (要確認).
        ToConfirm = "to_confirm";
        /// It is refused: the others of the file are taken.
        Refused = "refused";
    }
}

named! {
    /// What is done with a submission, step by step: its history.
    ///
    /// ```
    /// assert_eq!(domain::claims::entry::Step::Sent.as_str(), "sent");
    /// ```
    Step {
        /// The whole file arrived.
        Sent = "sent";
        /// It was checked.
        Checked = "checked";
        /// The file was refused.
        Refused = "refused";
        /// It was accepted.
        Accepted = "accepted";
        /// It was taken back.
        Withdrawn = "withdrawn";
        /// Another submission corrects what was refused of it.
        Corrected = "corrected";
        /// A result file was fetched.
        Fetched = "fetched";
    }
}
