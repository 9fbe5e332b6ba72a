//! Serves the staff pages on loopback; refuses foreign hosts and foreign pages. Sockets of their own have the set-up of a bare PC
//! (`setup_wizard.rs`), before there are staff pages, and the doctor (`doctor`), which tries lines.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use api::client::Client;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use domain::card_challenge::CenterName;
use domain::civil_date::Instant;
use domain::medical_information::interactions::Pairs;
use kiosk::machine::Machine;
use kiosk::profile::Lock as LockName;
use pki::identity::Holder;
use tokio::net::TcpListener;
use ui::language::Texts;
use ui::loopback;

use crate::backups::{self, Backups};
use crate::browsers::Browsers;
use crate::certificates::announcement::PutAway;
use crate::certificates::{self, Certificates};
use crate::emergency::{self, Emergencies};
use crate::general_reader::GeneralReader;
use crate::lock::{self, Lock};
use crate::notices::{self, Notices};
use crate::pages;
use crate::procedures::ProcedureNotes;
use crate::receipt_links::ReceiptLinks;
use crate::reference_material::{self, ReferenceMaterial};
use crate::support::data_file::DataFile;
use crate::texts::SCREENS;
use crate::training::{Ground, Training};
use crate::update::{self, SelfUpdate};
use crate::upkeep::{self, Upkeep};

/// The largest form taken, in bytes. Only a file of accounts may be larger.
const FORM_BYTES: usize = 64 << 10;

/// The largest form with a file of accounts, in bytes: the center takes files of 256 KiB.
const FILE_BYTES: usize = 320 << 10;

/// The largest form with a file of a bulk order, in bytes: the center takes files of 16 MiB, unless its operator chose otherwise.
const BULK_BYTES: usize = (16 << 20) + (64 << 10);

/// Tells the time.
pub type Clock = Arc<dyn Fn() -> Instant + Send + Sync>;

/// What a terminal works with.
pub struct Setup {
    /// The certificates to choose from, the preferred one first; none on a bare PC.
    pub certificates: Vec<Certificate>,
    /// Where certificates come from and lie.
    pub certificate_setup: certificates::Setup,
    /// Backups of the certificate.
    pub backups: backups::Setup,
    /// Host name of the pages; `terminal.localhost` by default.
    pub host_name: String,
    /// Where to listen: loopback.
    pub listen: SocketAddr,
    /// The clock.
    pub clock: Clock,
    /// The general card reader of this PC.
    pub reader: PcReader,
    /// The center's name: nothing is signed for another.
    pub center_name: CenterName,
    /// The screen lock.
    pub screen_lock: lock::Setup,
    /// Self-update, where a publisher is pinned or not: it says how it stands.
    pub updates: SelfUpdate,
    /// The doctor and what goes with it.
    pub upkeep: upkeep::Setup,
    /// Where the center is.
    pub center: CenterPlace,
    /// The list of pairs of drugs that patients' pages look for; without one they say that none is looked for.
    pub interactions: Option<InteractionList>,
}

/// A list of pairs of drugs, and where it is from.
#[derive(Debug, Clone)]
pub struct InteractionList {
    /// The file's name.
    pub name: String,
    /// The pairs.
    pub pairs: Pairs,
}

/// Where a terminal's center is, and how it is known.
#[derive(Debug, Clone)]
pub struct CenterPlace {
    /// Its address.
    pub address: String,
    /// SHA-256 of its root certificate, as issue notices print it.
    pub root_fingerprint: String,
}

/// The general card reader of a PC, as the settings have it.
#[derive(Debug)]
pub enum PcReader {
    /// None is set up.
    None,
    /// One is, but this build reads no cards; the text says so in both languages.
    NotBuilt(String),
    /// One with its keys.
    Machine(Machine),
}

/// The same when it is open.
pub(crate) enum CardReader {
    None,
    NotBuilt(String),
    Open(GeneralReader),
}

/// A sealed certificate with a client that shows it to the center.
pub struct Certificate {
    /// The name it is sealed under.
    pub name: String,
    /// What it says of its holder.
    pub holder: Holder,
    /// The client.
    pub client: Client,
}

