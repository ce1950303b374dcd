//! Where the answers come from.

use std::env;
use std::error::Error;

use serde::{Deserialize, Serialize};

/// Whatever goes wrong here ends the measurement.
pub type Fault = Box<dyn Error + Send + Sync>;

/// The variable that has a [`Service`], as JSON.
const VARIABLE: &str = "BENCH_SERVICE";

/// What the program `answers` prints, and what the clients need to call it.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Service {
    /// Where the API is.
    pub base_url: String,
    /// The one API token that it takes.
    pub token: String,
    /// What to ask for.
    pub ids: Ids,
}

/// Ids of jobs, each with one answer that never changes.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Ids {
    /// A job whose seed can be asked for.
    pub parent: String,
    /// A seed job in progress.
    pub progress: String,
    /// A completed seed job.
    pub completed: String,
    /// The same, with links to pictures that are there.
    pub pictures: String,
}

impl Service {
    /// As the environment has it.
    ///
    /// # Errors
    ///
    /// When it has none, since these programs are started by `cargo xtask bench`.
    pub fn from_env() -> Result<Self, Fault> {
        let text = env::var(VARIABLE).map_err(|fault| format!("{VARIABLE}: {fault}"))?;
        Ok(serde_json::from_str(&text)?)
    }
}
