//! The OpenAPI 3.1 document of `/v1`, made from the messages and the table of operations. Its golden file is `docs/openapi.json`.

pub mod operations;
mod schemas;

use std::collections::BTreeMap;

use utoipa::openapi::path::{
    Operation as Documented, OperationBuilder, ParameterBuilder, ParameterIn,
};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::response::ResponseBuilder;
use utoipa::openapi::schema::{
    AdditionalProperties, KnownFormat, Object, ObjectBuilder, SchemaFormat, Type,
};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{
    ComponentsBuilder, Content, Header, Info, License, OpenApi, OpenApiBuilder, PathsBuilder, Ref,
    Required,
};

use crate::problem::access::AccessTrouble;
use crate::problem::certificate::CertificateTrouble;
use crate::problem::home_care::HomeTrouble;
use crate::problem::{MEDIA_TYPE, Trouble};

use operations::{Access, Carried, Extra, Operation};

/// The document.
#[must_use]
pub fn document() -> OpenApi {
    let mut paths = PathsBuilder::new().build();
    for operation in operations::all().chain(operations::at_home()) {
        paths.add_path_operation(
            operation.path,
            vec![operation.method.documented()],
            documented(operation),
        );
    }
    let mut info = Info::new("onshi center", env!("CARGO_PKG_VERSION"));
    info.description = Some(DESCRIPTION.into());
    info.license = Some(License::new("Apache-2.0"));
    let components = ComponentsBuilder::new()
        .schemas_from_iter(schemas::schemas())
        .security_scheme(
            "certificate",
            SecurityScheme::MutualTls {
                description: Some("Client certificate of the facility's terminal".into()),
                deprecated: None,
                extensions: None,
            },
        )
        .security_scheme(
            "proof",
            SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::with_description(
                "Onshi-Proof",
                PROOF,
            ))),
        )
        .security_scheme("token", bearer())
        .security_scheme("claims_token", bearer());
    OpenApiBuilder::new()
        .info(info)
        .paths(paths)
        .components(Some(components.build()))
        .build()
}

fn bearer() -> SecurityScheme {
    SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build())
}

/// The document as it is served and kept: indented, with a line feed at its end.
///
/// # Errors
/// The JSON writer's.
pub fn text() -> serde_json::Result<String> {
    Ok(serde_json::to_string_pretty(&document())? + "\n")
}

const PROOF: &str = "On the home listener alone: a compact JWS (ES256, `typ` `onshi-home-proof+jwt`, `kid` the device's identifier, empty where \
the key is to become known) over `htm`, `htp` (method and path of the request), `iat` (within 120 seconds of `Onshi-Time`), `jti` (16 to 64 \
characters, never used before) and `digest` (base64url of SHA-256 of the body). A request that is sent again carries another proof and the \
same `Idempotency-Key`.";

const DESCRIPTION: &str = "Eligibility checks over mutual TLS. Errors are problem documents (RFC 9457) with a stable code, a text for \
the clerk and one for the engineer, in Japanese and English. Schemas say what is enough to be read; rules such as check digits, the \
calendar and the password rule are answered with 422 and a list of members. No personal data stand in a URL. Writes take an \
`Idempotency-Key`, kept 14 days, where it is listed; signing out takes none: it is done once by itself, and the second time there is \
nobody to answer.";

