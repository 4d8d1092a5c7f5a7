//! What each change asks: its fields, what stands in them at first, and what is meant by what was typed.

use chrono::NaiveDate;

use super::fields::{Control, Field, HOURS, KIND, Typed, VALUE, WAYS, ways};
use super::reading::Reader;
use super::sheet_form::What;
use crate::features::directory::roster::changes::{Alteration, Change};
use crate::features::directory::roster::line::{self, Line};
use crate::features::directory::roster::sheet::{MemberKind, Membership, Sheet};
use crate::features::directory::roster::store::CeptoarFacts;
use crate::kernel::count_unit;
use crate::kernel::ids::ContactId;
use crate::kernel::language::{Label, Language};
use crate::platform::web::form::FieldErrors;

crate::words! {
    /// Words of the fields.
    pub struct FieldWords {
        kind: "変更か、訂正か" / "Change or correction",
        kind_change: "変更(適用日から変わる)" / "Change: it becomes so on a day",
        kind_correction: "訂正(登録が誤っていた)" / "Correction: it was so all along",
        on: "適用日" / "From which day",
        on_help: "この日から新しい内容になります。先の日付で予定を登録できます。" / "It holds from this day on. A day ahead makes it a plan.",
        joined: "加入日" / "Member since",
        last: "最終日" / "Last day",
        leaving_help: "この日まで構成員です。翌日から、窓口も閉じて情報提供は届かなくなります。" / "A member until the end of this day. From the next day its windows are closed and nothing reaches it.",
        end_help: "この日まで連絡先として使います。翌日から情報提供は届かなくなります。" / "In use until the end of this day. From the next day nothing reaches it.",
        reason: "理由・メモ" / "Reason or note",
        reason_help: "履歴に残ります。200文字以内。" / "Stays in the history. At most 200 characters.",
        reason_or_correction: "履歴に残ります。訂正のときは必ず入力してください。200文字以内。" / "Stays in the history. Needed for a correction. At most 200 characters.",
        ja: "名称" / "Name in Japanese",
        ja_help: "法人格を含む正式な名称" / "With its legal form",
        reading: "よみ(ひらがな)" / "Reading (hiragana)",
        reading_help: "一覧はこの順に並びます。法人格は除きます。" / "Lists are sorted by it. Without the legal form.",
        en: "英語名" / "Name in English",
        another: "元の構成員とは別の組織として登録する" / "Register it as another organisation than the former member",
        member_kind: "種別" / "Member as",
        member_kind_help: "オブザーバーにも、構成員と同じように情報提供が届きます。構成員の数には「うちオブザーバー」として数えます。" / "Observers get what members get. Numbers of members tell them as “of which observers”.",
        unit: "数える単位" / "Counted as",
        subgroup: "サブグループ" / "Subgroup",
        hub: "ほかの事業者へ伝える役割(ハブ)がある" / "Passes items on to others (hub)",
        position: "連絡の順" / "Order",
        position_help: "1が最初に連絡する窓口です。" / "1 is asked first.",
        label: "窓口の名称" / "Name of the window",
        label_help: "部署名・役職名。個人の氏名は要りません。" / "Department or position. No person's name is needed.",
        handler: "取扱担当者(取扱者を限る情報も受け取る)" / "Designated handler (may have items for designated handlers)",
        language: "メールの言語" / "Language of mails",
        ways: "連絡手段(連絡する順に)" / "Ways to reach it, in order",
        ways_help: "異なる手段を二つ以上登録してください。空いている行は無視されます。" / "Two different ways at least are wanted. Empty rows are ignored.",
    }
}

/// What a form is about.
pub struct Scene<'a> {
    /// The CEPTOAR.
    pub ceptoar: &'a CeptoarFacts,
    /// The member; `None` for one that joins.
    pub sheet: Option<&'a Sheet>,
    /// The window.
    pub window: Option<ContactId>,
    /// The present day.
    pub today: NaiveDate,
    /// In which language.
    pub language: Language,
}

impl Scene<'_> {
    fn words(&self) -> &'static FieldWords {
        FieldWords::of(self.language)
    }

    /// The day that a form shows: today, or the first day of what is only planned.
    #[must_use]
    pub fn shown_day(&self) -> NaiveDate {
        let window = self.sheet.zip(self.window).and_then(|(sheet, id)| sheet.window(id));
        let planned = window.filter(|w| w.on(self.today).is_none()).and_then(|w| w.facts.first()?.valid.from);
        let membership = self.sheet.filter(|s| s.membership_on(self.today).is_none());
        let joins =
            membership.and_then(|s| s.memberships.iter().find_map(|m| m.valid.from.filter(|f| *f > self.today)));
        planned.or(joins).unwrap_or(self.today)
    }
}

