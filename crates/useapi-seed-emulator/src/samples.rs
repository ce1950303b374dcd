//! The jobs and accounts that are there when the emulator starts.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use crate::access::{Subscription, Token};
use crate::account::{Account, MAX_JOBS, Moderation};
use crate::attachments::Album;
use crate::parent::{ParentJob, bare};
use crate::world::World;

/// Configured, and nothing wrong with it.
const MAIN: &str = "1114555266835431444";
/// Configured, with a moderation message that nobody has noticed.
const PENDING: &str = "1127840937193054300";
/// Without an account.
const UNCONFIGURED: &str = "1133501296618508371";
/// Without an account either.
const FORGOTTEN: &str = "1140236541876310107";

/// The token of the one subscriber.
pub(crate) const TOKEN: &str = "user:1234-emulator-token";
/// The token of somebody whose subscription has run out.
pub(crate) const EXPIRED_TOKEN: &str = "user:5678-expired-emulator-token";

pub(crate) const USER: &str = "<@1114550001112223334>";

/// The ids of the jobs that are there when the emulator starts. They are the
/// same at every start.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SampleJobs {
    /// A completed imagine job: a seed can be asked for.
    pub imagine: String,
    /// A completed button job: a seed can be asked for.
    pub button: String,
    /// A completed blend job: a seed can be asked for. It is the largest that
    /// there is, 4294967295.
    pub blend: String,
    /// An imagine job that stays in progress: 400.
    pub progress: String,
    /// A completed describe job, a verb without a seed: 400.
    pub unsupported: String,
    /// A completed imagine job whose account has a moderation message pending.
    /// The first request for its seed comes upon it: 596, then and ever after.
    pub halted: String,
    /// A completed imagine job without a `discord` value, in a channel without
    /// an account: 400, unless the request brings a `discord` value. Its seed
    /// is 0.
    pub no_discord: String,
    /// A completed imagine job without a channel: 400.
    pub no_channel: String,
    /// A completed imagine job in a channel without an account: its own
    /// `discord` value is used.
    pub no_account: String,
}

/// What the samples are called, as the fields of [`SampleJobs`].
pub(crate) const NAMES: [&str; 9] = [
    "imagine",
    "button",
    "blend",
    "progress",
    "unsupported",
    "halted",
    "no_discord",
    "no_channel",
    "no_account",
];

impl SampleJobs {
    /// In the order of [`NAMES`].
    fn all(&self) -> [&str; NAMES.len()] {
        [
            &self.imagine,
            &self.button,
            &self.blend,
            &self.progress,
            &self.unsupported,
            &self.halted,
            &self.no_discord,
            &self.no_channel,
            &self.no_account,
        ]
    }
}

/// The world at the start, and which job is which. `now` dates the one that is
/// still in progress.
pub(crate) fn world(now: Timestamp) -> (SampleJobs, World) {
    let token = |token: &str, subscription| Token {
        token: token.into(),
        subscription,
    };
    let (ids, jobs) = jobs(now);
    let world = World {
        tokens: vec![
            token(TOKEN, Subscription::Active),
            token(EXPIRED_TOKEN, Subscription::Expired),
        ],
        accounts: accounts(),
        jobs,
        names: NAMES
            .into_iter()
            .zip(ids.all())
            .map(|(name, id)| (name.to_owned(), id.to_owned()))
            .collect(),
        executing: Vec::new(),
    };
    (ids, world)
}

fn accounts() -> Vec<Account> {
    vec![
        Account {
            channel: MAIN.into(),
            discord: Some("ABC-configured-at-the-account-xyz".into()),
            reply_url: None,
            max_jobs: MAX_JOBS,
            moderation: Moderation::Clear,
        },
        Account {
            channel: PENDING.into(),
            discord: Some("PND-configured-at-the-account-mod".into()),
            reply_url: Some("https://callback.example/account".into()),
            max_jobs: MAX_JOBS,
            moderation: Moderation::Unnoticed,
        },
    ]
}

