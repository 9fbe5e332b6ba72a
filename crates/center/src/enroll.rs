//! Enrolment (G08, contracts §9): a facility with its notice, and the download of its certificate. Keeps no client's key.

use api::problem::{MemberError, Trouble};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::account::{AccountId, AccountKind, AccountState};
use domain::audit::{Actor, Deed, Event};
use domain::facility_kind::FacilityKind;
use domain::institution_code::InstitutionCode;
use domain::lockout;
use domain::password::Password;
use pki::authority::KeyKind;
use pki::identity::P12Encryption;
use pki::notice::{DOWNLOAD_DAYS, ReferenceId, RequestId, TRIES, VALIDITY_MONTHS};
use serde::{Deserialize, Serialize};
use store::access::{Certificate, Facility, Notice};
use store::accounts::{Account, Created};

use crate::app::{App, random};
use crate::extract::Body;
use crate::passwords;
use crate::sessions::refuse;
use crate::trouble::Refused;

/// Body of `POST /certificates/download`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Download {
    request_id: String,
    reference_id: String,
    /// Protects the file; chosen by the person, never kept.
    password: String,
    /// 3DES for older Windows.
    #[serde(default)]
    legacy: bool,
    /// RSA instead of P-256.
    #[serde(default)]
    rsa: bool,
}

pub(crate) async fn download(
    State(app): State<App>,
    body: Body<Download>,
) -> Result<Response, Refused> {
    let (now, body) = (app.now(), body.value);
    let member = |name: &str, code: &str, ja: &str, en: &str| {
        Refused::members(
            Trouble::InvalidInput,
            vec![MemberError::new(name, code, ja, en)],
        )
    };
    let typing = "発行通知書のIDを確かめてください（打ち間違いの可能性）。";
    let request = RequestId::parse(&body.request_id).map_err(|_| {
        member(
            "request_id",
            "form",
            typing,
            "Look at the ID on the notice; there is a typing error.",
        )
    })?;
    let reference = ReferenceId::parse(&body.reference_id).map_err(|_| {
        member(
            "reference_id",
            "form",
            typing,
            "Look at the ID on the notice; there is a typing error.",
        )
    })?;
    let password = Password::parse(&body.password).map_err(|broken| refuse("password", &broken))?;
    let notice = app
        .engine
        .notice(request.as_str())?
        .ok_or(Trouble::NotFound)?;
    if TRIES <= notice.wrong_tries {
        return Err(member(
            "reference_id",
            "frozen",
            "誤りが続いたため、この通知書は使えません。再発行を申請してください。",
            "Too many wrong tries: this notice is frozen. Apply for a new one.",
        ));
    }
    if !reference.fits(&notice.reference_hash) {
        app.engine.count_wrong_try(notice.request_id).await?;
        return Err(member(
            "reference_id",
            "wrong",
            "リファレンスIDが違います。",
            "The reference ID is wrong.",
        ));
    }
    if notice.deadline < now.date_in_japan() {
        return Err(member(
            "request_id",
            "deadline",
            "ダウンロード期限を過ぎています。保管したファイルを使うか、再発行を申請してください。",
            "The download deadline has passed. Use your backup, or apply for a new certificate.",
        ));
    }
    let kind = if body.rsa {
        KeyKind::Rsa
    } else {
        KeyKind::P256
    };
    let issued = app
        .authority
        .issue_client(notice.facility, &notice.terminal, kind, now)
        .map_err(|error| {
            tracing::error!(error = %error, "cannot issue a client certificate");
            Trouble::Internal
        })?;
    let encryption = if body.legacy {
        P12Encryption::Legacy3Des
    } else {
        P12Encryption::Aes256
    };
    let file = issued
        .identity
        .to_pkcs12(app.authority.root(), password.expose(), encryption)
        .map_err(|_| Trouble::Internal)?;
    app.engine
        .store_certificate(Certificate {
            fingerprint: issued.fingerprint,
            serial: issued.serial,
            facility: notice.facility,
            terminal: notice.terminal,
            notice: notice.request_id,
            not_before: issued.not_before,
            not_after: issued.not_after,
        })
        .await?;
    let actor = Actor::Client {
        facility: notice.facility,
        certificate: issued.fingerprint,
    };
    app.engine
        .record(crate::sessions::event(now, actor, Deed::CertificateIssue))
        .await?;
    let headers = [
        (header::CONTENT_TYPE, "application/x-pkcs12"),
        (
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"onshi.p12\"",
        ),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((StatusCode::OK, headers, file).into_response())
}

/// A facility to enroll.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Enrolment {
    /// Institution code.
    pub code: String,
    /// Kind of facility; by the institution code when absent.
    #[serde(default)]
    pub kind: Option<String>,
    /// Name.
    pub name: String,
    /// Terminal name.
    pub terminal: String,
}

