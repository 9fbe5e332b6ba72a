//! The change of a claims account's password. What was sent waits in memory and nowhere else for the center's answer, and where none came to be
//! sent again under the same key: it may count. It waits for a quarter of an hour.

use std::sync::Arc;

use api::client::ClientError;
use api::problem::{Problem, Trouble};
use api::session::PasswordChange;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::civil_date::Instant;
use serde::Deserialize;
use tokio::sync::Mutex;
use ui::component::{Banner, Fault, Kind, TextField, Tone, WayOn};

use super::{Claimant, FormPage, WORK, sign_in_at, turned};
use crate::browsers::{Key, hash, random_text};
use crate::faults;
use crate::pages::{Filled, Visitor, show};
use crate::serve::App;

/// Where it is changed.
pub(super) const HERE: &str = "/claims/password";

/// A change waits for so long to be sent again.
const WAITS_S: i64 = 15 * 60;

/// The changes of a session.
#[derive(Default)]
pub(crate) struct Changes {
    /// One that was sent: it may count.
    sent: Option<Waiting>,
    /// Whether one was let go that may count.
    may_count: bool,
    /// The last one that counts.
    done: Option<Done>,
}

/// A change that counts.
struct Done {
    key: String,
    /// Hash of the key and both passwords, which are not kept.
    hash: Key,
}

/// What the center said of a change.
enum Told {
    Counts,
    /// What is wrong with it.
    Refused(Vec<(String, Fault)>),
    /// That the old password is wrong, after the change was sent without an answer: a center that does not know it again by its key.
    CountsBefore,
    /// That another change counts under this key: an old page was filled anew after its change was let go.
    KeyUsed,
}

/// A change on its way.
#[derive(Clone)]
struct Waiting {
    change: PasswordChange,
    /// The form's key.
    key: String,
    /// The key it is sent under, so that it is one change however often it is sent.
    sent_as: String,
    /// When it was sent, or was last left without an answer.
    at: Instant,
    /// Whether it was sent without an answer.
    is_unanswered: bool,
    /// What was said of it. Held while it is sent: whoever presses meanwhile waits, and is told the same.
    told: Arc<Mutex<Option<Told>>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct PasswordForm {
    key: String,
    old_password: String,
    new_password: String,
    again: String,
}

/// What a form asks for.
enum Step {
    /// What counts already.
    Done,
    /// Another change than the one that waits under this key.
    GivesWay(String),
    /// That this is sent.
    Sends(Waiting),
    /// Nothing that can be sent: the field, and code and text of what is wrong with it.
    Wrong {
        member: &'static str,
        code: &'static str,
        text: &'static str,
    },
}

impl Changes {
    /// Lets a change go that waits for too long: its passwords are not kept for it.
    pub(crate) fn let_go(&mut self, now: Instant) {
        let old = self.sent.take_if(|it| it.at.plus_seconds(WAITS_S) <= now);
        self.may_count |= old.is_some();
    }

    /// Takes a form up, to be sent under a fresh key where its own is used or missing. A browser shows an old form again and lets it be filled
    /// anew: with other passwords it is another change, whatever its key.
    fn take(&mut self, form: PasswordForm, fresh: String, now: Instant) -> Step {
        let is_typed = form.is_typed();
        let done = self.done.as_ref().filter(|it| it.key == form.key);
        if done.is_some_and(|it| !is_typed || form.is(it)) {
            return Step::Done;
        }
        let is_used = done.is_some();
        // Another form gives way to the one that may count.
        if let Some(sent) = &self.sent {
            let is_own = sent.key == form.key && (!is_typed || form.is_of(&sent.change));
            return if is_own {
                Step::Sends(sent.clone())
            } else {
                Step::GivesWay(sent.key.clone())
            };
        }
        if form.old_password.is_empty() {
            return Step::Wrong {
                member: "old_password",
                code: "required",
                text: "old-password-missing",
            };
        }
        if form.new_password != form.again {
            return Step::Wrong {
                member: "again",
                code: "differs",
                text: "claims-password-differs",
            };
        }
        let sent_as = if is_used || form.key.is_empty() {
            fresh
        } else {
            form.key.clone()
        };
        let key = if form.key.is_empty() {
            sent_as.clone()
        } else {
            form.key
        };
        let waiting = Waiting {
            change: PasswordChange {
                new_password: form.new_password,
                old_password: form.old_password,
            },
            key,
            sent_as,
            at: now,
            is_unanswered: false,
            told: Arc::default(),
        };
        self.sent = Some(waiting.clone());
        Step::Sends(waiting)
    }
}

impl PasswordForm {
    /// Whether it holds passwords: the button of a change that was sent sends the key alone.
    fn is_typed(&self) -> bool {
        let all = [&self.old_password, &self.new_password, &self.again];
        all.into_iter().any(|it| !it.is_empty())
    }

