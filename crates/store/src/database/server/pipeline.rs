//! Look-ups that need no connection of their own: all go over one, each sent while the ones before wait for their answer. Reads single rows
//! by their keys, and begins no transaction.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Statement};

use crate::database::server::pool::Pool;
use crate::engine::StoreError;
use crate::sql::postgres::text::numbered;
use crate::sql::postgres::waiting::aside;
use crate::sql::{Error, Row};

/// The connection that look-ups share.
#[derive(Default)]
pub(super) struct Pipeline(tokio::sync::Mutex<Shared>);

#[derive(Default)]
struct Shared {
    piped: Option<Arc<Piped>>,
    /// When the last try to connect ended without a connection, and why.
    failed: Option<(Instant, StoreError)>,
}

/// A connection, and what was prepared over it.
struct Piped {
    client: Client,
    prepared: Mutex<HashMap<String, Statement>>,
}

impl Pipeline {
    /// The connection, anew where there is none any more. Whoever waits for somebody else's try has its outcome: a server that is away
    /// would otherwise be tried by one after the other, and the last would wait for all of them.
    async fn piped(
        &self,
        connect: impl FnOnce() -> Result<Client, StoreError>,
    ) -> Result<Arc<Piped>, StoreError> {
        let asked = Instant::now();
        let mut shared = self.0.lock().await;
        if let Some(known) = shared.piped.as_ref().filter(|it| !it.client.is_closed()) {
            return Ok(Arc::clone(known));
        }
        if let Some((_, why)) = shared.failed.as_ref().filter(|(at, _)| asked < *at) {
            return Err(why.clone());
        }
        match aside(connect) {
            Ok(client) => {
                let new = Arc::new(Piped {
                    client,
                    prepared: Mutex::default(),
                });
                shared.failed = None;
                Ok(Arc::clone(shared.piped.insert(new)))
            }
            Err(why) => {
                shared.failed = Some((Instant::now(), why.clone()));
                Err(why)
            }
        }
    }

    /// Leaves a connection that gave no answer.
    async fn leave(&self, silent: &Arc<Piped>) {
        let mut shared = self.0.lock().await;
        if shared
            .piped
            .as_ref()
            .is_some_and(|it| Arc::ptr_eq(it, silent))
        {
            shared.piped = None;
        }
    }
}

impl Piped {
    async fn statement(&self, text: &str) -> Result<Statement, tokio_postgres::Error> {
        let known = |all: &HashMap<String, Statement>| all.get(text).cloned();
        if let Some(known) = known(&self.lock()) {
            return Ok(known);
        }
        let prepared = self.client.prepare(&numbered(text)).await?;
        self.lock().insert(text.to_owned(), prepared.clone());
        Ok(prepared)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Statement>> {
        self.prepared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn rows(
        &self,
        text: &str,
        values: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<tokio_postgres::Row>, tokio_postgres::Error> {
        let statement = self.statement(text).await?;
        self.client.query(&statement, values).await
    }
}

impl Pool {
    /// The rows of a text, over the connection that all look-ups share. One that was lost before it answered is replaced once: nothing
    /// was changed by asking.
    pub(in crate::database) async fn ask(
        &self,
        text: &str,
        values: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row<'static>>, StoreError> {
        let mut is_again = false;
        loop {
            let piped = self.pipeline.piped(|| self.client()).await?;
            let patience: Duration = self.patience();
            match tokio::time::timeout(patience, piped.rows(text, values)).await {
                Ok(Ok(rows)) => return Ok(rows.into_iter().map(Row::Postgres).collect()),
                Ok(Err(_)) if piped.client.is_closed() && !is_again => is_again = true,
                Ok(Err(error)) => return Err(Error::Postgres(error).into()),
                Err(_) => {
                    self.pipeline.leave(&piped).await;
                    return Err(Error::NoAnswer.into());
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test]
    async fn those_who_wait_for_a_try_to_connect_share_its_failure() {
        let (pipeline, tries) = (Arc::new(Pipeline::default()), Arc::new(AtomicUsize::new(0)));
        let away = |tries: &AtomicUsize| {
            tries.fetch_add(1, Ordering::Relaxed);
            Err(StoreError::Away("nobody listens".into()))
        };
        let held = pipeline.0.lock().await;
        let mut waiting = tokio::task::JoinSet::new();
        for _ in 0..50 {
            let (pipeline, tries) = (Arc::clone(&pipeline), Arc::clone(&tries));
            waiting.spawn(async move { pipeline.piped(|| away(&tries)).await.is_err() });
        }
        // Each has asked once this runtime of one thread comes back here.
        tokio::task::yield_now().await;
        drop(held);
        let all = waiting.join_all().await;
        assert!(all.len() == 50 && all.into_iter().all(|it| it));
        assert_eq!(tries.load(Ordering::Relaxed), 1);
        // Who asks later is no part of it.
        assert!(pipeline.piped(|| away(&tries)).await.is_err());
        assert_eq!(tries.load(Ordering::Relaxed), 2);
    }
}
