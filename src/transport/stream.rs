//! One gRPC call on one connection in which both sides send messages.

#![forbid(unsafe_code)]

use super::failure::Failure;
use super::grpc::{check_head, lost, refusal, request_head, Request};
use super::message::Message;
use super::permit::{ready, StreamPermit};
use super::subchannel::Selected;
use bytes::Bytes;
use h2::client::ResponseFuture;
use h2::{RecvStream, SendStream};
use http::HeaderValue;
use std::sync::atomic::Ordering::Relaxed;

enum Reply {
    Awaited(ResponseFuture),
    /// Whether its headers carry the status, as those of a reply without messages may.
    Begun(RecvStream, bool),
    /// All messages came, and the server said that these are all.
    Complete,
}

/// Ends the call when it is dropped.
pub struct Stream {
    permit: StreamPermit,
    request: SendStream<Bytes>,
    reply: Reply,
    path: &'static str,
    limit: usize,
    message: Message,
    /// Received bytes that belong to later messages.
    rest: Bytes,
}

impl Stream {
    /// Begins the call with a first message, unless that is empty. The `only` one closes the
    /// request side; else others may be added. `limit` is for each message received.
    pub async fn open(
        selected: &Selected,
        first: &Request,
        only: bool,
        token: Option<&HeaderValue>,
        limit: usize,
    ) -> Result<Stream, Failure> {
        let (mut sender, permit) = ready(selected).await?;
        let head = request_head(&selected.subchannel, first, token);
        let (reply, mut request) = sender.send_request(head, false).map_err(|e| {
            selected.subchannel.retire(&selected.connection);
            Failure::NotSent(e.to_string())
        })?;
        if !first.frame.is_empty() {
            request.send_data(first.frame.clone(), only).map_err(lost)?;
        }
        Ok(Stream {
            permit,
            request,
            reply: Reply::Awaited(reply),
            path: first.path,
            limit,
            message: Message::new(first.path, limit),
            rest: Bytes::new(),
        })
    }

    /// Another message for the server.
    pub fn send(&mut self, frame: Bytes) -> Result<(), Failure> {
        self.request.send_data(frame, false).map_err(lost)
    }

