//! Who calls a listener's socket, for as long as it lives, whatever befalls one of them. Speaks no TLS.

use std::io::Result;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};

use crate::server::handshakes::HandshakeBounds;

/// How long a socket rests after it could not take somebody in. Out of file handles, most likely: some connections end meanwhile.
const REST: Duration = Duration::from_millis(50);

/// A socket that is called.
pub(super) trait Socket {
    /// One who calls.
    type Caller;

    /// The next one.
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
pub(super) struct Arrivals<S> {
    socket: S,
    bounds: HandshakeBounds,
    /// Whether it was told that nobody can be taken in.
    is_told: bool,
}

impl<S: Socket> Arrivals<S> {
    pub(super) fn new(socket: S, bounds: HandshakeBounds) -> Self {
        Self {
            socket,
            bounds,
            is_told: false,
        }
    }

    /// The next one. That nobody could be taken in is told and counted once until somebody can again.
    pub(super) async fn next(&mut self) -> S::Caller {
        loop {
            match self.socket.accept().await {
                Ok(caller) => {
                    self.is_told = false;
                    return caller;
                }
                Err(error) => {
                    if !self.is_told {
                        self.bounds.count_closed_door();
                        tracing::warn!(listener = self.bounds.listener(), error = %error, "nobody is taken in; it is tried again");
                    }
                    self.is_told = true;
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
    async fn that_nobody_is_taken_in_is_counted_once_until_somebody_is() {
        let full = || Err(std::io::Error::other("too many open files"));
        let calls = VecDeque::from([full(), full(), Ok(1), full(), Ok(2)]);
        let bounds = HandshakeBounds::default().of("listen.api");
        let mut arrivals = Arrivals::new(Crowded(Mutex::new(calls)), bounds.clone());
        assert_eq!(bounds.closed_doors(), 0);
        assert_eq!(arrivals.next().await, 1);
        assert_eq!(bounds.closed_doors(), 1);
        assert_eq!(arrivals.next().await, 2);
        assert_eq!(bounds.closed_doors(), 2);
    }
}
