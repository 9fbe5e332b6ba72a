//! Serves a part's pages to the browsers of this machine; goes on after a connection that could not be accepted. Decides nothing about
//! a request.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};

/// After a connection that could not be accepted, most likely for want of file handles: let some others end first.
const PAUSE: Duration = Duration::from_millis(50);

/// Serves without end.
pub async fn serve(socket: TcpListener, router: Router) {
    let socket = &socket;
    serve_each(|| socket.accept(), router).await;
}

async fn serve_each<A>(mut accept: impl FnMut() -> A, router: Router)
where
    A: Future<Output = io::Result<(TcpStream, SocketAddr)>>,
{
    loop {
        let Ok((stream, _)) = accept().await else {
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        // A page is small and wanted at once.
        let _ = stream.set_nodelay(true);
        let service = TowerToHyperService::new(router.clone());
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[tokio::test]
    async fn pages_are_served_after_a_connection_that_could_not_be_accepted() {
        let socket = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = socket.local_addr().unwrap();
        let router = Router::new().route("/", get(|| async { "here" }));
        tokio::spawn(async move {
            let socket = &socket;
            let mut fails = true;
            let accept = || {
                let failed = std::mem::take(&mut fails);
                async move {
                    if failed {
                        return Err(io::Error::other("too many open files"));
                    }
                    socket.accept().await
                }
            };
            serve_each(accept, router).await;
        });
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = b"GET / HTTP/1.1\r\nhost: here\r\nconnection: close\r\n\r\n";
        stream.write_all(request).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.ends_with("here"), "{answer}");
    }
}
