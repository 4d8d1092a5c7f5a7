//! What a correction asks, and what is meant by what was typed.

use chrono::NaiveDate;

use crate::features::directory::roster::changes::Change;
use crate::features::directory::roster::changes::correcting::{Corrected, Correction, Obstacle, Said, Subject};
use crate::features::directory::roster::line::{self, Line};
use crate::features::directory::roster::sheet::{Channel, Dated, Period, Sheet};
use crate::features::directory::roster::steps;
use crate::features::directory::roster::store::CeptoarFacts;
use crate::features::directory::roster::web::fields::{Control, Field, HOURS, KIND, Typed, VALUE, WAYS};
use crate::features::directory::roster::web::forms::{self, FieldWords};
use crate::features::directory::roster::web::reading::Reader;
use crate::kernel::language::{Language, fill};
use crate::kernel::period::long_date;
use crate::platform::web::form::{FieldErrors, TypedDate};

crate::words! {
    /// Words of correcting.
    pub struct CorrectingWords {
        name: "名称の登録を訂正する" / "Correct the name of a period",
        membership: "構成員としての登録を訂正する" / "Correct the membership of a period",
        window: "窓口の登録を訂正する" / "Correct the window of a period",
        lead: "登録が誤っていた期間の内容や日付を直します。これまで示していた内容は、訂正の前の記録として残ります。" / "Puts right what was registered wrongly for a period, or its days. What was said until now stays on record.",
        first: "最初の日" / "First day",
        first_help: "前の期間の登録とつながっているときは、その最終日もあわせて動きます。" / "Where another entry ends the day before, its last day moves as well.",
        last: "最終日" / "Last day",
        last_help: "終わりがないときは空欄にします。次の期間の登録とつながっているときは、その最初の日もあわせて動きます。" / "Leave it empty where there is no end. Where another entry begins the day after, its first day moves as well.",
        never: "この登録は誤りで、なかったことにする(予定の取りやめを含む)" / "This never was so, or the plan comes to nothing",
        void: "この期間の登録は誤りで、前の期間の登録が続いていた" / "This never became so: the entry before it went on",
        reason: "訂正の理由" / "Reason for the correction",
        reason_help: "履歴に残ります。200文字以内。" / "Stays in the history. At most 200 characters.",
        no_beginning: "最初の日を入力してください。" / "Please enter the first day.",
        reversed: "最終日は、最初の日以後の日にしてください。" / "The last day must not be before the first one.",
        goes_on: "この登録には終わりがありません。終わりを登録するときは、訂正ではなく「変更する」「この窓口を閉じる」「構成員から外す」など、その画面の操作を使ってください。" / "This has no end. To register one use “Change”, “Close this window”, “End the membership” or the like instead.",
        before: "前の期間の登録({neighbour})と重なるか、その全部を消してしまいます。先に、その登録を訂正してください。" / "It would overlap or swallow the entry before ({neighbour}). Correct that one first.",
        after: "次の期間の登録({neighbour})と重なるか、その全部を消してしまいます。先に、その登録を訂正してください。" / "It would overlap or swallow the entry after ({neighbour}). Correct that one first.",
        neighbour: "{label} {period}" / "{label} {period}",
        nothing_before: "この前につながる登録がないため、なかったことにはできません。" / "There is no entry before it that could have gone on.",
        no_name: "構成員である期間の初めに、名称のない日ができてしまいます。名称の最初の日は、構成員になった日以前にしてください。" / "The membership would begin before there is a name. The name has to hold from the first day of the membership.",
        outside: "窓口「{label}」の期間({period})が、構成員などである期間の外に出てしまいます。先に、その窓口の登録を訂正するか、日を直してください。" / "The window “{label}” ({period}) would be open outside the membership. Correct that window first, or the day.",
        no_window: "{day}に、連絡のつく窓口がひとつもなくなります。今日から先の日には、窓口が要ります。" / "On {day} there would be no window. From today on there has to be one.",
        not_on_day: "その日には、訂正する登録がありません。" / "There is nothing to correct on that day.",
        no_subgroup: "選んだサブグループは、この期間のすべての日にあるわけではありません。サブグループか日を直してください。" / "The subgroup is not there on all of these days. Change the subgroup or the days.",
        overlap: "ほかの期間の登録と重なります。日を直してください。" / "Another period is in the way. Please change the days.",
        elsewhere: "この構成員の期間を、今日から先へ延ばすことはできません。" / "The membership cannot be made to go on from today.",
        same: "登録されている内容と同じです。誤っているところを直してください。" / "This is what is registered already. Correct something first.",
        overtaken: "入力している間に、この構成員の登録が変更されました。「その間の変更」と「現在の登録」を見て、入力した内容でよければ、もう一度確認へ進んでください。" / "This member was changed while you were typing. Look at “Changed meanwhile” and “Registered now”; if your entries are still right, go on again.",
    }
}

