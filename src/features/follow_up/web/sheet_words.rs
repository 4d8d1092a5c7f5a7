//! Words of a sheet.

use crate::platform::web::error::Said;

crate::words! {
    /// Words of a sheet.
    pub struct SheetWords {
        activities: "年度の活動状況" / "Activities of the year",
        activities_count: "{year}の活動の記録: {count}件" / "Activities on record for {year}: {count}",
        activities_none: "{year}の活動は、まだ記録されていません。" / "No activity of {year} is on record yet.",
        activities_link: "活動状況を見る・記録する" / "See or record activities",
        title: "調査票({ceptoar})" / "Sheet: {ceptoar}",
        due: "提出期限 {day}" / "Due on {day}",
        ministries: "所管省庁 {names}" / "Ministries responsible: {names}",
        lead: "前回の版と名簿の内容が入っています。今年度末の状況を確かめ、変わったところを直して提出してください。" / "Filled in from the last edition and the directory. Please go through it, change what has changed, and send it.",
        returned_by: "{who}から差し戻されました" / "Sent back by {who}",
        frozen: "公表済みの版は変更できません。" / "A published edition cannot be changed.",
        frozen_text: "この調査票から作られた版は公表されています。誤りは正誤表に記録します。" / "The edition that came of this sheet is published. Mistakes are recorded as errata.",
        differences: "前回の版からの変更" / "Changes since the last edition",
        no_differences: "前回の版から変更はありません。" / "Nothing differs from the last edition.",
        differences_saved: "保存すると、この一覧に反映されます。" / "This list follows when the sheet is saved.",
        item: "項目" / "Item",
        before: "前回の版" / "Last edition",
        after: "今回" / "Now",
        from: "適用日" / "From",
        mark: "変更あり" / "Changed",
        mark_before: "前回の版: {before}" / "Last edition: {before}",
        from_older: "前回の版に記載がないため、{edition}の版の内容を入れています。" / "The last edition does not have this; it was filled in from the edition of {edition}.",
        doubts: "ご確認ください" / "Please make sure",
        name: "名称" / "Name",
        name_en: "名称(英語)" / "Name in English",
        effective: "変更の適用日" / "From which day the change holds",
        effective_name: "名称の変更の適用日" / "From which day the name holds",
        effective_desk: "事務局の変更の適用日" / "From which day the secretariat holds",
        effective_counts: "構成員の数の変更の適用日" / "From which day the numbers hold",
        rest: "英語表記と連絡" / "English, and a word to those who check",
        effective_help: "前回の版から変わったときは、いつからかを入力してください。" / "Needed where something differs from the last edition.",
        desk: "事務局" / "Secretariat",
        org: "組織名 {n}" / "Organisation {n}",
        org_en: "組織名 {n}(英語)" / "Organisation {n} in English",
        department: "部署名 {n}" / "Department {n}",
        department_en: "部署名 {n}(英語)" / "Department {n} in English",
        more_desks: "2つ目以降の事務局" / "Further secretariats",
        members: "構成員" / "Members",
        count: "構成員の数 {n}" / "Number of members {n}",
        count_unit: "単位 {n}" / "Unit {n}",
        members_help: "単位ごとに入力します。「社・団体」は、会社と団体を合わせた1つの数です。" / "One line per unit. “Companies and associations” is one number for both together.",
        breakdown: "構成員の内訳" / "Breakdown of members",
        breakdown_en: "構成員の内訳(英語)" / "Breakdown in English",
        reach: "構成員を通じて届く先の数" / "Number reached through members",
        reach_unit: "届く先の単位" / "Unit of those reached",
        information: "情報と連絡手段" / "Information and means of contact",
        handled: "取り扱う情報" / "Information handled",
        handled_en: "取り扱う情報(英語)" / "Information handled, in English",
        channels: "連絡手段" / "Means of contact",
        requirements: "セプターの2つの要件" / "The two requirements of a CEPTOAR",
        rule: "要件① 情報の取扱いルールの制定" / "Requirement 1: rules on handling information established",
        operation: "要件② 緊急窓口の運用開始" / "Requirement 2: emergency contact in operation since",
        month_help: "年は西暦で入力してください。" / "Western year.",
        remark: "確認する人への連絡(公表されません)" / "For those who check (not published)",
        english_help: "空欄のときは、英語の版にも日本語が載ります。" / "If left empty, the English edition shows the Japanese.",
        english: "英語表記" / "In English",
        save: "保存する" / "Save",
        send: "提出する" / "Send",
        send_help: "提出すると、所管省庁とNISCが確認します。差し戻されるまで、直せなくなります。" / "Then ministry and centre check it. It cannot be changed until it is sent back.",
        meanwhile: "ほかの人が{at}に保存しました。あなたが入力した内容は、下の欄に残っています。" / "Somebody else saved this at {at}. What you typed is still below.",
        meanwhile_text: "次の項目は、いま保存されている内容と違います。確かめてもう一度保存すると、あなたの入力に置き換わります。" / "These fields differ from what is saved now. If you save again, yours takes its place.",
        meanwhile_same: "入力の内容は、いま保存されている内容と同じです。" / "What you typed is the same as what is saved now.",
        sent: "この調査票は提出済みのため、変更できません。" / "This sheet was sent and cannot be changed.",
        sent_text: "直すときは、NISCに差し戻しを依頼してください。次の項目は、あなたが入力し、保存されていない内容です。" / "To change it, ask the centre to send it back. What you typed and is not saved:",
        yours: "あなたの入力: {value}" / "Yours: {value}",
        saved_now: "いま保存されている内容: {value}" / "Saved now: {value}",
        nothing: "(なし)" / "(none)",
        cells: "調査票の内容" / "What the sheet says",
        history: "これまでの経過" / "What was done",
        by: "{what}({who})" / "{what} ({who})",
        saved_not_sent: "入力は保存しましたが、提出されていません。状態は「準備中」です。下の項目を直して、もう一度提出してください。" / "It is saved, and not sent. Please mend what is named below and send it again.",
        done_saved: "保存しました。" / "Saved.",
        done_sent: "提出しました。" / "Sent.",
        done_checked: "確認を記録しました。" / "The check was recorded.",
        done_returned: "差し戻しました。事務局にメールでお知らせします。" / "Sent back. The secretariat is told by mail.",
    }
}

