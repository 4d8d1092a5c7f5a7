//! The situation of a CEPTOAR's field: what the portal knows of it, what was judged, and for its coordinator and desk
//! judging anew.

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};

use super::{Row, note};
use crate::features::access::action::JudgementAction;
use crate::features::access::judgement::JudgementFacts;
use crate::features::access::{Viewer, can};
use crate::features::directory::rules::paths as requirements;
use crate::features::directory::rules::store as evidence;
use crate::features::directory::verification::paths as verification;
use crate::features::judgements::judgement::{Grade, Judgement, NewJudgement};
use crate::features::judgements::paths;
use crate::features::judgements::store::{self, Wanted};
use crate::kernel::clock::japan_day;
use crate::kernel::language::{Label, Language, fill};
use crate::kernel::period::thousands;
use crate::kernel::text;
use crate::platform::db::Tx;
use crate::platform::web::error::WebError;
use crate::platform::web::form::{Choice, FieldErrors};
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::{Page, Unprocessable};
use crate::platform::web::state::AppState;

const LONGEST_TITLE: usize = 100;
const LONGEST_BODY: usize = 4000;
const LONGEST_PROPOSAL: usize = 2000;

crate::words! {
    /// Words of the page.
    pub struct SituationWords {
        title: "{ceptoar}の状況と判断" / "How {ceptoar} stands, and what is made of it",
        lead: "ポータルが知っていることと、これまでの判断です。判断は訂正せず、新しい判断を書き足します。" / "What the portal knows, and what was judged so far. A judgement is not corrected: a newer one is written.",
        picture: "いまの状況" / "The picture",
        items: "情報提供(30日、訓練を除く)" / "Advisories, 30 days, without drills",
        items_count: "{count}件" / "{count}",
        acknowledged: "構成員の受領確認" / "Acknowledged by members",
        of: "{done} / {all}" / "{done} of {all}",
        windows: "連絡が取れると確認できた窓口(90日)" / "Windows proven, 90 days",
        incoming: "セプターの活動の記録(今年度)" / "Activities on record this fiscal year",
        see_requirements: "要件と足りないものを見る" / "See requirements, and what is missing",
        see_advisories: "情報提供を見る" / "See the advisories",
        see_windows: "窓口の確認を見る" / "See how windows are proven",
        current: "いまの判断" / "What holds now",
        none: "まだ判断が書かれていません。" / "Nothing has been judged yet.",
        past: "これまでの判断" / "What was judged before",
        write: "判断を書く" / "Write a judgement",
        grade: "状況" / "The situation is",
        calm: "ふだんと変わったことはない" / "nothing out of the ordinary",
        watch: "注意して見ておくことがある" / "something to keep an eye on",
        alert: "被害が出ている、または間近い" / "harm has come, or is near",
        headline: "見出し" / "In a line",
        body: "判断とその根拠" / "What is judged, and on what grounds",
        body_help: "何が起きていて、分野にとって何を意味するか(4000字まで)。報告した会社の名前や、その会社と分かることは書かないでください。" / "What happens, and what it means for the field (4,000 characters). Please name no firm that reported something, and nothing that betrays it.",
        proposal: "NISCへの提案" / "Proposal to NISC",
        proposal_help: "NISCにしてほしいこと(2000字まで)。書くと、この判断の全体がNISCの担当者に見えます。提案がないときは空欄にしてください。" / "What NISC is asked to do (2,000 characters). With it the whole judgement is shown to NISC. Leave it empty to propose nothing.",
        submit: "記録する" / "Record",
        choose: "状況を選んでください。" / "Please choose how the situation is.",
    }
}

/// What is typed.
#[derive(Debug, Clone, Default, serde::Deserialize)]
#[serde(default)]
pub struct JudgementForm {
    grade: String,
    title: String,
    body: String,
    proposal: String,
}

impl JudgementForm {
    fn read(&self, language: Language) -> Result<NewJudgement, FieldErrors> {
        let w = SituationWords::of(language);
        let mut errors = FieldErrors::default();
        let grade = Grade::from_code(&self.grade);
        if grade.is_none() {
            errors.add("grade", w.choose);
        }
        let title = errors.take("title", text::filled_line(&self.title, LONGEST_TITLE), language);
        let body = errors.take("body", text::filled_paragraph(&self.body, LONGEST_BODY), language);
        let proposal = errors.take("proposal", text::paragraph(&self.proposal, LONGEST_PROPOSAL), language);
        match grade.filter(|_| errors.is_empty()) {
            Some(grade) => Ok(NewJudgement { grade, title, body, proposal }),
            None => Err(errors),
        }
    }

    fn grades(&self, language: Language) -> Vec<Choice> {
        let w = SituationWords::of(language);
        Grade::ALL
            .into_iter()
            .zip([w.calm, w.watch, w.alert])
            .map(|(grade, explanation)| Choice {
                value: grade.code().to_owned(),
                label: grade.label(language).to_owned(),
                explanation: explanation.to_owned(),
                chosen: self.grade == grade.code(),
            })
            .collect()
    }
}

