//! The command as a process, against the emulator or a stub of the service.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "tests state their expectations with these, in functions they share too"
)]

mod demo;
mod doctor;
mod dry_run;
mod emulate;
#[cfg(unix)]
mod exec;
mod exit_codes;
mod fetch;
mod gallery;
#[cfg(unix)]
mod help;
mod hostile;
mod images;
mod input;
#[cfg(unix)]
mod interrupted;
mod killed;
mod limits;
mod list;
mod listen;
#[cfg(unix)]
mod local_files;
#[cfg(unix)]
mod login;
mod many;
mod metadata;
mod names;
mod odd_responses;
#[cfg(target_os = "linux")]
mod open;
#[cfg(unix)]
mod open_files;
mod output_directory;
mod pages;
mod process;
mod records;
mod scripts;
mod secrets;
mod selection;
mod service;
mod settings;
mod stub;
#[cfg(unix)]
mod terminal;
mod unsettled;
mod wait;
