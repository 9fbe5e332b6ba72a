//! Puts the result of each closed check at a reader into the face folders, once (contracts §4, §11). Writes none before the patient's
//! questions are closed.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use api::card::{CardCheckRecord, Consent};
use api::check::answered::{self, NotUnderstood, certificates::read_specified_disease};
use api::client::ClientError;
use api::client::cards::Cause;
use domain::admission::WorkClass;
use domain::card_certificate::CertificateState;
use domain::civil_date::{CivilDate, Instant};
use domain::codes::prescription::IssueForm;
use domain::institution_code::InstitutionCode;
use domain::medical_information::kind::InformationKind;
use domain::questions::{Choice, Question};
use exchange::answer::Written;
use exchange::answer::consents::{Consents, Given, Providing};
use exchange::answer::coverage::Shown;
use exchange::encoding::Encoding;
use exchange::face_result::{CertificateNotice, FaceResult};
use exchange::file_name::face_result;
use store::journal::deliveries::Delivery;
use store::journal::{Journal, State};

use crate::clock::Clock;
use crate::config::{AnswerEncoding, Shared};
use crate::file_work::FileWork;
use crate::folders::{Folders, move_if_there, remove_if_there, sync_folder, touch, write_durably};
use crate::lane::Pause;
use crate::leftovers;
use crate::names::{BLANK_AT_MOST, MARK, MARK_TEXT, beside, original};
use crate::round_error::{RoundError, failed};
use crate::runner::SharedPace;
use crate::session::Session;
use crate::standing::Standings;
use crate::touches::TOUCH_AFTER;

/// The first and the longest pause of a delivery that came to nothing, in seconds.
const FIRST_PAUSE_S: i64 = 10;
const LONGEST_PAUSE_S: i64 = 600;

/// Why a delivery waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    /// The patient's questions are open.
    Open,
    /// The center does not give its check, or says what is not understood: no trouble of the folders.
    NotAnswered,
    /// Its check was read, and its result could not be made.
    NotMade,
    /// Its result could not be put into the face folder.
    NotPublished,
}

/// Deliveries that came to nothing, each with why, its pause and how long that is. Every read of a check is an event at the center; a try to
/// publish costs nothing.
#[derive(Debug, Default)]
pub(crate) struct PutOff(HashMap<u128, (Why, Pause, i64)>);

impl PutOff {
    /// True while a delivery waits.
    pub(crate) fn holds(&self, id: u128, now: Instant) -> bool {
        self.0
            .get(&id)
            .is_some_and(|(_, pause, _)| pause.holds(now))
    }

    /// True while any waits because something did not work with its folders.
    pub(crate) fn is_in_trouble(&self) -> bool {
        self.0.values().any(|(why, ..)| match why {
            Why::NotMade | Why::NotPublished => true,
            Why::Open | Why::NotAnswered => false,
        })
    }

    /// A delivery came to nothing: it waits, twice as long each time where a check would be read.
    pub(crate) fn put_off(&mut self, id: u128, now: Instant, why: Why) {
        let earlier = self.0.get(&id).filter(|_| why != Why::NotPublished);
        let seconds = earlier.map_or(FIRST_PAUSE_S, |(.., it)| (it * 2).min(LONGEST_PAUSE_S));
        let pause = Pause {
            since: now,
            until: now.plus_seconds(seconds),
        };
        self.0.insert(id, (why, pause, seconds));
    }

    /// A delivery is over.
    pub(crate) fn over(&mut self, id: u128) {
        self.0.remove(&id);
    }
}

/// Where a delivery goes. Blocks wherever it looks at files.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    folders: Arc<Folders>,
    files: FileWork,
    face: PathBuf,
    /// Its parts in the work folder.
    result: PathBuf,
    texts: PathBuf,
}

impl Place {
    pub(crate) fn of(
        folders: &Arc<Folders>,
        files: &FileWork,
        delivery: &Delivery,
    ) -> Result<Self, RoundError> {
        let face = folders.face.clone();
        Ok(Self {
            face: face.ok_or_else(|| RoundError::NoFolder(delivery.folder.clone()))?,
            result: folders.work.join(beside(delivery.id, "face")),
            texts: folders.work.join(beside(delivery.id, "face-org")),
            folders: Arc::clone(folders),
            files: files.clone(),
        })
    }

