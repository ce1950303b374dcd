//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

use crate::exit;

/// From the id of a Midjourney job at useapi.net to a folder with its seed and
/// its four separate images.
#[derive(Debug, Parser)]
#[command(name = "useapi-seed", version, about, after_help = exit::EXPLAINED)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Demo(Demo),
    Fetch(Fetch),
    Wait(Wait),
    Listen(Listen),
    Emulate(Emulate),
}

/// Show everything offline: fetch a sample job from a built-in emulator of the
/// service.
///
/// Needs no token, no account and no network, and takes a second or two.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  useapi-seed demo --out /tmp/demo")]
pub(crate) struct Demo {
    /// The folder to write.
    #[arg(long, value_name = "DIR", default_value = "demo")]
    pub(crate) out: PathBuf,

    /// The emulator's port on 127.0.0.1; 0 is any free one.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) port: u16,
}

/// Retrieve the seed and images of a completed imagine, button or blend job.
///
/// The API token is taken from `USEAPI_TOKEN` in the environment.
/// `USEAPI_BASE_URL` names another server than the service itself, which is
/// `https://api.useapi.net/v2`: an emulator, for example.
///
/// The folder receives job.json (the answer as it came), seed.json (what was
/// understood of it) and the images. It is tried before anything is submitted.
#[derive(Debug, Args)]
#[command(after_help = format!("\
Example:
  export USEAPI_TOKEN=...
  useapi-seed fetch 20240225145303538-user:1234-channel:1114555266835431444 --out cat

{}", exit::EXPLAINED))]
pub(crate) struct Fetch {
    /// The completed job's id.
    #[arg(value_name = "JOBID", value_parser = job_id)]
    pub(crate) job_id: String,

    #[command(flatten)]
    pub(crate) options: Options,

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

    /// A reference of your own, which comes back with the job.
    #[arg(long, value_name = "TEXT")]
    pub(crate) reply_ref: Option<String>,
}

/// Go on with a job that was started before; submits nothing.
///
/// The id is the one that `fetch` told when it started the job. Environment and
/// folder are as for `fetch`.
#[derive(Debug, Args)]
#[command(after_help = format!("\
Example:
  export USEAPI_TOKEN=...
  useapi-seed wait 20240225120000001-user:1234-channel:1114555266835431444 --out cat

{}", exit::EXPLAINED))]
pub(crate) struct Wait {
    /// The started job's id.
    #[arg(value_name = "STARTED_JOBID", value_parser = job_id)]
    pub(crate) job_id: String,

    #[command(flatten)]
    pub(crate) options: Options,
}

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The folder to write; otherwise one here, named after the job.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,

    #[arg(long, value_name = "S", value_parser = seconds, allow_hyphen_values = true,
          help = format!("Seconds between two looks at the job; {} unless given",
                         useapi_seed::Wait::DEFAULT_INTERVAL.as_secs()))]
    pub(crate) interval: Option<Duration>,

    #[arg(long, value_name = "S", value_parser = seconds, allow_hyphen_values = true,
          help = format!("Seconds to wait for the job, without its images; {} unless given",
                         useapi_seed::Wait::DEFAULT_TIMEOUT.as_secs()))]
    pub(crate) timeout: Option<Duration>,
}

/// Receive the service's callbacks, and print what the API confirms of them as
/// lines of JSON.
///
/// On stderr stands the address to configure for the account at useapi.net, or to
/// give to single submissions. It is a secret: who has it can make this ask the API
/// about jobs, though nothing is printed that the API does not say.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  export USEAPI_TOKEN=...
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
    /// given, callback.key in useapi-seed below `$XDG_CONFIG_HOME` or `~/.config`.
    #[arg(long, value_name = "FILE")]
    pub(crate) key_file: Option<PathBuf>,

    /// Tell the address for the submission of this job, too.
    #[arg(long = "for", value_name = "JOBID", value_parser = job_id)]
    pub(crate) jobs: Vec<String>,
}

/// Run an emulator of the service on this machine, with sample jobs.
///
/// It knows one token and a few finished jobs, draws its own pictures, and
/// forgets everything when it ends.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  useapi-seed emulate --speed 60
  Then, in another terminal, the two lines that it prints.")]
pub(crate) struct Emulate {
    /// The port on 127.0.0.1; 0 is any free one.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) port: u16,

    /// How fast its clock runs: with 60 a minute passes in a second. Without this
    /// it runs as the scenario says, or at real speed.
    #[arg(long, value_name = "F", value_parser = above_zero, allow_hyphen_values = true)]
    pub(crate) speed: Option<f64>,

    /// Its clock stands still, until a program puts it forward: POST
    /// /_emulator/clock with `{"milliseconds":45000}`.
    #[arg(long, conflicts_with = "speed")]
    pub(crate) stopped: bool,

    /// What is there at the start, beside the sample jobs: a TOML file, or one of
    /// quiet-day, busy-account, halted-account and bad-network.
    #[arg(long, value_name = "FILE|NAME")]
    pub(crate) scenario: Option<PathBuf>,

    /// Print one line of JSON instead: `base_url`, `token` and `jobs`.
    #[arg(long)]
    pub(crate) json: bool,
}

fn job_id(text: &str) -> Result<String, &'static str> {
    if text.trim().is_empty() {
        return Err("it is blank");
    }
    Ok(text.to_owned())
}

fn above_zero(text: &str) -> Result<f64, &'static str> {
    text.parse()
        .ok()
        .filter(|number: &f64| number.is_finite() && *number > 0.0)
        .ok_or("it has to be a number above zero, such as 0.5 or 30")
}

fn seconds(text: &str) -> Result<Duration, &'static str> {
    let duration = Duration::try_from_secs_f64(above_zero(text)?);
    duration
        .ok()
        .filter(|duration| !duration.is_zero())
        .ok_or("it is no number of seconds that a clock can count")
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn seconds_are_positive_and_finite() {
        assert_eq!(seconds("0.25"), Ok(Duration::from_millis(250)));
        assert_eq!(seconds("30"), Ok(Duration::from_secs(30)));
        for text in [
            "", "0", "-1", "nan", "inf", "1e300", "1e-300", "10s", "--out",
        ] {
            assert!(seconds(text).is_err(), "{text}");
        }
    }
}
