//! What the forms send, field by field. A field that is not named here refuses the whole form: where somebody
//! works stands in the address that was checked, never in the form.

use chrono::NaiveDate;
use serde::Deserialize;

use crate::features::access::Role;
use crate::features::access::people::Hat;
use crate::features::accounts::sign_in;
use crate::kernel::email_address::EmailAddress;
use crate::kernel::ids::{AffiliationId, ContactId, OrganisationId};
use crate::kernel::language::Language;
use crate::kernel::text;
use crate::platform::web::form::{FieldErrors, FieldWords, TypedDate};

const LONGEST_NAME: usize = 64;
const LONGEST_REASON: usize = 200;

crate::words! {
    /// Messages at fields.
    pub struct FormWords {
        name_empty: "氏名を入力してください。" / "Please enter the name.",
        sign_in_name_empty: "利用者名を入力してください。" / "Please enter the user name.",
        reason_empty: "理由を入力してください。" / "Please give a reason.",
        duty_choose: "役割を選択してください。" / "Please choose a role.",
        window_choose: "担当する窓口を選び直してください。" / "Please choose the window again.",
        office_choose: "所属組織を選択してください。" / "Please choose an organisation.",
        when_choose: "いつ終了するかを選択してください。" / "Please choose when it ends.",
        last_empty: "最終日を入力してください。" / "Please enter the last day.",
        name_plain: "利用者名は、半角の英数字と「-」「.」「_」だけを使い、64文字以内で入力してください。" / "For the user name, use letters, digits, hyphens, dots and underscores only, at most 64.",
        address: "メールアドレスを「name@example.jp」の形で、半角で入力してください。" / "Please enter a mail address such as name@example.jp.",
        until_first: "終了日は開始日以降の日にしてください。" / "The last day cannot be before the first.",
        past: "開始日は今日以降の日にしてください。" / "The first day cannot be in the past.",
        far: "3年より先の日は指定できません。" / "A day more than three years ahead is not possible.",
        place: "この役割は、選んだ組織・セプターにはありません。組み合わせをご確認ください。" / "This role is not held at that organisation or CEPTOAR. Please check the combination.",
        shared: "このメールアドレスは複数の方に登録されています。ご本人だけのアドレスを入力してください。" / "Several people have that address. Please enter one that only this person reads.",
        first_keeper: "この組織は、ほかのセプターにも属しています。最初の方は、利用者を管理する役割では登録できません。先に、担当者として登録してください。" / "This organisation is in another CEPTOAR too. Its first person cannot be the keeper of its people: name somebody who handles items first.",
        first_window: "この組織には、メールアドレスのある窓口がありません。先に、窓口のメールアドレスを登録してください。" / "This organisation has no window with a mail address. Please register one first.",
        held: "この担当は、その期間すでに登録されています。" / "This duty is registered for that period already.",
        no_address: "メールアドレスが登録されていないため、お送りできません。" / "There is no mail address to send it to.",
    }
}

/// Somebody who is to be invited.
#[derive(Debug, Clone)]
pub struct NewPerson {
    /// Name as shown to others.
    pub display_name: String,
    /// Name to sign in with.
    pub sign_in_name: String,
    /// Where letters go.
    pub mail_address: EmailAddress,
    /// Language of letters and pages.
    pub language: Language,
}

/// A duty that is to be given.
#[derive(Debug, Clone)]
pub struct NewDuty {
    /// In which role, where.
    pub hat: Hat,
    /// The window to answer for.
    pub window: Option<ContactId>,
    /// First day.
    pub from: NaiveDate,
    /// Last day, if it is known.
    pub until: Option<NaiveDate>,
    /// Why.
    pub reason: String,
}

