//! What the benchmarks share: the server, the rivals, and the comparison of alternate
//! runs. `docs/benchmarks.md` describes each benchmark.

pub mod hand_written;
mod interleaved;
mod server;
mod waits;

pub use interleaved::compare;
use server::TOKEN;
pub use server::{COMPLETED_BODY, COMPLETED_JOB, PARENT_JOB, RUNNING_JOB, start_server};
use tokio::runtime::{Builder, Runtime};
pub use waits::{bare_reqwest, bare_wait, ergonomic_wait};

/// A runtime of one thread: the order of events hardly varies, and the other
/// processors remain for the server.
#[must_use]
pub fn runtime() -> Runtime {
    let mut builder = Builder::new_current_thread();
    builder.enable_all().build().expect("a runtime")
}

/// Our client.
#[must_use]
pub fn ergonomic_client(base_url: &str) -> useapi_seed::Client {
    let builder = useapi_seed::Client::builder(TOKEN).base_url(base_url);
    builder.build().expect("a client")
}

/// Its rival.
#[must_use]
pub fn hand_written_client(base_url: &str) -> hand_written::Client {
    hand_written::Client::new(base_url, TOKEN).expect("a client")
}
