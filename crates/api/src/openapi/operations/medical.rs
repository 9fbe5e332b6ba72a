//! Operations of medical information. Serves nothing.

use super::{Access, Carried, Extra, Method, Operation};
use crate::problem::Trouble;
use crate::problem::medical::MedicalTrouble;
use crate::routes;

/// The operations.
pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        method: Method::Get,
        path: routes::MEDICAL_PATIENTS,
        id: "listMedicalPatients",
        summary: "Whose medical information may be seen now, and until when; the list is on record",
        access: Access::Session,
        body: Carried::Nothing,
        extras: &[],
        status: 200,
        answer: Carried::Json("Patients"),
        troubles: super::PERMITTED,
    },
    Operation {
        method: Method::Post,
        path: routes::MEDICAL_LOOKS,
        id: "lookAtMedicalInformation",
        summary: "Look at the medical information of a patient whose consent is in force; every look is on record before it is answered",
        access: Access::Session,
        body: Carried::Json("LookRequest"),
        extras: &[],
        status: 200,
        answer: Carried::Json("MedicalRecord"),
        troubles: &[
            Trouble::NotPermitted,
            Trouble::PasswordChangeNeeded,
            Trouble::InvalidInput,
            Trouble::Medical(MedicalTrouble::UnknownPatient),
        ],
    },
    Operation {
        method: Method::Post,
        path: routes::MEDICAL_WITHDRAWAL,
        id: "withdrawConsent",
        summary: "Withdraw a patient's consent for the facility: what is named can be seen no more from that instant on",
        access: Access::Session,
        body: Carried::Json("WithdrawalRequest"),
        extras: &[Extra::IdempotencyKey],
        status: 200,
        answer: Carried::Json("WithdrawalDone"),
        troubles: &[
            Trouble::NotPermitted,
            Trouble::PasswordChangeNeeded,
            Trouble::InvalidInput,
            Trouble::Medical(MedicalTrouble::UnknownPatient),
        ],
    },
    Operation {
        method: Method::Post,
        path: routes::MEDICAL_DOCUMENTS,
        id: "takeMedicalDocument",
        summary: "Take the medical information of a patient whose consent is in force as a PDF (tagged, for printing) or as XML; a look like any other, on record before the file",
        access: Access::Session,
        body: Carried::Json("DocumentRequest"),
        extras: &[],
        status: 200,
        answer: Carried::Document,
        troubles: &[
            Trouble::NotPermitted,
            Trouble::PasswordChangeNeeded,
            Trouble::InvalidInput,
            Trouble::Medical(MedicalTrouble::UnknownPatient),
            Trouble::Busy,
        ],
    },
    Operation {
        method: Method::Post,
        path: routes::MEDICAL_LOOKS_SEARCH,
        id: "searchLooks",
        summary: "Who looked at medical information at the facility; the search is on record, too",
        access: Access::Session,
        body: Carried::Json("LooksSearch"),
        extras: &[],
        status: 200,
        answer: Carried::Json("Looks"),
        troubles: &[
            Trouble::NotPermitted,
            Trouble::PasswordChangeNeeded,
            Trouble::InvalidInput,
        ],
    },
    Operation {
        method: Method::Post,
        path: routes::MEDICAL_LOOKS_EXPORT,
        id: "exportLooks",
        summary: "The same as a CSV file: all that fit, up to 50,000, or none; the export is on record",
        access: Access::Session,
        body: Carried::Json("LooksExport"),
        extras: &[],
        status: 200,
        answer: Carried::Csv,
        troubles: &[
            Trouble::NotPermitted,
            Trouble::PasswordChangeNeeded,
            Trouble::InvalidInput,
            Trouble::Busy,
        ],
    },
];
