//! `--log-file` and `-vv`: the library's spans, one line for each request.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Mutex;

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::format::FmtSpan;
use tracing_subscriber::fmt::{MakeWriter, layer};
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

use crate::error::CliError;
use crate::terminal::PROGRESS;

/// Starts logging to a file, to stderr, or to both.
pub(crate) fn init(file: Option<&Path>, to_stderr: bool) -> Result<(), CliError> {
    let file = file
        .map(|path| {
            let file = File::options().create(true).append(true).open(path);
            file.map_err(|error| {
                CliError::usage(format!("cannot open {}: {error}", path.display()))
            })
        })
        .transpose()?;
    if file.is_none() && !to_stderr {
        return Ok(());
    }
    let layers = [
        file.map(|file| lines(Mutex::new(file))),
        to_stderr.then(|| lines(|| Stderr)),
    ];
    let layers: Vec<_> = layers.into_iter().flatten().collect();
    let filter = Targets::new().with_target("useapi_seed", LevelFilter::DEBUG);
    let registry = tracing_subscriber::registry().with(layers);
    let _ = registry.with(filter).try_init();
    Ok(())
}

fn lines<S, W>(writer: W) -> Box<dyn Layer<S> + Send + Sync>
where
    S: tracing::Subscriber + for<'a> tracing_subscriber::registry::LookupSpan<'a>,
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    layer()
        .with_ansi(false)
        .with_span_events(FmtSpan::CLOSE)
        .with_writer(writer)
        .boxed()
}

/// Writes above the progress lines.
struct Stderr;

impl Write for Stderr {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        PROGRESS.suspend(|| io::stderr().write(line))
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}
