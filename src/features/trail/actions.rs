//! The name of every action in the trail. A test looks for actions in the code that have none.

use crate::kernel::language::{Label, Language};
use crate::platform::audit::Outcome;

/// What sort of action it is: decides who else than an auditor sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// Everyday work with items.
    Work,
    /// Getting in, and looking at what is guarded.
    Security,
    /// Accounts and what they are.
    Administration,
}

/// An action with its names.
#[derive(Debug, Clone, Copy)]
pub struct Named {
    /// As it stands in the trail.
    pub code: &'static str,
    /// What sort it is.
    pub family: Family,
    ja: &'static str,
    en: &'static str,
}

impl Label for Named {
    fn label(self, language: Language) -> &'static str {
        language.pick(self.ja, self.en)
    }
}

macro_rules! actions {
    ($($code:literal $family:ident $ja:literal / $en:literal;)*) => {
        /// Every action.
        pub const ALL: &[Named] = &[$(Named { code: $code, family: Family::$family, ja: $ja, en: $en }),*];
    };
}

actions! {
    "session.open" Security "サインイン" / "Sign-in";
    "session.end" Security "サインアウト" / "Sign-out";
    "session.confirm" Security "本人確認" / "Identity confirmed again";
    "password.change" Security "パスワードの変更" / "Password changed";
    "address.ask" Security "メールアドレスの変更の申し込み" / "New mail address asked for";
    "address.change" Security "メールアドレスの変更" / "Mail address changed";
    "authenticator.add" Security "サインインの方法の追加" / "Way to sign in added";
    "authenticator.remove" Security "サインインの方法の削除" / "Way to sign in removed";
    "authenticator.close" Security "認証アプリの停止(確認コードの誤り)" / "App closed after wrong codes";
    "recovery_codes.renew" Security "予備コードの作り直し" / "Recovery codes renewed";
    "route.ask" Security "権限のない画面への要求" / "Page asked for without the right";
    "limit.contacts" Security "連絡先の閲覧回数の上限" / "Limit of contact readings reached";
    "limit.contacts_passed" Security "上限を超えた連絡先の閲覧(未確認の構成員への連絡)" / "Contacts read beyond the limit, to call members";
    "rule.adopt" Work "取扱いルールの版の登録" / "Handling rule registered";
    "rule.withdraw" Work "取扱いルールの版の取消し" / "Handling rule taken back";
    "rule.document_added" Work "取扱いルールの文書の登録" / "Document of a handling rule added";
    "rule.document_removed" Work "取扱いルールの文書の削除" / "Document of a handling rule removed";
    "rule.consent" Work "取扱いルールへの同意" / "Consent to the handling rule";
    "rule.consent_withdrawn" Work "同意の記録の取消し" / "Note of a consent taken back";
    "proposal.make" Work "名簿の変更申請" / "Change of an entry proposed";
    "proposal.accept" Work "名簿の変更申請の承認" / "Proposal accepted";
    "proposal.return" Work "名簿の変更申請の差戻し" / "Proposal returned";
    "proposal.take_back" Work "名簿の変更申請の取下げ" / "Proposal taken back";
    "verification.open" Work "連絡先の確認の開始" / "Proof-of-life round opened";
    "verification.add" Work "確認する窓口の追加" / "Windows added to a proof-of-life round";
    "verification.remind" Work "連絡先の確認の再依頼" / "Silent windows asked again";
    "verification.end" Work "連絡先の確認の終了" / "Proof-of-life round ended";
    "verification.call" Work "電話などによる連絡先の確認" / "Call to a window noted";
    "verification.answer" Work "窓口からの連絡先の回答" / "Window answered whether it is reached";
    "verification.numbers" Work "窓口からの番号の回答" / "Window answered for its numbers";
    "account.add" Administration "アカウントの登録" / "Account made";
    "people.read" Security "利用者の登録内容の閲覧" / "Person's entry looked at";
    "people.propose" Administration "担当者の提案" / "Person proposed to a firm";
    "people.act" Administration "利用者への操作" / "Action on an account";
    "people.invite" Administration "利用者の招待" / "Person invited";
    "people.invite_again" Administration "招待の再送" / "Invitation sent again";
    "people.suspend" Administration "利用の停止" / "Account suspended";
    "people.lift" Administration "利用停止の解除" / "Suspension lifted";
    "people.give" Administration "担当の付与" / "Duty given";
    "people.end" Administration "担当の終了" / "Duty ended";
    "people.ask" Administration "担当の付与の申請" / "Duty asked for";
    "people.decide" Administration "申請の承認・却下" / "Decision on a request";
    "people.end_sessions" Administration "サインインの一括終了" / "Signed out everywhere";
    "people.start_reset" Administration "パスワード再設定の案内" / "Password reset started";
    "people.start_recovery" Administration "サインインの方法の再登録の案内" / "New way to sign in started";
    "people.ask_recovery" Administration "サインインの方法の再登録の申請" / "New way to sign in asked for";
    "advisory.create" Work "情報提供の起案" / "Advisory begun";
    "advisory.edit" Work "下書きの保存" / "Draft saved";
    "advisory.discard" Work "下書きの破棄" / "Draft discarded";
    "advisory.submit" Work "承認の依頼" / "Submitted for approval";
    "advisory.send_back" Work "差し戻し" / "Sent back";
    "advisory.publish" Work "承認・発出" / "Approved and published";
    "advisory.approve" Work "時刻を決めた承認" / "Approved for a time";
    "advisory.release" Work "決めた時刻の発出" / "Published at its time";
    "advisory.stop" Work "発出の停止" / "Publication stopped";
    "advisory.lapse" Work "承認の失効" / "Approval lapsed";
    "review.comment" Work "承認前のコメント" / "Comment before approval";
    "review.answer" Work "コメントへの返信" / "Comment answered";
    "review.done" Work "コメントへの対応済みの記録" / "Comment set as dealt with";
    "review.reopen" Work "コメントを未対応に戻す操作" / "Comment opened again";
    "review.read" Work "承認前のコメントの閲覧(発出後)" / "Comments read after publication";
    "template.save" Work "ひな形の保存" / "Template saved";
    "template.archive" Work "ひな形の保管・復帰" / "Template archived or brought back";
    "phrase.save" Work "定型文の保存" / "Phrase saved";
    "phrase.archive" Work "定型文の保管・復帰" / "Phrase archived or brought back";
    "advisory.read" Work "情報提供の閲覧" / "Advisory read";
    "advisory.read_envelope" Work "情報提供の閲覧(番号・レベルのみ)" / "Advisory read (number and level only)";
    "advisory.part_read" Work "添付ファイルの閲覧" / "Attached file opened";
    "advisory.part_added" Work "添付ファイル・限定部分の登録" / "File or limited section added";
    "advisory.part_removed" Work "添付ファイル・限定部分の削除" / "File or limited section removed";
    "advisory.acknowledge" Work "受領確認" / "Receipt acknowledged";
    "receipt.enter" Work "受領の記録(事務局)" / "Receipt entered by a desk";
    "receipt.withdraw" Work "受領の記録の取消し" / "Receipt taken back";
    "receipt.reply" Work "返信メールによる受領" / "Receipt by a reply to the mail";
    "delivery.bounce" Work "メールの不達" / "Mail came back";
    "receipt.code" Work "受領コードによる検索" / "Code of a fax sheet tried";
    "receipt.calls" Work "連絡一覧の閲覧" / "Call list opened";
    "receipt.call" Work "電話連絡の結果の記録" / "Call noted";
    "receipt.sheet" Work "電話の台本・FAX送信票の作成" / "Script or fax sheet made";
    "advisory.measures" Work "対応状況の報告" / "Measures reported";
    "advisory.onward" Work "ほかの事業者へ伝えた数の報告" / "How many a hub told";
    "advisory.record" Work "配信の記録の保存" / "Record of the deliveries saved";
    "statistics.export" Work "情報提供の統計の書き出し" / "Statistics of advisories exported";
    "advisory.escalate" Work "受領がないときの連絡" / "Letters about silence";
    "escalation.change" Administration "受領がないときの段取りの変更" / "What follows from silence changed";
    "relay.decide" Work "中継の判断" / "Decision on passing on";
    "relay.bypass" Work "事務局を経ない配信(提案・実施・取下げ)" / "Going past a desk: asked, done, refused";
    "relay.time_up" Work "中継(期限による自動)" / "Passed on because the time was up";
    "advisory.deliveries" Work "配信状況の閲覧" / "Deliveries opened";
    "advisory.readers" Work "閲覧者一覧の閲覧" / "List of readers opened";
    "queue.pause" Administration "メール送信の一時停止" / "Sending of mails paused";
    "queue.resume" Administration "メール送信の再開" / "Sending of mails resumed";
    "queue.retry" Administration "再送待ちのメールの即時送信" / "Mails tried again at once";
    "federation.change" Work "連絡協議会の登録・変更" / "Federation changed";
    "directory.change" Work "名簿の変更" / "Directory changed";
    "activity.record" Work "活動の記録" / "Activity recorded";
    "activity.correct" Work "活動の記録の訂正" / "Entry of an activity corrected";
    "activity.withdraw" Work "活動の記録の取消し" / "Entry of an activity taken back";
    "survey.make" Work "調査の作成" / "Survey made";
    "survey.edit" Work "調査の変更" / "Survey changed";
    "survey.open" Work "調査の開始" / "Survey opened";
    "survey.extend" Work "調査の期限の延長" / "Survey given more time";
    "survey.close" Work "調査の締切り" / "Survey closed";
    "survey.cancel" Work "調査の中止" / "Survey cancelled";
    "survey.release" Work "調査の集計の公開" / "Numbers of a survey released";
    "survey.remind" Work "調査の催促" / "Reminder of a survey";
    "survey.save" Work "調査への回答の保存" / "Answers to a survey saved";
    "survey.send" Work "調査への回答の送信" / "Answers to a survey sent";
    "survey.read" Work "調査への会社の回答の閲覧" / "Answers of a firm read";
    "survey.products" Work "製品を挙げた会社の検索" / "Firms looked up by product";
    "survey.export" Work "調査の結果の書き出し" / "Results of a survey exported";
    "setup.record" Work "整備状況の記録" / "Set-up recorded";
    "setup.correct" Work "整備状況の記録の訂正" / "Set-up corrected";
    "setup.withdraw" Work "整備状況の記録の取消し" / "Set-up taken back";
    "judgement.write" Work "情勢判断の記録" / "Judgement written";
    "judgement.propose" Work "情勢判断の記録とNISCへの提案" / "Judgement written, with a proposal";
    "judgement.answer" Work "提案への回答" / "Proposal answered";
    "judgement.withdraw" Work "情勢判断の取消し" / "Judgement taken back";
    "follow_up.open" Work "フォローアップの開始" / "Follow-up opened";
    "follow_up.save" Work "調査票の保存" / "Sheet saved";
    "follow_up.send" Work "調査票の提出" / "Sheet sent";
    "follow_up.check" Work "調査票の確認・差戻し" / "Sheet checked or sent back";
    "follow_up.remind" Work "調査票の督促" / "Desks reminded of their sheets";
    "follow_up.publish" Work "マップの版の公表" / "Edition of the map published";
    "edition.erratum" Work "正誤表への記録" / "Erratum recorded";
    "contacts.read" Security "連絡先の閲覧" / "Contact details read";
    "contacts.export" Security "連絡先の書き出し" / "Contact details exported";
    "directory.import" Work "名簿の取り込み" / "Table applied to the directory";
    "contacts.search" Security "窓口の検索" / "Windows searched";
    "break_glass.open" Security "緊急閲覧の開始" / "Break-glass opened";
    "break_glass.read" Security "緊急閲覧での連絡先の閲覧" / "Contact details read under break-glass";
    "trail.read" Security "操作履歴の閲覧" / "Audit trail opened";
    "trail.export" Security "操作履歴の書き出し" / "Audit trail exported";
}

