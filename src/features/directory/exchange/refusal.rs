//! Why a row is not taken: the cell, and what to do about it.

use serde::{Deserialize, Serialize};

use super::column::Column;
use crate::kernel::language::{Language, fill};
use crate::platform::tables::cell_name;

/// What is wrong with a cell, or with a row as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Reason {
    /// Nothing where something is needed.
    Missing,
    /// Too much text.
    TooLong,
    /// A character that cannot be seen or turns the text round.
    Character,
    /// No mail address.
    Mail,
    /// No telephone number.
    Phone,
    /// A telephone number whose first zero a spreadsheet took away.
    LostZero,
    /// No address of a page.
    Web,
    /// No day.
    Day,
    /// The last day is before the first.
    DaysReversed,
    /// Neither yes nor no.
    YesNo,
    /// Neither a full member nor an observer.
    Kind,
    /// No order of a window.
    Order,
    /// Neither Japanese nor English.
    Language,
    /// A subgroup that the CEPTOAR does not have.
    Subgroup,
    /// No management number.
    Number,
    /// A management number that nothing of this CEPTOAR has.
    UnknownNumber,
    /// The window belongs to another member than the row says.
    OtherMember,
    /// The same window stands in another row.
    WindowTwice,
    /// Two windows of a member have the same place in the order.
    OrderTwice,
    /// A window to which nothing leads.
    NoChannel,
    /// What the row says of the window, without its name.
    NoWindowName,
    /// Two rows of a member say different things about it.
    Contradiction,
    /// Several members have this name.
    NameOfSeveral,
    /// Several windows of the member have this name.
    WindowOfSeveral,
    /// A unit in which the CEPTOAR counts nobody.
    Unit,
    /// No reading.
    Reading,
    /// A new member that nobody reaches.
    NewWithoutWindow,
    /// A former member was called so: whether it comes back is asked by the form.
    FormerMember,
    /// What a table cannot change.
    NotByTable,
    /// A day too far away.
    FarDay,
    /// More ways than a window has room for.
    TooManyWays,
    /// More windows than a member has room for.
    TooManyWindows,
    /// The example of the template.
    Example,
    /// The member or the window is not there on the day from which it is to hold.
    NotOnThatDay,
}

/// A refusal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// The row, from 1.
    pub row: u32,
    /// Place of the column in the file, from 0.
    pub place: usize,
    /// The column.
    pub column: Column,
    /// What is wrong.
    pub reason: Reason,
}

impl Refusal {
    /// The name of the cell: C12.
    #[must_use]
    pub fn cell(&self) -> String {
        cell_name((self.row as usize).saturating_sub(1), self.place)
    }

    /// What is said.
    #[must_use]
    pub fn said(&self, language: Language) -> String {
        fill(self.reason.said(language), &[("cell", &self.cell()), ("column", &self.column.head(language))])
    }
}

impl Reason {
    fn said(self, language: Language) -> &'static str {
        let w = ReasonWords::of(language);
        match self {
            Self::Missing => w.missing,
            Self::TooLong => w.too_long,
            Self::Character => w.character,
            Self::Mail => w.mail,
            Self::Phone => w.phone,
            Self::LostZero => w.lost_zero,
            Self::Web => w.web,
            Self::Day => w.day,
            Self::DaysReversed => w.days_reversed,
            Self::YesNo => w.yes_no,
            Self::Kind => w.kind,
            Self::Order => w.order,
            Self::Language => w.language,
            Self::Subgroup => w.subgroup,
            Self::Number => w.number,
            Self::UnknownNumber => w.unknown_number,
            Self::OtherMember => w.other_member,
            Self::WindowTwice => w.window_twice,
            Self::OrderTwice => w.order_twice,
            Self::NoChannel => w.no_channel,
            Self::NoWindowName => w.no_window_name,
            Self::Contradiction => w.contradiction,
            Self::NameOfSeveral => w.name_of_several,
            Self::WindowOfSeveral => w.window_of_several,
            Self::Unit => w.unit,
            Self::Reading => w.reading,
            Self::NewWithoutWindow => w.new_without_window,
            Self::FormerMember => w.former_member,
            Self::NotByTable => w.not_by_table,
            Self::FarDay => w.far_day,
            Self::TooManyWays => w.too_many_ways,
            Self::TooManyWindows => w.too_many_windows,
            Self::Example => w.example,
            Self::NotOnThatDay => w.not_on_that_day,
        }
    }
}