/// What the operator hands to the facility, shown once: the notice's block and the first accounts.
#[derive(Clone, Serialize, Deserialize)]
pub struct Enrolled {
    /// Issuer (発行者): the root's fingerprint stands beside it.
    pub issuer: String,
    /// SHA-256 of the root.
    pub root_fingerprint: String,
    /// Subject (発行先).
    pub code: String,
    /// Terminal name (端末名称等).
    pub terminal: String,
    /// Request ID.
    pub request_id: String,
    /// Reference ID.
    pub reference_id: String,
    /// Months the certificate is valid from its download.
    pub validity_months: i32,
    /// Last day of download.
    pub download_until: String,
    /// The accounts made, with their first passwords; empty when the facility had its accounts already.
    pub accounts: Vec<FirstAccount>,
}

impl std::fmt::Debug for Enrolled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Enrolled({}, …)", self.code)
    }
}

/// An account made at set-up.
#[derive(Clone, Serialize, Deserialize)]
pub struct FirstAccount {
    /// Kind.
    pub kind: String,
    /// Identifier.
    pub id: String,
    /// First password; a person changes it at the first sign-in.
    pub password: String,
}

impl std::fmt::Debug for FirstAccount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FirstAccount({}, …)", self.id)
    }
}

/// Enrols a facility or another of its terminals; an error is a text for the operator.
pub(crate) async fn enroll(app: &App, enrolment: Enrolment) -> Result<Enrolled, String> {
    let now = app.now();
    let code = InstitutionCode::parse(&enrolment.code).map_err(|error| format!("code: {error}"))?;
    let by_code = || FacilityKind::of_fee_table_digit(code.fee_table_digit());
    let kind = enrolment
        .kind
        .as_deref()
        .map_or_else(by_code, FacilityKind::parse);
    let kind = kind.ok_or("kind: one of medical, dental, pharmacy, home_nursing")?;
    for (member, text, max) in [
        ("name", &enrolment.name, 100),
        ("terminal", &enrolment.terminal, 60),
    ] {
        domain::personal_text::check(text, max).map_err(|error| format!("{member}: {error}"))?;
    }
    let failed = |error: store::engine::StoreError| error.to_string();
    let refused = |_: Refused| "the center failed; see its log".to_owned();
    let known = app.engine.facility(code).map_err(failed)?.is_some();
    app.engine
        .store_facility(Facility {
            code,
            kind,
            name: enrolment.name,
        })
        .await
        .map_err(failed)?;
    let mut accounts = Vec::new();
    if !known {
        let kinds = [AccountKind::Master]
            .into_iter()
            .chain(kind.differences().set_up_accounts.iter().copied());
        let mut rows = Vec::new();
        for kind in kinds {
            let id = AccountId::parse(kind.as_str()).map_err(|error| error.to_string())?;
            let password = Password::generate(&random::<40>().map_err(refused)?);
            accounts.push(FirstAccount {
                kind: kind.as_str().into(),
                id: id.to_string(),
                password: password.expose().into(),
            });
            rows.push(Account {
                facility: code,
                id,
                kind,
                state: AccountState::Active,
                display_name: kind.label_ja().into(),
                designation: None,
                password: passwords::hash(app, password, now, !kind.is_system())
                    .await
                    .map_err(refused)?,
                lockout: lockout::State::default(),
            });
        }
        let created = app.engine.create_accounts(rows, Vec::new(), None);
        if let Created::Taken(id) = created.await.map_err(failed)? {
            return Err(format!("account {id} exists already"));
        }
    }
    let request = RequestId::generate(random().map_err(refused)?);
    let reference = ReferenceId::generate(random().map_err(refused)?);
    let deadline = now.date_in_japan().plus_days(DOWNLOAD_DAYS);
    let notice = Notice {
        request_id: request.as_str().into(),
        reference_hash: reference.hash(),
        facility: code,
        terminal: enrolment.terminal.clone(),
        issued: now,
        deadline,
        wrong_tries: 0,
    };
    app.engine.store_notice(notice).await.map_err(failed)?;
    let event = Event {
        at: now,
        actor: Actor::Operator("local".into()),
        deed: Deed::NoticeIssue,
        subject: None,
        detail: format!("facility={code}"),
    };
    app.engine.record(event).await.map_err(failed)?;
    Ok(Enrolled {
        issuer: "onshi issuing CA".into(),
        root_fingerprint: app.authority.root_fingerprint(),
        code: code.to_string(),
        terminal: enrolment.terminal,
        request_id: request.printed(),
        reference_id: reference.printed(),
        validity_months: VALIDITY_MONTHS,
        download_until: deadline.to_string(),
        accounts,
    })
}
