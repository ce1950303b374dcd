//! Commands that retrieve seeds and images: `demo`, `fetch` and `wait`; and `gallery`.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, ValueEnum};

use super::value::{duration, image_number, positive_integer};

/// Try it offline: fetch a sample job from the built-in emulator.
///
/// Needs no token, account, or network. Takes about two seconds.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  useapi-seed demo
  useapi-seed demo -o cat
  useapi-seed demo --fields seed,directory")]
pub(crate) struct Demo {
    /// Output directory.
    #[arg(short, long, alias = "out", value_name = "DIR", default_value = "demo")]
    pub(crate) output: PathBuf,

    /// Port on 127.0.0.1 (0 picks a free one).
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    pub(crate) port: u16,
}

/// Download the seed and images of finished imagine, button, or blend jobs.
///
/// Each job is saved in its own directory: job.json (raw response), seed.json (parsed
/// result), the images, and index.html. Re-running is safe: finished jobs are skipped,
/// running jobs are resumed and never submitted twice, missing images are downloaded.
///
/// The API token is read from `USEAPI_TOKEN` or a token file; see `useapi-seed config`
/// and `useapi-seed login`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  useapi-seed fetch 20240225145303538-user:1234-channel:1114555266835431444
  useapi-seed fetch 20240225145303538-user:1234-channel:1114555266835431444 -o cat
  useapi-seed fetch -i jobs.txt -d images
  useapi-seed fetch -i jobs.csv -d images -o '{prompt:.60}-{seed}/{number}.{ext}'
  useapi-seed fetch - --fields requested_job_id,seed,directory < jobs.txt

Exit codes: useapi-seed help exit-codes")]
pub(crate) struct Fetch {
    #[command(flatten)]
    pub(crate) input: InputArgs,

    #[command(flatten)]
    pub(crate) output: OutputArgs,

    #[command(flatten)]
    pub(crate) batch: BatchArgs,

    #[command(flatten)]
    pub(crate) poll: PollArgs,

    #[command(flatten)]
    pub(crate) concurrency: ConcurrencyArgs,

    #[command(flatten)]
    pub(crate) callbacks: CallbackArgs,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Input")]
pub(crate) struct InputArgs {
    /// Job IDs; `-` reads them from stdin.
    #[arg(value_name = "JOBID", required_unless_present = "input_file")]
    pub(crate) job_ids: Vec<String>,

    /// Read job IDs from FILE: one per line (blank lines and # comments are ignored),
    /// CSV with a column job_id, or JSON; repeatable, `-` is stdin.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) input_file: Vec<PathBuf>,
}

/// Where results go.
#[allow(clippy::struct_excessive_bools, reason = "each is a flag")]
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct OutputArgs {
    /// Parent directory for the job directories [env: USEAPI_DIR] [default: .].
    #[arg(short, long, alias = "into", value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,

    /// Output directory of one job, or a template of image names below --dir with
    /// {job_id}, {seed_job_id}, {seed}, {prompt}, {date}, {channel}, {number}, {ext};
    /// {prompt:.60} keeps 60 characters [default: named after the job].
    #[arg(
        short,
        long,
        alias = "out",
        value_name = "DIR|TEMPLATE",
        value_parser = NonEmptyStringValueParser::new(),
        conflicts_with = "flat"
    )]
    pub(crate) output: Option<String>,

    /// Save all images in --dir itself, as {job_id}-{number}.{ext}.
    #[arg(long)]
    pub(crate) flat: bool,

    /// Save only these images, such as 1,3.
    #[arg(long, value_name = "N,...", value_delimiter = ',', value_parser = image_number)]
    pub(crate) images: Vec<usize>,

    /// Save no images, only the seed.
    #[arg(long, conflicts_with_all = ["images", "embed_metadata"])]
    pub(crate) seed_only: bool,

    /// Write prompt, seed and job ID into the PNG files (text chunks and XMP).
    #[arg(long)]
    pub(crate) embed_metadata: bool,

    /// Write no HTML pages.
    #[arg(long)]
    pub(crate) no_gallery: bool,

    /// Open the gallery when finished.
    #[arg(long, conflicts_with = "no_gallery")]
    pub(crate) open: bool,

    /// How to show progress: live rows on a terminal (auto), lines (plain), or finished
    /// jobs only (none).
    #[arg(long, value_name = "HOW", value_enum, default_value_t)]
    pub(crate) progress: Progress,
}