impl std::fmt::Debug for Setup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Setup({}, …)", self.listen)
    }
}

impl std::fmt::Debug for Certificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Certificate({}, …)", self.name)
    }
}

pub(crate) struct Shared {
    pub(crate) certificates: Arc<Certificates>,
    pub(crate) backups: Backups,
    pub(crate) put_away: PutAway,
    pub(crate) texts: Arc<Texts>,
    pub(crate) browsers: Browsers,
    pub(crate) card_reader: CardReader,
    pub(crate) center_name: CenterName,
    pub(crate) lock: Lock,
    /// Whether an update waits, is asked before a shut-down; how updates stand, on the support page.
    pub(crate) updates: SelfUpdate,
    pub(crate) upkeep: Upkeep,
    pub(crate) receipt_links: ReceiptLinks,
    pub(crate) notices: Notices,
    pub(crate) emergencies: Emergencies,
    pub(crate) reference_material: DataFile<ReferenceMaterial>,
    pub(crate) procedures: ProcedureNotes,
    pub(crate) interactions: Option<InteractionList>,
    /// The terminal's own folder.
    pub(crate) data_dir: PathBuf,
    pub(crate) center: CenterPlace,
    clock: Clock,
    own: String,
}

impl Shared {
    pub(crate) fn now(&self) -> Instant {
        (self.clock)()
    }

    /// Name by which the facility knows its screen lock (G17): as set, else by the maker of its reader.
    pub(crate) fn lock_name(&self) -> LockName {
        let by_maker = || {
            let inventory = self.upkeep.inventory();
            let profile = self.upkeep.reader_profile(&inventory.contents);
            profile.map_or(LockName::ScreenSaver, |it| it.lock)
        };
        self.lock.name().unwrap_or_else(by_maker)
    }

    /// Host and port of the pages.
    pub(crate) fn own(&self) -> &str {
        &self.own
    }
}

pub(crate) type App = Arc<Shared>;

/// Starts the pages; returns their address for a person to open. They end with the runtime.
///
/// # Errors
/// The socket's; `InvalidInput` for an address that is not loopback.
pub async fn start(setup: Setup) -> std::io::Result<String> {
    if !setup.listen.ip().is_loopback() {
        return Err(std::io::Error::new(
            std::io::ErrorKind::InvalidInput,
            "listen: staff pages are served on loopback only",
        ));
    }
    let socket = TcpListener::bind(setup.listen).await?;
    let own = format!("{}:{}", setup.host_name, socket.local_addr()?.port());
    let app = app(setup, own.clone())?;
    tokio::spawn(notices::keep(app.clone()));
    tokio::spawn(emergency::keep(app.clone()));
    tokio::spawn(crate::copies::wipe(app.clone()));
    if app.updates.is_set_up() {
        tokio::spawn(update::keep(app.clone()));
    }
    let checked = app.clone();
    tokio::spawn(async move { checked.upkeep.check_at_start(checked.now()).await });
    tokio::spawn(certificates::follow(app.certificates.clone()));
    let router = router(app);
    tokio::spawn(loopback::serve(socket, router));
    Ok(format!("http://{own}/"))
}

/// Whether the texts of all pages can be read: a look that a new version takes at itself.
#[must_use]
pub fn texts_are_good() -> bool {
    Texts::new(&SCREENS).is_ok()
}

/// What all pages share; `own` is host and port of the pages.
pub(crate) fn app(setup: Setup, own: String) -> std::io::Result<App> {
    let texts = Texts::new(&SCREENS).map_err(std::io::Error::other)?;
    let data_dir = setup.screen_lock.data_dir.clone();
    let lock = Lock::start(setup.screen_lock, (setup.clock)());
    Ok(Arc::new(Shared {
        certificates: Arc::new(Certificates::new(
            setup.certificate_setup,
            setup.certificates,
        )),
        backups: Backups::open(setup.backups),
        put_away: PutAway::open(&data_dir),
        texts: Arc::new(texts),
        browsers: Browsers::default(),
        card_reader: match setup.reader {
            PcReader::None => CardReader::None,
            PcReader::NotBuilt(why) => CardReader::NotBuilt(why),
            PcReader::Machine(machine) => CardReader::Open(GeneralReader::open(machine)?),
        },
        center_name: setup.center_name,
        lock,
        updates: setup.updates,
        upkeep: Upkeep::new(setup.upkeep),
        receipt_links: ReceiptLinks::default(),
        notices: Notices::open(&data_dir),
        emergencies: Emergencies::default(),
        reference_material: reference_material::file(&data_dir),
        procedures: ProcedureNotes::open(&data_dir),
        data_dir,
        interactions: setup.interactions,
        center: setup.center,
        clock: setup.clock,
        own,
    }))
}

