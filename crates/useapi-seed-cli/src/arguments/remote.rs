//! What requests something of the service: `status`, `jobs`, `cancel`, `reset`,
//! `listen`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::value::duration;

/// Job IDs of a command that takes many.
#[derive(Debug, Args)]
pub(crate) struct JobIds {
    /// Job IDs; `-` reads them from stdin, one per line.
    #[arg(value_name = "JOBID", required_unless_present = "input_files")]
    pub(crate) job_ids: Vec<String>,

    /// Read job IDs from FILE, one per line (blank lines and # comments are ignored).
    #[arg(short, long = "input-file", value_name = "FILE")]
    pub(crate) input_files: Vec<PathBuf>,
}

/// Whether to repeat.
#[derive(Debug, Args)]
pub(crate) struct Watch {
    /// Repeat until all jobs have ended, every DURATION [env: USEAPI_INTERVAL]
    /// [default: 10s].
    #[arg(long, value_name = "DURATION", value_parser = duration, num_args = 0..=1,
          require_equals = true)]
    #[allow(clippy::option_option, reason = "clap's type of an optional value")]
    pub(crate) watch: Option<Option<Duration>>,
}

/// Show the status of jobs.
///
/// Works for any job. Starts nothing and costs nothing.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  useapi-seed status 20240225120000001-user:1234-channel:1114555266835431444
  useapi-seed status 20240225120000001-user:1234-channel:1114555266835431444 --watch=30s
  useapi-seed status --input-file jobs.txt --fields status,percent")]
pub(crate) struct Status {
    #[command(flatten)]
    pub(crate) jobs: JobIds,

    #[command(flatten)]
    pub(crate) watch: Watch,
}

/// List running jobs.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  useapi-seed jobs
  useapi-seed jobs --watch
  useapi-seed jobs --fields ids")]
pub(crate) struct Jobs {
    #[command(flatten)]
    pub(crate) watch: Watch,
}

/// Cancel running jobs.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  useapi-seed cancel 20240225120000001-user:1234-channel:1114555266835431444
  useapi-seed cancel - < jobs.txt")]
pub(crate) struct Cancel {
    #[command(flatten)]
    pub(crate) jobs: JobIds,
}

/// Reset a halted account (HTTP 596).
///
/// Before resetting, log in to Discord and acknowledge Midjourney's message or solve
/// the CAPTCHA, to prevent a potential ban of the Midjourney account.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  useapi-seed reset 1114555266835431444")]
pub(crate) struct Reset {
    /// Discord channel ID: the number after `channel:` in a job ID.
    #[arg(value_name = "CHANNEL")]
    pub(crate) channel: String,
}

/// Receive callbacks and print each verified event as a JSON line.
///
/// Prints the replyUrl to configure at useapi.net on stderr. Keep it secret: anyone
/// who knows it can trigger API lookups. Events are verified with the API before they
/// are printed.
///
/// While stdout is not read, callbacks still get responses, and events wait.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  useapi-seed listen --public-url https://example.com/callbacks --port 8080")]
pub(crate) struct Listen {
    /// Public URL that forwards to this port.
    #[arg(long, value_name = "URL")]
    pub(crate) public_url: String,

    /// Port on 127.0.0.1 (0 picks a free one).
    #[arg(long, value_name = "PORT")]
    pub(crate) port: u16,

    /// Key that signs callback URLs; created if missing [env: USEAPI_KEY_FILE]
    /// [default: ~/.config/useapi-seed/callback.key].
    #[arg(long, value_name = "FILE")]
    pub(crate) key_file: Option<PathBuf>,

    /// Also print the replyUrl for this job (repeatable).
    #[arg(long = "job", value_name = "JOBID")]
    pub(crate) jobs: Vec<String>,
}