/// What a form is about.
pub struct Scene<'a> {
    ceptoar: &'a CeptoarFacts,
    sheet: &'a Sheet,
    subject: Subject,
    day: NaiveDate,
    /// The present day.
    pub today: NaiveDate,
    language: Language,
    said: Said,
    valid: Period,
    /// Whether another entry ends where this one begins.
    follows: bool,
}

/// What holds on a day, in which days, and whether something ends where it begins.
fn on<T: Clone>(facts: &[Dated<T>], day: NaiveDate) -> Option<(T, Period, bool)> {
    let fact = facts.iter().find(|fact| fact.valid.holds_on(day))?;
    let from = fact.valid.from;
    let follows = from.is_some() && facts.iter().any(|known| known.valid.until == from);
    Some((fact.value.clone(), fact.valid, follows))
}

impl<'a> Scene<'a> {
    /// The form about what holds on a day; nothing where nothing does.
    pub fn of(
        ceptoar: &'a CeptoarFacts,
        sheet: &'a Sheet,
        subject: Subject,
        day: NaiveDate,
        today: NaiveDate,
        language: Language,
    ) -> Option<Self> {
        let (said, valid, follows) = match subject {
            Subject::Name => on(&sheet.names, day).map(|(name, valid, follows)| (Said::Name(name), valid, follows)),
            Subject::Membership => {
                on(&sheet.memberships, day).map(|(m, valid, follows)| (Said::Membership(m), valid, follows))
            }
            Subject::Window(id) => on(&steps::of(sheet.window(id)?), day).map(|(step, valid, follows)| {
                let channels = step.channels.into_iter().map(|channel| channel.value).collect();
                (Said::Window(step.facts.value, channels), valid, follows)
            }),
        }?;
        Some(Self { ceptoar, sheet, subject, day, today, language, said, valid, follows })
    }

