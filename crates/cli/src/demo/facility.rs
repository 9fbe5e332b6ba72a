//! One facility of the demo: enrolled, with its certificate, accounts, link and staff pages. Knows no other facility.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::Context;
use api::account::NewAccount;
use api::check::{Answer, CheckRequest};
use api::client::Client;
use api::client::cards::Cause;
use api::home_care::NewHomeAddress;
use api::session::{PasswordChange, Session, SignIn};
use center::control::Order;
use center::enroll::{Enrolled, Enrolment, ReaderEnrolment};
use center::serve::Center;
use domain::account::AccountKind;
use domain::account::grounds::Profession;
use domain::facility_kind::{ConsentQuestion, FacilityKind};
use domain::home_care::Care;
use domain::institution_code::InstitutionCode;
use domain::password::Password;
use kiosk::config::TerminalKeys;
use kiosk::serve::Kiosk;
use pki::identity::Identity;
use pki::installed::{IdentityName, Installed};
use pki::machine_secret;
use serde_json::{Value, json};

use crate::client::explain;
use crate::demo::cards::Cards;
use crate::demo::claims::Entrance;
use crate::demo::readers::{Reader, Readers};
use crate::demo::settings;

/// Accounts an administrator registers beside those of set-up (G04): kind, identifier, display name.
const REGISTERED: [(AccountKind, &str, &str); 3] = [
    (AccountKind::General, "uketsuke", "受付"),
    (AccountKind::MedicalViewer, "etsuran", "医療情報閲覧"),
    (AccountKind::WebApi, "karte", "電子カルテ"),
];

/// Name of the terminal user of each facility's PC.
const TERMINAL_USER: &str = "onshi-user";

/// Name of each facility's PC.
pub(super) const TERMINAL: &str = "受付端末1";

/// What a facility of the demo is called and where it keeps its files.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    /// Its kind, also the name of its folder.
    pub(crate) kind: FacilityKind,
    /// Its institution code.
    pub(crate) code: &'static str,
    /// Its name.
    pub(crate) name: &'static str,
    /// Host name of its staff pages: one each, because cookies ignore ports.
    pub(crate) host_name: &'static str,
    /// Host name of its kiosk.
    pub(crate) kiosk_host_name: &'static str,
}

impl Plan {
    /// Name of its card reader.
    pub(crate) fn reader_name(self) -> String {
        format!("onshi {}", self.kind.as_str().replace('_', "-"))
    }

    /// Name of the general card reader at its PC (G31), where it has one: the clinic, and whoever has no kiosk.
    pub(crate) fn pc_reader_name(self) -> Option<String> {
        match self.kind {
            FacilityKind::Medical => Some("onshi pc".into()),
            FacilityKind::HomeNursing => Some(self.reader_name()),
            FacilityKind::Dental | FacilityKind::Pharmacy => None,
        }
    }
}

/// The facilities of the demo, one of each kind.
pub(crate) const PLANS: [Plan; 4] = [
    Plan {
        kind: FacilityKind::Medical,
        code: synthetic::samples::FACILITY,
        name: "見本クリニック",
        host_name: "terminal.localhost",
        kiosk_host_name: "kiosk.localhost",
    },
    Plan {
        kind: FacilityKind::Dental,
        code: "1339999995",
        name: "見本歯科医院",
        host_name: "dental.terminal.localhost",
        kiosk_host_name: "dental.kiosk.localhost",
    },
    Plan {
        kind: FacilityKind::Pharmacy,
        code: "1349999993",
        name: "見本薬局",
        host_name: "pharmacy.terminal.localhost",
        kiosk_host_name: "pharmacy.kiosk.localhost",
    },
    Plan {
        kind: FacilityKind::HomeNursing,
        code: "1369999998",
        name: "見本訪問看護ステーション",
        host_name: "nursing.terminal.localhost",
        kiosk_host_name: "nursing.kiosk.localhost",
    },
];

/// The facilities that may opt in to ambulance mode.
pub(crate) fn takes_ambulances() -> Vec<InstitutionCode> {
    let medical = PLANS.iter().filter(|it| it.kind == FacilityKind::Medical);
    medical
        .filter_map(|it| InstitutionCode::parse(it.code).ok())
        .collect()
}

/// An account with its password.
pub(crate) struct Account {
    pub(crate) kind: AccountKind,
    pub(crate) id: String,
    pub(crate) password: String,
}

