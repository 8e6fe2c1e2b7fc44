//! A server that speaks HTTP/2 by hand, so that it can say what no decent one would.

use super::process::Port;
use std::collections::{HashMap, VecDeque};
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

pub const DATA: u8 = 0;
pub const HEADERS: u8 = 1;
pub const RST_STREAM: u8 = 3;
pub const SETTINGS: u8 = 4;
pub const PUSH_PROMISE: u8 = 5;
pub const PING: u8 = 6;
pub const GOAWAY: u8 = 7;
pub const WINDOW_UPDATE: u8 = 8;
pub const CONTINUATION: u8 = 9;

pub const END_STREAM: u8 = 1;
pub const END_HEADERS: u8 = 4;
pub const PADDED: u8 = 8;
const ACK: u8 = 1;

pub const MAX_CONCURRENT_STREAMS: u16 = 3;
pub const INITIAL_WINDOW_SIZE: u16 = 4;

/// How the headers of a reply begin.
pub const GRPC: [(&str, &str); 2] = [(":status", "200"), ("content-type", "application/grpc")];

/// The message of the call by which a client makes sure of a server: src/transport/probe.rs.
pub const PROBE: [u8; 12] = [0, 0, 0, 0, 7, 0x0a, 1, 0, 0x38, 1, 0x48, 1];

const PREFACE: usize = 24;
const MAX_FRAME: usize = 16_384;

/// What becomes of a connection; an error, such as that the client is gone, ends it.
pub type Script = fn(&mut Conn) -> io::Result<()>;

/// Listens on one port for as long as it lives.
pub struct Hostile {
    port: Port,
    state: Arc<Mutex<State>>,
}

struct State {
    /// For the connections to come; None once the server is gone.
    script: Option<Script>,
    connections: Vec<TcpStream>,
}

impl Hostile {
    pub fn start(script: Script) -> Hostile {
        let port = Port::lease();
        let listener = TcpListener::bind(("127.0.0.1", port.number())).unwrap();
        let state = Arc::new(Mutex::new(State { script: Some(script), connections: Vec::new() }));
        let ours = state.clone();
        std::thread::spawn(move || {
            for socket in listener.incoming().flatten() {
                let mut state = ours.lock().unwrap();
                let Some(script) = state.script else { return };
                state.connections.extend(socket.try_clone());
                drop(state);
                std::thread::spawn(move || {
                    let mut conn = Conn::new(socket);
                    let _ = script(&mut conn);
                    let _ = conn.socket.shutdown(Shutdown::Both);
                });
            }
        });
        Hostile { port, state }
    }

    pub fn endpoint(&self) -> String {
        format!("127.0.0.1:{}", self.port.number())
    }

    /// Ends all connections; those to come have another script.
    pub fn set(&self, script: Script) {
        self.become_(Some(script));
    }

    fn become_(&self, script: Option<Script>) {
        let mut state = self.state.lock().unwrap();
        state.script = script;
        for connection in state.connections.drain(..) {
            let _ = connection.shutdown(Shutdown::Both);
        }
    }
}

impl Drop for Hostile {
    fn drop(&mut self) {
        self.become_(None);
        // The listener's thread wakes up, and ends.
        let _ = TcpStream::connect(("127.0.0.1", self.port.number()));
    }
}

#[derive(Clone, Debug)]
pub struct Frame {
    pub kind: u8,
    pub flags: u8,
    pub stream: u32,
    pub payload: Vec<u8>,
}

/// What a client has asked.
#[derive(Debug)]
pub struct Request {
    pub stream: u32,
    /// It will say no more on this stream: a unary call.
    pub unary: bool,
    /// gRPC messages, or a part of them.
    pub data: Vec<u8>,
}

/// One connection.
pub struct Conn {
    pub socket: TcpStream,
    read: Vec<u8>,
    /// What arrived while there was something else to wait for.
    waiting: VecDeque<Frame>,
    /// What may be sent, in all and on each stream.
    window: i64,
    first_window: i64,
    windows: HashMap<u32, i64>,
}

impl Conn {
    fn new(socket: TcpStream) -> Conn {
        let _ = socket.set_nodelay(true);
        Conn {
            socket,
            read: Vec::new(),
            waiting: VecDeque::new(),
            window: 65_535,
            first_window: 65_535,
            windows: HashMap::new(),
        }
    }

    /// Takes the client's preface and sends the settings.
    pub fn greet(&mut self, settings: &[(u16, u32)]) -> io::Result<()> {
        self.fill(PREFACE)?;
        self.read.drain(..PREFACE);
        self.settings(settings)
    }

    fn settings(&mut self, settings: &[(u16, u32)]) -> io::Result<()> {
        let entry =
            |&(id, value): &(u16, u32)| [&id.to_be_bytes()[..], &value.to_be_bytes()].concat();
        let payload: Vec<u8> = settings.iter().flat_map(entry).collect();
        self.frame(SETTINGS, 0, 0, &payload)
    }