fn documented(operation: &Operation) -> Documented {
    let mut built = OperationBuilder::new()
        .operation_id(Some(operation.id))
        .summary(Some(operation.summary))
        .security(security(operation.access));
    if operation.path.contains("{id}") {
        built = built.parameter(id_parameter(operation.path));
    }
    if operation.path.contains("{message}") {
        built = built.parameter(message_parameter());
    }
    for extra in operation.extras {
        for parameter in parameters(*extra) {
            built = built.parameter(parameter);
        }
    }
    let body = match operation.body {
        Carried::Nothing => None,
        Carried::Json(name) => Some(vec![("application/json", message(name))]),
        Carried::Bytes => Some(vec![("application/octet-stream", text_content())]),
        // No request carries events, a document or a result.
        Carried::Events | Carried::Document | Carried::ClaimsFile => None,
        Carried::BulkFile => Some(vec![
            ("text/csv", text_content()),
            ("application/xml", text_content()),
        ]),
        Carried::Csv => Some(vec![
            ("text/csv; charset=utf-8", text_content()),
            ("text/csv; charset=windows-31j", text_content()),
        ]),
    };
    if let Some(contents) = body {
        let mut request = RequestBodyBuilder::new().required(Some(Required::True));
        for (kind, content) in contents {
            request = request.content(kind, content);
        }
        built = built.request_body(Some(request.build()));
    }
    built = built.response(operation.status.to_string(), success(operation));
    if operation.extras.contains(&Extra::IfNoneMatch) {
        let unchanged = ResponseBuilder::new()
            .description("Nothing changed")
            .build();
        built = built.response("304", unchanged);
    }
    for (status, troubles) in problems(operation) {
        let mut told = problem(&troubles);
        if operation.body == Carried::Csv && status == 422 {
            told.content
                .insert("application/json".into(), message("ImportReport").into());
        }
        built = built.response(status.to_string(), told);
    }
    built.build()
}

fn success(operation: &Operation) -> utoipa::openapi::Response {
    let mut response = ResponseBuilder::new().description("Done");
    response = match operation.answer {
        Carried::Nothing => response,
        Carried::Json(name) => response.content("application/json", message(name)),
        Carried::Events => response.content("text/event-stream", text_content()),
        Carried::BulkFile => response
            .content("text/csv; charset=utf-8", text_content())
            .content("text/csv; charset=Shift_JIS", text_content())
            .content("application/xml", text_content())
            .header("Content-Disposition", Header::new(string().build())),
        Carried::Bytes => response.content("application/octet-stream", text_content()),
        Carried::ClaimsFile => response
            .content("text/csv; charset=utf-8; header=present", text_content())
            .content("application/jose", text_content())
            .header("Content-Disposition", Header::new(string().build())),
        Carried::Document => response
            .content("application/pdf", text_content())
            .content("application/xml", text_content())
            .header("Content-Disposition", Header::new(string().build())),
        Carried::Csv => response
            .content("text/csv; charset=utf-8; header=present", text_content())
            .content(
                "text/csv; charset=windows-31j; header=present",
                text_content(),
            )
            .header("Content-Disposition", Header::new(string().build())),
    };
    let tagged = operation
        .extras
        .iter()
        .any(|extra| matches!(extra, Extra::IfNoneMatch | Extra::IfMatch));
    if tagged {
        response = response.header("ETag", Header::new(string().build()));
    }
    response.build()
}

/// The problems an operation may answer, by status.
fn problems(operation: &Operation) -> BTreeMap<u16, Vec<Trouble>> {
    let by_access: &[Trouble] = match operation.access {
        Access::Certificate => &[
            Trouble::CertificateRevoked,
            Trouble::Certificate(CertificateTrouble::Expired),
        ],
        Access::Session | Access::Claims => &[
            Trouble::CertificateRevoked,
            Trouble::Certificate(CertificateTrouble::Expired),
            Trouble::NotSignedIn,
            Trouble::SessionEnded,
        ],
        Access::Nobody => &[Trouble::TooManyRequests],
        Access::Device => &[
            Trouble::TooManyRequests,
            Trouble::Home(HomeTrouble::Proof),
            Trouble::Home(HomeTrouble::Clock),
        ],
    };
    // Whatever waits for a new password waits for the second factor, too.
    let waits = operation.access == Access::Session
        && operation.troubles.contains(&Trouble::PasswordChangeNeeded);
    let by_entry: &[Trouble] = if waits {
        &[
            Trouble::Access(AccessTrouble::SecondFactorNeeded),
            Trouble::Access(AccessTrouble::SecondFactorMissing),
        ]
    } else {
        &[]
    };
    let by_body: &[Trouble] = match operation.body {
        Carried::Nothing
        | Carried::Events
        | Carried::Bytes
        | Carried::Document
        | Carried::ClaimsFile => &[],
        Carried::Json(_) => &[
            Trouble::InvalidJson,
            Trouble::MediaType,
            Trouble::BodyTooLarge,
            Trouble::TooSlow,
        ],
        Carried::Csv | Carried::BulkFile => {
            &[Trouble::MediaType, Trouble::BodyTooLarge, Trouble::TooSlow]
        }
    };
    let by_key: &[Trouble] = if operation.extras.contains(&Extra::IdempotencyKey) {
        &[Trouble::IdempotencyKey, Trouble::IdempotencyConflict]
    } else {
        &[]
    };
    let always = [
        Trouble::StoreUnavailable,
        Trouble::Overloaded,
        Trouble::Internal,
    ];
    let mut by_status: BTreeMap<u16, Vec<Trouble>> = BTreeMap::new();
    let all = [
        by_access,
        by_body,
        by_key,
        by_entry,
        operation.troubles,
        &always,
    ];
    for trouble in all.into_iter().flatten() {
        by_status
            .entry(trouble.status())
            .or_default()
            .push(*trouble);
    }
    by_status
}

