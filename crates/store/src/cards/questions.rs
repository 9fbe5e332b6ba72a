//! The questions of a check by card: presence, answers, closing, delivery. What is closed never changes; its audit event vouches for it.

use domain::audit::{Actor, Deed, Event};
use domain::card_certificate::{CertificateState, TokenKind};
use domain::civil_date::{CivilDate, Instant};
use domain::event::EventKind;
use domain::identification::{Method, Vouched};
use domain::institution_code::InstitutionCode;
use domain::medical_information::kind::{Basis, InformationKind};
use domain::medical_information::look::Opened;
use domain::permit::{AskByCard, Permit, ReadCardResults, ReceiveEvents};
use domain::person::PersonId;
use domain::questions::{
    Answered, Choice, InvalidAnswers, OUTPATIENT_CONSENT_S, Question, QuestionsState,
    presence_until, settle,
};

use crate::access::{institution, number};
use crate::audit::{Chain, Content, row_hash};
use crate::engine::{Engine, StoreError};
use crate::events;
use crate::home_care::checks::{self as home_checks, HomeAnswer, HomeCheck};
use crate::home_care::consents as home_consents;
use crate::readers::end_releases;
use crate::sight;
use crate::sql::{Connection, Row, params};
use crate::withdrawals::withdrawn_since;

/// Abandoned checks closed in one transaction.
const AT_ONCE: u32 = 500;

/// A check by card as it is kept.
#[derive(Clone, PartialEq, Eq)]
pub struct CardCheck {
    /// Its identifier.
    pub id: u128,
    /// The card's holder.
    pub person: PersonId,
    /// The account that made it.
    pub account: String,
    /// The reader.
    pub reader: String,
    /// How the holder was identified.
    pub method: Method,
    /// Who vouches for that.
    pub vouched: Vouched,
    /// Who released it, if anybody had to.
    pub released_by: Option<String>,
    /// What holds the certificate.
    pub token: TokenKind,
    /// What the certificate was worth.
    pub worth: CertificateState,
    /// Its last day.
    pub expires_on: CivilDate,
    /// What is asked, in order.
    pub questions: Vec<Question>,
    /// What is delivered only after the patient's consent.
    pub withheld: Vec<u8>,
    /// When it was made.
    pub opened: Instant,
    /// Until when the card counts as present.
    pub present_until: Instant,
    /// Whether its questions are open.
    pub state: QuestionsState,
    /// When they were closed.
    pub closed: Option<Instant>,
    facility: i64,
    seq: i64,
    certificate: [u8; 32],
}

impl std::fmt::Debug for CardCheck {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "CardCheck({:032x}, {:?}, …)", self.id, self.state)
    }
}

/// One recorded answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Consent {
    /// Question and answer.
    pub answered: Answered,
    /// When it was given.
    pub at: Instant,
    /// Until when it counts.
    pub valid_until: Instant,
}

/// A check by card with the check itself: what is delivered.
#[derive(Debug, Clone)]
pub struct Delivered {
    /// What belongs to the card.
    pub card: CardCheck,
    /// The recorded answers, in the order of the questions.
    pub consents: Vec<Consent>,
    /// What belongs to it where it was made at home.
    pub home: Option<HomeCheck>,
    /// The kinds of medical information whose consent was withdrawn since.
    pub withdrawn: Vec<InformationKind>,
    /// The check, as it was answered.
    pub answer: Vec<u8>,
    /// The holder's name.
    pub name: Option<String>,
}

/// Why questions are not answered or kept open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotOpen {
    /// There is no such check of the facility.
    Unknown,
    /// It was made with another account or client certificate.
    Foreign,
    /// Its questions are closed, or the card's time is over.
    Ended,
    /// Other answers were recorded before.
    Differ,
    /// The answers do not fit the questions.
    Invalid(InvalidAnswers),
}

