//! Words of relays.

use crate::kernel::language::{Language, fill};
use crate::kernel::stage::Desk;

crate::words! {
    /// Words about going past a desk.
    pub struct BypassWords {
        title: "{next}へ直接届ける" / "Bring it to {next} directly",
        ask_text: "このセプターの取決めでは、{desk}が中継を見送った、保留した、または一部に絞った情報提供を、センターが{next}へ直接届けることができます。提案する方とは別の承認者が、実施します。事務局と所管省庁にも、理由と名前が表示されます。" / "As this CEPTOAR agreed, the centre may bring to {next} what the {desk} withholds, puts off or passes on to some only. An approver other than who asks does it. Secretariat and ministry see why, and by whom.",
        asked_text: "直接届けることが、提案されています。理由は下の記録をご覧ください。" / "Somebody has asked for it. The reason stands in the record below.",
        own_text: "あなたが提案しました。ほかの承認者が実施します。" / "You have asked for it. Another approver does it.",
        reason: "理由" / "Reason",
        refuse_reason: "取り下げる理由" / "Why not",
        reason_help: "届けないときに入力してください。500文字以内。" / "Say why it is not done. At most 500 characters.",
        ask_reason_help: "判断にかかわらず届ける理由を入力してください。500文字以内。" / "Why it should reach them whatever was decided. At most 500 characters.",
        ask: "提案する" / "Ask for it",
        go: "{next}へ届ける" / "Bring it to {next}",
        refuse: "提案を取り下げる" / "Decline",
        confirm: "{count}の構成員に、すぐに届きます。取り消せません。届けますか。" / "It reaches {count} members at once. This cannot be undone. Go on?",
        asked: "提案を記録しました。ほかの承認者が実施します。" / "Recorded. Another approver does it.",
        confirm_desk: "事務局に、すぐに届きます。構成員への中継は、事務局が判断します。取り消せません。届けますか。" / "It reaches the secretariat at once, which decides about its members. This cannot be undone. Go on?",
        gone: "先へ届けました。判断していたところには、メールで知らせました。" / "It goes on. Whoever was deciding was told by mail.",
        refused: "提案を取り下げました。" / "The proposal was declined.",
        note: "事務局の中継を経ずに、センターから届きました" / "Brought by the centre, and not passed on by the secretariat",
        task: "先へ直接届ける提案が、承認者の判断を待っています" / "A proposal to go past a desk waits for an approver",
    }
}

