//! Follows the certificate installed on a PC: when another lies in its place, a running part shows that one from then on, without a
//! restart. Refuses one of another facility, and one that cannot be read.

use std::time::Duration;

use domain::certificate_care::Ending;
use domain::civil_date::Instant;
use pki::clock::Clock;
use pki::identity::{Holder, Identity};
use pki::installed::Installed;

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
}

impl Followed {
    /// Follows for as long as the process lives. Says in the log when the end is announced (G10), too.
    pub async fn run(mut self, client: Client, clock: Clock) {
        let mut seen = None;
        let mut told = Ending::Far;
        let mut every = tokio::time::interval(EVERY);
        loop {
            every.tick().await;
            self.announce(&mut told, clock());
            let mark = self.installed.mark(&self.name);
            if mark.is_none() || mark == seen {
                continue;
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
            }
            seen = mark;
        }
    }

    async fn look(&self) -> Taken {
        let (installed, name) = (self.installed.clone(), self.name.clone());
        let read = tokio::task::spawn_blocking(move || installed.read(&name)).await;
        let Ok(Ok(identity)) = read else {
            return Taken::Refused("it cannot be opened; install it again");
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