/// A facility that is set up. Its link and pages end with the runtime.
pub(crate) struct Facility {
    pub(crate) plan: Plan,
    /// Address of its staff pages.
    pub(crate) terminal: String,
    /// Its kiosk, where its kind has a reader.
    pub(crate) kiosk: Option<Kiosk>,
    dir: PathBuf,
    pub(super) client: Client,
    p12_password: String,
    /// Password of the terminal user.
    terminal_user: String,
    accounts: Vec<Account>,
    /// Its address for home visits, where it makes them.
    home_address: Option<String>,
    /// Where it may hand claims in.
    pub(super) claims: Option<Entrance>,
}

/// Makes the demo's terminal user; returns the password.
fn terminal_user(data_dir: &Path) -> anyhow::Result<String> {
    let password = generate()?;
    crate::terminal::keep_user(data_dir, TERMINAL_USER, &password)?;
    Ok(password)
}

/// Readers of the demo hold terminal keys, so staff may confirm a patient by eye.
async fn enroll_reader(plan: Plan, center: &Path, reader: String) -> anyhow::Result<()> {
    let enrolment = ReaderEnrolment {
        code: plan.code.into(),
        reader,
        terminal_keys: true,
        face: false,
    };
    crate::enroll::order(center, Order::EnrollReader(enrolment)).await?;
    Ok(())
}

/// Seals the demo's terminal key for a part, and says where it lies.
fn terminal_keys(data_dir: &Path, cards: &Cards) -> anyhow::Result<TerminalKeys> {
    let (certificate, key) = cards.folder.terminal();
    let keys = TerminalKeys {
        certificate,
        secret_file: data_dir.join("terminal.sealed"),
    };
    let key = crate::told::read_bytes(&key)?;
    crate::sealing::seal(data_dir, &keys.secret_file, &key)?;
    Ok(keys)
}

impl Facility {
    /// Enrols, downloads the certificate, gives every person a password of their own, starts link and staff pages.
    pub(crate) async fn set_up(
        plan: Plan,
        demo: &Path,
        center: &Center,
        cards: &Cards,
    ) -> anyhow::Result<Self> {
        let enrolment = Enrolment {
            code: plan.code.into(),
            kind: Some(plan.kind.as_str().into()),
            name: plan.name.into(),
            terminal: TERMINAL.into(),
        };
        let enrolled = crate::enroll::enroll(&demo.join("center"), enrolment).await?;
        let dir = demo.join(plan.kind.as_str());
        let (identity, p12_password) = download(&dir, demo, center, &enrolled).await?;
        for folder in ["downloads", "stick"] {
            let folder = dir.join(folder);
            std::fs::create_dir_all(&folder)
                .map_err(|error| crate::told::unwritable(&folder, &error))?;
        }
        let root = demo.join("center/root.pem");
        let base = format!("https://{}", center.api);
        let client = Client::new(&base, &crate::client::root(&root)?, Some(&identity))?;
        let accounts = accounts(&client, plan.kind, &enrolled).await?;
        let home_address = match plan.kind {
            FacilityKind::HomeNursing => Some(home_address(&client, &accounts).await?),
            FacilityKind::Medical | FacilityKind::Dental | FacilityKind::Pharmacy => None,
        };
        let part = dir.join("terminal");
        Installed::of(&part).install("facility", &identity)?;
        let has_reader = plan.kind.differences().has_reader;
        let pc_reader = plan.pc_reader_name();
        if pc_reader.is_some() {
            enroll_reader(plan, &demo.join("center"), format!("pc:{TERMINAL}")).await?;
        }
        let interactions = dir.join("interactions.tsv");
        std::fs::write(&interactions, synthetic::catalogue::INTERACTIONS)
            .map_err(|error| crate::told::unwritable(&interactions, &error))?;
        let pages = terminal::config::Config {
            terminal_keys: pc_reader
                .as_ref()
                .map(|_| terminal_keys(&part, cards))
                .transpose()?,
            reader: pc_reader.map(|name| format!("pcsc:{name}")),
            data_dir: part,
            center: base.clone(),
            ca: root.clone(),
            identity: terminal::config::IdentityName {
                name: "facility".into(),
            },
            enroll: Some(format!("https://{}", center.enroll)),
            // A folder beside stands for a stick: the demo has no other hardware.
            backup: terminal::config::BackupFolders {
                downloads: Some(dir.join("downloads")),
                other_hardware: vec![dir.join("stick")],
            },
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            host_name: plan.host_name.into(),
            center_name: super::CENTER_NAME.into(),
            screen_lock: terminal::config::ScreenLock::default(),
            updates: terminal::config::Updates::default(),
            doctor: terminal::config::Doctor {
                kiosk: has_reader.then(|| dir.join(settings::KIOSK)),
                gateway: Some(dir.join(settings::GATEWAY)),
                ..Default::default()
            },
            interactions: Some(interactions),
        };
        let terminal_user = terminal_user(&pages.data_dir)?;
        let mut facility = Self {
            plan,
            terminal: String::new(),
            kiosk: None,
            dir,
            client,
            p12_password,
            terminal_user,
            accounts,
            home_address,
            claims: None,
        };
        let link = facility.link(base.clone(), root.clone()).await?;
        tokio::spawn(crate::gateway::watch(link));
        if has_reader {
            let account = facility.account(AccountKind::Reader)?.id.clone();
            enroll_reader(plan, &demo.join("center"), account).await?;
            let kiosk = facility.start_kiosk(base, root, cards).await?;
            facility.kiosk = Some(kiosk);
        }
        // The last: it looks at the others when it starts.
        facility.terminal = crate::terminal::start(&pages).await?;
        settings::write_terminal(&facility.dir, &pages, &facility.terminal)?;
        Ok(facility)
    }

