//! Words of escalation.

crate::words! {
    /// Words of what other pages say of it.
    pub struct EscalationWords {
        title: "受領がないときの連絡" / "What follows from silence",
        step: "{step} {time}" / "{step} {time}",
        step_count: "{step} {time}({count}組織)" / "{step} {time} ({count})",
        unreachable: "メールの届く窓口がないため、事務局へ連絡済み {time}" / "No mail reaches it; the secretariat was told {time}",
        next: "次: {time} {step}" / "Next: {time} {step}",
        next_own: "受領の確認がないと、次のとおり連絡します。" / "If nobody acknowledges it, this comes next.",
        ladders: "段取りを見る" / "What comes when",
        task: "{number}の受領を確認できない構成員が{count}組織あります。電話などで連絡してください" / "{count} members have not acknowledged {number}. Please call them",
        task_drill: "【訓練】" / "[DRILL] ",
    }
}

crate::words! {
    /// Words of the page of the ladders and of its form.
    pub struct LadderWords {
        title: "受領がないときの段取り" / "What follows from silence",
        advisories: "情報提供" / "Advisories",
        lead: "情報提供の受領が確認できないときに、ポータルが自動で行う連絡です。受領が確認できると、次の段には進みません。" / "What the portal does by itself while nobody acknowledges an advisory. It ends as soon as somebody does.",
        counts: "発出したときの段取りで進みます。あとから変えても、発出済みの情報提供には影響しません。" / "What holds at the publication counts. A change does nothing to advisories that are under way.",
        unreachable: "メールの届く窓口がない構成員は、すぐに事務局へ知らせます。" / "Of members whom no mail reaches the secretariat is told at once.",
        held: "事務局が中継するまでの構成員と、新しい版が出た情報提供、有効期限を過ぎた情報提供には、連絡しません。" / "Nothing follows for members to whom the secretariat has not passed it on, for old versions, and after an advisory has ended.",
        red: "TLP:REDは、指名された方の窓口と、発出した担当者にだけ連絡します。" / "Of TLP:RED only the named persons' windows and those who issued it hear.",
        always: "夜間・休日も数えます" / "Nights and holidays count",
        office: "平日の9時から18時だけを数えます" / "Only working days, 9 to 18 o'clock, count",
        no_due: "回答期限のない情報提供は、届いてから1日後を回答期限とみなします。届いてから1時間は、期限を過ぎたものとして扱いません。" / "Without a due time, a day after it arrived counts as such. Nobody is late within the first hour.",
        change: "段取りを変える" / "Change it",
        history: "変更の履歴" / "History",
        since: "{time}から" / "From {time}",
        initial: "はじめから" / "From the beginning",
        reason: "理由" / "Reason",
        form_title: "受領がないときの段取りを変える({urgency})" / "Change what follows from silence ({urgency})",
        form_lead: "これから発出する情報提供に使います。発出済みの情報提供は、発出したときの段取りで進みます。" / "For advisories published from now on. Those under way go on as they began.",
        hours: "時間の数え方" / "How time is counted",
        rung: "{place}段目" / "Step {place}",
        what: "すること" / "What is done",
        from: "いつから数えるか" / "Counted from",
        minutes: "時間(分)" / "Minutes",
        minutes_help: "0から20160(2週間)。使わない段は、「すること」と時間を空にします。" / "0 to 20160 (two weeks). Leave what is done and the time empty where you need no more.",
        reason_help: "なぜ変えるか。履歴に残り、セプターの方にも表示されます。200文字以内。" / "Why it changes. It stays in the history, where the CEPTOARs read it. At most 200 characters.",
        save: "この段取りにする" / "Use this from now on",
        cancel: "変えずに戻る" / "Back without a change",
        done: "段取りを変えました。これから発出する情報提供に使います。" / "Changed, for advisories published from now on.",
        overtaken: "入力している間に、段取りが変更されました。いまの段取りを確かめて、入力した内容でよければ、もう一度押してください。" / "It was changed while you were typing. Look at what holds now; if your entries are still right, press again.",
        now: "いまの段取り" / "What holds now",
    }
}