    /// Has work on its files done on a thread that may block.
    pub(crate) async fn work<T: Send + 'static>(
        &self,
        so: impl FnOnce(&Self) -> Result<T, RoundError> + Send + 'static,
    ) -> Result<T, RoundError> {
        let place = self.clone();
        self.files.on_a_thread(move || so(&place)).await?
    }

    /// Holds that a ready result lies in the work folder the journal speaks of: what is absent from another was not published.
    pub(crate) fn prove_marked(&self) -> Result<(), RoundError> {
        if self.folders.work.join(MARK).exists() {
            return Ok(());
        }
        Err(RoundError::OtherWork(self.folders.name.clone()))
    }

    /// True where a person put a blank mark into the work folder, since the one before was lost with what was ready in it.
    pub(crate) fn is_replaced(&self) -> Result<bool, RoundError> {
        match std::fs::metadata(self.folders.work.join(MARK)) {
            Ok(found) => Ok(found.len() <= BLANK_AT_MOST),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(self.failed(error)),
        }
    }

    /// True for a ready result that lies neither in the work folder nor in the face folder.
    pub(crate) fn is_in_neither(&self, name: &str) -> Result<bool, RoundError> {
        std::fs::metadata(&self.face).map_err(|error| self.failed(error))?;
        let lies = |path: &Path| match std::fs::symlink_metadata(path) {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(self.failed(error)),
        };
        Ok(!lies(&self.result)? && !lies(&self.face.join(name))?)
    }

    /// Gives a blank mark its text: what is ready from now on and absent was published. By a rename, since the file may be another user's.
    pub(crate) fn fill_mark(&self) -> Result<(), RoundError> {
        if !self.is_replaced()? {
            return Ok(());
        }
        let file = |error| self.failed(error);
        let work = &self.folders.work;
        let new = work.join(format!("{MARK}.new"));
        write_durably(&new, MARK_TEXT.as_bytes(), Shared::Private).map_err(file)?;
        std::fs::rename(&new, work.join(MARK)).map_err(file)?;
        sync_folder(work).map_err(file)
    }

    /// Proves that the work folder takes the result, before the center is asked for it.
    pub(crate) fn prove_writable(&self) -> Result<(), RoundError> {
        let made = File::create(&self.result);
        made.map(drop).map_err(|error| self.failed(error))
    }

    /// Writes a check's result into the work folder; returns its name.
    fn write(&self, record: &CardCheckRecord) -> Result<String, RoundError> {
        let (name, written) =
            written(record, &self.folders).map_err(|_| RoundError::Center(ClientError::Answer))?;
        let file = |error| self.failed(error);
        let shared = self.folders.shared;
        match &written.sidecar {
            Some(original) => write_durably(&self.texts, original, shared).map_err(file)?,
            // Left by an end that was cut off.
            None => remove_if_there(&self.texts).map_err(file)?,
        }
        write_durably(&self.result, &written.bytes, shared).map_err(file)?;
        // The folder's entries count as much as the files' contents: a ready result that is absent was published.
        sync_folder(&self.folders.work).map_err(file)?;
        Ok(name)
    }

    /// Moves a result into the face folder.
    fn publish(&self, name: &str) -> Result<(), RoundError> {
        let file = |error| self.failed(error);
        // What lies finished in the work folder was not published; what is absent was.
        // The original texts first: whoever sees the result finds them.
        move_if_there(&self.texts, &self.face.join(original(name))).map_err(file)?;
        move_if_there(&self.result, &self.face.join(name)).map_err(file)?;
        for folder in [&self.face, &self.folders.work] {
            sync_folder(folder).map_err(file)?;
        }
        Ok(())
    }

    fn failed(&self, error: std::io::Error) -> RoundError {
        failed(&self.folders, error)
    }
}

/// What delivering works with.
#[derive(Debug, Clone)]
pub(crate) struct Deliveries {
    pub(crate) session: Arc<Session>,
    pub(crate) journal: Journal,
    pub(crate) pace: SharedPace,
    pub(crate) clock: Clock,
    pub(crate) standings: Standings,
}

