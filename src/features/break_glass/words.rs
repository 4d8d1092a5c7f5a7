//! Words of this feature.

use crate::kernel::language::Language;

crate::words! {
    /// Words of the pages.
    pub struct BreakGlassWords {
        title: "緊急閲覧" / "Break-glass",
        lead: "構成員の連絡先は、ふだんセンターからは見えません。緊急のときだけ、理由を記録して15分間閲覧できます。閲覧すると、事務局と承認者全員にすぐ通知されます。" / "The centre does not normally see members' contact details. In an emergency they can be read for 15 minutes with a recorded reason. The secretariats and all approvers are told at once.",
        lead_watching: "センターが構成員の連絡先を緊急に閲覧した記録です。" / "When the centre read members' contact details in an emergency.",
        search_title: "組織を探す" / "Find an organisation",
        search: "組織名" / "Name of the organisation",
        search_help: "一部でも探せます。" / "A part of the name is enough.",
        search_empty: "組織名を入力してください。" / "Please type the name of an organisation.",
        find: "検索する" / "Search",
        nothing: "該当する構成員はありません。名前の一部だけで探してみてください。" / "No member was found. Please try only a part of the name.",
        more: "件数が多いため一部だけ表示しています。名前を長くして絞り込んでください。" / "There are more than are shown. Please type more of the name.",
        choose: "連絡先を閲覧する" / "Read contact details",
        past: "これまでの緊急閲覧" / "Break-glass so far",
        none: "緊急閲覧はまだありません。" / "There has been none yet.",
        when: "日時(日本時間)" / "Time (Japan)",
        who: "閲覧者" / "By",
        organisation: "組織" / "Organisation",
        reason: "理由" / "Reason",
        state: "状態" / "State",
        open_now: "閲覧中" / "Open",
        over: "終了" / "Over",
        open_title: "連絡先の緊急閲覧" / "Open contact details",
        open_lead: "{organisation} の窓口と連絡先を15分間閲覧します。" / "You will see the windows of {organisation} and their contact details for 15 minutes.",
        warning: "閲覧したこと・氏名・理由は記録され、この組織のセプター事務局と、ほかの承認者全員に通知されます。" / "Your name, the time and the reason are recorded, and the secretariats of this organisation's CEPTOARs and all other approvers are told.",
        reason_help: "10文字以上500文字以内で、なぜいま電話などの連絡が必要かを書いてください。電話番号や個人名は書かないでください。" / "10 to 500 characters: why somebody has to be reached now. Please write no numbers and no names of persons.",
        reason_short: "理由を10文字以上で入力してください。" / "Please give a reason of at least 10 characters.",
        too_many: "同時に閲覧できるのは3組織、1日に20組織までです。いま閲覧中の組織の時間が終わってからお試しください。急ぎで多くの組織に連絡するときは、各セプターの事務局に依頼してください。" / "Three organisations can be open at a time, and 20 in a day. Please wait until one of yours has closed. To reach many at once, ask the secretariats of the CEPTOARs.",
        confirm: "通知されることを理解し、緊急のため閲覧します。" / "I understand that others are told, and this is an emergency.",
        confirm_missing: "通知されることを確かめて、チェックを入れてください。" / "Please tick the box to confirm that others are told.",
        open: "連絡先を閲覧する" / "Open the contact details",
        shown_title: "{organisation} の窓口" / "Windows of {organisation}",
        until: "{time} まで閲覧できます。" / "Open until {time}.",
        no_windows: "窓口は登録されていません。" / "There are no windows.",
        handler: "取扱担当者" / "Designated handler",
        always: "いつでも" / "at any time",
        business: "営業時間" / "business hours",
        off_hours: "夜間・休日" / "nights and holidays",
        mail: "メール" / "Mail",
        phone: "電話" / "Telephone",
        mobile: "携帯電話" / "Mobile",
        satellite: "衛星電話" / "Satellite telephone",
        fax: "FAX" / "Fax",
        web: "ウェブ" / "Web",
        back: "緊急閲覧に戻る" / "Back to break-glass",
    }
}

impl BreakGlassWords {
    /// What a kind of channel is called.
    #[must_use]
    pub fn channel(kind: &str, language: Language) -> String {
        let w = Self::of(language);
        match kind {
            "mail" => w.mail,
            "phone" => w.phone,
            "mobile" => w.mobile,
            "satellite" => w.satellite,
            "fax" => w.fax,
            "web" => w.web,
            other => other,
        }
        .to_owned()
    }

    /// What hours are called.
    #[must_use]
    pub fn hours(hours: &str, language: Language) -> String {
        let w = Self::of(language);
        match hours {
            "always" => w.always,
            "business" => w.business,
            "off_hours" => w.off_hours,
            other => other,
        }
        .to_owned()
    }
}
