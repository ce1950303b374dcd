//! Calls of `replyUrl`: on progress and at the end.

use std::collections::VecDeque;
use std::error::Error;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use reqwest::{StatusCode, Url};
use serde::Serialize;
use serde_json::Value;
use tokio::sync::Semaphore;

use crate::clock::{Clock, with_milliseconds};
use crate::faults::Fault;
use crate::operation::Operation;
use crate::retrieval::Stage;
use crate::service::Service;
use crate::watch::Watch;

/// How many callbacks are kept: the latest ones.
const CAPACITY: usize = 1000;
/// How long after a try that failed the next one comes, on the virtual clock.
const RETRIES: [SignedDuration; 2] = [SignedDuration::from_secs(10), SignedDuration::from_secs(60)];
/// How long the receiver may take, in real time.
const PATIENCE: Duration = Duration::from_secs(10);
/// How many are sent at once.
const PLACES: usize = 64;

/// A callback, or the try of one.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Callback {
    /// When, on the emulator's clock.
    pub time: String,
    /// The job that it is about.
    pub job: String,
    /// Where it went, as `replyUrl` has it.
    pub url: String,
    /// The job, as it was sent.
    pub body: Value,
    /// What became of it.
    pub outcome: Outcome,
    /// The fault that it met.
    pub fault: Option<Fault>,
}

/// What became of a callback.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Outcome {
    /// The receiver answered with this status. Any other than 2xx counts as a
    /// failure; of each callback there are at most three tries.
    Responded(u16),
    /// It could not be delivered, and why.
    Failed(String),
    /// It was not sent: the address is not on loopback, does not begin with
    /// `http:`, or is none.
    Rejected,
    /// It was lost on demand.
    Dropped,
}

/// Whom callbacks may reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    Loopback,
    Anywhere,
}

/// Sends them.
pub(crate) struct Callbacks {
    /// Made at the first one: it takes longer than all the rest of a start.
    http: OnceLock<Result<reqwest::Client, String>>,
    /// How many may be under way at once.
    places: Semaphore,
    reach: Reach,
    clock: Clock,
    watch: Arc<Watch>,
    log: Mutex<VecDeque<Callback>>,
}

impl Callbacks {
    pub(crate) fn new(reach: Reach, clock: Clock, watch: Arc<Watch>) -> Self {
        Self {
            http: OnceLock::new(),
            places: Semaphore::new(PLACES),
            reach,
            clock,
            watch,
            log: Mutex::default(),
        }
    }

    fn http(&self) -> Result<&reqwest::Client, String> {
        let made = self.http.get_or_init(|| {
            reqwest::Client::builder()
                .no_proxy()
                // It could lead away from loopback.
                .redirect(reqwest::redirect::Policy::none())
                .timeout(PATIENCE)
                .build()
                .map_err(|fault| in_full(&fault))
        });
        made.as_ref().map_err(Clone::clone)
    }

    pub(crate) fn log(&self) -> Vec<Callback> {
        let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.iter().cloned().collect()
    }

    /// Sends the callbacks of a job, from now on to its end.
    pub(crate) fn follow(self: &Arc<Self>, service: &Arc<Service>, jobid: &str) {
        let Some((url, milestones)) = service.to_be_called(jobid) else {
            return;
        };
        let (callbacks, service) = (Arc::clone(self), Arc::clone(service));
        let jobid = jobid.to_owned();
        let address = address(&url, self.reach);
        tokio::spawn(async move {
            let mut overtaken = Vec::new();
            for milestone in milestones {
                tokio::select! {
                    () = callbacks.clock.reaches(milestone) => {}
                    () = service.cancelled(&jobid) => {}
                }
                let Some((stage, body)) = service.callback(&jobid, milestone).await else {
                    return;
                };
                let is_last = !matches!(stage, Stage::Started | Stage::Progress(_));
                let mut call = Call {
                    job: jobid.clone(),
                    url: url.clone(),
                    body,
                    fault: None,
                };
                if let Some(address) = &address {
                    call.fault = callbacks.drawn(is_last);
                    if call.fault == Some(Fault::Reordered) {
                        overtaken.push(call);
                        continue;
                    }
                    callbacks.deliver(address, call).await;
                    for call in overtaken.drain(..) {
                        callbacks.deliver(address, call).await;
                    }
                } else {
                    // What is not sent meets no fault.
                    callbacks.write_down(&call, Outcome::Rejected);
                }
                if is_last {
                    return;
                }
            }
        });
    }

