//! Look-ups that need no connection of their own: all go over one, each sent while the ones before wait for their answer. Reads single rows
//! by their keys, and begins no transaction.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Statement};

use crate::database::server::pool::Pool;
use crate::engine::StoreError;
use crate::sql::postgres::text::numbered;
use crate::sql::postgres::waiting::aside;
use crate::sql::{Error, Row};

/// The connection that look-ups share.
#[derive(Default)]
pub(super) struct Pipeline(Mutex<Option<Arc<Piped>>>);

/// A connection, and what was prepared over it.
struct Piped {
    client: Client,
    prepared: Mutex<HashMap<String, Statement>>,
}

impl Pipeline {
    /// The connection, anew where there is none any more.
    fn piped(&self, pool: &Pool) -> Result<Arc<Piped>, StoreError> {
        let mut shared = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = shared.as_ref().filter(|it| !it.client.is_closed()) {
            return Ok(Arc::clone(known));
        }
        let new = Arc::new(Piped {
            client: pool.client()?,
            prepared: Mutex::default(),
        });
        Ok(Arc::clone(shared.insert(new)))
    }

    /// Leaves a connection that gave no answer.
    fn leave(&self, silent: &Arc<Piped>) {
        let mut shared = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if shared.as_ref().is_some_and(|it| Arc::ptr_eq(it, silent)) {
            *shared = None;
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
            let piped = aside(|| self.pipeline.piped(self))?;
            let patience: Duration = self.patience();
            match tokio::time::timeout(patience, piped.rows(text, values)).await {
                Ok(Ok(rows)) => return Ok(rows.into_iter().map(Row::Postgres).collect()),
                Ok(Err(_)) if piped.client.is_closed() && !is_again => is_again = true,
                Ok(Err(error)) => return Err(Error::Postgres(error).into()),
                Err(_) => {
                    self.pipeline.leave(&piped);
                    return Err(Error::NoAnswer.into());
                }
            }
        }
    }
}
