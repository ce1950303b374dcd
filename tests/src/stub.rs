//! A server that answers with exactly the bytes it was given.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A server on a free loopback port; it closes each connection after one
/// answer, and ends when dropped.
#[derive(Debug)]
pub struct Stub {
    address: String,
    requests: Arc<Mutex<Vec<Request>>>,
    task: JoinHandle<()>,
}

/// A request as it came over the wire.
#[derive(Clone, Debug)]
pub struct Request {
    /// Such as `POST /v2/jobs/seed_async HTTP/1.1`.
    pub line: String,
    /// Names in lower case, in the order they came.
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

    /// The path with its query.
    #[must_use]
    pub fn target(&self) -> &str {
        self.line.split(' ').nth(1).unwrap_or_default()
    }
}

/// What the stub answers.
#[derive(Clone, Debug)]
pub struct Response {
    status: u16,
    headers: String,
    body: Vec<u8>,
    /// What `content-length` says, if it is there.
    length: Option<usize>,
    pace: Pace,
}

/// How the bytes of an answer come.
#[derive(Clone, Copy, Debug)]
enum Pace {
    AtOnce,
    /// One after the other.
    ByByte,
    /// So, and without an end.
    Endless,
    /// Not at all, and the connection stays.
    Never,
    /// Not at all, and the connection ends.
    Lost,
}

impl Response {
    /// An answer with a JSON body.
    #[must_use]
    pub fn json(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self::new(status, "application/json; charset=utf-8", body)
    }

    /// An answer.
    #[must_use]
    pub fn new(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let body = body.into();
        Self {
            status,
            headers: format!("content-type: {content_type}\r\n"),
            length: Some(body.len()),
            body,
            pace: Pace::AtOnce,
        }
    }

    /// With another header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push_str(name);
        self.headers.push_str(": ");
        self.headers.push_str(value);
        self.headers.push_str("\r\n");
        self
    }

    /// With another status.
    #[must_use]
    pub fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// None: the request is read, and the connection ends.
    #[must_use]
    pub fn lost() -> Self {
        Self::json(200, "").paced(Pace::Lost)
    }

    /// None, and the connection stays.
    #[must_use]
    pub fn silent() -> Self {
        Self::json(200, "").paced(Pace::Never)
    }

    /// The body comes a byte at a time.
    #[must_use]
    pub fn by_byte(self) -> Self {
        self.paced(Pace::ByByte)
    }

    /// After the body spaces come, a byte at a time, until the caller hangs up.
    #[must_use]
    pub fn endless(self) -> Self {
        self.announcing(1 << 40).paced(Pace::Endless)
    }

    fn paced(self, pace: Pace) -> Self {
        Self { pace, ..self }
    }

    /// Says that this many bytes come, whatever comes.
    #[must_use]
    pub fn announcing(mut self, bytes: usize) -> Self {
        self.length = Some(bytes);
        self
    }

    /// Says nothing of the length: the body ends with the connection.
    #[must_use]
    pub fn without_length(mut self) -> Self {
        self.length = None;
        self
    }

    /// The connection ends before the last `bytes` of the body.
    #[must_use]
    pub fn cut(mut self, bytes: usize) -> Self {
        self.body.truncate(self.body.len().saturating_sub(bytes));
        self
    }
}

impl Stub {
    /// Answers each request as `answer` says.
    ///
    /// # Panics
    ///
    /// When there is no free port.
    pub async fn start(answer: impl Fn(&Request) -> Response + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address").to_string();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let answer = Arc::new(answer);
        let seen = Arc::clone(&requests);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let answer = Arc::clone(&answer);
                let seen = Arc::clone(&seen);
                tokio::spawn(async move {
                    // A client that hangs up is no fault of the stub's.
                    let _ = serve(stream, &*answer, &seen).await;
                });
            }
        });
        Self {
            address,
            requests,
            task,
        }
    }

    /// Answers each request with the same.
    pub async fn always(response: Response) -> Self {
        Self::start(move |_| response.clone()).await
    }

    /// The base URL for a client.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}/v2", self.address)
    }

    /// The address with its port.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
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
    answer: &(dyn Fn(&Request) -> Response + Send + Sync),
    seen: &Mutex<Vec<Request>>,
) -> std::io::Result<()> {
    let request = read(&mut stream).await?;
    let response = answer(&request);
    seen.lock().expect("no panic").push(request);
    match response.pace {
        Pace::Lost => return Ok(()),
        Pace::Never => {
            // Until the caller hangs up.
            stream.read_to_end(&mut Vec::new()).await?;
            return Ok(());
        }
        Pace::AtOnce | Pace::ByByte | Pace::Endless => {}
    }
    let length = response
        .length
        .map(|length| format!("content-length: {length}\r\n"));
    let head = format!(
        "HTTP/1.1 {} Words\r\n{}{}connection: close\r\n\r\n",
        response.status,
        response.headers,
        length.unwrap_or_default()
    );
    stream.write_all(head.as_bytes()).await?;
    if matches!(response.pace, Pace::AtOnce) {
        stream.write_all(&response.body).await?;
        return stream.shutdown().await;
    }
    // Or the bytes would be sent together.
    stream.set_nodelay(true)?;
    for byte in response.body {
        stream.write_u8(byte).await?;
        tokio::task::yield_now().await;
    }
    if matches!(response.pace, Pace::Endless) {
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
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
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
