//! The client's side of the link: a receipt computer's message and its answer, each in its JSON image. Reads neither.

use http::Method;
use serde_json::Value;

use crate::client::{Client, ClientError};
use crate::problem::Trouble;
use crate::routes;

impl Client {
    /// Sends a message; `message` is the prefix of its files without `req`, `key` makes a repetition safe.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn link(
        &self,
        token: &str,
        key: &str,
        message: &str,
        body: &Value,
    ) -> Result<Value, ClientError> {
        // A prefix holds nothing that means something in a path; other texts are no message's.
        if message.is_empty() || !message.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(ClientError::Problem(Box::new(Trouble::NotFound.problem())));
        }
        let path = routes::LINK.replace("{message}", message);
        self.send(Method::POST, &path, Some(token), Some(key), Some(body))
            .await
    }
}
