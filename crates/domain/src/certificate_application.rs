//! Applications for certificates (電子証明書発行申請, G08): what a facility asks the center's operator for, and how much of it is kept.
//! Anybody can send one, so it proves nothing of whoever sent it.

use crate::named::named;
use crate::personal_text::personal_text;

/// Open applications of one institution code at most \[ours\].
pub const MOST_OF_FACILITY: u32 = 5;

/// Open applications of all facilities at most \[ours\].
pub const MOST_OPEN: u32 = 10_000;

/// Days after which an open application is let go, and a closed one after it was closed \[ours\].
pub const KEPT_DAYS: i64 = 180;

/// Characters the facility's name may have.
pub const MOST_NAME: usize = 100;

/// Characters the terminal's name may have.
pub const MOST_TERMINAL: usize = 60;

/// Characters a reason for declining may have.
pub const MOST_REASON: usize = 200;

named! {
    /// What is applied for.
    ///
    /// ```
    /// use domain::certificate_application::ApplicationKind;
    /// assert_eq!(ApplicationKind::parse("reissue"), Some(ApplicationKind::Reissue));
    /// ```
    ApplicationKind {
        /// The facility's first certificate.
        First = "first";
        /// One for a further terminal.
        Further = "further";
        /// One in place of a terminal's earlier certificate (再発行).
        Reissue = "reissue";
    }
}

named! {
    /// How far an application is.
    ///
    /// ```
    /// use domain::certificate_application::ApplicationState;
    /// assert_eq!(ApplicationState::Open.as_str(), "open");
    /// ```
    ApplicationState {
        /// It waits for an operator.
        Open = "open";
        /// The notice was made.
        Issued = "issued";
        /// It was declined, for a reason.
        Declined = "declined";
    }
}

personal_text! {
    /// Name of whoever applies.
    ///
    /// ```
    /// use domain::certificate_application::ContactName;
    /// assert_eq!(format!("{:?}", ContactName::parse("見本 花子").unwrap()), "ContactName(…)");
    /// ```
    ContactName, 100
}

personal_text! {
    /// Telephone number of whoever applies, as typed.
    ///
    /// ```
    /// use domain::certificate_application::ContactPhone;
    /// assert!(ContactPhone::parse("").is_err());
    /// ```
    ContactPhone, 30
}

personal_text! {
    /// What whoever applies adds.
    ///
    /// ```
    /// use domain::certificate_application::Remark;
    /// assert_eq!(Remark::parse("平日の午前に").unwrap().as_str(), "平日の午前に");
    /// ```
    Remark, 200
}
