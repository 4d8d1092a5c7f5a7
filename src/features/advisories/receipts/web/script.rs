//! 電話の台本: one sheet that says who calls, what may be said at this level, and what to write down.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};

use super::code::DeskQuery;
use super::desk::{self, Asking, Desk};
use crate::features::access::Viewer;
use crate::features::access::action::ReceiptAction;
use crate::features::advisories::advisory::Text;
use crate::features::advisories::receipts::{paths, store};
use crate::features::advisories::versions::step::Step;
use crate::features::directory::roster::sheet::Hours;
use crate::kernel::ids::AdvisoryId;
use crate::kernel::language::{Label, Language, fill};
use crate::kernel::period::long_time;
use crate::kernel::sharing_level::SharingLevel;
use crate::kernel::text::width;
use crate::platform::web::error::WebError;
use crate::platform::web::extract::Id;
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::Page;
use crate::platform::web::state::AppState;

/// Half-width columns of a line, and of all that a sheet has room for.
const LINE: usize = 60;
const ROOM: usize = 6 * LINE;

crate::words! {
    /// Words of the telephone script.
    pub struct ScriptWords {
        title: "電話の台本" / "Telephone script",
        drill: "これは訓練です。" / "This is a drill.",
        withdrawal: "【取消】前に発出した情報提供を取り消す連絡です。" / "[WITHDRAWN] This takes back what was published before.",
        number: "番号" / "Number",
        published: "発出" / "Published",
        answer_due: "回答期限" / "Answer due",
        caller: "かける事務局" / "Calling desk",
        call_back: "折り返しの番号" / "Call back on",
        call_back_blank: "(ここに書き入れてください)" / "(please write it here)",
        who: "1. 名乗る" / "1. Say who you are",
        who_text: "「{ceptoar}事務局の○○です。セプターの情報提供の窓口の方をお願いします。」" / "“This is the desk of {ceptoar}. May I speak to the window for CEPTOAR advisories?”",
        who_drill: "「はじめに申し上げます。これは訓練です。」" / "“First of all: this is a drill.”",
        whom: "2. 相手を確かめる" / "2. Make sure whom you speak to",
        whom_text: "名簿の窓口の方か、その当直の方に話します。ほかの方には、「窓口の方に、事務局へ折り返しをお願いします」とだけ伝えます。番号やレベルも伝えません。" / "Speak to the window in the directory or its officer on duty. To others say only: “Please have the window call our desk back.” Not even number or level.",
        say: "3. 伝える" / "3. Say this",
        say_text: "「情報提供 {number} が、{published} に発出されました。レベルは {level} です。」" / "“Advisory {number} was published on {published}. Its level is {level}.”",
        say_closed: "「内容は電話ではお伝えできません。ポータルにサインインして、内容の確認と受領確認をお願いします。」" / "“I cannot tell you on the telephone what it says. Please sign in to the portal, read it and acknowledge it.”",
        say_due: "「回答期限は {due} です。」" / "“An answer is due by {due}.”",
        say_open: "「題名は『{title}』です。概要をお伝えします。」" / "“Its title is ‘{title}’. This is what it says.”",
        say_more: "「詳しくは、ポータルでご確認ください。」" / "“For more, please see the portal.”",
        never: "聞かれても、内容・題名・ほかの構成員の状況は答えません。" / "Whatever they ask: nothing of content, title or other members.",
        never_open: "聞かれても、ほかの構成員の状況は答えません。" / "Whatever they ask: nothing of other members.",
        red_only: "指名された方だけに話します。ほかの方への伝言は、折り返しの依頼だけです。" / "Speak to the named person alone. To others leave only the wish to be called back.",
        receipt: "4. 受領を確かめる" / "4. Have it confirmed",
        receipt_text: "「受け取ったことを確認できましたか。FAX送信票がお手元にあれば、受領コードの8桁を読み上げてください。」 コードを復唱して、「受領コードで記録」に入力します。コードがなければ、連絡一覧の「受領を記録」から記録します。" / "“Can you confirm that you have received it? If you have our fax sheet, please read out its code of eight digits.” Repeat the code and type it under “Enter by code”. Without a code use “Enter receipt” on the call list.",
        receipt_red: "受領は、ご本人がポータルで確認します。事務局は記録しません。電話した結果を連絡一覧に記録します。" / "The named person acknowledges in the portal. The desk enters no receipt; note the call on the call list.",
        doubt: "本当に事務局からの電話かと聞かれたときは、いったん切って、相手の知っている番号へかけ直してもらいます。" / "If they doubt who you are, let them hang up and call the number they know.",
        notes: "書き留める" / "Write down",
        member: "構成員" / "Member",
        spoke_with: "応答した方" / "Who answered",
        time: "時刻" / "Time",
        code: "受領コード" / "Code",
        remark: "備考" / "Remark",
        print: "印刷する" / "Print",
        to_calls: "連絡一覧に戻る" / "Back to the call list",
    }
}