    /// A kiosk with the facility's reader account, on the virtual reader of the facility's name.
    async fn start_kiosk(
        &self,
        center: String,
        ca: PathBuf,
        cards: &Cards,
    ) -> anyhow::Result<Kiosk> {
        use kiosk::config::{Config, Listen};
        let data_dir = self.dir.join("kiosk");
        let account = self.account(AccountKind::Reader)?;
        let secret_file = data_dir.join("reader.sealed");
        crate::sealing::seal(&data_dir, &secret_file, account.password.as_bytes())?;
        let terminal_keys = terminal_keys(&data_dir, cards)?;
        let config = Config {
            center,
            ca,
            center_name: crate::demo::CENTER_NAME.into(),
            reader: format!("pcsc:{}", self.plan.reader_name()),
            profile: "generic".into(),
            identity: IdentityName {
                name: "facility".into(),
                folder: Some(self.dir.join("terminal")),
            },
            account: machine_secret::Account {
                id: account.id.clone(),
                secret_file,
            },
            terminal_keys: Some(terminal_keys),
            listen: Listen {
                pages: SocketAddr::from(([127, 0, 0, 1], 0)),
            },
            host_name: self.plan.kiosk_host_name.into(),
            times: kiosk::config::Times::default(),
            data_dir,
        };
        settings::write_kiosk(&self.dir, &config)?;
        crate::kiosk::start(&config).await
    }

    /// The general card reader at its PC, among those of the demo.
    pub(crate) fn pc_reader(&self, readers: Option<&Readers>) -> Option<Reader> {
        readers?.find(&self.plan.pc_reader_name()?).cloned()
    }

