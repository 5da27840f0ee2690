// SPDX-License-Identifier: Apache-2.0
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may end here")]
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::get;
use tracecore_schema::Listen;

use super::{Limits, bind, serve};
use crate::{StopTasks, stop_tasks};

/// A server on a thread of its own, as the I/O thread runs it.
struct Server {
    address: SocketAddr,
    stop: StopTasks,
    thread: JoinHandle<(std::io::Result<()>, usize)>,
}

fn start(limits: Limits) -> Server {
    let listener = bind(&Listen::parse("127.0.0.1:0").unwrap()).unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopping) = stop_tasks();
    let router = Router::new()
        .route("/hello", get(async || "hello\n"))
        .route("/large", get(async || "x".repeat(64 << 20)))
        .route("/hang", get(async || std::future::pending::<String>().await))
        .route(
            "/slow",
            get(async || {
                tokio::time::sleep(Duration::from_millis(200)).await;
                "slow\n"
            }),
        )
        .route("/panic", get(async || if limits_are_odd() { "" } else { panic!("oh no") }));
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let ended = runtime.block_on(serve(listener, router, limits, stopping));
        (ended, runtime.metrics().num_alive_tasks())
    });
    Server { address, stop, thread }
}

/// Never, but the compiler does not know.
fn limits_are_odd() -> bool {
    Limits::default().connections % 2 == 1
}

