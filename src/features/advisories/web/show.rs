//! One advisory: the page that people read, its JSON twin, and what stands there instead for those who
//! may know the envelope only, or who still work on it.

use askama::Template;
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};

use super::json::as_json;
use super::reading::{nothing_here, record_reading};
use super::unpublished;
use crate::features::access::action::TrailAction;
use crate::features::access::advisory::Hat;
use crate::features::access::trail::{ReadItem, TrailObject};
use crate::features::access::{Viewer, can};
use crate::features::advisories::advisory::{Envelope, State as ItemState, Text};
use crate::features::advisories::escalation;
use crate::features::advisories::escalation::web::shown::OwnSilence;
use crate::features::advisories::escalation::web::words::EscalationWords;
use crate::features::advisories::measures::web::shown::OwnMeasures;
use crate::features::advisories::onward::web::shown::OwnHub;
use crate::features::advisories::parts::web::shown::PartsView;
use crate::features::advisories::paths;
use crate::features::advisories::reading::deliveries::watch::Watch;
use crate::features::advisories::reading::regional::BehindView;
use crate::features::advisories::reading::standing::{self, Standing, Told};
use crate::features::advisories::reading::store::{self, Answer, Found};
use crate::features::advisories::receipts;
use crate::features::advisories::receipts::receipt::DeskReceipt;
use crate::features::advisories::receipts::replies;
use crate::features::advisories::receipts::replies::reply::MailReply;
use crate::features::advisories::receipts::web::page::ReceiptRow;
use crate::features::advisories::relays;
use crate::features::advisories::relays::relay::{Beside, Relay};
use crate::features::advisories::relays::web::shown::{RelayRow, SupplementView};
use crate::features::advisories::release;
use crate::features::advisories::review;
use crate::features::advisories::review::web::words::ReviewWords;
use crate::features::advisories::versions::history::History;
use crate::features::advisories::versions::web::shown::{self, VersionsView};
use crate::features::advisories::words::PreviewWords;
use crate::features::surveys::web::products;
use crate::kernel::ids::{AdvisoryId, OrganisationId};
use crate::kernel::language::{Label, Language, fill};
use crate::kernel::period::{long_date, long_time};
use crate::kernel::sharing_level::SharingLevel;
use crate::platform::web::error::WebError;
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::markdown::{self, SafeHtml};
use crate::platform::web::page::Page;
use crate::platform::web::state::AppState;

