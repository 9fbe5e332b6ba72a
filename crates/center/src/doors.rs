//! Doors that stay open: sockets without TLS whose callers are taken in until the process ends. Knows nobody who calls.

use std::io::Result;

use pki::server::HandshakeBounds;
use pki::server::arrivals::{Arrivals, Socket};

use crate::system::{ControlListener, ControlStream};

impl Socket for ControlListener {
    /// None for another user.
    type Caller = Option<ControlStream>;

    async fn accept(&self) -> Result<Option<ControlStream>> {
        Self::accept(self).await
    }
}

/// Takes in whoever calls, for good. That nobody could be is told once until everybody was for a while.
pub(crate) async fn take_in<S: Socket>(
    name: &'static str,
    socket: S,
    mut take: impl FnMut(S::Caller),
) {
    let mut arrivals = Arrivals::new(socket, HandshakeBounds::default().of(name));
    loop {
        take(arrivals.next().await);
    }
}
