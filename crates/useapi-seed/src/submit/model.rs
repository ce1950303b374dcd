//! A model of the protocol: two executions of one submission over a compare-and-set
//! store, a service that receives requests late or never, kills, and clocks that stop
//! or are put back. Its time is virtual, in milliseconds.

use std::time::Duration;

use proptest::prelude::*;

use crate::error::{Error, ErrorKind};
use crate::job::JobHandle;
use crate::submit::options::Resubmit;
use crate::submit::protocol::{Action, Execution, Time};
use crate::submit::state::{Intent, SubmissionState, millis};

const TIMEOUT: u64 = 60;
const MARGIN: u64 = 30;
const SETTLE_TIME: u64 = TIMEOUT + MARGIN;
/// How long after it was sent a request may still arrive.
const LATEST: u64 = TIMEOUT + MARGIN / 2;

#[derive(Clone, Debug)]
enum Event {
    /// Time passes.
    Advance(u64),
    /// Time passes until the stored intent is settled.
    Settle,
    /// Time passes, and the machine of this execution sleeps.
    Suspend(usize, u64),
    /// Everyone's clock is put back.
    ClockBack(u64),
    /// The process of this execution is killed; another one takes over.
    Kill(usize),
    /// The execution begins its next step, or ends the one that it has begun.
    Step(usize, Outcome),
}

/// What becomes of a request or of a search.
#[derive(Clone, Copy, Debug)]
enum Outcome {
    /// It arrives after this time; its sender waits for the response.
    Responded(u64),
    /// It arrives after this time; its sender has gone.
    Late(u64),
    /// It never arrives. A search is not responded to.
    Lost,
    /// 429: rejected for the moment.
    Busy,
    /// 402: rejected.
    Rejected,
    /// 596: rejected. A search proves nothing.
    Halted,
}

fn event() -> impl Strategy<Value = Event> {
    // What happens at the limits is most likely to go wrong.
    let time = prop_oneof![
        Just(1),
        0..=SETTLE_TIME,
        prop::sample::select(vec![MARGIN / 2, MARGIN, TIMEOUT, LATEST, SETTLE_TIME]),
    ];
    let outcome = prop_oneof![
        4 => (0..=TIMEOUT).prop_map(Outcome::Responded),
        2 => (0..=LATEST).prop_map(Outcome::Late),
        3 => Just(Outcome::Late(LATEST)),
        1 => Just(Outcome::Lost),
        1 => Just(Outcome::Busy),
        1 => Just(Outcome::Rejected),
        1 => Just(Outcome::Halted),
    ];
    prop_oneof![
        5 => time.clone().prop_map(Event::Advance),
        2 => Just(Event::Settle),
        1 => (0..2_usize, time.clone()).prop_map(|(which, time)| Event::Suspend(which, time)),
        2 => time.prop_map(Event::ClockBack),
        2 => (0..2_usize).prop_map(Event::Kill),
        16 => (0..2_usize, outcome).prop_map(|(which, outcome)| Event::Step(which, outcome)),
    ]
}

/// A step that has begun.
enum Pending {
    Request {
        intent: Intent,
        arrives_at: Option<u64>,
        outcome: Outcome,
    },
    Search {
        intent: Intent,
        searched_at: u64,
        /// None when it proves nothing.
        found: Option<Option<usize>>,
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
            Event::Suspend(which, time) => {
                self.processes[which].asleep += time;
                self.advance(time);
            }
            // Where both clocks deceive it, a process cannot know how late it is.
            Event::ClockBack(time) if self.processes.iter().all(|process| process.asleep == 0) => {
                self.put_back += time;
            }
            Event::ClockBack(_) => {}
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
                        Outcome::Late(time) => {
                            Some(self.time + time.min(process.timeout + MARGIN / 2))
                        }
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
                    let found = match outcome {
                        Outcome::Responded(_) => Some((self.jobs > 0).then_some(self.jobs)),
                        _ => None,
                    };
                    process.pending = Some(Pending::Search {
                        intent,
                        searched_at: now.unix,
                        found,
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
            Pending::Search { intent, found, .. } if found.is_none() => {
                SubmissionState::Intent(intent)
            }
            Pending::Search {
                found: Some(Some(number)),
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
