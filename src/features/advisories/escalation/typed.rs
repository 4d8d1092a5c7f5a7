//! A ladder as somebody typed it, and what is wrong with it.

use super::ladder::{Basis, Ladder, NewLadder, Rung, Step};
use crate::kernel::language::{Language, fill};
use crate::kernel::text::{self, half_width};
use crate::platform::web::form::{FieldErrors, value_of};

/// How many rungs the form has; fewer are fine.
pub const RUNGS: usize = 5;
/// The names of the fields of each rung: what is done, from when, how many minutes.
pub const FIELDS: [[&str; 3]; RUNGS] = [
    ["step_1", "basis_1", "minutes_1"],
    ["step_2", "basis_2", "minutes_2"],
    ["step_3", "basis_3", "minutes_3"],
    ["step_4", "basis_4", "minutes_4"],
    ["step_5", "basis_5", "minutes_5"],
];
/// Longer than two weeks is no step that follows from silence.
const LONGEST: i16 = 20160;
/// Longer reasons are refused.
const LONGEST_REASON: usize = 200;

crate::words! {
    /// Messages at fields.
    pub struct TypedWords {
        hours: "時間の数え方を選択してください。" / "Please choose how time is counted.",
        step: "{place}段目にすることを選択してください。使わない段は、時間も空にしてください。" / "Please choose what step {place} does. Leave its time empty as well if you do not use it.",
        basis: "{place}段目をいつから数えるかを選択してください。" / "Please choose from when step {place} is counted.",
        minutes: "{place}段目の時間は、0から20160までの数字(分)で入力してください。" / "Please give the minutes of step {place} as a number from 0 to 20160.",
        at_once: "{place}段目の時間は、1以上にしてください。届いたばかりの情報提供を、受領がないものとして扱わないためです。" / "Please give step {place} at least one minute: an advisory that has just arrived is not met with silence.",
        order: "{place}段目が、前の段より前の相手に戻っています。再送、事務局、所管省庁・センターの順に並べてください。" / "Step {place} goes back to somebody before. The order is: again, the secretariat, the ministry and the centre.",
        earlier: "{place}段目が、前の段より早くなっています。前の段より長い時間を入力してください。" / "Step {place} comes no later than the one before. Please give it more time.",
        desk: "「事務局へ知らせる」段がありません。メールの届かない構成員を知らせる先になるため、1段以上入れてください。" / "No step tells the secretariat. It is told at once of members whom no mail reaches, so please have one.",
    }
}

/// The form as it was typed.
#[derive(Debug, Clone, Default)]
pub struct LadderForm {
    /// How time is counted.
    pub hours: String,
    /// What is done, from when, how many minutes: rung by rung.
    pub rungs: [[String; 3]; RUNGS],
    /// Why.
    pub reason: String,
    /// Which ladder the form was made of.
    pub seen: String,
}

impl LadderForm {
    /// As it came.
    #[must_use]
    pub fn of(typed: &[(String, String)]) -> Self {
        let value = |field: &str| value_of(typed, field).to_owned();
        Self {
            hours: value("hours"),
            rungs: FIELDS.map(|names| names.map(value)),
            reason: value("reason"),
            seen: value("seen"),
        }
    }

    /// With the ladder that holds.
    #[must_use]
    pub fn with(ladder: &Ladder) -> Self {
        let mut form = Self {
            hours: hours(ladder.office_hours).to_owned(),
            seen: ladder.ladder_id.to_string(),
            ..Self::default()
        };
        for (typed, rung) in form.rungs.iter_mut().zip(&ladder.rungs) {
            *typed = [rung.step.code().to_owned(), rung.basis.code().to_owned(), rung.minutes.to_string()];
        }
        form
    }

    /// The ladder that was meant.
    ///
    /// # Errors
    /// What is wrong, field by field.
    pub fn read(&self, language: Language) -> Result<NewLadder, FieldErrors> {
        let w = TypedWords::of(language);
        let mut errors = FieldErrors::default();
        let office_hours = [true, false].into_iter().find(|office| hours(*office) == self.hours);
        if office_hours.is_none() {
            errors.add("hours", w.hours);
        }
        let mut rungs: Vec<Rung> = Vec::new();
        for (place, (typed, names)) in self.rungs.iter().zip(FIELDS).enumerate() {
            if let Some(rung) = self.rung(typed, names, place + 1, (&rungs, &mut errors), language) {
                rungs.push(rung);
            }
        }
        if errors.is_empty() && !rungs.iter().any(|rung| rung.step == Step::Desk) {
            errors.add(FIELDS[0][0], w.desk);
        }
        let reason = errors.take("reason", text::filled_line(&self.reason, LONGEST_REASON), language);
        match office_hours.filter(|_| errors.is_empty()) {
            Some(office_hours) => Ok(NewLadder { office_hours, rungs, reason }),
            None => Err(errors),
        }
    }