/// What a batch of jobs writes and runs.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct BatchArgs {
    /// Write the IDs of failed jobs to FILE, for -i [default: failed.txt beside the
    /// gallery].
    #[arg(long, value_name = "FILE")]
    pub(crate) failed_file: Option<PathBuf>,

    /// Run CMD for each saved job (no shell), with {dir}, {images} (all paths),
    /// {job_id}, {seed} and {prompt} replaced.
    #[arg(long, value_name = "CMD")]
    pub(crate) exec: Option<String>,

    /// With --json, print a final record with the counts.
    #[arg(long)]
    pub(crate) summary: bool,

    /// Show what would be submitted, resumed, skipped and rejected; send nothing.
    #[arg(short = 'n', long)]
    pub(crate) dry_run: bool,
}

/// How often to poll, and how long.
#[derive(Debug, Args)]
#[command(next_help_heading = "Concurrency and timing")]
pub(crate) struct PollArgs {
    /// Time between status checks [env: USEAPI_INTERVAL] [default: 10s].
    #[arg(long, value_name = "DURATION", value_parser = duration, allow_hyphen_values = true)]
    pub(crate) interval: Option<Duration>,

    /// Maximum wait per job, and for a free slot [env: USEAPI_TIMEOUT] [default: 15m].
    #[arg(long, value_name = "DURATION", value_parser = duration, allow_hyphen_values = true)]
    pub(crate) timeout: Option<Duration>,

    /// Maximum time for all jobs; the next run resumes what is left.
    #[arg(long, value_name = "DURATION", value_parser = duration, allow_hyphen_values = true)]
    pub(crate) max_time: Option<Duration>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Concurrency and timing")]
pub(crate) struct ConcurrencyArgs {
    /// Maximum concurrent jobs per account [env: USEAPI_JOBS] [default: 3].
    #[arg(short, long, value_name = "N", value_parser = positive_integer)]
    pub(crate) jobs: Option<NonZeroUsize>,

    /// Submit nothing more after the first failed job.
    #[arg(long)]
    pub(crate) fail_fast: bool,

    /// Submit again immediately what may have been submitted, without waiting until the
    /// earlier submission can start no job any more (usually 105s). A second job may run.
    #[arg(long)]
    pub(crate) resubmit: bool,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Callbacks")]
pub(crate) struct CallbackArgs {
    /// Public URL that forwards to --callback-port; results arrive by callback instead
    /// of polling.
    #[arg(
        long,
        value_name = "URL",
        requires = "callback_port",
        conflicts_with = "reply_url"
    )]
    pub(crate) callback_url: Option<String>,

    /// Local port for callbacks.
    #[arg(long, value_name = "PORT", requires = "callback_url")]
    pub(crate) callback_port: Option<u16>,

    /// Key that signs callback URLs (see `listen`) [env: USEAPI_KEY_FILE].
    #[arg(long, value_name = "FILE", requires = "callback_url")]
    pub(crate) key_file: Option<PathBuf>,

    /// Callback URL for progress and results (replyUrl).
    #[arg(long, value_name = "URL")]
    pub(crate) reply_url: Option<String>,

    /// Custom reference returned with each job (replyRef).
    #[arg(long, value_name = "TEXT")]
    pub(crate) reply_ref: Option<String>,
}

/// Wait for a seed job that is already running and save its result.
///
/// Takes the ID of a seed job that another program started. To resume an interrupted
/// `fetch`, run the same `fetch` again instead. Submits nothing.
#[derive(Debug, Args)]
#[command(
    visible_alias = "attach",
    after_help = "\
Examples:
  useapi-seed wait 20240225120000001-user:1234-channel:1114555266835431444
  useapi-seed wait 20240225120000001-user:1234-channel:1114555266835431444 -o cat

Exit codes: useapi-seed help exit-codes"
)]
pub(crate) struct Wait {
    /// ID of the running seed job.
    #[arg(value_name = "SEED_JOBID", help_heading = "Input")]
    pub(crate) job_id: String,

    #[command(flatten)]
    pub(crate) output: OutputArgs,

    #[command(flatten)]
    pub(crate) poll: PollArgs,
}

/// Build HTML gallery pages for downloaded jobs.
///
/// Writes index.html into each job directory and into the directory above: images,
/// seed, and the prompt to copy. The pages work offline. `fetch` does this
/// automatically.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  useapi-seed gallery
  useapi-seed gallery images --fields page,jobs")]
pub(crate) struct Gallery {
    /// Directory that contains the job directories [default: the `fetch` directory].
    #[arg(value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
}

/// How progress is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Progress {
    // Not documentation, which would be printed with the possible values.
    #[default]
    Auto,
    Plain,
    None,
}
