//! A server that sends exactly the bytes that a test gives it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::{Fixture, PNG};

/// A server on a free loopback port. It closes each connection after one response,
/// and stops when dropped.
#[derive(Debug)]
pub struct Stub {
    address: String,
    requests: Arc<Mutex<Vec<Request>>>,
    task: JoinHandle<()>,
}

/// A request as received.
#[derive(Clone, Debug)]
pub struct Request {
    /// Such as `POST /v2/jobs/seed_async HTTP/1.1`.
    pub line: String,
    /// In the order received; the names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Request {
    /// The value of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// The names of the headers, sorted.
    #[must_use]
    pub fn header_names(&self) -> Vec<&str> {
        let mut names: Vec<_> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        names
    }

    /// The path with its query.
    #[must_use]
    pub fn target(&self) -> &str {
        self.line.split(' ').nth(1).unwrap_or_default()
    }
}

/// A response of the stub.
#[derive(Clone, Debug)]
pub struct Response {
    status: u16,
    headers: String,
    body: Vec<u8>,
    /// The value of `content-length`; none without that header.
    content_length: Option<usize>,
    body_mode: BodyMode,
}

/// How the body is sent.
#[derive(Clone, Copy, Debug)]
enum BodyMode {
    Complete,
    /// A byte at a time.
    Trickle,
    /// A byte at a time, without an end.
    Endless,
    /// This many bytes, and the connection stays open.
    Stall(usize),
    /// No response, and the connection stays open.
    Hang,
    /// No response, and the connection is closed.
    DropConnection,
}

impl Response {
    /// A response with a JSON body.
    #[must_use]
    pub fn json(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self::new(status, "application/json; charset=utf-8", body)
    }

    /// A response.
    #[must_use]
    pub fn new(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let body = body.into();
        Self {
            status,
            headers: format!("content-type: {content_type}\r\n"),
            content_length: Some(body.len()),
            body,
            body_mode: BodyMode::Complete,
        }
    }

    /// An HTML page of a server in between.
    #[must_use]
    pub fn html(status: u16) -> Self {
        Self::new(status, "text/html", "<html>")
    }

    /// A plain text.
    #[must_use]
    pub fn text(status: u16, text: &str) -> Self {
        Self::new(status, "text/plain", text)
    }

    /// The smallest PNG image there is.
    #[must_use]
    pub fn png() -> Self {
        Self::new(200, "image/png", PNG)
    }

    /// A documented response.
    #[must_use]
    pub fn fixture(name: &str) -> Self {
        let fixture = Fixture::named(name);
        Self::json(fixture.status, fixture.text)
    }

    /// The documented completed seed job, changed.
    #[must_use]
    pub fn completed_with(change: impl FnOnce(&mut Value)) -> Self {
        let mut body = Fixture::named("service/200-completed-seed-job").json();
        change(&mut body);
        Self::json(200, body.to_string())
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push_str(name);
        self.headers.push_str(": ");
        self.headers.push_str(value);
        self.headers.push_str("\r\n");
        self
    }

    /// Replaces the status.
    #[must_use]
    pub fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// No response: the request is read, and the connection closed.
    #[must_use]
    pub fn drop_connection() -> Self {
        Self::json(200, "").mode(BodyMode::DropConnection)
    }

    /// No response: the request is read, and the connection stays open.
    #[must_use]
    pub fn hang() -> Self {
        Self::json(200, "").mode(BodyMode::Hang)
    }

    /// Sends the first `bytes` of the body, and keeps the connection open. The request
    /// is among [`Stub::requests`] when they are sent.
    #[must_use]
    pub fn stall_after(self, bytes: usize) -> Self {
        self.mode(BodyMode::Stall(bytes))
    }

    /// Sends the body a byte at a time.
    #[must_use]
    pub fn trickle(self) -> Self {
        self.mode(BodyMode::Trickle)
    }

    /// Sends the body, and then spaces until the caller closes the connection.
    #[must_use]
    pub fn endless(self) -> Self {
        self.content_length(1 << 40).mode(BodyMode::Endless)
    }

    fn head(&self) -> String {
        let content_length = self
            .content_length
            .map(|length| format!("content-length: {length}\r\n"));
        format!(
            "HTTP/1.1 {} Reason\r\n{}{}connection: close\r\n\r\n",
            self.status,
            self.headers,
            content_length.unwrap_or_default()
        )
    }

    fn mode(self, body_mode: BodyMode) -> Self {
        Self { body_mode, ..self }
    }

