//! The limits of the receiver's own server.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use useapi_seed::Client;
use useapi_seed_callback::{Receiver, Server};

use crate::{SOON, callback, path, receiver};

const SHORT: Duration = Duration::from_millis(100);

struct Serving {
    receiver: Receiver,
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Serving {
    async fn start(configure: impl FnOnce(Server) -> Server) -> Self {
        let client = Client::builder("a-token").base_url("http://127.0.0.1:1/v2");
        let (receiver, _events) = receiver(&client.build().unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let serve = configure(receiver.server()).serve(listener);
        let task = tokio::spawn(async move {
            serve.await;
        });
        Self {
            receiver,
            address,
            task,
        }
    }

    async fn connect(&self, bytes: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(bytes.as_bytes()).await.unwrap();
        stream
    }

    fn callback(&self) -> String {
        let path = path(&self.receiver.account_url());
        let body = callback("a", "progress").to_string();
        let length = body.len();
        format!("POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\n\r\n{body}")
    }
}

/// The head of the next response.
async fn head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let byte = timeout(SOON, stream.read_u8()).await;
        head.push(byte.expect("a response").expect("it is open"));
    }
    String::from_utf8(head).unwrap()
}

/// Everything until the connection is closed.
async fn rest(stream: &mut TcpStream) -> String {
    let mut text = String::new();
    let read = timeout(SOON, stream.read_to_string(&mut text)).await;
    read.expect("it is closed").unwrap();
    text
}

fn limit(connections: usize) -> NonZeroUsize {
    NonZeroUsize::new(connections).unwrap()
}

#[tokio::test]
async fn idle_connection_is_closed() {
    let serving = Serving::start(|server| server.head_timeout(SHORT)).await;
    assert_eq!(rest(&mut serving.connect("").await).await, "");
}

#[tokio::test]
async fn head_sent_byte_by_byte_times_out() {
    let serving = Serving::start(|server| server.head_timeout(SHORT)).await;
    let stream = serving.connect("POST / HTTP/1.1\r\nx: ").await;
    let (mut reading, mut writing) = stream.into_split();
    let dripping = tokio::spawn(async move {
        while writing.write_all(b"x").await.is_ok() {
            sleep(SHORT / 10).await;
        }
    });
    let mut text = Vec::new();
    // Bytes sent after the close may reset the connection.
    let _ = timeout(SOON, reading.read_to_end(&mut text))
        .await
        .expect("it is closed");
    assert!(text.is_empty(), "{text:?}");
    dripping.abort();
}

#[tokio::test]
async fn keep_alive_serves_several_requests() {
    let serving = Serving::start(|server| server).await;
    let mut stream = serving.connect("").await;
    for _ in 0..3 {
        let callback = serving.callback();
        stream.write_all(callback.as_bytes()).await.unwrap();
        let head = head(&mut stream).await;
        assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    }
    assert_eq!(serving.receiver.stats().accepted, 3);
}

#[tokio::test]
async fn idle_keep_alive_is_closed() {
    let serving = Serving::start(|server| server.head_timeout(SHORT)).await;
    let mut stream = serving.connect(&serving.callback()).await;
    let head = head(&mut stream).await;
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    assert_eq!(rest(&mut stream).await, "");
}

#[tokio::test]
async fn connection_over_the_limit_waits() {
    let serving = Serving::start(|server| server.max_connections(limit(2))).await;
    let first = serving.connect("").await;
    let second = serving.connect("").await;
    let mut third = serving.connect(&serving.callback()).await;
    let early = timeout(SHORT, third.read_u8()).await;
    assert!(early.is_err(), "{early:?}");
    drop(second);
    assert!(head(&mut third).await.starts_with("HTTP/1.1 200 "));
    drop(first);
}

#[tokio::test]
async fn flood_of_connections_is_outlasted() {
    let limited = |server: Server| server.max_connections(limit(8)).head_timeout(SHORT);
    let serving = Serving::start(limited).await;
    let mut flood = Vec::new();
    for number in 0..64 {
        let start = if number % 2 == 0 { "" } else { "POST / HT" };
        flood.push(serving.connect(start).await);
    }
    let mut honest = serving.connect(&serving.callback()).await;
    assert!(head(&mut honest).await.starts_with("HTTP/1.1 200 "));
    for stream in &mut flood {
        rest(stream).await;
    }
}

#[tokio::test]
async fn large_head_is_rejected() {
    let serving = Serving::start(|server| server).await;
    let header = format!("x: {}\r\n\r\n", "x".repeat(17 * 1024));
    let mut stream = serving.connect("POST / HTTP/1.1\r\n").await;
    stream.write_all(header.as_bytes()).await.unwrap();
    let head = head(&mut stream).await;
    assert!(head.starts_with("HTTP/1.1 431 "), "{head}");
}

#[tokio::test]
async fn dropped_server_closes_its_connections() {
    let serving = Serving::start(|server| server).await;
    let mut stream = serving.connect(&serving.callback()).await;
    head(&mut stream).await;
    serving.task.abort();
    assert_eq!(rest(&mut stream).await, "");
    assert!(TcpStream::connect(serving.address).await.is_err());
}