macro_rules! forms {
    ($($(#[$doc:meta])* $name:ident { $($field:ident),* $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Default, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct $name { $(#[doc = "As typed."] pub $field: String,)* }
    )*};
}

forms! {
    /// Inviting somebody to the place in the address.
    InvitationForm {
        display_name, sign_in_name, mail_address, language, duty, window, from_year, from_month, from_day,
        until_year, until_month, until_day, reason,
    }
    /// A further duty of the person in the address, at the place in the address.
    DutyForm {
        duty, window, from_year, from_month, from_day, until_year, until_month, until_day, reason, leaving,
    }
    /// Asking for a role of staff.
    RequestForm {
        display_name, sign_in_name, mail_address, language, duty, office, speaks_for, from_year, from_month, from_day,
        until_year, until_month, until_day, reason,
    }
    /// Ending the duty in the address.
    EndForm { when, last_year, last_month, last_day, reason }
    /// An act on the account in the address.
    ActForm { reason }
    /// A decision; nothing is typed.
    DecisionForm {}
}

/// Reads fields and puts messages at them.
#[derive(Debug)]
pub struct Reader {
    /// The messages.
    pub errors: FieldErrors,
    language: Language,
    today: NaiveDate,
}

impl Reader {
    /// For a form of today.
    #[must_use]
    pub fn new(language: Language, today: NaiveDate) -> Self {
        Self { errors: FieldErrors::default(), language, today }
    }

    fn words(&self) -> &'static FormWords {
        FormWords::of(self.language)
    }

    /// The person of an invitation; `None` when a message stands at a field.
    pub fn person(
        &mut self,
        display_name: &str,
        sign_in_name: &str,
        mail_address: &str,
        language: &str,
    ) -> Option<NewPerson> {
        let display_name = self.line("display_name", display_name, LONGEST_NAME, self.words().name_empty);
        let name = sign_in::canonical(sign_in_name);
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '@');
        if name.is_empty() {
            self.errors.add("sign_in_name", self.words().sign_in_name_empty);
        } else if name.len() > LONGEST_NAME || !name.chars().all(plain) {
            self.errors.add("sign_in_name", self.words().name_plain);
        }
        let Ok(mail_address) = EmailAddress::parse(mail_address) else {
            self.errors.add("mail_address", self.words().address);
            return None;
        };
        let language = Language::from_code(language);
        Some(NewPerson { display_name, sign_in_name: name, mail_address, language })
    }

    /// A line that must not be empty.
    fn line(&mut self, field: &'static str, typed: &str, limit: usize, empty: &'static str) -> String {
        let line = self.errors.take(field, text::line(typed, limit), self.language);
        if line.is_empty() {
            self.errors.add(field, empty);
        }
        line
    }

    /// Why something is done; needed wherever it hurts.
    pub fn reason(&mut self, typed: &str) -> String {
        self.line("reason", typed, LONGEST_REASON, self.words().reason_empty)
    }

    /// A reason that may stay empty.
    pub fn free_reason(&mut self, typed: &str) -> String {
        self.errors.take("reason", text::line(typed, LONGEST_REASON), self.language)
    }

    /// One of the roles offered.
    pub fn role(&mut self, typed: &str, offered: &[Role]) -> Option<Role> {
        let role = Role::from_code(typed).filter(|role| offered.contains(role));
        if role.is_none() {
            self.errors.add("duty", self.words().duty_choose);
        }
        role
    }

    /// A date in three boxes; nothing at all is no date.
    pub fn date(&mut self, field: &'static str, parts: [&str; 3]) -> Option<NaiveDate> {
        let date = match TypedDate::read(parts) {
            TypedDate::Nothing => return None,
            TypedDate::Day(date) => Some(date),
            TypedDate::Wrong => None,
        };
        match date {
            Some(date) if date > self.latest() => self.errors.add(field, self.words().far),
            Some(_) => {}
            None => self.errors.add(field, FieldWords::of(self.language).day),
        }
        date
    }

    fn latest(&self) -> NaiveDate {
        self.today.checked_add_months(chrono::Months::new(36)).unwrap_or(self.today)
    }

    /// First and last day. No first day means today.
    pub fn period(&mut self, from: [&str; 3], until: [&str; 3]) -> (NaiveDate, Option<NaiveDate>) {
        let from = self.date("from", from).unwrap_or(self.today);
        let until = self.date("until", until);
        if from < self.today {
            self.errors.add("from", self.words().past);
        }
        if until.is_some_and(|until| until < from) {
            self.errors.add("until", self.words().until_first);
        }
        (from, until)
    }

    /// The window chosen among those offered.
    pub fn window(&mut self, typed: &str, offered: &[ContactId]) -> Option<ContactId> {
        if typed.is_empty() {
            return None;
        }
        let window = typed.parse().ok().filter(|id| offered.contains(id));
        if window.is_none() {
            self.errors.add("window", self.words().window_choose);
        }
        window
    }

    /// The organisation chosen.
    pub fn office(&mut self, typed: &str) -> Option<OrganisationId> {
        let office = typed.parse().ok();
        if office.is_none() {
            self.errors.add("office", self.words().office_choose);
        }
        office
    }
}

impl DutyForm {
    /// The duty that ends when the new one begins.
    #[must_use]
    pub fn leaving(&self) -> Option<AffiliationId> {
        self.leaving.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reader() -> Reader {
        Reader::new(Language::Ja, NaiveDate::from_ymd_opt(2026, 11, 21).expect("a day"))
    }

    #[test]
    fn dates_are_read_in_full_width_and_bounded() {
        let mut r = reader();
        assert_eq!(r.date("from", ["２０２７", "３", "31"]), NaiveDate::from_ymd_opt(2027, 3, 31));
        assert_eq!(r.date("from", ["", "", ""]), None);
        assert!(r.errors.is_empty());
        for bad in [["2027", "2", "30"], ["x", "1", "1"], ["2027", "", "1"], ["9999", "1", "1"]] {
            let mut r = reader();
            r.date("from", bad);
            assert!(!r.errors.is_empty(), "{bad:?}");
        }
        let mut r = reader();
        r.period(["2026", "11", "20"], ["2026", "11", "19"]);
        assert!(!r.errors.at("from").is_empty() && !r.errors.at("until").is_empty());
    }

    #[test]
    fn names_and_addresses_are_plain() {
        assert!(reader().person("佐藤 花子", "Ｓato", "sato@bank.example", "ja").is_some());
        for (name, sign_in, address) in [
            ("", "sato", "sato@bank.example"),
            ("佐\u{202E}藤", "sato", "sato@bank.example"),
            ("佐藤\r\nBcc: x", "sato", "sato@bank.example"),
            ("佐藤", "佐藤", "sato@bank.example"),
            ("佐藤", "sato", "sato@localhost"),
            ("佐藤", "sato", "ｓato@bank.example"),
        ] {
            let mut r = reader();
            r.person(name, sign_in, address, "ja");
            assert!(!r.errors.is_empty(), "{name:?} {sign_in:?} {address:?}");
        }
    }
}
