//! What asks and tells the service: `status`, `jobs`, `cancel`, `reset`, `listen`.

use std::path::PathBuf;

use clap::Args;

/// Ask how far jobs have come, without waiting.
///
/// Any job can be asked for, also the ones that seeds are of. Nothing is started
/// and nothing paid for.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  useapi-seed status 20240225120000001-user:1234-channel:1114555266835431444
  useapi-seed status 20240225120000001-user:1234-channel:1114555266835431444 --fields status,percent")]
pub(crate) struct Status {
    /// The jobs' ids.
    #[arg(value_name = "JOBID", required = true)]
    pub(crate) job_ids: Vec<String>,
}

/// List the jobs that are executing.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  useapi-seed jobs
  useapi-seed jobs --fields ids")]
pub(crate) struct Jobs {}

/// Give an executing job up.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  useapi-seed cancel 20240225120000001-user:1234-channel:1114555266835431444")]
pub(crate) struct Cancel {
    /// The executing job's id.
    #[arg(value_name = "JOBID")]
    pub(crate) job_id: String,
}

/// Put a halted account back to work (596).
///
/// First log in to Discord and acknowledge Midjourney's message, or solve its
/// CAPTCHA, to prevent a potential ban of the Midjourney account.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  useapi-seed reset 1114555266835431444")]
pub(crate) struct Reset {
    /// The account's Discord channel: the number behind `channel:` in its jobs'
    /// ids.
    #[arg(value_name = "CHANNEL")]
    pub(crate) channel: String,
}

/// Receive the service's callbacks, and print what the API confirms of them as
/// lines of JSON.
///
/// On stderr stands the address to configure for the account at useapi.net, or to
/// give to single submissions. It is a secret: who has it can make this ask the API
/// about jobs, though nothing is printed that the API does not say.
///
/// While stdout is not read, callbacks still get responses, and events wait.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  useapi-seed listen --public-url https://example.com/callbacks --port 8080")]
pub(crate) struct Listen {
    /// The address at which the service reaches this port, through a tunnel or a
    /// proxy.
    #[arg(long, value_name = "URL")]
    pub(crate) public_url: String,

    /// The port on 127.0.0.1; 0 is any free one.
    #[arg(long, value_name = "N")]
    pub(crate) port: u16,

    /// The file with the key of the addresses; made at the first start. Unless
    /// given, callback.key beside the configuration file.
    #[arg(long, value_name = "FILE")]
    pub(crate) key_file: Option<PathBuf>,

    /// Tell the address for the submission of this job, too.
    #[arg(long = "for", value_name = "JOBID")]
    pub(crate) jobs: Vec<String>,
}
