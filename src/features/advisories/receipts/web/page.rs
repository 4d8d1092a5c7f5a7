//! The page of one member's receipts: what is known, the form, and its confirmation.

use askama::Template;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};

use super::desk::{Asking, Desk};
use super::words::ReceiptWords;
use crate::features::advisories::receipts::receipt::{Channel, DeskReceipt, NewReceipt};
use crate::features::advisories::receipts::replies::reply::MailReply;
use crate::features::advisories::receipts::store::JustDone;
use crate::features::advisories::receipts::typed::{Bounds, EntryForm};
use crate::features::advisories::receipts::{paths, replies, store};
use crate::kernel::ids::OrganisationId;
use crate::kernel::language::{Label, Language, fill};
use crate::kernel::period::long_time;
use crate::kernel::sharing_level::SharingLevel;
use crate::platform::db::Tx;
use crate::platform::web::error::WebError;
use crate::platform::web::form::{Choice, FieldErrors};
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::{Page, Unprocessable};

/// A receipt in words.
#[derive(Debug)]
pub struct ReceiptRow {
    /// When it was told.
    pub time: String,
    /// What stands behind it.
    pub evidence: String,
    /// Which desk.
    pub desk: String,
    /// Who said so.
    pub answered_by: String,
    /// The same as a line.
    pub told_by: String,
    /// What else there is to know.
    pub remark: String,
    /// The same as a line; empty where there is nothing.
    pub remark_line: String,
    /// When and by whom it was entered.
    pub entered: String,
    /// The same as a line, with the desk.
    pub entered_line: String,
    /// When, by whom and why it was taken back; empty where it stands.
    pub withdrawn: String,
    /// Where it is taken back.
    pub withdraw: Option<String>,
}

impl ReceiptRow {
    /// A receipt in words.
    #[must_use]
    pub fn of(receipt: &DeskReceipt, language: Language) -> Self {
        let w = ReceiptWords::of(language);
        // Another desk's words are its own: of its receipts there are the times alone.
        let line = |words: &str, at: DateTime<Utc>, who: &str, reason: &str| {
            let time = long_time(at, language);
            if who.is_empty() { time } else { fill(words, &[("time", &time), ("who", who), ("reason", reason)]) }
        };
        let desk = fill(w.by_desk, &[("ceptoar", language.pick(&receipt.ceptoar[0], &receipt.ceptoar[1]))]);
        let entered = line(w.entered_line, receipt.entered_at, &receipt.entered_by_name, "");
        let filled = |words: &str, name: &str, value: &str| {
            if value.is_empty() { String::new() } else { fill(words, &[(name, value)]) }
        };
        Self {
            time: long_time(receipt.told.happened_at, language),
            evidence: receipt.words(language),
            answered_by: receipt.told.answered_by.clone(),
            told_by: filled(w.told_by, "who", &receipt.told.answered_by),
            remark: receipt.told.remark.clone(),
            remark_line: filled(w.remark_line, "remark", &receipt.told.remark),
            entered_line: fill(w.entered_row, &[("entered", &entered), ("desk", &desk)]),
            desk,
            entered,
            withdrawn: receipt
                .withdrawn
                .as_ref()
                .map_or_else(String::new, |(at, who, reason)| line(w.withdrawn_line, *at, who, reason)),
            withdraw: None,
        }
    }
}

