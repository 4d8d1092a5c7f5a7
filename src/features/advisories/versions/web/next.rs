//! 次の版を起案する: what the next version of an item is to be, and why.

use askama::Template;
use axum::Form as Body;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{DateTime, Utc};

use crate::features::access::action::AdvisoryAction;
use crate::features::access::web::extract::Author;
use crate::features::access::{Role, can};
use crate::features::advisories::advisory::{State, Text};
use crate::features::advisories::reading::store::{self as reading, Found};
use crate::features::advisories::versions::beginning;
use crate::features::advisories::versions::history::History;
use crate::features::advisories::versions::paths;
use crate::features::advisories::versions::step::{Step, nth};
use crate::features::advisories::versions::store::{self, CannotBegin, NewVersion, OpenVersion};
use crate::features::advisories::{paths as advisories, web::reading::nothing_here};
use crate::kernel::ids::AdvisoryId;
use crate::kernel::language::{Label, Language, fill};
use crate::kernel::period::long_time;
use crate::kernel::sharing_level::SharingLevel;
use crate::kernel::text;
use crate::platform::db::Tx;
use crate::platform::web::error::WebError;
use crate::platform::web::extract::Id;
use crate::platform::web::form::{Choice, ErrorLine, FieldErrors};
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::Page;
use crate::platform::web::state::AppState;

/// Longer reasons are refused.
const LONGEST_REASON: usize = 500;

crate::words! {
    /// Words of the page that begins the next version.
    pub struct NextWords {
        title: "次の版を起案する" / "Begin the next version",
        list: "情報提供" / "Advisories",
        number: "番号" / "Number",
        lead: "発出した内容は変えられません。続きは新しい版として起案し、別の方の承認を受けて発出します。前の版を受け取った組織には、宛先にかかわらずお知らせします。" / "What was published does not change. What follows is a new version, which another person approves. Whoever had the version before is told, whatever the new one is addressed to.",
        step: "次の版の種類" / "What the next version is",
        reason: "理由" / "Reason",
        reason_help: "訂正・取消・レベル引下げでは必ず入力してください。前の版も読める方と承認者に表示します。" / "Needed for a correction, a withdrawal and a lowered level. Shown to the approver and to those who may read the version before.",
        follow_up: "新しく分かったことや、対策の追加を知らせます。前の版の内容から書き始めます。" / "Tells what is new. Begins with the text of the version before.",
        correction: "前の版の誤りを正します。誤りを受け取った構成員には、事務局の判断を待たずに届きます。" / "Puts right what was wrong. It does not wait for a desk where the members have the mistake.",
        withdrawal: "これまでの版をすべて取り消します。どれかの版を受け取ったすべての組織に、事務局の判断を待たずに届きます。取り消した後は、次の版を作れません。" / "Takes back all versions. It goes to everybody who had any of them, and waits for no desk. No version follows a withdrawal.",
        lowering: "情報共有レベルまたは取扱担当者の範囲を広げます。新しく読めるようになる方には、前の版は見えません。" / "Lets it go further. Those who may read it from now on do not see the versions before.",
        red: "RED の情報です。レベルを引き下げるときは、本文を新しく入力します。前の版の題名や本文は引き継がれません。" / "This is RED. When it is lowered, you type the text anew: neither title nor text is taken over.",
        begin: "下書きを作成する" / "Begin the draft",
        choose: "次の版の種類を選んでください。" / "Please choose what the next version is.",
        reason_missing: "理由を入力してください。" / "Please give the reason.",
        taken: "{name} さんが、この情報提供の次の版({step})を {time} から作成しています。同時に2つは作れません。" / "{name} has been writing the next version ({step}) since {time}. There cannot be two at once.",
        own: "あなたが次の版({step})を {time} から作成しています。" / "You have been writing the next version ({step}) since {time}.",
        discard: "この下書きを捨てる" / "Throw that draft away",
        discard_help: "作成者が続けられないときは、承認者がこの下書きを捨てて、新しく起案できます。捨てたことは記録に残ります。" / "Where its author cannot go on, an approver throws that draft away and begins anew. That stays on record.",
        discard_confirm: "ほかの方の下書きを捨てます。元に戻せません。" / "Somebody else's draft will be gone for good.",
        again: "その間に状況が変わりました。もう一度「下書きを作成する」を押してください。" / "It has changed meanwhile. Please press “Begin the draft” again.",
        to_draft: "その下書きを開く" / "Open that draft",
        withdrawn: "この情報提供は取り消されています。取り消した情報提供には、次の版を作れません。新しい情報提供として起案してください。" / "This advisory is withdrawn, and no version follows a withdrawal. Please write a new advisory.",
        old: "これは旧版です。次の版は、最新の版から起案してください。" / "This is an old version. Please begin from the newest one.",
        to_newest: "最新の版を開く" / "Open the newest version",
        back: "情報提供に戻る" / "Back to the advisory",
        new: "新しい情報提供を起案する" / "Write a new advisory",
    }
}