#[derive(Template)]
#[template(path = "advisories/receipts/script.html")]
struct ScriptPage {
    chrome: Chrome,
    w: &'static ScriptWords,
    level: SharingLevel,
    drill: bool,
    withdrawal: bool,
    receipts: bool,
    number: String,
    published: String,
    answer_due: String,
    ceptoar: String,
    numbers: Vec<(&'static str, String)>,
    who: String,
    say: String,
    say_due: String,
    open: Option<(String, String)>,
    calls: String,
}

/// What of the content may be said aloud: as much as a mail may carry.
#[must_use]
pub fn carried(desk: &Desk) -> Option<&Text> {
    desk.found.text.as_ref().filter(|_| desk.level().mail_carries_text())
}

/// The sheet.
pub async fn get(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Id(id): Id<AdvisoryId>,
    Query(query): Query<DeskQuery>,
) -> Result<Response, WebError> {
    let asking = Asking { state: &state, viewer: &viewer, frame: &frame, id, ceptoar: &query.ceptoar };
    let (mut tx, desk) = desk::open(asking, ReceiptAction::Call, "receipt.sheet").await?;
    let numbers = store::desk_numbers(&mut tx, &viewer, &desk.ceptoar_id).await?;
    tx.commit().await?;
    Ok(Page(page(&desk, &frame, &numbers)).into_response())
}

fn page(desk: &Desk, frame: &Frame, numbers: &[store::Number]) -> ScriptPage {
    let language = frame.language;
    let w = ScriptWords::of(language);
    let due = desk.answer_due().map_or_else(String::new, |due| long_time(due, language));
    let (number, published, level) = (desk.number(), desk.published(language), desk.level());
    let told = [("number", number), ("published", published.as_str()), ("level", level.tlp())];
    ScriptPage {
        chrome: desk.chrome(frame, w.title),
        w,
        level,
        drill: desk.found.envelope.drill,
        withdrawal: desk.found.envelope.version.step == Step::Withdrawal,
        receipts: desk.takes_receipts(),
        number: number.to_owned(),
        ceptoar: desk.name(language).to_owned(),
        numbers: shown(numbers, language),
        who: fill(w.who_text, &[("ceptoar", desk.name(language))]),
        say: fill(w.say_text, &told),
        say_due: if due.is_empty() { String::new() } else { fill(w.say_due, &[("due", &due)]) },
        open: carried(desk).map(|text| (fill(w.say_open, &[("title", &text.title)]), beginning(&text.summary))),
        calls: paths::calls(desk.id, &desk.ceptoar_id),
        published,
        answer_due: due,
    }
}

/// The desk's first number of each kind, with its hours: a sheet has room for no more, and whoever answers by FAX needs
/// that one.
#[must_use]
pub fn shown(numbers: &[store::Number], language: Language) -> Vec<(&'static str, String)> {
    let mut shown: Vec<(&'static str, String)> = Vec::new();
    for number in numbers {
        let kind = number.kind.label(language);
        if shown.iter().all(|(known, _)| *known != kind) {
            let hours = number.hours.label(language);
            shown.push((
                kind,
                match number.hours {
                    Hours::Always => number.value.clone(),
                    Hours::Business | Hours::OffHours => {
                        language.pick(format!("{}({hours})", number.value), format!("{} ({hours})", number.value))
                    }
                },
            ));
        }
    }
    shown
}

/// As much of a text as a sheet has room for.
#[must_use]
pub fn beginning(text: &str) -> String {
    let (mut columns, mut lines): (usize, usize) = (0, 1);
    for (place, c) in text.char_indices() {
        if c == '\n' {
            (columns, lines) = (columns.next_multiple_of(LINE), lines + 1);
        } else {
            columns += width(c.encode_utf8(&mut [0; 4]));
        }
        if columns > ROOM || lines > ROOM / LINE {
            return format!("{}…", text.get(..place).unwrap_or_default().trim_end());
        }
    }
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sheet_holds_the_beginning_of_a_long_text() {
        assert_eq!(beginning("短い。"), "短い。");
        for long in ["長".repeat(400), "x".repeat(800), "行\n".repeat(40)] {
            let shown = beginning(&long);
            assert!(shown.ends_with('…') && shown.lines().count() <= ROOM / LINE, "{shown}");
            assert!(width(&shown) <= ROOM + 2);
        }
    }
}
