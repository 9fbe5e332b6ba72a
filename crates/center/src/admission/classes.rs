//! The class of work of every route of the api listener. A route that is not named here is a page of staff.

use api::openapi::operations::Method;
use api::routes;
use domain::admission::WorkClass;
use exchange::message::Message;

/// The class of a route's requests, by their path.
pub(crate) fn of(method: Method, route: &str) -> fn(&str) -> WorkClass {
    match (method, route) {
        (_, routes::LINK) => of_message,
        (
            _,
            routes::CARD_CHALLENGES
            | routes::CARD_CHECKS
            | routes::CARD_CHECK
            | routes::CARD_CHECK_PRESENCE
            | routes::CARD_CHECK_ANSWERS
            | routes::READER_CURRENT
            | routes::READER_CURRENT_STATE
            | routes::RELEASES,
        ) => |_| WorkClass::CardCheck,
        (Method::Post, routes::CHECKS)
        | (
            _,
            routes::EXISTING_SEARCH
            | routes::OUTAGE_CHECKS
            | routes::DISASTER_SEARCHES
            | routes::DISASTER_OPENINGS
            | routes::DISASTER_CHECKS
            | routes::AMBULANCE
            | routes::AMBULANCE_SEARCHES
            | routes::AMBULANCE_OPENINGS
            | routes::EMERGENCY_STATE,
        ) => |_| WorkClass::Check,
        (
            _,
            routes::SESSIONS
            | routes::SESSION_CURRENT
            | routes::PASSKEY_CHALLENGE
            | routes::SESSION_SECOND_FACTOR
            | routes::RECOVERIES
            | routes::EXISTING_SIGN_IN
            | routes::CLAIMS_SESSIONS
            | routes::CLAIMS_SESSION_CURRENT
            | routes::ROTATION_CURRENT
            | routes::CERTIFICATE_CURRENT
            | routes::KEYS
            | routes::EVENTS,
        ) => |_| WorkClass::SignIn,
        (
            _,
            routes::BULK_CHECKS
            | routes::BULK_CHECK
            | routes::BULK_CHECK_RESULT
            | routes::CHECKS_EXPORT
            | routes::MEDICAL_LOOKS_EXPORT
            | routes::ACCOUNTS_IMPORT
            | routes::CLAIMS_UPLOAD_CONTENT
            | routes::CLAIMS_UPLOAD_END
            | routes::CLAIMS_FINDINGS
            | routes::CLAIMS_RESULTS
            | routes::CLAIMS_FILE
            | routes::UPDATES
            | routes::UPDATE_PACKAGE
            | routes::OPENAPI,
        ) => |_| WorkClass::Bulk,
        _ => |_| WorkClass::Pages,
    }
}

/// Messages of receipt computers; what is none is last.
fn of_message(path: &str) -> WorkClass {
    let prefix = path.rsplit('/').next().unwrap_or_default();
    Message::from_prefix(prefix).map_or(WorkClass::Bulk, Message::work_class)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_stands_at_the_reader_comes_before_everything_else() {
        for operation in api::openapi::operations::all() {
            if operation.path.starts_with("/v1/card-") {
                let class = of(operation.method, operation.path)(operation.path);
                assert_eq!(class, WorkClass::CardCheck, "{}", operation.path);
            }
        }
        assert_eq!(
            of(Method::Post, routes::CHECKS)(routes::CHECKS),
            WorkClass::Check
        );
        assert_eq!(
            of(Method::Get, routes::CHECKS)(routes::CHECKS),
            WorkClass::Pages
        );
    }

    #[test]
    fn a_message_is_a_check_or_bulk_by_what_it_asks() {
        let class = |prefix: &str| of(Method::Post, routes::LINK)(&format!("/v1/link/{prefix}"));
        assert_eq!(class(Message::SingleCheck.prefix()), WorkClass::Check);
        assert_eq!(class(Message::BulkCheck.prefix()), WorkClass::Bulk);
        assert_eq!(class("unknown"), WorkClass::Bulk);
    }
}