/// Foreign requests are refused first: they are no activity either.
pub(crate) fn router(app: App) -> Router {
    use axum::middleware::from_fn_with_state;
    routes()
        .with_state(app.clone())
        .merge(training_routes().with_state(Training(app.clone())))
        .layer(from_fn_with_state(app.clone(), lock::gate))
        .layer(from_fn_with_state(app, guard))
}

/// The same pages for practice, each under an address of its own: what they are given reaches made-up patients alone.
fn training_routes() -> Router<Training> {
    use pages::emergency::{ambulance, disaster, outage, reports};
    use pages::medical::{self, patient, still_open};
    use pages::training;
    let at = |path: &str| Ground::Training.at(path);
    let searching = get(disaster::form).post(disaster::search);
    let by_data = get(ambulance::form).post(ambulance::search);
    let chart = get(patient::open).post(patient::change);
    Router::new()
        .route(training::HERE, get(training::page))
        .route(training::AFRESH, post(training::start_afresh))
        .route(&at(disaster::HERE), searching)
        .route(&at("/emergency/disaster/open"), post(disaster::open))
        .route(&at(disaster::CHECK), post(disaster::check))
        .route(&at(outage::HERE), get(outage::form).post(outage::ask))
        .route(
            &at(ambulance::HERE),
            get(training::ambulance::page).post(training::ambulance::choose),
        )
        .route(&at(ambulance::DATA), by_data)
        .route(&at("/emergency/ambulance/open"), post(ambulance::open))
        .route(&at(reports::HERE), get(reports::list).post(reports::file))
        .route(&at("/emergency/reports/{window}"), get(reports::page))
        .route(&at(medical::HERE), get(medical::list).post(medical::search))
        .route(&at("/medical/{id}"), chart)
        .route(&at("/medical/{id}/open"), get(still_open::standing))
        .route(&at("/medical/{id}/print"), post(patient::print))
        .route(&at("/medical/{id}/file"), post(medical::documents::take))
        .method_not_allowed_fallback(pages::no_such_method)
        .layer(DefaultBodyLimit::max(FORM_BYTES))
}

/// Who gets in: rotation, recovery, second factors, sign-ins.
fn access_routes() -> Router<App> {
    use pages::{own_access, recovery, rotations, second_factor};
    Router::new()
        .route("/rotations", get(rotations::list).post(rotations::ask))
        .route("/rotations/live", get(rotations::live))
        .route("/rotations/withdraw", post(rotations::withdraw))
        .route(
            "/rotations/terminal-user",
            post(rotations::terminal_user::make),
        )
        .route(
            "/rotations/terminal-user/confirm",
            post(rotations::terminal_user::confirm),
        )
        .route(own_access::HERE, get(own_access::page))
        .route(own_access::SIGN_INS, get(own_access::sign_ins))
        .route("/own-access/codes", post(own_access::print))
        .route("/own-access/factor", post(own_access::factor::begin))
        .route(
            "/own-access/factor/confirm",
            post(own_access::factor::confirm),
        )
        .route(
            "/own-access/factor/remove",
            post(own_access::factor::remove),
        )
        .route(
            second_factor::HERE,
            get(second_factor::form).post(second_factor::prove),
        )
        .route(recovery::HERE, get(recovery::form).post(recovery::recover))
        .route(
            "/accounts/{id}/second-factors",
            post(pages::accounts::account::reset_factors),
        )
}

