//! How a card's holder is identified, and which reader may say so (contracts §2). A card signs alike after its PIN and after terminal
//! authentication, so no method is believed because a kiosk names it. Compares no face.

use crate::card_certificate::TokenKind;
use crate::named::named;

named! {
    /// How the holder was identified (本人確認の方法).
    ///
    /// ```
    /// use domain::identification::Method;
    /// assert_eq!(Method::parse("visual"), Some(Method::Visual));
    /// ```
    Method {
        /// 暗証番号: the four digits.
        Pin = "pin";
        /// 目視確認: staff compared face and photo.
        Visual = "visual";
        /// 顔認証: the reader compared face and photo.
        Face = "face";
    }
}

named! {
    /// Whether a reader holds terminal keys, which let a card sign without its PIN.
    ///
    /// ```
    /// use domain::identification::TerminalKeys;
    /// assert_eq!(TerminalKeys::parse("none"), Some(TerminalKeys::None));
    /// ```
    TerminalKeys {
        /// It was enrolled with them.
        Enrolled = "enrolled";
        /// It was not: whatever it signs, the PIN was entered.
        None = "none";
    }
}

named! {
    /// Whether a reader was enrolled as one that compares faces.
    ///
    /// ```
    /// use domain::identification::FaceCapability;
    /// assert_eq!(FaceCapability::Enrolled.as_str(), "enrolled");
    /// ```
    FaceCapability {
        /// It was.
        Enrolled = "enrolled";
        /// It was not.
        None = "none";
    }
}

named! {
    /// What a comparison of faces by the reader is worth at a facility.
    ///
    /// ```
    /// use domain::identification::FacePolicy;
    /// assert_eq!(FacePolicy::parse("face_auto"), Some(FacePolicy::Auto));
    /// ```
    FacePolicy {
        /// Staff confirm each one (the default).
        Assist = "face_assist";
        /// It stands alone.
        Auto = "face_auto";
    }
}

named! {
    /// Who vouches for the method of a record.
    ///
    /// ```
    /// use domain::identification::Vouched;
    /// assert_eq!(Vouched::ByCard.as_str(), "card");
    /// ```
    Vouched {
        /// The card: it does not sign without its PIN at this reader.
        ByCard = "card";
        /// The reader alone: it could have had the signature otherwise.
        ByReader = "reader";
        /// A signed-in staff account, for this one check.
        ByStaff = "staff";
    }
}

/// What a reader is enrolled with.
///
/// ```
/// use domain::identification::{Abilities, FaceCapability, TerminalKeys};
/// let plain = Abilities { terminal_keys: TerminalKeys::None, face: FaceCapability::None };
/// assert_eq!(Abilities::default(), plain);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Abilities {
    /// Keys that let a card sign without its PIN.
    pub terminal_keys: TerminalKeys,
    /// Comparison of faces.
    pub face: FaceCapability,
}

impl Default for Abilities {
    fn default() -> Self {
        Self {
            terminal_keys: TerminalKeys::None,
            face: FaceCapability::None,
        }
    }
}

/// The reader cannot have identified anybody in this way.
///
/// ```
/// use domain::identification::NotAllowed;
/// assert!(NotAllowed::NoTerminalKeys.to_string().contains("terminal keys"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAllowed {
    /// The card signed, so the PIN was entered: the reader has no terminal keys.
    #[error("the reader is not enrolled with terminal keys")]
    NoTerminalKeys,
    /// The reader is not enrolled as one that compares faces.
    #[error("the reader is not enrolled for comparing faces")]
    NoFaceCapability,
    /// A phone holds no photo to compare a face with: it asks for its own PIN or face before it signs (my-number-card §7, \[I\]).
    #[error("a phone holds no photo")]
    NoPhoto,
}

/// Whether staff must confirm this one check.
///
/// ```
/// use domain::identification::Confirmation;
/// assert_ne!(Confirmation::Needed, Confirmation::NotNeeded);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Confirmation {
    /// A release by a signed-in staff account is used up.
    Needed,
    /// None is.
    NotNeeded,
}

