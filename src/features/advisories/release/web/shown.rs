//! What pages say of an item that waits for its time, and of earlier waits.

use chrono::{DateTime, Utc};

use crate::features::advisories::release::paths;
use crate::features::advisories::release::waiting::{Outcome, Release};
use crate::kernel::ids::AdvisoryId;
use crate::kernel::language::{Language, fill};
use crate::kernel::period::{long_time, thousands};

crate::words! {
    /// Words of waiting.
    pub struct ReleaseWords {
        waits: "{time}に発出します" / "It is published at {time}",
        waits_text: "{who}さんが{at}に承認しました。発出するまでは、だれにも届きません。まちがいに気付いたら止めてください。" / "Approved by {who} at {at}. Until it is published nobody receives it. If you notice a mistake, stop it.",
        late: "発出の時刻を過ぎましたが、まだ発出されていません" / "Its time has come, and it is not published yet",
        late_text: "数秒で発出されるはずです。変わらないときは、運用担当者に連絡してください。急ぐときは、止めてから「今すぐ発出する」で承認し直してください。" / "This should take some seconds. If it stays like this, please tell whoever runs the portal; if it is urgent, stop it and have it approved again for now.",
        stop: "発出を止める" / "Stop it",
        stop_confirm: "発出を止めて、承認待ちに戻します。" / "It will not be published, and waits for an approver again.",
        stopped: "発出を止めました。承認待ちに戻っています。" / "Stopped. It waits for an approver again.",
        history: "発出の時刻の記録" / "Times it was approved for",
        approved: "{who}さんが、{time}の発出として承認しました(届く窓口 {n}件)。" / "{who} approved it for {time} ({n} windows).",
        released: "発出しました(届いた窓口 {n}件)。" / "Published ({n} windows).",
        released_changed: "発出しました(届いた窓口 {n}件)。承認の後に名簿が変わったため、届いた相手は承認のときと違います。" / "Published ({n} windows). The directory had changed since, so they are others than at the approval.",
        was_stopped: "{who}さんが止めました。" / "Stopped by {who}.",
        was_late: "発出の時刻から時間がたちすぎたか、期限を過ぎたため、発出しませんでした。承認待ちに戻しました。" / "Not published: its time was long over, or a due time had passed. It waits for an approver again.",
        lapsed: "承認した方が承認者でなくなったため、発出しませんでした。承認待ちに戻しました。" / "Not published, as who approved it is an approver no more. It waits for an approver again.",
    }
}

/// An item that waits.
#[derive(Debug)]
pub struct WaitView {
    /// When it leaves.
    pub title: String,
    /// Who said so.
    pub text: String,
    /// Its time is over, and it is still here.
    pub late: bool,
    /// Where it is stopped.
    pub stop: String,
}

/// What was done about the time, and when.
#[derive(Debug)]
pub struct StepView {
    /// When.
    pub time: String,
    /// What.
    pub text: String,
}

/// Everything of an item's releases.
#[derive(Debug)]
pub struct ReleaseView {
    /// Words.
    pub w: &'static ReleaseWords,
    /// What waits now.
    pub waits: Option<WaitView>,
    /// What was done, the newest first.
    pub steps: Vec<StepView>,
}

impl ReleaseView {
    /// The view of an item's releases.
    #[must_use]
    pub fn of(id: AdvisoryId, releases: &[Release], now: DateTime<Utc>, language: Language) -> Self {
        let w = ReleaseWords::of(language);
        let waits = releases.iter().find(|r| r.outcome.is_none()).map(|r| wait(id, r, now, language));
        Self { w, waits, steps: releases.iter().flat_map(|r| steps(r, language)).collect() }
    }
}

fn wait(id: AdvisoryId, release: &Release, now: DateTime<Utc>, language: Language) -> WaitView {
    let w = ReleaseWords::of(language);
    let late = release.release_at < now;
    let time = long_time(release.release_at, language);
    let said = fill(w.waits_text, &[("who", &release.approved_by), ("at", &long_time(release.approved_at, language))]);
    WaitView {
        title: if late { w.late.to_owned() } else { fill(w.waits, &[("time", &time)]) },
        text: if late { w.late_text.to_owned() } else { said },
        late,
        stop: paths::stop(id),
    }
}

/// The approval and how it ended, in words, the newest first.
#[must_use]
pub fn steps(release: &Release, language: Language) -> Vec<StepView> {
    let w = ReleaseWords::of(language);
    let approved = fill(
        w.approved,
        &[
            ("who", &release.approved_by),
            ("time", &long_time(release.release_at, language)),
            ("n", &thousands(release.recipients.into())),
        ],
    );
    let count = thousands(release.queued.unwrap_or_default().into());
    let ended = release.ended_at.zip(release.outcome).map(|(at, outcome)| {
        let text = match outcome {
            Outcome::Released if release.changed => fill(w.released_changed, &[("n", &count)]),
            Outcome::Released => fill(w.released, &[("n", &count)]),
            Outcome::Stopped => fill(w.was_stopped, &[("who", release.ended_by.as_deref().unwrap_or_default())]),
            Outcome::Lapsed => w.lapsed.to_owned(),
            Outcome::Late => w.was_late.to_owned(),
        };
        StepView { time: long_time(at, language), text }
    });
    let approved = StepView { time: long_time(release.approved_at, language), text: approved };
    ended.into_iter().chain([approved]).collect()
}
