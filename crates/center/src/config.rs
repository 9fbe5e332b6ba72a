//! The center's settings: one TOML file (contracts §12). Unknown keys are errors.

pub mod capacity;
pub mod claims;
pub mod database;
pub mod emergency;
pub mod home;
pub mod host_name;
pub mod insurer_feeds;
pub mod link;
pub mod medical;
pub mod network;
mod object_identifier;
pub mod retention;
pub mod traces;

use std::net::SocketAddr;
use std::num::{NonZeroU16, NonZeroU32};
use std::path::PathBuf;

use domain::card_certificate::GRACE_MONTHS;
use domain::certificate_care::RENEWABLE_DAYS;
use domain::lockout::Policy;
use domain::operator::LINK_HOURS;
use serde::Deserialize;

use crate::config::object_identifier::is_object_identifier;

/// `center.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Folder of everything the center keeps.
    pub data_dir: PathBuf,
    /// The database server that holds the store; without it files in `data_dir` do.
    #[serde(default)]
    pub database: Option<database::Database>,
    /// Name of the center in receipts and card challenges.
    #[serde(default = "default_name")]
    pub name: String,
    /// Names by which others reach the center, in the server certificate beside `localhost`; the first stands in addresses for people.
    /// [`Config::hosts`] says which count.
    #[serde(default)]
    pub host_names: Vec<String>,
    /// Also speak TLS 1.2, for old receipt computers.
    #[serde(default)]
    pub tls12: bool,
    /// Reads the registry's file through once after the start, as far as memory goes, so that it lies there before patients ask.
    #[serde(default = "yes")]
    pub read_through: bool,
    /// Folder on another machine or disk where every checkpoint of the audit chain is appended to `checkpoints.jsonl`.
    #[serde(default)]
    pub checkpoint_dir: Option<PathBuf>,
    /// Where to listen; port 0 takes a free one.
    #[serde(default)]
    pub listen: Listen,
    /// When and how long an account is locked after wrong passwords.
    #[serde(default)]
    pub lockout: Lockout,
    /// How long a slow client is waited for.
    #[serde(default)]
    pub limits: Limits,
    /// How much is worked on at once.
    #[serde(default)]
    pub capacity: capacity::Capacity,
    /// Which cards are believed.
    #[serde(default)]
    pub cards: Cards,
    /// Client certificates.
    #[serde(default)]
    pub certificates: Certificates,
    /// What terminals are updated from.
    #[serde(default)]
    pub updates: Updates,
    /// Messages of receipt computers and records.
    #[serde(default)]
    pub link: link::Link,
    /// People who may open the center's own pages.
    #[serde(default)]
    pub operators: Operators,
    /// Medical information: how far back it is shown, and its feeds.
    #[serde(default)]
    pub medical: medical::Medical,
    /// Insurers' feeds: when they are stopped or held, and what they may leave out.
    #[serde(default)]
    pub insurer_feeds: insurer_feeds::InsurerFeeds,
    /// Care without a card.
    #[serde(default)]
    pub emergency: emergency::Emergency,
    /// Care at home and from afar.
    #[serde(default)]
    pub home: home::Home,
    /// How long checks are kept.
    #[serde(default)]
    pub retention: retention::Retention,
    /// The claims entry.
    #[serde(default)]
    pub claims: claims::Claims,
    /// Traces for a collector of OpenTelemetry; off unless they stand here.
    #[serde(default)]
    pub traces: Option<traces::Traces>,
}

/// Operators (contracts §12).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Operators {
    /// Hours a one-time link opens.
    pub link_hours: NonZeroU16,
}

impl Default for Operators {
    fn default() -> Self {
        Self {
            link_hours: NonZeroU16::new(LINK_HOURS).unwrap_or(NonZeroU16::MIN),
        }
    }
}

/// Client certificates (G10).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Certificates {
    /// Days before its end from which a certificate may be renewed; [`Certificates::days`] says how many count.
    pub renewal_days: u16,
}

/// Days in which a facility that is closed for a time can renew all the same \[ours\]. It is told to renew from 90 days before the end on.
pub const LEAST_RENEWAL_DAYS: u16 = 30;

impl Certificates {
    /// Days before its end from which a certificate may be renewed: what is set, [`LEAST_RENEWAL_DAYS`] at least. Fewer are not refused, since earlier
    /// versions took them.
    #[must_use]
    pub fn days(&self) -> u16 {
        self.renewal_days.max(LEAST_RENEWAL_DAYS)
    }

    /// True where fewer days are set than count.
    #[must_use]
    pub fn has_too_few_days(&self) -> bool {
        self.renewal_days < LEAST_RENEWAL_DAYS
    }
}

impl Default for Certificates {
    fn default() -> Self {
        Self {
            renewal_days: u16::try_from(RENEWABLE_DAYS).unwrap_or(u16::MAX),
        }
    }
}