impl Deliveries {
    /// Reads the check of a delivery and writes its result into the work folder; nothing while the patient's questions are open.
    pub(crate) async fn make(
        &self,
        place: &Place,
        delivery: &Delivery,
    ) -> Result<Option<Delivery>, RoundError> {
        let Some(record) = self.read(delivery.check_id).await? else {
            return Ok(None);
        };
        let name = place.work(move |place| place.write(&record)).await?;
        let ready = Delivery {
            name: Some(name),
            state: State::Ready,
            ..delivery.clone()
        };
        self.journal
            .deliver(ready.clone(), self.clock.now())
            .await?;
        Ok(Some(ready))
    }

    /// Has a ready result that was lost made anew.
    pub(crate) async fn set_back(&self, delivery: &mut Delivery) -> Result<(), RoundError> {
        let lost = Delivery {
            name: None,
            state: State::Claimed,
            ..delivery.clone()
        };
        self.journal.deliver(lost.clone(), self.clock.now()).await?;
        *delivery = lost;
        Ok(())
    }

    /// Puts a ready result into the face folder and ends its delivery.
    pub(crate) async fn publish(
        &self,
        place: &Place,
        mut delivery: Delivery,
    ) -> Result<(), RoundError> {
        let name = delivery.name.clone().unwrap_or_default();
        let published = place.face.join(&name);
        place.work(move |place| place.publish(&name)).await?;
        tokio::time::sleep(TOUCH_AFTER).await;
        let now = self.clock.now();
        let at = leftovers::in_system_time(now);
        place
            .work(move |_| {
                touch(&published, at);
                Ok(())
            })
            .await?;
        delivery.state = State::Done;
        Ok(self.journal.deliver(delivery, now).await?)
    }

    /// The check with its consents; nothing while its questions are open.
    async fn read(&self, check: u128) -> Result<Option<CardCheckRecord>, RoundError> {
        let asked = self.ask(check).await;
        let now = self.clock.now();
        match &asked {
            Ok(_) => {
                self.pace.answered(WorkClass::CardCheck);
                // Where a receipt computer never asks by itself, nothing else tells of it.
                self.standings.center_answered(now);
            }
            Err(error) if error.concerns_all_questions() => {
                self.pace.refused(WorkClass::CardCheck, error, now);
            }
            Err(_) => {}
        }
        asked
    }

    async fn ask(&self, check: u128) -> Result<Option<CardCheckRecord>, RoundError> {
        let id = uuid::Uuid::from_u128(check).to_string();
        for _ in 0..2 {
            let token = self.session.token(self.clock.now()).await?;
            let client = &self.session.client;
            match client.card_check(&token, &id, Cause::Background).await {
                Ok(record) => return Ok(Some(record).filter(|it| it.closed_at.is_some())),
                Err(ClientError::Problem(problem)) if problem.status == 401 => {
                    self.session.forget(&token).await;
                }
                Err(other) => return Err(RoundError::Center(other)),
            }
        }
        Err(RoundError::SignIn)
    }
}

fn encoding(setting: AnswerEncoding) -> Encoding {
    match setting {
        // Nobody requested it; clients are known to read it as UTF-8 only (interface R8).
        AnswerEncoding::Usual | AnswerEncoding::Utf8 | AnswerEncoding::Request => Encoding::Utf8,
        AnswerEncoding::ShiftJis => Encoding::ShiftJis,
    }
}

