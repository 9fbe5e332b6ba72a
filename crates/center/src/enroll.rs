//! Enrolment by an operator (G08, contracts §9): a facility, its first accounts, its notice. Keeps no reference ID.

use domain::account::grounds::Grounds;
use domain::account::{AccountId, AccountKind, AccountState};
use domain::audit::{Actor, Deed, Event};
use domain::facility_kind::FacilityKind;
use domain::identification::{Abilities, FaceCapability, TerminalKeys};
use domain::institution_code::{InstitutionCode, InvalidInstitutionCode};
use domain::lockout;
use domain::password::Password;
use domain::personal_text::InvalidText;
use domain::reader::ReaderId;
use pki::issue_notice::{DOWNLOAD_DAYS, ReferenceId, RequestId, VALIDITY_MONTHS};
use serde::{Deserialize, Serialize};
use store::access::{Beginning, Earlier, Facility, Notice};
use store::accounts::Account;

use crate::app::{App, random};
use crate::passwords::{self, Asker};
use crate::recoveries;
use crate::told::Told;
use crate::trouble::internal;

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

/// What a reader has that only an operator can vouch for (contracts §2).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReaderEnrolment {
    /// Institution code.
    pub code: String,
    /// The reader: its account, or `pc:` and the name of a terminal.
    pub reader: String,
    /// Whether it holds terminal keys, which let a card sign without its PIN.
    pub terminal_keys: bool,
    /// Whether it compares faces.
    pub face: bool,
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
    /// Address of the download page (電子証明書ダウンロードサイト).
    pub download_site: String,
    /// Whether `download_site` leads nobody but this machine there: the center's settings name no host.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_nameless: bool,
    /// The secret number of the application (G06), with which the operator resets the master; empty when the facility has one already.
    #[serde(default)]
    pub secret_number: String,
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

impl FirstAccount {
    /// The kind's name in Japanese, as papers say it.
    pub(crate) fn label_ja(&self) -> &str {
        match AccountKind::parse(&self.kind) {
            Some(kind) => kind.label_ja(),
            None => &self.kind,
        }
    }

    /// The same in English.
    pub(crate) fn label_en(&self) -> &str {
        match AccountKind::parse(&self.kind) {
            Some(kind) => kind.label_en(),
            None => &self.kind,
        }
    }
}

impl std::fmt::Debug for FirstAccount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FirstAccount({}, …)", self.id)
    }
}

/// Enrols a facility or another of its terminals.
pub(crate) async fn enroll(app: &App, enrolment: Enrolment, by: Actor) -> Result<Enrolled, Told> {
    let code = institution(&enrolment.code)?;
    let known = app.engine.facility(code)?;
    let unsaid = || match &known {
        Some(known) => Some(known.kind),
        None => FacilityKind::of_fee_table_digit(code.fee_table_digit()),
    };
    let kind = enrolment
        .kind
        .as_deref()
        .map_or_else(unsaid, FacilityKind::parse);
    let kind = kind.ok_or_else(|| {
        Told::of(
            "kind",
            "unknown",
            "施設の種類を選んでください。コードだけでは決まりません。",
            "one of medical, dental, pharmacy, home_nursing",
        )
    })?;
    text("name", &enrolment.name, 100)?;
    text("terminal", &enrolment.terminal, 60)?;
    let is_named = app.engine.knows_terminal(code, &enrolment.terminal)?;
    if let Some(known) = &known {
        // Two PCs under one name could not be told apart: neither in the list nor when one is revoked.
        if is_named {
            return Err(taken(code, &enrolment.terminal));
        }
        as_it_is_known(known, kind, &enrolment.name)?;
        return notice(app, code, enrolment.terminal, Earlier::Stay, by).await;
    }
    let facility = Facility {
        code,
        kind,
        name: enrolment.name,
    };
    // After a restore a facility may be gone and its terminal known by its certificate, whose place the new one takes.
    let earlier = if is_named {
        Earlier::Replaced
    } else {
        Earlier::Stay
    };
    begin(app, facility, enrolment.terminal, earlier, by).await
}

