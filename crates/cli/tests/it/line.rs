//! The line between a clinic and its center, which a test cuts and mends.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// A line to the center that can be cut.
pub(crate) struct Line {
    up: Arc<watch::Sender<bool>>,
    /// Where the center is reached through it.
    pub(crate) address: String,
}

impl Line {
    /// A line that stands, as long as the runtime it was laid in.
    pub(crate) async fn lay(center: &str) -> Self {
        let to = center.trim_start_matches("https://").to_owned();
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("https://{}", socket.local_addr().unwrap());
        let up = Arc::new(watch::Sender::new(true));
        let line = up.clone();
        tokio::spawn(async move {
            while let Ok((mut from, _)) = socket.accept().await {
                let mut line = line.subscribe();
                let to = to.clone();
                tokio::spawn(async move {
                    if !*line.borrow_and_update() {
                        return;
                    }
                    // A center that was killed is not there.
                    let Ok(mut to) = TcpStream::connect(to).await else {
                        return;
                    };
                    tokio::select! {
                        _ = tokio::io::copy_bidirectional(&mut from, &mut to) => {}
                        _ = line.changed() => {}
                    }
                });
            }
        });
        Self { up, address }
    }

    /// Ends what goes over it and lets nothing new through.
    pub(crate) fn cut(&self) {
        self.up.send_replace(false);
    }

    /// Lets through again.
    pub(crate) fn mend(&self) {
        self.up.send_replace(true);
    }
}

/// When a connection is cut: after so many bytes in either direction.
#[derive(Clone, Copy)]
pub(crate) struct Cut {
    there: usize,
    back: usize,
}

impl Cut {
    pub(crate) const AT_ONCE: Self = Self { there: 0, back: 0 };

    pub(crate) const NEVER: Self = Self {
        there: usize::MAX,
        back: usize::MAX,
    };

    /// After so many bytes that went to the center.
    pub(crate) const fn there_after(bytes: usize) -> Self {
        let back = usize::MAX;
        Self { there: bytes, back }
    }

    /// After so many bytes that came back.
    pub(crate) const fn back_after(bytes: usize) -> Self {
        let there = usize::MAX;
        Self { there, back: bytes }
    }
}

/// A line whose connections are cut, each in turn as the list says, and again from its start. Counts what was cut.
pub(crate) async fn dropping(to: String, cuts: &'static [Cut]) -> (String, Arc<AtomicUsize>) {
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap().to_string();
    let cut = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&cut);
    tokio::spawn(async move {
        for of in cuts.iter().cycle() {
            let Ok((from, _)) = socket.accept().await else {
                return;
            };
            let (to, counted) = (to.clone(), Arc::clone(&counted));
            tokio::spawn(async move {
                if pass(from, to, *of).await.is_none() {
                    counted.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
    });
    (address, cut)
}

/// A line over which something happens as soon as so many bytes went to the center.
pub(crate) async fn happening(
    to: String,
    after: usize,
    happens: impl Fn() + Send + Sync + 'static,
) -> String {
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap().to_string();
    let (happens, went) = (Arc::new(happens), Arc::new(AtomicUsize::new(0)));
    tokio::spawn(async move {
        while let Ok((mut from, _)) = socket.accept().await {
            let (to, happens, went) = (to.clone(), Arc::clone(&happens), Arc::clone(&went));
            tokio::spawn(async move {
                let mut to = TcpStream::connect(to).await.unwrap();
                let (mut from_read, mut from_write) = from.split();
                let (mut to_read, mut to_write) = to.split();
                let there = async {
                    let mut bytes = [0; 512];
                    while let Ok(count @ 1..) = from_read.read(&mut bytes).await {
                        let before = went.fetch_add(count, Ordering::SeqCst);
                        if before < after && after <= before + count {
                            happens();
                        }
                        if to_write.write_all(&bytes[..count]).await.is_err() {
                            break;
                        }
                    }
                };
                tokio::select! {
                    () = there => {}
                    _ = tokio::io::copy(&mut to_read, &mut from_write) => {}
                }
            });
        }
    });
    address
}

/// Passes a connection on; `None` where it was cut.
async fn pass(mut from: TcpStream, to: String, cut: Cut) -> Option<()> {
    if cut.back == 0 {
        return None;
    }
    let mut to = TcpStream::connect(to).await.unwrap();
    let (mut from_read, mut from_write) = from.split();
    let (mut to_read, mut to_write) = to.split();
    let cut_there = async {
        let passed = pass_on(&mut from_read, &mut to_write, cut.there).await;
        if passed.is_some() {
            // Who has said all may still hear the answer.
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        () = cut_there => None,
        ended = pass_on(&mut to_read, &mut from_write, cut.back) => ended,
    }
}

async fn pass_on(
    from: &mut (impl AsyncRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
    most: usize,
) -> Option<()> {
    let (mut left, mut bytes) = (most, [0; 512]);
    while let Ok(count) = from.read(&mut bytes).await {
        if count == 0 || to.write_all(&bytes[..count.min(left)]).await.is_err() {
            break;
        }
        left = left.saturating_sub(count);
        if left == 0 {
            return None;
        }
    }
    Some(())
}
