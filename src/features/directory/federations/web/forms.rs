//! What each change of a federation asks, and what is meant by what was typed.

use chrono::NaiveDate;

use crate::features::directory::federations::changing::{self, Alteration, Change, stay_on};
use crate::features::directory::federations::federation::{self, Desk, Federation, Membership, Part, Who};
use crate::features::directory::federations::paths;
use crate::features::directory::roster::spelling::LONGEST_NAME;
use crate::features::directory::roster::web::fields::{Control, Field, Typed};
use crate::features::directory::roster::web::reading::Reader;
use crate::kernel::ids::OrganisationId;
use crate::kernel::language::{Label, Language};
use crate::kernel::text;
use crate::platform::web::form::FieldErrors;

crate::words! {
    /// Words of the forms.
    pub struct FormWords {
        founding: "連絡協議会を登録する" / "Register a federation",
        founding_lead: "複数のセプターが集まる協議会を登録します。構成員と事務局は、登録した後に加えます。" / "Registers a body of several CEPTOARs. Its members and its secretariat are added afterwards.",
        name: "名称を変更する" / "Change the name",
        name_lead: "以前の名称は、沿革に残ります。" / "The old name stays in the history.",
        joining: "構成員・オブザーバーを加える" / "Add a member or an observer",
        joining_lead: "セプターを構成員またはオブザーバーとして加えます。セプター以外の組織は、名称を入力してオブザーバーとして加えます。すでに加わっているセプターを選ぶと、立場の変更になります。" / "Adds a CEPTOAR as a member or an observer. Another body is added by its name, as an observer. Choose one that belongs to it already to change as what.",
        leaving: "構成員・オブザーバーを外す" / "Take a member or an observer out",
        leaving_lead: "これまでの記録は残ります。" / "The record stays.",
        secretariat: "事務局を変更する" / "Change the secretariat",
        secretariat_lead: "適用日から新しい事務局になります。事務局を置かないときは「なし」を選んでください。" / "From its day on somebody else keeps it. Choose “none” where nobody does.",
        dissolution: "連絡協議会を解散する" / "Dissolve the federation",
        dissolution_lead: "名称・構成員・オブザーバー・事務局が、最終日で終わります。これまでの記録は残ります。" / "Its name, its members and observers and its secretariat end with the last day. The record stays.",
        dissolution_help: "この日まで続きます。" / "It goes on until the end of this day.",
        no_more: "その日には、この連絡協議会はもう(まだ)ありません。最終日をご確認ください。" / "There is no such federation on that day. Please check the day.",
        ja: "名称" / "Name in Japanese",
        reading: "よみ(ひらがな)" / "Reading (hiragana)",
        en: "英語名" / "Name in English",
        since: "いつから" / "Since when",
        since_help: "日が分からない場合は、確認できた資料の日付を入力してください。" / "Where the day is not known, give that of the document that says so.",
        on: "適用日" / "From which day",
        on_help: "この日から新しい内容になります。先の日付で予定を登録できます。" / "It holds from this day on. A day ahead makes it a plan.",
        last: "最終日" / "Last day",
        last_help: "この日まで加わっています。" / "It belongs to it until the end of this day.",
        reason: "理由・根拠" / "Reason, or what says so",
        reason_help: "沿革に残り、ポータルの利用者に表示されます。200文字以内。" / "Stays in the history, for everybody signed in. At most 200 characters.",
        ceptoar: "セプター" / "CEPTOAR",
        ceptoar_help: "セプター以外の組織のときは、選ばないでください。" / "Leave it for a body that is no CEPTOAR.",
        body_ja: "組織の名称(セプター以外)" / "Name of another body in Japanese",
        body_en: "組織の英語名" / "Name of another body in English",
        part: "立場" / "As what",
        who: "外す構成員・オブザーバー" / "Who leaves",
        organisation: "事務局となる組織" / "Which organisation",
        none: "なし(事務局を置かない)" / "none",
        unit: "担当部署" / "Unit in Japanese",
        unit_en: "担当部署(英語)" / "Unit in English",
        choose: "選択してください。" / "Please choose.",
        one_of: "セプターを選ぶか、組織の名称を入力してください。" / "Choose a CEPTOAR or enter the name of a body.",
        not_both: "セプターと組織の名称は、どちらか一方だけにしてください。" / "Either a CEPTOAR or the name of a body, not both.",
        only_observes: "セプター以外の組織は、オブザーバーとして加えてください。" / "A body that is no CEPTOAR can only be an observer.",
        there: "その日には、すでに同じ立場で加わっています。立場か適用日を直してください。" / "It belongs to it as that on this day already. Change as what, or the day.",
        not_there: "その日には加わっていません。最終日をご確認ください。" / "It does not belong to it on that day. Please check the day.",
        same: "登録されている内容と同じです。変更するところを直してください。" / "This is what is registered already. Change something first.",
        same_name: "同じ名称の連絡協議会が、すでに登録されています。一覧をご確認ください。" / "There is a federation of that name already. Please look at the list.",
        overtaken: "入力している間に、この連絡協議会の登録が変更されました。「その間の変更」を見て、入力した内容でよければ、もう一度確認へ進んでください。" / "This federation was changed while you were typing. Look at “Changed meanwhile”; if your entries are still right, go on again.",
    }
}

