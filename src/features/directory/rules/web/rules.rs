//! A CEPTOAR's handling rule: the edition in force, its members' consent, and the editions before and after.

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use super::documents::{Shown, shown};
use super::form::{EditionForm, FormWords};
use super::{Done, keeps, note};
use crate::features::access::action::DirectoryAction;
use crate::features::access::directory::{RosterFacts, Standing};
use crate::features::access::{Viewer, can};
use crate::features::directory::roster::paths as roster;
use crate::features::directory::roster::store::{self as roster_store, CeptoarFacts};
use crate::features::directory::rules::paths;
use crate::features::directory::rules::rule::{Document, Edition, MemberConsent, Way};
use crate::features::directory::rules::store::{self, SHOWN};
use crate::kernel::clock::japan_day;
use crate::kernel::ids::OrganisationId;
use crate::kernel::language::{Label, Language, fill};
use crate::kernel::period::{long_date, thousands};
use crate::platform::db::{Tx, broken_constraint};
use crate::platform::web::error::WebError;
use crate::platform::web::extract::Place;
use crate::platform::web::form::FieldErrors;
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::{Page, Unprocessable};
use crate::platform::web::state::AppState;

crate::words! {
    /// Words of the page.
    pub struct RulesWords {
        title: "{ceptoar}の情報の取扱いルール" / "Handling rule of {ceptoar}",
        lead: "NISCから提供された情報などの扱い方を、構成員が合意した文書です。セプターの具備要件①に当たります。" / "The document in which the members agreed how to handle what they are given: requirement ① of a CEPTOAR.",
        directory: "名簿" / "Directory",
        handling_rule: "情報の取扱いルール" / "Handling rule",
        requirements: "具備要件の状況" / "Requirements",
        in_force: "施行中の版" / "In force",
        none_title: "取扱いルールが登録されていません" / "No handling rule is registered",
        none_keeper: "下の「新しい版を登録する」から、いまの版を登録してください。" / "Register the present edition with the form below.",
        none_text: "事務局が登録すると、ここに表示されます。" / "It appears here as soon as the secretariat registers it.",
        edition: "版" / "Edition",
        document: "文書名" / "Document",
        adopted: "制定・改定" / "Adopted",
        since: "施行" / "In force since",
        summary: "主な内容・改定の要点" / "What it says or changed",
        kept_at: "文書の保管場所" / "Where the document is",
        documents: "文書ファイル" / "Files",
        keep_documents: "文書ファイルを登録・削除する" / "Add or remove files",
        consent: "構成員の同意" / "Members' consent",
        consent_of: "{consents} / {members}" / "{consents} of {members}",
        member: "構成員" / "Member",
        state: "同意" / "Consent",
        given: "{day} {way}" / "{day}, {way}",
        not_yet: "未同意" / "Not yet",
        note: "書面の同意を記録" / "Note consent on paper",
        unnote: "記録を取り消す" / "Take the note back",
        only_first: "未同意の構成員から{count}件を表示しています。" / "The first {count} are shown, those who have not agreed first.",
        agree_title: "{member}としての同意" / "Consent of {member}",
        agree_sure: "施行中の版を確認し、{member}としてこの取扱いに同意します" / "I have read the edition in force and agree to it for {member}",
        agree: "同意する" / "Agree",
        agreed: "{day}に同意済みです({way})。" / "Agreed on {day} ({way}).",
        agree_who: "同意できるのは、機関の管理者と情報取扱担当者です。" / "The firm's account keeper and its designated handlers can agree.",
        others: "ほかの版" / "Other editions",
        planned: "{day}から施行予定" / "In force from {day}",
        past: "{from}から{until}まで" / "{from} to {until}",
        withdraw: "この版の登録を取り消す" / "Take this edition back",
        withdraw_help: "同意した構成員がいない間だけ取り消せます。前の版が引き続き施行中になります。" / "Possible as long as nobody agreed to it. The edition before stays in force.",
        new: "新しい版を登録する" / "Register a new edition",
        new_help: "施行日から、前の版に代わります。前の版への同意は引き継がれません。" / "It takes the place of the one before. Consent to that one does not carry over.",
        edition_help: "例: 第3版、2026年4月改定" / "For instance: 3rd edition, revised April 2026",
        kept_at_help: "共有フォルダーの名前や、ウェブページのアドレスなど。" / "The name of a shared folder or the address of a page.",
        submit: "登録する" / "Register",
        done_adopted: "新しい版を登録しました。" / "The edition was registered.",
        done_withdrawn: "版の登録を取り消しました。" / "The edition was taken back.",
        done_agreed: "同意を記録しました。" / "The consent was noted.",
        done_unnoted: "同意の記録を取り消しました。" / "The note was taken back.",
        nothing_done: "すでに変わっています。いまの状況をご確認ください。" / "It has changed already. Please look at how it stands now.",
    }
}