/// Stores a facility with its first accounts, its secret number and its first notice: all of it or nothing, so that what was cut off is done
/// again.
async fn begin(
    app: &App,
    facility: Facility,
    terminal: String,
    earlier: Earlier,
    by: Actor,
) -> Result<Enrolled, Told> {
    let (now, code) = (app.now(), facility.code);
    let (mut accounts, mut rows) = (Vec::new(), Vec::new());
    let set_up = facility.kind.differences().set_up_accounts;
    for kind in [AccountKind::Master]
        .into_iter()
        .chain(set_up.iter().copied())
    {
        let id = AccountId::parse(kind.as_str())
            .map_err(internal("the identifier of a first account"))?;
        let password = Password::generate(&random::<40>()?);
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
            grounds: Grounds::default(),
            ambulance: domain::codes::setting::Right::NotGiven,
            password: passwords::hash(app, Asker::Operator, password, now, !kind.is_system())
                .await?,
            lockout: lockout::State::default(),
        });
    }
    let number = recoveries::generate()?;
    let (shown, notice) = notice_of(app, code, terminal, earlier)?;
    let deeds = [Deed::FacilityEnroll, Deed::SecretNumber, Deed::NoticeIssue];
    let beginning = Beginning {
        facility,
        accounts: rows,
        secret_number: number.hash(),
        notice,
        events: deeds
            .map(|deed| recoveries::operators(app, deed, code, by.clone()))
            .into(),
    };
    if !app.engine.begin_facility(beginning).await? {
        return Err(Told::of(
            "code",
            "taken",
            format!(
                "{code} はたった今登録されました。端末を加えるときは、もう一度実行してください。"
            ),
            format!("{code} was enrolled a moment ago; try again to add a terminal"),
        ));
    }
    Ok(Enrolled {
        secret_number: number.printed(),
        accounts,
        ..shown
    })
}

/// Refuses another kind or name of a facility that is enrolled: a typing error would change both without anybody's order.
fn as_it_is_known(known: &Facility, kind: FacilityKind, name: &str) -> Result<(), Told> {
    let (code, is) = (known.code, known.kind.as_str());
    if kind != known.kind {
        return Err(Told::of(
            "kind",
            "other",
            format!(
                "{code} の施設の種類は {is} で登録済みで、変えられません。端末を加えるときは、種類を指定しないでください。"
            ),
            format!(
                "{code} is enrolled as {is}, which does not change; add a terminal without a kind"
            ),
        ));
    }
    if name != known.name {
        return Err(Told::of(
            "name",
            "other",
            format!(
                "{code} は「{}」の名称で登録済みです。端末を加えるときは同じ名称を指定してください。承継で名称が変わるときは、施設の画面の「施設を承継する」か onshi enroll succeed を使ってください。",
                known.name
            ),
            format!(
                "{code} is enrolled as {}; add a terminal under that name, or pass the facility to a new owner by \"Pass the facility on\" on its page or with `onshi enroll succeed`",
                known.name
            ),
        ));
    }
    Ok(())
}

/// Why a terminal's name is not enrolled again, and the way on.
fn taken(code: InstitutionCode, terminal: &str) -> Told {
    Told::of(
        "terminal",
        "taken",
        format!(
            "端末名称等 {terminal} は {code} に登録済みです。同じ端末なら施設の画面の「電子証明書を再発行する」（コマンドでは onshi enroll reissue）を使い、別の端末なら別の名称で登録してください。"
        ),
        format!(
            "{code} has one named {terminal}; use \"Issue the certificate anew\" on the facility's page or `onshi enroll reissue`, or name another terminal otherwise"
        ),
    )
}

/// An institution code as an operator types it.
pub(crate) fn institution(code: &str) -> Result<InstitutionCode, Told> {
    InstitutionCode::parse(code).map_err(|error| {
        let ja = match error {
            InvalidInstitutionCode::Form => "医療機関コードは10桁の数字です。",
            InvalidInstitutionCode::Prefecture => {
                "医療機関コードの先頭2桁が都道府県番号ではありません。"
            }
        };
        Told::of("code", "form", ja, error.to_string())
    })
}

