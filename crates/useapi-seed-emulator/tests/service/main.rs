//! The emulator, called through real sockets.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a failure fails the test"
)]

mod caller;
mod spec;

mod authorization;
mod callbacks;
mod console;
mod contract;
mod control;
mod faults;
mod get_job;
mod halted;
mod images;
mod journal;
mod lifetime;
mod limits;
mod rejections;
mod retrieval;
mod scenarios;
