//! The texts of the pages. They say what is true of this program today; whoever changes that changes them.

use crate::kernel::language::Language;

/// A part of a page: heading, a list or none, and paragraphs.
#[derive(Debug)]
pub struct Section {
    /// The heading.
    pub heading: &'static str,
    /// The items of a list, before the paragraphs.
    pub items: Vec<&'static str>,
    /// The paragraphs.
    pub paragraphs: Vec<&'static str>,
}

fn paragraphs(heading: &'static str, paragraphs: &[&'static str]) -> Section {
    Section { heading, items: Vec::new(), paragraphs: paragraphs.to_vec() }
}

fn items(heading: &'static str, items: &[&'static str]) -> Section {
    Section { heading, items: items.to_vec(), paragraphs: Vec::new() }
}

crate::words! {
    /// お問い合わせ
    pub struct ContactWords {
        title: "お問い合わせ" / "Contact",
        desk_heading: "ふだんのお問い合わせ" / "Everyday questions",
        desk_text: "サインイン、窓口の登録、届いた情報提供の取扱いは、所属するセプターの事務局にお問い合わせください。事務局の名前は、特性把握マップと各セプターの概要に載っています。" / "For signing in, the registration of windows, or how to handle an advisory you received, ask the secretariat of your CEPTOAR. The feature map and the profiles name the secretariats.",
        centre_heading: "特性把握マップとセプターカウンシルについて" / "On the feature map and the CEPTOAR-Council",
        centre_text: "公表している内容とセプターカウンシルへのお問い合わせは、内閣官房(NISC。2025年7月から国家サイバー統括室)が窓口です。個々のセプターでは、カウンシルについてのお問い合わせにお答えしません。" / "Questions about what is published and about the CEPTOAR-Council go to the Cabinet Secretariat (NISC, since July 2025 the National Cybersecurity Office). Single CEPTOARs do not answer questions about the Council.",
        urgent_heading: "急ぐとき" / "When it is urgent",
        urgent_text: "システムの不具合やサイバー攻撃で急ぐときは、このポータルの応答を待たず、事務局と所管省庁へ、決められた連絡手段でご連絡ください。" / "If a system failure or an attack makes it urgent, do not wait for this portal: use the agreed means of contact to your secretariat and ministry.",
        report_heading: "画面の不具合" / "Faults of a page",
        report_text: "エラーの画面には受付番号が出ます。その番号を添えていただくと、原因を早く調べられます。" / "An error page shows a reference. With it the cause is found sooner.",
        demo_heading: "デモンストレーション環境について" / "On this demonstration",
        demo_text: "この環境は、ポータルを試していただくためのものです。公表資料から作った特性把握マップのほかは、組織も窓口も人もメールも架空で、メールは外に出ません。政府の機関や実在の団体が運営しているものではなく、ここから実際の窓口への連絡はできません。" / "This environment is for trying the portal out. Apart from the feature map, which was made from published documents, all organisations, windows, people and mails are invented, and no mail leaves it. It is not run by a government body or by any of the associations named, and it reaches no real window.",
    }
}