    /// Its reader among those of the demo.
    pub(crate) fn reader<'a>(
        &self,
        readers: Option<&'a Readers>,
    ) -> Option<(&'a Readers, &'a Reader)> {
        let readers = readers?;
        let reader = readers.find(&self.plan.reader_name())?;
        Some((readers, reader))
    }

    /// A gateway over the facility's folders, with its link-app account.
    async fn link(&self, center: String, ca: PathBuf) -> anyhow::Result<crate::gateway::LinkApp> {
        let data_dir = self.dir.join("gateway");
        let account = self.account(AccountKind::LinkApp)?;
        let secret_file = data_dir.join("link_app.sealed");
        crate::sealing::seal(&data_dir, &secret_file, account.password.as_bytes())?;
        let mut folders = gateway::config::FolderPair::new(
            "receipt",
            self.dir.join("req"),
            self.dir.join("res"),
            data_dir.join("work"),
        );
        folders.face = Some(self.dir.join("face"));
        let config = gateway::config::Config {
            center,
            ca,
            identity: IdentityName {
                name: "facility".into(),
                folder: Some(self.dir.join("terminal")),
            },
            account: machine_secret::Account {
                id: account.id.clone(),
                secret_file,
            },
            folders: vec![folders],
            data_dir,
        };
        settings::write_gateway(&self.dir, &config)?;
        crate::gateway::open(&config).await
    }

    /// The account of a kind.
    pub(crate) fn account(&self, kind: AccountKind) -> anyhow::Result<&Account> {
        let found = self.accounts.iter().find(|account| account.kind == kind);
        found.with_context(|| format!("no {} account was made", kind.label_en()))
    }

    /// Asks about the first person of the samples and proves the receipt.
    pub(crate) async fn first_check(&self) -> anyhow::Result<Answer> {
        let account = self.account(AccountKind::General)?;
        let session = sign_in(&self.client, &account.id, &account.password).await?;
        let request = CheckRequest {
            birth_date: "1970-01-02".into(),
            branch: Some("01".into()),
            ceiling_consent: true,
            insurer_number: "06139992".into(),
            number: "4567".into(),
            origin: Some("shell".into()),
            symbol: Some("123".into()),
            visit_date: None,
        };
        let key = uuid::Uuid::now_v7().to_string();
        let asked = self.client.check(&session.token, &key, &request).await;
        let (answer, bytes) = asked.map_err(|error| explain(&error))?;
        let keys = self.client.keys().await.map_err(|error| explain(&error))?;
        api::receipt::verify(&serde_json::from_slice(&bytes)?, &keys)?;
        sign_out(&self.client, &session).await?;
        Ok(answer)
    }

    /// A folder or file of the facility.
    pub(crate) fn path(&self, name: &str) -> String {
        self.dir.join(name).display().to_string()
    }

    /// The member of `facilities` in demo.json (contracts §13). What has no part yet is there and empty.
    pub(crate) fn describe(&self, tray: &str) -> anyhow::Result<Value> {
        let launch = self.kiosk.as_ref().map(Kiosk::launch_address).transpose()?;
        let again = match &self.kiosk {
            Some(_) => format!("{tray}kiosk/{}", self.plan.kind.as_str()),
            None => String::new(),
        };
        let accounts = self
            .accounts
            .iter()
            .map(|it| json!({"kind": it.kind.as_str(), "id": it.id, "password": it.password}));
        Ok(json!({
            "code": self.plan.code, "kind": self.plan.kind.as_str(), "name": self.plan.name,
            "p12": self.path("facility.p12"), "p12_password": self.p12_password,
            "cert": self.path("facility.pem"), "key": self.path("facility.key"),
            "terminal": self.terminal, "kiosk": launch.unwrap_or_default(), "kiosk_launch": again,
            "terminal_user": {"id": TERMINAL_USER, "password": self.terminal_user},
            "home_address": self.home_address.as_deref().unwrap_or_default(),
            "claims": self.claims.as_ref().map(Entrance::describe),
            "accounts": accounts.collect::<Vec<_>>(),
            "folders": {"req": self.path("req"), "res": self.path("res"), "face": self.path("face")},
        }))
    }
}

/// Downloads the certificate as the facility would, and keeps it as PKCS#12 and as PEM.
async fn download(
    dir: &Path,
    demo: &Path,
    center: &Center,
    enrolled: &Enrolled,
) -> anyhow::Result<(Identity, String)> {
    let password = generate()?;
    let body = json!({
        "request_id": enrolled.request_id, "reference_id": enrolled.reference_id, "password": password,
    });
    let enroll = format!("https://{}", center.enroll);
    let file = crate::enroll::download(&enroll, &demo.join("center/root.pem"), &body).await?;
    pki::sealed::write_private(&dir.join("facility.p12"), &file)?;
    let identity = Identity::from_pkcs12(&file, &password)?;
    let (certificates, key) = identity.to_pem();
    pki::sealed::write_private(&dir.join("facility.pem"), certificates.as_bytes())?;
    pki::sealed::write_private(&dir.join("facility.key"), key.as_bytes())?;
    Ok((identity, password))
}

/// As what the medical viewer of a facility of this kind looks.
fn viewer(kind: FacilityKind) -> Profession {
    match kind {
        FacilityKind::Medical => Profession::Physician,
        FacilityKind::Dental => Profession::Dentist,
        FacilityKind::Pharmacy => Profession::Pharmacist,
        FacilityKind::HomeNursing => Profession::Designated,
    }
}

