//! Wall time of saving four images, against four concurrent `curl`, and the memory
//! that it takes. Each is a new process.

use std::process::{Child, Command, Stdio};
use std::time::Instant;

use tempfile::TempDir;
use useapi_seed_bench::{compare, start_server};

const ROUNDS: usize = 41;
const GOAL: f64 = 1.10;
const MEMORY_GOAL: u64 = 16;
const MEBIBYTE: u64 = 1024 * 1024;

fn main() {
    let base_url = start_server();
    let mut peak: u64 = 0;
    let ours = || {
        // An image that is there would not be downloaded again.
        let directory = tempdir();
        let mut command = Command::new(env!("CARGO_BIN_EXE_save_images"));
        let (seconds, output) = run([command.arg(&base_url).arg(directory.path())]);
        let output = String::from_utf8_lossy(&output);
        peak = peak.max(output.trim().parse().expect("a size"));
        seconds
    };
    let rival = || {
        let directory = tempdir();
        let mut commands = [1, 2, 3, 4].map(|number| {
            let mut command = Command::new("curl");
            command.args(["--silent", "--fail", "--noproxy", "*", "--output"]);
            command.arg(directory.path().join(format!("{number}.png")));
            command.arg(format!("{base_url}/attachments/{number}.png"));
            command
        });
        run(commands.each_mut()).0
    };
    compare(
        "wall time of four images to disk",
        GOAL,
        ROUNDS,
        ours,
        rival,
    );
    let peak = peak.div_ceil(MEBIBYTE);
    println!("memory above the idle client's: {peak} MiB, goal {MEMORY_GOAL} MiB");
}

/// On the disk of the build, not in memory as `/tmp` may be.
fn tempdir() -> TempDir {
    TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).expect("a directory")
}

/// Runs the commands concurrently. Returns the seconds, and what they print.
fn run<const N: usize>(commands: [&mut Command; N]) -> (f64, Vec<u8>) {
    let start = Instant::now();
    let processes = commands.map(|command| command.stdout(Stdio::piped()).spawn());
    let outputs = processes.map(|process| {
        let output = process.and_then(Child::wait_with_output);
        let output = output.expect("an exit status");
        assert!(output.status.success(), "{output:?}");
        output.stdout
    });
    (start.elapsed().as_secs_f64(), outputs.concat())
}