/// Whether a reader may name a method, and whether staff must confirm it (contracts §2).
///
/// ```
/// use domain::card_certificate::TokenKind::{Card, Phone};
/// use domain::identification::{Abilities, Confirmation, FacePolicy, Method, NotAllowed, TerminalKeys, confirmation};
/// let plain = Abilities::default();
/// let keyed = Abilities { terminal_keys: TerminalKeys::Enrolled, ..plain };
/// let assist = FacePolicy::Assist;
/// assert_eq!(confirmation(Method::Pin, Card, plain, assist), Ok(Confirmation::NotNeeded));
/// assert_eq!(confirmation(Method::Visual, Card, plain, assist), Err(NotAllowed::NoTerminalKeys));
/// assert_eq!(confirmation(Method::Visual, Card, keyed, assist), Ok(Confirmation::Needed));
/// assert_eq!(confirmation(Method::Visual, Phone, keyed, assist), Err(NotAllowed::NoPhoto));
/// assert_eq!(confirmation(Method::Face, Card, keyed, assist), Err(NotAllowed::NoFaceCapability));
/// ```
///
/// # Errors
/// [`NotAllowed`].
pub fn confirmation(
    method: Method,
    token: TokenKind,
    reader: Abilities,
    policy: FacePolicy,
) -> Result<Confirmation, NotAllowed> {
    if method != Method::Pin && token == TokenKind::Phone {
        return Err(NotAllowed::NoPhoto);
    }
    let keyed = match reader.terminal_keys {
        TerminalKeys::Enrolled => Ok(()),
        TerminalKeys::None => Err(NotAllowed::NoTerminalKeys),
    };
    match (method, reader.face, policy) {
        (Method::Pin, _, _) => Ok(Confirmation::NotNeeded),
        (Method::Visual, _, _) => keyed.map(|()| Confirmation::Needed),
        (Method::Face, FaceCapability::None, _) => keyed.and(Err(NotAllowed::NoFaceCapability)),
        (Method::Face, FaceCapability::Enrolled, FacePolicy::Assist) => {
            keyed.map(|()| Confirmation::Needed)
        }
        (Method::Face, FaceCapability::Enrolled, FacePolicy::Auto) => {
            keyed.map(|()| Confirmation::NotNeeded)
        }
    }
}

/// Who vouches for a method that was allowed.
///
/// ```
/// use domain::identification::{Abilities, Confirmation, Method, TerminalKeys, Vouched, vouched};
/// let keyed = Abilities { terminal_keys: TerminalKeys::Enrolled, ..Abilities::default() };
/// assert_eq!(vouched(Abilities::default(), Confirmation::NotNeeded), Vouched::ByCard);
/// assert_eq!(vouched(keyed, Confirmation::NotNeeded), Vouched::ByReader);
/// assert_eq!(vouched(keyed, Confirmation::Needed), Vouched::ByStaff);
/// ```
#[must_use]
pub fn vouched(reader: Abilities, confirmation: Confirmation) -> Vouched {
    match (confirmation, reader.terminal_keys) {
        (Confirmation::Needed, _) => Vouched::ByStaff,
        (Confirmation::NotNeeded, TerminalKeys::Enrolled) => Vouched::ByReader,
        (Confirmation::NotNeeded, TerminalKeys::None) => Vouched::ByCard,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn every_reader() -> impl Iterator<Item = Abilities> {
        let keys = TerminalKeys::ALL.iter();
        keys.flat_map(|keys| {
            FaceCapability::ALL.iter().map(|face| Abilities {
                terminal_keys: *keys,
                face: *face,
            })
        })
    }

    #[test]
    fn a_reader_without_terminal_keys_can_only_be_pin() {
        for reader in every_reader().filter(|it| it.terminal_keys == TerminalKeys::None) {
            for policy in FacePolicy::ALL {
                for method in [Method::Visual, Method::Face] {
                    let said = confirmation(method, TokenKind::Card, reader, *policy);
                    assert_eq!(said, Err(NotAllowed::NoTerminalKeys));
                }
                let pin = confirmation(Method::Pin, TokenKind::Card, reader, *policy);
                assert_eq!(pin, Ok(Confirmation::NotNeeded));
            }
        }
    }

    #[test]
    fn nobody_is_identified_by_eye_without_staff() {
        for reader in every_reader() {
            for policy in FacePolicy::ALL {
                let said = confirmation(Method::Visual, TokenKind::Card, reader, *policy);
                assert_ne!(said, Ok(Confirmation::NotNeeded));
            }
        }
    }

    #[test]
    fn a_face_stands_alone_only_at_an_enrolled_reader_under_face_auto() {
        for reader in every_reader() {
            for policy in FacePolicy::ALL {
                let alone = confirmation(Method::Face, TokenKind::Card, reader, *policy)
                    == Ok(Confirmation::NotNeeded);
                let expected = reader.terminal_keys == TerminalKeys::Enrolled
                    && reader.face == FaceCapability::Enrolled
                    && *policy == FacePolicy::Auto;
                assert_eq!(alone, expected);
            }
        }
    }
}
