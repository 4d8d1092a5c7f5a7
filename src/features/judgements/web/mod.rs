//! Pages of judgements.

pub mod index;
pub mod show;
pub mod situation;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::judgement::Judgement;
use super::paths;
use crate::features::access::action::JudgementAction;
use crate::features::access::{Action, Routes, Rule, Viewer};
use crate::kernel::language::{Label, Language};
use crate::kernel::period::short_time;
use crate::platform::audit::{self, Event};
use crate::platform::db::Tx;
use crate::platform::web::error::WebError;
use crate::platform::web::frame::Frame;

/// The routes of this feature.
pub fn routes() -> Routes {
    let see = Rule::May(Action::Judgement(JudgementAction::See));
    let write = Rule::May(Action::Judgement(JudgementAction::Write));
    let answer = Rule::May(Action::Judgement(JudgementAction::Answer));
    Routes::new()
        .get(paths::INDEX, see, index::get)
        .get(paths::SITUATION, write, situation::get)
        .post(paths::SITUATION, write, situation::post)
        .get(paths::JUDGEMENT, see, show::get)
        .post(paths::ANSWER, answer, show::answer)
        .post(paths::WITHDRAWAL, write, show::withdraw)
}

crate::words! {
    /// Words of judgements in lists.
    pub struct RowWords {
        proposed: "提案: 回答待ち" / "Proposal: not answered",
        answered: "提案への回答: {answer}" / "Proposal: {answer}",
        taken_back: "取消し" / "Taken back",
    }
}

/// A judgement in a list.
#[derive(Debug)]
pub struct Row {
    light: &'static str,
    grade: &'static str,
    title: String,
    href: String,
    ceptoar: String,
    when: String,
    state: String,
}

impl Row {
    fn of(judgement: &Judgement, language: Language) -> Self {
        let w = RowWords::of(language);
        let state = match (&judgement.taken_back, &judgement.answer) {
            (Some(_), _) => w.taken_back.to_owned(),
            (None, Some((answer, _, _))) => w.answered.replace("{answer}", answer.label(language)),
            (None, None) if judgement.waits() => w.proposed.to_owned(),
            (None, None) => String::new(),
        };
        Self {
            light: judgement.grade.light(),
            grade: judgement.grade.label(language),
            title: judgement.title.clone(),
            href: paths::of(paths::JUDGEMENT, judgement.judgement_id),
            ceptoar: language.pick(&judgement.ceptoar[0], &judgement.ceptoar[1]).clone(),
            when: short_time(judgement.written_at),
            state,
        }
    }
}

/// Writes into the trail what was done: never what was judged.
async fn note(
    tx: &mut Tx,
    viewer: &Viewer,
    frame: &Frame,
    action: &'static str,
    (ceptoar_id, id): (&str, Uuid),
    now: DateTime<Utc>,
) -> Result<(), WebError> {
    let subject = id.to_string();
    let event = Event::done(now, action, "judgement", &subject)
        .by(viewer.account_id)
        .request(&frame.request_id)
        .detail(serde_json::json!({ "ceptoar": ceptoar_id }));
    audit::record(tx, event).await?;
    Ok(())
}