crate::words! {
    /// What is said about cells.
    pub struct ReasonWords {
        missing: "{cell}「{column}」が空欄です。入力してください。" / "{cell} ({column}) is empty. Please fill it in.",
        too_long: "{cell}「{column}」の文字が多すぎます。短くしてください。" / "{cell} ({column}) is too long. Please shorten it.",
        character: "{cell}「{column}」に、見えない文字か改行が含まれています。入力し直してください。" / "{cell} ({column}) holds a line break or a character that cannot be seen. Please type it again.",
        mail: "{cell}「{column}」をメールアドレスとして読み取れません。半角で入力してください。例: duty@bank.example" / "{cell} ({column}) is no mail address. For example: duty@bank.example",
        phone: "{cell}「{column}」を電話番号として読み取れません。数字とハイフンで入力してください。例: 03-0000-0000" / "{cell} ({column}) is no telephone number. Digits and hyphens, please: 03-0000-0000",
        lost_zero: "{cell}「{column}」は、先頭の0が失われています。セルの書式を「文字列」にして、0から入力し直してください。" / "{cell} ({column}) has lost its first zero. Format the cell as text and type the number again, zero first.",
        web: "{cell}「{column}」をWEBのアドレスとして読み取れません。https://から入力してください。" / "{cell} ({column}) is no web address. It begins with https://",
        day: "{cell}「{column}」を日付として読み取れません。例: 2026-04-01、2026/4/1、令和8年4月1日" / "{cell} ({column}) is no day. For example: 2026-04-01",
        days_reversed: "{cell}「{column}」が、加入日より前の日です。日付を確認してください。" / "{cell} ({column}) is before the day on which the member joined. Please check the days.",
        kind: "{cell}「{column}」は、「正会員」か「オブザーバー」で入力してください。" / "{cell} ({column}): please write “Full member” or “Observer”.",
        yes_no: "{cell}「{column}」は、「はい」か「いいえ」で入力してください。" / "{cell} ({column}): please write yes or no.",
        order: "{cell}「{column}」は、1から99までの数字で入力してください。" / "{cell} ({column}): a number from 1 to 99, please.",
        language: "{cell}「{column}」は、「日本語」か「英語」で入力してください。" / "{cell} ({column}): please write Japanese or English.",
        subgroup: "{cell}「{column}」のサブグループは、このセプターにありません。登録されている名前を確認してください。" / "{cell} ({column}): this CEPTOAR has no such subgroup. Please check the name.",
        number: "{cell}「{column}」は、ポータルの管理番号ではありません。書き出した表の番号のままにするか、新しい行では空欄にしてください。" / "{cell} ({column}) is no number of the portal. Leave it as exported, or empty for something new.",
        unknown_number: "{cell}「{column}」の番号は、このセプターに登録がありません。新しい行では空欄にしてください。" / "{cell} ({column}): this CEPTOAR has nothing of this number. Leave it empty for something new.",
        other_member: "{cell}「{column}」の窓口は、別の構成員のものです。番号を確認してください。" / "{cell} ({column}): this window belongs to another member. Please check the numbers.",
        window_twice: "{cell}「{column}」の窓口が、ほかの行にもあります。どちらかの行を削除してください。" / "{cell} ({column}): another row has this window as well. Please delete one of them.",
        order_twice: "{cell}「{column}」が、同じ構成員のほかの窓口と重なっています。順を変えてください。" / "{cell} ({column}): another window of this member has the same place. Please change the order.",
        no_channel: "{cell}「{column}」の窓口に、連絡の手段がありません。メールか電話を入力してください。" / "{cell} ({column}): nothing leads to this window. Please give a mail address or a telephone number.",
        no_window_name: "{cell}「{column}」が空欄です。連絡先のある行には、窓口の名称を入力してください。" / "{cell} ({column}) is empty. A row with ways to reach a window needs the window's name.",
        contradiction: "{cell}「{column}」が、同じ構成員のほかの行と違います。同じ内容にそろえてください。" / "{cell} ({column}) differs from another row of the same member. Please make them the same.",
        name_of_several: "{cell}「{column}」の構成員が、複数登録されています。管理番号を入力してください。" / "{cell} ({column}): several members have this name. Please give the number.",
        window_of_several: "{cell}「{column}」の窓口が、この構成員に複数あります。窓口の管理番号を入力してください。" / "{cell} ({column}): several windows of this member have this name. Please give the window's number.",
        unit: "{cell}「{column}」の単位は、このセプターにありません。登録されている単位を確認してください。" / "{cell} ({column}): this CEPTOAR counts nobody in this unit. Please check the unit.",
        reading: "{cell}「{column}」は、ひらがなで入力してください。" / "{cell} ({column}): in hiragana, please.",
        former_member: "{cell}({column}): 元の構成員と同じ名称です。表では加えられません。「構成員を追加する」から、戻ってきた組織か別の組織かを選んで登録してください。" / "{cell} ({column}): a former member was called so. A table does not add it; use “Take in a member”, which asks whether it comes back or is another organisation.",
        new_without_window: "{cell}「{column}」の構成員は新しいため、窓口が必要です。同じ行に窓口の名称と連絡先を入力してください。" / "{cell} ({column}): a new member needs a window. Please give its name and an address in the same row.",
        not_by_table: "{cell}「{column}」のこの変更は、取り込みではできません。セルを元の内容に戻し、構成員のページで変更してください。" / "{cell} ({column}): a table cannot change this. Put back what stood there, and change it on the member's page.",
        far_day: "{cell}「{column}」は、1990年から3年後までの日にしてください。" / "{cell} ({column}): a day between 1990 and three years ahead, please.",
        too_many_ways: "{cell}「{column}」を加えると、窓口の連絡手段が6つを超えます。6つまでにしてください。" / "{cell} ({column}): with this the window has more than six ways. Please keep to six.",
        too_many_windows: "{cell}「{column}」を加えると、構成員の窓口が99か所を超えます。同じ構成員の行を減らしてください。" / "{cell} ({column}): with this the member has more than 99 windows. Please take rows of this member out.",
        example: "{cell}「{column}」は記入例の行です。この行を削除してください。" / "{cell} ({column}): this row is the example. Please delete it.",
        not_on_that_day: "{cell}「{column}」は、適用日の時点では変更できません。構成員のページで期間を確認してください。" / "{cell} ({column}) cannot be changed on the day chosen. Please look at the periods on the member's page.",
    }
}
