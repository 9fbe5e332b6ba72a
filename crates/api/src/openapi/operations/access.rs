//! The operations of rotation, recovery and second factor.

use super::{Access, Carried, Extra, Method, Operation, PERMITTED};
use crate::problem::Trouble;
use crate::problem::access::AccessTrouble as Why;
use crate::routes;

/// In the order of a facility's life.
pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        method: Method::Get,
        path: routes::ROTATIONS,
        id: "listRotations",
        summary: "The system accounts the caller manages, each with its last rotation",
        access: Access::Session,
        body: Carried::Nothing,
        extras: &[Extra::IfNoneMatch],
        status: 200,
        answer: Carried::Json("Rotations"),
        troubles: PERMITTED,
    },
    Operation {
        method: Method::Post,
        path: routes::ROTATIONS,
        id: "askRotation",
        summary: "Ask for the rotation of a system account: its device changes the secret together with the center, or not at all",
        access: Access::Session,
        body: Carried::Json("NewRotation"),
        extras: &[],
        status: 201,
        answer: Carried::Json("Rotation"),
        troubles: &[
            Trouble::NotPermitted,
            Trouble::PasswordChangeNeeded,
            Trouble::NotFound,
            Trouble::Access(Why::RotationOpen),
            Trouble::Access(Why::RotationShared),
        ],
    },
    Operation {
        method: Method::Get,
        path: routes::ROTATION_CURRENT,
        id: "readOwnRotation",
        summary: "Whether the machine that asks shall change its secret",
        access: Access::Session,
        body: Carried::Nothing,
        extras: &[],
        status: 200,
        answer: Carried::Json("OwnRotation"),
        troubles: PERMITTED,
    },
    Operation {
        method: Method::Put,
        path: routes::ROTATION_CURRENT,
        id: "registerNextSecret",
        summary: "The machine's next secret, kept sealed at the machine before: it counts alone from the first sign-in with it",
        access: Access::Session,
        body: Carried::Json("NextSecret"),
        extras: &[],
        status: 204,
        answer: Carried::Nothing,
        troubles: &[
            Trouble::NotPermitted,
            Trouble::PasswordChangeNeeded,
            Trouble::PasswordRule,
            Trouble::Busy,
            Trouble::Access(Why::NoRotation),
            Trouble::Access(Why::RotationShared),
        ],
    },
    Operation {
        method: Method::Delete,
        path: routes::ROTATION,
        id: "withdrawRotation",
        summary: "Take the rotation of an account back, while its device has not signed in with the next secret",
        access: Access::Session,
        body: Carried::Nothing,
        extras: &[],
        status: 204,
        answer: Carried::Nothing,
        troubles: &[
            Trouble::NotPermitted,
            Trouble::PasswordChangeNeeded,
            Trouble::NotFound,
            Trouble::Access(Why::NoRotation),
        ],
    },
];
