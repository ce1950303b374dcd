//! `login` and `logout`.

use clap::Args;

/// Save the API token of a useapi.net account.
///
/// Prompts for the token without showing it, checks it with a free request, and writes
/// it to the token file, which only you can read (mode 600). `useapi-seed config` shows
/// which file that is; --profile and --token-file select another.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  useapi-seed login
  useapi-seed login --profile work
  useapi-seed login --with-token < token.txt")]
pub(crate) struct Login {
    /// Read the token from stdin.
    #[arg(long)]
    pub(crate) with_token: bool,
}

/// Remove the saved API token.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  useapi-seed logout
  useapi-seed logout --profile work")]
pub(crate) struct Logout {}
