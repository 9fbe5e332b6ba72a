//! Doors that stay open: sockets whose callers are taken in until the process ends, whatever befalls one of them. Knows nobody who calls.

use std::io::Result;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};

use crate::system::{ControlListener, ControlStream};

/// How long a door rests after it could not take somebody in. Out of file handles, most likely: some connections end meanwhile.
const REST: Duration = Duration::from_millis(50);

/// A socket that is called.
pub(crate) trait Door {
    /// One who calls.
    type Caller;

    /// The next one.
    fn accept(&self) -> impl Future<Output = Result<Self::Caller>> + Send;
}

impl Door for TcpListener {
    type Caller = TcpStream;

    async fn accept(&self) -> Result<TcpStream> {
        let (stream, _) = Self::accept(self).await?;
        Ok(stream)
    }
}

impl Door for ControlListener {
    /// None for another user.
    type Caller = Option<ControlStream>;

    async fn accept(&self) -> Result<Option<ControlStream>> {
        Self::accept(self).await
    }
}

/// Takes in whoever calls, for good. That nobody could be is told once until somebody can again.
pub(crate) async fn take_in<D: Door>(name: &str, door: D, mut take: impl FnMut(D::Caller)) {
    let mut is_told = false;
    loop {
        match door.accept().await {
            Ok(caller) => {
                is_told = false;
                take(caller);
            }
            Err(error) => {
                if !is_told {
                    tracing::warn!(listener = name, error = %error, "nobody is taken in; it is tried again");
                }
                is_told = true;
                tokio::time::sleep(REST).await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::sync::Mutex;

    use super::*;

    /// Out of file handles twice.
    struct Crowded(Mutex<VecDeque<Result<u8>>>);

    impl Door for Crowded {
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
    async fn a_door_stays_open_after_somebody_could_not_be_taken_in() {
        let full = || Err(std::io::Error::other("too many open files"));
        let calls = VecDeque::from([Ok(1), full(), full(), Ok(2)]);
        let (sender, mut taken) = tokio::sync::mpsc::unbounded_channel();
        tokio::spawn(take_in("test", Crowded(Mutex::new(calls)), move |caller| {
            let _ = sender.send(caller);
        }));
        assert_eq!(taken.recv().await, Some(1));
        assert_eq!(taken.recv().await, Some(2));
    }
}