/// What is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// A new federation.
    Founding,
    /// What it is called.
    Name,
    /// Somebody comes, or belongs to it as something else.
    Joining,
    /// Somebody goes.
    Leaving,
    /// Who keeps it.
    Secretariat,
    /// It is no more.
    Dissolution,
}

impl What {
    /// Its route.
    #[must_use]
    pub fn route(self) -> &'static str {
        match self {
            Self::Founding => paths::FOUNDING,
            Self::Name => paths::NAME,
            Self::Joining => paths::JOINING,
            Self::Leaving => paths::LEAVING,
            Self::Secretariat => paths::SECRETARIAT,
            Self::Dissolution => paths::DISSOLUTION,
        }
    }

    /// Title and what it means.
    #[must_use]
    pub fn words(self, language: Language) -> (&'static str, &'static str) {
        let w = FormWords::of(language);
        match self {
            Self::Founding => (w.founding, w.founding_lead),
            Self::Name => (w.name, w.name_lead),
            Self::Joining => (w.joining, w.joining_lead),
            Self::Leaving => (w.leaving, w.leaving_lead),
            Self::Secretariat => (w.secretariat, w.secretariat_lead),
            Self::Dissolution => (w.dissolution, w.dissolution_lead),
        }
    }
}

/// What there is to choose from.
pub struct Choices {
    /// CEPTOARs.
    pub ceptoars: Vec<(String, [String; 2])>,
    /// Who can keep it.
    pub keepers: Vec<(OrganisationId, [String; 2])>,
}

/// What a form is about.
pub struct Scene<'a> {
    /// Which change.
    pub what: What,
    /// The federation; `None` for a new one.
    pub federation: Option<&'a Federation>,
    /// What there is to choose from.
    pub choices: &'a Choices,
    /// The present day.
    pub today: NaiveDate,
    /// In which language.
    pub language: Language,
}

/// No organisation.
pub const NONE: &str = "none";

fn value_of(who: &Who) -> String {
    match who {
        Who::Ceptoar(id) => format!("c:{id}"),
        Who::Body(name) => format!("b:{name}"),
    }
}

