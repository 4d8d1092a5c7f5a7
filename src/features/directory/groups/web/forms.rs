//! What each change of a group asks.

use chrono::NaiveDate;

use crate::features::directory::groups::group::{Group, GroupWords, Kind, Member};
use crate::features::directory::roster::web::fields::{Control, Field, Typed};
use crate::kernel::language::{Label, Language};
use crate::kernel::text;
use crate::platform::web::form::FieldErrors;

/// The longest short name.
const LONGEST_CODE: usize = 20;
/// The longest description of whom it is for.
const LONGEST_SCOPE: usize = 200;

crate::words! {
    /// Words of the forms.
    pub struct FormWords {
        new: "グループを追加する" / "Add a group",
        new_lead: "構成員のグループを登録します。情報提供の宛先に選べるようになります。横断グループの構成員は、登録した後に加えます。" / "Registers a group of members. Advisories can then be addressed to it. Members of a cross-cutting group are added afterwards.",
        correct: "グループの登録を訂正する" / "Correct a group",
        correct_lead: "登録の誤りを直します。直す前の名称などは、記録に残ります。種類は変えられません。" / "Puts right what was registered wrongly. What was said before stays on record. The kind cannot be changed.",
        end: "グループを終了する" / "End a group",
        end_lead: "これまでの記録は残ります。横断グループは、参加している構成員の登録も、同じ日に終わります。" / "The record stays. With a cross-cutting group the parts of its members end on the same day.",
        going_on: "終了の予定を取り消す" / "Take the end back",
        going_on_lead: "グループは、これまでの期間のまま続きます。終了と一緒に終わる予定だった構成員の参加も、続きます。その間に外した構成員は、戻りません。" / "The group goes on as before, and so do the parts of its members that were to end with it. Whoever was taken out meanwhile stays out.",
        joining: "構成員をグループに加える" / "Add a member to the group",
        joining_lead: "このグループに宛てた情報提供が届くようになります。" / "Advisories addressed to this group will reach it.",
        leaving: "構成員をグループから外す" / "Take a member out of the group",
        leaving_lead: "これまでの記録は残ります。セプターの構成員であることは変わりません。" / "The record stays. It remains a member of the CEPTOAR.",
        kind: "種類" / "Kind",
        kind_help: "「横断グループ」は、業態の区分とは別のグループです。一つの構成員が、いくつにも参加できます。「サブグループ」は業態の区分で、構成員の登録で一つだけ選びます。後から変えられません。" / "A cross-cutting group stands beside the business types; a member may be in several. A subgroup is a business type; each member's own entry names one. This cannot be changed later.",
        code: "グループ名(短い名称)" / "Short name of the group",
        code_help: "一覧や宛先に表示します。20文字以内。例: 決済" / "Shown in lists and among the addressees. At most 20 characters.",
        scope: "対象" / "For whom",
        scope_help: "どのような構成員のグループか。200文字以内。" / "Which members it is for. At most 200 characters.",
        scope_en: "対象(英語)" / "For whom, in English",
        name: "構成員の名称" / "Name of the member",
        name_help: "名称の一部、またはよみを入力してください。" / "A part of its name, or how it is read.",
        organisation: "見つかった構成員" / "Members found",
        on: "適用日" / "From which day",
        new_on_help: "この日からグループがあります。先の日付で予定を登録できます。" / "The group is there from this day on. A day ahead makes it a plan.",
        joining_on_help: "この日からグループに入ります。先の日付で予定を登録できます。" / "It is in the group from this day on. A day ahead makes it a plan.",
        last: "最終日" / "Last day",
        end_help: "この日までグループがあります。翌日から、このグループに宛てた情報提供は届きません。始まる前に取りやめるときは、始まりの前日を入力してください。" / "The group is there until the end of this day. From the next day nothing addressed to it reaches anybody. To call off one that has not begun, give the day before it begins.",
        leaving_help: "この日までグループに入っています。始まる前に取りやめるときは、始まりの前日を入力してください。" / "It is in the group until the end of this day. To call off what has not begun, give the day before it begins.",
        reason: "理由・メモ" / "Reason or note",
        reason_help: "履歴に残ります。200文字以内。" / "Stays in the history. At most 200 characters.",
        choose: "選択してください。" / "Please choose.",
        same_code: "同じ名称のグループがあります。別の名称にするか、期間が重ならない適用日にしてください。" / "There is a group of that name. Choose another name, or a day on which the other one is over.",
        same: "登録されている内容と同じです。直すところを入力してください。" / "This is what is registered already. Change something first.",
        not_there: "その日には、このグループはありません。最終日をご確認ください。登録済みの終了を先に延ばすときは、まず「終了の予定を取り消す」を行ってください。" / "The group is not there on that day. Please check the day. To let it end later than registered, take that end back first.",
        name_is_taken: "終了の後に、同じ名称の別のグループが登録されています。先に、そのグループの名称を訂正するか、終了してください。" / "After that end another group is registered by the same name. Correct its name, or end it, first.",
        not_in: "その日には、このグループに入っていません。最終日をご確認ください。" / "It is not in the group on that day. Please check the day.",
        no_group: "その日には、このグループはありません。グループの期間を確かめて、適用日を直してください。" / "The group is not there on that day. Look at its period and change the day.",
        named: "このサブグループに登録された構成員が、その日の後も{count}あります。先に、構成員の登録を別のサブグループに変更してください。" / "After that day {count} members are still registered in this subgroup. Change their entries to another subgroup first.",
        to_roster: "構成員の一覧を見る" / "See the list of members",
        nobody: "その日の構成員に、当てはまるものがありません。名称の一部かよみを変えるか、適用日をご確認ください。" / "No member matches on that day. Try another part of the name, or check the day.",
        several: "いくつかの構成員が当てはまります。「見つかった構成員」から選んでください。" / "Several members match. Choose one under “Members found”.",
        too_many: "当てはまる構成員が多すぎます。名称をもう少し詳しく入力してください。" / "Too many members match. Please type more of the name.",
        already: "この構成員は、その日か後に、このグループに入る登録があります。" / "This member is registered in the group on that day or later.",
        overtaken: "入力している間に、このグループの登録が変更されました。「現在の登録」を見て、入力した内容でよければ、もう一度確認へ進んでください。" / "This group was changed while you were typing. Look at “Registered now”; if your entries are still right, go on again.",
    }
}

