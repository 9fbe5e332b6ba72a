//! Operations by which a facility's PCs are kept up to date (G38). Serves nothing.

use super::{Access, Carried, Extra, Method, Operation};
use crate::problem::Trouble;
use crate::routes;

/// The operations.
pub(super) const OPERATIONS: [Operation; 2] = [
    Operation {
        method: Method::Get,
        path: routes::UPDATES,
        id: "listUpdates",
        summary: "Releases of the product and changes of their publisher's key, as the publisher signed them",
        access: Access::Certificate,
        body: Carried::Nothing,
        extras: &[Extra::IfNoneMatch],
        status: 200,
        answer: Carried::Json("Updates"),
        troubles: &[],
    },
    Operation {
        method: Method::Get,
        path: routes::UPDATE_PACKAGE,
        id: "readUpdatePackage",
        summary: "A piece of a package of a release, at most 1 MiB; an empty one is its end",
        access: Access::Certificate,
        body: Carried::Nothing,
        extras: &[Extra::From],
        status: 200,
        answer: Carried::Bytes,
        troubles: &[Trouble::NotFound, Trouble::InvalidQuery],
    },
];
