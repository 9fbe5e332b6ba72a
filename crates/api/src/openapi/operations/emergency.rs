//! Operations of the three modes. Serves nothing.

mod training;

use super::{Access, Carried, Extra, Method, Operation};
use crate::problem::Trouble;
use crate::problem::emergency::EmergencyTrouble as Why;
use crate::routes;

/// What a search or an opening in a mode with windows may meet.
const WINDOWED: &[Trouble] = &[
    Trouble::NotPermitted,
    Trouble::PasswordChangeNeeded,
    Trouble::InvalidInput,
    Trouble::Emergency(Why::Closed),
    Trouble::Emergency(Why::UnknownSearch),
    Trouble::Emergency(Why::TooManySearches),
    Trouble::Emergency(Why::TooManySearchesHere),
];

/// What they may meet in ambulance mode.
const AMBULANCE: &[Trouble] = &[
    Trouble::NotPermitted,
    Trouble::PasswordChangeNeeded,
    Trouble::InvalidInput,
    Trouble::Emergency(Why::UnknownSearch),
    Trouble::Emergency(Why::TooManySearches),
    Trouble::Emergency(Why::TooManySearchesHere),
    Trouble::Emergency(Why::AmbulanceNotHere),
    Trouble::Emergency(Why::AmbulanceRight),
    Trouble::Emergency(Why::AmbulanceFactor),
    Trouble::Emergency(Why::AmbulanceCard),
];

/// What the reading of windows that were used may meet.
const REPORTS: &[Trouble] = &[
    Trouble::NotPermitted,
    Trouble::PasswordChangeNeeded,
    Trouble::NotFound,
    Trouble::InvalidQuery,
];

/// An operation of a session that sends and brings JSON.
const fn post(
    path: &'static str,
    id: &'static str,
    summary: &'static str,
    (body, answer): (&'static str, &'static str),
    troubles: &'static [Trouble],
) -> Operation {
    Operation {
        method: Method::Post,
        path,
        id,
        summary,
        access: Access::Session,
        body: Carried::Json(body),
        extras: &[],
        status: 200,
        answer: Carried::Json(answer),
        troubles,
    }
}

/// An operation that brings JSON.
const fn get(
    path: &'static str,
    id: &'static str,
    summary: &'static str,
    (access, answer): (Access, &'static str),
    troubles: &'static [Trouble],
) -> Operation {
    Operation {
        method: Method::Get,
        path,
        id,
        summary,
        access,
        body: Carried::Nothing,
        extras: &[],
        status: 200,
        answer: Carried::Json(answer),
        troubles,
    }
}

/// The operations, and those of practice.
pub(super) fn all() -> impl Iterator<Item = &'static Operation> {
    OPERATIONS.iter().chain(training::OPERATIONS)
}

const OPERATIONS: &[Operation] = &[
    get(
        routes::EMERGENCY_STATE,
        "readEmergencyState",
        "Which emergency windows are open for the facility of the certificate",
        (Access::Certificate, "EmergencyState"),
        &[],
    ),
    post(
        routes::DISASTER_SEARCHES,
        "searchInDisaster",
        "Look for one person without their card in a disaster: the person, one more item needed, or nobody, and never a list; every search is on record",
        ("PersonSearch", "SearchOutcome"),
        WINDOWED,
    ),
    post(
        routes::DISASTER_OPENINGS,
        "openInDisaster",
        "Open the medical information of the person who was found, with the consent that was given; it ends with the window at the latest",
        ("NewOpening", "Opening"),
        WINDOWED,
    ),
    post(
        routes::DISASTER_CHECKS,
        "checkInDisaster",
        "Eligibility alone of the person who was found, for whoever wants nothing seen; no consent is needed and nothing is opened. A search is answered once",
        ("NewDisasterCheck", "DisasterCheck"),
        WINDOWED,
    ),
    Operation {
        extras: &[Extra::IdempotencyKey],
        ..post(
            routes::OUTAGE_CHECKS,
            "checkInOutage",
            "Eligibility of one person without their card while the system is out of order; never medical information",
            ("PersonSearch", "OutageCheck"),
            WINDOWED,
        )
    },
    get(
        routes::AMBULANCE,
        "readAmbulanceAccess",
        "Whether the account that asks may use ambulance mode, and what is missing",
        (Access::Session, "AmbulanceAccess"),
        super::PERMITTED,
    ),
    post(
        routes::AMBULANCE_SEARCHES,
        "searchInAmbulance",
        "The person of a card check made here in the last 24 hours, or of data where the center allows it",
        ("AmbulanceSearch", "SearchOutcome"),
        AMBULANCE,
    ),
    post(
        routes::AMBULANCE_OPENINGS,
        "openInAmbulance",
        "Open the medical information of the person who was found, to the account that asks alone, with the consent and the second factor on record",
        ("NewOpening", "Opening"),
        AMBULANCE,
    ),
    Operation {
        extras: &[Extra::Usage],
        ..get(
            routes::EMERGENCY_REPORTS,
            "readEmergencyReports",
            "The windows the facility used, 20 at a time, with its reports and the newest 500 lines of what it did, or what it did under one of them",
            (Access::Session, "EmergencyReports"),
            REPORTS,
        )
    },
    Operation {
        extras: &[Extra::IdempotencyKey],
        status: 204,
        answer: Carried::Nothing,
        ..post(
            routes::EMERGENCY_REPORTS,
            "fileEmergencyReport",
            "File the facility's report on what it did under a window (利用報告)",
            ("NewReport", "NewReport"),
            &[
                Trouble::NotPermitted,
                Trouble::PasswordChangeNeeded,
                Trouble::InvalidInput,
                Trouble::NotFound,
            ],
        )
    },
];