    /// What the next callback meets.
    fn drawn(&self, is_last: bool) -> Option<Fault> {
        let mut plan = self.watch.plan();
        let mut met = plan.draw(Operation::Callback)?;
        if is_last && *met.fault == Fault::Reordered {
            // Nothing follows that could overtake it.
            met = plan.draw_instead(&met, |fault| *fault != Fault::Reordered)?;
        }
        Some(Fault::clone(&met.fault))
    }

    async fn deliver(self: &Arc<Self>, url: &Url, call: Call) {
        match call.fault {
            Some(Fault::Dropped) => return self.write_down(&call, Outcome::Dropped),
            Some(Fault::Latency { milliseconds }) => {
                tokio::time::sleep(Duration::from_millis(milliseconds)).await;
            }
            Some(Fault::Duplicated) => {
                self.try_once(url, &call).await;
            }
            _ => {}
        }
        if self.try_once(url, &call).await {
            return;
        }
        // Tried again aside, so that the news that follow do not wait for it.
        let (callbacks, url) = (Arc::clone(self), url.clone());
        tokio::spawn(async move {
            for pause in RETRIES {
                let now = callbacks.clock.now();
                let then = now.checked_add(pause).unwrap_or(Timestamp::MAX);
                callbacks.clock.reaches(then).await;
                if callbacks.try_once(&url, &call).await {
                    return;
                }
            }
        });
    }

    /// Whether the receiver took it.
    async fn try_once(&self, url: &Url, call: &Call) -> bool {
        let (outcome, is_taken) = match self.sent(url, call).await {
            Ok(status) => (Outcome::Responded(status.as_u16()), status.is_success()),
            Err(why) => (Outcome::Failed(why), false),
        };
        self.write_down(call, outcome);
        is_taken
    }

    async fn sent(&self, url: &Url, call: &Call) -> Result<StatusCode, String> {
        // It is never closed.
        let _place = self.places.acquire().await;
        let request = self.http()?.post(url.clone()).json(&call.body);
        match request.send().await {
            Ok(answer) => Ok(answer.status()),
            Err(fault) if fault.is_timeout() => Err(format!("no answer in {PATIENCE:?}")),
            Err(fault) => Err(in_full(&fault.without_url())),
        }
    }

    fn write_down(&self, call: &Call, outcome: Outcome) {
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        if log.len() == CAPACITY {
            log.pop_front();
        }
        log.push_back(Callback {
            time: with_milliseconds(self.clock.now()),
            job: call.job.clone(),
            url: call.url.clone(),
            body: call.body.clone(),
            outcome,
            fault: call.fault.clone(),
        });
    }
}

/// With all its causes.
fn in_full(fault: &dyn Error) -> String {
    match fault.source() {
        Some(cause) => format!("{fault}: {}", in_full(cause)),
        None => fault.to_string(),
    }
}

/// Where to call, if that is allowed.
fn address(text: &str, reach: Reach) -> Option<Url> {
    let url = Url::parse(text).ok().filter(|url| url.scheme() == "http")?;
    let host = url.host_str()?.trim_matches(['[', ']']);
    let is_loopback = match host.parse::<IpAddr>() {
        Ok(address) => address.is_loopback(),
        Err(_) => host == "localhost",
    };
    (is_loopback || reach == Reach::Anywhere).then_some(url)
}

/// What is to be delivered.
struct Call {
    job: String,
    url: String,
    body: Value,
    fault: Option<Fault>,
}

#[cfg(test)]
mod tests {
    use super::{Reach, address};

    #[test]
    fn only_loopback_is_called_unless_told_otherwise() {
        for url in [
            "http://127.0.0.1:8080/hook?key=5",
            "http://127.9.9.9/",
            "http://2130706433/",
            "http://[::1]:80/",
            "http://LOCALHOST/",
        ] {
            assert!(address(url, Reach::Loopback).is_some(), "{url}");
        }
        for url in [
            "http://192.0.2.1/",
            "http://127.0.0.1@192.0.2.1/",
            "http://127.0.0.1.example.com/",
            "http://localhost.example.com/",
            "http://0.0.0.0/",
            "http://[::ffff:192.0.2.1]/",
        ] {
            assert!(address(url, Reach::Loopback).is_none(), "{url}");
            assert!(address(url, Reach::Anywhere).is_some(), "{url}");
        }
        for url in ["https://127.0.0.1/", "file:///etc/passwd", "127.0.0.1", ""] {
            assert!(address(url, Reach::Anywhere).is_none(), "{url}");
        }
    }
}
