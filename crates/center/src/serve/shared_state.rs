//! What the parts of a center share while it runs, opened from its folder and its store. Touches no socket.

use std::sync::Arc;

use arc_swap::ArcSwap;
use domain::card_challenge::CenterName;
use domain::civil_date::Instant;
use exchange::medical_document::People;
use pki::authority::Authority;
use pki::sealed::MachineKey;
use pki::server::{Examiner, HandshakeBounds, Revocations};
use store::engine::Engine;
use tokio::sync::Semaphore;
use ui::language::Texts;

use super::{Clock, StartError, bounds};
use crate::admission::connections::Connections;
use crate::admission::facilities::Facilities;
use crate::admission::gate::Gate;
use crate::admission::hashes::Hashes;
use crate::app::{App, Shared};
use crate::card_trust::CardTrust;
use crate::config::{Config, duration};
use crate::draining::{Draining, LastDrain};
use crate::keyed_hash::KeyedHash;
use crate::metrics::Metrics;
use crate::metrics::sources::Sources;
use crate::receipts::Sealer;
use crate::records::Records;
use crate::trace_export::TraceExport;
use crate::{download_page, home_care, operator, public_keys, shared_keys};

/// Exports at once: each holds up to 16 MiB.
const EXPORTS: usize = 4;

/// Opens it. Nothing of it is recorded, but which keys are used.
pub(super) async fn open(config: &Config, clock: Clock, now: Instant) -> Result<App, StartError> {
    let parts = Parts::open(config, clock, now).await?;
    Ok(Arc::new(parts.shared(config, now)?))
}

/// The parts of it, in the order they are opened.
struct Parts {
    traces: TraceExport,
    trust: Trust,
    entrance: Entrance,
    metrics: Metrics,
    records: Records,
}

impl Parts {
    async fn open(config: &Config, clock: Clock, now: Instant) -> Result<Self, StartError> {
        let traces = TraceExport::open(config.traces.as_ref(), &clock)?;
        let engine = open_store(config)?;
        let trust = Trust::open(&engine, config, now).await?;
        let entrance = Entrance::of(config);
        let sources = Sources {
            cards: Arc::clone(&trust.cards),
            authority_ends: trust.authority.ends(),
            draining: Arc::clone(&entrance.draining),
            last_drain: LastDrain::take(&config.data_dir),
            engine: engine.clone(),
            clock: clock.clone(),
            gates: entrance.gates(),
            connections: Arc::clone(&entrance.connections),
            handshakes: entrance.handshakes.clone(),
            traces: traces.counts(),
        };
        Ok(Self {
            metrics: Metrics::new(sources),
            records: open_records(config, engine, &trust.machine, clock, now).await?,
            traces,
            trust,
            entrance,
        })
    }

    fn shared(self, config: &Config, now: Instant) -> Result<Shared, StartError> {
        let Self {
            traces,
            trust,
            entrance,
            metrics,
            records,
        } = self;
        let Trust {
            machine,
            revocations,
            cards,
            authority,
        } = trust;
        let Entrance {
            gate,
            operator_gate,
            home_gate,
            enroll_gate,
            connections,
            handshakes,
            draining,
        } = entrance;
        let capacity = config.capacity;
        Ok(Shared {
            records,
            examiner: Examiner::new(authority.root(), revocations.clone())?
                .knowing(authority.issuers(now)),
            renewal_days: config.certificates.days().into(),
            authority,
            prefix_hash: KeyedHash::new(&machine.derive("password-prefix")),
            token_hash: KeyedHash::new(&machine.derive("session-token")),
            presence_hash: KeyedHash::new(&machine.derive("card-presence")),
            activation_hash: KeyedHash::new(&machine.derive("activation-code")),
            home: config.home.clone(),
            home_site: Default::default(),
            home_texts: Arc::new(Texts::new(&[home_care::pages::SCREEN])?),
            home_throttle: Default::default(),
            machine,
            data_dir: config.data_dir.clone(),
            updates: config.updates.dir.clone(),
            rotating: Default::default(),
            revocations,
            cards,
            hashes: Hashes::new(duration(capacity.wait_ms)),
            importing: Semaphore::new(1),
            limits: config.limits,
            capacity,
            gate,
            operator_gate,
            home_gate,
            enroll_gate,
            facilities: Facilities::default(),
            connections,
            handshakes,
            used: crate::listeners::Used::default(),
            draining,
            link: config.link.clone(),
            claims: crate::claims::Entry::new(config.claims.clone()),
            medical: config.medical,
            insurer_feeds: config.insurer_feeds,
            feeding: Default::default(),
            open_windows: crate::emergency::Seen::default(),
            followed: Default::default(),
            bulk: Default::default(),
            lockout: config.lockout.into(),
            checkpoint_dir: config.checkpoint_dir.clone(),
            signing: Default::default(),
            revoked_outside: Default::default(),
            metrics,
            traces,
            download_site: Default::default(),
            operator_site: Default::default(),
            operator_texts: operator::texts::read()?,
            operator_link_s: i64::from(config.operators.link_hours.get()) * 3600,
            verification: Default::default(),
            card_refusals: Default::default(),
            operator_answers: Default::default(),
            operator_throttle: Default::default(),
            texts: download_page::texts()?,
            throttle: Default::default(),
            recovery_throttle: Default::default(),
            unbound_throttle: Default::default(),
            last_list: Default::default(),
        })
    }
}

