//! What is measured, by the programs in `src/bin` and `benches`: the same calls
//! by three clients, on the same answers.

mod calls;
pub mod hand_written;
mod service;

pub use calls::{Calls, Ergonomic, Generated, HandWritten};
pub use service::{Fault, Ids, Service};