    /// The next message; None if the server has ended the call and calls it a success. The
    /// future may be dropped and called again: nothing is lost.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, Failure> {
        let state = self.permit.state().clone();
        tokio::select! {
            biased;
            message = self.receive() => message,
            () = state.left() => {
                let why = "the endpoint has left the list, or another address of it is used";
                Err(Failure::Lost(why.to_owned()))
            }
        }
    }

    async fn receive(&mut self) -> Result<Option<Vec<u8>>, Failure> {
        loop {
            let rest = self.message.take(&self.rest)?.len();
            self.rest = self.rest.split_off(self.rest.len() - rest);
            if self.message.is_whole() {
                self.permit.state().served.store(true, Relaxed);
                let next = Message::new(self.path, self.limit);
                return std::mem::replace(&mut self.message, next).finish().map(Some);
            }
            let reply = match &mut self.reply {
                Reply::Complete => return Ok(None),
                Reply::Begun(reply, _) => reply,
                Reply::Awaited(response) => {
                    let (head, reply) = response.await.map_err(lost)?.into_parts();
                    self.reply = Reply::Begun(reply, head.headers.contains_key("grpc-status"));
                    check_head(&head)?;
                    continue;
                }
            };
            match reply.data().await {
                Some(chunk) => {
                    self.rest = chunk.map_err(lost)?;
                    let _ = reply.flow_control().release_capacity(self.rest.len());
                }
                None => return self.end().await.map(|()| None),
            }
        }
    }

    /// What the server says at the end of the call.
    async fn end(&mut self) -> Result<(), Failure> {
        let Reply::Begun(reply, status) = &mut self.reply else { return Err(Failure::ended()) };
        let trailers = reply.trailers().await.map_err(lost)?.unwrap_or_default();
        match refusal(&trailers) {
            Some(refusal) => Err(refusal),
            None if !*status && !trailers.contains_key("grpc-status") => Err(Failure::ended()),
            None if self.message.is_begun() => {
                let why = "the reply ends in the middle of a message";
                Err(Failure::Malformed(why.to_owned()))
            }
            None => {
                self.reply = Reply::Complete;
                Ok(())
            }
        }
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.request.send_reset(h2::Reason::CANCEL);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::connection::{Connection, ConnectionState};
    use crate::transport::endpoint::{parse_list, Endpoints};
    use crate::transport::subchannel::Subchannel;
    use crate::wire::encode::PREFIX;
    use http::{HeaderMap, Response};
    use std::process::{Child, Command, Stdio};
    use std::sync::atomic::Ordering::Relaxed;
    use std::sync::Arc;
    use std::time::Duration;
    use tokio::io::{AsyncRead, AsyncWrite};
    use tokio::net::UnixStream;
    use tokio::time::{sleep, timeout};

    const SNAPSHOT: &str = "/etcdserverpb.Maintenance/Snapshot";

    /// A call with one empty message, on a connection of its own.
    async fn open(
        socket: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        path: &'static str,
    ) -> Stream {
        let (sender, connection) = h2::client::handshake(socket).await.unwrap();
        tokio::spawn(connection);
        let Ok(Endpoints::Members(endpoints)) = parse_list("localhost", false) else { panic!() };
        let endpoint = endpoints.into_iter().next().unwrap();
        let subchannel = Arc::new(Subchannel::new(endpoint, Arc::default()).unwrap());
        let state = Arc::new(ConnectionState::new(Arc::default()));
        // It has no descriptor that could be asked whether the server has closed it.
        state.queued.store(1, Relaxed);
        let connection = Connection { sender, state };
        let selected = Selected { subchannel, connection, on_trial: false };
        let first = Request { path, frame: Bytes::from_static(&[0; 5]), require_leader: false };
        Stream::open(&selected, &first, true, None, 1 << 20).await.unwrap()
    }

    /// What a stream brings if this is all that the server sends.
    async fn brought(data: &'static [u8], last: &[(&'static str, &'static str)]) -> Vec<String> {
        let (ours, theirs) = tokio::io::duplex(1 << 16);
        let mut trailers = HeaderMap::new();
        for (name, value) in last {
            trailers.insert(*name, HeaderValue::from_static(value));
        }
        tokio::spawn(async move {
            let mut server = h2::server::handshake(theirs).await.unwrap();
            let (mut request, mut respond) = server.accept().await.unwrap().unwrap();
            let driver = tokio::spawn(async move { server.accept().await.is_none() });
            // The client has closed its side: this comes to an end.
            while request.body_mut().data().await.is_some() {}
            let head = Response::builder().header("content-type", "application/grpc");
            let mut head = head.body(()).unwrap();
            if data.is_empty() {
                head.headers_mut().extend(trailers);
                respond.send_response(head, true).unwrap();
            } else {
                let mut body = respond.send_response(head, false).unwrap();
                body.send_data(Bytes::from_static(data), false).unwrap();
                body.send_trailers(trailers).unwrap();
            }
            let _ = driver.await;
        });
        let mut stream = open(ours, "/service/method").await;
        let mut all = Vec::new();
        while all.len() < 4 {
            let next = timeout(Duration::from_secs(10), stream.next()).await.unwrap();
            all.push(match next {
                Ok(message) => format!("{message:?}"),
                Err(Failure::Lost(why) | Failure::Malformed(why)) => why,
                Err(failure) => format!("{failure:?}"),
            });
            if !all.last().unwrap().starts_with("Some") && all.len() > 1 {
                break;
            }
        }
        all
    }

    fn block_on<T>(work: impl std::future::Future<Output = T>) -> T {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_all().build().unwrap().block_on(work)
    }

    #[test]
    fn a_stream_tells_its_end_from_a_break() {
        const TWO: &[u8] = b"\0\0\0\0\x01a\0\0\0\0\x01b";
        let well = [("grpc-status", "0")];
        let busy = [("grpc-status", "14"), ("grpc-message", "busy")];
        let ended = "the server ended the stream";
        let cut = "the reply ends in the middle of a message";
        let refused = r#"Refused { code: 14, message: "busy" }"#;
        block_on(async {
            assert_eq!(brought(TWO, &well).await, ["Some([97])", "Some([98])", "None"]);
            assert_eq!(brought(TWO, &[]).await, ["Some([97])", "Some([98])", ended]);
            assert_eq!(brought(TWO, &busy).await, ["Some([97])", "Some([98])", refused]);
            assert_eq!(brought(&TWO[..8], &well).await, ["Some([97])", cut]);
            // Without a message everything is in the headers. An end stays one.
            assert_eq!(brought(b"", &well).await, ["None", "None"]);
            assert_eq!(brought(b"", &[]).await[0], ended);
            assert_eq!(brought(b"", &busy).await[0], refused);
        });
    }

    /// An etcd that `make servers` has brought; killed when dropped.
    struct Etcd(Child);

    impl Drop for Etcd {
        fn drop(&mut self) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }

    fn servers() -> Vec<std::path::PathBuf> {
        let cache = std::env::var_os("LIBETCD_SERVERS").map(Into::into).unwrap_or_else(|| {
            let home = std::env::var_os("HOME").unwrap_or_default();
            std::path::Path::new(&home).join(".cache/libetcd/servers")
        });
        let folders = std::fs::read_dir(cache).into_iter().flatten().flatten();
        folders.map(|folder| folder.path().join("etcd")).filter(|etcd| etcd.is_file()).collect()
    }

    #[test]
    fn a_snapshot_of_a_real_server_comes_to_its_end() {
        let servers = servers();
        if servers.is_empty() {
            let required = std::env::var("LIBETCD_REQUIRE_SERVERS").is_ok_and(|it| it == "1");
            assert!(!required, "no etcd; make servers brings some");
            eprintln!("skipped: a_snapshot_of_a_real_server_comes_to_its_end: no etcd");
        }
        for etcd in servers {
            // On sockets in its own folder, whose names look like a host and a port.
            let dir = tempfile::tempdir().unwrap();
            let _etcd = Command::new(&etcd)
                .current_dir(&dir)
                .args(["--name=one", "--log-level=panic", "--data-dir=data"])
                .args(["--listen-client-urls=unix://client:1"])
                .args(["--advertise-client-urls=unix://client:1"])
                .args(["--listen-peer-urls=unix://peer:1"])
                .args(["--initial-advertise-peer-urls=unix://peer:1"])
                .args(["--initial-cluster=one=unix://peer:1"])
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .map(Etcd)
                .unwrap();
            let read = async {
                let socket = loop {
                    match UnixStream::connect(dir.path().join("client:1")).await {
                        Ok(socket) => break socket,
                        Err(_) => sleep(Duration::from_millis(50)).await,
                    }
                };
                let mut stream = open(socket, SNAPSHOT).await;
                let mut size = 0;
                while let Some(part) = stream.next().await.unwrap() {
                    size += part.len();
                }
                assert!(stream.next().await.unwrap().is_none());
                size
            };
            let size = block_on(async { timeout(Duration::from_secs(30), read).await });
            let size = size.unwrap_or_else(|_| panic!("{}: no end", etcd.display()));
            // The database with its checksum.
            assert!(size > 16_384 + PREFIX, "{}: {size}", etcd.display());
        }
    }
}