/// What the viewer has to do with the rule of a CEPTOAR.
pub(super) struct Sight {
    /// Sees every member's consent.
    whole: bool,
    /// Keeps the editions.
    keeps: bool,
    /// Own firms, and whether the viewer may agree for them.
    own: Vec<(OrganisationId, bool)>,
}

impl Sight {
    pub(super) async fn of(tx: &mut Tx, viewer: &Viewer, ceptoar_id: &str) -> Result<Self, WebError> {
        let whole = RosterFacts::whole(ceptoar_id);
        let mut own = Vec::new();
        for hat in &viewer.affiliations {
            // Somebody has a hat or two; each firm is asked for once.
            if own.iter().any(|(known, _)| *known == hat.organisation_id) {
                continue;
            }
            let facts = roster_store::facts(tx, viewer, ceptoar_id, hat.organisation_id).await?;
            // Members alone agree to it; an office on the road is bound by its own.
            let own_firm = |facts: &RosterFacts| {
                facts.standing == Standing::Member && can(viewer, DirectoryAction::LookAtMember, facts)
            };
            if let Some(facts) = facts.filter(own_firm) {
                own.push((hat.organisation_id, can(viewer, DirectoryAction::KeepWindow, &facts)));
            }
        }
        let sight = Self {
            whole: can(viewer, DirectoryAction::LookAtRoster, &whole),
            keeps: can(viewer, DirectoryAction::KeepMember, &whole),
            own,
        };
        if sight.whole || !sight.own.is_empty() { Ok(sight) } else { Err(WebError::NotFound) }
    }
}

struct Row {
    name: String,
    href: String,
    given: Option<String>,
    note: Option<String>,
    unnote: Option<String>,
}

struct Own {
    title: String,
    sure: String,
    agreed: Option<String>,
    action: Option<String>,
}

struct Other {
    period: String,
    name: String,
    documents: Papers,
    withdrawal: Option<String>,
}

/// The documents of an edition, and where its desk keeps them.
struct Papers {
    shown: Vec<Shown>,
    keep: Option<String>,
}

struct InForce {
    facts: Vec<(&'static str, String)>,
    documents: Papers,
    share: String,
    withdrawal: Option<String>,
    own: Vec<Own>,
    rows: Vec<Row>,
    more: Option<String>,
}

#[derive(Template)]
#[template(path = "directory/rules/rules.html")]
struct RulesPage {
    chrome: Chrome,
    w: &'static RulesWords,
    here: String,
    requirements: Option<String>,
    keeps: bool,
    in_force: Option<InForce>,
    others: Vec<Other>,
    form: EditionForm,
    errors: FieldErrors,
}

/// What may follow the address.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct DoneQuery {
    done: String,
}

/// An edition in an address.
#[derive(Debug, Clone, serde::Deserialize)]
pub struct RulePlace {
    pub(super) ceptoar: String,
    pub(super) rule: Uuid,
}

struct Scene {
    ceptoar_id: String,
    ceptoar: CeptoarFacts,
    sight: Sight,
    editions: Vec<Edition>,
    documents: Vec<Document>,
    members: Vec<MemberConsent>,
    member_count: i64,
    today: NaiveDate,
}

impl Scene {
    async fn read(tx: &mut Tx, viewer: &Viewer, ceptoar_id: String, now: DateTime<Utc>) -> Result<Self, WebError> {
        let sight = Sight::of(tx, viewer, &ceptoar_id).await?;
        let ceptoar = roster_store::ceptoar(tx, &ceptoar_id).await?.ok_or(WebError::NotFound)?;
        let today = japan_day(now);
        let editions = store::editions(tx, &ceptoar_id).await?;
        let own: Vec<Uuid> = sight.own.iter().map(|(id, _)| id.0).collect();
        let members = match editions.iter().find(|edition| edition.holds_on(today)) {
            Some(edition) => {
                store::members(tx, &ceptoar_id, edition.rule_id, (!sight.whole).then_some(own.as_slice())).await?
            }
            None => Vec::new(),
        };
        let counts = roster_store::counts(tx, &ceptoar_id, today).await?;
        let member_count = counts.iter().map(|(_, count)| count).sum();
        let documents = store::documents(tx, &ceptoar_id).await?;
        Ok(Self { ceptoar_id, ceptoar, sight, editions, documents, members, member_count, today })
    }