impl SheetWords {
    /// What is said where a sheet was sent meanwhile.
    pub const SENT: Said = Said {
        ja: "この調査票は提出済みのため、変更できません。直すときは、NISCに差し戻しを依頼してください。",
        en: "This sheet was sent and cannot be changed. To change it, ask the centre to send it back.",
    };

    /// What a field is called.
    #[must_use]
    pub fn field(&self, field: &str) -> String {
        let n = field.rsplit('_').next().filter(|n| n.parse::<usize>().is_ok()).unwrap_or_default();
        let stem = field.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches('_');
        let word = match stem {
            "name" => self.name,
            "name_en" => self.name_en,
            "org" => self.org,
            "org_en" => self.org_en,
            "department" => self.department,
            "department_en" => self.department_en,
            "count" => self.count,
            "count_unit" => self.count_unit,
            "breakdown" => self.breakdown,
            "breakdown_en" => self.breakdown_en,
            "reach" => self.reach,
            "reach_unit" => self.reach_unit,
            "handled" => self.handled,
            "handled_en" => self.handled_en,
            "channel" => self.channels,
            "operation_year" | "operation_month" => self.operation,
            "rule_year" | "rule_month" => self.rule,
            "remark" => self.remark,
            _ if stem.starts_with("name_on") => self.effective_name,
            _ if stem.starts_with("desk_on") => self.effective_desk,
            _ if stem.starts_with("counts_on") => self.effective_counts,
            _ => self.effective,
        };
        word.replace("{n}", n)
    }
}