impl Server {
    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream
    }

    /// Sends the text on a new connection and reads until the server closes it.
    fn say(&self, text: &str) -> String {
        let mut stream = self.connect();
        stream.write_all(text.as_bytes()).unwrap();
        rest(&mut stream)
    }

    fn request(&self, line: &str) -> String {
        self.say(&format!("{line} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
    }

    fn stop(self) {
        self.stop.set();
        let (ended, tasks) = self.thread.join().unwrap();
        ended.unwrap();
        assert_eq!(tasks, 0, "tasks left behind");
    }
}

fn rest(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    match stream.read_to_end(&mut answer) {
        // A reset after the answer is an end like any other.
        Err(error) if error.kind() != std::io::ErrorKind::ConnectionReset => panic!("{error}"),
        _ => {}
    }
    String::from_utf8(answer).unwrap()
}

/// What comes in one read.
fn some(stream: &mut TcpStream) -> String {
    let mut answer = [0; 1024];
    let length = stream.read(&mut answer).unwrap();
    String::from_utf8(answer[..length].to_vec()).unwrap()
}

fn body(answer: &str) -> &str {
    answer.split_once("\r\n\r\n").unwrap().1
}

#[test]
fn get_and_head_differ_in_the_body_alone() {
    let server = start(Limits::default());
    let (get, head) = (server.request("GET /hello"), server.request("HEAD /hello"));
    assert!(get.starts_with("HTTP/1.1 200 OK\r\n"), "{get}");
    assert_eq!((body(&get), body(&head)), ("hello\n", ""));
    let headers = |answer: &str| {
        let (headers, _) = answer.split_once("\r\n\r\n").unwrap();
        let mut headers: Vec<_> = headers.lines().map(str::to_ascii_lowercase).collect();
        headers.retain(|line| !line.starts_with("date:"));
        headers.sort();
        headers
    };
    assert_eq!(headers(&get), headers(&head));
    assert!(!headers(&get).iter().any(|line| line.starts_with("server:")));
    assert!(headers(&head).contains(&"content-length: 6".to_owned()));
    server.stop();
}

#[test]
fn unknown_paths_and_methods_are_told_so() {
    let server = start(Limits::default());
    let answer = server.request("GET /nothing");
    assert!(answer.starts_with("HTTP/1.1 404 "), "{answer}");
    assert_eq!(body(&answer), "not found\n");
    let answer = server.request("POST /hello");
    assert!(answer.starts_with("HTTP/1.1 405 "), "{answer}");
    assert!(answer.to_ascii_lowercase().contains("\r\nallow: get,head\r\n"), "{answer}");
    assert_eq!(body(&answer), "method not allowed\n");
    server.stop();
}

#[test]
fn a_panic_costs_one_answer() {
    let panics = Arc::new(AtomicU64::new(0));
    let server = start(Limits { panics: Arc::clone(&panics), ..Limits::default() });
    let answer = server.request("GET /panic");
    assert!(answer.starts_with("HTTP/1.1 500 "), "{answer}");
    assert_eq!(body(&answer), "internal error\n");
    assert_eq!(panics.load(Ordering::Relaxed), 1);
    assert!(server.request("GET /hello").starts_with("HTTP/1.1 200 "));
    server.stop();
}

#[test]
fn a_handler_that_hangs_is_given_up() {
    let server = start(Limits { answer_timeout: Duration::from_millis(100), ..Limits::default() });
    let answer = server.request("GET /hang");
    assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
    server.stop();
}

#[test]
fn a_head_that_dribbles_in_is_cut_off() {
    let server = start(Limits { header_timeout: Duration::from_millis(300), ..Limits::default() });
    let begun = Instant::now();
    let mut stream = server.connect();
    stream.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
    let mut closed = false;
    for byte in "GET /hello HTTP/1.1\r\nHost: ".bytes().chain(std::iter::repeat_n(b'x', 400)) {
        let mut answer = [0; 16];
        closed = stream.write_all(&[byte]).is_err() || matches!(stream.read(&mut answer), Ok(0));
        if closed {
            break;
        }
    }
    assert!(closed, "still open after {:?}", begun.elapsed());
    assert!(begun.elapsed() >= Duration::from_millis(250), "cut off after {:?}", begun.elapsed());
    server.stop();
}

#[test]
fn a_connection_that_says_nothing_is_closed() {
    let server = start(Limits { header_timeout: Duration::from_millis(100), ..Limits::default() });
    assert_eq!(server.say(""), "");
    server.stop();
}

#[test]
fn between_two_requests_there_is_more_time_than_for_a_head() {
    let limits = Limits {
        header_timeout: Duration::from_millis(150),
        idle_timeout: Duration::from_millis(900),
        ..Limits::default()
    };
    let server = start(limits);
    let mut stream = server.connect();
    for _ in 0..2 {
        stream.write_all(b"GET /hello HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        assert!(some(&mut stream).starts_with("HTTP/1.1 200 "));
        std::thread::sleep(Duration::from_millis(450));
    }
    // A second head has as much time as the first.
    stream.write_all(b"GET /hello HTTP/1.1\r\n").unwrap();
    assert_eq!(rest(&mut stream), "");
    // And idling has an end.
    let mut stream = server.connect();
    stream.write_all(b"GET /hello HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    assert!(rest(&mut stream).ends_with("hello\n"));
    server.stop();
}

#[test]
fn a_head_of_9_kib_is_refused() {
    let server = start(Limits::default());
    let head = |bytes| {
        format!("GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX: {}\r\n\r\n", "x".repeat(bytes))
    };
    let answer = server.say(&head(9 * 1024));
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
    assert!(server.say(&head(7 * 1024)).starts_with("HTTP/1.1 200 "));
    let many = "X: y\r\n".repeat(100);
    let answer = server.say(&format!("GET /hello HTTP/1.1\r\nHost: x\r\n{many}\r\n"));
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
    server.stop();
}

#[test]
fn the_65th_connection_gets_503_and_room_comes_back() {
    let server = start(Limits::default());
    let mut held: Vec<_> = (0..64).map(|_| server.connect()).collect();
    let answer = server.request("GET /hello");
    assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
    assert_eq!(body(&answer), "too many connections\n");
    held.pop();
    // The server learns of the end of a connection when it next looks.
    let come_back = (0..100).any(|_| {
        std::thread::sleep(Duration::from_millis(20));
        server.request("GET /hello").starts_with("HTTP/1.1 200 ")
    });
    assert!(come_back);
    drop(held);
    server.stop();
}

#[test]
fn a_client_that_takes_nothing_is_let_go() {
    let server = start(Limits { write_timeout: Duration::from_millis(300), ..Limits::default() });
    let mut stream = server.connect();
    stream.write_all(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    // Taking a little now and then does not help.
    for _ in 0..8 {
        assert!(!some(&mut stream).is_empty());
        std::thread::sleep(Duration::from_millis(100));
    }
    let answer = rest(&mut stream);
    assert!(answer.len() < 32 << 20, "{} bytes came", answer.len());
    server.stop();
}

#[test]
fn stopping_ends_idle_connections_and_lets_answers_finish() {
    let server = start(Limits { stop_timeout: Duration::from_secs(5), ..Limits::default() });
    let (mut idle, mut busy) = (server.connect(), server.connect());
    idle.write_all(b"GET /hello HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    assert!(some(&mut idle).starts_with("HTTP/1.1 200 "));
    busy.write_all(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    std::thread::sleep(Duration::from_millis(50));
    let begun = Instant::now();
    let address = server.address;
    server.stop();
    assert!(begun.elapsed() < Duration::from_secs(4), "took {:?}", begun.elapsed());
    assert_eq!(rest(&mut idle), "");
    assert!(rest(&mut busy).ends_with("slow\n"));
    assert!(TcpStream::connect(address).is_err(), "nobody listens any more");
}

#[test]
fn stopping_does_not_wait_for_an_answer_that_never_comes() {
    let server = start(Limits { stop_timeout: Duration::from_millis(100), ..Limits::default() });
    let mut stream = server.connect();
    stream.write_all(b"GET /hang HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    std::thread::sleep(Duration::from_millis(50));
    server.stop();
    assert_eq!(rest(&mut stream), "");
}

#[test]
fn a_port_in_use_is_named() {
    let held = bind(&Listen::parse("localhost:0").unwrap()).unwrap();
    let port = held.local_addr().unwrap().port();
    let refused = bind(&Listen::parse(&format!("127.0.0.1:{port}")).unwrap()).unwrap_err();
    assert_eq!(refused.to_string(), format!("cannot listen on 127.0.0.1:{port}: address in use"));
    let refused = bind(&Listen::parse(&format!("localhost:{port}")).unwrap()).unwrap_err();
    assert_eq!(
        refused.to_string(),
        format!("cannot listen on localhost:{port}: address in use (127.0.0.1:{port})")
    );
    // An address of the test range, which no machine has.
    let refused = bind(&Listen::parse("192.0.2.1:80").unwrap()).unwrap_err();
    assert_eq!(refused.to_string(), "cannot listen on 192.0.2.1:80: this machine has no such address");
}
