use thirtyfour::Key;
use url::Url;
use useapi_seed_emulator::{Emulator, Scenario};

use super::{Console, FAST, open_at};
use crate::viewport::Viewport;

const LINE: &str = "Steampunk cat --s 750 --v 5.2 --seed 3058471692";
const ERRORS: [&str; 5] = [" 400", " 401", " 402", " 404", " 596"];

#[tokio::test]
async fn job_is_followed_to_seed_and_images() {
    let console = Console::start(Emulator::builder()).await;
    let comment = console.submit().await;
    assert!(comment.starts_with("Job started."), "{comment}");
    let request = console.text("#sent").await;
    assert!(request.contains(console.emulator.token()), "{request}");
    let response = console.text("#received").await;
    assert!(response.contains("\"status\": \"started\""), "{response}");
    let status = console.text("#status").await;
    assert!(is_timed(&status), "{status}");
    let headers = console.text("#headers").await;
    assert!(
        headers.contains("content-type: application/json"),
        "{headers}"
    );
    console.wait_for_text("#follow-text", "Started.").await;

    console.click("#speeds button:nth-child(2)").await;
    console.wait_for_text("#follow-text", "In progress.").await;
    console.click("#skip").await;
    console.wait_for_result().await;
    let sizes = "return [...document.querySelectorAll('#result img')]
        .map(image => image.naturalWidth * image.naturalHeight)";
    assert_eq!(console.run::<Vec<u32>>(sizes).await, [1024 * 1024; 4]);
    assert_eq!(console.text("#seed").await, "3058471692");
    assert_eq!(console.text("#line").await, LINE);
    let comment = console.text("#follow-text").await;
    assert!(comment.starts_with("Completed."), "{comment}");

    console.browser.allow_clipboard().await;
    console.click("#result .paste button").await;
    console.wait_for_text("#copied", "Copied").await;
    let pasted: String = console.run("return navigator.clipboard.readText()").await;
    assert_eq!(pasted, LINE);
    assert_eq!(console.started(), 1);
    console.page.close().await;
}

/// Such as `200 OK, 12 ms`.
pub(super) fn is_timed(status: &str) -> bool {
    let time = status
        .strip_prefix("200 OK, ")
        .and_then(|rest| rest.strip_suffix(" ms"));
    time.is_some_and(|time| time.parse::<u64>().is_ok())
}

#[tokio::test]
async fn new_requests_are_shown() {
    let console = Console::start(Emulator::builder().time_scale(FAST)).await;
    console.submit().await;
    console.wait_for_result().await;
    // A submission, some polls, four images: the latest first.
    console
        .wait_for_text("#requests", "Steampunk_cat_4.png")
        .await;
    console.wait_for_count("#requests li", 6).await;
    let rows = console.texts("#requests .what").await;
    assert_eq!(rows.last().unwrap(), "POST /jobs/seed_async");
    let first = console.text("#requests li:last-child pre").await;
    assert!(first.contains("\"status\": \"started\""), "{first}");
    assert!(!first.contains(console.emulator.token()), "{first}");
    console.page.close().await;
}

#[tokio::test]
async fn clock_is_shown_and_scaled() {
    let console = Console::start(Emulator::builder().paused()).await;
    console.wait_for_text("#clock", "2024-02-25 18:00:00").await;
    let pressed = "#speeds [aria-pressed=true]";
    assert!(console.texts(pressed).await.is_empty());
    console.click("#speeds button:nth-child(3)").await;
    console.wait_for_text(pressed, "60").await;
    console
        .wait("!document.querySelector('#clock').textContent.endsWith('18:00:00')")
        .await;
    console.page.close().await;
}

#[tokio::test]
async fn running_job_is_not_submitted_again() {
    let console = Console::start(Emulator::builder().paused()).await;
    let clicks =
        "for (let i = 0; i < 10; i++) document.querySelector('#submit [type=submit]').click()";
    console.run::<()>(clicks).await;
    console.wait_for_text("#follow-text", "Started.").await;
    // Nor after another one was followed.
    for job in [2, 1] {
        console
            .click(&format!("#jobs label:nth-child({job})"))
            .await;
        console.submit().await;
    }
    console.wait_for_text("#submit-text", "Not sent: ").await;
    console.emulator.set_time_scale(FAST).unwrap();
    console.wait_for_text("#seed", "3058471692").await;
    console.wait_for_result().await;
    let counts = console.emulator.job_counts();
    let jobs = console.emulator.jobs();
    for job in [&jobs.imagine, &jobs.button] {
        assert_eq!(counts[job].started, 1);
    }
    console.page.close().await;
}

/// A poll with another token says nothing about the job.
#[tokio::test]
async fn rejected_poll_clears_no_submission() {
    let console = Console::start(Emulator::builder().paused()).await;
    console.submit().await;
    for (token, state) in [(3, "Token missing"), (1, "Started.")] {
        console
            .click(&format!("#token option:nth-child({token})"))
            .await;
        assert!(console.submit().await.starts_with("Not sent: "));
        console.wait_for_text("#follow-text", state).await;
    }
    assert_eq!(console.started(), 1);
    console.page.close_except(&[" 401"]).await;
}

