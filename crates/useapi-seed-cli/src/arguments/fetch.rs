//! What retrieves seeds and images: `demo`, `fetch` and `wait`.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::value::{duration, positive_integer};
use crate::exit;

/// Show everything offline: fetch a sample job from a built-in emulator of the
/// service.
///
/// Needs no token, no account and no network, and takes a second or two.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  useapi-seed demo
  useapi-seed demo --out cat
  useapi-seed demo --fields seed,folder")]
pub(crate) struct Demo {
    /// The folder to write.
    #[arg(long, value_name = "DIR", default_value = "demo")]
    pub(crate) out: PathBuf,

    /// The emulator's port on 127.0.0.1; 0 is any free one.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) port: u16,
}

/// Retrieve the seeds and images of completed imagine, button or blend jobs.
///
/// Each job gets a folder of its own: job.json (the answer as it came), seed.json
/// (what was understood of it) and the images. While it is under way pending.json
/// stands there, so that the same command goes on after an interruption: a
/// finished folder is left alone, a started job waited for and not submitted
/// again, missing images are fetched.
///
/// The API token is taken from `USEAPI_TOKEN` in the environment, or from a file:
/// `useapi-seed config` shows where each setting comes from.
#[derive(Debug, Args)]
#[command(after_help = format!("\
Examples:
  useapi-seed fetch 20240225145303538-user:1234-channel:1114555266835431444
  useapi-seed fetch 20240225145303538-user:1234-channel:1114555266835431444 --out cat
  useapi-seed fetch -i jobs.txt --into pictures
  useapi-seed fetch - --fields requested_job_id,seed,folder < jobs.txt

{}", exit::EXIT_CODES_HELP))]
pub(crate) struct Fetch {
    /// Job IDs; `-` reads them from stdin.
    #[arg(value_name = "JOBID", required_unless_present = "input_file")]
    pub(crate) job_ids: Vec<String>,

    /// Read job IDs from FILE: one per line, CSV or TSV with a column `job_id`, or JSON;
    /// repeatable, `-` is stdin. Blank lines and `#` comments are ignored.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) input_file: Vec<PathBuf>,

    #[command(flatten)]
    pub(crate) place: OutputArgs,

    #[command(flatten)]
    pub(crate) pace: PollArgs,

    /// How many jobs of one account to let execute at once; 3 unless given. Where
    /// an account has room for fewer, the others wait their turn.
    #[arg(long, value_name = "N", value_parser = positive_integer)]
    pub(crate) at_once: Option<NonZeroUsize>,

    /// The address at which the service reaches `--callback-port` on this machine,
    /// through a tunnel or a proxy: its calls end the wait at once.
    #[arg(
        long,
        value_name = "URL",
        requires = "callback_port",
        conflicts_with = "reply_url"
    )]
    pub(crate) callback_url: Option<String>,

    /// The port on 127.0.0.1 for the service's calls.
    #[arg(long, value_name = "N", requires = "callback_url")]
    pub(crate) callback_port: Option<u16>,

    /// The file with the key of the callbacks' addresses, as for `listen`.
    #[arg(long, value_name = "FILE", requires = "callback_url")]
    pub(crate) key_file: Option<PathBuf>,

    /// Another address that the service is to call on progress and at the end.
    #[arg(long, value_name = "URL")]
    pub(crate) reply_url: Option<String>,

    /// A reference of your own, which comes back with the jobs.
    #[arg(long, value_name = "TEXT")]
    pub(crate) reply_ref: Option<String>,

    /// Do not wait until an earlier submission, whose response was lost, can start no
    /// job any more (usually 90 seconds). A second job may run.
    #[arg(long)]
    pub(crate) resubmit: bool,
}

/// Go on with a job that was started elsewhere; submits nothing.
///
/// For an id that another program has, or that `fetch` told when it started the
/// job. (What `fetch` began, the same `fetch` goes on with by itself.)
#[derive(Debug, Args)]
#[command(after_help = format!("\
Examples:
  useapi-seed wait 20240225120000001-user:1234-channel:1114555266835431444
  useapi-seed wait 20240225120000001-user:1234-channel:1114555266835431444 --out cat

{}", exit::EXIT_CODES_HELP))]
pub(crate) struct Wait {
    /// The started job's id.
    #[arg(value_name = "STARTED_JOBID")]
    pub(crate) job_id: String,

    #[command(flatten)]
    pub(crate) place: OutputArgs,

    #[command(flatten)]
    pub(crate) pace: PollArgs,
}

/// Write pages to look at finished folders.
///
/// Each gets an index.html, and so does the folder that they are in: pictures, seed,
/// and the line that makes them again, to copy. They need no network, and open from
/// disk. `fetch` does this by itself.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  useapi-seed gallery
  useapi-seed gallery pictures --fields page,jobs")]
pub(crate) struct Gallery {
    /// The folder that has them; unless given, the one that `fetch` uses.
    #[arg(value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
}

/// Where folders go.
#[derive(Debug, Args)]
pub(crate) struct OutputArgs {
    /// The folder to write, for one job; otherwise it is named after the job.
    #[arg(long, value_name = "DIR", conflicts_with = "into")]
    pub(crate) out: Option<PathBuf>,

    /// Where the folders named after the jobs are made; here unless given.
    #[arg(long, value_name = "DIR")]
    pub(crate) into: Option<PathBuf>,

    /// Write no HTML pages.
    #[arg(long)]
    pub(crate) no_gallery: bool,
}

/// How often to look, and how long.
#[derive(Debug, Args)]
pub(crate) struct PollArgs {
    #[arg(long, value_name = "S", value_parser = duration, allow_hyphen_values = true,
          help = format!("Seconds between two looks at a job; {} unless given",
                         useapi_seed::WaitOptions::DEFAULT_POLL_INTERVAL.as_secs()))]
    pub(crate) interval: Option<Duration>,

    #[arg(long, value_name = "S", value_parser = duration, allow_hyphen_values = true,
          help = format!("Seconds to wait for a job, and before that for a place in its busy \
                          account; {} unless given",
                         useapi_seed::WaitOptions::DEFAULT_TIMEOUT.as_secs()))]
    pub(crate) timeout: Option<Duration>,
}
