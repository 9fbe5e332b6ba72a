//! Operations of practice: the modes' own, under addresses of their own. Serves nothing.

use super::{AMBULANCE, WINDOWED, get, post};
use crate::openapi::operations::{Access, Carried, Extra, Operation, PERMITTED};
use crate::problem::Trouble;
use crate::problem::medical::MedicalTrouble;
use crate::routes;

/// The operations.
pub(super) const OPERATIONS: &[Operation] = &[
    get(
        routes::TRAINING_PATIENTS,
        "listTrainingPatients",
        "The made-up patients to practise with, and the scenes they come in",
        (Access::Session, "TrainingPatients"),
        PERMITTED,
    ),
    Operation {
        body: Carried::Nothing,
        status: 204,
        answer: Carried::Nothing,
        ..post(
            routes::TRAINING_FRESH_STARTS,
            "startTrainingAfresh",
            "Forget what the facility practised; by itself that happens at midnight in Japan",
            ("", ""),
            PERMITTED,
        )
    },
    post(
        routes::TRAINING_DISASTER_SEARCHES,
        "practiseSearchInDisaster",
        "Practise searchInDisaster with made-up patients; on record as practice, never as a search",
        ("PersonSearch", "SearchOutcome"),
        WINDOWED,
    ),
    post(
        routes::TRAINING_DISASTER_OPENINGS,
        "practiseOpeningInDisaster",
        "Practise openInDisaster",
        ("NewOpening", "Opening"),
        WINDOWED,
    ),
    post(
        routes::TRAINING_DISASTER_CHECKS,
        "practiseCheckInDisaster",
        "Practise checkInDisaster",
        ("NewDisasterCheck", "DisasterCheck"),
        WINDOWED,
    ),
    Operation {
        extras: &[Extra::IdempotencyKey],
        ..post(
            routes::TRAINING_OUTAGE_CHECKS,
            "practiseCheckInOutage",
            "Practise checkInOutage; the receipt of its answer is signed with a key that is published nowhere",
            ("PersonSearch", "OutageCheck"),
            WINDOWED,
        )
    },
    get(
        routes::TRAINING_AMBULANCE,
        "readAmbulanceAccessInTraining",
        "Whether the account may practise ambulance mode: whether by data as well, and that nothing is missing",
        (Access::Session, "AmbulanceAccess"),
        PERMITTED,
    ),
    post(
        routes::TRAINING_AMBULANCE_SEARCHES,
        "practiseSearchInAmbulance",
        "Practise searchInAmbulance, by the card of a made-up patient or by data",
        ("AmbulanceSearch", "SearchOutcome"),
        AMBULANCE,
    ),
    post(
        routes::TRAINING_AMBULANCE_OPENINGS,
        "practiseOpeningInAmbulance",
        "Practise openInAmbulance, without a second factor",
        ("NewOpening", "Opening"),
        AMBULANCE,
    ),
    Operation {
        extras: &[Extra::Usage],
        ..get(
            routes::TRAINING_REPORTS,
            "readTrainingReports",
            "Practise readEmergencyReports: what the facility practised today, and its reports on it",
            (Access::Session, "EmergencyReports"),
            super::REPORTS,
        )
    },
    Operation {
        extras: &[Extra::IdempotencyKey],
        status: 204,
        answer: Carried::Nothing,
        ..post(
            routes::TRAINING_REPORTS,
            "practiseReport",
            "Practise fileEmergencyReport; nobody gets it",
            ("NewReport", "NewReport"),
            &[
                Trouble::NotPermitted,
                Trouble::PasswordChangeNeeded,
                Trouble::InvalidInput,
                Trouble::NotFound,
            ],
        )
    },
    get(
        routes::TRAINING_MEDICAL_PATIENTS,
        "listMedicalPatientsInTraining",
        "The made-up patients the facility opened today",
        (Access::Session, "Patients"),
        PERMITTED,
    ),
    post(
        routes::TRAINING_MEDICAL_LOOKS,
        "practiseLook",
        "Practise lookAtMedicalInformation; it is no look at anybody",
        ("LookRequest", "MedicalRecord"),
        LOOKING,
    ),
    Operation {
        answer: Carried::Document,
        ..post(
            routes::TRAINING_MEDICAL_DOCUMENTS,
            "practiseMedicalDocument",
            "Practise takeMedicalDocument; what comes is marked as practice",
            ("DocumentRequest", "DocumentRequest"),
            &[
                Trouble::NotPermitted,
                Trouble::PasswordChangeNeeded,
                Trouble::InvalidInput,
                Trouble::Medical(MedicalTrouble::UnknownPatient),
                Trouble::Busy,
            ],
        )
    },
];

/// What a look may meet.
const LOOKING: &[Trouble] = &[
    Trouble::NotPermitted,
    Trouble::PasswordChangeNeeded,
    Trouble::InvalidInput,
    Trouble::Medical(MedicalTrouble::UnknownPatient),
];