#[tokio::test]
async fn retry_of_the_browser_starts_no_second_job() {
    let scenario = Scenario::named("flaky-network").unwrap();
    let emulator = Emulator::builder().time_scale(FAST).scenario(scenario);
    let console = Console::start(emulator).await;
    let comment = console.submit().await;
    assert!(comment.contains("No response."), "{comment}");
    assert_eq!(console.started(), 1);
    console.page.close_except(&["ERR_CONNECTION_RESET"]).await;
}

#[tokio::test]
async fn console_works_as_localhost() {
    let console = Console::start(Emulator::builder().time_scale(FAST)).await;
    let mut url = Url::parse(&console.emulator.console_url()).unwrap();
    console.page.close().await;
    url.set_host(Some("localhost")).unwrap();
    let page = open_at(&console.browser, &console.emulator, &url, Viewport::LAPTOP).await;
    page.submit().await;
    page.wait_for_result().await;
    page.close().await;
}

#[tokio::test]
async fn every_sample_responds_as_described() {
    let console = Console::start(Emulator::builder().time_scale(FAST)).await;
    let samples = console.texts("#jobs small").await;
    assert_eq!(samples.len(), 9);
    assert!(
        !console
            .run::<bool>("return document.querySelector('#filter').checkVisibility()")
            .await
    );
    for (index, sample) in (1..).zip(&samples) {
        console
            .click(&format!("#jobs label:nth-child({index})"))
            .await;
        let comment = console.submit().await;
        let response = console.text("#status").await;
        let (status, expected) = match sample.rsplit(' ').next() {
            Some("400") => ("400", "Rejected"),
            Some("596") => ("596", "Account halted."),
            _ => ("200", "Job started."),
        };
        assert!(response.starts_with(status), "{sample}: {response}");
        assert!(comment.starts_with(expected), "{sample}: {comment}");
        if status == "200" {
            console.wait_for_result().await;
            let comment = console.submit().await;
            let expected = "Seed already available.";
            assert!(comment.starts_with(expected), "{comment}");
            console.wait_for_images().await;
        } else {
            console
                .wait_for_text("#follow-text", "No job was started.")
                .await;
        }
    }
    console.page.close_except(&ERRORS).await;
}

#[tokio::test]
async fn tokens_and_ids_are_sent_as_typed() {
    let console = Console::start(Emulator::builder()).await;
    for (token, status) in [(2, "402"), (3, "401")] {
        console
            .click(&format!("#token option:nth-child({token})"))
            .await;
        console.submit().await;
        let response = console.text("#status").await;
        assert!(response.starts_with(status), "{response}");
    }
    console.click("#token option:nth-child(1)").await;
    let script = "const id = document.querySelector('#jobid');
        id.value = arguments[0];
        id.dispatchEvent(new Event('input', {bubbles: true}))";
    let hostile = "<img src=x onerror=\"document.title='run'\">";
    console.run_with::<()>(script, vec![hostile.into()]).await;
    console.submit().await;
    let response = console.text("#status").await;
    assert!(response.starts_with("404"), "{response}");
    for shown in ["#sent", "#requests"] {
        console.wait_for_text(shown, "<img src=x onerror=").await;
    }
    console
        .wait("!document.querySelector('main img, aside img')")
        .await;
    let title: String = console.run("return document.title").await;
    assert!(title.starts_with("useapi.net"), "{title}");
    console.page.close_except(&ERRORS).await;
}

#[tokio::test]
async fn console_is_used_by_keyboard() {
    let console = Console::start(Emulator::builder().time_scale(FAST)).await;
    console.skip_to("#jobs input").await;
    console.press(Key::Down).await;
    let selected = "return document.querySelector('#jobid').value";
    let selected: String = console.run(selected).await;
    assert_eq!(selected, console.emulator.jobs().button);
    console.tab_visibly_to("#submit [type=submit]").await;
    console.press(Key::Enter).await;
    console.wait_for_result().await;
    console.tab_visibly_to("#result .paste button").await;
    console.tab_visibly_to("#speeds button").await;
    console.tab_to("#fault").await;
    console.tab_to("#requests summary").await;
    console.press(Key::Enter).await;
    console.wait_for("#requests details[open]").await;
    console.wait_for_images().await;
    console.page.close().await;
}

#[tokio::test]
async fn outage_and_its_end_are_shown() {
    let Console {
        page,
        emulator,
        browser: _browser,
    } = Console::start(Emulator::builder()).await;
    let url = Url::parse(&emulator.console_url()).unwrap();
    page.submit().await;
    page.wait_for("#requests li").await;
    drop(emulator);
    page.wait_for_text("#outage-text", "Emulator not responding.")
        .await;
    page.wait("!document.querySelector('#outage').hidden").await;
    // Nothing covers it, wherever the page was scrolled to.
    page.run::<()>("scrollTo(0, 500)").await;
    let hit = "const {left, top} = document.querySelector('#reload').getBoundingClientRect();
        return document.elementFromPoint(left + 5, top + 5).id";
    assert_eq!(page.run::<String>(hit).await, "reload");
    let emulator = Emulator::builder().port(url.port().unwrap());
    let _emulator = emulator.start().await.unwrap();
    // Its clock has gone back, so that the page is loaded again.
    page.wait("document.querySelector('#outage')?.hidden").await;
    page.wait_for("#jobs input").await;
    page.wait("document.querySelector('#follow-shown').hidden")
        .await;
    page.submit().await;
    page.wait_for_text("#follow-text", "Started.").await;
    page.close_except(&["ERR_CONNECTION_", "ERR_EMPTY_RESPONSE", " 404"])
        .await;
}