/// Opens the store as a process with an audit chain of its own.
fn open_store(config: &Config) -> Result<Engine, StartError> {
    let mut chain = [0; 16];
    aws_lc_rs::rand::fill(&mut chain).map_err(|_| StartError::Random)?;
    Ok(config
        .open_store(chain)?
        .looking_back(config.medical.look_back())
        .with_waiting_writes(config.capacity.waiting_writes.get().into()))
}

/// Its keys, and whose cards and certificates it believes.
struct Trust {
    machine: MachineKey,
    revocations: Revocations,
    cards: Arc<CardTrust>,
    authority: Authority,
}

impl Trust {
    async fn open(engine: &Engine, config: &Config, now: Instant) -> Result<Self, StartError> {
        let dir = &config.data_dir;
        let machine = shared_keys::open_machine(engine, dir).await?;
        let revocations = Revocations::default();
        engine
            .revoked_certificates()?
            .into_iter()
            .for_each(|it| revocations.add(it));
        let cards = Arc::new(CardTrust::open(&config.cards, now)?);
        let authority = shared_keys::open_authority(engine, &machine, dir, now).await?;
        Ok(Self {
            machine,
            revocations,
            cards,
            authority,
        })
    }
}

/// How many are let in at once, and when nobody is any more.
struct Entrance {
    gate: Arc<Gate>,
    operator_gate: Arc<Gate>,
    home_gate: Arc<Gate>,
    enroll_gate: Arc<Gate>,
    connections: Arc<Connections>,
    handshakes: HandshakeBounds,
    draining: Arc<Draining>,
}

impl Entrance {
    fn of(config: &Config) -> Self {
        let capacity = config.capacity;
        let gate = Arc::new(Gate::new(bounds(&capacity, capacity.in_progress)));
        let own_places = capacity.in_progress_of_operators;
        let operator_gate = Arc::new(Gate::new(bounds(&capacity, own_places)));
        let open_to_all = bounds(&capacity, capacity.in_progress_of_anybody());
        let [home_gate, enroll_gate] = [(); 2].map(|()| Arc::new(Gate::new(open_to_all)));
        let balancers = config.listen.balancers.clone();
        Self {
            gate,
            operator_gate,
            home_gate,
            enroll_gate,
            connections: Arc::new(Connections::new(capacity)),
            handshakes: HandshakeBounds::behind(move |from| {
                balancers.iter().any(|it| it.holds(from))
            }),
            draining: Arc::default(),
        }
    }

    /// In the order that figures name them.
    fn gates(&self) -> [Arc<Gate>; 4] {
        [
            &self.gate,
            &self.operator_gate,
            &self.home_gate,
            &self.enroll_gate,
        ]
        .map(Arc::clone)
    }
}

/// What the center keeps and signs.
async fn open_records(
    config: &Config,
    engine: Engine,
    machine: &MachineKey,
    clock: Clock,
    now: Instant,
) -> Result<Records, StartError> {
    let signing = public_keys::open(&engine, &config.data_dir, machine, now).await?;
    let receipt_keys = Arc::new(ArcSwap::from_pointee(signing));
    let name = CenterName::parse(&config.name)?;
    Ok(Records {
        engine,
        sealer: Arc::new(Sealer {
            keys: Arc::clone(&receipt_keys),
            name: name.clone(),
            clock: clock.clone(),
        }),
        receipt_keys,
        name,
        clock,
        check_ids: Arc::default(),
        emergency: Arc::new(config.emergency.clone()),
        request_hash: Arc::new(KeyedHash::new(&machine.derive("repeated-request"))),
        exporting: Arc::new(Semaphore::new(EXPORTS)),
        events: Arc::default(),
        people: People::Real,
    })
}
