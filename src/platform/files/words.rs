//! What is said to people about a file that is not taken.

use super::name::{LONGEST, NameError};
use super::package::Bad;
use super::policy::Refused;
use crate::kernel::language::{Language, fill};

crate::words! {
    struct FileWords {
        name_empty: "ファイル名がありません。名前を付けてから、もう一度選んでください。" / "The file has no name. Give it one and choose it again.",
        name_long: "ファイル名は{most}文字までにしてください。" / "The file's name may have {most} characters at most.",
        name_invisible: "ファイル名に見えない文字が含まれています。名前を付け直してから、もう一度選んでください。" / "There are invisible characters in the file's name. Rename it and choose it again.",
        empty: "ファイルの中身がありません。" / "There is nothing in the file.",
        too_large: "ファイルが大きすぎます。20MBまでにしてください。" / "The file is too large: 20 MB at most.",
        kind: "この種類のファイルは登録できません。PDF、Word、Excel、PowerPoint、CSV、テキスト、PNG、JPEGのいずれかにしてください。" / "This kind of file is not taken. Use PDF, Word, Excel, PowerPoint, CSV, text, PNG or JPEG.",
        mismatch: "ファイルの中身が、名前の末尾(拡張子)と合っていません。もとのソフトで保存し直してください。" / "What is in the file is not what its name's ending says. Save it again with the program it comes from.",
        locked: "パスワード付きのファイルは検査できないため、登録できません。パスワードを外して保存し直してください。" / "A file with a password cannot be checked. Save it without the password.",
        program: "マクロなどのプログラムが含まれています。取り除いて保存し直してください。" / "There is a program in it, such as a macro. Save it without.",
        package: "ファイルの中身を安全に確認できません。PDFにして保存し直してください。" / "What is in the file cannot be checked safely. Save it as PDF.",
        unchecked: "いまファイルを検査できません。少し待ってから、もう一度お試しください。" / "Files cannot be checked just now. Wait a little and try again.",
        harmful: "有害なプログラムが見つかったため、登録しませんでした。組織の情報システム担当者に知らせてください。" / "It was not taken: there is something harmful in it. Tell whoever looks after your office's computers.",
    }
}

impl NameError {
    /// What is wrong and what helps.
    #[must_use]
    pub fn said(self, language: Language) -> String {
        let w = FileWords::of(language);
        match self {
            Self::Empty => w.name_empty.to_owned(),
            Self::TooLong => fill(w.name_long, &[("most", &LONGEST.to_string())]),
            Self::Invisible => w.name_invisible.to_owned(),
        }
    }
}

impl Refused {
    /// What is wrong and what helps.
    #[must_use]
    pub fn said(self, language: Language) -> &'static str {
        let w = FileWords::of(language);
        match self {
            Self::Empty => w.empty,
            Self::TooLarge => w.too_large,
            Self::Kind => w.kind,
            Self::Mismatch => w.mismatch,
            Self::Package(Bad::Locked) => w.locked,
            Self::Package(Bad::Program) => w.program,
            Self::Package(_) => w.package,
            Self::Unchecked => w.unchecked,
            Self::Harmful => w.harmful,
        }
    }
}