/// A result, with its name.
fn written(
    record: &CardCheckRecord,
    folders: &Folders,
) -> Result<(String, Written), NotUnderstood> {
    let answer = &record.check;
    let (verdict, read) = answered::read(answer)?;
    let shown: Vec<Shown<'_>> = read
        .iter()
        .map(|it| Shown {
            person: &it.person,
            coverage: &it.coverage,
            reference_number: it.reference_number.as_deref(),
        })
        .collect();
    let day = |text: &str, member| CivilDate::parse_iso(text).map_err(|_| NotUnderstood(member));
    let facility = InstitutionCode::parse(&answer.facility);
    let facility = facility.map_err(|_| NotUnderstood("facility"))?;
    let check_id = uuid::Uuid::parse_str(&answer.check_id);
    let check_id = check_id.map_err(|_| NotUnderstood("check_id"))?.as_u128();
    let closed_at = record.closed_at.as_deref().unwrap_or_default();
    let closed_at = instant(closed_at, "closed_at")?;
    let expires_on = day(&record.certificate.expires_on, "expires_on")?;
    let worth = CertificateState::parse(&record.certificate.state).ok_or(NotUnderstood("state"))?;
    let result = FaceResult {
        facility,
        check_id,
        visit_date: day(&answer.visit_date, "visit_date")?,
        checked_at: instant(&answer.as_of, "as_of")?,
        closed_at,
        certificate: match worth {
            CertificateState::Valid => None,
            CertificateState::AboutToExpire => Some(CertificateNotice::EndsOn(expires_on)),
            CertificateState::EligibilityOnly => Some(CertificateNotice::EndedOn(expires_on)),
        },
        verdict,
        prescription: prescription(&record.consents)?,
        shown: &shown,
        consents: &consents(record)?,
    };
    let name = face_result(facility, check_id, closed_at);
    let answer = exchange::face_result::answer(&result);
    let written = folders
        .spelling
        .spell_reader_result(&answer, encoding(folders.encoding));
    Ok((name, written.map_err(|_| NotUnderstood("text"))?))
}

fn instant(text: &str, member: &'static str) -> Result<Instant, NotUnderstood> {
    Instant::parse(text).map_err(|_| NotUnderstood(member))
}

/// The chosen form; a patient who does not know it chose none (G22).
fn prescription(consents: &[Consent]) -> Result<Option<IssueForm>, NotUnderstood> {
    for consent in consents {
        let (question, choice) = understood(consent)?;
        let is_form = matches!(
            question,
            Question::PrescriptionIssue | Question::PrescriptionSubmit
        );
        match choice {
            Choice::Electronic if is_form => return Ok(Some(IssueForm::Electronic)),
            Choice::Paper if is_form => return Ok(Some(IssueForm::Paper)),
            _ => {}
        }
    }
    Ok(None)
}

fn understood(consent: &Consent) -> Result<(Question, Choice), NotUnderstood> {
    let question = Question::parse(&consent.question).ok_or(NotUnderstood("question"))?;
    let choice = Choice::parse(&consent.answer).ok_or(NotUnderstood("answer"))?;
    Ok((question, choice))
}

fn consents(record: &CardCheckRecord) -> Result<Consents, NotUnderstood> {
    let mut read = Consents::default();
    let withdrawn = |kind: InformationKind| record.withdrawn.iter().any(|it| it == kind.as_str());
    for consent in &record.consents {
        let (question, choice) = understood(consent)?;
        let given = Given {
            at: instant(&consent.at, "at")?,
            until: instant(&consent.valid_until, "valid_until")?,
        };
        let agreed = (choice == Choice::Yes).then_some(given);
        match question {
            Question::SpecifiedDisease => {
                let given = agreed.map(|given| Providing::Given(given.at));
                read.specified_disease = given.unwrap_or(Providing::Refused);
            }
            Question::Surgery => read.surgery = agreed,
            Question::TreatmentAndDrugs => (read.treatment, read.drugs) = (agreed, agreed),
            Question::Drugs => read.drugs = agreed,
            Question::Checkups => read.checkups = agreed,
            // The interface names no element for the subsidy's certificates; the form of a prescription stands elsewhere.
            Question::MedicalSubsidy
            | Question::PrescriptionIssue
            | Question::PrescriptionSubmit => {}
        }
    }
    // What was withdrawn before the delivery is told as not given.
    for (kind, given) in [
        (InformationKind::Drugs, &mut read.drugs),
        (InformationKind::Treatment, &mut read.treatment),
        (InformationKind::Surgery, &mut read.surgery),
        (InformationKind::Checkups, &mut read.checkups),
    ] {
        *given = given.filter(|_| !withdrawn(kind));
    }
    let diseases = record.specified_diseases.iter().map(read_specified_disease);
    read.diseases = diseases.collect::<Result<_, _>>()?;
    Ok(read)
}