crate::words! {
    /// Words of the page of one advisory.
    pub struct ShowWords {
        list: "情報提供" / "Advisories",
        number: "番号" / "Number",
        published: "発出" / "Published",
        issuer: "発出者" / "Issued by",
        drill_banner: "これは訓練です。実際の事案ではありません。" / "This is a drill. Nothing of this has happened.",
        handling: "取扱い" / "Handling",
        handlers: "取扱担当者の範囲" / "Who may handle it",
        summary: "概要" / "Summary",
        impact: "影響" / "Impact",
        countermeasure: "対策" / "Countermeasures",
        products: "対象製品" / "Products",
        cves: "CVE番号" / "CVE numbers",
        links: "参考" / "References",
        link_note: "外部のサイトです" / "an external site",
        purpose: "目的" / "Purpose",
        origin: "出所" / "Origin",
        origin_conditions: "出所の条件" / "The originator's conditions",
        facts: "この情報提供について" / "About this advisory",
        answer_due: "回答期限" / "Answer due",
        measures_due: "対応の報告期限" / "Measures due",
        valid_until: "有効期限" / "Valid until",
        acknowledge_title: "受領確認" / "Acknowledgement",
        acknowledge_text: "内容を受け取ったことを記録します。対応の完了を示すものではありません。" / "Records that it has reached you. It does not say that you have finished acting on it.",
        acknowledge_by: "{due} までに確認してください。" / "Please acknowledge by {due}.",
        acknowledge_late: "回答期限({due})を過ぎています。すぐに確認してください。" / "This was due by {due}. Please acknowledge now.",
        acknowledge: "受領を確認する" / "Acknowledge receipt",
        acknowledge_too: "私も確認したことを記録する" / "Record that I have seen it too",
        acknowledged: "受領を確認しました。" / "Receipt is acknowledged.",
        acknowledged_old: "この版は古くなったため、受領は記録していません。最新の版を開いて、受領を確認してください。" / "This version is old: nothing was noted. Please open the newest one and acknowledge that.",
        acknowledged_by: "確認した方" / "Acknowledged by",
        me: "(あなた)" / "(you)",
        told_desk: "事務局が記録した受領" / "Receipts entered by the desk",
        told_help: "事務局が、連絡を受けて記録した受領です。お心当たりがないときや、内容が手元にないときは、すぐに事務局へお知らせください。ポータルで内容を読んだら、「受領を確認する」を押してください。" / "What the desk wrote down when it was told. If you know nothing of it, or do not have the advisory, tell the desk at once. Once you have read it here, press “Acknowledge receipt”.",
        replied: "返信メールで受領" / "Received, by a reply to the mail",
        replied_help: "届いたメールへの返信を、受領として記録しました。返信の本文は保存していません。ポータルで内容を読んだら、「受領を確認する」を押してください。" / "A reply to the mail is noted as a receipt. What it said is not kept. Once you have read the advisory here, press “Acknowledge receipt”.",
        taken_back: "取り消し済み" / "Taken back",
        relays: "構成員への中継" / "Passing on to members",
        deliveries: "配信状況を見る" / "See deliveries",
        readers: "閲覧者を見る" / "See who read it",
        print: "印刷する" / "Print",
        sealed_title: "親展の情報提供 {number}" / "Confidential advisory {number}",
        sealed: "親展: 内容は指名された方のみ" / "Confidential: content for the named persons only",
        sealed_text: "この情報提供は、指名された方だけが内容を読めます。経路上の事務局・所管省庁には、番号・レベル・発出時刻だけをお知らせしています。" / "Only the named persons can read this advisory. Secretariats and ministries on the route learn its number, level and time.",
        sealed_help: "内容についてのお問い合わせは、発出者に電話でお願いします。" / "For questions about the content, telephone the issuer.",
        untitled: "(題名未入力)" / "(no title yet)",
        begun: "起案" / "Begun",
        draft_text: "まだ誰にも届いていません。内容を整えて、届く相手を確かめてから承認者に回してください。" / "Nobody has received it yet. Complete it, see who will receive it, and submit it to an approver.",
        review_text_author: "承認者の確認を待っています。承認されると、宛先に配信されます。" / "It awaits an approver. Once approved, it goes out to its recipients.",
        review_text_approver: "内容と届く相手を確かめて、承認するか差し戻してください。" / "Check the content and who will receive it, then approve it or send it back.",
        approved_text: "承認されました。決めた時刻に自動で発出します。" / "It is approved, and is published by itself at the time that was set.",
        draft_text_approver: "起案者が作成中です。承認に回ると、ここから確認できます。" / "Its author is still writing. Once submitted, you can review it from here.",
        edit: "下書きを直す" / "Edit the draft",
        preview: "届く相手を確認する" / "See who will receive it",
        approve: "内容を確認して承認する" / "Review and approve",
    }
}

/// A row of the acknowledgements.
#[derive(Debug)]
struct AnswerRow {
    name: String,
    me: bool,
    time: String,
}

/// A reference, as text, with the site it leads to; other schemes than http and https lead nowhere.
#[derive(Debug)]
struct Link {
    text: String,
    domain: Option<String>,
}

