//! The request in other languages.

mod program;

use std::path::Path;
use std::process::Command;

use thirtyfour::Key;
use useapi_seed_emulator::{Emulator, Scenario};

use super::{Console, FAST};
use crate::setting;

/// What Python's `requests` does with the example, without its installation.
const REQUESTS: &str = "
import json as parser, types, urllib.request
def post(url, headers, json):
    request = urllib.request.Request(url, parser.dumps(json).encode(), headers)
    body = parser.load(urllib.request.urlopen(request))
    return types.SimpleNamespace(status_code=200, json=lambda: body)
";

/// The text of a tab.
async fn example(console: &Console, language: &str) -> String {
    let tab =
        "[...document.querySelectorAll('[role=tab]')].find(tab => tab.textContent == arguments[0])";
    console
        .run_with::<()>(&format!("{tab}.click()"), vec![language.into()])
        .await;
    console.text("#example").await
}

async fn output(mut command: Command) -> String {
    let run = move || command.output().expect("needs sh, curl, python3 and node");
    let output = tokio::task::spawn_blocking(run).await.unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn examples_run_as_shown() {
    let console = Console::start(Emulator::builder().time_scale(FAST)).await;
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &str| {
        let path = directory.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    };
    file("requests.py", REQUESTS);
    let command = setting("BROWSER_TESTS_COMMAND");
    let commands = Path::new(&command).parent().unwrap();
    let path = std::env::var("PATH").unwrap();
    for (language, program, name) in [
        ("curl", "sh", "curl.sh"),
        ("Python", "python3", "example.py"),
        ("JavaScript", "node", "example.mjs"),
        ("CLI", "sh", "cli.sh"),
    ] {
        let example = example(&console, language).await;
        let mut command = Command::new(program);
        command
            .arg(file(name, &example))
            .current_dir(directory.path())
            .env("HOME", "/dev/null")
            .env("PATH", format!("{}:{path}", commands.display()));
        let output = output(command).await;
        let expected = if language == "CLI" {
            "3058471692"
        } else {
            "jobid"
        };
        assert!(output.contains(expected), "{example}{output}");
    }
    assert_eq!(console.started(), 1);
    console.page.close().await;
}

/// It is compiled, with other values.
#[tokio::test]
async fn rust_example_is_a_program() {
    let console = Console::start(Emulator::builder()).await;
    let example = example(&console, "Rust").await;
    let program = include_str!("examples/program.rs")
        .replace("TOKEN", console.emulator.token())
        .replace("BASE_URL", console.emulator.base_url())
        .replace("JOB_ID", &console.emulator.jobs().imagine);
    let (_, program) = program.split_once("\n\n").unwrap();
    assert_eq!(example, program);
    console.page.close().await;
}

#[tokio::test]
async fn examples_follow_the_form() {
    let console = Console::start(Emulator::builder()).await;
    let job = &console.emulator.jobs().button;
    assert!(!example(&console, "curl").await.contains(job.as_str()));
    console.click("#jobs label:nth-child(2)").await;
    assert!(console.text("#example").await.contains(job.as_str()));
    console.click("#token option:nth-child(2)").await;
    console
        .wait_for_text("#example", console.emulator.expired_token())
        .await;
    console.click("#token option:nth-child(3)").await;
    console
        .wait("!document.querySelector('#example').textContent.includes('Authorization')")
        .await;
    // What a shell would execute is quoted.
    let script = "const id = document.querySelector('#jobid');
        id.value = arguments[0];
        id.dispatchEvent(new Event('input', {bubbles: true}))";
    console
        .run_with::<()>(script, vec!["a'; touch x; '".into()])
        .await;
    let example = console.text("#example").await;
    assert!(
        example.contains(r#"{"jobid":"a'\''; touch x; '\''"}"#),
        "{example}"
    );
    console.page.close().await;
}

#[tokio::test]
async fn tabs_are_used_by_keyboard() {
    let console = Console::start(Emulator::builder()).await;
    console.browser.allow_clipboard().await;
    console.tab_visibly_to("[role=tab]").await;
    for (key, language) in [
        (Key::Right, "CLI"),
        (Key::End, "JavaScript"),
        (Key::Right, "curl"),
        (Key::Left, "JavaScript"),
        (Key::Home, "curl"),
        (Key::Right, "CLI"),
    ] {
        console.press(key).await;
        assert_eq!(
            console.text("[role=tab][aria-selected=true]").await,
            language
        );
        assert!(console.is_focused("[aria-selected=true]").await);
    }
    console.tab_visibly_to("#copy-example").await;
    console.press(Key::Enter).await;
    console.wait_for_text("#example-copied", "Copied").await;
    let copied: String = console.run("return navigator.clipboard.readText()").await;
    assert_eq!(copied, console.text("#example").await);
    // The chosen one is remembered.
    console.reload().await;
    assert_eq!(console.text("[role=tab][aria-selected=true]").await, "CLI");
    console.page.close().await;
}

/// Twelve jobs or more.
#[tokio::test]
async fn many_jobs_are_filtered_by_prompt() {
    let jobs = (1..=3).map(|number| {
        format!("[[job]]\nname = \"job-{number}\"\nverb = \"imagine\"\nseed = 7\nchannel = \"1114555266835431444\"\nprompt = \"a cow, number {number}\"\n")
    });
    let scenario = Scenario::from_toml(&jobs.collect::<String>()).unwrap();
    let console = Console::start(Emulator::builder().scenario(scenario)).await;
    let shown = "return [...document.querySelectorAll('#jobs label')]
        .filter(label => !label.hidden).map(label => label.textContent)";
    assert_eq!(console.run::<Vec<String>>(shown).await.len(), 12);
    console.tab_visibly_to("#filter").await;
    console
        .web
        .action_chain()
        .send_keys("COW, number 2")
        .perform()
        .await
        .unwrap();
    assert_eq!(console.text("#filtered").await, "1 of 12 jobs");
    // With the selected one, from which the keyboard goes to it.
    let shown: Vec<String> = console.run(shown).await;
    assert_eq!(shown.len(), 2, "{shown:?}");
    assert!(shown[1].starts_with("a cow, number 2"), "{shown:?}");
    console.press(Key::Enter).await;
    console.tab_to("#jobs input").await;
    console.press(Key::Down).await;
    let job = console.emulator.job("job-2").unwrap();
    let selected = "return document.querySelector('#jobid').value";
    assert_eq!(console.run::<String>(selected).await, job);
    // Enter in the filter has sent nothing.
    assert_eq!(console.text("#submit-text").await, "");
    console.page.close().await;
}
