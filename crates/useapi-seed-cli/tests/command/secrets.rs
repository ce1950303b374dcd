use std::fs;

use serde_json::json;
use useapi_seed_emulator::Emulator;

use crate::process::{CommandExt, Setup, command, names};
use crate::stub::{Stub, TOKEN};

/// Every run and every listing is checked to show no token; here the service repeats it.
#[test]
fn echoed_token_is_masked() {
    let dir = tempfile::tempdir().unwrap();
    let stub = Stub::start();
    let rejection = json!({"error": format!("unknown token {TOKEN}"), "code": 401});
    stub.on_submit(401, rejection.to_string());
    stub.run_in(dir.path(), "fetch 5 -v")
        .exit_code(6)
        .reported("unknown token ***");

    let stub = Stub::start();
    let mut job = stub.job();
    job["content"] = format!("**a cat {TOKEN}** - <@1> (fast)").into();
    stub.on_submit(200, job.to_string());
    stub.on_images();
    let run = stub.run_in(dir.path(), "fetch 5 -o out").exit_code(0);
    assert!(run.stdout.contains("a cat *** --seed 77"), "{}", run.stdout);
    let out = dir.path().join("out");
    assert_eq!(names(&out).len(), 7);
    let job = fs::read_to_string(out.join("job.json")).unwrap();
    assert!(job.contains("a cat ***"), "{job}");
}

/// The token as JSON may spell it: with escapes, or with characters in it that are not
/// printed.
fn spellings() -> String {
    let (start, end) = TOKEN.split_at(TOKEN.len() - 3);
    let hidden = (0..0xa0)
        .map(char::from)
        .filter(|letter| letter.is_control());
    let marks = "\u{61c}\u{200e}\u{200f}\u{2028}\u{2029}\u{202a}\u{202e}\u{2066}\u{2069}\u{feff}";
    let split = hidden
        .chain(marks.chars())
        .map(|letter| format!("{start}\\u{:04x}{end}", u32::from(letter)));
    let letters = TOKEN.bytes().map(|letter| format!("\\u{letter:04x}"));
    let escaped = letters.collect::<Vec<_>>().concat();
    let colored = format!("{start}\\u001b[31m{end}");
    let spellings: Vec<_> = split.chain([escaped, colored]).collect();
    spellings.join(" ")
}

/// What output removes must not put the token together again.
#[test]
fn no_spelling_of_token_is_printed() {
    let spellings = spellings();
    let dir = tempfile::tempdir().unwrap();
    let stub = Stub::start();
    let job = stub.job().to_string();
    let job = job.replace("A cat", &format!("A cat {spellings}"));
    stub.on_submit(200, job);
    stub.on_images();
    // No run may show the distinctive part of a token.
    let run = stub.run_in(dir.path(), "fetch 5 -o out").exit_code(0);
    assert!(run.stdout.contains("A cat *** "), "{}", run.stdout);
    stub.run_in(dir.path(), "fetch 5 -o json --json")
        .exit_code(0);
    let out = dir.path().join("out");
    let names = names(&out);
    assert!(names.contains(&"index.html".to_owned()), "{names:?}");
    for name in names.iter().filter(|name| !name.starts_with("image-")) {
        let text = fs::read_to_string(out.join(name)).unwrap();
        let text: String = text.chars().filter(|letter| !letter.is_control()).collect();
        assert!(text.contains("A cat ***"), "{name}: {text}");
        assert!(!text.contains(TOKEN), "{name}: {text}");
    }

    let stub = Stub::start();
    let rejection = format!(r#"{{"error":"unknown {spellings}","code":401}}"#);
    stub.on_submit(401, rejection);
    stub.run_in(dir.path(), "fetch 6 -o other -v")
        .exit_code(6)
        .reported("unknown *** ");
    stub.reset();
    let rejection = format!(r#"{{"error":"unknown {spellings}","code":400}}"#);
    stub.on_submit(400, rejection);
    stub.run_in(dir.path(), "fetch 6 -o other")
        .exit_code(3)
        .reported("unknown *** ");
}

#[test]
fn no_spelling_of_token_is_logged() {
    let spellings = spellings();
    let run = |stub: &Stub, code| {
        let line = "fetch 5 -o out --interval 0.01 --log-file log -vv";
        let run = stub.run(line).exit_code(code);
        let log = fs::read_to_string(stub.path("log")).unwrap();
        for text in [&run.stderr, &log] {
            assert!(text.contains("useapi_seed.request"), "{text}");
            assert!(!shows_token(text), "{text}");
        }
        assert!(!names(stub.dir()).is_empty());
    };
    let stub = Stub::start();
    stub.on_submit(401, format!(r#"{{"error":"{spellings}","code":401}}"#));
    run(&stub, 6);

    let stub = Stub::start();
    let id = format!("9 {spellings}");
    stub.on_submit(200, format!(r#"{{"jobid":"{id}","status":"{spellings}"}}"#));
    stub.on_first_poll(200, format!("<html>{TOKEN}"));
    let job = stub.job().to_string();
    let job = job.replace("A cat", &format!("A cat {spellings}"));
    stub.on_poll(200, job);
    run(&stub, 1);
}

/// Whether the token appears, also with characters in it that are not printed, or with
/// their escapes, such as `\u{200e}`.
fn shows_token(text: &str) -> bool {
    let mut parts = text.split("\\u{");
    let mut shown = parts.next().unwrap_or_default().to_owned();
    shown.extend(parts.filter_map(|part| Some(part.split_once('}')?.1)));
    for escape in ["\\t", "\\n", "\\r", "\\0"] {
        shown = shown.replace(escape, "");
    }
    shown.retain(|letter| letter.is_ascii_graphic());
    shown.contains(TOKEN)
}

/// Any address of this machine's will do, as long as it is not on loopback by its
/// name.
#[cfg(unix)]
#[test]
fn unencrypted_connection_is_warned_of() {
    let setup = Setup::of(Emulator::builder());
    let url = setup.emulator.base_url().replace("127.0.0.1", "0.0.0.0");
    let warning = "the API token goes unencrypted over the network";
    let run = |arguments: &[&str]| {
        let mut command = command(setup.dir());
        command
            .args(arguments)
            .at_url(&url, setup.emulator.token())
            .run()
    };
    let jobs = run(&["jobs"]).exit_code(0);
    assert_eq!(jobs.stderr.matches(warning).count(), 1, "{}", jobs.stderr);
    run(&["doctor"]).exit_code(0).reported(warning);

    let mut local = command(setup.dir());
    let local = local.arg("jobs").at(&setup.emulator).run().exit_code(0);
    assert!(!local.stderr.contains(warning), "{}", local.stderr);
}