/// The accounts of set-up, then those an administrator registers; every person chose a password of their own.
async fn accounts(
    client: &Client,
    kind: FacilityKind,
    enrolled: &Enrolled,
) -> anyhow::Result<Vec<Account>> {
    let mut accounts = Vec::new();
    for first in &enrolled.accounts {
        let kind = AccountKind::parse(&first.kind).context("an account of an unknown kind")?;
        accounts.push(own_password(client, kind, &first.id, &first.password).await?);
    }
    let administrator = accounts
        .iter()
        .find(|account| account.kind == AccountKind::Administrator)
        .context("no administrator was made")?;
    let session = sign_in(client, &administrator.id, &administrator.password).await?;
    let profession = viewer(kind);
    let designated_by = (profession == Profession::Designated).then_some("管理者 見本一郎");
    for (kind, id, display_name) in REGISTERED {
        let first = generate()?;
        let views = kind == AccountKind::MedicalViewer;
        let body = NewAccount {
            ambulance: false,
            designated_by: designated_by.filter(|_| views).map(str::to_owned),
            designation: None,
            display_name: display_name.into(),
            id: id.into(),
            kind: kind.as_str().into(),
            password: first.clone(),
            profession: views.then(|| profession.as_str().to_owned()),
        };
        let token = Some(session.token.as_str());
        let made = client.send::<Value>(
            http::Method::POST,
            api::routes::ACCOUNTS,
            token,
            None,
            Some(&body),
        );
        made.await.map_err(|error| explain(&error))?;
        accounts.push(own_password(client, kind, id, &first).await?);
    }
    use_everything(client, kind, &session).await?;
    sign_out(client, &session).await?;
    Ok(accounts)
}

/// The facility uses all its kind uses, so that the demo's kiosks ask all there is to ask.
async fn use_everything(
    client: &Client,
    kind: FacilityKind,
    session: &Session,
) -> anyhow::Result<()> {
    let read = client.settings(&session.token, Cause::Person).await;
    let mut settings = read.map_err(|error| explain(&error))?;
    let version = settings.version.take();
    let asked = kind.differences().consent_questions;
    if asked.contains(&ConsentQuestion::Surgery) {
        settings.surgery = "on".into();
    }
    if asked.contains(&ConsentQuestion::TreatmentAndDrugs) {
        settings.treatment = "on".into();
    }
    for setting in [
        &mut settings.medical_subsidy,
        &mut settings.electronic_prescriptions,
        &mut settings.prescription_question,
    ] {
        *setting = "on".into();
    }
    let changed = client
        .change_settings(&session.token, version.as_deref(), &settings)
        .await;
    changed.map(|_| ()).map_err(|error| explain(&error))
}

/// The address patients and nurses open for home visits (G32), made by the administrator.
async fn home_address(client: &Client, accounts: &[Account]) -> anyhow::Result<String> {
    let mut all = accounts.iter();
    let administrator = all.find(|it| it.kind == AccountKind::Administrator);
    let administrator = administrator.context("no administrator was made")?;
    let session = sign_in(client, &administrator.id, &administrator.password).await?;
    let body = NewHomeAddress {
        care: Care::HomeVisit.as_str().into(),
    };
    let made = client
        .make_home_address(&session.token, "demo", &body)
        .await;
    let url = made.map_err(|error| explain(&error))?.url;
    sign_out(client, &session).await?;
    Ok(url)
}

/// Replaces a person's first password, as they would at the first sign-in; a machine keeps its own.
async fn own_password(
    client: &Client,
    kind: AccountKind,
    id: &str,
    first: &str,
) -> anyhow::Result<Account> {
    let mut account = Account {
        kind,
        id: id.into(),
        password: first.into(),
    };
    if kind.is_system() {
        return Ok(account);
    }
    let session = sign_in(client, id, first).await?;
    let body = PasswordChange {
        new_password: generate()?,
        old_password: first.into(),
    };
    let changed = client.change_password(&session.token, &body).await;
    changed.map_err(|error| explain(&error))?;
    sign_out(client, &session).await?;
    account.password = body.new_password.clone();
    Ok(account)
}

pub(super) async fn sign_in(client: &Client, id: &str, password: &str) -> anyhow::Result<Session> {
    let body = SignIn {
        account: id.into(),
        force: true,
        password: password.into(),
    };
    client.sign_in(&body).await.map_err(|error| explain(&error))
}

pub(super) async fn sign_out(client: &Client, session: &Session) -> anyhow::Result<()> {
    let ended = client.sign_out(&session.token).await;
    ended.map_err(|error| explain(&error))
}

pub(super) fn generate() -> anyhow::Result<String> {
    let mut random = [0; 40];
    aws_lc_rs::rand::fill(&mut random).context("the system's random generator failed")?;
    Ok(Password::generate(&random).expose().to_owned())
}
