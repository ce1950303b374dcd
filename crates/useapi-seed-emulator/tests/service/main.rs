//! The emulator, called through real sockets.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "what the tests share states expectations, as the tests do"
)]

mod caller;

mod access;
mod callbacks;
mod control;
mod faults;
mod halted;
mod images;
mod journal;
mod lifetime;
mod limits;
mod look_up;
mod page;
mod refusals;
mod retrieval;
mod scenarios;