/// A name of something of a facility.
pub(crate) fn text(member: &'static str, text: &str, max: usize) -> Result<(), Told> {
    domain::personal_text::check(text, max).map_err(|error| {
        let ja = match error {
            InvalidText::Empty => "入力してください。".to_owned(),
            InvalidText::TooLong { max } => format!("{max}文字以内にしてください。"),
            InvalidText::ControlCharacter { place } => {
                format!("{place}文字目の制御文字は使えません。")
            }
        };
        Told::of(member, "form", ja, error.to_string())
    })
}

/// Makes a notice for a facility's terminal.
pub(crate) async fn notice(
    app: &App,
    code: InstitutionCode,
    terminal: String,
    earlier: Earlier,
    by: Actor,
) -> Result<Enrolled, Told> {
    let (shown, row) = notice_of(app, code, terminal, earlier)?;
    let event = recoveries::operators(app, Deed::NoticeIssue, code, by);
    app.engine.store_notice(row, event).await?;
    Ok(shown)
}

/// A new notice: what is shown once, and what is kept.
fn notice_of(
    app: &App,
    code: InstitutionCode,
    terminal: String,
    earlier: Earlier,
) -> Result<(Enrolled, Notice), Told> {
    let now = app.now();
    let request = RequestId::generate(random()?);
    let reference = ReferenceId::generate(random()?);
    let deadline = now.date_in_japan().plus_days(DOWNLOAD_DAYS);
    let row = Notice {
        request_id: request.as_str().into(),
        reference_hash: reference.hash(),
        facility: code,
        terminal: terminal.clone(),
        issued: now,
        deadline,
        wrong_tries: 0,
        earlier,
        closed: false,
    };
    let site = app.download_site.get();
    let shown = Enrolled {
        issuer: "onshi issuing CA".into(),
        root_fingerprint: app.authority.root_fingerprint(),
        code: code.to_string(),
        terminal,
        request_id: request.printed(),
        reference_id: reference.printed(),
        validity_months: VALIDITY_MONTHS,
        download_until: deadline.to_string(),
        download_site: site.map(|site| site.address.clone()).unwrap_or_default(),
        is_nameless: site.is_some_and(|site| site.is_nameless),
        secret_number: String::new(),
        accounts: Vec::new(),
    };
    Ok((shown, row))
}

/// Enrols a reader.
pub(crate) async fn enroll_reader(
    app: &App,
    enrolment: ReaderEnrolment,
    by: Actor,
) -> Result<(), Told> {
    let code = institution(&enrolment.code)?;
    let reader = ReaderId::parse(&enrolment.reader).ok_or_else(|| {
        Told::of(
            "reader",
            "form",
            "顔認証用アカウントのID、または pc: に端末名称等を続けて指定してください。",
            "the reader's account, or pc: and the name of a terminal",
        )
    })?;
    // Comparing faces ends in a signature without PIN.
    if enrolment.face && !enrolment.terminal_keys {
        return Err(Told::of(
            "face",
            "needs_terminal_keys",
            "顔を照合するカードリーダーには、端末鍵も必要です。",
            "a reader that compares faces needs terminal keys, too",
        ));
    }
    let abilities = Abilities {
        terminal_keys: if enrolment.terminal_keys {
            TerminalKeys::Enrolled
        } else {
            TerminalKeys::None
        },
        face: if enrolment.face {
            FaceCapability::Enrolled
        } else {
            FaceCapability::None
        },
    };
    let event = Event {
        at: app.now(),
        actor: by,
        deed: Deed::ReaderEnroll,
        subject: None,
        detail: format!(
            "facility={code} reader={reader} terminal_keys={} face={}",
            abilities.terminal_keys.as_str(),
            abilities.face.as_str()
        ),
    };
    let known = app
        .engine
        .enroll_reader(code, reader, abilities, event)
        .await?;
    if !known {
        return Err(Told::none(
            "reader",
            format!("{code} には、この名前の有効な顔認証用アカウントも端末もありません。"),
            format!("{code} has no active reader account and no terminal of this name"),
        ));
    }
    app.events.wake(code);
    Ok(())
}
