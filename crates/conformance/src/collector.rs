//! A server of a test's own that others post to: it keeps what it gets, is in trouble, or stalls.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
};

/// Listens until the test's process ends.
#[derive(Debug, Clone)]
pub struct Collector {
    address: String,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Debug, Default)]
struct Seen {
    manner: Manner,
    bodies: Vec<String>,
}

/// How it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Manner {
    /// 200, and the body is kept.
    #[default]
    Takes,
    /// 503.
    InTrouble,
    /// Not at all.
    Stalls,
}

impl Collector {
    pub fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let address = listener.local_addr().expect("it is bound").to_string();
        let seen = Arc::new(Mutex::new(Seen { manner, bodies: Vec::new() }));
        let collector = Self { address, seen };
        let accepting = collector.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let serving = accepting.clone();
                // A peer that goes ends its connection.
                thread::spawn(move || serving.serve(&stream));
            }
        });
        collector
    }

    /// `http://host:port`
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn behave(&self, manner: Manner) {
        self.seen().manner = manner;
    }

    /// The bodies that it took.
    pub fn bodies(&self) -> Vec<String> {
        self.seen().bodies.clone()
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn serve(&self, stream: &TcpStream) -> std::io::Result<()> {
        let mut reader = BufReader::new(stream);
        while let Some(length) = head(&mut reader)? {
            let mut body = vec![0; length];
            reader.read_exact(&mut body)?;
            if let Some(code) = self.judge(body) {
                let mut writer = stream;
                write!(writer, "HTTP/1.1 {code} Answer\r\ncontent-length: 0\r\n\r\n")?;
            }
        }
        Ok(())
    }

    fn judge(&self, body: Vec<u8>) -> Option<u16> {
        let mut seen = self.seen();
        match seen.manner {
            Manner::Takes => {
                seen.bodies.push(String::from_utf8_lossy(&body).into_owned());
                Some(200)
            }
            Manner::InTrouble => Some(503),
            Manner::Stalls => None,
        }
    }
}

/// Reads the head of a request; the length of its body, or nothing at the end of the connection.
fn head(reader: &mut BufReader<&TcpStream>) -> std::io::Result<Option<usize>> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let line = line.trim().to_ascii_lowercase();
        if line.is_empty() {
            return Ok(Some(length));
        }
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
    }
}