/// What stands in the fields at first.
#[must_use]
pub fn prefilled(what: What, scene: &Scene<'_>) -> Typed {
    let mut typed = Typed::default();
    let day = scene.shown_day();
    typed.set("nature", "change");
    typed.set_date("on", day);
    match what {
        What::Joining => {
            if let [only] = &scene.ceptoar.units[..] {
                typed.set("unit", only);
            }
            typed.set("member_kind", MemberKind::Full.code());
            typed.set("position", "1");
            typed.set("handler", "true");
            typed.set("language", "ja");
        }
        What::NewWindow => {
            let windows = scene.sheet.map_or(0, |s| s.windows.iter().filter(|w| w.on(day).is_some()).count());
            typed.set("position", (windows + 1).to_string());
            typed.set("language", "ja");
        }
        What::Name => {
            if let Some(fact) = scene.sheet.and_then(|s| s.name_on(day)) {
                typed.set("ja", &fact.value.ja);
                typed.set("reading", &fact.value.reading);
                typed.set("en", &fact.value.en);
            }
        }
        What::Membership => {
            if let Some(fact) = scene.sheet.and_then(|s| s.membership_on(day)) {
                typed.set("member_kind", fact.value.kind.code());
                typed.set("unit", &fact.value.unit);
                typed.set("subgroup", fact.value.subgroup.clone().unwrap_or_default());
                typed.set("hub", if fact.value.hub { "true" } else { "" });
            }
        }
        What::Window => prefill_window(&mut typed, scene, day),
        What::Leaving | What::WindowEnd => {}
    }
    typed
}

fn prefill_window(typed: &mut Typed, scene: &Scene<'_>, day: NaiveDate) {
    let Some(window) = scene.sheet.zip(scene.window).and_then(|(sheet, id)| sheet.window(id)) else { return };
    let Some(fact) = window.on(day) else { return };
    typed.set("position", fact.value.position.to_string());
    typed.set("label", &fact.value.label);
    typed.set("handler", if fact.value.handler { "true" } else { "" });
    typed.set("language", fact.value.language.code());
    for (i, channel) in window.channels_on(day).into_iter().take(WAYS).enumerate() {
        typed.set(KIND[i], channel.kind.code());
        typed.set(VALUE[i], &channel.value);
        typed.set(HOURS[i], channel.hours.code());
    }
}

/// The fields, with what was typed in them.
#[must_use]
pub fn fields(what: What, scene: &Scene<'_>, typed: &Typed) -> Vec<Field> {
    let w = scene.words();
    let day = |label| Field::new(Control::Day, "on", label, typed);
    let help = match what {
        What::Name | What::Membership | What::Window => w.reason_or_correction,
        What::Joining | What::Leaving | What::NewWindow | What::WindowEnd => w.reason_help,
    };
    let reason = Field::new(Control::Line, "reason", w.reason, typed).help(help).optional();
    let mut fields = match what {
        What::Joining => [name(typed, w), membership(scene, typed), vec![day(w.joined)], window(scene, typed)].concat(),
        What::Name => name(typed, w),
        What::Membership => membership(scene, typed),
        What::NewWindow | What::Window => window(scene, typed),
        What::Leaving => vec![day(w.last).help(w.leaving_help)],
        What::WindowEnd => vec![day(w.last).help(w.end_help)],
    };
    match what {
        What::Name | What::Membership | What::Window => {
            let kinds = [("change", w.kind_change), ("correction", w.kind_correction)];
            let kinds = kinds.map(|(value, label)| (value.to_owned(), label.to_owned()));
            fields.push(Field::new(Control::Radios, "nature", w.kind, typed).of(kinds));
            fields.push(day(w.on).help(w.on_help));
        }
        What::NewWindow => fields.push(day(w.on).help(w.on_help)),
        What::Joining | What::Leaving | What::WindowEnd => {}
    }
    fields.push(reason);
    // Asked as soon as a former member is called so.
    if what == What::Joining && !typed.get("another").is_empty() {
        fields.push(Field::new(Control::Check, "another", w.another, typed).optional());
    }
    fields
}

/// What a firm is called.
#[must_use]
pub fn name(typed: &Typed, w: &'static FieldWords) -> Vec<Field> {
    vec![
        Field::new(Control::Line, "ja", w.ja, typed).help(w.ja_help),
        Field::new(Control::Line, "reading", w.reading, typed).help(w.reading_help),
        Field::new(Control::Line, "en", w.en, typed).optional(),
    ]
}

/// As what it is a member.
#[must_use]
pub fn membership(scene: &Scene<'_>, typed: &Typed) -> Vec<Field> {
    let w = scene.words();
    let units =
        scene.ceptoar.units.iter().map(|unit| (unit.clone(), count_unit::told(unit, scene.language).to_owned()));
    let kinds = MemberKind::ALL.map(|kind| (kind.code().to_owned(), kind.label(scene.language).to_owned()));
    let mut fields = vec![
        Field::new(Control::Radios, "member_kind", w.member_kind, typed).help(w.member_kind_help).of(kinds),
        Field::new(Control::Select, "unit", w.unit, typed).of(units),
    ];
    // What is over by the day shown is not offered; what is only planned can be.
    let day = scene.shown_day();
    let open = scene.ceptoar.subgroups.iter().filter(|known| known.valid.until.is_none_or(|until| until > day));
    let subgroups: Vec<_> = open.map(|known| (known.subgroup_id.clone(), known.code.clone())).collect();
    if !subgroups.is_empty() {
        fields.push(Field::new(Control::Select, "subgroup", w.subgroup, typed).of(subgroups).optional());
    }
    fields.push(Field::new(Control::Check, "hub", w.hub, typed).optional());
    fields
}

