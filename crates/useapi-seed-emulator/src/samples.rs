//! The jobs and accounts that are there when the emulator starts.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::{Map, json};

use crate::access::{Subscription, Token};
use crate::account::{Account, MAX_JOBS, Moderation};
use crate::attachments::ImageSet;
use crate::initial_state::InitialState;
use crate::parent::{ParentJob, bare};

/// Configured, and nothing wrong with it.
const MAIN: &str = "1114555266835431444";
/// Configured, with a moderation message that the service has not found yet.
const PENDING: &str = "1127840937193054300";
/// Without an account.
const UNCONFIGURED: &str = "1133501296618508371";
/// Without an account either.
const FORGOTTEN: &str = "1140236541876310107";

/// The token of an active subscription.
pub(crate) const TOKEN: &str = "user:1234-emulator-token";
/// A token whose subscription has expired.
pub(crate) const EXPIRED_TOKEN: &str = "user:5678-expired-emulator-token";

pub(crate) const USER: &str = "<@1114550001112223334>";

/// The ids of the jobs that are there when the emulator starts. They are the
/// same at every start.
#[derive(Clone, Debug, Serialize)]
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
    /// The first request for its seed finds it: 596 from then on.
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

/// The initial state without a scenario, and which job is which. `now` dates the
/// one that is still in progress.
pub(crate) fn world(now: Timestamp) -> (SampleJobs, InitialState) {
    let token = |token: &str, subscription| Token {
        token: token.into(),
        subscription,
    };
    let account = |channel: &str, discord: &str, moderation| Account {
        channel: channel.into(),
        discord: Some(discord.into()),
        reply_url: None,
        max_jobs: MAX_JOBS,
        moderation,
    };
    let (ids, jobs) = jobs(now);
    // An object of strings, whose keys are the names of the fields.
    let names = serde_json::to_value(&ids).and_then(serde_json::from_value);
    let world = InitialState {
        tokens: vec![
            token(TOKEN, Subscription::Active),
            token(EXPIRED_TOKEN, Subscription::Expired),
        ],
        accounts: vec![
            account(MAIN, "ABC-configured-at-the-account-xyz", Moderation::Clear),
            Account {
                reply_url: Some("https://callback.example/account".into()),
                ..account(
                    PENDING,
                    "PND-configured-at-the-account-mod",
                    Moderation::Unnoticed,
                )
            },
        ],
        jobs,
        names: names.unwrap_or_default(),
        executing: Vec::new(),
    };
    (ids, world)
}

/// A completed imagine job.
pub(crate) fn completed(
    created: Timestamp,
    message_id: u64,
    channel: &str,
    caption: &str,
    seed: u32,
) -> ParentJob {
    let title = bare(caption);
    let title = title.chars().take(40);
    ParentJob {
        id: format!(
            "{}{:03}-user:1234-channel:{channel}",
            created.strftime("%Y%m%d%H%M%S"),
            created.subsec_millisecond(),
        ),
        verb: "imagine".into(),
        status: "completed".into(),
        created,
        updated: later(created, 41_827),
        prompt: Some(bare(caption)),
        content: format!("**{caption}** - {USER} (fast)"),
        caption: caption.into(),
        discord: None,
        channel: Some(channel.into()),
        reply_url: None,
        reply_ref: None,
        message_id,
        particulars: Map::new(),
        images: Some(ImageSet {
            seed,
            title: title
                .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
                .collect(),
            channel: channel.into(),
            first_id: message_id + 1_000_001,
        }),
    }
}

pub(crate) fn later(time: Timestamp, milliseconds: i64) -> Timestamp {
    let later = time.checked_add(SignedDuration::from_millis(milliseconds));
    later.unwrap_or(time)
}

const BUTTONS: [&str; 9] = ["U1", "U2", "U3", "U4", "🔄", "V1", "V2", "V3", "V4"];

/// A completed imagine job, with all that samples have.
fn sample(number: u32, channel: &str, caption: &str, seed: u32) -> ParentJob {
    // 2024-02-25T14:53:03.538Z, the time in the first id.
    let first = Timestamp::constant(1_708_872_783, 538_000_000);
    let created = later(first, i64::from(number) * 1_354_211);
    let message_id = 1_211_331_000_000_000_000 + u64::from(number) * 7_310_004_211;
    ParentJob {
        discord: Some("JOB-from-when-it-was-executed-old".into()),
        reply_url: Some("https://webhook.example/abc".into()),
        reply_ref: Some(format!("sample-{number}")),
        particulars: Map::from_iter([("buttons".into(), json!(BUTTONS))]),
        ..completed(created, message_id, channel, caption, seed)
    }
}

fn jobs(now: Timestamp) -> (SampleJobs, Vec<ParentJob>) {
    let mut imagine = sample(0, MAIN, "Steampunk cat --s 750 --v 5.2", 3_058_471_692);
    let mut button = sample(1, MAIN, "Steampunk cat --s 750 --v 5.2", 417_290_336);
    button.verb = "button".into();
    button.particulars.extend([
        ("button".into(), json!("V2")),
        ("parentJobId".into(), json!(imagine.id)),
    ]);
    let child = json!({
        "button": "V2",
        "jobid": button.id,
        "messageId": button.message_id.to_string(),
    });
    imagine
        .particulars
        .insert("children".into(), json!([child]));

    let blended = "<https://s.mj.run/kX3c0pQm2vA> <https://s.mj.run/9bTqf1oRzLs> --v 5.2";
    let mut blend = ParentJob {
        verb: "blend".into(),
        prompt: None,
        ..sample(2, MAIN, blended, u32::MAX)
    };
    let urls = ["dunes", "mist"].map(|name| format!("https://images.example/{name}.png"));
    blend.particulars.extend([
        ("blendUrls".into(), json!(urls)),
        ("blendDimensions".into(), json!("Square")),
    ]);

    let harbour = "Harbour at dawn --ar 1:1 --v 6";
    let progress = ParentJob {
        status: "progress".into(),
        created: now,
        updated: now,
        content: format!("**{harbour}** - {USER} (62%) (fast)"),
        particulars: Map::new(),
        images: None,
        ..sample(3, MAIN, harbour, 1)
    };
    let described = "1️⃣ a lighthouse above a sea of mist --ar 1:1\n\n\
                     2️⃣ ridges behind ridges, pale morning --ar 1:1";
    let unsupported = ParentJob {
        verb: "describe".into(),
        prompt: None,
        content: described.into(),
        caption: String::new(),
        particulars: Map::from_iter([
            (
                "describeUrl".into(),
                json!("https://images.example/lighthouse.png"),
            ),
            ("embeds".into(), json!([{ "type": "rich" }])),
            ("buttons".into(), json!(["1️⃣", "2️⃣", "3️⃣", "4️⃣", "🔄"])),
        ]),
        images: None,
        ..sample(4, MAIN, described, 2)
    };
    let halted = sample(5, PENDING, "Lantern festival --v 5.2", 90_210_774);
    let no_discord = ParentJob {
        discord: None,
        ..sample(6, FORGOTTEN, "Glass desert --chaos 12 --v 5.2", 0)
    };
    let no_channel = ParentJob {
        channel: None,
        ..sample(7, MAIN, "Paper boats --niji 5", 2_147_483_648)
    };
    let temple = "Moss temple --style raw --v 5.2";
    let no_account = sample(8, UNCONFIGURED, temple, 1_879_048_191);
    let ids = SampleJobs {
        imagine: imagine.id.clone(),
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
        imagine,
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