/// What distinguishes one sample from the others.
struct Sample {
    verb: &'static str,
    prompt: Option<&'static str>,
    /// What the content shows in bold.
    caption: &'static str,
    title: &'static str,
    seed: u32,
    discord: Option<&'static str>,
    channel: Option<&'static str>,
    particulars: Vec<(&'static str, Value)>,
}

/// A completed imagine job in the main channel.
fn imagine(prompt: &'static str, title: &'static str, seed: u32) -> Sample {
    Sample {
        verb: "imagine",
        prompt: Some(prompt),
        caption: prompt,
        title,
        seed,
        discord: Some("JOB-from-when-it-was-executed-old"),
        channel: Some(MAIN),
        particulars: vec![("buttons", json!(BUTTONS))],
    }
}

const BUTTONS: [&str; 9] = ["U1", "U2", "U3", "U4", "🔄", "V1", "V2", "V3", "V4"];

impl Sample {
    /// The finished job, as number so-and-so.
    fn job(self, number: i64) -> ParentJob {
        // 2024-02-25T14:53:03.538Z, the time in the first id.
        let first = Timestamp::constant(1_708_872_783, 538_000_000);
        let created = first
            .checked_add(SignedDuration::from_millis(number * 1_354_211))
            .unwrap_or(first);
        let updated = created
            .checked_add(SignedDuration::from_millis(41_827))
            .unwrap_or(created);
        let snowflake = 1_211_331_000_000_000_000 + number.unsigned_abs() * 7_310_004_211;
        let channel = self.channel.unwrap_or(MAIN);
        ParentJob {
            id: format!(
                "{}{:03}-user:1234-channel:{channel}",
                created.strftime("%Y%m%d%H%M%S"),
                created.subsec_millisecond(),
            ),
            verb: self.verb.into(),
            status: "completed".into(),
            created,
            updated,
            prompt: self.prompt.map(bare),
            content: format!("**{}** - {USER} (fast)", self.caption),
            caption: self.caption.into(),
            discord: self.discord.map(Into::into),
            channel: self.channel.map(Into::into),
            reply_url: Some("https://webhook.example/abc".into()),
            reply_ref: Some(format!("sample-{number}")),
            message_id: snowflake,
            particulars: self
                .particulars
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
            album: Some(Album {
                seed: self.seed,
                title: self.title.into(),
                channel: channel.into(),
                first_id: snowflake + 1_000_001,
            }),
        }
    }
}

/// The job that everybody starts with, and one made from it by a button.
fn cats() -> (ParentJob, ParentJob) {
    const PROMPT: &str = "Steampunk cat --s 750 --v 5.2";
    let mut cat = imagine(PROMPT, "Steampunk_cat", 3_058_471_692).job(0);
    let mut button = Sample {
        verb: "button",
        particulars: vec![("button", json!("V2")), ("buttons", json!(BUTTONS))],
        ..imagine(PROMPT, "Steampunk_cat_V2", 417_290_336)
    }
    .job(1);
    button
        .particulars
        .insert("parentJobId".into(), json!(cat.id));
    cat.particulars.insert(
        "children".into(),
        json!([{
            "button": "V2",
            "jobid": button.id,
            "messageId": button.message_id.to_string(),
        }]),
    );
    (cat, button)
}

fn blend() -> ParentJob {
    Sample {
        verb: "blend",
        prompt: None,
        caption: "<https://s.mj.run/kX3c0pQm2vA> <https://s.mj.run/9bTqf1oRzLs> --v 5.2",
        particulars: vec![
            (
                "blendUrls",
                json!([
                    "https://images.example/dunes.png",
                    "https://images.example/mist.png",
                ]),
            ),
            ("blendDimensions", json!("Square")),
            ("buttons", json!(BUTTONS)),
        ],
        ..imagine("", "dunes_and_mist", u32::MAX)
    }
    .job(2)
}

fn progress(now: Timestamp) -> ParentJob {
    ParentJob {
        status: "progress".into(),
        created: now,
        updated: now,
        content: format!("**Harbour at dawn --ar 1:1 --v 6** - {USER} (62%) (fast)"),
        particulars: Map::new(),
        album: None,
        ..imagine("Harbour at dawn --ar 1:1 --v 6", "Harbour_at_dawn", 1).job(3)
    }
}

fn describe() -> ParentJob {
    let sample = Sample {
        verb: "describe",
        prompt: None,
        particulars: vec![
            (
                "describeUrl",
                json!("https://images.example/lighthouse.png"),
            ),
            ("embeds", json!([{ "type": "rich" }])),
            ("buttons", json!(["1️⃣", "2️⃣", "3️⃣", "4️⃣", "🔄"])),
        ],
        ..imagine("", "lighthouse", 2)
    };
    ParentJob {
        content: "1️⃣ a lighthouse above a sea of mist --ar 1:1\n\n\
                  2️⃣ ridges behind ridges, pale morning --ar 1:1"
            .into(),
        album: None,
        ..sample.job(4)
    }
}

fn jobs(now: Timestamp) -> (SampleJobs, Vec<ParentJob>) {
    let (cat, button) = cats();
    let blend = blend();
    let progress = progress(now);
    let unsupported = describe();
    let halted = Sample {
        channel: Some(PENDING),
        ..imagine("Lantern festival --v 5.2", "Lantern_festival", 90_210_774)
    }
    .job(5);
    let no_discord = Sample {
        channel: Some(FORGOTTEN),
        discord: None,
        ..imagine("Glass desert --chaos 12 --v 5.2", "Glass_desert", 0)
    }
    .job(6);
    let no_channel = Sample {
        channel: None,
        ..imagine("Paper boats --niji 5", "Paper_boats", 2_147_483_648)
    }
    .job(7);
    let no_account = Sample {
        channel: Some(UNCONFIGURED),
        ..imagine(
            "Moss temple --style raw --v 5.2",
            "Moss_temple",
            1_879_048_191,
        )
    }
    .job(8);

    let ids = SampleJobs {
        imagine: cat.id.clone(),
        button: button.id.clone(),
        blend: blend.id.clone(),
        progress: progress.id.clone(),
        unsupported: unsupported.id.clone(),
        halted: halted.id.clone(),
        no_discord: no_discord.id.clone(),
        no_channel: no_channel.id.clone(),
        no_account: no_account.id.clone(),
    };
    let jobs = vec![
        cat,
        button,
        blend,
        progress,
        unsupported,
        halted,
        no_discord,
        no_channel,
        no_account,
    ];
    (ids, jobs)
}