fn problem(troubles: &[Trouble]) -> utoipa::openapi::Response {
    let lines = troubles.iter().map(|trouble| {
        let problem = trouble.problem();
        format!("`{}`: {}", problem.code, problem.engineer.en)
    });
    let lines: Vec<String> = lines.collect();
    // Whoever says when to come back says so in its text.
    let waits = |trouble: &Trouble| trouble.problem().engineer.en.contains("retry_after_s");
    let mut response = ResponseBuilder::new()
        .description(lines.join("; "))
        .content(MEDIA_TYPE, message("Problem"));
    if troubles.iter().any(waits) {
        let seconds = ObjectBuilder::new().schema_type(Type::Integer).build();
        response = response.header("Retry-After", Header::new(seconds));
    }
    response.build()
}

fn security(access: Access) -> SecurityRequirement {
    let certificate = SecurityRequirement::new::<_, [&str; 0], &str>("certificate", []);
    match access {
        Access::Certificate => certificate,
        Access::Session => certificate.add::<_, [&str; 0], &str>("token", []),
        Access::Nobody => SecurityRequirement::default(),
        Access::Device => SecurityRequirement::new::<_, [&str; 0], &str>("proof", []),
        Access::Claims => certificate.add::<_, [&str; 0], &str>("claims_token", []),
    }
}

fn message(name: &str) -> Content {
    Content::new(Some(Ref::from_schema_name(name)))
}

fn text_content() -> Content {
    Content::new(Some(string().build()))
}

fn string() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

fn id_parameter(path: &str) -> utoipa::openapi::path::Parameter {
    let schema = if path.contains("/bulk-checks/") {
        string().pattern(Some("^R[0-9]{16}$"))
    } else if path.contains("/home/addresses/") {
        string().pattern(Some("^[0-9a-hjkmnp-tv-zA-HJKMNP-TV-Z]{26}$"))
    } else if ["checks/", "/claims/", "/home"]
        .iter()
        .any(|it| path.contains(it))
    {
        string().format(Some(SchemaFormat::Custom("uuid".into())))
    } else if path.contains("/updates/") {
        string().pattern(Some("^[0-9a-f]{64}$"))
    } else if path.contains("/readers/") {
        string().pattern(Some("^([A-Za-z0-9._-]{1,32}|pc:.{1,60})$"))
    } else {
        string().pattern(Some("^[A-Za-z0-9._-]{1,32}$"))
    };
    ParameterBuilder::new()
        .name("id")
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .schema(Some(schema.build()))
        .build()
}

fn message_parameter() -> utoipa::openapi::path::Parameter {
    ParameterBuilder::new()
        .name("message")
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .description(Some(
            "The message: the prefix of its files without `req`, such as `OQSsiquc01`",
        ))
        .schema(Some(string().pattern(Some("^[A-Za-z0-9]{8,12}$")).build()))
        .build()
}

