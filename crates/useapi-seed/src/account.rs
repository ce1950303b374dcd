//! The Midjourney account behind a channel, and what it executes.

use serde::Serialize;
use serde_json::Value;

use crate::client::Client;
use crate::error::Error;
use crate::json;
use crate::response;
use crate::transport::Operation;

/// A Midjourney account, named by its Discord channel. Made by
/// [`Client::account`].
///
/// ```
/// # use useapi_seed_emulator::Emulator;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let emulator = Emulator::start().await?;
/// # let client = useapi_seed::Client::builder(emulator.token()).base_url(emulator.base_url()).build()?;
/// # let channel = "1114555266835431444";
/// // After Midjourney's message has been acknowledged in Discord:
/// client.account(channel).reset().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Account {
    client: Client,
    channel: String,
}

impl Account {
    pub(crate) fn new(client: Client, channel: String) -> Self {
        Self { client, channel }
    }

    /// Puts a halted account back to work (Responses, 596).
    ///
    /// First log in to Discord and acknowledge Midjourney's message, or solve
    /// its CAPTCHA, to prevent a potential ban of the Midjourney account.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when no account is
    /// configured for the channel, and as for any call.
    pub async fn reset(&self) -> Result<(), Error> {
        match self.channel.trim() {
            "" => return Err(Error::invalid_input("channel", "is empty")),
            // In an address these mean another place.
            "." | ".." => return Err(Error::invalid_input("channel", "is no channel's id")),
            _ => {}
        }
        let options = self.client.options();
        self.client
            .call(Operation::ResetAccount, None, &options, async |raw| {
                let answer = raw.reset_account(&self.channel).await;
                let answer = answer.map_err(response::failure)?;
                Ok(((), answer.raw_response().status))
            })
            .await
    }
}

/// The jobs that an account executes. Made by [`Client::executing_jobs`].
///
/// ```
/// # use useapi_seed_emulator::Emulator;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let emulator = Emulator::start().await?;
/// # let client = useapi_seed::Client::builder(emulator.token()).base_url(emulator.base_url()).build()?;
/// let executing = client.executing_jobs().await?;
/// for id in executing.ids.unwrap_or_default() {
///     println!("{id}");
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct ExecutingJobs {
    /// Their ids; none when the answer has a form that is not known. That is
    /// not to say that nothing is executing.
    pub ids: Option<Vec<String>>,
    /// The answer.
    pub raw: Value,
}

impl ExecutingJobs {
    pub(crate) fn new(answer: Value) -> Self {
        Self {
            ids: ids(&answer),
            raw: answer,
        }
    }
}

/// The vendor's own client says that the answer is a list of ids; another
/// generation of the service answers with an object. In either, look for lists
/// of ids or of jobs.
fn ids(answer: &Value) -> Option<Vec<String>> {
    let lists: Vec<&Vec<Value>> = match answer {
        Value::Array(list) => vec![list],
        Value::Object(map) => map
            .iter()
            .filter(|(name, list)| is_list_of_jobs(name, list))
            .filter_map(|(_, list)| list.as_array())
            .collect(),
        _ => return None,
    };
    if lists.is_empty() {
        return None;
    }
    lists
        .into_iter()
        .flatten()
        .map(|entry| json::id(entry).or_else(|| json::id(entry.get("jobid")?)))
        .collect()
}

/// An empty list of something else does not say that nothing is executing.
fn is_list_of_jobs(name: &str, list: &Value) -> bool {
    let name = name.to_lowercase();
    let is_empty = list.as_array().is_some_and(Vec::is_empty);
    !is_empty || name.contains("job") || name.contains("executing")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn ids_are_found_in_lists_and_what_is_not_known_is_said() {
        let two = Some(vec!["1".to_owned(), "2".to_owned()]);
        for (answer, expected) in [
            (json!(["1", "2"]), &two),
            (json!([{"jobid": "1"}, {"jobid": "2"}]), &two),
            (json!({"count": 2, "jobs": [{"jobid": "1"}, "2"]}), &two),
            (json!([]), &Some(Vec::new())),
            (json!({"executing": 2}), &None),
            (json!({"executing": 1, "errors": []}), &None),
            (json!({"executingJobs": []}), &Some(Vec::new())),
            (json!([1, {"jobid": 2}]), &two),
            (json!([1.5]), &None),
            (json!([["1"]]), &None),
            (json!(null), &None),
            (json!("1"), &None),
        ] {
            assert_eq!(&ids(&answer), expected, "{answer}");
        }
    }
}