impl Engine {
    /// Keeps the questions of a check open: the card is still there. Returns until when.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn renew_presence(
        &self,
        permit: &Permit<AskByCard>,
        id: u128,
        now: Instant,
    ) -> Result<Result<Instant, NotOpen>, StoreError> {
        let permit = permit.clone();
        self.write(move |connection, batch| {
            let check = match own(connection, &permit, id)? {
                Ok(check) => check,
                Err(why) => return Ok(Err(why)),
            };
            if check.state != QuestionsState::Open {
                return Ok(Err(NotOpen::Ended));
            }
            let until = presence_until(check.opened, now).filter(|_| now < check.present_until);
            // Where a page was joined they stand longer than one renewal.
            let until = until.map(|it| it.max(check.present_until));
            let Some(until) = until else {
                close(
                    connection,
                    batch.chain(),
                    &check,
                    Closing::NONE,
                    (now, Actor::Center),
                )?;
                return Ok(Err(NotOpen::Ended));
            };
            connection
                .prepare_cached(
                    "UPDATE card_check SET present_until = ?3 WHERE facility = ?1 AND seq = ?2",
                )?
                .execute(params![check.facility, check.seq, until.as_micros()])?;
            Ok(Ok(until))
        })
        .await
    }

    /// Records what was answered, once: all of it with its audit event. An empty list closes the questions without answers. The same
    /// again is answered alike.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was recorded.
    pub async fn answer_questions(
        &self,
        permit: &Permit<AskByCard>,
        id: u128,
        given: Vec<Answered>,
        now: Instant,
    ) -> Result<Result<Vec<Consent>, NotOpen>, StoreError> {
        self.answer_all(permit, id, (given, None), now).await
    }

    /// The same at home: with the patient's answer to home care. Without one the questions close without answers.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was recorded.
    pub async fn answer_at_home(
        &self,
        permit: &Permit<AskByCard>,
        id: u128,
        (given, home): (Vec<Answered>, Option<HomeAnswer>),
        now: Instant,
    ) -> Result<Result<Vec<Consent>, NotOpen>, StoreError> {
        self.answer_all(permit, id, (given, home), now).await
    }

    async fn answer_all(
        &self,
        permit: &Permit<AskByCard>,
        id: u128,
        (given, home): (Vec<Answered>, Option<HomeAnswer>),
        now: Instant,
    ) -> Result<Result<Vec<Consent>, NotOpen>, StoreError> {
        let permit = permit.clone();
        self.write(move |connection, batch| {
            let check = match own(connection, &permit, id)? {
                Ok(check) => check,
                Err(why) => return Ok(Err(why)),
            };
            let at_home = home_checks::find(connection, check.facility, check.id)?;
            if home.is_some() && at_home.is_none() {
                return Ok(Err(NotOpen::Unknown));
            }
            let is_left = given.is_empty() && home.is_none();
            let settled = if is_left {
                Vec::new()
            } else {
                match settle(&check.questions, &given) {
                    Ok(settled) => settled,
                    Err(invalid) => return Ok(Err(NotOpen::Invalid(invalid))),
                }
            };
            match check.state {
                QuestionsState::Open if now < check.present_until => {
                    let holder = permit.holder();
                    let actor = Actor::Account {
                        facility: holder.facility,
                        account: holder.account.clone(),
                        certificate: holder.certificate,
                    };
                    let closing = Closing {
                        answers: &settled,
                        home,
                    };
                    close(connection, batch.chain(), &check, closing, (now, actor))?;
                    Ok(Ok(consents(connection, check.facility, check.id)?))
                }
                QuestionsState::Open => {
                    close(
                        connection,
                        batch.chain(),
                        &check,
                        Closing::NONE,
                        (now, Actor::Center),
                    )?;
                    Ok(if is_left {
                        Ok(Vec::new())
                    } else {
                        Err(NotOpen::Ended)
                    })
                }
                QuestionsState::Answered => {
                    let recorded = consents(connection, check.facility, check.id)?;
                    let agreed = at_home.and_then(|it| it.agreed);
                    let same = recorded.iter().map(|it| it.answered).eq(settled)
                        && agreed == home.map(|it| it.agreed);
                    Ok(if same {
                        Ok(recorded)
                    } else {
                        Err(NotOpen::Differ)
                    })
                }
                QuestionsState::ClosedWithoutAnswers if is_left => Ok(Ok(Vec::new())),
                QuestionsState::ClosedWithoutAnswers => Ok(Err(NotOpen::Ended)),
            }
        })
        .await
    }

    /// Closes checks whose card is gone, the next few hundred of them. Returns the facilities whose clients hear of it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn close_abandoned(&self, now: Instant) -> Result<Vec<InstitutionCode>, StoreError> {
        const DUE: &str = "state = 'open' AND present_until <= ?1";
        let due = self.read(|connection| {
            let text = format!("SELECT 1 FROM card_check WHERE {DUE} LIMIT 1");
            Ok(connection
                .prepare_cached(&text)?
                .exists([now.as_micros()])?)
        })?;
        if !due {
            return Ok(Vec::new());
        }
        self.write(move |connection, batch| {
            let text = format!("SELECT * FROM card_check WHERE {DUE} LIMIT ?2");
            let mut statement = connection.prepare_cached(&text)?;
            let mut rows = statement.query(params![now.as_micros(), AT_ONCE])?;
            // Read whole before the first of them changes.
            let mut abandoned = Vec::new();
            while let Some(row) = rows.next()? {
                abandoned.push(card_check(&row)?);
            }
            let mut told = Vec::new();
            for check in abandoned {
                close(
                    connection,
                    batch.chain(),
                    &check,
                    Closing::NONE,
                    (now, Actor::Center),
                )?;
                told.push(institution(check.facility)?);
            }
            Ok(told)
        })
        .await
    }

    /// A check by card of the permit's facility, as it stands now. The caller records the look.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn card_check(
        &self,
        permit: &Permit<ReadCardResults>,
        id: u128,
    ) -> Result<Option<Delivered>, StoreError> {
        self.delivered(permit.facility(), id)
    }

    /// How the questions of a check of the permit's facility stand, for whoever hears of it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn questions_state(
        &self,
        permit: &Permit<ReceiveEvents>,
        id: u128,
    ) -> Result<Option<QuestionsState>, StoreError> {
        let found = self.read(|connection| find(connection, number(permit.facility()), id))?;
        Ok(found.map(|check| check.state))
    }

    /// A check by card that its own maker repeats.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn own_card_check(
        &self,
        permit: &Permit<AskByCard>,
        id: u128,
    ) -> Result<Option<Delivered>, StoreError> {
        let own = self.read(|connection| own(connection, permit, id))?;
        own.map_or(Ok(None), |_| self.delivered(permit.facility(), id))
    }

    fn delivered(
        &self,
        facility: InstitutionCode,
        id: u128,
    ) -> Result<Option<Delivered>, StoreError> {
        let facility = number(facility);
        let Some(card) = self.read(|connection| find(connection, facility, id))? else {
            return Ok(None);
        };
        // A card's row may stay when its check was let go: what rests on it is in force, and what was answered is gone.
        let Some(answered) = self.answer_of(facility, id)? else {
            return Ok(None);
        };
        self.read(|connection| {
            let consents = consents(connection, card.facility, card.id)?;
            let withdrawn = match card.closed {
                Some(closed) => withdrawn_since(connection, (facility, card.person), closed)?,
                None => Vec::new(),
            };
            Ok(Some(Delivered {
                home: home_checks::find(connection, card.facility, card.id)?,
                card,
                consents,
                withdrawn,
                answer: answered.answer,
                name: answered.name,
            }))
        })
    }
}