/// The JSON image of any message: each has a schema of its own.
fn link_message() -> Object {
    let group = || {
        ObjectBuilder::new()
            .schema_type(Type::Object)
            .additional_properties(Some(AdditionalProperties::FreeForm(true)))
    };
    let inner = group()
        .property("MessageHeader", group())
        .property("MessageBody", group())
        .required("MessageHeader")
        .required("MessageBody");
    ObjectBuilder::new()
        .description(Some(LINK_MESSAGE))
        .property("XmlMsg", inner)
        .required("XmlMsg")
        .build()
}

const LINK_MESSAGE: &str = "The JSON image of a receipt computer's message: objects by element name, every leaf a text, absent items \
left out. Its schema is `docs/schemas/{message}req.schema.json`, the answer's `docs/schemas/{message}res.schema.json`. What the interface \
itself answers, errors of its own included, comes with status 200.";

fn parameters(extra: Extra) -> Vec<utoipa::openapi::path::Parameter> {
    let parameter = |name: &str, place, text: &str, schema: ObjectBuilder| {
        ParameterBuilder::new()
            .name(name)
            .parameter_in(place)
            .required(Required::False)
            .description(Some(text))
            .schema(Some(schema.build()))
            .build()
    };
    let required = |mut parameter: utoipa::openapi::path::Parameter| {
        parameter.required = Required::True;
        parameter
    };
    let (header, query) = (ParameterIn::Header, ParameterIn::Query);
    let date = || string().format(Some(SchemaFormat::KnownFormat(KnownFormat::Date)));
    let uuid = || string().format(Some(SchemaFormat::Custom("uuid".into())));
    match extra {
        Extra::IdempotencyKey => vec![parameter(
            "Idempotency-Key",
            header,
            "Makes a repetition safe: within 14 days the same request under the same key brings the same answer",
            string().pattern(Some("^[!-~]{1,64}$")),
        )],
        Extra::IfMatch => vec![parameter(
            "If-Match",
            header,
            "The ETag that was shown: a record changed since then is left as it is",
            string(),
        )],
        Extra::IfNoneMatch => vec![parameter(
            "If-None-Match",
            header,
            "The ETag at hand: 304 while nothing changed",
            string(),
        )],
        Extra::Before => vec![parameter(
            "before",
            query,
            "next of the answer before: only changes that made an earlier version",
            string().pattern(Some("^[1-9][0-9]{0,15}$")),
        )],
        Extra::LastEventId => vec![parameter(
            "Last-Event-ID",
            header,
            "The id of the last event received: what came after it comes first",
            string().pattern(Some("^[0-9]{1,18}$")),
        )],
        Extra::From => vec![parameter(
            "from",
            query,
            "The byte to begin with; 0 when absent",
            ObjectBuilder::new()
                .schema_type(Type::Integer)
                .minimum(Some(0)),
        )],
        Extra::Part => vec![parameter(
            "part",
            query,
            "next of the part before; 0, the first, when absent",
            ObjectBuilder::new()
                .schema_type(Type::Integer)
                .minimum(Some(0)),
        )],
        Extra::ClaimsFile => vec![required(parameter(
            "file",
            query,
            "Which file; acceptance is a signed JWS, the others are CSV in UTF-8",
            string().pattern(Some("^(findings|returns|corrections|acceptance)$")),
        ))],
        Extra::ClaimsPage => vec![
            parameter(
                "from",
                query.clone(),
                "next or previous of another page; 0, the first, when absent",
                ObjectBuilder::new()
                    .schema_type(Type::Integer)
                    .minimum(Some(0)),
            ),
            parameter(
                "weight",
                query.clone(),
                "What refuses something alone, or what is to be looked at alone",
                string().pattern(Some("^(all|refusals|notes)$")),
            ),
            parameter(
                "rule",
                query,
                "What one rule found alone",
                string().max_length(Some(64)),
            ),
        ],
        Extra::BulkKind => vec![
            required(parameter(
                "kind",
                query.clone(),
                "What the file is",
                string().pattern(Some("^(checks|reference_numbers)$")),
            )),
            parameter(
                "visit_date",
                query,
                "The day a CSV file with checks asks about; today in Japan when absent",
                date(),
            ),
        ],
        Extra::BulkForm => vec![
            required(parameter(
                "format",
                query.clone(),
                "In which form",
                string().pattern(Some("^(csv|xml)$")),
            )),
            parameter(
                "encoding",
                query,
                "utf-8 when absent; cp932 is Windows-31J, in which what it lacks is reduced",
                string().pattern(Some("^(utf-8|cp932)$")),
            ),
        ],
        Extra::BulkPage => vec![parameter(
            "after",
            query,
            "next of the page before",
            string().pattern(Some("^R[0-9]{16}$")),
        )],
        Extra::ClaimsListPage => {
            vec![parameter("after", query, "next of the page before", uuid())]
        }
        Extra::Usage => vec![
            parameter("after", query.clone(), "next of the page before", uuid()),
            parameter(
                "lines",
                query.clone(),
                "none: the windows alone",
                string().pattern(Some("^none$")),
            ),
            parameter(
                "window",
                query,
                "This window alone, with its newest 500 lines; whatever else is asked for counts no more",
                uuid(),
            ),
        ],
        Extra::Days => vec![
            parameter("after", query.clone(), "next of the page before", uuid()),
            parameter(
                "from",
                query.clone(),
                "First day, in Japan, on which the check was made; 30 days before the last one when absent",
                date(),
            ),
            parameter("to", query, "Last day; today when absent", date()),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written() -> serde_json::Value {
        serde_json::to_value(document()).unwrap()
    }

    #[test]
    fn the_golden_file_is_the_document() {
        let golden = include_str!("../../../docs/openapi.json");
        assert!(
            golden == text().unwrap(),
            "docs/openapi.json differs: see CONTRIBUTING.md"
        );
    }

    #[test]
    fn whoever_is_crowded_says_when_to_come_back() {
        let crowded = "/paths/~1v1~1checks/post/responses/503/headers/Retry-After";
        assert!(written().pointer(crowded).is_some());
    }

    #[test]
    fn every_reference_leads_to_a_schema() {
        fn references(value: &serde_json::Value, found: &mut Vec<String>) {
            match value {
                serde_json::Value::Object(members) => {
                    for (name, member) in members {
                        match (name.as_str(), member.as_str()) {
                            ("$ref", Some(target)) => found.push(target.to_owned()),
                            _ => references(member, found),
                        }
                    }
                }
                serde_json::Value::Array(items) => {
                    items.iter().for_each(|item| references(item, found));
                }
                _ => {}
            }
        }
        let (document, mut found) = (written(), Vec::new());
        references(&document, &mut found);
        assert!(!found.is_empty());
        for target in found {
            let pointer = target.strip_prefix('#').unwrap();
            assert!(document.pointer(pointer).is_some(), "{target}");
        }
    }

    #[test]
    fn every_operation_has_its_own_id_and_tells_of_every_trouble_but_the_routers() {
        let all = || operations::all().chain(operations::at_home());
        let ids: std::collections::BTreeSet<_> = all().map(|it| it.id).collect();
        assert_eq!(ids.len(), all().count());
        let told: std::collections::BTreeSet<_> = all()
            .flat_map(|it| problems(it).into_values().flatten())
            .map(Trouble::code)
            .collect();
        let untold: Vec<_> = Trouble::ALL
            .into_iter()
            .map(Trouble::code)
            .filter(|code| !told.contains(code))
            .collect();
        // All but the first are the enroll listener's.
        assert_eq!(
            untold,
            [
                "method_not_allowed",
                "certificate_needed",
                "certificate_foreign",
                "renewal_too_early",
                "signing_request",
                "signing_request_name"
            ]
        );
    }
}
