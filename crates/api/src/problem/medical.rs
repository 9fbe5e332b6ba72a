//! Troubles of medical information, with their texts and remedies.

use super::Texts;

/// Why no medical information is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MedicalTrouble {
    /// Nobody is known by this identifier of whom anything may be seen now. It is the same for somebody who never was here, who did not
    /// agree, who withdrew, and whose consent ended.
    UnknownPatient,
}

impl MedicalTrouble {
    pub(super) fn row(self) -> (&'static str, u16, Texts, Texts) {
        match self {
            Self::UnknownPatient => (
                "unknown_patient",
                404,
                (
                    "この患者の医療情報は、いま閲覧できません。患者の同意が必要です。カードリーダーでもう一度同意を受けてください。",
                    "Medical information of this patient cannot be seen now. The patient's consent is needed: please have them agree again at the card reader.",
                ),
                (
                    "この機関で有効な同意がこの識別子にありません。患者の有無は区別されません。",
                    "no consent in force at this facility leads from this identifier to anybody; whether the patient exists is not told",
                ),
            ),
        }
    }
}
