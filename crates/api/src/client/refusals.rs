//! Connections that remember why they were refused. In TLS 1.3 a client is through with its handshake before the server has looked at
//! its certificate; the refusal comes as the first thing read, and may come before a request is sent. The HTTP library then says
//! that the connection "was not ready" and drops the reason, which a clerk needs. Decides nothing else.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use http::Uri;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection};
use pki::client::{Refusal, refusal};
use tower::Service;

/// Whether a server refused this client's certificate since the last answer. All connections of a client show the same one.
#[derive(Debug, Clone, Default)]
pub(super) struct Refusals(Arc<AtomicBool>);

impl Refusals {
    /// Why a connection failed, when its own error does not say.
    pub(super) fn explain(&self, told: Refusal) -> Refusal {
        match told {
            Refusal::Line if self.0.load(Ordering::Acquire) => Refusal::Certificate,
            Refusal::Certificate | Refusal::Server | Refusal::Clock | Refusal::Line => told,
        }
    }

    /// The server answered: an earlier refusal is over.
    pub(super) fn answered(&self) {
        self.0.store(false, Ordering::Release);
    }

    fn notice(&self, error: &io::Error) {
        if refusal(error) == Refusal::Certificate {
            self.0.store(true, Ordering::Release);
        }
    }
}

/// A connector whose connections note refusals.
#[derive(Debug, Clone)]
pub(super) struct Noting<C> {
    pub(super) inner: C,
    pub(super) refusals: Refusals,
}

impl<C> Service<Uri> for Noting<C>
where
    C: Service<Uri>,
    C::Future: Send + 'static,
{
    type Response = Noted<C::Response>;
    type Error = C::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        let (connecting, refusals) = (self.inner.call(to), self.refusals.clone());
        Box::pin(async move {
            let stream = connecting.await?;
            Ok(Noted { stream, refusals })
        })
    }
}

/// A connection that notes when reading tells of a refusal.
#[derive(Debug)]
pub(super) struct Noted<S> {
    stream: S,
    refusals: Refusals,
}

impl<S: Read + Unpin> Read for Noted<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.stream).poll_read(context, into);
        if let Poll::Ready(Err(error)) = &read {
            self.refusals.notice(error);
        }
        read
    }
}

impl<S: Write + Unpin> Write for Noted<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, parts)
    }
}

impl<S: Connection> Connection for Noted<S> {
    fn connected(&self) -> Connected {
        self.stream.connected()
    }
}