/// What a window is like, and how it is reached.
#[must_use]
pub fn window(scene: &Scene<'_>, typed: &Typed) -> Vec<Field> {
    let w = scene.words();
    let languages = [("ja", "日本語"), ("en", "English")].map(|(code, name)| (code.to_owned(), name.to_owned()));
    let mut table = Field::new(Control::Ways, "value_1", w.ways, typed).help(w.ways_help);
    table.ways = ways(typed, scene.language);
    vec![
        Field::new(Control::Line, "label", w.label, typed).help(w.label_help),
        Field::new(Control::Number, "position", w.position, typed).help(w.position_help),
        Field::new(Control::Check, "handler", w.handler, typed).optional(),
        Field::new(Control::Radios, "language", w.language, typed).of(languages),
        table,
    ]
}

/// What a form means.
pub struct Meant {
    /// From when, why, and in which words.
    pub change: Change,
    /// What is to be different; for a joining firm see [`meant_by_joining`].
    pub alteration: Alteration,
}

/// What is meant by what was typed about a member that is there.
///
/// # Errors
/// What is wrong, field by field.
pub fn meant(what: What, scene: &Scene<'_>, typed: &Typed) -> Result<Option<Meant>, FieldErrors> {
    let Some(sheet) = scene.sheet else { return Ok(None) };
    let mut reader = Reader::new(typed, scene.language, scene.today);
    let window = scene.window.and_then(|id| sheet.window(id));
    let correction = matches!(what, What::Name | What::Membership | What::Window) && reader.is_correction();
    let ending = matches!(what, What::Leaving | What::WindowEnd);
    let membership_day = if correction { scene.shown_day() } else { reader.day_or_today("on") };
    let alteration = match (what, window) {
        (What::Name, _) => Alteration::Name(reader.name()),
        (What::Membership, _) => Alteration::Membership(reader.membership(scene.ceptoar, membership_day)),
        (What::Leaving, _) => Alteration::Leaving,
        (What::NewWindow, _) => Alteration::NewWindow(reader.window(), reader.channels(&[])),
        (What::Window, Some(window)) => {
            let facts = reader.window();
            let before: Vec<_> = window.channels.iter().map(|channel| &channel.value).collect();
            Alteration::Window(window.contact_id, facts, reader.channels(&before))
        }
        (What::WindowEnd, Some(window)) => Alteration::WindowEnd(window.contact_id),
        (What::Window | What::WindowEnd, None) | (What::Joining, _) => return Ok(None),
    };
    // A correction is of what holds now.
    let typed_day = if correction { scene.shown_day() } else { reader.day("on") };
    let on = if ending { typed_day.succ_opt().unwrap_or(typed_day) } else { typed_day };
    let reason = reader.reason(correction);
    if !reader.errors.is_empty() {
        return Err(reader.errors);
    }
    let (before, after) = lines(scene, sheet, on, &alteration);
    Ok(Some(Meant { change: Change { on, correction, reason, before, after, proposal: None }, alteration }))
}

/// What is said before and after, in lines.
fn lines(scene: &Scene<'_>, sheet: &Sheet, on: NaiveDate, alteration: &Alteration) -> (Vec<Line>, Vec<Line>) {
    let of_window = |id: ContactId, day: NaiveDate| {
        sheet.window(id).and_then(|w| Some(line::of_window(&w.on(day)?.value, &w.channels_on(day)))).unwrap_or_default()
    };
    match alteration {
        Alteration::Name(name) => {
            let before = sheet.name_on(on).map(|fact| line::of_name(&fact.value));
            (before.unwrap_or_default(), line::of_name(name))
        }
        Alteration::Membership(membership) => {
            let before = sheet.membership_on(on).map(|fact| in_lines(scene, &fact.value));
            (before.unwrap_or_default(), in_lines(scene, membership))
        }
        Alteration::Leaving => {
            let day = on.pred_opt().unwrap_or(on);
            (sheet.membership_on(day).map(|fact| in_lines(scene, &fact.value)).unwrap_or_default(), Vec::new())
        }
        Alteration::NewWindow(facts, channels) => {
            (Vec::new(), line::of_window(facts, &channels.iter().collect::<Vec<_>>()))
        }
        Alteration::Window(id, facts, channels) => {
            (of_window(*id, on), line::of_window(facts, &channels.iter().collect::<Vec<_>>()))
        }
        Alteration::WindowEnd(id) => (of_window(*id, on.pred_opt().unwrap_or(on)), Vec::new()),
    }
}

/// A membership in lines; its subgroup by code.
#[must_use]
pub fn in_lines(scene: &Scene<'_>, membership: &Membership) -> Vec<Line> {
    line::of_membership(membership, scene.ceptoar.code_of(membership.subgroup.as_deref()))
}
