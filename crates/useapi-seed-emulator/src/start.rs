//! Start and end of an emulator, which runs on its own thread.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::thread::{self, JoinHandle};
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::middleware;
use jiff::Timestamp;
use tokio::sync::oneshot;

use crate::callbacks::{Callback, Callbacks};
use crate::clock::{Clock, TimeScale, TimeScaleError, is_representable};
use crate::control::{self, BaseUrls, Control};
use crate::faults::{Fault, FaultError, FaultPlan, InjectedFault, Injection, Trigger};
use crate::host;
use crate::image_host::{self, ImageHost};
use crate::journal::JournalEntry;
use crate::operation::Operation;
use crate::recorder::Recorder;
use crate::routes;
use crate::samples::{self, EXPIRED_TOKEN, SampleJobs, TOKEN};
use crate::scenario::Scenario;
use crate::seed_job::JobCounts;
use crate::server::{self, Limits};
use crate::service::Service;

/// Why an emulator could not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The time scale is not a finite number above zero.
    #[error(transparent)]
    TimeScale(#[from] TimeScaleError),
    /// The clock cannot show its start time.
    #[error("the clock cannot start at {0:?}: choose a time between the years 1 and 9998")]
    Start(SystemTime),
    /// A fault has no effect on its operation.
    #[error(transparent)]
    Fault(#[from] FaultError),
    /// Another program listens on the port.
    #[error("port {port} is in use; choose another, or 0 for a free one")]
    PortTaken {
        /// The port.
        port: u16,
    },
    /// An error of the operating system.
    #[error("the emulator could not start: {0}")]
    System(#[from] io::Error),
}

/// Configures an emulator. Created by [`Emulator::builder`].
#[derive(Clone, Debug, Default)]
#[must_use = "nothing runs before `start`"]
pub struct EmulatorBuilder {
    port: u16,
    time_scale: Option<Result<TimeScale, TimeScaleError>>,
    start_time: Option<SystemTime>,
    scenario: Option<Scenario>,
    faults: Vec<Injection>,
    allow_external_callbacks: bool,
    journal: Option<Sender<JournalEntry>>,
}

/// Some hours after the sample jobs were created.
const START: Timestamp = Timestamp::constant(1_708_884_000, 0);

impl EmulatorBuilder {
    /// The API's port. Defaults to 0, any that is free. The image host always takes
    /// any that is free.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// How many seconds pass on the emulator's clock in one real second; defaults to
    /// the scenario's value, or 1.
    pub fn time_scale(mut self, time_scale: f64) -> Self {
        self.time_scale = Some(TimeScale::try_from(time_scale));
        self
    }

    /// Pauses the clock: it changes only by [`Emulator::advance`], so that a test can
    /// inspect each state for as long as it likes.
    pub fn paused(mut self) -> Self {
        self.time_scale = Some(Ok(TimeScale::PAUSED));
        self
    }

    /// The time of the emulator's clock at its start; defaults to the scenario's
    /// value, or 2024-02-25T18:00:00Z, some hours after the sample jobs were created.
    /// These expire 31 days later.
    pub fn start_time(mut self, time: SystemTime) -> Self {
        self.start_time = Some(time);
        self
    }

    /// The initial state, in addition to the sample jobs.
    pub fn scenario(mut self, scenario: Scenario) -> Self {
        self.scenario = Some(scenario);
        self
    }

    /// Injects a fault, as [`Emulator::inject`] does, before those of the scenario.
    pub fn fault(mut self, operation: Operation, trigger: Trigger, fault: Fault) -> Self {
        self.faults.push(Injection {
            operation,
            trigger,
            fault,
        });
        self
    }

    /// Allows callbacks to other machines. By default, a `replyUrl` is called only on
    /// loopback: 127.0.0.0/8, `[::1]` and `localhost`.
    pub fn allow_external_callbacks(mut self) -> Self {
        self.allow_external_callbacks = true;
        self
    }

    /// Sends each call of the [journal](Emulator::journal) to a channel, in the order of
    /// the responses, such as for a log of requests. The channel ends with the emulator.
    ///
    /// ```
    /// use std::sync::mpsc;
    /// use useapi_seed_emulator::Emulator;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let (sender, calls) = mpsc::channel();
    /// let emulator = Emulator::builder().journal_to(sender).start().await?;
    /// reqwest::get(format!("{}/jobs", emulator.base_url())).await?;
    /// drop(emulator);
    /// for call in calls {
    ///     println!("{} {} {:?} {:?}", call.method, call.target, call.status, call.duration);
    ///     assert_eq!(call.status, Some(401));
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn journal_to(mut self, calls: Sender<JournalEntry>) -> Self {
        self.journal = Some(calls);
        self
    }

    /// Starts the emulator. Both ports accept connections when it returns. It needs no
    /// particular runtime.
    ///
    /// # Errors
    ///
    /// [`StartError::TimeScale`] if the time scale is not a finite number above zero,
    /// [`StartError::Start`] if the clock cannot show the start time,
    /// [`StartError::Fault`] if a fault has no effect on its operation,
    /// [`StartError::PortTaken`] if the port is, [`StartError::System`] if the
    /// operating system denies a port for another reason, or the thread.
    pub async fn start(self) -> Result<Emulator, StartError> {
        let scenario = self.scenario.as_ref();
        let time_scale = match self.time_scale {
            Some(time_scale) => time_scale?,
            None => scenario
                .and_then(Scenario::time_scale)
                .unwrap_or(TimeScale::REAL),
        };
        let start = match self.start_time {
            Some(time) => Timestamp::try_from(time)
                .ok()
                .filter(|start| is_representable(*start))
                .ok_or(StartError::Start(time))?,
            None => scenario.and_then(Scenario::start).unwrap_or(START),
        };
        let mut plan = FaultPlan::default();
        let of_scenario = scenario.into_iter().flat_map(Scenario::faults);
        for it in self.faults.into_iter().chain(of_scenario) {
            plan.add(it.operation, it.trigger, it.fault)?;
        }
        let port = self.port;
        let api = bind(port).map_err(|error| match error.kind() {
            ErrorKind::AddrInUse => StartError::PortTaken { port },
            _ => error.into(),
        })?;
        let images = bind(0)?;
        let urls = Arc::new(BaseUrls {
            api: format!("http://{}/v2", api.local_addr()?),
            images: format!("http://{}", images.local_addr()?),
        });

        let clock = Clock::start(start, time_scale);
        let (jobs, mut world) = samples::world(start);
        if let Some(scenario) = scenario {
            scenario.add_to(&mut world, start);
        }
        let names = Arc::new(world.names.clone());
        let prompts = Arc::new(world.prompts());
        let host = Arc::new(ImageHost::new(clock.clone(), &world));
        let recorder = Arc::new(Recorder::new(clock.clone(), &world, plan, self.journal));
        let service = Arc::new(Service::new(clock.clone(), urls.images.clone(), world));
        let callbacks = Callbacks::new(
            self.allow_external_callbacks,
            clock.clone(),
            Arc::clone(&recorder),
        );
        let control = Control {
            clock,
            recorder: Arc::clone(&recorder),
            service: Arc::clone(&service),
            callbacks: Arc::new(callbacks),
            host: Arc::clone(&host),
            urls,
            names,
            prompts,
        };
        // Merged first, for its responses to unknown routes.
        let api_router = routes::router(
            service,
            Arc::clone(&recorder),
            Arc::clone(&control.callbacks),
        )
        .merge(control::router(control.clone()));
        #[cfg(feature = "console")]
        let api_router = crate::console::add_to(api_router, &control.urls.images);
        let image_router = image_host::router(host, recorder);
        #[cfg(feature = "console")]
        let image_router = crate::console::allow_reading(image_router);

        let running = Running::start([(api, api_router), (images, image_router)]).await?;
        Ok(Emulator {
            jobs,
            control,
            _running: running,
        })
    }
}

fn bind(port: u16) -> io::Result<TcpListener> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// The thread, which ends when this is dropped.
#[derive(Debug)]
struct Running {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Running {
    async fn start(routers: [(TcpListener, Router); 2]) -> io::Result<Self> {
        let (stop, stopped) = oneshot::channel();
        let (started, starting) = oneshot::channel();
        let thread = thread::Builder::new()
            .name("useapi-seed-emulator".into())
            .spawn(move || run(routers, started, stopped))?;
        let running = Self {
            stop: Some(stop),
            thread: Some(thread),
        };
        let ended = || Err(io::Error::other("its thread ended"));
        starting.await.unwrap_or_else(|_| ended())?;
        Ok(running)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // Afterwards both ports are closed. A panic was printed by the thread.
            let _ = thread.join();
        }
    }
}

/// Serves until the sender of `stopped` is dropped.
fn run(
    routers: [(TcpListener, Router); 2],
    started: oneshot::Sender<io::Result<()>>,
    stopped: oneshot::Receiver<()>,
) {
    // Dropping the runtime drops the connections, each of which is a task.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .max_blocking_threads(4)
        .enable_all()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return drop(started.send(Err(error))),
    };
    runtime.block_on(async {
        let served = routers.into_iter().try_for_each(|(listener, router)| {
            let port = listener.local_addr()?.port();
            let router = router.layer(middleware::from_fn_with_state(port, host::check));
            let listener = tokio::net::TcpListener::from_std(listener)?;
            tokio::spawn(server::serve(listener, router, Limits::default()));
            Ok(())
        });
        if started.send(served).is_ok() {
            // It fails when the sender is dropped, which is the signal.
            let _ = stopped.await;
        }
    });
    // Does not wait for an image that is being rendered.
    runtime.shutdown_background();
}

/// The service on loopback, until this is dropped.
///
/// Dropping it closes both ports and every connection before it returns.
pub struct Emulator {
    jobs: SampleJobs,
    control: Control,
    _running: Running,
}

impl Emulator {
    /// Starts an emulator on a free port, in real time.
    ///
    /// # Errors
    ///
    /// As [`EmulatorBuilder::start`].
    pub async fn start() -> Result<Self, StartError> {
        Self::builder().start().await
    }

    /// Configures an emulator, such as its port and its clock.
    pub fn builder() -> EmulatorBuilder {
        EmulatorBuilder::default()
    }

    /// The API's base URL, `http://127.0.0.1:<port>/v2`.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.control.urls.api
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
        &self.control.urls.images
    }

    /// A valid API token.
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

    /// Ids of the sample jobs.
    #[must_use]
    pub fn jobs(&self) -> &SampleJobs {
        &self.jobs
    }

    /// The id of an initial job, by its name in the scenario or the name of its field
    /// in [`SampleJobs`].
    #[must_use]
    pub fn job(&self, name: &str) -> Option<&str> {
        self.control.names.get(name).map(String::as_str)
    }

    /// Names and ids of all initial jobs.
    pub fn named_jobs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.control.names.iter().map(|(name, id)| (&**name, &**id))
    }

    /// Advances the emulator's clock: whatever takes that long there is done
    /// immediately.
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

    /// Changes how many seconds pass on the emulator's clock in one real second. A
    /// paused clock resumes.
    ///
    /// # Errors
    ///
    /// If it is not a finite number above zero.
    pub fn set_time_scale(&self, time_scale: f64) -> Result<(), TimeScaleError> {
        let time_scale = TimeScale::try_from(time_scale)?;
        self.control.clock.set_time_scale(time_scale);
        Ok(())
    }

    /// The time of the emulator's clock.
    #[must_use]
    pub fn now(&self) -> SystemTime {
        self.control.clock.now().into()
    }

    /// Injects a fault into calls of an operation.
    ///
    /// # Errors
    ///
    /// If it has no effect on the operation, has an invalid number or header, or too
    /// many faults are pending.
    pub fn inject(
        &self,
        operation: Operation,
        trigger: Trigger,
        fault: Fault,
    ) -> Result<(), FaultError> {
        let mut plan = self.control.recorder.plan();
        plan.add(operation, trigger, fault)
    }

    /// The injected faults in the order of injection, and how often each was applied.
    #[must_use]
    pub fn faults(&self) -> Vec<InjectedFault> {
        self.control.recorder.plan().injected()
    }

    /// Removes all faults.
    pub fn clear_faults(&self) {
        self.control.recorder.plan().clear();
    }

    /// The calls of API and image host, in the order of the responses: the latest
    /// thousand, and at most 16 MiB.
    #[must_use]
    pub fn journal(&self) -> Vec<JournalEntry> {
        self.control.recorder.calls_after(0)
    }

    /// The latest thousand callbacks, including failed attempts.
    #[must_use]
    pub fn callbacks(&self) -> Vec<Callback> {
        self.control.callbacks.log()
    }

    /// Counts of the seed jobs of each parent job, by its id. A job whose seed was
    /// never requested is not included.
    #[must_use]
    pub fn job_counts(&self) -> BTreeMap<String, JobCounts> {
        self.control.service.job_counts()
    }

    /// How many requests to the image host had an API token or an `Authorization`
    /// header, and were rejected.
    #[must_use]
    pub fn leaked_token_requests(&self) -> u64 {
        self.control.host.leaked_token_requests()
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
