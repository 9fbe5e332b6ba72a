//! Follows the certificate installed on a PC: when another lies in its place, a running part shows that one from then on, without a
//! restart. Refuses one of another facility, and one that cannot be opened until it can.

use std::time::Duration;

use domain::certificate_care::Ending;
use domain::civil_date::Instant;
use pki::clock::Clock;
use pki::identity::{Holder, Identity};
use pki::installed::{Installed, Mark};

use super::Client;

/// The file is looked at this often: looking is the truth, no notification is relied on.
const EVERY: Duration = Duration::from_secs(1);

/// What is followed.
#[derive(Debug, Clone)]
pub struct Followed {
    /// Where certificates are installed.
    pub installed: Installed,
    /// Name of the certificate.
    pub name: String,
    /// What is shown now.
    pub holder: Holder,
}

/// Whether one that lies there now is taken.
enum Taken {
    Another(Identity, Holder),
    TheSame,
    Refused(&'static str),
    /// It cannot be opened now.
    Closed,
}

/// What was seen of the file.
#[derive(Debug, Default)]
struct Seen {
    /// What was opened last.
    opened: Option<Mark>,
    /// What could not be opened, and was told of.
    closed: Option<Mark>,
}

impl Followed {
    /// Follows for as long as the process lives. Says in the log when the end is announced (G10), too.
    pub async fn run(mut self, client: Client, clock: Clock) {
        let mut seen = Seen::default();
        let mut told = Ending::Far;
        let mut every = tokio::time::interval(EVERY);
        loop {
            every.tick().await;
            self.announce(&mut told, clock());
            self.follow(&client, &mut seen).await;
        }
    }

    /// Looks whether another certificate lies there, and has it shown.
    async fn follow(&mut self, client: &Client, seen: &mut Seen) {
        let mark = self.installed.mark(&self.name);
        if mark.is_none() || mark == seen.opened {
            return;
        }
        match self.look().await {
            Taken::Another(identity, holder) => match client.show(&identity) {
                Ok(()) => {
                    tracing::info!("another certificate was installed; it is used from now on");
                    self.holder = holder;
                }
                Err(error) => {
                    tracing::error!(error = %error, "the new certificate cannot be used")
                }
            },
            Taken::TheSame => {}
            Taken::Refused(why) => {
                tracing::error!(why, "a certificate that was installed is not used")
            }
            Taken::Closed => {
                // Rights that are mended change nothing that a file is known by: it is tried again, and told of once.
                if mark != seen.closed {
                    tracing::error!(
                        "a certificate that was installed cannot be opened; look at the rights of its file and of machine.key, or install it again"
                    );
                }
                seen.closed = mark;
                return;
            }
        }
        seen.opened = mark;
    }

    async fn look(&self) -> Taken {
        let (installed, name) = (self.installed.clone(), self.name.clone());
        let read = tokio::task::spawn_blocking(move || installed.read(&name)).await;
        let Ok(Ok(identity)) = read else {
            return Taken::Closed;
        };
        match identity.holder() {
            Some(holder) if holder.fingerprint == self.holder.fingerprint => Taken::TheSame,
            Some(holder) if holder.facility != self.holder.facility => {
                Taken::Refused("it is of another facility; install that of this one")
            }
            Some(holder) => Taken::Another(identity, holder),
            None => Taken::Refused("it is no client certificate"),
        }
    }

    fn announce(&self, told: &mut Ending, now: Instant) {
        let ending = Ending::of(self.holder.not_after, now);
        if ending == *told {
            return;
        }
        *told = ending;
        match ending {
            Ending::Far => {}
            Ending::Announced(days) => {
                tracing::warn!(
                    days,
                    "the certificate ends within these days; renew it on the terminal's page"
                );
            }
            Ending::Over => tracing::error!("the certificate has expired; apply for a new one"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use domain::institution_code::InstitutionCode;
    use pki::authority::{Authority, KeyKind};
    use pki::sealed::MachineKey;

    use super::*;

    #[tokio::test]
    async fn a_certificate_that_cannot_be_opened_is_used_once_it_can() {
        let dir = tempfile::tempdir().unwrap();
        let now = Instant::parse("2026-11-23T00:00:00Z").unwrap();
        let machine = MachineKey::open(&dir.path().join("key")).unwrap();
        let authority = Authority::open(dir.path(), &machine, now).unwrap();
        let facility = InstitutionCode::parse("1319999999").unwrap();
        let issue = || authority.issue_client(facility, "受付1", KeyKind::P256, now);
        let (first, second) = (issue().unwrap(), issue().unwrap());
        let pc = dir.path().join("pc");
        let installed = Installed::of(&pc);
        installed.install("clinic", &first.identity).unwrap();
        let base = "https://localhost";
        let shown = Some(&first.identity);
        let client = Client::by(Arc::new(move || now), base, authority.root(), shown).unwrap();
        let mut followed = Followed {
            installed: installed.clone(),
            name: "clinic".into(),
            holder: first.identity.holder().unwrap(),
        };
        let mut seen = Seen::default();
        followed.follow(&client, &mut seen).await;
        installed.install("clinic", &second.identity).unwrap();
        // As with rights that are not this user's: the file itself stays what it is.
        let (key, aside) = (pc.join("machine.key"), pc.join("aside"));
        std::fs::rename(&key, &aside).unwrap();
        std::fs::create_dir(&key).unwrap();
        for _ in 0..2 {
            followed.follow(&client, &mut seen).await;
            assert_eq!(followed.holder.fingerprint, first.fingerprint);
        }
        std::fs::remove_dir(&key).unwrap();
        std::fs::rename(&aside, &key).unwrap();
        followed.follow(&client, &mut seen).await;
        assert_eq!(followed.holder.fingerprint, second.fingerprint);
    }
}