/// Which form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// A new group.
    New,
    /// Its words were wrong.
    Correct,
    /// It ends.
    End,
    /// It does not end after all.
    GoingOn,
    /// A member comes into it.
    Joining,
    /// A member leaves it.
    Leaving,
}

impl What {
    /// Title and what it means.
    #[must_use]
    pub fn words(self, language: Language) -> (&'static str, &'static str) {
        let w = FormWords::of(language);
        match self {
            Self::New => (w.new, w.new_lead),
            Self::Correct => (w.correct, w.correct_lead),
            Self::End => (w.end, w.end_lead),
            Self::GoingOn => (w.going_on, w.going_on_lead),
            Self::Joining => (w.joining, w.joining_lead),
            Self::Leaving => (w.leaving, w.leaving_lead),
        }
    }

    /// Whether something ends by it.
    #[must_use]
    pub fn is_ending(self) -> bool {
        match self {
            Self::End | Self::Leaving => true,
            Self::New | Self::Correct | Self::GoingOn | Self::Joining => false,
        }
    }
}

/// What stands in the fields at first.
#[must_use]
pub fn prefilled(group: Option<&Group>, what: What, today: NaiveDate) -> Typed {
    let mut typed = Typed::default();
    typed.set_date("on", today);
    match what {
        What::New => typed.set("group_kind", Kind::CrossCutting.code()),
        What::Correct => {
            if let Some(group) = group {
                typed.set("code", &group.words.code);
                typed.set("for_whom", &group.words.scope);
                typed.set("for_whom_en", &group.words.scope_en);
            }
        }
        What::End | What::GoingOn | What::Joining | What::Leaving => {}
    }
    typed
}

/// The fields, with what was typed in them; members to choose from where several match.
#[must_use]
pub fn fields(what: What, found: &[Member], typed: &Typed, language: Language) -> Vec<Field> {
    let w = FormWords::of(language);
    let line = |name, label| Field::new(Control::Line, name, label, typed);
    let day = |label, help| Field::new(Control::Day, "on", label, typed).help(help);
    let words = || {
        vec![
            line("code", w.code).help(w.code_help),
            line("for_whom", w.scope).help(w.scope_help),
            line("for_whom_en", w.scope_en).optional(),
        ]
    };
    let mut fields = match what {
        What::New => {
            let kinds = Kind::ALL.map(|kind| (kind.code().to_owned(), kind.label(language).to_owned()));
            let mut fields = words();
            fields.push(Field::new(Control::Radios, "group_kind", w.kind, typed).help(w.kind_help).of(kinds));
            fields.push(day(w.on, w.new_on_help));
            fields
        }
        What::Correct => words(),
        What::End => vec![day(w.last, w.end_help)],
        What::GoingOn => Vec::new(),
        What::Joining => {
            let mut fields = vec![line("member", w.name).help(w.name_help)];
            if !found.is_empty() {
                let members = found.iter().map(|member| {
                    (member.organisation_id.to_string(), language.pick(&member.name[0], &member.name[1]).clone())
                });
                fields.push(Field::new(Control::Radios, "organisation", w.organisation, typed).of(members));
            }
            fields.push(day(w.on, w.joining_on_help));
            fields
        }
        What::Leaving => vec![day(w.last, w.leaving_help)],
    };
    fields.push(line("reason", w.reason).help(w.reason_help));
    fields
}

/// The kind that was chosen.
pub fn kind(typed: &Typed, errors: &mut FieldErrors, language: Language) -> Option<Kind> {
    let kind = Kind::from_code(typed.get("group_kind"));
    if kind.is_none() {
        errors.add("group_kind", FormWords::of(language).choose);
    }
    kind
}

/// What is said of a group.
pub fn words(typed: &Typed, errors: &mut FieldErrors, language: Language) -> GroupWords {
    let code = errors.take("code", text::filled_line(typed.get("code"), LONGEST_CODE), language);
    let scope = errors.take("for_whom", text::filled_line(typed.get("for_whom"), LONGEST_SCOPE), language);
    let scope_en = errors.take("for_whom_en", text::line(typed.get("for_whom_en"), LONGEST_SCOPE), language);
    GroupWords { code, scope, scope_en }
}