    /// One rung; none where it is not used, or wrong.
    fn rung(
        &self,
        typed: &[String; 3],
        [step_field, basis_field, minutes_field]: [&'static str; 3],
        place: usize,
        (before, errors): (&[Rung], &mut FieldErrors),
        language: Language,
    ) -> Option<Rung> {
        let w = TypedWords::of(language);
        let [step, basis, minutes] = typed;
        if step.is_empty() && minutes.trim().is_empty() {
            return None;
        }
        let said = |words| fill(words, &[("place", &place.to_string())]);
        let step = Step::from_code(step);
        if step.is_none() {
            errors.add(step_field, said(w.step));
        }
        let basis = Basis::from_code(basis);
        if basis.is_none() {
            errors.add(basis_field, said(w.basis));
        }
        let minutes = half_width(minutes).replace(',', "").parse::<i16>().ok().filter(|m| (0..=LONGEST).contains(m));
        if minutes.is_none() {
            errors.add(minutes_field, said(w.minutes));
        }
        let rung = Rung { step: step?, basis: basis?, minutes: minutes? };
        if rung.basis == Basis::WentOn && rung.minutes == 0 {
            errors.add(minutes_field, said(w.at_once));
        }
        if before.last().is_some_and(|last| rung.step < last.step) {
            errors.add(step_field, said(w.order));
        }
        let same = before.iter().rev().find(|earlier| earlier.basis == rung.basis);
        if same.is_some_and(|earlier| rung.minutes <= earlier.minutes) {
            errors.add(minutes_field, said(w.earlier));
        }
        Some(rung)
    }
}

/// How time is counted, as the form says it.
#[must_use]
pub fn hours(office: bool) -> &'static str {
    if office { "office" } else { "always" }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(rungs: &[[&str; 3]]) -> LadderForm {
        let mut form = LadderForm { hours: "always".into(), reason: "訓練の結果".into(), ..LadderForm::default() };
        for (typed, rung) in form.rungs.iter_mut().zip(rungs) {
            *typed = rung.map(str::to_owned);
        }
        form
    }

    fn wrong(rungs: &[[&str; 3]]) -> Vec<&'static str> {
        form(rungs).read(Language::Ja).unwrap_err().iter().map(|(field, _)| field).collect()
    }

    #[test]
    fn a_ladder_is_read_as_people_write_it() {
        let typed =
            form(&[["again", "went_on", "３０"], ["desk", "went_on", "60"], ["next_up", "answer_due", "1,440"]]);
        let ladder = typed.read(Language::Ja).unwrap();
        assert_eq!(ladder.rungs.iter().map(|rung| rung.minutes).collect::<Vec<_>>(), [30, 60, 1440]);
        assert!(!ladder.office_hours);
        // A rung that is left out leaves no gap.
        let typed = form(&[["", "went_on", ""], ["desk", "answer_due", "0"]]);
        assert_eq!(typed.read(Language::En).unwrap().rungs.len(), 1);
    }

    #[test]
    fn what_cannot_be_is_said_at_its_field() {
        assert_eq!(wrong(&[["", "went_on", "30"], ["desk", "went_on", "60"]]), ["step_1"]);
        assert_eq!(wrong(&[["again", "", "x"], ["desk", "went_on", "60"]]), ["basis_1", "minutes_1"]);
        assert_eq!(wrong(&[["desk", "went_on", "30"], ["again", "went_on", "60"]]), ["step_2"]);
        assert_eq!(wrong(&[["again", "went_on", "60"], ["desk", "went_on", "60"]]), ["minutes_2"]);
        assert_eq!(wrong(&[["desk", "went_on", "0"]]), ["minutes_1"]);
        assert_eq!(wrong(&[["desk", "went_on", "20161"]]), ["minutes_1"]);
        assert_eq!(wrong(&[["again", "went_on", "30"], ["next_up", "went_on", "60"]]), ["step_1"]);
        assert_eq!(wrong(&[]), ["step_1"]);
        let mut form = form(&[["desk", "went_on", "30"]]);
        (form.hours, form.reason) = (String::new(), String::new());
        let errors = form.read(Language::Ja).unwrap_err();
        assert_eq!(errors.iter().map(|(field, _)| field).collect::<Vec<_>>(), ["hours", "reason"]);
    }
}