    /// Answers the call by which a client makes sure of a server, under other settings.
    pub fn admit(&mut self, settings: &[(u16, u32)]) -> io::Result<()> {
        let asked = self.await_kind(DATA)?;
        self.settings(settings)?;
        self.reply(asked.stream, &[])
    }

    fn fill(&mut self, length: usize) -> io::Result<()> {
        let mut buffer = [0; 64 << 10];
        while self.read.len() < length {
            match self.socket.read(&mut buffer)? {
                0 => return Err(ErrorKind::UnexpectedEof.into()),
                count => self.read.extend_from_slice(&buffer[..count]),
            }
        }
        Ok(())
    }

    pub fn raw(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.socket.write_all(bytes)
    }

    pub fn frame(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) -> io::Result<()> {
        self.raw(&frame(kind, flags, stream, payload))
    }

    /// One frame, taken as it is.
    fn receive(&mut self) -> io::Result<Frame> {
        self.fill(9)?;
        let length = u32::from_be_bytes([0, self.read[0], self.read[1], self.read[2]]) as usize;
        self.fill(9 + length)?;
        let (kind, flags) = (self.read[3], self.read[4]);
        let stream = u32::from_be_bytes(self.read[5..9].try_into().unwrap());
        let payload = self.read[9..9 + length].to_vec();
        self.read.drain(..9 + length);
        Ok(Frame { kind, flags, stream, payload })
    }

    /// The next frame but for those that HTTP/2 answers, or counts, by itself.
    fn hear(&mut self) -> io::Result<Frame> {
        loop {
            let frame = self.receive()?;
            match frame.kind {
                PING if frame.flags & ACK == 0 => self.frame(PING, ACK, 0, &frame.payload)?,
                SETTINGS if frame.flags & ACK == 0 => {
                    for entry in frame.payload.chunks_exact(6) {
                        if entry[..2] == INITIAL_WINDOW_SIZE.to_be_bytes() {
                            let value = u32::from_be_bytes(entry[2..].try_into().unwrap());
                            self.first_window = value.into();
                        }
                    }
                    self.frame(SETTINGS, ACK, 0, &[])?;
                }
                PING | SETTINGS => {}
                WINDOW_UPDATE => {
                    let more = u32::from_be_bytes(frame.payload[..4].try_into().unwrap());
                    match frame.stream {
                        0 => self.window += i64::from(more),
                        id => {
                            *self.windows.entry(id).or_insert(self.first_window) += i64::from(more)
                        }
                    }
                }
                _ => return Ok(frame),
            }
        }
    }

    pub fn next(&mut self) -> io::Result<Frame> {
        match self.waiting.pop_front() {
            Some(frame) => Ok(frame),
            None => self.hear(),
        }
    }

    /// The next frame of this kind.
    pub fn await_kind(&mut self, kind: u8) -> io::Result<Frame> {
        loop {
            let frame = self.next()?;
            if frame.kind == kind {
                return Ok(frame);
            }
        }
    }

    /// The next messages of the client's.
    pub fn request(&mut self) -> io::Result<Request> {
        loop {
            let Frame { stream, flags, payload, .. } = self.await_kind(DATA)?;
            let unary = flags & END_STREAM != 0;
            // A client's first call, by which it makes sure of a server.
            if unary && payload == PROBE {
                self.reply(stream, &[])?;
            } else if !payload.is_empty() {
                return Ok(Request { stream, unary, data: payload });
            }
        }
    }

    /// The stream of a unary call that has come in, if one has.
    pub fn waiting_unary(&mut self) -> Option<u32> {
        let is_call = |it: &Frame| it.kind == DATA && it.flags & END_STREAM != 0;
        let at = self.waiting.iter().position(is_call)?;
        self.waiting.remove(at).map(|frame| frame.stream)
    }

    /// Listens until the client hangs up.
    pub fn hang(&mut self) -> io::Result<()> {
        loop {
            self.next()?;
        }
    }

    /// A header block, in as many frames as it needs.
    pub fn headers(&mut self, stream: u32, flags: u8, headers: &[(&str, &str)]) -> io::Result<()> {
        let block = block(headers);
        let mut parts = block.chunks(MAX_FRAME).peekable();
        let (mut kind, mut flags) = (HEADERS, flags);
        while let Some(part) = parts.next() {
            if parts.peek().is_none() {
                flags |= END_HEADERS;
            }
            self.frame(kind, flags, stream, part)?;
            (kind, flags) = (CONTINUATION, 0);
        }
        Ok(())
    }

    /// The headers of a reply that promise a message.
    pub fn accept(&mut self, stream: u32) -> io::Result<()> {
        self.headers(stream, 0, &GRPC)
    }

    pub fn status(&mut self, stream: u32, code: &str) -> io::Result<()> {
        self.headers(stream, END_STREAM, &[("grpc-status", code)])
    }

