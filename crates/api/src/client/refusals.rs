//! Connections that remember why they were refused. In TLS 1.3 a client is through with its handshake before the server has looked at
//! its certificate; the refusal comes as the first thing read, and may come before a request is sent. The HTTP library then says
//! that the connection "was not ready" and drops the reason, which a clerk needs. Writing into a connection that the server has
//! closed fails before the refusal is read, so it is looked for then. Decides nothing else.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use http::Uri;
use hyper::rt::{Read, ReadBuf, ReadBufCursor, Write};
use hyper_util::client::legacy::Error as RequestError;
use hyper_util::client::legacy::connect::{Connected, Connection};
use pki::client::{Refusal, refusal, refusal_in_handshake};
use tower::Service;

/// Whether a server refused this client's certificate since the last answer. All connections of a client show the same one.
#[derive(Debug, Clone, Default)]
pub(super) struct Refusals(Arc<AtomicBool>);

impl Refusals {
    /// Why a request was not answered. Where no connection came about, nobody looked at this client's certificate.
    pub(super) fn of(&self, error: &RequestError) -> Refusal {
        if error.is_connect() {
            return refusal_in_handshake(error);
        }
        self.explain(refusal(error))
    }

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

/// Reads at most after a failed writing: a refusal lies behind what little a server says first.
const MOST_LOOKS: usize = 8;

/// A connection that notes when the server tells of a refusal.
#[derive(Debug)]
pub(super) struct Noted<S> {
    stream: S,
    refusals: Refusals,
}

impl<S: Read + Unpin> Noted<S> {
    /// What writing came to. Where it failed, the connection is over and nothing of it will be read any more but a refusal.
    fn written<T>(
        &mut self,
        context: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if matches!(written, Poll::Ready(Err(_))) {
            self.look_for_refusal(context);
        }
        written
    }

    fn look_for_refusal(&mut self, context: &mut Context<'_>) {
        for _ in 0..MOST_LOOKS {
            let mut space = [0; 1_024];
            let mut into = ReadBuf::new(&mut space);
            match Pin::new(&mut self.stream).poll_read(context, into.unfilled()) {
                Poll::Ready(Ok(())) if !into.filled().is_empty() => {}
                Poll::Ready(Ok(())) | Poll::Pending => return,
                Poll::Ready(Err(error)) => return self.refusals.notice(&error),
            }
        }
    }
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

impl<S: Read + Write + Unpin> Write for Noted<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.written(context, written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let written = Pin::new(&mut self.stream).poll_flush(context);
        self.written(context, written)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let written = Pin::new(&mut self.stream).poll_shutdown(context);
        self.written(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, parts);
        self.written(context, written)
    }
}

impl<S: Connection> Connection for Noted<S> {
    fn connected(&self) -> Connected {
        self.stream.connected()
    }
}

#[cfg(test)]
mod tests {
    use rustls::AlertDescription;

    use super::*;

    /// Closed by a server that said something before.
    struct Closed {
        said: Vec<io::Result<Vec<u8>>>,
    }

    impl Read for Closed {
        fn poll_read(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            mut into: ReadBufCursor<'_>,
        ) -> Poll<io::Result<()>> {
            match self.said.pop() {
                Some(said) => Poll::Ready(said.map(|it| into.put_slice(&it))),
                None => Poll::Pending,
            }
        }
    }

    impl Write for Closed {
        fn poll_write(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
            _: &[u8],
        ) -> Poll<io::Result<usize>> {
            Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()))
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    fn told_of_a_failed_writing(mut said: Vec<io::Result<Vec<u8>>>) -> Refusal {
        said.reverse();
        let refusals = Refusals::default();
        let mut noted = Noted {
            stream: Closed { said },
            refusals: refusals.clone(),
        };
        let mut context = Context::from_waker(std::task::Waker::noop());
        let written = Pin::new(&mut noted).poll_write(&mut context, b"GET");
        let Poll::Ready(Err(error)) = written else {
            panic!("written into a closed connection: {written:?}");
        };
        refusals.explain(refusal(&error))
    }

    #[test]
    fn a_refusal_is_read_where_writing_failed_first() {
        let refused = || {
            let alert = rustls::Error::AlertReceived(AlertDescription::CertificateRevoked);
            Err(io::Error::new(io::ErrorKind::InvalidData, alert))
        };
        let told = told_of_a_failed_writing(vec![refused()]);
        assert_eq!(told, Refusal::Certificate);
        let told = told_of_a_failed_writing(vec![Ok(vec![0; 900]), refused()]);
        assert_eq!(told, Refusal::Certificate);
        // Nothing said, or nothing of a certificate: the line.
        assert_eq!(told_of_a_failed_writing(Vec::new()), Refusal::Line);
        assert_eq!(
            told_of_a_failed_writing(vec![Ok(Vec::new())]),
            Refusal::Line
        );
        let reset = Err(io::ErrorKind::ConnectionReset.into());
        assert_eq!(told_of_a_failed_writing(vec![reset]), Refusal::Line);
    }
}