crate::words! {
    /// アクセシビリティ方針
    pub struct AccessibilityWords {
        title: "アクセシビリティ方針と試験の状況" / "Accessibility policy and state of testing",
        scope_heading: "対象" / "Scope",
        scope_text: "このポータルのすべての画面が対象です。利用者が登録した文章と、添付された資料は含みません。" / "All pages of this portal. Texts entered by people and attached documents are not included.",
        target_heading: "目標" / "Target",
        target_text: "JIS X 8341-3:2016 の適合レベルAAに準拠すること、あわせて WCAG 2.2 のレベルAAの基準を満たすことを目標とします。" / "To conform to JIS X 8341-3:2016 at level AA, and to meet the level AA criteria of WCAG 2.2.",
        target_date: "方針を定めた日: 2026年11月21日" / "Policy of 21 November 2026",
        done_heading: "これまでに確かめたこと" / "What has been checked so far",
        done_script: "スクリプトを使わなくても、公開しているページを読めること(自動試験)" / "The public pages can be read without scripts (automated tests)",
        done_language: "日本語と英語のどちらでも、すべての項目が表示されること(自動試験)" / "Every item is shown in Japanese and in English (automated tests)",
        done_table: "表の見出しと内容が対応づけられ、同じ内容を一覧でも読めること(自動試験)" / "Tables have headings for their cells, and the same content can be read as cards (automated tests)",
        done_narrow: "特性把握マップと概要のページを、横幅360ピクセルの画面で読めること(目視)" / "The feature map and the profiles can be read on a screen 360 pixels wide (by eye)",
        done_colour: "特性把握マップと概要のページで、色だけで伝えている内容がないこと(目視)" / "Nothing on the feature map and the profiles is told by colour alone (by eye)",
        open_heading: "まだ確かめていないこと" / "What has not been checked yet",
        open_reader: "スクリーンリーダーを使う方による確認" / "Use by people who work with screen readers",
        open_items: "JIS X 8341-3:2016 の達成基準ごとの試験と、試験結果の公表" / "Tests of each success criterion of JIS X 8341-3:2016, and publication of the results",
        open_claim: "このため、現時点では「準拠」も「一部準拠」も表明しません。" / "For this reason no conformance, full or partial, is claimed at present.",
        help_heading: "お困りのとき" / "If something does not work for you",
        help_text: "読めない、操作できないところがあれば、お問い合わせのページにある窓口にお知らせください。内容は電話やFAXでもお伝えします。" / "If you cannot read or use something, tell the contact named on the contact page. What you need can also be given by telephone or fax.",
    }
}

crate::words! {
    /// 利用規約
    pub struct TermsWords {
        title: "利用規約" / "Terms of use",
        public_heading: "公開しているページ" / "Public pages",
        public_text: "特性把握マップとセプターの概要は、どなたでもご覧になれます。事実は公表資料から取り、文章はこのポータルの言葉でまとめました。確かでないところには印を付けています。正式な内容は、出典の資料をご確認ください。" / "Everybody may read the feature map and the profiles. The facts are taken from published documents, the wording is our own, and what is not certain is marked. For what is official, see the documents named as sources.",
        members_heading: "サインインして使うページ" / "Pages behind sign-in",
        members_accounts: "利用者名とパスワードは、本人だけが使います。異動のときは、事務局に届け出てください。" / "An account is used by one person alone. Tell your secretariat when you change posts.",
        members_level: "届いた情報は、付いている情報共有レベルの範囲でだけ取り扱います。広げるには、発信元の承認が必要です。" / "What you receive is handled within its sharing level. Widening it needs the approval of its source.",
        members_log: "操作は記録されます。" / "What is done is recorded.",
        duty_heading: "このポータルでは済まないこと" / "What this portal does not do",
        duty_text: "このポータルでの情報連絡は、法令に基づく報告や届出に代わるものではありません。" / "Reporting through this portal does not replace reports or notifications required by law.",
        limits_heading: "おことわり" / "Limits",
        limits_text: "内容が常に最新で正確であることは保証しません。重要な判断の前には、発信元か事務局にご確認ください。" / "That everything is current and correct cannot be promised. Before an important decision, check with the source or your secretariat.",
    }
}