/// Where releases lie, as their publisher signed them (`onshi publish sign`). The key is never here.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Updates {
    /// Folder of releases; without it no terminal is offered any.
    pub dir: Option<PathBuf>,
}

/// The trust in cards' certificates. Without roots every card is refused.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Cards {
    /// Files with the authorities' certificates, PEM or DER. Read at start.
    pub roots: Vec<PathBuf>,
    /// Files with their revocation lists, PEM or DER. Read anew when a file changes.
    pub revocation_lists: Vec<PathBuf>,
    /// The policies that say what holds a certificate.
    pub policies: CardPolicies,
    /// Months after its end in which a card's certificate still opens eligibility alone.
    pub grace_months: u8,
    /// What becomes of a card whose authority's list is missing or past its next update.
    pub stale_lists: StaleLists,
}

impl Default for Cards {
    fn default() -> Self {
        Self {
            roots: Vec::new(),
            revocation_lists: Vec::new(),
            policies: CardPolicies::default(),
            grace_months: GRACE_MONTHS,
            stale_lists: StaleLists::Refuse,
        }
    }
}

/// Object identifiers of policies. The defaults are those of the made-up authority of `onshi synth`; no real card has them.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CardPolicies {
    /// Of plastic cards.
    pub card: String,
    /// Of phones.
    pub phone: String,
}

impl CardPolicies {
    /// What of them is no object identifier, with its key: no certificate has it, so that everything of that kind is refused. It is not an error of the
    /// settings, since the center does the rest of its work without.
    #[must_use]
    pub fn that_are_none(&self) -> Vec<(&'static str, &str)> {
        let all = [("card", self.card.as_str()), ("phone", self.phone.as_str())];
        all.into_iter()
            .filter(|(_, policy)| !is_object_identifier(policy))
            .collect()
    }
}

impl Default for CardPolicies {
    /// Below the number RFC 5612 keeps for examples.
    fn default() -> Self {
        Self {
            card: "1.3.6.1.4.1.32473.20.30".into(),
            phone: "1.3.6.1.4.1.32473.20.31".into(),
        }
    }
}

/// What becomes of a card that cannot be told to be revoked or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StaleLists {
    /// It is refused.
    Refuse,
    /// It is taken, unless a list names it.
    Accept,
}

/// Limits of time against clients that hold connections open and say nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// A TLS handshake takes this long at most.
    pub handshake_ms: NonZeroU32,
    /// A request's head comes within this time; an idle connection is closed after it.
    pub head_ms: NonZeroU32,
    /// A request's body comes within this time.
    pub body_ms: NonZeroU32,
    /// A client that takes nothing of an answer for so long is let go.
    pub write_ms: NonZeroU32,
}

impl Default for Limits {
    fn default() -> Self {
        let ms = |number| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
        Self {
            handshake_ms: ms(10_000),
            head_ms: ms(75_000),
            body_ms: ms(30_000),
            write_ms: ms(30_000),
        }
    }
}

/// A limit as the clock's unit.
pub(crate) fn duration(limit_ms: NonZeroU32) -> std::time::Duration {
    std::time::Duration::from_millis(u64::from(limit_ms.get()))
}

/// The lock-out (G02); the numbers are ours, since the guideline leaves them open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Lockout {
    /// Wrong passwords in a row that lock.
    pub failures: NonZeroU32,
    /// Minutes of the first lock.
    pub first_lock_min: NonZeroU32,
    /// How many times as long each further lock lasts; 1 keeps them equal.
    pub growth: NonZeroU32,
    /// The longest lock, in minutes.
    pub longest_lock_min: NonZeroU32,
}

impl Default for Lockout {
    fn default() -> Self {
        let policy = Policy::default();
        let whole = |number: i64| u32::try_from(number).ok().and_then(NonZeroU32::new);
        Self {
            failures: NonZeroU32::new(policy.failures).unwrap_or(NonZeroU32::MIN),
            first_lock_min: whole(policy.first_lock_s / 60).unwrap_or(NonZeroU32::MIN),
            growth: NonZeroU32::new(policy.growth).unwrap_or(NonZeroU32::MIN),
            longest_lock_min: whole(policy.longest_lock_s / 60).unwrap_or(NonZeroU32::MIN),
        }
    }
}

impl From<Lockout> for Policy {
    fn from(it: Lockout) -> Self {
        Self {
            failures: it.failures.get(),
            first_lock_s: i64::from(it.first_lock_min.get()) * 60,
            growth: it.growth.get(),
            longest_lock_s: i64::from(it.longest_lock_min.get()) * 60,
        }
    }
}

