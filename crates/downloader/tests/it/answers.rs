//! A server that gives prepared answers, for services that the test kit does not stand in for.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// Prepared answers: what a request line has to contain, and the body that it is then answered with.
type Prepared = Vec<(&'static str, String)>;

/// A server that gives prepared answers, and remembers what it was asked.
pub(crate) struct Answers {
    address: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Answers {
    /// Starts it. It serves, one connection after the other, until the process ends.
    pub(crate) fn start(prepared: Prepared) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let remembered = Arc::clone(&asked);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                answer(&stream.unwrap(), &prepared, &remembered);
            }
        });
        Self { address, asked }
    }

    pub(crate) fn url(&self) -> String {
        self.address.clone()
    }

    /// The requests so far: request line, headers and body of each.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

/// Reads one request, answers it and closes the connection.
fn answer(stream: &TcpStream, prepared: &Prepared, asked: &Mutex<Vec<String>>) {
    let mut reader = BufReader::new(stream);
    let (mut request, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 {
            return;
        }
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        let is_end = line.trim().is_empty();
        request.push_str(&line);
        if is_end {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    request.push_str(&String::from_utf8_lossy(&body));
    let found = prepared.iter().find(|(part, _)| request.contains(part));
    let (status, answer) = found.map_or(("404 Not Found", ""), |(_, answer)| ("200 OK", answer));
    asked.lock().unwrap().push(request);
    // A machine's metadata service says how long its token is valid; nobody else minds.
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-length: {}\r\nx-aws-ec2-metadata-token-ttl-seconds: 21600\r\nconnection: close\r\n\r\n",
        answer.len(),
    );
    let mut stream = stream;
    // Who asked may have gone.
    drop(stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(answer.as_bytes())));
}