crate::words! {
    /// プライバシー
    pub struct PrivacyWords {
        title: "プライバシー" / "Privacy",
        visitors_heading: "サインインしない方" / "Visitors who are not signed in",
        visitors_text: "表示言語を選ぶと、その言語を覚えるクッキーを1年間置きます。ほかのクッキーは置きません。他社の計測や広告は使わず、ほかのサイトから読み込むものもありません。" / "If you choose a language, a cookie remembers it for a year. There is no other cookie, no measurement or advertising by others, and nothing is loaded from other sites.",
        log_text: "通信の記録には、日時、ページの種類、結果、応答時間、受付番号を残します。IPアドレスと、だれが見たかは残しません。" / "The log keeps the time, the kind of page, the result, the duration and a reference. It keeps no IP address and does not say who looked.",
        accounts_heading: "サインインする方" / "People who sign in",
        accounts_stored: "氏名の表示、利用者名、所属と役割、表示言語、復元できない形にしたパスワード" / "Your display name, user name, affiliation and role, language, and the password in a form that cannot be turned back",
        accounts_session: "サインインの状態を示すクッキー。操作がないまま30分、または12時間で無効になります。" / "A cookie for your session. It ends after 30 minutes without activity, or after 12 hours.",
        accounts_attempts: "サインインの試行回数。名前は復元できない形で、接続元のIPアドレスはそのまま残ります。15分を過ぎた回数は数えません。" / "The number of sign-in attempts, with the name in a form that cannot be turned back and the IP address as it is. Attempts older than 15 minutes no longer count.",
        accounts_trail: "操作履歴。いつ、だれが、何をしたかを記録します。文章、氏名、宛先は含みません。" / "The audit trail: who did what and when, without texts, names or addresses.",
        windows_heading: "緊急窓口として登録された方" / "People registered as a point of contact",
        windows_text: "窓口の名称、メールアドレス、電話番号などと、最後に確認した日を保存します。見られるのは、その組織と、そのセプターの事務局だけです。情報提供を送った記録には、そのときの宛先が残ります。" / "The label of the window, its mail address, telephone numbers and the like, and the day they were last verified are stored. Only the organisation itself and the secretariat of its CEPTOAR can see them. The record of an advisory that was sent keeps the address it went to.",
        period_heading: "保存する期間" / "How long",
        period_text: "古い記録を自動で消す仕組みは、まだありません。期間が来たら消す必要があるものは、運用する組織が消します。この仕組みができたら、期間をここに書きます。" / "There is no automatic deletion of old records yet. Whoever runs the portal deletes what has to be deleted. When that is built, the periods will stand here.",
        public_heading: "公開しているページと個人" / "People on public pages",
        public_text: "特性把握マップとセプターの概要には、個人の氏名を載せていません。代表については、所属と役職だけを載せています。" / "The feature map and the profiles contain no names of persons. Of representatives, only the affiliation and the post are given.",
    }
}

/// お問い合わせ; a demonstration says what it is first.
#[must_use]
pub fn contact(language: Language, demonstration: bool) -> (&'static str, Vec<Section>) {
    let w = ContactWords::of(language);
    let mut sections = Vec::new();
    if demonstration {
        sections.push(paragraphs(w.demo_heading, &[w.demo_text]));
    }
    sections.extend([
        paragraphs(w.urgent_heading, &[w.urgent_text]),
        paragraphs(w.desk_heading, &[w.desk_text]),
        paragraphs(w.centre_heading, &[w.centre_text]),
        paragraphs(w.report_heading, &[w.report_text]),
    ]);
    (w.title, sections)
}

/// アクセシビリティ方針
#[must_use]
pub fn accessibility(language: Language, _demonstration: bool) -> (&'static str, Vec<Section>) {
    let w = AccessibilityWords::of(language);
    let done = [w.done_script, w.done_language, w.done_table, w.done_narrow, w.done_colour];
    let sections = vec![
        paragraphs(w.scope_heading, &[w.scope_text]),
        paragraphs(w.target_heading, &[w.target_text, w.target_date]),
        items(w.done_heading, &done),
        Section { paragraphs: vec![w.open_claim], ..items(w.open_heading, &[w.open_reader, w.open_items]) },
        paragraphs(w.help_heading, &[w.help_text]),
    ];
    (w.title, sections)
}

/// 利用規約
#[must_use]
pub fn terms(language: Language, _demonstration: bool) -> (&'static str, Vec<Section>) {
    let w = TermsWords::of(language);
    let members = [w.members_accounts, w.members_level, w.members_log];
    let sections = vec![
        paragraphs(w.public_heading, &[w.public_text]),
        items(w.members_heading, &members),
        paragraphs(w.duty_heading, &[w.duty_text]),
        paragraphs(w.limits_heading, &[w.limits_text]),
    ];
    (w.title, sections)
}

/// プライバシー
#[must_use]
pub fn privacy(language: Language, _demonstration: bool) -> (&'static str, Vec<Section>) {
    let w = PrivacyWords::of(language);
    let accounts = [w.accounts_stored, w.accounts_session, w.accounts_attempts, w.accounts_trail];
    let sections = vec![
        paragraphs(w.visitors_heading, &[w.visitors_text, w.log_text]),
        items(w.accounts_heading, &accounts),
        paragraphs(w.windows_heading, &[w.windows_text]),
        paragraphs(w.public_heading, &[w.public_text]),
        paragraphs(w.period_heading, &[w.period_text]),
    ];
    (w.title, sections)
}