#[derive(Template)]
#[template(path = "advisories/show.html")]
struct ShowPage {
    chrome: Chrome,
    w: &'static ShowWords,
    number: String,
    level: SharingLevel,
    handling: &'static str,
    handlers: &'static str,
    drill: bool,
    kind: &'static str,
    purpose: &'static str,
    origin: String,
    /// What its readers keep to beside the level; empty where nothing is said.
    terms: SafeHtml,
    text: Text,
    users: Option<(String, &'static str)>,
    summary: SafeHtml,
    impact: SafeHtml,
    countermeasure: SafeHtml,
    parts: PartsView,
    links: Vec<Link>,
    issuer: String,
    published: String,
    answer_due: String,
    measures_due: String,
    valid_until: String,
    standing: Option<(&'static str, &'static str)>,
    may_acknowledge: bool,
    colleague_did: bool,
    act_text: String,
    late: bool,
    answers: Vec<AnswerRow>,
    told: Vec<ReceiptRow>,
    replied: Vec<String>,
    supplements: Vec<SupplementView>,
    relays: Vec<RelayRow>,
    decides: bool,
    told_stands: bool,
    acknowledgement: String,
    deliveries: Option<String>,
    readers: Option<String>,
    centre: Vec<(String, &'static str)>,
    versions: VersionsView,
    onward: Vec<OwnHub>,
    behind: Vec<BehindView>,
    measures: Vec<OwnMeasures>,
    silence: Option<OwnSilence>,
    silence_words: &'static EscalationWords,
    ladders: &'static str,
}

#[derive(Template)]
#[template(path = "advisories/sealed.html")]
struct SealedPage {
    chrome: Chrome,
    w: &'static ShowWords,
    number: String,
    level: SharingLevel,
    drill: bool,
    published: String,
    deliveries: Option<String>,
    versions: VersionsView,
}

/// What the address may carry.
#[derive(Debug, Default, serde::Deserialize)]
pub struct ShowQuery {
    #[serde(default)]
    acknowledged: Option<String>,
    #[serde(default)]
    stopped: Option<String>,
}

/// The page, or its JSON twin where the address ends in `.json`.
pub async fn get(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Path(address): Path<String>,
    Query(query): Query<ShowQuery>,
) -> Result<Response, WebError> {
    let json = address.strip_suffix(".json");
    let id: AdvisoryId = json.unwrap_or(&address).parse().map_err(|_| WebError::NotFound)?;
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let Some(found) = store::find(&mut tx, &viewer, id).await? else {
        drop(tx);
        return Err(nothing_here(&state, &viewer, &frame, id, "advisory.read").await);
    };
    let answers = store::own_answers(&mut tx, &found.hats, id).await?;
    let published = found.envelope.state == ItemState::Published;
    let beside = if published { relays::store::beside(&mut tx, id).await? } else { Beside::default() };
    let watch = Watch::of(&viewer, found.envelope.level, found.case_team, &found.hats);
    // Whoever watches no CEPTOAR sees no desk decide; programs are not told.
    let asks = published && json.is_none() && watch.has_board();
    let relays = if asks { relays::store::relays(&mut tx, id).await? } else { Vec::new() };
    let own: Vec<_> = standing::duties(&found.hats).into_iter().map(|(organisation, _)| organisation).collect();
    let told = receipts::store::entered(&mut tx, id, &own).await?;
    let behind = if published { BehindView::all(&mut tx, &found.hats, id, frame.language).await? } else { Vec::new() };
    let replied = replies::store::of_item(&mut tx, id, &own).await?;
    let onward = if published { OwnHub::all(&mut tx, &found.hats, id, frame.language).await? } else { Vec::new() };
    let asked = found.envelope.measures_due.filter(|_| published);
    let measures = OwnMeasures::all(&mut tx, &found.hats, (id, asked), (frame.language, now)).await?;
    let silence = OwnSilence::read(&mut tx, id, (&own, &answers, &told, &replied), frame.language).await?;
    let history = shown::history(&mut tx, &viewer, &found).await?;
    let named = found.text.as_ref().map(|text| text.products.as_slice()).unwrap_or_default();
    let users = products::users(&mut tx, &viewer, (named, frame.language), now).await?;
    let releases = if published { Vec::new() } else { release::store::of_item(&mut tx, id).await? };
    if published {
        record_reading(&mut tx, &viewer, &frame, &found, now).await?;
    }
    tx.commit().await?;
    if json.is_some() {
        return Ok(Json(as_json(&found, &beside.supplements, &history)).into_response());
    }
    let hats = found.hats.clone();
    let frame = &frame;
    let view = View {
        viewer: &viewer,
        frame,
        hats,
        answers,
        told,
        replied,
        beside,
        relays,
        onward,
        behind,
        measures,
        silence,
        history,
        users,
        now,
    };
    Ok(match (found.envelope.state, found.text.clone()) {
        (ItemState::Published, Some(text)) => {
            view.readable(&found, text, query.acknowledged.as_deref()).into_response()
        }
        (ItemState::Published, None) => view.sealed(&found).into_response(),
        (ItemState::Draft | ItemState::Review | ItemState::Approved, _) => {
            Page(unpublished::page(frame, &viewer, &found, (releases, query.stopped.is_some()), now)).into_response()
        }
    })
}

struct View<'a> {
    viewer: &'a Viewer,
    frame: &'a Frame,
    hats: Vec<Hat>,
    answers: Vec<Answer>,
    /// What desks entered for the viewer's organisations.
    told: Vec<DeskReceipt>,
    /// What the viewer's organisations replied to the mail.
    replied: Vec<MailReply>,
    /// What desks added, and that the centre went past one.
    beside: Beside,
    /// Which desks decide whether it goes on.
    relays: Vec<Relay>,
    /// The viewer's organisations that pass it on.
    onward: Vec<OwnHub>,
    behind: Vec<BehindView>,
    /// The viewer's organisations that say what they do about it.
    measures: Vec<OwnMeasures>,
    /// What follows where the viewer's organisations stay silent.
    silence: Option<OwnSilence>,
    /// The versions that the viewer knows.
    history: History,
    users: Option<(String, &'static str)>,
    now: DateTime<Utc>,
}

impl View<'_> {
    fn language(&self) -> Language {
        self.frame.language
    }

    fn chrome(&self, title: String) -> Chrome {
        let w = ShowWords::of(self.language());
        self.frame.chrome(title, &[self.frame.home(), (paths::INDEX, w.list)])
    }

    fn watch(&self, found: &Found) -> Watch {
        Watch::of(self.viewer, found.envelope.level, found.case_team, &self.hats)
    }

    fn deliveries(&self, found: &Found) -> Option<String> {
        let watch = self.watch(found);
        (!watch.is_empty()).then(|| paths::deliveries(found.envelope.advisory_id))
    }

    fn readers(&self, found: &Found) -> Option<String> {
        let item = ReadItem {
            published: found.envelope.state == ItemState::Published,
            red: found.envelope.level == SharingLevel::Red,
            case_team: found.case_team,
        };
        let may = can(self.viewer, TrailAction::Readers, &TrailObject::Item(item));
        may.then(|| paths::readers(found.envelope.advisory_id))
    }

    /// For the centre: whom it would reach on another day, and what was said before it was published.
    fn centre(&self, id: AdvisoryId) -> Vec<(String, &'static str)> {
        let language = self.language();
        let audience = (paths::audience(id), PreviewWords::of(language).another_day);
        let said = (review::paths::review(id), ReviewWords::of(language).title);
        if self.viewer.is_at_centre() { vec![audience, said] } else { Vec::new() }
    }

    /// Whether a person of the organisation acknowledged.
    fn has_answered(&self, organisation: OrganisationId) -> bool {
        self.answers.iter().any(|a| a.organisation_id == organisation)
    }

    /// Whether the desk of this hat's CEPTOAR was told, or the mail was answered.
    fn has_told(&self, hat: &Hat) -> Option<Told> {
        let of_hat = |organisation, ceptoar: &str| organisation == hat.organisation_id && ceptoar == hat.ceptoar_id;
        let desk = self.told.iter().any(|r| r.stands() && of_hat(r.organisation_id, &r.ceptoar_id));
        let reply = self.replied.iter().any(|r| r.counts() && of_hat(r.organisation_id, &r.ceptoar_id));
        desk.then_some(Told::Desk).or(reply.then_some(Told::Reply))
    }

    fn published(&self, envelope: &Envelope) -> String {
        envelope.published_at.map_or_else(String::new, |at| long_time(at, self.language()))
    }

    fn readable(mut self, found: &Found, text: Text, acknowledged: Option<&str>) -> Page<ShowPage> {
        let language = self.language();
        let w = ShowWords::of(language);
        let e = &found.envelope;
        let standing = standing::standing(
            &self.hats,
            |organisation| self.has_answered(organisation),
            |hat| self.has_told(hat),
            e.answer_due,
            self.now,
        );
        let me = self.viewer.account_id;
        let duties = standing::duties(&self.hats);
        let answered_by_me =
            |organisation| self.answers.iter().any(|a| a.organisation_id == organisation && a.account_id == me);
        let may_acknowledge = duties.iter().any(|(organisation, _)| !answered_by_me(*organisation));
        let answer_due = e.answer_due.map_or_else(String::new, |due| long_time(due, language));
        let late = standing == Some(Standing::Overdue);
        let act_text = match (answer_due.is_empty(), late) {
            (true, _) => String::new(),
            (false, false) => fill(w.acknowledge_by, &[("due", &answer_due)]),
            (false, true) => fill(w.acknowledge_late, &[("due", &answer_due)]),
        };
        let relays = RelayRow::all(&self.relays, &self.watch(found), e.advisory_id, language);
        let mut chrome = self.chrome(text.title.clone());
        if acknowledged == Some("old") {
            chrome = chrome.with_flash("info", w.acknowledged_old);
        } else if acknowledged.is_some() && !duties.is_empty() && !may_acknowledge {
            chrome = chrome.with_flash("success", w.acknowledged);
        }
        Page(ShowPage {
            chrome,
            w,
            number: e.number.clone(),
            level: e.level,
            handling: e.level.handling(language),
            handlers: e.handler_scope.label(language),
            drill: e.drill,
            kind: text.kind.label(language),
            purpose: text.purpose.label(language),
            origin: text.origin.words(language),
            terms: markdown::render(&text.origin.terms(language)),
            users: self.users.clone(),
            links: text.links.iter().map(|link| shown_link(link)).collect(),
            summary: markdown::render(&text.summary),
            impact: markdown::render(&text.impact),
            countermeasure: markdown::render(&text.countermeasure),
            parts: PartsView::on(found, language),
            text,
            issuer: found.issuer.as_ref().map_or_else(|| "NISC".to_owned(), |(ja, en)| language.pick(ja, en).clone()),
            published: self.published(e),
            answer_due,
            measures_due: e.measures_due.map_or_else(String::new, |due| long_time(due, language)),
            valid_until: e.valid_until.map_or_else(String::new, |day| long_date(day, language)),
            standing: standing.map(|s| (s.code(), s.label(language))),
            may_acknowledge,
            colleague_did: standing == Some(Standing::Acknowledged),
            act_text,
            late,
            answers: self
                .answers
                .iter()
                .filter(|_| !duties.is_empty())
                .map(|a| AnswerRow { name: a.name.clone(), me: a.account_id == me, time: long_time(a.at, language) })
                .collect(),
            told: self.told.iter().map(|receipt| ReceiptRow::of(receipt, language)).collect(),
            supplements: SupplementView::all(&self.beside, language),
            decides: relays.iter().any(|relay| !relay.waits.is_empty()),
            relays,
            replied: self.replied.iter().filter(|r| r.counts()).map(|r| long_time(r.arrived_at, language)).collect(),
            told_stands: self.told.iter().any(DeskReceipt::stands),
            acknowledgement: paths::acknowledgement(e.advisory_id),
            deliveries: self.deliveries(found),
            readers: self.readers(found),
            centre: self.centre(e.advisory_id),
            versions: VersionsView::on(found, &self.history, self.viewer, language),
            onward: std::mem::take(&mut self.onward),
            behind: std::mem::take(&mut self.behind),
            measures: std::mem::take(&mut self.measures),
            silence: self.silence.take(),
            silence_words: EscalationWords::of(language),
            ladders: escalation::paths::LADDERS,
        })
    }

    fn sealed(&self, found: &Found) -> Page<SealedPage> {
        let w = ShowWords::of(self.language());
        let number = found.envelope.number.clone();
        Page(SealedPage {
            chrome: self.chrome(fill(w.sealed_title, &[("number", &number)])),
            w,
            number,
            level: found.envelope.level,
            drill: found.envelope.drill,
            published: self.published(&found.envelope),
            deliveries: self.deliveries(found),
            versions: VersionsView::on(found, &self.history, self.viewer, self.language()),
        })
    }
}

/// Only what browsers read exactly as it stands becomes a link: https with both slashes, nobody's name before the
/// host, and no character that they would drop or turn round.
fn shown_link(link: &str) -> Link {
    let whole = link.get(..8).is_some_and(|start| start.eq_ignore_ascii_case("https://"));
    let plain = link.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'\\' | b'"' | b'<' | b'>' | b'\''));
    let domain = url::Url::parse(link)
        .ok()
        .filter(|url| whole && plain && url.username().is_empty() && url.password().is_none())
        .and_then(|url| url.domain().map(ToOwned::to_owned));
    Link { text: link.to_owned(), domain }
}

#[cfg(test)]
mod tests {
    use super::shown_link;

    #[test]
    fn only_web_addresses_become_links() {
        assert_eq!(shown_link("https://www.jpcert.example/at/2026").domain.as_deref(), Some("www.jpcert.example"));
        for dangerous in [
            "javascript:alert(1)",
            "data:text/html,x",
            "ftp://a.example/",
            "http://a.example/",
            "//evil.example",
            "https:evil.example",
            "https://a@evil.example/",
            "https://a.example\\@evil.example/",
            "https://a.\texample/",
            "x",
        ] {
            assert_eq!(shown_link(dangerous).domain, None, "{dangerous}");
        }
    }
}