    fn page(&self, frame: &Frame, form: EditionForm, errors: FieldErrors) -> RulesPage {
        let language = frame.language;
        let w = RulesWords::of(language);
        let name = language.pick(&self.ceptoar.name[0], &self.ceptoar.name[1]);
        let back = roster::roster(&self.ceptoar_id);
        let mut way = vec![frame.home(), (roster::INDEX, w.directory)];
        if self.sight.whole {
            way.push((back.as_str(), name.as_str()));
        }
        let now = self.editions.iter().find(|edition| edition.holds_on(self.today));
        RulesPage {
            chrome: frame.chrome(fill(w.title, &[("ceptoar", name)]), &way),
            w,
            here: paths::of_ceptoar(paths::RULES, &self.ceptoar_id),
            requirements: self.sight.whole.then(|| paths::of_ceptoar(paths::REQUIREMENTS, &self.ceptoar_id)),
            keeps: self.sight.keeps,
            in_force: now.map(|edition| self.in_force(edition, language)),
            others: self
                .editions
                .iter()
                .filter(|edition| !edition.holds_on(self.today))
                .map(|edition| self.other(edition, language))
                .collect(),
            form: EditionForm { newest: self.newest(), ..form },
            errors,
        }
    }

    /// Stands for what a new edition comes after.
    fn newest(&self) -> String {
        self.editions.first().map(|newest| newest.rule_id.to_string()).unwrap_or_default()
    }

    fn in_force(&self, edition: &Edition, language: Language) -> InForce {
        let w = RulesWords::of(language);
        let mut facts = vec![
            (w.document, edition.title.clone()),
            (w.edition, edition.edition.clone()),
            (w.adopted, long_date(edition.adopted_on, language)),
            (w.since, long_date(edition.from, language)),
            (w.summary, edition.summary.clone()),
            (w.kept_at, edition.kept_at.clone()),
        ];
        facts.retain(|(_, value)| !value.is_empty());
        let shown = usize::try_from(SHOWN).unwrap_or(usize::MAX);
        let more = self.members.len() > shown;
        let listed = if self.sight.whole { self.members.as_slice() } else { &[] };
        InForce {
            facts,
            documents: self.papers(edition, language),
            share: if self.sight.whole {
                fill(
                    w.consent_of,
                    &[("consents", &thousands(edition.consents)), ("members", &thousands(self.member_count))],
                )
            } else {
                String::new()
            },
            withdrawal: self.withdrawal(edition),
            own: self.members.iter().filter_map(|member| self.own(edition, member, language)).collect(),
            rows: listed.iter().take(shown).map(|member| self.row(edition, member, language)).collect(),
            more: more.then(|| fill(w.only_first, &[("count", &thousands(SHOWN))])),
        }
    }

    fn papers(&self, edition: &Edition, language: Language) -> Papers {
        Papers {
            shown: shown(&self.ceptoar_id, edition.rule_id, &self.documents, language),
            keep: self.sight.keeps.then(|| paths::of_rule(paths::DOCUMENTS, &self.ceptoar_id, edition.rule_id)),
        }
    }

    fn withdrawal(&self, edition: &Edition) -> Option<String> {
        (self.sight.keeps && edition.until.is_none() && edition.consents == 0)
            .then(|| paths::of_rule(paths::WITHDRAWAL, &self.ceptoar_id, edition.rule_id))
    }

    fn own(&self, edition: &Edition, member: &MemberConsent, language: Language) -> Option<Own> {
        let w = RulesWords::of(language);
        let (_, may_agree) = self.sight.own.iter().find(|(id, _)| *id == member.organisation_id)?;
        let name = language.pick(&member.name[0], &member.name[1]);
        let route = || paths::of_consent(paths::CONSENT, &self.ceptoar_id, edition.rule_id, member.organisation_id);
        Some(Own {
            title: fill(w.agree_title, &[("member", name)]),
            sure: fill(w.agree_sure, &[("member", name)]),
            agreed: given(w.agreed, member, language),
            action: (*may_agree && !self.sight.keeps && member.given.is_none()).then(route),
        })
    }

    fn row(&self, edition: &Edition, member: &MemberConsent, language: Language) -> Row {
        let route = |route| paths::of_consent(route, &self.ceptoar_id, edition.rule_id, member.organisation_id);
        let on_paper = member.given.is_some_and(|(_, way)| way == Way::Paper);
        Row {
            name: language.pick(&member.name[0], &member.name[1]).clone(),
            href: roster::of_member(roster::MEMBER, &self.ceptoar_id, member.organisation_id),
            given: given(RulesWords::of(language).given, member, language),
            note: (self.sight.keeps && member.given.is_none()).then(|| route(paths::CONSENT)),
            unnote: (self.sight.keeps && on_paper).then(|| route(paths::CONSENT_WITHDRAWAL)),
        }
    }