    fn w(&self) -> &'static CorrectingWords {
        CorrectingWords::of(self.language)
    }

    /// The form's own fields ask about the day that is corrected, and not about today.
    fn plain(&self) -> forms::Scene<'_> {
        let window = match self.subject {
            Subject::Window(id) => Some(id),
            Subject::Name | Subject::Membership => None,
        };
        forms::Scene {
            ceptoar: self.ceptoar,
            sheet: Some(self.sheet),
            window,
            today: self.day,
            language: self.language,
        }
    }

    /// How many addresses and numbers the form shows.
    pub fn addresses(&self) -> usize {
        match &self.said {
            Said::Window(_, channels) => channels.len(),
            Said::Name(_) | Said::Membership(_) => 0,
        }
    }

    /// What stands in the fields at first.
    pub fn prefilled(&self) -> Typed {
        let mut typed = Typed::default();
        match &self.said {
            Said::Name(name) => {
                typed.set("ja", &name.ja);
                typed.set("reading", &name.reading);
                typed.set("en", &name.en);
            }
            Said::Membership(membership) => {
                typed.set("member_kind", membership.kind.code());
                typed.set("unit", &membership.unit);
                typed.set("subgroup", membership.subgroup.clone().unwrap_or_default());
                typed.set("hub", if membership.hub { "true" } else { "" });
            }
            Said::Window(facts, channels) => {
                typed.set("position", facts.position.to_string());
                typed.set("label", &facts.label);
                typed.set("handler", if facts.handler { "true" } else { "" });
                typed.set("language", facts.language.code());
                for (i, channel) in channels.iter().take(WAYS).enumerate() {
                    typed.set(KIND[i], channel.kind.code());
                    typed.set(VALUE[i], &channel.value);
                    typed.set(HOURS[i], channel.hours.code());
                }
            }
        }
        prefill_days(&mut typed, self.valid);
        typed
    }

    /// The fields, with what was typed in them.
    pub fn fields(&self, typed: &Typed) -> Vec<Field> {
        let w = self.w();
        let mut fields = match self.subject {
            Subject::Name => forms::name(typed, FieldWords::of(self.language)),
            Subject::Membership => forms::membership(&self.plain(), typed),
            Subject::Window(_) => forms::window(&self.plain(), typed),
        };
        fields.extend(day_fields(typed, self.language, self.valid, self.follows.then_some(w.void)));
        fields
    }

    /// The first field of the form.
    pub fn first_field(&self) -> &'static str {
        self.fields(&Typed::default()).first().map_or("reason", |field| field.name)
    }

    /// What is meant.
    ///
    /// # Errors
    /// What is wrong, field by field.
    pub fn meant(&self, typed: &Typed) -> Result<Correction, FieldErrors> {
        let mut reader = Reader::new(typed, self.language, self.today);
        if self.follows && typed.get("void") == "true" {
            reader.needed_reason();
            let correction = Correction { day: self.day, subject: self.subject, to: None };
            return if reader.errors.is_empty() { Ok(correction) } else { Err(reader.errors) };
        }
        let said = match &self.said {
            Said::Name(_) => Said::Name(reader.name()),
            Said::Membership(_) => Said::Membership(reader.membership(self.ceptoar, self.day)),
            Said::Window(_, _) => {
                let known = self.plain().window.and_then(|id| self.sheet.window(id));
                let before: Vec<&Channel> =
                    known.into_iter().flat_map(|window| &window.channels).map(|channel| &channel.value).collect();
                Said::Window(reader.window(), reader.channels(&before))
            }
        };
        let valid = period(typed, &mut reader, self.valid);
        reader.needed_reason();
        if !reader.errors.is_empty() {
            return Err(reader.errors);
        }
        Ok(Correction { day: self.day, subject: self.subject, to: Some((said, valid)) })
    }

    fn lines(&self, said: &Said, valid: Period) -> Vec<Line> {
        let mut lines = match said {
            Said::Name(name) => line::of_name(name),
            Said::Membership(membership) => forms::in_lines(&self.plain(), membership),
            Said::Window(facts, channels) => line::of_window(facts, &channels.iter().collect::<Vec<_>>()),
        };
        lines.push(line::of_period(valid));
        lines
    }

    /// What is said now.
    pub fn before(&self) -> Vec<Line> {
        self.lines(&self.said, self.valid)
    }

    /// The correction as it stands in the history, with all that moves with it.
    pub fn change(&self, typed: &Typed, correction: &Correction, corrected: &Corrected) -> Change {
        let mut before = self.before();
        let mut after = correction.to.as_ref().map(|(said, valid)| self.lines(said, *valid)).unwrap_or_default();
        let (was, is) =
            (self.others(self.sheet, &correction.subject), self.others(&corrected.sheet, &correction.subject));
        for (i, (was, is)) in was.iter().zip(&is).filter(|(was, is)| was != is).enumerate() {
            let code = format!("along.{}", i + 1);
            before.push(Line::told(code.clone(), |language| self.told(was, language)));
            after.push(Line::told(code, |language| self.told(is, language)));
        }
        let mut reader = Reader::new(typed, self.language, self.today);
        let on = correction.to.as_ref().and_then(|(_, valid)| valid.from).or(self.valid.from).unwrap_or(self.day);
        Change { on, correction: true, reason: reader.needed_reason(), before, after, proposal: None }
    }

    fn told(&self, (label, valid): &([String; 2], Period), language: Language) -> String {
        fill(
            CorrectingWords::of(language).neighbour,
            &[("label", language.pick(&label[0], &label[1])), ("period", &line::told_period(*valid, language))],
        )
    }

    /// Everything of the sheet but what is corrected: what it is, and when. One entry for each row, in one order.
    fn others(&self, sheet: &Sheet, subject: &Subject) -> Vec<([String; 2], Period)> {
        let is_it = |of: &Subject, valid: Period| of == subject && valid.holds_on(self.day);
        let mut all: Vec<(uuid::Uuid, [String; 2], Period)> = Vec::new();
        let names = self.sheet.names.iter().filter(|fact| !is_it(&Subject::Name, fact.valid));
        let now = |id: uuid::Uuid, facts: &[(uuid::Uuid, Period)]| {
            facts.iter().find(|(known, _)| *known == id).map(|(_, v)| *v)
        };
        let of_names: Vec<_> = sheet.names.iter().map(|fact| (fact.fact_id, fact.valid)).collect();
        for fact in names {
            let label = [
                fact.value.ja.clone(),
                if fact.value.en.is_empty() { fact.value.ja.clone() } else { fact.value.en.clone() },
            ];
            all.extend(now(fact.fact_id, &of_names).map(|valid| (fact.fact_id, label, valid)));
        }
        let of_memberships: Vec<_> = sheet.memberships.iter().map(|fact| (fact.fact_id, fact.valid)).collect();
        for fact in self.sheet.memberships.iter().filter(|fact| !is_it(&Subject::Membership, fact.valid)) {
            let label = ["構成員としての登録".to_owned(), "membership".to_owned()];
            all.extend(now(fact.fact_id, &of_memberships).map(|valid| (fact.fact_id, label, valid)));
        }
        for window in &self.sheet.windows {
            let of_window: Vec<_> = sheet
                .window(window.contact_id)
                .map(|window| window.facts.iter().map(|fact| (fact.fact_id, fact.valid)).collect())
                .unwrap_or_default();
            let subject = Subject::Window(window.contact_id);
            for fact in window.facts.iter().filter(|fact| !is_it(&subject, fact.valid)) {
                let label = [fact.value.label.clone(), fact.value.label.clone()];
                all.extend(now(fact.fact_id, &of_window).map(|valid| (fact.fact_id, label, valid)));
            }
        }
        all.into_iter().map(|(_, label, valid)| (label, valid)).collect()
    }

    /// What stands in the way, and at which field that is said.
    pub fn message(&self, obstacle: &Obstacle) -> (&'static str, String) {
        message(obstacle, self.first_field(), self.language)
    }
}