crate::words! {
    /// Words of the page.
    pub struct RelayWords {
        title: "中継の判断({ceptoar})" / "Relay decision: {ceptoar}",
        behind: "構成員" / "the members",
        behind_ministry: "この先(事務局、構成員など)" / "those behind (secretariat, members)",
        desk: "事務局" / "secretariat",
        desk_of_ministry: "所管省庁" / "ministry",
        lead: "この情報提供を、{next}へ中継するかどうかを判断してください。" / "Decide whether this advisory goes on to {next}.",
        lead_rest: "一部に絞って中継しました。残りの方にも、中継できます。" / "It went to some only. It can still go on to everybody.",
        range: "中継する範囲" / "Range",
        groups: "届ける構成員のグループ" / "Groups of members",
        groups_help: "選ばなければ、待っている構成員すべてに届きます。選んだときは、そのグループの構成員だけに届き、連携機関には届きません。" / "None: all who wait. Otherwise only the members of these groups, and no partner bodies.",
        group_choice: "{group}({count})" / "{group} ({count})",
        handlers: "各組織の取扱担当者だけに届ける" / "To the designated handlers of each organisation only",
        handlers_help: "取扱担当者でない窓口と閲覧者には、届きません。" / "Other windows and readers do not get it.",
        handlers_only: "取扱担当者だけ" / "designated handlers only",
        members_narrowed: "{count}の構成員に届きます。取り消せません。{left}の構成員には届きません(あとから中継できます)。" / "It reaches {count} members; this cannot be undone. {left} members do not get it; it can still be passed on to them.",
        lead_over: "この情報提供について、{desk}が判断した記録です。" / "What the {desk} decided about this advisory.",
        item: "情報提供" / "Advisory",
        read: "内容を読む" / "Read it",
        asked: "{desk}に届いた時刻" / "Reached the {desk}",
        due: "判断の期限" / "Decide by",
        due_text: "期限までに判断がないときは、自動で{next}へ届きます。" / "If nobody decides by then, it goes on to {next} by itself.",
        members: "待っている構成員" / "Members waiting",
        decision: "どうしますか" / "What to do",
        forward_help: "すぐに、{next}の窓口へメールを送ります。" / "Mails go out to {next} at once.",
        supplement_help: "{desk}の補足を、元の情報とは分けて表示します。" / "Your words are shown apart from the original.",
        hold_help: "選んだ時間のあとは、判断がなければ自動で中継します。" / "After that time it goes on by itself unless somebody decides.",
        duplicate_help: "誰が、いつ、どのように知らせたかを、理由に書いてください。あとから中継することもできます。" / "Say in the reason who told them, when and how. It can still be passed on later.",
        not_relevant_help: "関係がないと判断した理由を書いてください。あとから中継することもできます。" / "Say why. It can still be passed on later.",
        supplement: "補足" / "Supplement",
        supplement_field_help: "「補足を付けて中継する」のときに入力します。2000文字以内。ポータルに表示します。メールには入らず、連携機関には届きません。" / "For “Pass it on with a supplement”. At most 2000 characters. Shown in the portal; not in the mails, and not to partner bodies.",
        hold: "保留する時間" / "For how long",
        hold_field_help: "「保留する」のときに選びます。" / "For “Hold it”.",
        reason: "理由" / "Reason",
        reason_help: "中継しないとき、保留するとき、範囲を狭めるときは、必ず入力してください。あなたの名前とともに、センターと所管省庁にも表示します。500文字以内。" / "Needed where it does not go on now, or not to all. The centre and the ministry see it, with your name. At most 500 characters.",
        next: "確認へ進む" / "Continue",
        cancel: "やめる" / "Cancel",
        confirm_title: "中継の判断を確認する" / "Confirm the decision",
        confirm_lead: "まだ判断は記録されていません。内容を確認してください。" / "Nothing is recorded yet. Please check.",
        confirm_forward: "この内容で中継する" / "Pass it on",
        confirm_hold: "この内容で保留する" / "Hold it",
        confirm_withhold: "中継しないことにする" / "Do not pass it on",
        back: "入力に戻る" / "Back to the form",
        to_desk: "事務局に届きます。構成員への中継は、事務局が判断します。取り消せません。" / "It reaches the secretariat, which decides about its members. This cannot be undone.",
        beyond: "事務局と構成員に届きます。取り消せません。" / "It reaches the secretariat and the members. This cannot be undone.",
        beyond_not: "事務局と構成員には届きません。あとから中継することもできます。" / "It does not reach the secretariat and the members. It can still be passed on later.",
        members_count: "{count}の構成員に届きます。取り消せません。" / "It reaches {count} members. This cannot be undone.",
        decisions: "判断の記録" / "Decisions",
        none: "まだ判断していません" / "Nobody has decided yet",
        by_time: "ポータル(自動)" / "The portal",
        until: "{time}まで" / "until {time}",
        done: "判断を記録しました。" / "The decision is recorded.",
        moved_on: "この画面を開いてから、状況が変わりました。今の状況と、下の記録をご確認ください。" / "This has moved on since you opened the page. See where it stands, and the record below.",
        hold_choice: "{length}({time}まで)" / "{length} (until {time})",
        held_until: "保留の期限" / "Held until",
        members_not: "{count}の構成員には届きません。あとから中継することもできます。" / "It does not reach {count} members. It can still be passed on later.",
        relays: "構成員への中継" / "Passing on to members",
        decide: "判断する" / "Decide",
        see: "記録を見る" / "See the record",
        due_by: "期限 {time}" / "due {time}",
        waits: "{time}までに判断してください。それまで、{next}には届きません。" / "Please decide by {time}. Until then it does not reach {next}.",
        supplement_of: "{desk}からの補足" / "Supplement by {desk}",
        task: "{number}を{next}へ中継するか判断してください({ceptoar}、{time}まで)" / "Decide whether {number} goes on to {next} ({ceptoar}, by {time})",
    }
}

/// Words with the desk at which an item stands, and with those behind it.
#[must_use]
pub fn at(words: &str, desk: Desk, language: Language) -> String {
    let w = RelayWords::of(language);
    let (desk, next) = match desk {
        Desk::Ministry => (w.desk_of_ministry, w.behind_ministry),
        Desk::Secretariat => (w.desk, w.behind),
    };
    fill(words, &[("desk", desk), ("next", next)])
}