#[derive(Template)]
#[template(path = "advisories/versions/next.html")]
struct NextPage {
    chrome: Chrome,
    w: &'static NextWords,
    number: String,
    title: String,
    level: SharingLevel,
    action: String,
    back: String,
    red: bool,
    /// Why nobody can begin one now, and where to go instead.
    refused: Option<(String, String, &'static str)>,
    /// Where an approver throws the draft away that stands in the way.
    discard: Option<String>,
    steps: Vec<Choice>,
    reason: String,
    errors: FieldErrors,
    error_lines: Vec<ErrorLine>,
}

/// The form as it was typed.
#[derive(Debug, Clone, Default, serde::Deserialize)]
#[serde(default)]
pub struct NextForm {
    next_step: String,
    reason: String,
}

impl NextForm {
    fn read(&self, language: Language) -> Result<(Step, String), FieldErrors> {
        let w = NextWords::of(language);
        let mut errors = FieldErrors::default();
        let step = Step::from_code(&self.next_step);
        let reason = errors.take("reason", text::paragraph(&self.reason, LONGEST_REASON), language);
        let needed = step.is_some_and(Step::needs_reason);
        if needed && reason.is_empty() && errors.at("reason").is_empty() {
            errors.add("reason", w.reason_missing);
        }
        match step {
            Some(step) if errors.is_empty() => Ok((step, reason)),
            Some(_) => Err(errors),
            None => {
                errors.add("next_step", w.choose);
                Err(errors)
            }
        }
    }
}

/// An item that a version may follow, as the viewer reads it.
struct Item {
    found: Found,
    text: Text,
    history: History,
    open: Option<OpenVersion>,
    /// Whether the viewer approves items: then what stands in the way can be thrown away.
    approves: bool,
}

impl Item {
    /// Somebody else's draft that the viewer may throw away.
    fn discardable(&self) -> Option<AdvisoryId> {
        let open = self.open.as_ref().filter(|open| self.approves && open.is_draft && !open.own);
        open.map(|open| open.advisory_id)
    }
}

async fn load(tx: &mut Tx, by: &Author, id: AdvisoryId) -> sqlx::Result<Option<Item>> {
    let Some(facts) = reading::facts(&mut *tx, by, &[id]).await?.remove(&id) else { return Ok(None) };
    if !can(by, AdvisoryAction::Continue, &facts) {
        return Ok(None);
    }
    let Some(found) = reading::find(&mut *tx, by, id).await? else { return Ok(None) };
    let (State::Published, Some(text)) = (found.envelope.state, found.text.clone()) else { return Ok(None) };
    let entries = store::history(&mut *tx, by, id).await?;
    let hidden = store::superseded(&mut *tx, id).await?;
    let history = History::of(id, entries, &found.hats, hidden);
    let open = store::open(tx, id).await?;
    Ok(Some(Item { found, text, history, open, approves: by.has(Role::NiscApprover) }))
}

/// What the next version can be.
pub async fn get(
    Shared(state): Shared<AppState>,
    by: Author,
    Id(id): Id<AdvisoryId>,
    frame: Frame,
) -> Result<Response, WebError> {
    let mut tx = state.db.begin(Some(by.account_id), state.clock.now()).await?;
    let Some(item) = load(&mut tx, &by, id).await? else {
        drop(tx);
        return Err(nothing_here(&state, &by, &frame, id, "advisory.create").await);
    };
    Ok(page(&frame, &item, &NextForm::default(), FieldErrors::default()).into_response())
}

/// Begins the next version.
pub async fn post(
    Shared(state): Shared<AppState>,
    by: Author,
    Id(id): Id<AdvisoryId>,
    frame: Frame,
    Body(form): Body<NextForm>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(by.account_id), now).await?;
    let Some(item) = load(&mut tx, &by, id).await? else {
        drop(tx);
        return Err(nothing_here(&state, &by, &frame, id, "advisory.create").await);
    };
    if refusal(&item, frame.language).is_some() {
        return Ok((StatusCode::CONFLICT, page(&frame, &item, &form, FieldErrors::default())).into_response());
    }
    let (step, reason) = match form.read(frame.language) {
        Ok(typed) => typed,
        Err(errors) => {
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, page(&frame, &item, &form, errors)).into_response());
        }
    };
    match begin(tx, now, &by, &item, (step, &reason), &frame.request_id).await {
        Ok(new) => Ok(Redirect::to(&advisories::draft(new)).into_response()),
        // In this very moment somebody else was quicker: they are told who.
        Err(CannotBegin::Taken | CannotBegin::Withdrawn) => {
            let mut tx = state.db.begin(Some(by.account_id), now).await?;
            let item = load(&mut tx, &by, id).await?.ok_or(WebError::NotFound)?;
            let mut errors = FieldErrors::default();
            if refusal(&item, frame.language).is_none() {
                errors.add("next_step", NextWords::of(frame.language).again);
            }
            Ok((StatusCode::CONFLICT, page(&frame, &item, &form, errors)).into_response())
        }
        Err(CannotBegin::Database(error)) => Err(error.into()),
    }
}

