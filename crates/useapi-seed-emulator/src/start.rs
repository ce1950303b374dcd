//! Starting and ending: an emulator runs on a thread of its own.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::middleware;
use jiff::Timestamp;
use tokio::sync::oneshot;

use crate::callbacks::{Callback, Callbacks, Reach};
use crate::clock::{Clock, Pace, Speed, TimeScaleError, can_be_shown};
use crate::control::{self, Addresses, Control};
use crate::faults::{Fault, FaultError, InjectedFault, Plan, Trigger};
use crate::gallery::Gallery;
use crate::head_limit;
use crate::host;
use crate::image_host::{self, ImageHost};
use crate::journal::JournalEntry;
use crate::operation::Operation;
use crate::retrieval::JobCounts;
use crate::routes;
use crate::samples::{self, EXPIRED_TOKEN, SampleJobs, TOKEN};
use crate::scenario::Scenario;
use crate::service::Service;
use crate::watch::Watch;
use crate::wire::{Connections, Fate};

/// Why an emulator could not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The clock's speed is no finite number above zero.
    #[error(transparent)]
    TimeScale(#[from] TimeScaleError),
    /// The clock's start is no time that could be written down.
    #[error("the clock cannot start at {0:?}: choose a time between the years 1 and 9998")]
    Start(SystemTime),
    /// A fault cannot be met by the calls that it is for.
    #[error(transparent)]
    Fault(#[from] FaultError),
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
#[derive(Clone, Debug)]
#[must_use = "nothing runs before `start`"]
pub struct EmulatorBuilder {
    port: u16,
    pace: Option<Result<Pace, TimeScaleError>>,
    start: Option<Result<Timestamp, SystemTime>>,
    scenario: Option<Scenario>,
    faults: Vec<(Operation, Trigger, Fault)>,
    reach: Reach,
}

/// Some hours after the sample jobs, so that they are not too old.
const START: Timestamp = Timestamp::constant(1_708_884_000, 0);

impl EmulatorBuilder {
    pub(crate) fn new() -> Self {
        Self {
            port: 0,
            pace: None,
            start: None,
            scenario: None,
            faults: Vec::new(),
            reach: Reach::Loopback,
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
    pub fn time_scale(mut self, time_scale: f64) -> Self {
        self.pace = Some(Speed::try_from(time_scale).map(Pace::Times));
        self
    }

    /// A clock that stands still but for [`Emulator::advance`], so that a test
    /// sees each state as long as it likes.
    pub fn paused(mut self) -> Self {
        self.pace = Some(Ok(Pace::Stopped));
        self
    }

    /// What the emulator's clock shows at its start. Without this it is
    /// 2024-02-25T18:00:00Z, at every start: some hours after the sample jobs
    /// were made, which are gone 31 days later.
    pub fn start_time(mut self, time: SystemTime) -> Self {
        self.start = Some(Timestamp::try_from(time).map_err(|_| time));
        self
    }

    /// What is there at the start, beside the sample jobs. What is said of clock
    /// and faults otherwise comes before what the scenario says.
    pub fn scenario(mut self, scenario: Scenario) -> Self {
        self.scenario = Some(scenario);
        self
    }

    /// A fault that calls of an operation meet, as [`Emulator::inject`].
    pub fn fault(mut self, operation: Operation, trigger: Trigger, fault: Fault) -> Self {
        self.faults.push((operation, trigger, fault));
        self
    }

    /// Lets callbacks leave this machine. Without this, a `replyUrl` is called
    /// only on loopback: 127.0.0.0/8, `[::1]` and `localhost`.
    pub fn allow_external_callbacks(mut self) -> Self {
        self.reach = Reach::Anywhere;
        self
    }

    /// Starts the emulator. Both ports accept connections when it is done. It
    /// needs no particular runtime around it.
    ///
    /// # Errors
    ///
    /// [`StartError::TimeScale`] if the speed is no finite number above zero,
    /// [`StartError::Start`] if the clock cannot show the time it is to start at,
    /// [`StartError::Fault`] if a fault is for calls that cannot meet it,
    /// [`StartError::PortTaken`] if the port is, [`StartError::System`] if the
    /// system refuses a port for another reason, or the thread.
    pub async fn start(self) -> Result<Emulator, StartError> {
        let Self {
            port,
            pace,
            start,
            scenario,
            faults,
            reach,
        } = self;
        let said = scenario.as_ref();
        let pace = pace
            .or_else(|| said.and_then(Scenario::pace).map(Ok))
            .unwrap_or(Ok(Pace::Times(Speed::REAL)))?;
        let start = start
            .or_else(|| said.and_then(Scenario::start).map(Ok))
            .unwrap_or(Ok(START));
        let start = start.map_err(StartError::Start)?;
        if !can_be_shown(start) {
            return Err(StartError::Start(start.into()));
        }
        let mut plan = Plan::default();
        let told = scenario.iter().flat_map(Scenario::faults);
        for (operation, trigger, fault) in faults.into_iter().chain(told) {
            plan.add(operation, trigger, fault)?;
        }
        let api = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(|error| {
            if error.kind() == ErrorKind::AddrInUse {
                StartError::PortTaken { port }
            } else {
                error.into()
            }
        })?;
        let images = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let addresses = Addresses {
            base_url: format!("http://{}/v2", api.local_addr()?),
            image_base_url: format!("http://{}", images.local_addr()?),
        };

        let clock = Clock::start(start, pace);
        let (jobs, mut world) = samples::world(start);
        if let Some(scenario) = &scenario {
            scenario.add_to(&mut world, start);
        }
        let names = Arc::new(world.names.clone());
        let gallery = Arc::new(Gallery::new(addresses.image_base_url.clone()));
        let host = Arc::new(ImageHost::new(clock.clone(), Arc::clone(&gallery), &world));
        let watch = Arc::new(Watch::new(clock.clone(), &world, plan));
        let service = Arc::new(Service::new(clock.clone(), gallery, world));
        let callbacks = Callbacks::new(reach, clock.clone(), Arc::clone(&watch));
        let callbacks = Arc::new(callbacks);
        let control = Control {
            clock: clock.clone(),
            watch: Arc::clone(&watch),
            service: Arc::clone(&service),
            callbacks: Arc::clone(&callbacks),
            host: Arc::clone(&host),
            addresses: Arc::new(addresses),
            names,
        };
        // The service's own routes come first, and its answer to unknown ones.
        let site = routes::router(service, Arc::clone(&watch), callbacks)
            .merge(control::router(control.clone()));
        #[cfg(feature = "console")]
        let site = crate::page::on(site, &control.addresses.image_base_url);
        let pictures = image_host::router(host, watch);
        #[cfg(feature = "console")]
        let pictures = crate::page::measured(pictures);
        let sites = [(api, site), (images, pictures)];

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
            jobs,
            control,
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
            match listening(listener) {
                Ok((listener, port)) => {
                    let router = router
                        .layer(middleware::from_fn(head_limit::refuse))
                        .layer(middleware::from_fn_with_state(port, host::check));
                    let service = router.into_make_service_with_connect_info::<Fate>();
                    tokio::spawn(axum::serve(Connections::new(listener), service).into_future());
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

/// In this thread's runtime, with the port.
fn listening(listener: TcpListener) -> io::Result<(tokio::net::TcpListener, u16)> {
    listener.set_nonblocking(true)?;
    let port = listener.local_addr()?.port();
    Ok((tokio::net::TcpListener::from_std(listener)?, port))
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
    jobs: SampleJobs,
    control: Control,
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
        &self.control.addresses.base_url
    }

    /// The URL of the console, a page for a browser:
    /// `http://127.0.0.1:<port>/_emulator/page/`.
    #[cfg(feature = "console")]
    #[must_use]
    pub fn console_url(&self) -> String {
        let root = self.base_url().trim_end_matches("v2");
        format!("{root}_emulator/page/")
    }

    /// The image host's base URL, `http://127.0.0.1:<another port>`.
    #[must_use]
    pub fn image_base_url(&self) -> &str {
        &self.control.addresses.image_base_url
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

    /// The id of a job by what it is called: in the scenario, or as the fields
    /// of [`SampleJobs`].
    #[must_use]
    pub fn job(&self, name: &str) -> Option<&str> {
        self.control.names.get(name).map(String::as_str)
    }

    /// Names and ids of all jobs that were there at the start.
    pub fn named_jobs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.control.names.iter().map(|(name, id)| (&**name, &**id))
    }

    /// Puts the emulator's clock forward: what takes that long there is done at
    /// once, and a test need not wait for it. All calls together put it forward by
    /// five hundred years at most.
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
        self.control.clock.advance(by);
    }

    /// From now on, so many seconds pass on the emulator's clock while one passes in
    /// reality; one that stood still runs.
    ///
    /// # Errors
    ///
    /// If the speed is no finite number above zero.
    pub fn set_time_scale(&self, time_scale: f64) -> Result<(), TimeScaleError> {
        let speed = Speed::try_from(time_scale)?;
        self.control.clock.set_pace(Pace::Times(speed));
        Ok(())
    }

    /// What its clock shows.
    #[must_use]
    pub fn now(&self) -> SystemTime {
        self.control.clock.now().into()
    }

    /// From now on, calls of an operation meet a fault.
    ///
    /// # Errors
    ///
    /// If it would change nothing about any of them, or has a number or a header
    /// that it cannot have.
    pub fn inject(
        &self,
        operation: Operation,
        trigger: Trigger,
        fault: Fault,
    ) -> Result<(), FaultError> {
        self.control.watch.inject(operation, trigger, fault)
    }

    /// The faults that were asked for, in that order, with how often each was
    /// met.
    #[must_use]
    pub fn faults(&self) -> Vec<InjectedFault> {
        self.control.watch.plan().counts()
    }

    /// Forgets all faults, those with chances too.
    pub fn clear_faults(&self) {
        self.control.watch.plan().clear();
    }

    /// The calls of API and image host, the latest thousand, or fewer where they
    /// are over 16 MiB together, in the order they were answered.
    #[must_use]
    pub fn journal(&self) -> Vec<JournalEntry> {
        self.control.watch.calls()
    }

    /// The answers of the API that were outside of the OpenAPI description: each
    /// became a 500. For this project's own tests.
    #[cfg(feature = "validated")]
    #[must_use]
    pub fn violations(&self) -> Vec<String> {
        self.control.watch.violations()
    }

    /// The callbacks so far, the latest thousand, tries that failed among them.
    #[must_use]
    pub fn callbacks(&self) -> Vec<Callback> {
        self.control.callbacks.log()
    }

    /// How the seed jobs of each job have fared, by its id. A job that nobody
    /// asked the seed of is not among them.
    #[must_use]
    pub fn job_counts(&self) -> BTreeMap<String, JobCounts> {
        self.control.service.counts()
    }

    /// How many requests to the image host carried an API token or an
    /// `Authorization` header, and were refused for it.
    #[must_use]
    pub fn leaked_token_requests(&self) -> u64 {
        self.control.host.requests_with_token()
    }
}

impl fmt::Debug for Emulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Emulator")
            .field("base_url", &self.base_url())
            .field("image_base_url", &self.image_base_url())
            .finish_non_exhaustive()
    }
}