/// The three modes.
fn emergency_routes() -> Router<App> {
    use pages::emergency::{self, ambulance, disaster, outage, reports};
    Router::new()
        .route(emergency::HERE, get(emergency::page))
        .route("/emergency/banner", get(emergency::live))
        .route(disaster::HERE, get(disaster::form).post(disaster::search))
        .route("/emergency/disaster/open", post(disaster::open))
        .route(disaster::CHECK, post(disaster::check))
        .route(outage::HERE, get(outage::form).post(outage::ask))
        .route(
            ambulance::HERE,
            get(ambulance::page).post(ambulance::choose),
        )
        .route("/emergency/ambulance/factor", post(ambulance::prove))
        .route(
            ambulance::DATA,
            get(ambulance::form).post(ambulance::search),
        )
        .route("/emergency/ambulance/open", post(ambulance::open))
        .route(reports::HERE, get(reports::list).post(reports::file))
        .route("/emergency/reports/{window}", get(reports::page))
}

/// Medical information of patients who agreed, who looked at it, and the end of a consent.
fn medical_routes() -> Router<App> {
    use pages::medical::{self, patient, still_open};
    use pages::{looks, withdrawal};
    Router::new()
        .route(medical::HERE, get(medical::list).post(medical::search))
        .route("/medical/live", get(medical::live))
        .route("/medical/{id}", get(patient::open).post(patient::change))
        .route("/medical/{id}/open", get(still_open::standing))
        .route("/medical/{id}/print", post(patient::print))
        .route("/medical/{id}/file", post(medical::documents::take))
        .route(looks::HERE, get(looks::latest).post(looks::search))
        .route(looks::EXPORT, post(looks::export))
        .route(withdrawal::ASK, post(withdrawal::ask))
        .route(withdrawal::CONFIRM, post(withdrawal::confirm))
}