    fn other(&self, edition: &Edition, language: Language) -> Other {
        let w = RulesWords::of(language);
        let from = long_date(edition.from, language);
        let period = match edition.until.and_then(|until| until.pred_opt()) {
            Some(last) if last < self.today => fill(w.past, &[("from", &from), ("until", &long_date(last, language))]),
            _ => fill(w.planned, &[("day", &from)]),
        };
        Other {
            period,
            name: format!("{} {}", edition.title, edition.edition),
            documents: self.papers(edition, language),
            withdrawal: self.withdrawal(edition).filter(|_| edition.from > self.today),
        }
    }
}

fn given(words: &str, member: &MemberConsent, language: Language) -> Option<String> {
    let (day, way) = member.given?;
    Some(fill(words, &[("day", &long_date(day, language)), ("way", way.label(language))]))
}

/// The page.
pub async fn get(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Path(ceptoar): Path<String>,
    Query(query): Query<DoneQuery>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let scene = Scene::read(&mut tx, &viewer, ceptoar, now).await?;
    tx.commit().await?;
    let mut page = scene.page(&frame, EditionForm::default(), FieldErrors::default());
    let w = RulesWords::of(frame.language);
    let said = match query.done.as_str() {
        "adopted" => Some(("success", w.done_adopted)),
        "withdrawn" => Some(("success", w.done_withdrawn)),
        "agreed" => Some(("success", w.done_agreed)),
        "unnoted" => Some(("success", w.done_unnoted)),
        "nothing" => Some(("info", w.nothing_done)),
        _ => None,
    };
    if let Some((kind, said)) = said {
        page.chrome = page.chrome.with_flash(kind, said);
    }
    Ok(Page(page).into_response())
}

/// The way back to the page, with what was done.
pub(super) fn back(ceptoar_id: &str, done: &str) -> Response {
    Redirect::to(&format!("{}?done={done}", paths::of_ceptoar(paths::RULES, ceptoar_id))).into_response()
}

/// Registers a new edition.
pub async fn post(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Path(ceptoar_id): Path<String>,
    Form(form): Form<EditionForm>,
) -> Result<Response, WebError> {
    if !keeps(&viewer, &ceptoar_id) {
        return Err(WebError::NotFound);
    }
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let scene = Scene::read(&mut tx, &viewer, ceptoar_id, now).await?;
    if form.newest != scene.newest() {
        let mut errors = FieldErrors::default();
        errors.add("from", FormWords::of(frame.language).overtaken);
        return Ok(Unprocessable(scene.page(&frame, form, errors)).into_response());
    }
    let after = scene.editions.first().map(|newest| newest.from);
    let errors = match form.read(after, scene.today, frame.language) {
        Ok(new) => match store::adopt(&mut tx, &scene.ceptoar_id, &new, viewer.account_id, now).await {
            Ok(rule) => {
                note(&mut tx, &viewer, &frame, done("rule.adopt", &scene.ceptoar_id, rule), now).await?;
                tx.commit().await?;
                return Ok(back(&scene.ceptoar_id, "adopted"));
            }
            // Somebody else was faster.
            Err(error) if broken_constraint(&error) == Some("handling_rules_one_at_a_time") => {
                let mut errors = FieldErrors::default();
                errors.add("from", FormWords::of(frame.language).too_early);
                errors
            }
            Err(error) => return Err(error.into()),
        },
        Err(errors) => errors,
    };
    Ok(Unprocessable(scene.page(&frame, form, errors)).into_response())
}

/// Takes the newest edition back.
pub async fn withdraw(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Place(RulePlace { ceptoar, rule }): Place<RulePlace>,
) -> Result<Response, WebError> {
    if !keeps(&viewer, &ceptoar) {
        return Err(WebError::NotFound);
    }
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    if !store::editions(&mut tx, &ceptoar).await?.iter().any(|edition| edition.rule_id == rule) {
        return Err(WebError::NotFound);
    }
    if !store::withdraw(&mut tx, &ceptoar, rule).await? {
        return Ok(back(&ceptoar, "nothing"));
    }
    note(&mut tx, &viewer, &frame, done("rule.withdraw", &ceptoar, rule), now).await?;
    tx.commit().await?;
    Ok(back(&ceptoar, "withdrawn"))
}

fn done(action: &'static str, ceptoar_id: &str, rule: Uuid) -> Done {
    Done { action, rule, detail: serde_json::json!({ "ceptoar": ceptoar_id }) }
}
