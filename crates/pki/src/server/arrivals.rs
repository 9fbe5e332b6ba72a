//! Who calls a socket, for as long as it lives, whatever befalls one of them. Speaks no TLS and knows nobody who calls.

use std::io::Result;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;

use crate::server::handshakes::HandshakeBounds;

/// How long a socket rests after it could not take somebody in. Out of file handles, most likely: some connections end meanwhile.
const REST: Duration = Duration::from_millis(50);

/// So long everybody was taken in before it is told again that nobody is: at the limit a handle comes free and is taken many times a second.
const QUIET: Duration = Duration::from_secs(60);

/// A socket that is called.
pub trait Socket {
    /// One who calls.
    type Caller;

    /// The next one.
    ///
    /// # Errors
    /// The socket's: nobody could be taken in.
    fn accept(&self) -> impl Future<Output = Result<Self::Caller>> + Send;
}

impl Socket for TcpListener {
    type Caller = (TcpStream, SocketAddr);

    async fn accept(&self) -> Result<(TcpStream, SocketAddr)> {
        Self::accept(self).await
    }
}

/// Those who call a socket.
#[derive(Debug)]
pub struct Arrivals<S> {
    socket: S,
    bounds: HandshakeBounds,
    /// When somebody could not be taken in, the last time.
    failed: Option<Instant>,
    quiet: Duration,
}

impl<S: Socket> Arrivals<S> {
    /// Those who call a socket, counted and named by its bounds.
    pub fn new(socket: S, bounds: HandshakeBounds) -> Self {
        Self {
            socket,
            bounds,
            failed: None,
            quiet: QUIET,
        }
    }

    /// The next one. That nobody could be taken in is told and counted once, until everybody was for a while.
    pub async fn next(&mut self) -> S::Caller {
        loop {
            match self.socket.accept().await {
                Ok(caller) => return caller,
                Err(error) => {
                    let is_told = self.failed.is_some_and(|it| it.elapsed() < self.quiet);
                    if !is_told {
                        self.bounds.count_closed_door();
                        tracing::warn!(listener = self.bounds.listener(), error = %error, "nobody is taken in; it is tried again");
                    }
                    self.failed = Some(Instant::now());
                    tokio::time::sleep(REST).await;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::sync::Mutex;

    use super::*;

    struct Crowded(Mutex<VecDeque<Result<u8>>>);

    impl Socket for Crowded {
        type Caller = u8;

        async fn accept(&self) -> Result<u8> {
            let next = self.0.lock().unwrap().pop_front();
            match next {
                Some(called) => called,
                None => std::future::pending().await,
            }
        }
    }

    #[tokio::test]
    async fn that_nobody_is_taken_in_is_counted_once_until_everybody_was_for_a_while() {
        for (quiet, counted) in [(QUIET, 1), (Duration::ZERO, 4)] {
            let full = || Err(std::io::Error::other("too many open files"));
            let calls = VecDeque::from([full(), full(), Ok(1), full(), Ok(2), full(), Ok(3)]);
            let bounds = HandshakeBounds::default().of("listen.api");
            let mut arrivals = Arrivals::new(Crowded(Mutex::new(calls)), bounds.clone());
            arrivals.quiet = quiet;
            assert_eq!(bounds.closed_doors(), 0);
            for caller in 1..=3 {
                assert_eq!(arrivals.next().await, caller);
            }
            assert_eq!(bounds.closed_doors(), counted, "{quiet:?}");
        }
    }
}