/// Puts a period into the boxes.
pub fn prefill_days(typed: &mut Typed, valid: Period) {
    if let Some(from) = valid.from {
        typed.set_date("first", from);
    }
    if let Some(last) = valid.until.and_then(|until| until.pred_opt()) {
        typed.set_date("last", last);
    }
}

/// The fields of every correction: its days, whether it never was so where that can be said, and why.
#[must_use]
pub fn day_fields(typed: &Typed, language: Language, was: Period, void: Option<&'static str>) -> Vec<Field> {
    let w = CorrectingWords::of(language);
    let first = Field::new(Control::Day, "first", w.first, typed).help(w.first_help);
    let mut fields = vec![
        if was.from.is_none() { first.optional() } else { first },
        Field::new(Control::Day, "last", w.last, typed).help(w.last_help).optional(),
    ];
    fields.extend(void.map(|label| Field::new(Control::Check, "void", label, typed).optional()));
    fields.push(Field::new(Control::Line, "reason", w.reason, typed).help(w.reason_help));
    fields
}

/// The period that was typed. Days that were not touched stay as they are, whatever they are.
pub fn period(typed: &Typed, reader: &mut Reader<'_>, was: Period) -> Period {
    let mut untouched = Typed::default();
    prefill_days(&mut untouched, was);
    let as_it_was = |field: &str| typed.date(field) == untouched.date(field);
    let mut day = |field: &'static str| match TypedDate::read(typed.date(field)) {
        TypedDate::Nothing => None,
        TypedDate::Day(_) | TypedDate::Wrong => Some(reader.day(field)),
    };
    Period {
        from: if as_it_was("first") { was.from } else { day("first") },
        until: if as_it_was("last") { was.until } else { day("last").map(|last| last.succ_opt().unwrap_or(last)) },
    }
}

/// What stands in the way, and at which field that is said.
#[must_use]
pub fn message(obstacle: &Obstacle, first_field: &'static str, language: Language) -> (&'static str, String) {
    let w = CorrectingWords::of(language);
    let neighbour = |words: &'static str, label: &str, valid: Period| {
        let told = fill(w.neighbour, &[("label", label), ("period", &line::told_period(valid, language))]);
        fill(words, &[("neighbour", told.trim())])
    };
    match obstacle {
        Obstacle::NotOnThatDay => (first_field, w.not_on_day.to_owned()),
        Obstacle::Reversed => ("last", w.reversed.to_owned()),
        Obstacle::NoBeginning => ("first", w.no_beginning.to_owned()),
        Obstacle::GoesOn => ("last", w.goes_on.to_owned()),
        Obstacle::NothingBefore => ("void", w.nothing_before.to_owned()),
        Obstacle::Before(label, valid) => ("first", neighbour(w.before, label, *valid)),
        Obstacle::After(label, valid) => ("last", neighbour(w.after, label, *valid)),
        Obstacle::NoName => ("first", w.no_name.to_owned()),
        Obstacle::Outside(label, valid) => {
            let period = line::told_period(*valid, language);
            ("first", fill(w.outside, &[("label", label), ("period", &period)]))
        }
        Obstacle::NoWindow(day) => ("last", fill(w.no_window, &[("day", &long_date(*day, language))])),
    }
}
