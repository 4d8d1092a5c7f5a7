//! What each change of a partner body asks.

use chrono::NaiveDate;

use crate::features::directory::partners::partner::{Kind, PartnerRole, Partnership};
use crate::features::directory::roster::web::fields::{Control, Field, Typed};
use crate::kernel::language::{Label, Language};
use crate::kernel::text;
use crate::platform::web::form::FieldErrors;

/// The longest basis.
const LONGEST_BASIS: usize = 200;

crate::words! {
    /// Words of the forms.
    pub struct FormWords {
        joining: "連携機関を追加する" / "Take in a partner body",
        joining_lead: "構成員ではない組織を、連携機関として登録します。窓口は、登録した後に加えます。" / "Registers a body that is no member. Its windows are added afterwards.",
        role_title: "役割を追加する" / "Add a role",
        role_lead: "「情報を受け取り、関係先へ伝える」役割の間だけ、CLEAR・GREENの情報提供が届きます。" / "Only while it passes items on do items of the levels CLEAR and GREEN reach it.",
        end_title: "役割を終了する" / "End a role",
        end_lead: "これまでの記録は残ります。最後の役割を終えると、窓口も閉じます。" / "The record stays. With its last role its windows close.",
        ja: "名称" / "Name in Japanese",
        ja_help: "正式な名称" / "Its official name",
        reading: "よみ(ひらがな)" / "Reading (hiragana)",
        en: "英語名" / "Name in English",
        partner_kind: "種類" / "Kind",
        role: "役割" / "Role",
        role_help: "「情報を受け取り、関係先へ伝える」を選ぶと、情報提供の経路に加わります。届くのは、セプター全体に宛てたCLEAR・GREENの情報のうち、取扱担当者などに限らないものだけです。" / "A body that passes items on is on the route. Only items of the levels CLEAR and GREEN reach it, addressed to the whole CEPTOAR and not limited to handlers or persons.",
        basis: "根拠" / "Basis",
        basis_help: "協定・計画・会議の決定など。" / "An agreement, a plan, a decision.",
        on: "適用日" / "From which day",
        on_help: "この日からこの役割になります。先の日付で予定を登録できます。" / "It has the role from this day on. A day ahead makes it a plan.",
        last: "最終日" / "Last day",
        last_help: "この日までこの役割です。情報提供を伝える役割なら、翌日から情報提供は届きません。始まる前の役割を取りやめるときは、始まりの前日を入力してください。" / "It has the role until the end of this day. If it passes items on, nothing reaches it from the next day. To call off one that has not begun, give the day before it begins.",
        reason: "理由・メモ" / "Reason or note",
        reason_help: "履歴に残ります。200文字以内。" / "Stays in the history. At most 200 characters.",
        choose: "選択してください。" / "Please choose.",
        same_name: "同じ名称の連携機関が、すでに登録されています。一覧から役割を追加してください。" / "There is a partner body of that name already. Add a role to it on the list.",
        overlap: "その役割は、すでに登録されています。役割か適用日を直してください。" / "It has that role already. Change the role, or the day.",
        not_there: "その日には、この役割ではありません。最終日をご確認ください。" / "It does not have the role on that day. Please check the day.",
        overtaken: "入力している間に、この連携機関の登録が変更されました。「現在の登録」を見て、入力した内容でよければ、もう一度確認へ進んでください。" / "This partner body was changed while you were typing. Look at “Registered now”; if your entries are still right, go on again.",
    }
}

/// Which form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// A new body.
    Joining,
    /// A further role.
    Role,
    /// The end of a role.
    End,
}

impl What {
    /// Title and what it means.
    #[must_use]
    pub fn words(self, language: Language) -> (&'static str, &'static str) {
        let w = FormWords::of(language);
        match self {
            Self::Joining => (w.joining, w.joining_lead),
            Self::Role => (w.role_title, w.role_lead),
            Self::End => (w.end_title, w.end_lead),
        }
    }
}

/// What stands in the fields at first.
#[must_use]
pub fn prefilled(today: NaiveDate) -> Typed {
    let mut typed = Typed::default();
    typed.set_date("on", today);
    typed
}

/// The fields, with what was typed in them.
#[must_use]
pub fn fields(what: What, typed: &Typed, language: Language) -> Vec<Field> {
    let w = FormWords::of(language);
    let line = |name, label| Field::new(Control::Line, name, label, typed);
    let kinds = Kind::ALL.map(|kind| (kind.code().to_owned(), kind.label(language).to_owned()));
    let mut fields = match what {
        What::Joining => vec![
            line("ja", w.ja).help(w.ja_help),
            line("reading", w.reading),
            line("en", w.en).optional(),
            Field::new(Control::Radios, "partner_kind", w.partner_kind, typed).of(kinds),
        ],
        What::Role | What::End => Vec::new(),
    };
    let (label, help) = match what {
        What::Joining | What::Role => {
            fields.extend(role(typed, language));
            (w.on, w.on_help)
        }
        What::End => (w.last, w.last_help),
    };
    fields.push(Field::new(Control::Day, "on", label, typed).help(help));
    fields.push(line("reason", w.reason).help(w.reason_help));
    fields
}

/// The role, and what it rests on.
#[must_use]
pub fn role(typed: &Typed, language: Language) -> [Field; 2] {
    let w = FormWords::of(language);
    let roles = PartnerRole::ALL.map(|role| (role.code().to_owned(), role.label(language).to_owned()));
    [
        Field::new(Control::Radios, "role", w.role, typed).help(w.role_help).of(roles),
        Field::new(Control::Line, "basis", w.basis, typed).help(w.basis_help),
    ]
}

/// The kind that was chosen.
pub fn kind(typed: &Typed, errors: &mut FieldErrors, language: Language) -> Option<Kind> {
    let kind = Kind::from_code(typed.get("partner_kind"));
    if kind.is_none() {
        errors.add("partner_kind", FormWords::of(language).choose);
    }
    kind
}

/// The role that was chosen, and what it rests on.
pub fn partnership(typed: &Typed, errors: &mut FieldErrors, language: Language) -> Option<Partnership> {
    let role = PartnerRole::from_code(typed.get("role"));
    if role.is_none() {
        errors.add("role", FormWords::of(language).choose);
    }
    let basis = errors.take("basis", text::filled_line(typed.get("basis"), LONGEST_BASIS), language);
    Some(Partnership { role: role?, basis })
}