    /// Bytes of a reply, as fast as the client has them.
    pub fn data(&mut self, stream: u32, bytes: &[u8]) -> io::Result<()> {
        for part in bytes.chunks(MAX_FRAME) {
            let length = part.len() as i64;
            loop {
                let window = self.windows.entry(stream).or_insert(self.first_window);
                if length <= *window && length <= self.window {
                    (*window, self.window) = (*window - length, self.window - length);
                    break;
                }
                let seen = self.waiting.len();
                self.wait_for_window()?;
                // The client wants no more of it.
                if self
                    .waiting
                    .iter()
                    .skip(seen)
                    .any(|it| (it.kind, it.stream) == (RST_STREAM, stream))
                {
                    return Err(ErrorKind::ConnectionReset.into());
                }
            }
            self.frame(DATA, 0, stream, part)?;
        }
        Ok(())
    }

    fn wait_for_window(&mut self) -> io::Result<()> {
        // Whatever it is: more room may have come before it.
        let frame = self.hear_within(Duration::from_millis(20))?;
        self.waiting.extend(frame);
        Ok(())
    }

    /// The next frame if one comes in time.
    pub fn hear_within(&mut self, wait: Duration) -> io::Result<Option<Frame>> {
        self.socket.set_read_timeout(Some(wait))?;
        let heard = self.hear();
        self.socket.set_read_timeout(None)?;
        match heard {
            Ok(frame) => Ok(Some(frame)),
            Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => Ok(None),
            Err(e) => Err(e),
        }
    }

    /// A whole and proper reply.
    pub fn reply(&mut self, stream: u32, message: &[u8]) -> io::Result<()> {
        self.accept(stream)?;
        self.data(stream, &grpc(message))?;
        self.status(stream, "0")
    }

    /// Listens no more, but takes what comes.
    pub fn drain(&mut self) -> io::Result<()> {
        let mut socket = self.socket.try_clone()?;
        std::thread::spawn(move || io::copy(&mut socket, &mut io::sink()));
        Ok(())
    }

    /// Writes it again and again, for some time or until the client hangs up.
    pub fn flood(&mut self, time: Duration, bytes: &[u8]) -> io::Result<()> {
        let many = bytes.repeat((32 << 10) / bytes.len() + 1);
        let end = Instant::now() + time;
        while Instant::now() < end {
            self.raw(&many)?;
        }
        Ok(())
    }
}

pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = (payload.len() as u32).to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// HPACK, every header in full.
pub fn block(headers: &[(&str, &str)]) -> Vec<u8> {
    let mut block = Vec::new();
    for (name, value) in headers {
        block.push(0);
        for text in [name, value] {
            let mut length = text.len();
            if length < 127 {
                block.push(length as u8);
            } else {
                block.push(127);
                length -= 127;
                block.extend(varint(length as u64));
            }
            block.extend(text.as_bytes());
        }
    }
    block
}

/// A message in its gRPC frame.
pub fn grpc(message: &[u8]) -> Vec<u8> {
    [&[0][..], &(message.len() as u32).to_be_bytes(), message].concat()
}

pub fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

/// A number in a protobuf message.
pub fn number(field: u64, value: i64) -> Vec<u8> {
    [varint(field << 3), varint(value as u64)].concat()
}

/// Bytes, text or a message in a protobuf message.
pub fn field(number: u64, value: &[u8]) -> Vec<u8> {
    [varint(number << 3 | 2), varint(value.len() as u64), value.to_vec()].concat()
}

/// The header of etcd's replies, which is also a whole reply to a get or a put.
pub fn header(revision: i64) -> Vec<u8> {
    let fields = [number(1, 11), number(2, 12), number(3, revision), number(4, 2)];
    field(1, &fields.concat())
}

/// What a lease's stream says of one renewal.
pub fn renewal(id: i64, ttl: i64) -> Vec<u8> {
    [number(2, id), number(3, ttl)].concat()
}

/// A message of a stream: these fields after a header.
pub fn tell(conn: &mut Conn, stream: u32, fields: &[Vec<u8>]) -> io::Result<()> {
    conn.data(stream, &grpc(&[header(5), fields.concat()].concat()))
}

/// The next stream after this one on which both sides send messages; unary calls are answered.
pub fn stream_after(conn: &mut Conn, last: u32) -> io::Result<u32> {
    loop {
        let request = conn.request()?;
        match request.unary {
            true => conn.reply(request.stream, &header(5))?,
            false if request.stream > last => return Ok(request.stream),
            false => {}
        }
    }
}

/// As a server should be: answers every unary call.
pub fn polite(conn: &mut Conn) -> io::Result<()> {
    conn.greet(&[])?;
    loop {
        let request = conn.request()?;
        if request.unary {
            conn.reply(request.stream, &header(5))?;
        }
    }
}