fn routes() -> Router<App> {
    use pages::{
        about, accounts, bulk, card, check, history, import, language, lock, menu, password,
        readers, reference_numbers, screen_lock, settings, sign_in,
    };
    Router::new()
        .route("/", get(menu::home))
        .route("/start", post(sign_in::choose_certificate))
        .route("/sign-in", get(sign_in::form).post(sign_in::sign_in))
        .route("/sign-out", post(sign_in::sign_out))
        .route("/language", post(language::switch))
        .route("/about", get(about::about))
        .merge(upkeep_routes())
        .merge(access_routes())
        .merge(medical_routes())
        .merge(emergency_routes())
        .merge(pages::home_care::routes())
        .route("/check", get(check::form).post(check::check))
        .route("/checks/{id}", get(pages::result::result))
        .route("/card", get(card::page))
        .route("/card/take", post(card::take))
        .route("/card/press", post(card::press))
        .route("/card/pin", post(card::pin))
        .route("/card/confirm", post(card::confirm))
        .route("/card/news", get(crate::live::card))
        .route("/card-checks/{id}", get(pages::result::card::result))
        .route("/readers", get(readers::readers))
        .route("/readers/live", get(readers::live))
        .route("/readers/reminder", get(readers::reminder))
        .route("/readers/mode", post(readers::set_mode))
        .route("/readers/release", post(readers::release))
        .route("/live", get(crate::live::live))
        .route(settings::HERE, get(settings::form).post(settings::change))
        .route("/settings/live", get(settings::live))
        .route(settings::history::HERE, get(settings::history::page))
        .route(pages::notices::HERE, get(pages::notices::list))
        .route("/notices/refresh", post(pages::notices::refresh))
        .route("/notices/{id}", get(pages::notices::one))
        .route(pages::manuals::HERE, get(pages::manuals::list))
        .route("/manuals/{name}", get(pages::manuals::one))
        .route(
            pages::reference_material::HERE,
            get(pages::reference_material::page),
        )
        .route(pages::procedures::HERE, get(pages::procedures::list))
        .route(
            "/procedures/{name}",
            get(pages::procedures::one).post(pages::procedures::note),
        )
        .route(pages::setup::HERE, get(pages::setup::page))
        .route("/setup/end", post(pages::setup::end))
        .route(
            pages::credential_sheet::HERE,
            get(pages::credential_sheet::form).post(pages::credential_sheet::make),
        )
        .route(
            "/credential-sheet/confirm",
            post(pages::credential_sheet::confirm),
        )
        .route(pages::setup_sheet::HERE, get(pages::setup_sheet::sheet))
        .route("/setup-sheet/file", get(pages::setup_sheet::file))
        .route(
            "/setup-sheet/entries",
            get(pages::setup_sheet::form).post(pages::setup_sheet::change),
        )
        .merge(pages::certificates::routes())
        .merge(pages::claims::routes())
        .route("/lock", post(lock::close))
        .route("/lock/state", get(lock::state))
        .route("/lock/active", post(lock::active))
        .route("/lock/wait", get(lock::wait))
        .route("/unlock", post(lock::unlock))
        .route(
            screen_lock::HERE,
            get(screen_lock::form).post(screen_lock::weaken),
        )
        .route("/screen-lock/undo", post(screen_lock::undo))
        .route("/history", get(history::latest).post(history::search))
        .route("/history/export", post(history::export))
        .route("/history/live", post(history::live))
        .route(
            bulk::HERE,
            get(bulk::form)
                .post(bulk::put_in)
                .layer(DefaultBodyLimit::max(BULK_BYTES)),
        )
        .route("/bulk/{id}/result", post(bulk::fetch))
        .route(
            reference_numbers::HERE,
            get(reference_numbers::form).post(reference_numbers::register),
        )
        .route(
            "/reference-numbers/search",
            get(reference_numbers::form).post(reference_numbers::search),
        )
        .route(
            "/reference-numbers/removal",
            post(reference_numbers::remove),
        )
        .route(
            "/accounts",
            get(accounts::list).post(accounts::registration::register),
        )
        .route("/new-account", get(accounts::registration::new))
        .route(
            "/accounts/{id}",
            get(accounts::account::show_one).post(accounts::account::edit),
        )
        .route("/accounts/{id}/state", post(accounts::account::set_state))
        .route(
            "/accounts/{id}/ambulance",
            post(accounts::account::set_ambulance),
        )
        .route(
            "/accounts/{id}/password",
            post(accounts::account::set_password),
        )
        .route(
            "/import-accounts",
            get(import::form)
                .post(import::import)
                .layer(DefaultBodyLimit::max(FILE_BYTES)),
        )
        .route("/password", get(password::form).post(password::propose))
        .route(
            "/password/confirm",
            get(password::confirmation).post(password::confirm),
        )
        .route("/password/rule", post(password::rule))
        .route("/assets/{file}", get(asset))
        .fallback(pages::no_such_page)
        .method_not_allowed_fallback(pages::no_such_method)
        .layer(DefaultBodyLimit::max(FORM_BYTES))
}

/// Pages that are there without a sign-in, too.
fn upkeep_routes() -> Router<App> {
    use pages::{inventory, link_state, start_stop, support};
    Router::new()
        .route(support::HERE, get(support::page))
        .route("/support/examine", post(support::examine))
        .route("/support/report", get(support::save))
        .route("/support/stop", post(support::stop))
        .route(link_state::HERE, get(link_state::page))
        .route(start_stop::HERE, get(start_stop::page))
        .route("/start-stop/check", post(start_stop::check))
        .route("/start-stop/stop", post(start_stop::stop))
        .route(inventory::HERE, get(inventory::page))
        .route(
            inventory::DEVICE,
            get(inventory::edit::device).post(inventory::edit::keep_device),
        )
        .route("/inventory/remove", post(inventory::edit::remove_device))
        .route("/inventory/contract", post(inventory::edit::keep_contract))
        .route("/inventory/free-set-up", post(inventory::edit::note_used))
        .route(
            "/inventory/free-set-up/remove",
            post(inventory::edit::remove_used),
        )
}

pub(crate) async fn asset(request: Request) -> Response {
    let Some(asset) = ui::assets::find(request.uri().path()) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let headers = [
        (header::CONTENT_TYPE, asset.media_type),
        (header::CACHE_CONTROL, ui::assets::CACHE_CONTROL),
    ];
    (headers, asset.bytes).into_response()
}

async fn guard(State(app): State<App>, request: Request, next: Next) -> Response {
    loopback::guarded(app.own.clone(), request, next).await
}
