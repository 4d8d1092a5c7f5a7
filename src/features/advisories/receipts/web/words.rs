//! Words of the pages of receipts.

crate::words! {
    /// Words of entering and taking back.
    pub struct ReceiptWords {
        advisories: "情報提供" / "Advisories",
        deliveries_of: "{ceptoar}の配信状況" / "Deliveries in {ceptoar}",
        red: "TLP:REDの情報提供は、指名された方本人がポータルで確認します。事務局は受領を記録できません。電話をかけた結果は、連絡一覧に記録してください。" / "A TLP:RED advisory is acknowledged in the portal by the named persons themselves. A desk enters no receipt. Note your calls on the call list.",
        title: "受領を記録する" / "Enter a receipt",
        title_known: "受領の記録" / "Receipts",
        lead: "電話やFAXなどで受領の連絡を受けたときに、構成員に代わって記録します。記録した内容は、その構成員の画面にも表示されます。" / "For a member that told you by telephone, fax or otherwise. The member sees what you enter.",
        channel: "受けた手段" / "How it came",
        answered_by: "連絡してきた方(応答した方)" / "Who said so",
        answered_by_help: "お名前か、当直などの役割。100文字以内。" / "A name or a duty, at most 100 characters.",
        on: "受けた日時" / "When",
        on_help: "あとから記録するときは、実際に受けた日時に直してください。" / "If you enter it later, give the time at which you were told.",
        receipt_code: "受領コード" / "Code",
        receipt_code_help: "FAX送信票に書かれた8桁の数字。聞いていないときは空欄のままにします。" / "The eight digits on the fax sheet. Leave it empty if you were not told.",
        remark: "備考" / "Remark",
        remark_help: "200文字以内。情報提供の内容は書かないでください。" / "At most 200 characters. Nothing of what the advisory says.",
        check: "内容を確認する" / "Check",
        cancel: "やめる" / "Cancel",
        back: "入力に戻る" / "Back to the form",
        confirm_lead: "まだ記録されていません。内容を確かめて、「受領を記録する」を押してください。" / "Nothing is entered yet. Look at it, then press “Enter the receipt”.",
        enter: "受領を記録する" / "Enter the receipt",
        member: "構成員" / "Member",
        evidence: "確かさ" / "What it rests on",
        code_right: "一致しました" / "It is right",
        code_none: "聞いていません" / "Not told",
        recorded: "受領を記録しました。" / "The receipt is entered.",
        own_organisation: "ご自分の組織の受領は、ここでは記録できません。情報提供の画面で「受領を確認する」を押してください。" / "You cannot enter a receipt for your own organisation. Please press “Acknowledge receipt” on the page of the advisory.",
        own_meanwhile: "この構成員は、{time}に本人がポータルで受領を確認しています。記録は不要です。" / "This member acknowledged in the portal itself at {time}. There is nothing to enter.",
        entered_meanwhile: "{time}に{who}さんが、すでに受領を記録しています。下の記録をご確認ください。" / "{who} entered a receipt at {time} already. Please see below.",
        own_ack: "本人がポータルで確認" / "Acknowledged in the portal by the firm itself",
        standing: "記録された受領" / "Receipts entered",
        entered: "記録" / "Entered",
        entered_line: "{time} {who}" / "{time} by {who}",
        by_another_desk: "記録したセプターの事務局と、その構成員だけが見られます。" / "For the firm and the desk that entered it.",
        withdrawn: "取り消し済み" / "Taken back",
        withdrawn_line: "{time} {who} 理由: {reason}" / "{time} by {who}. Reason: {reason}",
        withdraw: "この記録を取り消す" / "Take it back",
        withdraw_title: "受領の記録を取り消す" / "Take a receipt back",
        withdraw_lead: "取り消すと、この構成員は再び「未確認」になります。記録そのものと理由は残ります。構成員の画面にも表示されます。" / "The member counts as not acknowledged again. The entry and your reason are kept, and the member sees them.",
        withdraw_lead_own: "本人がポータルで確認しているため、取り消しても「受領確認済」のままです。記録そのものと理由は残ります。構成員の画面にも表示されます。" / "The member acknowledged in the portal itself, so it stays acknowledged. The entry and your reason are kept, and the member sees them.",
        reason: "取り消す理由" / "Reason",
        reason_help: "200文字以内。例: 別の構成員からの電話だった。" / "At most 200 characters, for example that another member had called.",
        withdraw_confirm_lead: "まだ取り消されていません。内容を確かめて、「取り消す」を押してください。" / "Nothing is taken back yet. Look at it, then press “Take back”.",
        withdraw_do: "取り消す" / "Take back",
        withdraw_done: "受領の記録を取り消しました。" / "The receipt is taken back.",
        to_list: "配信状況に戻る" / "Back to the deliveries",
        told_by: "連絡した方: {who}" / "Told by: {who}",
        remark_line: "備考: {remark}" / "Remark: {remark}",
        entered_row: "記録: {entered} ({desk})" / "Entered: {entered} ({desk})",
        by_desk: "{ceptoar}事務局" / "desk of {ceptoar}",
    }
}

crate::words! {
    /// Words of finding a member by its code.
    pub struct CodeWords {
        title: "受領コードで記録" / "Enter by code",
        lead: "電話やFAXで伝えられた受領コードから、構成員を見つけます。" / "Finds the member by the code that you were told by telephone or fax.",
        find: "構成員を見つける" / "Find the member",
        unknown: "この受領コードの構成員は見つかりませんでした。情報提供の番号({number})とセプター({ceptoar})を、相手に確かめてください。分からないときは、配信状況の一覧から構成員を選んでください。" / "No member has this code. Please ask for the number ({number}) and the CEPTOAR ({ceptoar}), or choose the member on the delivery list.",
        several: "この受領コードには、構成員が2つ以上当てはまります。相手の名称を聞いて、配信状況の一覧から選んでください。" / "More than one member has this code. Ask for the name and choose it on the delivery list.",
        empty: "受領コードを入力してください。" / "Please type the code.",
    }
}
