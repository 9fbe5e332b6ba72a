//! The second factor at sign-in, and later for what asks for it: the code of an application, a passkey, or a recovery code in their place.
//! Opens nothing by itself: the center does.

use api::access::FactorProof;
use api::client::ClientError;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use ui::component::{Banner, Fault, Kind, Need, TextField, Tone};
use ui::language::Words;

use crate::faults;
use crate::pages::own_access::{self, factor::origin};
use crate::pages::{Filled, Frame, Staff, show};
use crate::serve::App;

/// The page's own path.
pub(crate) const HERE: &str = "/second-factor";

#[derive(Template)]
#[template(path = "second_factor.html")]
pub(super) struct SecondFactorPage {
    pub(super) frame: Frame,
    /// The key of what it is for.
    pub(super) lead: &'static str,
    pub(super) proving: Proving,
}

/// The forms that prove a second factor, on whichever page they stand.
pub(super) struct Proving {
    /// Where they are sent.
    pub(super) action: &'static str,
    pub(super) code: TextField,
    pub(super) recovery: TextField,
    /// What the browser's passkey is asked; none where the person has no passkey of these pages.
    pub(super) options: Option<String>,
}

impl Proving {
    pub(super) fn new(action: &'static str, options: Option<String>, words: &Words) -> Self {
        Self {
            action,
            code: TextField {
                kind: Kind::Digits,
                need: Need::Plain,
                autocomplete: "one-time-code",
                support: words.say("prove-code-support"),
                ..TextField::new("code", words.say("prove-code"))
            },
            recovery: TextField {
                need: Need::Plain,
                support: words.say("prove-recovery-support"),
                ..TextField::new("recovery_code", words.say("prove-recovery"))
            },
            options,
        }
    }

    /// The forms for the person who asks; none where there is nothing to prove.
    pub(super) async fn of(
        app: &App,
        staff: &Staff,
        action: &'static str,
    ) -> Result<Option<Self>, ClientError> {
        let origin = origin(app);
        let asked = staff.client.passkey_challenge(staff.token(), &origin);
        let options = match asked.await {
            Ok(challenge) => Some(challenge.options),
            Err(ClientError::Problem(problem)) if problem.code == "passkey_refused" => None,
            // A session that is open fully, of an account without a factor.
            Err(ClientError::Problem(problem))
                if problem.code == "no_second_factor_asked" && !staff.waits_for_proof() =>
            {
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        Ok(Some(Self::new(action, options, &staff.words)))
    }
}

pub(super) fn second_factor_page(
    mut frame: Frame,
    lead: &'static str,
    proving: Proving,
    fault: Option<Fault>,
) -> SecondFactorPage {
    frame
        .banners
        .extend(fault.map(|fault| Banner::new(Tone::Error, fault)));
    SecondFactorPage {
        frame,
        lead,
        proving,
    }
}

async fn page(app: &App, staff: &Staff, fault: Option<Fault>) -> Response {
    let proving = match Proving::of(app, staff, HERE).await {
        Ok(Some(proving)) => proving,
        Ok(None) => return Redirect::to("/").into_response(),
        Err(error) => return staff.failed(app, &error, HERE),
    };
    let lead = if staff.waits_for_proof() {
        "prove-lead"
    } else {
        "prove-lead-later"
    };
    let status = if fault.is_some() {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    show(
        status,
        &second_factor_page(staff.frame(HERE), lead, proving, fault),
    )
}

pub(crate) async fn form(State(app): State<App>, staff: Staff) -> Response {
    page(&app, &staff, None).await
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct ProofForm {
    code: String,
    credential: String,
    recovery_code: String,
}

impl ProofForm {
    /// What was given; none where nothing was.
    pub(super) fn proof(self) -> Option<FactorProof> {
        let given = |text: String| Some(text).filter(|text| !text.trim().is_empty());
        let proof = FactorProof {
            code: given(self.code),
            credential: given(self.credential),
            recovery_code: given(self.recovery_code),
        };
        let is_given =
            proof.code.is_some() || proof.credential.is_some() || proof.recovery_code.is_some();
        is_given.then_some(proof)
    }
}

pub(crate) async fn prove(
    State(app): State<App>,
    staff: Staff,
    Filled(form): Filled<ProofForm>,
) -> Response {
    let Some(proof) = form.proof() else {
        let fault = faults::own(&staff.words, "required", "prove-nothing");
        return page(&app, &staff, Some(fault)).await;
    };
    match staff
        .client
        .prove_second_factor(staff.token(), &proof)
        .await
    {
        Ok(()) if !staff.waits_for_proof() => {
            let told = faults::own(&staff.words, "second_factor_proved", "prove-done");
            app.browsers
                .with(&staff.key, |browser| browser.told = Some(told));
            Redirect::to(own_access::HERE).into_response()
        }
        Ok(()) => {
            let now = app.now();
            let way_on = app.browsers.with(&staff.key, |browser| {
                if let Some(session) = &mut browser.session {
                    session.entry = "full".into();
                }
                browser.way_on(&staff.session.account.id, now)
            });
            let to = way_on.flatten().unwrap_or_else(|| "/".into());
            Redirect::to(&to).into_response()
        }
        Err(ClientError::Problem(problem))
            if ["second_factor_wrong", "account_locked"].contains(&problem.code.as_str()) =>
        {
            let fault = faults::of_problem(&problem, &staff.words);
            page(&app, &staff, Some(fault)).await
        }
        Err(error) => staff.failed(&app, &error, HERE),
    }
}
