//! The thread that speaks with a server for all others, and how a connection comes about. Knows no schema.

use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::runtime::Runtime;
use tokio_postgres::{Client, Connection, NoTls};

use crate::database::server::Address;
use crate::engine::StoreError;
use crate::sql;
use crate::sql::postgres::waiting::wait;

/// The thread that speaks with the server for all others.
#[derive(Clone)]
pub(crate) struct Speaker(Arc<Running>);

struct Running(Option<Runtime>);

impl Drop for Running {
    fn drop(&mut self) {
        // Waiting for its end is not allowed where this may be dropped.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

impl Speaker {
    pub(crate) fn start() -> std::io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("store-server")
            .enable_all()
            .build()?;
        Ok(Self(Arc::new(Running(Some(runtime)))))
    }

    /// A new connection.
    pub(super) fn connect(&self, address: &Address) -> Result<Client, StoreError> {
        let Running(Some(runtime)) = &*self.0 else {
            return Err(StoreError::Closing);
        };
        let (config, encryption) = (address.config.clone(), address.encryption.clone());
        let connecting = runtime.spawn(async move {
            let client = match encryption {
                Some(encryption) => speaking(config.connect(encryption).await?),
                None => speaking(config.connect(NoTls).await?),
            };
            Ok::<_, tokio_postgres::Error>(client)
        });
        // Several hosts are tried one after the other, each for that long.
        match wait(connecting, address.connect() * 4) {
            Some(Ok(connected)) => Ok(connected.map_err(sql::Error::Postgres)?),
            Some(Err(_)) | None => Err(sql::Error::NoAnswer.into()),
        }
    }
}

/// Has the connection of a client speak until it ends.
fn speaking<S, T>((client, connection): (Client, Connection<S, T>)) -> Client
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::warn!(error = %error, "a connection to the database ended");
        }
    });
    client
}