/// The action of a code.
#[must_use]
pub fn named(code: &str) -> Option<Named> {
    ALL.iter().copied().find(|action| action.code == code)
}

/// The name of a code; one that was renamed since stands as it is.
#[must_use]
pub fn label(code: &str, language: Language) -> String {
    named(code).map_or_else(|| code.to_owned(), |action| action.label(language).to_owned())
}

/// The codes of some families.
#[must_use]
pub fn codes(families: &[Family]) -> Vec<String> {
    ALL.iter().filter(|action| families.contains(&action.family)).map(|action| action.code.to_owned()).collect()
}

/// What kind of thing a subject is, in words.
#[must_use]
pub fn subject_label(kind: &str, language: Language) -> String {
    match kind {
        "advisory" => language.pick("情報提供", "Advisory").to_owned(),
        "delivery" => language.pick("配信", "Delivery").to_owned(),
        "account" => language.pick("利用者", "Account").to_owned(),
        "ceptoar" => language.pick("セプター", "CEPTOAR").to_owned(),
        "organisation" => language.pick("組織", "Organisation").to_owned(),
        "sign_in_name" => language.pick("利用者名(記号化)", "User name (as a code)").to_owned(),
        "affiliation" => language.pick("担当", "Duty").to_owned(),
        "grant_request" => language.pick("申請", "Request").to_owned(),
        "trail" => language.pick("操作履歴", "Audit trail").to_owned(),
        "directory_proposal" => language.pick("変更申請", "Proposal").to_owned(),
        "activity" => language.pick("活動の記録", "Entry of an activity").to_owned(),
        "survey" => language.pick("調査", "Survey").to_owned(),
        "setup_fact" => language.pick("整備状況の記録", "Entry of the set-up").to_owned(),
        "judgement" => language.pick("情勢判断", "Judgement").to_owned(),
        "federation" => language.pick("連絡協議会", "Federation").to_owned(),
        "follow_up" => language.pick("フォローアップ", "Follow-up").to_owned(),
        "edition" => language.pick("マップの版", "Edition of the map").to_owned(),
        "template" => language.pick("ひな形", "Template").to_owned(),
        "phrase" => language.pick("定型文", "Phrase").to_owned(),
        "queue" => language.pick("配信の運用", "Mail queue").to_owned(),
        "route" => language.pick("画面", "Page").to_owned(),
        other => other.to_owned(),
    }
}

impl Label for Outcome {
    fn label(self, language: Language) -> &'static str {
        match self {
            Self::Done => language.pick("実行", "Done"),
            Self::Refused => language.pick("拒否", "Refused"),
        }
    }
}

/// The name of an outcome's code.
#[must_use]
pub fn outcome_label(code: &str, language: Language) -> &'static str {
    let known = [Outcome::Done, Outcome::Refused].into_iter().find(|outcome| outcome.code() == code);
    known.map_or("", |outcome| outcome.label(language))
}