    fn is(&self, done: &Done) -> bool {
        let own = hash_of(&self.key, &self.old_password, &self.new_password);
        self.again == self.new_password && own == Some(done.hash)
    }

    fn is_of(&self, change: &PasswordChange) -> bool {
        self.old_password == change.old_password
            && self.new_password == change.new_password
            && self.again == change.new_password
    }
}

/// Hash of a change; the lengths keep its parts apart.
fn hash_of(key: &str, old: &str, new: &str) -> Option<Key> {
    hash(&format!("{} {} {key}{old}{new}", key.len(), old.len()))
}

impl Waiting {
    fn done(&self) -> Option<Done> {
        let PasswordChange {
            new_password,
            old_password,
        } = &self.change;
        Some(Done {
            hash: hash_of(&self.key, old_password, new_password)?,
            key: self.key.clone(),
        })
    }
}

/// Works on the changes of a session while it is the browser's.
fn with<T>(app: &App, claimant: &Claimant, work: impl FnOnce(&mut Changes) -> T) -> Option<T> {
    let key = claimant.visitor.key?;
    let worked = app.browsers.with(&key, |browser| {
        let own = browser.claims.as_mut();
        let own = own.filter(|it| it.session.token == claimant.session.token);
        own.map(|it| work(&mut it.changes))
    });
    worked.flatten()
}

pub(crate) async fn form(State(app): State<App>, claimant: Claimant) -> Response {
    let visitor = &claimant.visitor;
    let known = with(&app, &claimant, |changes| {
        let key = changes.sent.as_ref().map(|it| it.key.clone());
        (key, changes.may_count)
    });
    match known.unwrap_or_default() {
        (Some(key), _) => perhaps(visitor, &key, StatusCode::OK, None),
        (None, may_count) => {
            let fault = faults::own(&visitor.words, "may_count", "claims-password-may-count");
            let banner = may_count.then(|| Banner::new(Tone::Warning, fault));
            page_with(visitor, &[], banner)
        }
    }
}

fn page(visitor: &Visitor, faults: &[(String, Fault)]) -> Response {
    page_with(visitor, faults, None)
}

fn page_with(visitor: &Visitor, faults: &[(String, Fault)], banner: Option<Banner>) -> Response {
    let words = &visitor.words;
    let field = |name: &'static str, key: &str, autocomplete: &'static str| TextField {
        kind: Kind::Password,
        autocomplete,
        ..TextField::new(name, words.say(key))
    };
    let mut fields = [
        field("old_password", "old-password", "current-password"),
        field("new_password", "new-password", "new-password"),
        field("again", "new-password-again", "new-password"),
    ];
    let _ = faults::spread(faults, &mut fields, &mut []);
    let mut frame = visitor.frame(HERE);
    frame.banners.extend(
        faults
            .iter()
            .map(|(_, fault)| Banner::new(Tone::Error, fault.clone())),
    );
    frame.banners.extend(banner);
    show(
        StatusCode::OK,
        &FormPage {
            title: words.say("claims-password"),
            lead: words.say("claims-password-lead"),
            action: HERE,
            // The same form is one change however often it is sent.
            hidden: random_text().map(|key| ("key", key)).into_iter().collect(),
            fields: fields.into(),
            force: None,
            submit: words.say("claims-password-now"),
            contacts: None,
            frame,
        },
    )
}

/// The page of somebody whose earlier change probably counts: only a sign-in shows it.
fn counts_before(claimant: &Claimant, code: &str, text: &str) -> Response {
    let words = claimant.words();
    let fault = faults::own(words, code, text);
    let banner = Banner {
        way_on: Some(WayOn {
            href: sign_in_at(&claimant.session.tenant, claimant.certificate),
            text: words.say("claims-sign-in"),
        }),
        ..Banner::new(Tone::Warning, fault)
    };
    page_with(&claimant.visitor, &[], Some(banner))
}

/// The page of a change that was sent and may count: one button sends it again.
fn perhaps(visitor: &Visitor, key: &str, status: StatusCode, banner: Option<Banner>) -> Response {
    let words = &visitor.words;
    let mut frame = visitor.frame(HERE);
    frame.banners.extend(banner);
    show(
        status,
        &FormPage {
            title: words.say("claims-password"),
            lead: words.say("claims-password-perhaps"),
            action: HERE,
            hidden: vec![("key", key.to_owned())],
            fields: Vec::new(),
            force: None,
            submit: words.say("claims-password-now"),
            contacts: None,
            frame,
        },
    )
}

pub(crate) async fn change(
    State(app): State<App>,
    claimant: Claimant,
    Filled(form): Filled<PasswordForm>,
) -> Response {
    let visitor = &claimant.visitor;
    let Some(fresh) = random_text() else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let now = app.now();
    let step = with(&app, &claimant, |changes| changes.take(form, fresh, now));
    let waiting = match step {
        None => return Redirect::to(super::HERE).into_response(),
        Some(Step::Done) => return Redirect::to(WORK).into_response(),
        Some(Step::GivesWay(key)) => return perhaps(visitor, &key, StatusCode::OK, None),
        Some(Step::Wrong { member, code, text }) => {
            let fault = faults::own(&visitor.words, code, text);
            return page(visitor, &[(member.into(), fault)]);
        }
        Some(Step::Sends(waiting)) => waiting,
    };
    // Goes on though the browser leaves: what counts at the center is noted here.
    let sent = tokio::spawn(send(app, claimant, waiting)).await;
    sent.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

/// Sends a change, once at a time, and says what became of it.
async fn send(app: App, claimant: Claimant, waiting: Waiting) -> Response {
    let turn = Arc::clone(&waiting.told);
    let mut told = turn.lock().await;
    if told.is_none() {
        let (token, key) = (claimant.token(), waiting.sent_as.as_str());
        let changed = claimant
            .client
            .change_claims_password_once(token, key, &waiting.change);
        let said = match changed.await {
            Ok(()) => Told::Counts,
            Err(error) => match not_changed(&app, &claimant, &waiting, &error) {
                Ok(answer) => return answer,
                Err(said) => said,
            },
        };
        let done = matches!(said, Told::Counts).then(|| waiting.done());
        with(&app, &claimant, |changes| {
            changes.sent.take_if(|it| it.key == waiting.key);
            changes.may_count &= done.is_none();
            changes.done = done.flatten().or(changes.done.take());
        });
        *told = Some(said);
    }
    match &*told {
        Some(Told::Refused(faults)) => page(&claimant.visitor, faults),
        Some(Told::CountsBefore) => {
            counts_before(&claimant, "counts_before", "claims-password-before")
        }
        Some(Told::KeyUsed) => counts_before(&claimant, "form_used", "claims-password-form-used"),
        Some(Told::Counts) | None => Redirect::to(WORK).into_response(),
    }
}

/// Whether a change was sent without an answer, by this press or an earlier one.
fn was_unanswered(app: &App, claimant: &Claimant, waiting: &Waiting) -> bool {
    let was = with(app, claimant, |changes| {
        let own = changes.sent.as_ref();
        own.is_some_and(|it| it.key == waiting.key && it.is_unanswered)
    });
    was == Some(true)
}

fn says_old_is_wrong(problem: &Problem) -> bool {
    let mut errors = problem.errors.iter();
    errors.any(|it| it.member == "old_password" && it.code == "wrong")
}

/// What to answer where the center did not say that it changed the password; as an error what it said of a change that it refused. Where it
/// said nothing at all the change may count, and stays to be sent again.
fn not_changed(
    app: &App,
    claimant: &Claimant,
    waiting: &Waiting,
    error: &ClientError,
) -> Result<Response, Told> {
    let (visitor, words) = (&claimant.visitor, claimant.words());
    let stays = |banner| perhaps(visitor, &waiting.key, StatusCode::BAD_GATEWAY, Some(banner));
    match error {
        ClientError::Problem(problem) if !faults::may_be_done(error) => {
            let was_unanswered = was_unanswered(app, claimant, waiting);
            if was_unanswered && says_old_is_wrong(problem) {
                return Err(Told::CountsBefore);
            }
            if problem.code == Trouble::IdempotencyConflict.code() {
                return Err(Told::KeyUsed);
            }
            if !problem.errors.is_empty() {
                return Err(Told::Refused(faults::of_members(problem, words)));
            }
            match turned(app, visitor, error) {
                Err(to) => Ok(Redirect::to(to).into_response()),
                // A no to this time says nothing of an earlier one that was not answered.
                Ok(fault) if was_unanswered => Ok(stays(Banner::new(Tone::Error, fault))),
                // It is no fault of what was typed.
                Ok(fault) if 500 <= problem.status => {
                    Err(Told::Refused(vec![(String::new(), fault)]))
                }
                Ok(fault) => Err(Told::Refused(vec![("old_password".into(), fault)])),
            }
        }
        error => {
            let now = app.now();
            with(app, claimant, |changes| {
                let own = changes.sent.as_mut();
                if let Some(own) = own.filter(|it| it.key == waiting.key) {
                    (own.is_unanswered, own.at) = (true, now);
                }
            });
            Ok(stays(Banner {
                title: words.say("change-unanswered"),
                ..Banner::new(Tone::Error, faults::of_client(error, words))
            }))
        }
    }
}
