//! The rotation of a system account's secret (G05): the center and the device that holds the secret change together, or not at all.
//! Says which stage follows which and when one may begin. Holds no secret.

use crate::account::AccountKind;
use crate::named::named;

named! {
    /// How far a rotation is.
    ///
    /// ```
    /// use domain::rotation::Stage;
    /// assert!(Stage::Asked.is_open() && !Stage::Done.is_open());
    /// ```
    Stage {
        /// An administrator asked for it; the device has not answered.
        Asked = "asked";
        /// The device keeps a new secret beside the present one and the center knows it; both open a session.
        Registered = "registered";
        /// The device signed in with the new secret: it alone counts.
        Done = "done";
        /// It was taken back before the device signed in with the new secret: the old one alone counts.
        Withdrawn = "withdrawn";
    }
}

/// What moves a rotation on.
///
/// ```
/// use domain::rotation::Step;
/// assert_ne!(Step::Register, Step::Withdraw);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The device tells the center its new secret, under a session opened with the present one.
    Register,
    /// The device signs in with the new secret for the first time.
    FirstSignIn,
    /// An administrator takes the rotation back.
    Withdraw,
}

impl Stage {
    /// True while the device still has something to do.
    #[must_use]
    pub fn is_open(self) -> bool {
        match self {
            Self::Asked | Self::Registered => true,
            Self::Done | Self::Withdrawn => false,
        }
    }

    /// The stage after a step; `None` where the step comes too early or too late, and nothing changes.
    ///
    /// A device that was cut off registers again: with the same secret or another one, the last one counts.
    ///
    /// ```
    /// use domain::rotation::{Stage, Step};
    /// assert_eq!(Stage::Asked.after(Step::Register), Some(Stage::Registered));
    /// assert_eq!(Stage::Asked.after(Step::FirstSignIn), None);
    /// ```
    #[must_use]
    pub fn after(self, step: Step) -> Option<Self> {
        match (self, step) {
            (Self::Asked | Self::Registered, Step::Register) => Some(Self::Registered),
            (Self::Registered, Step::FirstSignIn) => Some(Self::Done),
            (Self::Asked | Self::Registered, Step::Withdraw) => Some(Self::Withdrawn),
            (Self::Asked, Step::FirstSignIn)
            | (Self::Done | Self::Withdrawn, Step::Register | Step::FirstSignIn | Step::Withdraw) => {
                None
            }
        }
    }
}

/// Why a rotation may not begin.
///
/// ```
/// use domain::rotation::NotRotatable;
/// assert!(NotRotatable::Shared(2).to_string().contains('2'));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotRotatable {
    /// The account is a person's, who changes the password on a page.
    #[error("the account is a person's")]
    Person,
    /// So many PCs use the account: the one that rotates would cut the others off.
    #[error("{0} PCs use the account; each needs its own before it can be rotated")]
    Shared(usize),
}

/// Whether a rotation may begin or go on for an account of this kind in use at so many PCs.
///
/// # Errors
/// [`NotRotatable`].
///
/// ```
/// use domain::account::AccountKind;
/// use domain::rotation::{NotRotatable, rotatable};
/// assert_eq!(rotatable(AccountKind::Reader, 1), Ok(()));
/// assert_eq!(rotatable(AccountKind::LinkApp, 2), Err(NotRotatable::Shared(2)));
/// assert_eq!(rotatable(AccountKind::General, 1), Err(NotRotatable::Person));
/// ```
pub fn rotatable(kind: AccountKind, pcs: usize) -> Result<(), NotRotatable> {
    if !kind.is_system() {
        return Err(NotRotatable::Person);
    }
    if 1 < pcs {
        return Err(NotRotatable::Shared(pcs));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closed_rotation_never_opens_again() {
        for stage in [Stage::Done, Stage::Withdrawn] {
            for step in [Step::Register, Step::FirstSignIn, Step::Withdraw] {
                assert_eq!(stage.after(step), None, "{stage:?} {step:?}");
            }
        }
    }

    #[test]
    fn the_old_secret_counts_until_the_device_has_signed_in_with_the_new_one() {
        let asked = Stage::Asked;
        assert_eq!(
            asked.after(Step::FirstSignIn),
            None,
            "nothing is registered"
        );
        let registered = asked.after(Step::Register).unwrap();
        assert!(registered.is_open());
        assert_eq!(
            registered.after(Step::Register),
            Some(registered),
            "cut off and again"
        );
        assert_eq!(registered.after(Step::Withdraw), Some(Stage::Withdrawn));
        assert_eq!(registered.after(Step::FirstSignIn), Some(Stage::Done));
    }
}