/// With what a check's questions are closed.
#[derive(Clone, Copy)]
pub(super) struct Closing<'a> {
    /// The answers; none where nobody answered.
    answers: &'a [Answered],
    /// What was answered to home care, where it was asked.
    home: Option<HomeAnswer>,
}

impl Closing<'_> {
    /// Nobody answered.
    pub(super) const NONE: Self = Self {
        answers: &[],
        home: None,
    };
}

/// Closes a check's questions within the running transaction: the answers, if there are any, the state, the audit event that
/// vouches for all of it, and the event its facility hears of. What a patient agrees to with home care lasts as that does; else a day.
pub(super) fn close(
    connection: &Connection,
    chain: &mut Chain,
    check: &CardCheck,
    Closing { answers, home }: Closing<'_>,
    (at, actor): (Instant, Actor),
) -> Result<(), StoreError> {
    let at_home = home_checks::find(connection, check.facility, check.id)?;
    let whose = (check.facility, check.person);
    let mut basis = Basis::Visit;
    let mut valid_until = at.plus_seconds(OUTPATIENT_CONSENT_S);
    if let Some((of, answer)) = at_home.zip(home) {
        home_checks::answer(connection, check.facility, check.id, answer.agreed)?;
        let agreed = answer.agreed == Choice::Yes;
        if agreed {
            (basis, valid_until) = (Basis::Home, answer.until);
        }
        let whose = (check.facility, check.person, of.care);
        home_consents::follow(connection, whose, check.id, (answer, agreed, at))?;
    }
    let mut insert =
        connection.prepare_cached("INSERT INTO consent VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?;
    for answer in answers {
        insert.execute(params![
            check.facility,
            check.id.to_be_bytes(),
            answer.question.as_str(),
            answer.choice.as_str(),
            check.person.as_u128().to_be_bytes(),
            at.as_micros(),
            valid_until.as_micros()
        ])?;
    }
    let given = Opened {
        kind: InformationKind::Drugs,
        basis,
        reference: check.id,
        given: at,
        valid_until,
    };
    sight::follow_answers(connection, whose, answers, &given)?;
    let state = if answers.is_empty() && home.is_none() {
        QuestionsState::ClosedWithoutAnswers
    } else {
        QuestionsState::Answered
    };
    connection
        .prepare_cached(
            "UPDATE card_check SET state = ?3, closed = ?4 WHERE facility = ?1 AND seq = ?2",
        )?
        .execute(params![
            check.facility,
            check.seq,
            state.as_str(),
            at.as_micros()
        ])?;
    // What staff pressed once more while this patient answered is not for the next.
    end_releases(connection, check.facility, &check.reader, at)?;
    let (facility, record) = (check.facility, check.seq);
    let content = content_hash(connection, (facility, record))?.map(|hash| Content {
        facility,
        record,
        hash,
    });
    let event = Event {
        at,
        actor,
        deed: Deed::Consent,
        subject: Some(check.id),
        detail: format!("state={} answers={}", state.as_str(), answers.len()),
    };
    chain.append(connection, &event, content)?;
    let kind = if at_home.is_some() {
        EventKind::HomeCare
    } else {
        EventKind::CardCheckClosed
    };
    let about = (kind, Some(check.reader.as_str()), Some(check.id));
    events::tell(connection, check.facility, at, about)
}

/// The hash of a facility's check by card with its consents as they lie in the tables now.
pub(crate) fn content_hash(
    connection: &Connection,
    record: (i64, i64),
) -> Result<Option<[u8; 32]>, StoreError> {
    let texts = [
        "SELECT * FROM card_check WHERE facility = ?1 AND seq = ?2",
        "SELECT c.* FROM card_check k JOIN consent c ON c.facility = k.facility AND c.check_id = k.id
         WHERE k.facility = ?1 AND k.seq = ?2 ORDER BY c.question",
        "SELECT h.* FROM card_check k JOIN home_check h ON h.facility = k.facility AND h.check_id = k.id
         WHERE k.facility = ?1 AND k.seq = ?2",
    ];
    row_hash::of(connection, &texts, record)
}

/// A check that the permit's account made with its certificate.
fn own(
    connection: &Connection,
    permit: &Permit<AskByCard>,
    id: u128,
) -> Result<Result<CardCheck, NotOpen>, StoreError> {
    let holder = permit.holder();
    let Some(check) = find(connection, number(holder.facility), id)? else {
        return Ok(Err(NotOpen::Unknown));
    };
    let maker = (check.account.as_str(), check.certificate);
    Ok(if maker == (holder.account.as_str(), holder.certificate) {
        Ok(check)
    } else {
        Err(NotOpen::Foreign)
    })
}

pub(super) fn find(
    connection: &Connection,
    facility: i64,
    id: u128,
) -> Result<Option<CardCheck>, StoreError> {
    let text = "SELECT * FROM card_check WHERE facility = ?1 AND id = ?2";
    let mut statement = connection.prepare_cached(text)?;
    let mut rows = statement.query(params![facility, id.to_be_bytes()])?;
    rows.next()?.map(|row| card_check(&row)).transpose()
}

/// What was answered at a check by card, in the order of the questions.
pub(crate) fn consents(
    connection: &Connection,
    facility: i64,
    id: u128,
) -> Result<Vec<Consent>, StoreError> {
    let text = "SELECT question, answer, at, valid_until FROM consent WHERE facility = ?1 AND check_id = ?2";
    let mut statement = connection.prepare_cached(text)?;
    let mut rows = statement.query(params![facility, id.to_be_bytes()])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let (question, choice): (String, String) = (row.get(0)?, row.get(1)?);
        let answered = Question::parse(&question)
            .zip(Choice::parse(&choice))
            .map(|(question, choice)| Answered { question, choice });
        found.push(Consent {
            answered: answered.ok_or(StoreError::Row("consent"))?,
            at: Instant::from_micros(row.get(2)?),
            valid_until: Instant::from_micros(row.get(3)?),
        });
    }
    found.sort_by_key(|it| it.answered.question);
    Ok(found)
}

