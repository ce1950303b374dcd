//! A model of the protocol: two executions of one submission over a compare-and-set
//! store, a service that receives requests late or never, kills, and clocks that stop
//! or are put back. Its time is virtual, in milliseconds.

mod event;

use std::time::Duration;

use proptest::prelude::*;

use self::event::{Event, LATEST, MARGIN, Outcome, SETTLE_TIME, TIMEOUT, event};
use crate::error::{Error, ErrorKind};
use crate::job::JobHandle;
use crate::submit::options::Resubmit;
use crate::submit::protocol::{Action, Execution, Time};
use crate::submit::state::{Intent, SubmissionState, millis};

/// A step that has started.
enum Pending {
    Request {
        intent: Intent,
        arrives_at: Option<u64>,
        outcome: Outcome,
    },
    Search {
        intent: Intent,
        searched_at: u64,
        /// Whether it got its responses; if not, it proves nothing.
        is_answered: bool,
        found: Option<usize>,
    },
}

struct Process {
    execution: Execution,
    timeout: u64,
    /// The stored state that it steps from.
    loaded: SubmissionState,
    pending: Option<Pending>,
    /// How far its monotonic clock is behind.
    asleep: u64,
    /// Whether its machine has slept since its last step.
    has_slept: bool,
    /// Whether the clock was put back since its last step.
    is_put_back: bool,
}

struct Model {
    resubmit: Resubmit,
    time: u64,
    /// How far the clocks were put back.
    put_back: u64,
    stored: SubmissionState,
    processes: Vec<Process>,
    executions: u32,
    /// When the requests arrive that have not arrived yet.
    in_flight: Vec<u64>,
    sent: Vec<Intent>,
    jobs: usize,
    /// How often a request was asked for that may start a second job.
    duplicates: usize,
}

/// What another process reads of a state.
fn read(state: &SubmissionState) -> SubmissionState {
    let text = serde_json::to_string(state).unwrap();
    serde_json::from_str(&text).unwrap()
}

impl Model {
    fn new(resubmit: Resubmit) -> Self {
        let mut model = Self {
            resubmit,
            time: 0,
            put_back: 0,
            stored: SubmissionState::Planned,
            processes: Vec::new(),
            executions: 0,
            in_flight: Vec::new(),
            sent: Vec::new(),
            jobs: 0,
            duplicates: 0,
        };
        model.processes = vec![model.started(), model.started()];
        model
    }

    /// A process that continues from the store.
    fn started(&mut self) -> Process {
        self.executions += 1;
        // Two versions of a program may differ in their timeout.
        let timeout = TIMEOUT / (1 + u64::from(self.executions % 2));
        let [settle_time, margin] = [timeout + MARGIN, MARGIN].map(Duration::from_millis);
        Process {
            execution: Execution::new(self.executions.to_string(), settle_time, margin),
            timeout,
            loaded: self.stored.clone(),
            pending: None,
            asleep: 0,
            has_slept: false,
            is_put_back: false,
        }
    }

    fn clock(&self, asleep: u64) -> Time {
        Time {
            unix: 1_000_000 + self.time - self.put_back,
            monotonic: self.time - asleep,
        }
    }

    fn apply(&mut self, event: &Event) {
        match *event {
            Event::Advance(time) => self.advance(time),
            Event::Settle => {
                if let SubmissionState::Intent(intent) = &self.stored {
                    let left = intent.settles_in_at(self.clock(0).unix);
                    self.advance(millis(left));
                }
            }
            // Where both clocks deceive it, a process cannot know how late it is.
            Event::Suspend(which, time) if !self.processes[which].is_put_back => {
                self.processes[which].asleep += time;
                self.processes[which].has_slept = true;
                self.advance(time);
            }
            Event::ClockBack(time) if self.processes.iter().all(|it| !it.has_slept) => {
                self.put_back += time;
                for process in &mut self.processes {
                    process.is_put_back = true;
                }
            }
            Event::Suspend(..) | Event::ClockBack(_) => {}
            Event::Kill(which) => self.processes[which] = self.started(),
            Event::Step(which, outcome) => self.step(which, outcome),
        }
        self.check();
        if self.is_over() && self.in_flight.is_empty() {
            *self = Self::new(self.resubmit);
        }
    }

    fn is_over(&self) -> bool {
        !matches!(
            self.stored,
            SubmissionState::Planned | SubmissionState::Intent(_)
        )
    }

    fn advance(&mut self, time: u64) {
        self.time += time;
        self.arrive();
    }

    fn arrive(&mut self) {
        let before = self.in_flight.len();
        self.in_flight.retain(|time| *time > self.time);
        self.jobs += before - self.in_flight.len();
    }