    /// Sets `content-length`, whatever the length of the body is.
    #[must_use]
    pub fn content_length(mut self, bytes: usize) -> Self {
        self.content_length = Some(bytes);
        self
    }

    /// Removes `content-length`: the body ends with the connection.
    #[must_use]
    pub fn without_length(mut self) -> Self {
        self.content_length = None;
        self
    }

    /// Closes the connection before the last `bytes` of the body.
    #[must_use]
    pub fn truncated(mut self, bytes: usize) -> Self {
        self.body.truncate(self.body.len().saturating_sub(bytes));
        self
    }
}

impl Stub {
    /// Responds to each request with what `respond` returns.
    ///
    /// # Panics
    ///
    /// When there is no free port.
    pub async fn start(respond: impl Fn(&Request) -> Response + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address").to_string();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let respond = Arc::new(respond);
        let received = Arc::clone(&requests);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let respond = Arc::clone(&respond);
                let received = Arc::clone(&received);
                tokio::spawn(async move {
                    // A client may close the connection at any time.
                    let _ = serve(stream, &*respond, &received).await;
                });
            }
        });
        Self {
            address,
            requests,
            task,
        }
    }

    /// Sends the same response to each request.
    pub async fn always(response: Response) -> Self {
        Self::start(move |_| response.clone()).await
    }

    /// Sends these responses in turn, and the last one from then on.
    ///
    /// # Panics
    ///
    /// When there is no free port.
    pub async fn in_turn(responses: Vec<Response>) -> Self {
        let count = AtomicUsize::new(0);
        Self::start(move |_| {
            let index = count.fetch_add(1, Ordering::SeqCst);
            let response = responses.get(index).or(responses.last());
            response.expect("a response").clone()
        })
        .await
    }

    /// The base URL for a client.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}/v2", self.address)
    }

    /// The URL of a path.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}/{path}", self.address)
    }

    /// The address with its port.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// How many of the requests so far were submissions.
    #[must_use]
    pub fn submissions(&self) -> usize {
        let requests = self.requests().into_iter();
        requests
            .filter(|request| request.line.starts_with("POST"))
            .count()
    }

    /// The requests so far.
    ///
    /// # Panics
    ///
    /// When the stub has panicked.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().expect("no panic").clone()
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(
    mut stream: TcpStream,
    respond: &(dyn Fn(&Request) -> Response + Send + Sync),
    received: &Mutex<Vec<Request>>,
) -> std::io::Result<()> {
    let request = read(&mut stream).await?;
    let response = respond(&request);
    let record = |request| received.lock().expect("no panic").push(request);
    if let BodyMode::Stall(bytes) = response.body_mode {
        stream.write_all(response.head().as_bytes()).await?;
        let start = response.body.get(..bytes);
        stream.write_all(start.unwrap_or(&response.body)).await?;
        record(request);
        stream.read_to_end(&mut Vec::new()).await?;
        return Ok(());
    }
    record(request);
    match response.body_mode {
        BodyMode::DropConnection => return Ok(()),
        BodyMode::Hang => {
            // Until the caller closes the connection.
            stream.read_to_end(&mut Vec::new()).await?;
            return Ok(());
        }
        _ => {}
    }
    stream.write_all(response.head().as_bytes()).await?;
    if matches!(response.body_mode, BodyMode::Complete) {
        stream.write_all(&response.body).await?;
        return stream.shutdown().await;
    }
    // Otherwise the bytes would be sent together.
    stream.set_nodelay(true)?;
    for byte in response.body {
        stream.write_u8(byte).await?;
        tokio::task::yield_now().await;
    }
    if matches!(response.body_mode, BodyMode::Endless) {
        loop {
            stream.write_u8(b' ').await?;
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
    stream.shutdown().await
}

async fn read(stream: &mut TcpStream) -> std::io::Result<Request> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
        if stream.read_buf(&mut bytes).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
    };
    let mut body = bytes.split_off(end + 4);
    let head = String::from_utf8_lossy(&bytes);
    let mut lines = head.trim_end().split("\r\n");
    let line = lines.next().unwrap_or_default().to_owned();
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let length = headers
        .iter()
        .find(|(name, _)| name == "content-length")
        .and_then(|(_, value)| value.parse().ok())
        .unwrap_or(0);
    while body.len() < length {
        if stream.read_buf(&mut body).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
    }
    Ok(Request {
        line,
        headers,
        body,
    })
}
