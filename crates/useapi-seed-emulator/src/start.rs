//! Starting and ending: an emulator runs on a thread of its own.

use std::fmt;
use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use axum::Router;
use axum::serve::ListenerExt;
use tokio::sync::oneshot;

use crate::access::{EXPIRED_TOKEN, TOKEN};
use crate::clock::Clock;
use crate::gallery::Gallery;
use crate::image_host::{self, ImageHost};
use crate::routes;
use crate::samples::SampleJobs;
use crate::service::Service;

/// Why an emulator could not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The clock's speed is no finite number above zero.
    #[error("speed must be a finite number above zero, not {speed}")]
    Speed {
        /// The speed that was asked for.
        speed: f64,
    },
    /// Something else listens on the port.
    #[error("port {port} is taken on 127.0.0.1: choose another, or 0 for any that is free")]
    PortTaken {
        /// The port that was asked for.
        port: u16,
    },
    /// The system would not let it.
    #[error("the emulator could not start: {0}")]
    System(#[from] io::Error),
}

/// Says how an emulator is to run. Made by [`Emulator::builder`].
#[derive(Clone, Copy, Debug)]
#[must_use = "nothing runs before `start`"]
pub struct EmulatorBuilder {
    port: u16,
    speed: f64,
}

impl EmulatorBuilder {
    pub(crate) fn new() -> Self {
        Self {
            port: 0,
            speed: 1.0,
        }
    }

    /// The API's port. 0, which is what it is without this, takes any that is
    /// free. The image host always takes any that is free.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// How many seconds pass on the emulator's clock while one passes in
    /// reality. Without this it is 1.
    pub fn speed(mut self, speed: f64) -> Self {
        self.speed = speed;
        self
    }

    /// Starts the emulator. Both ports accept connections when it is done. It
    /// needs no particular runtime around it.
    ///
    /// # Errors
    ///
    /// [`StartError::Speed`] if the speed is no finite number above zero,
    /// [`StartError::PortTaken`] if the port is, [`StartError::System`] if the
    /// system refuses a port for another reason, or the thread.
    pub async fn start(self) -> Result<Emulator, StartError> {
        let Self { port, speed } = self;
        if !speed.is_finite() || speed <= 0.0 {
            return Err(StartError::Speed { speed });
        }
        let api = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(|error| {
            if error.kind() == ErrorKind::AddrInUse {
                StartError::PortTaken { port }
            } else {
                error.into()
            }
        })?;
        let images = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let base_url = format!("http://{}/v2", api.local_addr()?);
        let image_base_url = format!("http://{}", images.local_addr()?);

        let clock = Clock::start(speed);
        let gallery = Arc::new(Gallery::new(image_base_url.clone()));
        let host = Arc::new(ImageHost::new(clock.clone(), Arc::clone(&gallery)));
        let (service, jobs) = Service::new(clock.clone(), gallery);
        let sites = [
            (api, routes::router(Arc::new(service))),
            (images, image_host::router(Arc::clone(&host))),
        ];

        let (stop, stopped) = oneshot::channel();
        let (ready, serving) = oneshot::channel();
        let thread = thread::Builder::new()
            .name("useapi-seed-emulator".into())
            .spawn(move || serve(sites, ready, stopped))?;
        let running = Running {
            stop: Some(stop),
            thread: Some(thread),
        };
        serving
            .await
            .unwrap_or_else(|_| Err(io::Error::other("its thread ended")))?;
        Ok(Emulator {
            base_url,
            image_base_url,
            jobs,
            clock,
            host,
            _running: running,
        })
    }
}

/// Serves until told to stop, or until nobody could tell any more.
fn serve(
    sites: [(TcpListener, Router); 2],
    ready: oneshot::Sender<io::Result<()>>,
    stopped: oneshot::Receiver<()>,
) {
    // A runtime of its own makes the end complete: it takes the connections
    // along, which axum otherwise serves in tasks that nobody holds.
    let runtime = match tokio::runtime::Builder::new_current_thread()
        .max_blocking_threads(4)
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return drop(ready.send(Err(error))),
    };
    runtime.block_on(async {
        for (listener, router) in sites {
            let listener = listener
                .set_nonblocking(true)
                .and_then(|()| tokio::net::TcpListener::from_std(listener));
            match listener {
                Ok(listener) => {
                    // Small answers are not to wait for the caller's
                    // acknowledgement of what came before.
                    let listener = listener.tap_io(|stream| {
                        let _ = stream.set_nodelay(true);
                    });
                    tokio::spawn(axum::serve(listener, router).into_future());
                }
                Err(error) => return drop(ready.send(Err(error))),
            }
        }
        if ready.send(Ok(())).is_ok() {
            // An error means that the sender is gone, which is the sign.
            let _ = stopped.await;
        }
    });
    // A picture that is being painted is of no use to anybody now.
    runtime.shutdown_background();
}

/// The thread, ended when this is dropped.
#[derive(Debug)]
struct Running {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // It only has to drop what it holds; waiting for that means that
            // both ports are closed afterwards. A panic there was told there.
            let _ = thread.join();
        }
    }
}

/// The service, running on loopback until it is dropped.
///
/// Dropping it closes both ports and every connection before it returns.
pub struct Emulator {
    base_url: String,
    image_base_url: String,
    jobs: SampleJobs,
    clock: Clock,
    host: Arc<ImageHost>,
    _running: Running,
}

impl Emulator {
    /// Starts an emulator on a free port, at real speed.
    ///
    /// # Errors
    ///
    /// As [`EmulatorBuilder::start`].
    pub async fn start() -> Result<Self, StartError> {
        Self::builder().start().await
    }

    /// For an emulator on a certain port or with a faster clock.
    pub fn builder() -> EmulatorBuilder {
        EmulatorBuilder::new()
    }

    /// The API's base URL, `http://127.0.0.1:<port>/v2`.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// The image host's base URL, `http://127.0.0.1:<another port>`.
    #[must_use]
    pub fn image_base_url(&self) -> &str {
        &self.image_base_url
    }

    /// An API token that is accepted.
    #[must_use]
    #[allow(clippy::unused_self, reason = "a token belongs to a service")]
    pub fn token(&self) -> &str {
        TOKEN
    }

    /// An API token whose subscription has expired: 402.
    #[must_use]
    #[allow(clippy::unused_self, reason = "a token belongs to a service")]
    pub fn expired_token(&self) -> &str {
        EXPIRED_TOKEN
    }

    /// The jobs that were there at the start.
    #[must_use]
    pub fn jobs(&self) -> &SampleJobs {
        &self.jobs
    }

    /// Puts the emulator's clock forward: what takes that long there is done at
    /// once, and a test need not wait for it.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let emulator = useapi_seed_emulator::Emulator::start().await?;
    /// // Start a job here; then let its 45 seconds pass:
    /// emulator.advance(std::time::Duration::from_secs(45));
    /// # Ok(())
    /// # }
    /// ```
    pub fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }

    /// How many requests to the image host carried an API token or an
    /// `Authorization` header, and were refused for it.
    #[must_use]
    pub fn image_requests_with_token(&self) -> u64 {
        self.host.requests_with_token()
    }
}

impl fmt::Debug for Emulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Emulator")
            .field("base_url", &self.base_url)
            .field("image_base_url", &self.image_base_url)
            .finish_non_exhaustive()
    }
}
