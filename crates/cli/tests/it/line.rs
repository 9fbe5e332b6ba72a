//! The line between a clinic and its center, which a test cuts and mends.

use std::sync::Arc;

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