#[derive(Template)]
#[template(path = "advisories/receipts/receipt.html")]
struct ReceiptPage {
    chrome: Chrome,
    w: &'static ReceiptWords,
    number: String,
    level: SharingLevel,
    drill: bool,
    member: String,
    ceptoar: String,
    own: String,
    own_organisation: bool,
    rows: Vec<ReceiptRow>,
    /// When a reply came, what became of it, and whether it counts.
    replies: Vec<(String, &'static str, bool)>,
    open: bool,
    action: String,
    back: String,
    list: String,
    calls: String,
    channels: Vec<Choice>,
    form: EntryForm,
    errors: FieldErrors,
}

#[derive(Template)]
#[template(path = "advisories/receipts/confirm.html")]
struct ConfirmPage {
    chrome: Chrome,
    w: &'static ReceiptWords,
    number: String,
    level: SharingLevel,
    drill: bool,
    member: String,
    lead: &'static str,
    action: String,
    back: String,
    facts: Vec<(&'static str, String)>,
    hidden: Vec<(&'static str, String)>,
    submit: &'static str,
    ending: bool,
}

/// A member at a desk, with what is known of its receipts.
#[derive(Debug)]
pub struct Known {
    /// Whom.
    pub organisation: OrganisationId,
    /// Its name in Japanese and English.
    pub name: [String; 2],
    /// When the firm itself acknowledged.
    pub own: Option<DateTime<Utc>>,
    /// What desks entered.
    pub entered: Vec<DeskReceipt>,
    /// What came of its replies to the mail.
    pub replies: Vec<MailReply>,
}

impl Known {
    /// Reads what is known.
    ///
    /// # Errors
    /// 404 where the item did not reach it through this desk.
    pub async fn read(tx: &mut Tx, desk: &Desk, organisation: OrganisationId) -> Result<Self, WebError> {
        let name = desk.member(tx, organisation).await?;
        let own = store::acknowledged_at(tx, desk.id, organisation).await?;
        let entered = store::entered(tx, desk.id, &[organisation]).await?;
        let mut replies = replies::store::of_item(tx, desk.id, &[organisation]).await?;
        replies.retain(|reply| reply.ceptoar_id == desk.ceptoar_id);
        Ok(Self { organisation, name, own, entered, replies })
    }

    /// What this desk entered and did not take back.
    #[must_use]
    pub fn standing(&self, desk: &Desk) -> Option<&DeskReceipt> {
        self.entered.iter().find(|r| r.stands() && r.ceptoar_id == desk.ceptoar_id)
    }

    /// Why there is nothing to enter any more.
    #[must_use]
    pub fn is_settled(&self, desk: &Desk, language: Language) -> Option<String> {
        let w = ReceiptWords::of(language);
        if let Some(at) = self.own {
            return Some(fill(w.own_meanwhile, &[("time", &long_time(at, language))]));
        }
        let receipt = self.standing(desk)?;
        let time = long_time(receipt.entered_at, language);
        Some(fill(w.entered_meanwhile, &[("time", &time), ("who", &receipt.entered_by_name)]))
    }

    fn member(&self, language: Language) -> String {
        language.pick(&self.name[0], &self.name[1]).clone()
    }

    fn rows(&self, desk: &Desk, language: Language) -> Vec<ReceiptRow> {
        let row = |receipt: &DeskReceipt| {
            let own = receipt.ceptoar_id == desk.ceptoar_id;
            let mut row = ReceiptRow::of(receipt, language);
            row.withdraw = (own && receipt.stands())
                .then(|| paths::withdrawal(desk.id, &desk.ceptoar_id, self.organisation, receipt.receipt_id));
            row
        };
        self.entered.iter().map(row).collect()
    }

    /// The page, with the form where there is something to enter.
    #[must_use]
    pub fn page(&self, desk: &Desk, frame: &Frame, form: EntryForm, errors: FieldErrors) -> Response {
        self.page_saying(desk, frame, form, errors, None)
    }

    /// The same, saying first what has just been done.
    #[must_use]
    pub fn page_saying(
        &self,
        desk: &Desk,
        frame: &Frame,
        form: EntryForm,
        errors: FieldErrors,
        said: Option<&'static str>,
    ) -> Response {
        let language = frame.language;
        let w = ReceiptWords::of(language);
        let settled = self.is_settled(desk, language).is_some();
        // What was typed stays in sight, even where somebody was faster.
        let own_organisation = desk.is_own(self.organisation);
        let open = desk.takes_receipts() && !own_organisation && (!settled || !errors.is_empty());
        let title = if open { w.title } else { w.title_known };
        let wrong = !errors.is_empty();
        let chrome = desk.chrome(frame, title);
        let page = ReceiptPage {
            chrome: match said {
                Some(said) => chrome.with_flash("success", said),
                None => chrome,
            },
            w,
            number: desk.number().to_owned(),
            level: desk.level(),
            drill: desk.found.envelope.drill,
            member: self.member(language),
            ceptoar: desk.name(language).to_owned(),
            own: self.own.map_or_else(String::new, |at| long_time(at, language)),
            own_organisation,
            rows: self.rows(desk, language),
            replies: self
                .replies
                .iter()
                .map(|reply| (long_time(reply.arrived_at, language), reply.outcome.label(language), reply.counts()))
                .collect(),
            open,
            action: paths::receipt(desk.id, &desk.ceptoar_id, self.organisation),
            back: back(desk, &form.from),
            list: desk.list(),
            calls: paths::back_to_calls(desk.id, &desk.ceptoar_id, &form.from, desk.now)
                .unwrap_or_else(|| paths::calls(desk.id, &desk.ceptoar_id)),
            channels: channels(&form.channel, language),
            form,
            errors,
        };
        if wrong { Unprocessable(page).into_response() } else { Page(page).into_response() }
    }

    /// What would be entered; nothing is yet.
    #[must_use]
    pub fn confirmation(&self, desk: &Desk, frame: &Frame, form: &EntryForm, told: &NewReceipt) -> Response {
        let language = frame.language;
        let w = ReceiptWords::of(language);
        let shown = told.evidence().words(desk.name(language), language);
        let code = if told.with_code { w.code_right } else { w.code_none };
        let mut facts = vec![
            (w.member, self.member(language)),
            (w.channel, told.channel.label(language).to_owned()),
            (w.answered_by, told.answered_by.clone()),
            (w.on, when(told.happened_at, desk.now, language)),
            (w.receipt_code, code.to_owned()),
            (w.evidence, shown),
        ];
        if !told.remark.is_empty() {
            facts.push((w.remark, told.remark.clone()));
        }
        Page(ConfirmPage {
            chrome: desk.chrome(frame, w.title),
            w,
            number: desk.number().to_owned(),
            level: desk.level(),
            drill: desk.found.envelope.drill,
            member: self.member(language),
            lead: w.confirm_lead,
            action: paths::receipt(desk.id, &desk.ceptoar_id, self.organisation),
            back: back(desk, &form.from),
            facts,
            hidden: form.hidden(),
            submit: w.enter,
            ending: false,
        })
        .into_response()
    }

    /// What would be taken back; nothing is yet.
    #[must_use]
    pub fn withdrawal(&self, desk: &Desk, frame: &Frame, receipt: &DeskReceipt, reason: &str) -> Response {
        let language = frame.language;
        let w = ReceiptWords::of(language);
        let row = ReceiptRow::of(receipt, language);
        let here = paths::receipt(desk.id, &desk.ceptoar_id, self.organisation);
        Page(ConfirmPage {
            chrome: desk.chrome(frame, w.withdraw_title),
            w,
            number: desk.number().to_owned(),
            level: desk.level(),
            drill: desk.found.envelope.drill,
            member: self.member(language),
            lead: w.withdraw_confirm_lead,
            action: paths::withdrawal(desk.id, &desk.ceptoar_id, self.organisation, receipt.receipt_id),
            back: here,
            facts: vec![
                (w.member, self.member(language)),
                (w.evidence, row.evidence),
                (w.on, row.time),
                (w.answered_by, row.answered_by),
                (w.entered, row.entered),
                (w.reason, reason.to_owned()),
            ],
            hidden: vec![("reason", reason.to_owned())],
            submit: w.withdraw_do,
            ending: true,
        })
        .into_response()
    }
}

/// A time, and how long ago that was: a form that was left open says "just now" long after.
fn when(at: DateTime<Utc>, now: DateTime<Utc>, language: Language) -> String {
    let w = ReceiptWords::of(language);
    let (time, passed) = (long_time(at, language), now - at);
    let (days, hours) = (passed.num_days().to_string(), passed.num_hours().to_string());
    let minutes = (passed.num_minutes() % 60).to_string();
    let words = match passed.num_minutes() {
        ..=5 => return time,
        6..60 => w.minutes_ago,
        60..2880 => w.hours_ago,
        2880.. => w.days_ago,
    };
    fill(words, &[("time", &time), ("days", &days), ("hours", &hours), ("minutes", &minutes)])
}

fn channels(chosen: &str, language: Language) -> Vec<Choice> {
    let choice = |channel: Channel| Choice {
        value: channel.code().to_owned(),
        label: channel.label(language).to_owned(),
        explanation: String::new(),
        chosen: channel.code() == chosen,
    };
    Channel::ALL.map(choice).to_vec()
}

/// What the viewer has just done to a receipt of the item: an address that somebody kept or passed on says nothing.
///
/// # Errors
/// When the database cannot be reached.
pub async fn said(
    tx: &mut Tx,
    desk: &Desk,
    asking: Asking<'_>,
    receipt: &str,
) -> Result<Option<&'static str>, WebError> {
    let w = ReceiptWords::of(asking.frame.language);
    let Ok(receipt) = receipt.parse() else { return Ok(None) };
    let done = store::just_done(tx, asking.viewer, desk.id, receipt, desk.now).await?;
    Ok(done.map(|done| match done {
        JustDone::Entered => w.recorded,
        JustDone::TakenBack => w.withdraw_done,
    }))
}

/// Where somebody came from: their place on the call list, or the delivery list.
#[must_use]
pub fn back(desk: &Desk, from: &str) -> String {
    paths::back_to_calls(desk.id, &desk.ceptoar_id, from, desk.now).unwrap_or_else(|| desk.list())
}

/// What a receipt is held against.
#[must_use]
pub fn bounds(desk: &Desk, asking: Asking<'_>, organisation: OrganisationId) -> Bounds {
    let code = desk.code(asking.state, organisation);
    let published_at = desk.found.envelope.published_at.unwrap_or(desk.now);
    Bounds { published_at, now: desk.now, code }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_that_is_not_just_now_says_how_long_ago_it_was() {
        let now: DateTime<Utc> = "2026-11-21T13:30:20Z".parse().unwrap();
        let shown = |text: &str| when(text.parse().unwrap(), now, Language::Ja);
        assert!(!shown("2026-11-21T13:25:00Z").contains('前'));
        assert!(shown("2026-11-21T13:10:00Z").ends_with("(20分前)"));
        assert!(shown("2026-11-21T11:10:00Z").ends_with("(2時間20分前)"));
        assert!(shown("2026-11-18T11:10:00Z").ends_with("(3日前)"));
    }
}
