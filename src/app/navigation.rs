//! What the header shows of the visitor: name, organisation, roles, and the way to their work.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;

use crate::features::access::action::{
    ActivityAction, BreakGlassAction, DirectoryAction, FollowUpAction, JudgementAction, QueueAction, SurveyAction,
    TrailAction,
};
use crate::features::access::decision::could;
use crate::features::access::web::Identity;
use crate::features::access::{Action, Role, Viewer};
use crate::features::directory::rules::paths as requirements;
use crate::features::judgements::paths as judgements;
use crate::features::queue::paths as queue;
use crate::features::search::paths as search;
use crate::features::surveys::paths as surveys;
use crate::kernel::language::{Label, Language};
use crate::platform::web::frame::{ViewerBadge, Visitor};

/// Tells the frame who is looking.
pub async fn introduce(mut request: Request, next: Next) -> Response {
    let identity = request.extensions().get::<Identity>();
    let visitor = Visitor {
        badge: identity.map(badge),
        language: identity.map(|i| i.language),
        nav: entries(identity.map(|i| &i.viewer)),
    };
    request.extensions_mut().insert(visitor);
    next.run(request).await
}

fn badge(identity: &Identity) -> [ViewerBadge; 2] {
    Language::ALL.map(|language| {
        let mut roles: Vec<&str> = identity.viewer.affiliations.iter().map(|a| a.role.label(language)).collect();
        roles.dedup();
        let organisation = identity.viewer.affiliations.first();
        ViewerBadge {
            name: identity.viewer.display_name.clone(),
            organisation: organisation
                .map(|a| language.pick(&a.organisation_ja, &a.organisation_en).clone())
                .unwrap_or_default(),
            roles: roles.join(language.pick("・", ", ")),
        }
    })
}

/// Address, Japanese and English name of each entry.
fn entries(viewer: Option<&Viewer>) -> Vec<(&'static str, &'static str, &'static str)> {
    let mut entries = vec![("/map", "特性把握マップ", "Feature map")];
    let Some(viewer) = viewer else { return entries };
    entries.push(("/advisories", "情報提供", "Advisories"));
    if viewer.has(Role::NiscAnalyst) || viewer.has(Role::NiscApprover) {
        entries.push(("/advisories/new", "起案する", "Write an advisory"));
    }
    if could(viewer, Action::Directory(DirectoryAction::LookAtMember)) {
        entries.push(("/directory", "名簿", "Directory"));
    }
    if could(viewer, Action::FollowUp(FollowUpAction::See)) {
        entries.push(("/follow-up", "フォローアップ", "Follow-up"));
    }
    if could(viewer, Action::Activity(ActivityAction::LookOver)) {
        entries.push((requirements::OVERVIEW, "セプターの状況", "How CEPTOARs stand"));
    }
    if could(viewer, Action::Activity(ActivityAction::See)) {
        entries.push(("/activities", "活動状況", "Activities"));
    }
    if could(viewer, Action::Judgement(JudgementAction::See)) {
        entries.push((judgements::INDEX, "情勢判断", "Judgements"));
    }
    if could(viewer, Action::Survey(SurveyAction::See)) {
        entries.push((surveys::INDEX, "調査", "Surveys"));
    }
    entries.push((search::SEARCH, "検索", "Search"));
    if viewer.keeps_members() || viewer.keeps_staff() {
        entries.push(("/people", "利用者管理", "People"));
    }
    if could(viewer, Action::Queue(QueueAction::See)) {
        entries.push((queue::INDEX, "配信の運用", "Mail queue"));
    }
    if could(viewer, Action::Trail(TrailAction::Look)) {
        entries.push(("/trail", "操作履歴", "Audit trail"));
    }
    if could(viewer, Action::BreakGlass(BreakGlassAction::Review)) {
        entries.push(("/break-glass", "緊急閲覧", "Break-glass"));
    }
    entries
}
