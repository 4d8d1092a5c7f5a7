//! FAX送信票: one sheet for one member, with its code, how to answer, and content only where a mail may carry it.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};

use super::desk::{self, Asking, Desk};
use super::entry::MemberPlace;
use super::script::{beginning, carried, shown};
use crate::features::access::Viewer;
use crate::features::access::action::ReceiptAction;
use crate::features::advisories::receipts::{paths, store};
use crate::features::advisories::versions::step::Step;
use crate::features::directory::roster::sheet::ChannelKind;
use crate::kernel::language::{Label, Language, fill};
use crate::kernel::period::long_time;
use crate::kernel::sharing_level::SharingLevel;
use crate::platform::web::error::WebError;
use crate::platform::web::extract::Place;
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::Page;
use crate::platform::web::state::AppState;

crate::words! {
    /// Words of the FAX sheet.
    pub struct FaxWords {
        title: "FAX送信票" / "Fax sheet",
        drill: "これは訓練です。" / "This is a drill.",
        withdrawal: "【取消】前に発出した情報提供を取り消します。" / "[WITHDRAWN] What was published before is withdrawn.",
        to: "{member} 御中" / "To {member}",
        to_window: "情報提供の窓口の方" / "For the window of CEPTOAR advisories",
        fax: "FAX" / "Fax",
        none: "(登録なし)" / "(none registered)",
        from: "発信" / "From",
        desk: "{ceptoar}事務局" / "Desk of {ceptoar}",
        number: "番号" / "Number",
        level: "情報共有レベル" / "Sharing level",
        published: "発出" / "Published",
        answer_due: "回答期限" / "Answer due",
        kind: "種別" / "Kind",
        notice: "情報提供が発出されました。" / "An advisory was published.",
        closed: "内容はFAXではお送りできません。ポータルにサインインしてご確認ください。サインインできないときは、下の番号に電話してください。" / "What it says cannot be sent by fax. Please sign in to the portal, or telephone the number below if you cannot.",
        more: "続きと対策は、ポータルでご確認ください。" / "For the rest and for countermeasures please see the portal.",
        handling: "取扱い" / "Handling",
        code: "受領コード" / "Code",
        how: "受領のご連絡は、次のいずれかでお願いします。" / "Please confirm receipt in one of these ways.",
        way_portal: "ポータルにサインインして「受領を確認する」を押す" / "sign in to the portal and press “Acknowledge receipt”",
        way_phone: "事務局に電話し、番号と受領コードを伝える" / "telephone the desk and give number and code",
        way_fax: "下の欄に記入して、この用紙を事務局に返信する" / "fill in the lines below and send this sheet back by fax",
        blank: "＿＿＿＿＿＿＿＿＿＿＿＿" / "________________________",
        fill_in: "事務局の番号に登録のないものがあります。送信票の下線に、送る前に書き入れてください。" / "Not all numbers of your desk are registered. Write them on the lines before you send the sheet.",
        desk_numbers: "事務局の電話・FAX" / "The desk's telephone and fax",
        received_by: "受け取った方" / "Received by",
        received_at: "受け取った日時" / "Received at",
        wrong: "この用紙にお心当たりがないときは、内容を読まずに、事務局へお知らせください。" / "If this is not for you, please do not read on and tell the desk.",
        print: "印刷する" / "Print",
        to_calls: "連絡一覧に戻る" / "Back to the call list",
    }
}

#[derive(Template)]
#[template(path = "advisories/receipts/fax.html")]
struct FaxPage {
    chrome: Chrome,
    w: &'static FaxWords,
    level: SharingLevel,
    drill: bool,
    withdrawal: bool,
    member: String,
    fax: String,
    desk: String,
    number: String,
    published: String,
    answer_due: String,
    code: String,
    numbers: Vec<(&'static str, String)>,
    /// Whether the desk has to write something in by hand.
    fill_in: bool,
    content: Option<(&'static str, String, String)>,
    handling: &'static str,
    calls: String,
}

/// The sheet.
pub async fn get(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Place(place): Place<MemberPlace>,
) -> Result<Response, WebError> {
    let asking = Asking { state: &state, viewer: &viewer, frame: &frame, id: place.id, ceptoar: &place.ceptoar };
    let (mut tx, desk) = desk::open(asking, ReceiptAction::Enter, "receipt.sheet").await?;
    let name = desk.member(&mut tx, place.organisation).await?;
    let scope = desk.found.envelope.handler_scope;
    let fax = store::fax_numbers(&mut tx, desk.id, &desk.ceptoar_id, place.organisation, scope).await?;
    let numbers = store::desk_numbers(&mut tx, &viewer, &desk.ceptoar_id).await?;
    let waiting = !store::is_received(&mut tx, desk.id, &desk.ceptoar_id, place.organisation).await?;
    let shown: Vec<_> = fax.iter().map(|number| (place.organisation, number.fact)).collect();
    let mut tx = desk.show_numbers(tx, asking, &shown, waiting).await?;
    let detail = serde_json::json!({ "ceptoar": desk.ceptoar_id, "organisation": place.organisation });
    desk.record(&mut tx, asking, "receipt.sheet", detail).await?;
    tx.commit().await?;
    let code = desk.code(&state, place.organisation).spoken();
    let fax: Vec<String> = fax.into_iter().map(|number| number.value).collect();
    Ok(Page(page(&desk, &frame, &name, &fax, &numbers, code)).into_response())
}

fn page(
    desk: &Desk,
    frame: &Frame,
    name: &[String; 2],
    fax: &[String],
    numbers: &[store::Number],
    code: String,
) -> FaxPage {
    let language = frame.language;
    let w = FaxWords::of(language);
    let known = shown(numbers, language);
    FaxPage {
        chrome: desk.chrome(frame, w.title),
        w,
        level: desk.level(),
        drill: desk.found.envelope.drill,
        withdrawal: desk.found.envelope.version.step == Step::Withdrawal,
        member: fill(w.to, &[("member", language.pick(&name[0], &name[1]))]),
        fax: if fax.is_empty() { w.none.to_owned() } else { fax.join(" / ") },
        desk: fill(w.desk, &[("ceptoar", desk.name(language))]),
        number: desk.number().to_owned(),
        published: desk.published(language),
        answer_due: desk.answer_due().map_or_else(String::new, |due| long_time(due, language)),
        code,
        fill_in: known.len() < ANSWERED_ON.len(),
        numbers: answered_on(known, language),
        content: carried(desk).map(|text| (text.kind.label(language), text.title.clone(), beginning(&text.summary))),
        handling: desk.level().handling(language),
        calls: paths::calls(desk.id, &desk.ceptoar_id),
    }
}

/// How a member answers to a sheet.
const ANSWERED_ON: [ChannelKind; 2] = [ChannelKind::Phone, ChannelKind::Fax];

/// Where an answer is told or sent to. What the directory has not is left to be written by hand: the sheet asks for both.
fn answered_on(mut known: Vec<(&'static str, String)>, language: Language) -> Vec<(&'static str, String)> {
    for kind in ANSWERED_ON.map(|kind| kind.label(language)) {
        if known.iter().all(|(other, _)| *other != kind) {
            known.push((kind, FaxWords::of(language).blank.to_owned()));
        }
    }
    known
}
