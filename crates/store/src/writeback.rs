//! Brings the log of a file into the file on a thread of its own, so that the writer seldom waits for it. Writes nothing new.
//!
//! SQLite starts its log anew when all of it lies in the file at the start of a transaction. While the thread copies, the writer
//! adds to the log; so the writer copies that last part itself, which is short by then.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use rusqlite::Connection;

use crate::engine::Pace;

/// The writer's side of it. Ends the thread when dropped.
pub(crate) struct Writeback {
    orders: SyncSender<()>,
    thread: Option<JoinHandle<()>>,
    done: Arc<AtomicBool>,
    /// Jobs after which a round is ordered.
    due: usize,
    jobs: usize,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Resting,
    Ordered,
}

impl Writeback {
    /// Starts the thread with a connection of its own.
    pub(crate) fn start(path: &Path, pace: Pace) -> rusqlite::Result<Self> {
        let connection = Connection::open(path)?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        let (orders, ordered) = sync_channel(1);
        let done = Arc::new(AtomicBool::new(false));
        let theirs = Arc::clone(&done);
        let thread = std::thread::Builder::new().name("store-writeback".into());
        // Without the thread the log is brought in by the writer alone, as `wal_autocheckpoint` has it.
        let thread = thread
            .spawn(move || serve(&connection, &ordered, &theirs))
            .inspect_err(|error| {
                tracing::warn!(error = %error, "no thread for bringing the log into the file");
            });
        Ok(Self {
            orders,
            thread: thread.ok(),
            done,
            // A job is a page or two of the log: the order comes well before the writer would have to do it alone.
            due: (pace.log_pages / 4).max(1) as usize,
            jobs: 0,
            state: State::Resting,
        })
    }

    /// Ends the thread, and waits until its connection is closed.
    pub(crate) fn end(self) {
        drop(self.orders);
        if let Some(thread) = self.thread {
            // One that panicked has closed it as well.
            let _ = thread.join();
        }
    }

    /// To be called after each transaction with its number of jobs; `connection` is the writer's.
    pub(crate) fn after(&mut self, jobs: usize, connection: &Connection) {
        self.jobs += jobs;
        match self.state {
            State::Resting if self.due <= self.jobs => {
                self.done.store(false, Ordering::Release);
                if self.orders.try_send(()).is_ok() {
                    self.state = State::Ordered;
                }
                self.jobs = 0;
            }
            State::Ordered if self.done.load(Ordering::Acquire) => {
                bring_in(connection);
                self.state = State::Resting;
            }
            State::Resting | State::Ordered => {}
        }
    }
}

fn serve(connection: &Connection, ordered: &Receiver<()>, done: &AtomicBool) {
    while let Ok(()) = ordered.recv() {
        bring_in(connection);
        done.store(true, Ordering::Release);
    }
}

/// Copies what no reader holds back. What cannot be copied now is copied the next time: the log keeps it.
fn bring_in(connection: &Connection) {
    let outcome = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
    if let Err(error) = outcome {
        tracing::warn!(error = %error, "the log could not be brought into the file; it grows until it can");
    }
}