/// The listeners of contracts §1.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Listen {
    /// Terminals, gateways, Web API.
    pub api: SocketAddr,
    /// Downloads of certificates.
    pub enroll: SocketAddr,
    /// Operators' pages: this machine's own browser, unless another address stands here.
    pub operator: SocketAddr,
    /// Home care: pages and devices; off unless an address stands here, usually port 8446.
    pub home: Option<SocketAddr>,
    /// Health and metrics.
    pub metrics: SocketAddr,
    /// Balancers in front of these listeners that pass TLS through: from their addresses come many clients, so that no bound of one address counts.
    pub balancers: Vec<network::Network>,
}

impl Default for Listen {
    fn default() -> Self {
        let any = |port| SocketAddr::from(([0, 0, 0, 0], port));
        let own = |port| SocketAddr::from(([127, 0, 0, 1], port));
        Self {
            api: any(8443),
            enroll: any(8444),
            operator: own(8445),
            home: None,
            metrics: own(9464),
            balancers: Vec::new(),
        }
    }
}

fn default_name() -> String {
    "onshi-example".into()
}

fn yes() -> bool {
    true
}

impl Config {
    /// Reads the text of a settings file.
    ///
    /// # Errors
    /// The TOML reader's, with line and column.
    pub fn parse(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }

    /// Whether other machines are to reach a listener of a center that has no name but `localhost`: its certificate fits no address of theirs, and
    /// notices lead nowhere.
    #[must_use]
    pub fn is_nameless(&self) -> bool {
        let listen = &self.listen;
        let home = listen.home.filter(|_| self.home.address.is_none());
        let mut all = [listen.api, listen.enroll, listen.operator]
            .into_iter()
            .chain(home);
        self.hosts().is_empty() && all.any(|it| !it.ip().is_loopback())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_key_is_named_with_its_line() {
        let error = Config::parse("data_dir = \"x\"\ndata_dri = \"y\"\n")
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("line 2") && error.contains("data_dri"),
            "{error}"
        );
    }

    #[test]
    fn what_is_left_out_has_the_documented_default() {
        let config = Config::parse("data_dir = \"x\"").unwrap();
        assert_eq!(config.listen.api.port(), 8443);
        assert!(config.listen.metrics.ip().is_loopback());
        assert!(config.listen.operator.ip().is_loopback());
        assert!(config.read_through && !config.tls12);
        assert_eq!(config.operators.link_hours.get(), LINK_HOURS);
    }

    #[test]
    fn fewer_days_of_renewal_than_a_closed_facility_needs_are_taken_as_the_fewest() {
        for (set, count, too_few) in [
            (0, 30, true),
            (29, 30, true),
            (30, 30, false),
            (90, 90, false),
        ] {
            let text = format!("data_dir = \"x\"\n[certificates]\nrenewal_days = {set}\n");
            let certificates = Config::parse(&text).unwrap().certificates;
            assert_eq!(
                (certificates.days(), certificates.has_too_few_days()),
                (count, too_few)
            );
        }
    }

    #[test]
    fn a_policy_that_no_certificate_has_is_told_with_its_key() {
        let of = |further: &str| {
            let text = format!("data_dir = \"x\"\n{further}");
            Config::parse(&text).unwrap().cards.policies
        };
        assert!(of("").that_are_none().is_empty());
        let policies = of("[cards]\npolicies = { phone = \"\" }\n");
        assert_eq!(policies.that_are_none(), [("phone", "")]);
        let policies = of("[cards.policies]\ncard = \"x\"\nphone = \"1.03\"\n");
        assert_eq!(policies.that_are_none(), [("card", "x"), ("phone", "1.03")]);
    }

    #[test]
    fn a_balancer_is_an_address_or_a_network() {
        let read = |it: &str| {
            Config::parse(&format!(
                "data_dir = \"x\"\n[listen]\nbalancers = [\"{it}\"]\n"
            ))
        };
        let listen = read("10.0.0.0/24").unwrap().listen;
        assert!(listen.balancers[0].holds([10, 0, 0, 9].into()));
        let error = read("balancer.example").unwrap_err().to_string();
        assert!(error.contains("line 3"), "{error}");
    }

    #[test]
    fn the_lock_out_is_a_setting_and_its_default_is_the_rules_own() {
        let config = Config::parse("data_dir = \"x\"").unwrap();
        assert_eq!(Policy::from(config.lockout), Policy::default());
        let text = "data_dir = \"x\"\n[lockout]\nfailures = 3\nfirst_lock_min = 1\ngrowth = 1\n";
        let policy = Policy::from(Config::parse(text).unwrap().lockout);
        assert_eq!(
            (policy.failures, policy.first_lock_s, policy.growth),
            (3, 60, 1)
        );
        let zero = Config::parse("data_dir = \"x\"\n[lockout]\nfailures = 0\n").unwrap_err();
        assert!(zero.to_string().contains("line 3"), "{zero}");
    }
}