async fn begin(
    mut tx: Tx,
    now: DateTime<Utc>,
    by: &Author,
    item: &Item,
    (step, reason): (Step, &str),
    request_id: &str,
) -> Result<AdvisoryId, CannotBegin> {
    let previous = item.found.envelope.advisory_id;
    let addressees = store::addressees(&mut tx, previous).await?;
    let draft = beginning::draft(step, &item.found, &item.text, addressees);
    let new = NewVersion { previous, step, reason, draft: &draft };
    let id = beginning::begin(&mut tx, now, by, new, request_id).await?;
    tx.commit().await?;
    Ok(id)
}

/// Why nobody can begin a version of this item now: what to say, and where to go instead.
fn refusal(item: &Item, language: Language) -> Option<(String, String, &'static str)> {
    let w = NextWords::of(language);
    if item.history.withdrawn || item.found.envelope.version.step == Step::Withdrawal {
        return Some((w.withdrawn.to_owned(), advisories::NEW.to_owned(), w.new));
    }
    let show = advisories::show(item.found.envelope.advisory_id);
    if item.history.superseded {
        let newest = item.history.newest().map(|entry| (advisories::show(entry.advisory_id), w.to_newest));
        let (href, link) = newest.unwrap_or((show, w.back));
        return Some((w.old.to_owned(), href, link));
    }
    let open = item.open.as_ref()?;
    let (step, time) = (open.step.label(language), long_time(open.begun_at, language));
    let parts = [("name", open.holder.as_str()), ("step", step), ("time", time.as_str())];
    Some(if open.own {
        (fill(w.own, &parts), advisories::show(open.advisory_id), w.to_draft)
    } else {
        (fill(w.taken, &parts), show, w.back)
    })
}

fn page(frame: &Frame, item: &Item, form: &NextForm, errors: FieldErrors) -> Page<NextPage> {
    let (language, w) = (frame.language, NextWords::of(frame.language));
    let (envelope, show) = (&item.found.envelope, advisories::show(item.found.envelope.advisory_id));
    let explained = |step: Step| match step {
        Step::First => "",
        Step::FollowUp => w.follow_up,
        Step::Correction => w.correction,
        Step::Withdrawal => w.withdrawal,
        Step::Lowering => w.lowering,
    };
    let choice = |step: Step| Choice {
        value: step.code().to_owned(),
        label: step.label(language).to_owned(),
        explanation: explained(step).to_owned(),
        chosen: step.code() == form.next_step,
    };
    let which = item.history.version().map_or_else(String::new, |v| format!(" {}", nth(v.number, language)));
    Page(NextPage {
        chrome: frame.chrome(w.title, &[frame.home(), (advisories::INDEX, w.list), (&show, &item.text.title)]),
        w,
        number: format!("{}{which}", envelope.number),
        title: item.text.title.clone(),
        level: envelope.level,
        action: paths::next(envelope.advisory_id),
        back: show.clone(),
        red: envelope.level == SharingLevel::Red,
        refused: refusal(item, language),
        discard: item.discardable().map(|id| advisories::DISCARD.replace("{id}", &id.to_string())),
        steps: Step::NEXT.map(choice).to_vec(),
        reason: form.reason.clone(),
        error_lines: errors.lines(),
        errors,
    })
}
