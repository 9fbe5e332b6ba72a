//! Releases and their packages, as the client fetches them: with the certificate alone. Verifies nothing: who installs does.

use bytes::Bytes;
use http::Method;

use super::{Client, ClientError};
use crate::routes;
use crate::update::Updates;

impl Client {
    /// The releases the center passes on.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn updates(&self) -> Result<Updates, ClientError> {
        self.send(Method::GET, routes::UPDATES, None, None, None::<&()>)
            .await
    }

    /// A piece of the package of a hash, from a byte on; empty at its end.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn update_piece(&self, sha256: &str, from: u64) -> Result<Bytes, ClientError> {
        let path = routes::UPDATE_PACKAGE.replace("{id}", sha256);
        self.call(
            Method::GET,
            &format!("{path}?from={from}"),
            None,
            None,
            None,
        )
        .await
    }
}