fn card_check(row: &Row<'_>) -> Result<CardCheck, StoreError> {
    let text = |column: &str| row.get::<_, String>(column);
    let questions = text("questions")?;
    let questions = questions.split(' ').filter(|name| !name.is_empty());
    let closed: Option<i64> = row.get("closed")?;
    let read = || {
        Some(CardCheck {
            id: u128::from_be_bytes(row.get("id").ok()?),
            person: PersonId::from_u128(u128::from_be_bytes(row.get("person").ok()?)),
            account: text("account").ok()?,
            reader: text("reader").ok()?,
            method: Method::parse(&text("method").ok()?)?,
            vouched: Vouched::parse(&text("vouched").ok()?)?,
            released_by: row.get("released_by").ok()?,
            token: TokenKind::parse(&text("token").ok()?)?,
            worth: CertificateState::parse(&text("worth").ok()?)?,
            expires_on: CivilDate::from_epoch_days(row.get("expires_on").ok()?).ok()?,
            questions: questions.map(Question::parse).collect::<Option<_>>()?,
            withheld: row.get("withheld").ok()?,
            opened: Instant::from_micros(row.get("opened").ok()?),
            present_until: Instant::from_micros(row.get("present_until").ok()?),
            state: QuestionsState::parse(&text("state").ok()?)?,
            closed: closed.map(Instant::from_micros),
            facility: row.get("facility").ok()?,
            seq: row.get("seq").ok()?,
            certificate: row.get("certificate").ok()?,
        })
    };
    read().ok_or(StoreError::Row("card_check"))
}