impl Scene<'_> {
    /// What stands in the fields at first.
    #[must_use]
    pub fn prefilled(&self) -> Typed {
        let mut typed = Typed::default();
        typed.set_date("on", self.today);
        let Some(federation) = self.federation else { return typed };
        match self.what {
            What::Name => {
                if let Some(name) = federation.name_on(self.today) {
                    typed.set("ja", &name.ja);
                    typed.set("reading", &name.reading);
                    typed.set("en", &name.en);
                }
            }
            What::Secretariat => {
                let desk = federation.desk_on(self.today);
                typed.set("organisation", desk.map_or(NONE.to_owned(), |desk| desk.organisation_id.to_string()));
                if let Some(desk) = desk {
                    typed.set("unit", &desk.unit[0]);
                    typed.set("unit_en", &desk.unit[1]);
                }
            }
            What::Joining => typed.set("part", Part::Member.code()),
            What::Founding | What::Leaving | What::Dissolution => {}
        }
        typed
    }

    /// The fields, with what was typed in them.
    #[must_use]
    pub fn fields(&self, typed: &Typed) -> Vec<Field> {
        let w = FormWords::of(self.language);
        let line = |name, label| Field::new(Control::Line, name, label, typed);
        let pick = |name: &[String; 2]| self.language.pick(&name[0], &name[1]).clone();
        let mut fields = match self.what {
            What::Founding | What::Name => {
                vec![line("ja", w.ja), line("reading", w.reading), line("en", w.en).optional()]
            }
            What::Joining => {
                let ceptoars = self.choices.ceptoars.iter().map(|(id, name)| (id.clone(), pick(name)));
                let parts = Part::ALL.map(|part| (part.code().to_owned(), part.label(self.language).to_owned()));
                vec![
                    Field::new(Control::Select, "ceptoar", w.ceptoar, typed)
                        .help(w.ceptoar_help)
                        .of(ceptoars)
                        .optional(),
                    line("body_ja", w.body_ja).optional(),
                    line("body_en", w.body_en).optional(),
                    Field::new(Control::Radios, "part", w.part, typed).of(parts),
                ]
            }
            What::Leaving => {
                let members = self.federation.map(|federation| &federation.members[..]).unwrap_or_default();
                let mut open: Vec<(String, String)> = members
                    .iter()
                    .filter(|known| known.valid.until.is_none_or(|until| until > self.today))
                    .map(|known| (value_of(&known.value.who), known.value.told(self.language)))
                    .collect();
                open.dedup();
                vec![Field::new(Control::Select, "who", w.who, typed).of(open)]
            }
            What::Secretariat => {
                let none = std::iter::once((NONE.to_owned(), w.none.to_owned()));
                let keepers = self.choices.keepers.iter().map(|(id, name)| (id.to_string(), pick(name)));
                vec![
                    Field::new(Control::Select, "organisation", w.organisation, typed).of(none.chain(keepers)),
                    line("unit", w.unit).optional(),
                    line("unit_en", w.unit_en).optional(),
                ]
            }
            What::Dissolution => Vec::new(),
        };
        let (label, help) = match self.what {
            What::Dissolution => (w.last, w.dissolution_help),
            What::Founding => (w.since, w.since_help),
            What::Leaving => (w.last, w.last_help),
            What::Name | What::Joining | What::Secretariat => (w.on, w.on_help),
        };
        fields.push(Field::new(Control::Day, "on", label, typed).help(help));
        fields.push(line("reason", w.reason).help(w.reason_help));
        fields
    }

    /// What is meant; for a new federation the name alone counts.
    ///
    /// # Errors
    /// What is wrong, field by field.
    pub fn meant(&self, typed: &Typed) -> Result<(Change, Alteration), FieldErrors> {
        let w = FormWords::of(self.language);
        let mut reader = Reader::new(typed, self.language, self.today);
        let alteration = match self.what {
            What::Founding | What::Name => Some(Alteration::Name(reader.name())),
            What::Joining => self.joining(typed, &mut reader.errors).map(Alteration::Joining),
            What::Leaving => self.leaving(typed, &mut reader.errors).map(Alteration::Leaving),
            What::Secretariat => self.secretariat(typed, &mut reader.errors).map(Alteration::Secretariat),
            What::Dissolution => Some(Alteration::Dissolution),
        };
        let day = reader.day("on");
        let reason = reader.needed_reason();
        let mut errors = reader.errors;
        let Some(alteration) = alteration.filter(|_| errors.is_empty()) else { return Err(errors) };
        // The day typed for leaving is the last one.
        let on =
            if matches!(self.what, What::Leaving | What::Dissolution) { day.succ_opt().unwrap_or(day) } else { day };
        if let (Some(federation), Alteration::Leaving(who)) = (self.federation, &alteration)
            && (stay_on(federation, who, day).is_none() || stay_on(federation, who, on).is_none())
        {
            errors.add("on", w.not_there);
            return Err(errors);
        }
        let named = |day| self.federation.is_some_and(|f| federation::on(&f.names, day).is_some());
        if self.what == What::Dissolution && !(named(day) && named(on)) {
            errors.add("on", w.no_more);
            return Err(errors);
        }
        let before =
            self.federation.map(|federation| changing::before(federation, &alteration, day)).unwrap_or_default();
        let after = changing::after(&alteration);
        if before == after {
            match self.what {
                What::Joining => errors.add("part", w.there),
                What::Secretariat => errors.add("organisation", w.same),
                What::Founding | What::Name | What::Leaving | What::Dissolution => errors.add("ja", w.same),
            }
            return Err(errors);
        }
        Ok((Change { on, reason, before, after }, alteration))
    }

    fn joining(&self, typed: &Typed, errors: &mut FieldErrors) -> Option<Membership> {
        let w = FormWords::of(self.language);
        let part = Part::from_code(typed.get("part"));
        if part.is_none() {
            errors.add("part", w.choose);
        }
        let (chosen, named) = (typed.get("ceptoar"), !typed.get("body_ja").trim().is_empty());
        let ceptoar = self.choices.ceptoars.iter().find(|(id, _)| id == chosen);
        match (ceptoar, named) {
            (None, _) if !chosen.is_empty() => {
                errors.add("ceptoar", w.choose);
                None
            }
            (None, false) => {
                errors.add("ceptoar", w.one_of);
                None
            }
            (Some(_), true) => {
                errors.add("body_ja", w.not_both);
                None
            }
            (Some((id, name)), false) => {
                Some(Membership { who: Who::Ceptoar(id.clone()), name: name.clone(), part: part? })
            }
            (None, true) => {
                let ja = errors.take("body_ja", text::filled_line(typed.get("body_ja"), LONGEST_NAME), self.language);
                let en = optional(typed, "body_en", errors, self.language);
                if part == Some(Part::Member) {
                    errors.add("part", w.only_observes);
                }
                let en = if en.is_empty() { ja.clone() } else { en };
                Some(Membership { who: Who::Body(ja.clone()), name: [ja, en], part: part? })
            }
        }
    }

    fn leaving(&self, typed: &Typed, errors: &mut FieldErrors) -> Option<Who> {
        let members = self.federation.map(|federation| &federation.members[..]).unwrap_or_default();
        let found = members.iter().find(|known| value_of(&known.value.who) == typed.get("who"));
        if found.is_none() {
            errors.add("who", FormWords::of(self.language).choose);
        }
        found.map(|known| known.value.who.clone())
    }

    /// The secretariat; `Some(None)` where there shall be none.
    fn secretariat(&self, typed: &Typed, errors: &mut FieldErrors) -> Option<Option<Desk>> {
        let chosen = typed.get("organisation");
        if chosen == NONE {
            return Some(None);
        }
        let Some((id, name)) = self.choices.keepers.iter().find(|(id, _)| id.to_string() == chosen) else {
            errors.add("organisation", FormWords::of(self.language).choose);
            return None;
        };
        let unit = optional(typed, "unit", errors, self.language);
        let en = optional(typed, "unit_en", errors, self.language);
        let en = if en.is_empty() { unit.clone() } else { en };
        Some(Some(Desk { organisation_id: *id, name: name.clone(), unit: [unit, en] }))
    }
}

/// A line that may stay empty.
pub fn optional(typed: &Typed, field: &'static str, errors: &mut FieldErrors, language: Language) -> String {
    if typed.get(field).trim().is_empty() {
        return String::new();
    }
    errors.take(field, text::filled_line(typed.get(field), LONGEST_NAME), language)
}