#[derive(Template)]
#[template(path = "judgements/situation.html")]
struct SituationPage {
    chrome: Chrome,
    w: &'static SituationWords,
    picture: Vec<(&'static str, String)>,
    links: [(String, &'static str); 3],
    current: Option<Row>,
    past: Vec<Row>,
    here: String,
    form: JudgementForm,
    grades: Vec<Choice>,
    errors: FieldErrors,
}

struct Scene {
    ceptoar_id: String,
    name: [String; 2],
    judgements: Vec<Judgement>,
    picture: Picture,
}

struct Picture {
    items: i64,
    acknowledged: [i64; 2],
    windows: [i64; 2],
    entries: i64,
}

impl Scene {
    async fn read(tx: &mut Tx, state: &AppState, viewer: &Viewer, ceptoar: &str) -> Result<Self, WebError> {
        let facts = JudgementFacts { ceptoar_id: ceptoar.to_owned(), proposed: false };
        if !can(viewer, JudgementAction::Write, &facts) {
            return Err(WebError::NotFound);
        }
        let own = [facts.ceptoar_id];
        let (ceptoar_id, name) = store::names(tx, &own).await?.pop().ok_or(WebError::NotFound)?;
        let now = state.clock.now();
        let items = store::items(tx, &ceptoar_id, now).await?;
        let known = evidence::evidence(tx, &own, japan_day(now)).await?.pop().map(|(_, evidence)| evidence);
        let known = known.unwrap_or_default();
        let picture = Picture {
            items: items.items,
            acknowledged: [items.acknowledged, items.members],
            windows: [known.fresh, known.windows],
            entries: known.entries,
        };
        let mut judgements = store::list(tx, Wanted { ceptoar: Some(&ceptoar_id), id: None }).await?;
        judgements.sort_by_key(|judgement| std::cmp::Reverse(judgement.written_at));
        Ok(Self { ceptoar_id, name, judgements, picture })
    }

    fn page(&self, frame: &Frame, form: JudgementForm, errors: FieldErrors) -> SituationPage {
        let language = frame.language;
        let w = SituationWords::of(language);
        let of = |[done, all]: [i64; 2]| fill(w.of, &[("done", &thousands(done)), ("all", &thousands(all))]);
        let picture = vec![
            (w.items, fill(w.items_count, &[("count", &thousands(self.picture.items))])),
            (w.acknowledged, of(self.picture.acknowledged)),
            (w.windows, of(self.picture.windows)),
            (w.incoming, fill(w.items_count, &[("count", &thousands(self.picture.entries))])),
        ];
        let now = self.judgements.iter().position(|judgement| judgement.taken_back.is_none());
        let row = |judgement: &Judgement| Row::of(judgement, language);
        let others = self.judgements.iter().enumerate().filter(|(i, _)| Some(*i) != now);
        let title = fill(w.title, &[("ceptoar", language.pick(&self.name[0], &self.name[1]))]);
        SituationPage {
            chrome: frame.chrome(title, &[frame.home(), (paths::INDEX, super::index::IndexWords::of(language).title)]),
            w,
            picture,
            links: [
                (requirements::of_ceptoar(requirements::REQUIREMENTS, &self.ceptoar_id), w.see_requirements),
                (verification::board(&self.ceptoar_id), w.see_windows),
                ("/advisories".to_owned(), w.see_advisories),
            ],
            current: now.and_then(|i| self.judgements.get(i)).map(row),
            past: others.map(|(_, judgement)| row(judgement)).collect(),
            here: paths::situation(&self.ceptoar_id),
            grades: form.grades(language),
            form,
            errors,
        }
    }
}

/// The page.
pub async fn get(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Path(ceptoar): Path<String>,
) -> Result<Response, WebError> {
    let mut tx = state.db.begin(Some(viewer.account_id), state.clock.now()).await?;
    let scene = Scene::read(&mut tx, &state, &viewer, &ceptoar).await?;
    tx.commit().await?;
    Ok(Page(scene.page(&frame, JudgementForm::default(), FieldErrors::default())).into_response())
}

/// Writes a judgement down.
pub async fn post(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Path(ceptoar): Path<String>,
    Form(form): Form<JudgementForm>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let scene = Scene::read(&mut tx, &state, &viewer, &ceptoar).await?;
    let new = match form.read(frame.language) {
        Ok(new) => new,
        Err(errors) => return Ok(Unprocessable(scene.page(&frame, form, errors)).into_response()),
    };
    let id = store::write(&mut tx, &scene.ceptoar_id, &new).await?;
    let action = if new.proposal.is_empty() { "judgement.write" } else { "judgement.propose" };
    note(&mut tx, &viewer, &frame, action, (&scene.ceptoar_id, id), now).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("{}?done=written", paths::of(paths::JUDGEMENT, id))).into_response())
}
