//! The token is redacted in every spelling that a response may have of it.

use proptest::prelude::*;
use serde_json::Value;
use useapi_seed::SubmitOutcome;
use useapi_seed_tests::{Response, Stub, client_builder};

/// A character in one of the spellings that a JSON string may have of it.
fn spelled(character: char, spelling: u8) -> String {
    let code = u32::from(character);
    match spelling {
        0 => format!("\\u{code:04x}"),
        1 => format!("\\u{code:04X}"),
        2 => format!("%{code:02x}"),
        3 => format!("\\u0025{code:02X}"),
        // With characters that programs remove.
        4 => format!("{character}\\u0000"),
        5 => format!("{character}\\n\u{7f}"),
        6 => format!("{character}\u{202e}\\ufeff"),
        7 if character == '/' => "\\/".to_owned(),
        _ => character.to_string(),
    }
}

/// The most that a text can show: decoded as JSON and as a URL, without invisible
/// characters.
fn shown(text: &str) -> String {
    let mut text = text.to_owned();
    for character in (0..128_u8).map(char::from).filter(char::is_ascii_graphic) {
        let code = u32::from(character);
        for escape in [
            format!("\\u{code:04x}"),
            format!("\\u{code:04X}"),
            format!("%{code:02x}"),
            format!("%{code:02X}"),
        ] {
            text = text.replace(&escape, &character.to_string());
        }
    }
    for hidden in [
        "\\u0000",
        "\\0",
        "\\n",
        "\\ufeff",
        "\\u{7f}",
        "\\u{202e}",
        "\\u{feff}",
    ] {
        text = text.replace(hidden, "");
    }
    let is_hidden =
        |character: char| character.is_control() || "\u{202e}\u{feff}\\".contains(character);
    text.chars()
        .filter(|character| !is_hidden(*character))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn escaped_token_is_always_redacted(
        spellings in prop::collection::vec(0..16_u8, TOKEN.len()),
        status in prop::sample::select(vec![200, 400, 401, 500, 596]),
    ) {
        let characters = TOKEN.chars().zip(spellings);
        let token: String = characters.map(|(character, spelling)| spelled(character, spelling)).collect();
        prop_assert!(shown(&token).contains(TOKEN));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        for text in runtime.block_on(returned_texts(status, &token)) {
            prop_assert!(!shown(&text).contains(TOKEN), "{}", text);
            prop_assert!(text.contains("***"), "{}", text);
        }
    }
}

/// With a character that JSON may escape.
const TOKEN: &str = "user:1234-secret/token";

/// All texts that the client returns for a response with `token` in it.
async fn returned_texts(status: u16, token: &str) -> Vec<String> {
    let body = format!(
        r#"{{"jobid":"{token}","{token}":["{token}"],"error":"a {token}","errorDetails":"{token}",
        "executingJobs":["{token}"],"verb":"imagine","status":"completed","content":"**a {token}** - <@1>",
        "seed":{{"value":5,"attachments":[{{"url":"{token}","filename":"{token}"}}]}}}}"#
    );
    let api = Stub::always(Response::json(status, body)).await;
    let client = client_builder(TOKEN, api.base_url()).build().unwrap();
    match client.submit("a-job").await {
        Ok(SubmitOutcome::AlreadyRetrieved(result)) => {
            let body: Value = serde_json::from_slice(result.raw_body()).unwrap();
            let mut texts = vec![
                String::from_utf8(result.raw_body().to_vec()).unwrap(),
                result.job_id().to_owned(),
                result.prompt().unwrap().to_owned(),
                result.prompt_with_seed().unwrap().to_owned(),
                serde_json::to_string(&result).unwrap(),
                format!("{result:?}"),
                format!("{:?}", result.raw_job()),
            ];
            texts.extend(
                body.as_object()
                    .unwrap()
                    .keys()
                    .find(|key| key.contains('*'))
                    .cloned(),
            );
            texts
        }
        // After an ambiguous error the search may find this job.
        Ok(other) => vec![format!("{other:?}")],
        Err(error) => {
            let response = error.response().unwrap();
            vec![
                error.to_string(),
                format!("{error:?}"),
                format!("{error:#?}"),
                error.service_message().unwrap().to_owned(),
                format!("{response:?}"),
                String::from_utf8(response.body.to_vec()).unwrap(),
            ]
        }
    }
}
