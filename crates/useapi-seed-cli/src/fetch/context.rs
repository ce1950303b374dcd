//! What all jobs of a command share.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;
use useapi_seed::{Client, Error, ErrorKind, WaitOptions};
use useapi_seed_callback::Receiver;

use super::accounts::{Account, Accounts};
use super::display::Display;
use super::exec::Exec;
use super::images::ImageSelection;
use super::output_template::OutputTemplate;
use crate::account_state;
use crate::error::CliError;
use crate::exit::Exit;
use crate::shutdown::Shutdown;

/// How many results are saved concurrently.
pub(crate) const SAVE_PERMITS: usize = 4;
/// The shortest time for which an outage is waited out and reported.
const LEAST_OUTAGE: Duration = Duration::from_secs(1);

/// What is done for a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Whatever it takes.
    Fetch,
    /// Nothing is submitted.
    Wait,
}

/// What all jobs of a command share.
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command line"
)]
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) client: Client,
    pub(crate) mode: Mode,
    pub(crate) interval: Duration,
    pub(crate) timeout: Duration,
    /// When the command stops waiting, whatever is left: `--max-time`.
    pub(crate) deadline: Option<(Instant, Duration)>,
    /// Whether the service outlives this process, so that another one can resume.
    pub(crate) is_persistent: bool,
    /// Receives the service's callbacks about the jobs.
    pub(crate) receiver: Option<Receiver>,
    pub(crate) reply_url: Option<String>,
    pub(crate) reply_ref: Option<String>,
    /// Whether what may have been submitted is submitted again immediately.
    pub(crate) resubmit: bool,
    /// Whether nothing more is submitted after the first failed job.
    pub(crate) fail_fast: bool,
    pub(crate) images: ImageSelection,
    pub(crate) embed_metadata: bool,
    pub(crate) template: Option<OutputTemplate>,
    /// Image names that another run has chosen.
    pub(crate) reserved_names: BTreeSet<String>,
    pub(crate) exec: Option<Exec>,
    pub(crate) accounts: Accounts,
    /// Whether the service has accepted a submission.
    pub(crate) is_reached: Cell<bool>,
    /// How many results are saved concurrently.
    pub(crate) save_permits: Semaphore,
    pub(crate) shutdown: Shutdown,
    pub(crate) display: Display,
}

impl Context {
    /// Fetches all images of each job, and waits as long as the library does.
    pub(crate) fn new(
        client: Client,
        slots: NonZeroUsize,
        display: Display,
    ) -> Result<Self, CliError> {
        Ok(Self {
            client,
            mode: Mode::Fetch,
            interval: WaitOptions::DEFAULT_POLL_INTERVAL,
            timeout: WaitOptions::DEFAULT_TIMEOUT,
            deadline: None,
            is_persistent: true,
            receiver: None,
            reply_url: None,
            reply_ref: None,
            resubmit: false,
            fail_fast: false,
            images: ImageSelection::All,
            embed_metadata: false,
            template: None,
            reserved_names: BTreeSet::new(),
            exec: None,
            accounts: Accounts::new(slots),
            is_reached: Cell::new(false),
            save_permits: Semaphore::new(SAVE_PERMITS),
            shutdown: Shutdown::listen()?,
            display,
        })
    }

    /// Stops what would meet the same error: the account when it is halted, all when the
    /// token gives no access.
    pub(super) fn stop_others(&self, account: &Account, error: &Error) {
        match error.kind() {
            ErrorKind::Halted { .. } => {
                account_state::record_halted(self.client.base_url(), account.channel());
                account.stop(&error.into());
            }
            ErrorKind::Unauthorized | ErrorKind::PaymentRequired => {
                self.accounts.stop_all(&error.into());
            }
            _ => {}
        }
    }

    /// Shows an error of the connection, which is the same for all jobs.
    pub(super) fn on_connection_error(&self, error: &Error, gives_up_in: Duration) -> bool {
        let is_outage = match error.kind() {
            ErrorKind::Transport => true,
            ErrorKind::UnexpectedStatus => error
                .status()
                .is_some_and(|status| status.is_server_error()),
            _ => false,
        };
        // The last poll of a wait may end with it.
        if is_outage && gives_up_in >= LEAST_OUTAGE {
            let line = CliError::from(error);
            let line = line.message();
            let cause = match error.status() {
                Some(status) => format!("HTTP {}", status.as_u16()),
                None => line.rsplit(": ").next().unwrap_or(line).to_owned(),
            };
            self.display.unreachable(&cause, gives_up_in);
        }
        is_outage
    }

    pub(super) fn check_interrupt(&self) -> Result<(), CliError> {
        match self.shutdown.requested() {
            Some(signal) => Err(interrupted(signal)),
            None => self.check_deadline(),
        }
    }

    fn check_deadline(&self) -> Result<(), CliError> {
        match self.deadline {
            Some((deadline, limit)) if Instant::now() >= deadline => Err(out_of_time(limit)),
            _ => Ok(()),
        }
    }

    /// Does the work, unless a signal comes or the time is over.
    pub(super) async fn unless_interrupted<T>(
        &self,
        work: impl Future<Output = T>,
    ) -> Result<T, CliError> {
        let out_of_time = async {
            match self.deadline {
                Some((deadline, limit)) => {
                    tokio::time::sleep_until(deadline.into()).await;
                    out_of_time(limit)
                }
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            // What is done is done, even if a signal came too.
            biased;
            outcome = work => Ok(outcome),
            signal = self.shutdown.wait() => Err(interrupted(signal)),
            error = out_of_time => Err(error),
        }
    }
}

fn interrupted(signal: Exit) -> CliError {
    CliError::of_kind("interrupted", signal, "interrupted")
}

fn out_of_time(limit: Duration) -> CliError {
    let limit = crate::arguments::show_duration(limit);
    CliError::of_kind(
        "max_time",
        Exit::Pending,
        format!("stopped by --max-time {limit}"),
    )
}
