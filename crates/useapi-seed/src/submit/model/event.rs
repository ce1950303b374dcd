//! What happens in the model.

use proptest::prelude::*;

pub(super) const TIMEOUT: u64 = 60;
pub(super) const MARGIN: u64 = 30;
pub(super) const SETTLE_TIME: u64 = TIMEOUT + MARGIN + MARGIN / 2;
/// How long after it was sent a request may still arrive.
pub(super) const LATEST: u64 = TIMEOUT + MARGIN;

#[derive(Clone, Debug)]
pub(super) enum Event {
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
    /// The execution starts its next step, or ends the one that it has started.
    Step(usize, Outcome),
}

/// What becomes of a request or of a search.
#[derive(Clone, Copy, Debug)]
pub(super) enum Outcome {
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

pub(super) fn event() -> impl Strategy<Value = Event> {
    // What happens at the limits is most likely to go wrong.
    let limits = [
        MARGIN / 2,
        MARGIN / 2 + 1,
        MARGIN,
        TIMEOUT,
        LATEST,
        SETTLE_TIME,
    ];
    let time = prop_oneof![
        1 => Just(1),
        1 => 0..=SETTLE_TIME,
        3 => prop::sample::select(limits.to_vec()),
    ];
    let outcome = prop_oneof![
        4 => (0..=TIMEOUT).prop_map(Outcome::Responded),
        1 => (0..=LATEST).prop_map(Outcome::Late),
        4 => Just(Outcome::Late(LATEST)),
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
