//! Operations by which a facility is cared for: its settings and their history, notices to it. Serves nothing.

use super::{Access, Carried, Extra, Method, Operation, PERMITTED};
use crate::problem::Trouble;
use crate::routes;

/// The operations.
pub(super) const OPERATIONS: [Operation; 5] = [
    Operation {
        method: Method::Get,
        path: routes::SETTINGS,
        id: "readSettings",
        summary: "The facility's settings",
        access: Access::Session,
        body: Carried::Nothing,
        extras: &[Extra::IfNoneMatch],
        status: 200,
        answer: Carried::Json("Settings"),
        troubles: PERMITTED,
    },
    Operation {
        method: Method::Put,
        path: routes::SETTINGS,
        id: "changeSettings",
        summary: "Change the facility's settings",
        access: Access::Session,
        body: Carried::Json("Settings"),
        extras: &[Extra::IdempotencyKey, Extra::IfMatch],
        status: 200,
        answer: Carried::Json("Settings"),
        troubles: &[
            Trouble::NotPermitted,
            Trouble::PasswordChangeNeeded,
            Trouble::InvalidInput,
            Trouble::Changed,
        ],
    },
    Operation {
        method: Method::Get,
        path: routes::SETTINGS_HISTORY,
        id: "readSettingsHistory",
        summary: "Who changed which of the facility's settings, and when: the newest 50 saves, or those before a version",
        access: Access::Session,
        body: Carried::Nothing,
        extras: &[Extra::Before, Extra::IfNoneMatch],
        status: 200,
        answer: Carried::Json("SettingsHistory"),
        troubles: &[
            Trouble::NotPermitted,
            Trouble::PasswordChangeNeeded,
            Trouble::InvalidQuery,
        ],
    },
    Operation {
        method: Method::Put,
        path: routes::SCREEN_LOCK,
        id: "recordScreenLock",
        summary: "Record that the screen lock of the caller's terminal is weakened, or works in full again",
        access: Access::Session,
        body: Carried::Json("ScreenLockReport"),
        extras: &[],
        status: 204,
        answer: Carried::Nothing,
        troubles: &[
            Trouble::NotPermitted,
            Trouble::PasswordChangeNeeded,
            Trouble::InvalidInput,
        ],
    },
    Operation {
        method: Method::Get,
        path: routes::NOTICES,
        id: "readNotices",
        summary: "Notices to the certificate's facility that are in force, the newest first",
        access: Access::Certificate,
        body: Carried::Nothing,
        extras: &[Extra::IfNoneMatch],
        status: 200,
        answer: Carried::Json("Notices"),
        troubles: &[],
    },
];