    fn step(&mut self, which: usize, outcome: Outcome) {
        let now = self.clock(self.processes[which].asleep);
        let process = &mut self.processes[which];
        (process.has_slept, process.is_put_back) = (false, false);
        let state = process.loaded.clone();
        match process.pending.take() {
            Some(pending) => {
                let state = self.end(which, pending, now);
                self.store(which, &state);
            }
            None => match process.execution.action(&state, now) {
                Action::Record => {
                    let state = process.execution.record(state, now);
                    self.store(which, &state);
                }
                Action::Send(intent) => {
                    process.execution.sending();
                    let arrives_at = match outcome {
                        Outcome::Responded(time) => Some(self.time + time.min(process.timeout)),
                        Outcome::Late(time) => Some(self.time + time.min(process.timeout + MARGIN)),
                        _ => None,
                    };
                    process.pending = Some(Pending::Request {
                        intent: intent.clone(),
                        arrives_at,
                        outcome,
                    });
                    self.in_flight.extend(arrives_at);
                    self.arrive();
                    assert!(!self.sent.contains(&intent), "an intent was sent twice");
                    self.sent.push(intent);
                }
                Action::Search(intent) => {
                    process.pending = Some(Pending::Search {
                        intent,
                        searched_at: now.unix,
                        is_answered: matches!(outcome, Outcome::Responded(_)),
                        found: (self.jobs > 0).then_some(self.jobs),
                    });
                }
                Action::Poll | Action::Stop => self.processes[which] = self.started(),
            },
        }
    }

    /// The state after a step.
    fn end(&mut self, which: usize, pending: Pending, now: Time) -> SubmissionState {
        let started = |number: usize| SubmissionState::Started {
            job: JobHandle::new(number.to_string()),
            progress: None,
        };
        match pending {
            Pending::Request {
                intent,
                arrives_at,
                outcome,
            } => match outcome {
                Outcome::Responded(_) if arrives_at <= Some(self.time) => started(self.jobs),
                Outcome::Responded(_) | Outcome::Late(_) | Outcome::Lost => {
                    SubmissionState::Intent(intent)
                }
                Outcome::Busy => Execution::rejected(intent),
                Outcome::Rejected | Outcome::Halted => match Execution::rejected(intent) {
                    SubmissionState::Planned => rejection(outcome),
                    state => state,
                },
            },
            Pending::Search {
                intent,
                is_answered: false,
                ..
            } => SubmissionState::Intent(intent),
            Pending::Search {
                found: Some(number),
                ..
            } => started(number),
            Pending::Search {
                intent,
                searched_at,
                ..
            } => {
                let execution = &mut self.processes[which].execution;
                execution.nothing_found(intent, searched_at, self.resubmit, now)
            }
        }
    }

    /// Compare and set. In any case the process steps from what is stored then.
    fn store(&mut self, which: usize, state: &SubmissionState) {
        let process = &mut self.processes[which];
        if process.loaded == self.stored {
            self.stored = read(state);
            assert_eq!(self.stored, *state);
            if matches!(state, SubmissionState::Intent(intent) if intent.earlier.is_some()) {
                self.duplicates += 1;
            }
        }
        process.loaded.clone_from(&self.stored);
    }

    /// What holds after each event.
    fn check(&self) {
        let allowed = match self.resubmit {
            Resubmit::Immediately => 1 + self.duplicates,
            Resubmit::Never | Resubmit::WhenSettled => 1,
        };
        let jobs = self.jobs + self.in_flight.len();
        assert!(self.jobs <= allowed, "{} jobs were started", self.jobs);
        let is_said = match &self.stored {
            SubmissionState::Started { .. } => true,
            SubmissionState::Intent(intent) => intent
                .earlier
                .as_ref()
                .is_none_or(|earlier| earlier.earlier.is_none()),
            _ => jobs == 0,
        };
        assert!(is_said, "{jobs} jobs are lost in {:?}", self.stored);
    }

    /// What an undisturbed process makes of it.
    fn finish(&mut self) {
        self.advance(LATEST);
        self.processes[0] = self.started();
        for _ in 0..20 {
            self.advance(SETTLE_TIME + self.put_back);
            for _ in 0..4 {
                self.step(0, Outcome::Responded(0));
                self.check();
            }
            if self.is_over() {
                return;
            }
        }
        let is_given_up = self.resubmit == Resubmit::Never && self.jobs == 0;
        assert!(is_given_up, "no end: {:?}, {} jobs", self.stored, self.jobs);
    }
}

fn rejection(outcome: Outcome) -> SubmissionState {
    let kind = match outcome {
        Outcome::Halted => ErrorKind::Halted { job_failed: false },
        _ => ErrorKind::PaymentRequired,
    };
    let error = Error::new(kind, crate::RequestStatus::ResponseReceived);
    let verdict = error.verdict();
    match outcome {
        Outcome::Halted => SubmissionState::Halted { verdict },
        _ => SubmissionState::Failed { verdict },
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 1_000,
        max_shrink_iters: 20_000,
        ..ProptestConfig::default()
    })]

    #[test]
    fn no_job_is_started_twice_or_lost_silently(
        resubmit in prop_oneof![
            Just(Resubmit::Never),
            Just(Resubmit::WhenSettled),
            Just(Resubmit::Immediately),
        ],
        events in prop::collection::vec(event(), 0..60),
    ) {
        let mut model = Model::new(resubmit);
        for event in &events {
            model.apply(event);
        }
        model.finish();
    }
}
