//! The list goes out and comes back: what is exported changes nothing, what is changed is shown row by row, and it is
//! applied all at once or not at all.

use ceptoar_portal::features::access::Role;
use ceptoar_portal::features::directory::exchange::column::Column;
use ceptoar_portal::kernel::language::Language;
use ceptoar_portal::platform::tables::writing::{Sheet, Workbook};
use ceptoar_portal::platform::tables::{self, Encoding};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::roster::{BANK, RIVAL, World, change, day, window_form, world, world_with};
use crate::support::{Client, Reply, factory};

pub const EXCHANGE: &str = "/directory/banks/exchange";
const TODAY: [(&str, &str); 3] = [("from_year", "2026"), ("from_month", "11"), ("from_day", "21")];

/// Brings a table in, from a day on, and waits until its dry run is done.
pub async fn bring_from(client: &mut Client, file: &[u8], from: &[(&str, &str)]) -> (String, Reply) {
    let reply = client.upload(EXCHANGE, from, ("名簿.csv", file)).await;
    assert_eq!(reply.status, 303, "{:?} {:?}", reply.texts("h1"), reply.texts(".error-summary"));
    let import = reply.location().to_owned();
    let page = settled(client, &import).await;
    (import, page)
}

pub async fn bring(client: &mut Client, file: &[u8]) -> (String, Reply) {
    bring_from(client, file, &TODAY).await
}

/// The page once it no longer refreshes itself.
pub async fn settled(client: &mut Client, import: &str) -> Reply {
    for _ in 0..600 {
        let page = client.get(import).await;
        assert_eq!(page.status, 200, "{}", page.body);
        if !page.body.contains("http-equiv=\"refresh\"") {
            return page;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("{import} is never done");
}

/// Refused, changed, new and unchanged rows.
pub fn fates(page: &Reply) -> [usize; 4] {
    let found: Vec<usize> = page.texts(".tally dd b").iter().map(|n| n.replace(',', "").parse().unwrap()).collect();
    found.try_into().unwrap_or_else(|found| panic!("{found:?} {:?}", page.texts("h1, h2, .notice, .error-summary")))
}

pub async fn applied(client: &mut Client, import: &str) -> Reply {
    let reply = client.post(&format!("{import}/apply"), &[]).await;
    assert_eq!(reply.status, 303, "{:?}", reply.texts("h1, p"));
    settled(client, import).await
}

/// The list as of a day, as a file.
async fn exported(client: &mut Client, format: &str, on: [&str; 3]) -> Reply {
    let form = [("as_of_year", on[0]), ("as_of_month", on[1]), ("as_of_day", on[2]), ("format", format)];
    let reply = client.post(&format!("{EXCHANGE}/export"), &form).await;
    assert_eq!(reply.status, 200, "{:?}", reply.texts("h1, .error-summary"));
    reply
}

/// The rows of a table file, heads among them.
fn cells(file: &[u8]) -> Vec<Vec<String>> {
    let table = tables::read(file).expect("a table");
    table.rows().map(|row| row.cells().map(str::to_owned).collect()).collect()
}

/// Rows as text for the portal to read.
pub fn csv(rows: &[Vec<String>]) -> Vec<u8> {
    let mut file = tables::writing::Delimited::default();
    let widest = rows.iter().map(Vec::len).max().unwrap_or_default();
    for row in rows {
        let mut row = row.clone();
        row.resize(widest, String::new());
        file.push(&row).expect("a row");
    }
    file.finish(Encoding::Utf8).expect("a file").bytes
}

fn rows(rows: &[&[&str]]) -> Vec<u8> {
    csv(&rows.iter().map(|row| row.iter().map(|cell| (*cell).to_owned()).collect()).collect::<Vec<_>>())
}

fn place(column: Column) -> usize {
    Column::all().iter().position(|c| *c == column).expect("a column")
}

/// A world with everything in it that files make trouble of.
async fn odd_world() -> World {
    let mut w = world().await;
    let odd = factory::member(&mut w.db, "banks", "𠮷野〜信用金庫①(架空)").await;
    let guarded = factory::member(&mut w.db, "banks", "=HYPERLINK(\"x\")&'銀行").await;
    let nobody = factory::member(&mut w.db, "banks", "窓口のない銀行(架空)").await;
    let window = factory::window(&mut w.db, odd, Some("banks"), "soc@odd.example").await;
    factory::window(&mut w.db, guarded, Some("banks"), "soc@guarded.example").await;
    for (position, kind, value, hours) in [
        (2, "phone", "03-0000-0000 内線 12", "business"),
        (3, "phone", "+81 3 0000 0000", "off_hours"),
        (4, "mail", "second@odd.example", "always"),
        (5, "web", "https://odd.example/duty?a=1;b=2", "always"),
        (6, "fax", "0300000001", "always"),
    ] {
        sqlx::query(
            "insert into contact_channels (contact_id, position, kind, value, hours) values ($1, $2, $3, $4, $5)",
        )
        .bind(window)
        .bind(i16::try_from(position).expect("a place"))
        .bind(kind)
        .bind(value)
        .bind(hours)
        .execute(&mut w.db)
        .await
        .expect("a channel");
    }
    for query in [
        format!("update memberships set valid = '[2018-04-01,2028-04-01)' where organisation_id = '{nobody}'"),
        format!("update contacts set label = '-当直', language = 'en', handler = false where contact_id = '{window}'"),
        format!("update memberships set hub = true, kind = 'observer' where organisation_id = '{odd}'"),
    ] {
        sqlx::query(AssertSqlSafe(query)).execute(&mut w.db).await.expect("an odd fact");
    }
    w
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_to_print_has_a_line_for_each_window_and_fits_the_paper() {
    let w = odd_world().await;
    let mut desk = w.app.signed_in("desk").await;
    let reply = exported(&mut desk, "print", ["2026", "11", "21"]).await;
    assert_eq!(
        reply.headers["content-disposition"],
        "attachment; filename=\"ceptoar-directory-banks-2026-11-21-print.xlsx\""
    );
    let rows = cells(&reply.bytes);
    assert!(rows[0][0].contains("構成員と窓口の名簿") && rows[0][0].contains("2026年11月21日"), "{:?}", rows[0]);
    assert!(rows[1][0].contains("取扱注意"));
    assert_eq!(rows[2], ["No.", "構成員", "単位・区分", "窓口", "連絡先"]);
    let table = cells(&exported(&mut desk, "csv", ["2026", "11", "21"]).await.bytes);
    assert_eq!(rows.len() - 3, table.len() - 1, "a line for each row of the table");
    let own = rows[3..].iter().find(|row| row[1].contains(BANK)).expect("a member");
    assert!(own[4].contains("soc@bank.example"), "{own:?}");
    assert!(rows[3..].iter().any(|row| row[3] == "窓口の登録がありません"), "who has none is not left out");
    // As laid out: A4 across, as wide as the paper, heads on every page.
    let mut book = zip::ZipArchive::new(std::io::Cursor::new(reply.bytes)).unwrap();
    let mut part = |name: &str| std::io::read_to_string(book.by_name(name).unwrap()).unwrap();
    let sheet = part("xl/worksheets/sheet1.xml");
    assert!(sheet.contains("paperSize=\"9\"") && sheet.contains("orientation=\"landscape\""), "{sheet}");
    assert!(sheet.contains("fitToHeight=\"0\""), "{sheet}");
    assert!(part("xl/workbook.xml").contains("Print_Titles"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_portal_exports_changes_nothing_when_it_comes_back() {
    let mut w = odd_world().await;
    let mut desk = w.app.signed_in("desk").await;
    let text = exported(&mut desk, "csv", ["2026", "11", "21"]).await;
    assert!(text.bytes.starts_with("\u{FEFF}構成員の管理番号,".as_bytes()));
    assert_eq!(text.headers["content-disposition"], "attachment; filename=\"ceptoar-directory-banks-2026-11-21.csv\"");
    // What a spreadsheet would run is text.
    let plain = String::from_utf8(text.bytes.clone()).expect("text");
    for cell in plain.split([',', '\n']).map(|cell| cell.trim_matches('"')) {
        assert!(!cell.starts_with(['=', '@', '+', '＝']), "{cell}");
    }
    let book = exported(&mut desk, "xlsx", ["2026", "11", "21"]).await;
    let mut english = desk.clone().in_english();
    let in_english = exported(&mut english, "xlsx", ["2026", "11", "21"]).await;
    let in_cp932 = tables::encode(plain.trim_start_matches('\u{FEFF}'), Encoding::Cp932);
    assert!(in_cp932.replaced.contains(&'𠮷'));
    // As Excel saves text of this encoding: a question mark for each half of what is missing.
    let by_excel: Vec<u8> = in_cp932.bytes.clone();
    let lost = encoding_rs::SHIFT_JIS.encode("〓").0.into_owned();
    let at = by_excel.windows(2).position(|pair| pair == &lost[..]).expect("a lost character");
    let by_excel = [&by_excel[..at], b"??", &by_excel[at + 2..]].concat();
    // Saved as a workbook by a program that keeps the marks.
    let read = cells(&text.bytes);
    let mut marked = Workbook::default();
    let heads = read[0].clone();
    let widths = vec![12; heads.len()];
    let sheet = Sheet { name: "x".into(), title: String::new(), heads, widths };
    let body = read[1..].iter().map(|row| row.iter().map(|cell| tables::harmless(cell)).collect());
    marked.sheet(&sheet, body).expect("a sheet");
    let marked = marked.finish().expect("a workbook");
    let before = w.everything().await;
    for (name, file) in [
        ("CSV", &text.bytes),
        ("XLSX", &book.bytes),
        ("English XLSX", &in_english.bytes),
        ("CP932", &in_cp932.bytes),
        ("CP932 by Excel", &by_excel),
        ("marks kept", &marked),
    ] {
        let (_, page) = bring(&mut desk, file).await;
        assert_eq!(fates(&page), [0, 0, 0, 6], "{name}: {:?}", page.texts("tbody tr"));
        assert!(page.body.contains("変更する内容はありません"), "{name}");
    }
    assert_eq!(w.everything().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_shows_every_row_and_changes_nothing_until_it_is_applied() {
    let mut w = world().await;
    let mut desk = w.app.signed_in("desk").await;
    let export = exported(&mut desk, "csv", ["2026", "11", "21"]).await;
    let mut table = cells(&export.bytes);
    let at = |table: &[Vec<String>], name: &str, nth: usize| {
        let found = table.iter().enumerate().filter(|(_, row)| row[place(Column::Name)] == name);
        found.map(|(place, _)| place).nth(nth).expect("a row")
    };
    for row in &mut table {
        row.resize(Column::all().len(), String::new());
    }
    let mail = place(Column::recognise("メール(常時)").expect("a column"));
    let (first, second, rival) = (at(&table, BANK, 0), at(&table, BANK, 1), at(&table, RIVAL, 0));
    table[first][mail] = "new@bank.example; soc@bank.example".into();
    for row in [first, second] {
        table[row][place(Column::Name)] = "星見未来銀行(架空)".into();
        table[row][place(Column::Reading)] = "ほしみみらいぎんこう".into();
    }
    table[rival][place(Column::Handler)] = "いいえ".into();
    let mut joining = vec![String::new(); Column::all().len()];
    for (column, cell) in [
        (Column::Name, "月影銀行(架空)"),
        (Column::Reading, "ツキカゲギンコウ"),
        (Column::Unit, "社"),
        (Column::Label, "情報システム部"),
        (Column::Handler, "○"),
    ] {
        joining[place(column)] = cell.into();
    }
    joining[mail] = "duty@tsukikage.example".into();
    let mut night = joining.clone();
    night[place(Column::Label)] = "当直室".into();
    night[mail] = "night@tsukikage.example".into();
    table.extend([joining, night]);
    let before = w.everything().await;
    let from = [("from_year", "２０２７"), ("from_month", "４"), ("from_day", "1")];
    let (import, page) = bring_from(&mut desk, &csv(&table), &from).await;
    assert_eq!(fates(&page), [0, 3, 2, 0], "{:?}", page.texts("tbody tr"));
    assert_eq!(w.everything().await, before, "a dry run changes nothing");
    let changed = desk.get(&format!("{import}?fate=changed")).await;
    assert_eq!(changed.texts("tbody tr").len(), 3);
    assert_eq!(changed.texts("tbody del")[0], BANK);
    assert_eq!(changed.texts("tbody ins")[0], "星見未来銀行(架空)");
    assert!(changed.texts("tbody ins").contains(&"new@bank.example; soc@bank.example".to_owned()));
    let new = desk.get(&format!("{import}?fate=new")).await;
    assert!(new.body.contains("つきかげぎんこう") && new.body.contains("新しい構成員"));
    assert!(desk.get(&format!("{import}?fate=refused")).await.body.contains("この結果の行はありません"));

    let done = applied(&mut desk, &import).await;
    assert!(done.body.contains("適用しました") && done.body.contains("2027年4月1日"), "{}", done.body);
    // Today nothing is different; on the day it is.
    let names = "select coalesce(string_agg(n.ja, ' ' order by n.ja), '') from organisation_names n
         join memberships m using (organisation_id) where m.ceptoar_id = 'banks' and n.valid @> date ";
    assert_eq!(
        w.texts(&format!("{names} '2026-11-21' and m.valid @> date '2026-11-21'")).await,
        [format!("{BANK} {RIVAL}")]
    );
    assert_eq!(
        w.texts(&format!("{names} '2027-04-01' and m.valid @> date '2027-04-01'")).await,
        [format!("星見未来銀行(架空) 月影銀行(架空) {RIVAL}")]
    );
    let ways = format!(
        "select string_agg(value, ' ' order by position) from contact_channels
         where contact_id = '{}' and valid @> date '2027-04-01'",
        w.window
    );
    assert_eq!(w.texts(&ways).await, ["new@bank.example soc@bank.example"]);
    assert_eq!(
        w.number("select count(*) from contacts where label = '当直室' and position = 2 and not handler").await,
        0
    );
    assert_eq!(w.number("select count(*) from contacts where label = '当直室' and position = 2 and handler").await, 1);
    // By the history of the forms: what was said before is kept, and each change stands in its member's history.
    assert_eq!(w.number("select count(*) from directory_versions where relation = 'organisation_names'").await, 1);
    let kinds = "select concat_ws(' ', kind, subject, count(*)) from directory_changes where import_id is not null
         group by kind, subject order by 1";
    assert_eq!(
        w.texts(kinds).await,
        ["beginning membership 1", "beginning window 2", "change name 1", "change window 2"]
    );
    let history = desk.get(&w.bank_page()).await;
    assert!(history.body.contains("星見未来銀行"), "planned on the member's page");
    assert!(!history.body.contains("/withdrawal"), "what came at once is not taken back one by one");
    // The old and the new address of a window learn of it; nobody else does.
    let told = "select a.address from delivery_addresses a order by 1";
    assert_eq!(w.texts(told).await, ["new@bank.example"]);
    assert_eq!(w.number("select count(*) from audit_events where action = 'directory.import'").await, 1);
    assert_eq!(w.number("select count(*) from directory_import_rows").await, 0, "wiped");
    assert_eq!(w.number("select count(*) from directory_imports where content is not null").await, 0);
    // And the same table again finds everything there.
    let export = exported(&mut desk, "xlsx", ["2027", "4", "1"]).await;
    let (_, page) = bring_from(&mut desk, &export.bytes, &from).await;
    assert_eq!(fates(&page), [0, 0, 0, 5]);
    assert!(desk.get(EXCHANGE).await.body.contains("新規2行、変更3行"), "stands among the imports so far");
    let again = desk.post(&format!("{import}/apply"), &[]).await;
    assert_eq!(again.status, 409);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_row_names_its_cell_and_nothing_is_applied() {
    let mut w = world().await;
    let mut desk = w.app.signed_in("desk").await;
    let before = w.everything().await;
    let bank = w.bank.to_string();
    let (insurer, window) = (w.insurer.to_string(), w.window.to_string());
    let heads: &[&str] = &[
        "構成員の管理番号",
        "窓口の管理番号",
        "構成員の名称",
        "よみ",
        "単位",
        "加入日",
        "退会日",
        "窓口の順",
        "窓口の名称",
        "取扱担当者",
        "メール",
        "電話",
    ];
    let file = rows(&[
        heads,
        &["", "", RIVAL, RIVAL, "社", "", "", "1", "窓口", "はい", "soc@rival.example", ""],
        &[&bank, &window, BANK, BANK, "社", "2018/4/1", "", "", "窓口", "はい", "no address", ""],
        &[&bank, &window, BANK, BANK, "社", "", "", "", "窓口", "はい", "soc@bank.example", ""],
        &[&insurer, "", "霞野生命(架空)", "x", "社", "", "", "", "窓口", "", "a@b.example", ""],
        &["", "", "新銀行", "新銀行", "社", "", "", "", "窓口", "", "a@b.example", ""],
        &["", "", "夜銀行", "よる", "隻", "", "", "", "窓口", "", "a@b.example", "312345678"],
        &["", "", "窓なし銀行", "まど", "社", "", "", "", "", "", "", ""],
        &["", "", "手段なし銀行", "しゅだん", "社", "", "", "", "窓口", "たぶん", "", ""],
        &["例(この行は削除)", "", "株式会社架空銀行", "かくう", "社", "", "", "", "窓口", "", "a@b.example", ""],
        &["", "", RIVAL, RIVAL, "社", "2020-01-01", "2017-01-01", "", "第二", "", "b@rival.example", ""],
        &["", "", "", "", "社", "", "", "", "窓口", "", "a@b.example", ""],
        &["x", "", "エックス", "", "社", "", "", "", "窓口", "", "a@b.example", ""],
    ]);
    let (import, page) = bring(&mut desk, &file).await;
    assert_eq!(fates(&page), [11, 0, 0, 1], "{:?}", page.texts("tbody tr"));
    let refused = desk.get(&format!("{import}?fate=refused")).await;
    let said = refused.texts("tbody .danger-text");
    for (cell, words) in [
        ("K3", "メールアドレスとして読み取れません"),
        ("B4", "ほかの行にもあります"),
        ("A5", "このセプターに登録がありません"),
        ("D6", "ひらがなで入力してください"),
        ("E7", "このセプターにありません"),
        ("L7", "先頭の0が失われています"),
        ("C8", "窓口が必要です"),
        ("J9", "「はい」か「いいえ」"),
        ("I9", "連絡の手段がありません"),
        ("A10", "記入例の行です"),
        ("F11", "取り込みではできません"),
        ("G11", "加入日より前の日です"),
        ("C12", "空欄です"),
        ("A13", "ポータルの管理番号ではありません"),
    ] {
        assert!(
            said.iter().any(|line| line.starts_with(&format!("{cell}「")) && line.contains(words)),
            "{cell} {words}: {said:#?}"
        );
    }
    assert!(!page.body.contains("/apply"));
    assert_eq!(desk.post(&format!("{import}/apply"), &[]).await.status, 409);
    assert_eq!(w.everything().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_overtaken_sees_the_difference_before_anything_is_applied() {
    let mut w = world().await;
    let mut desk = w.app.signed_in("desk").await;
    let file = rows(&[
        &["構成員の名称", "単位", "窓口の管理番号", "窓口の名称", "メール"],
        &[BANK, "社", &w.window.to_string(), "情報システム部", "new@bank.example"],
    ]);
    let (import, page) = bring(&mut desk, &file).await;
    assert_eq!(fates(&page), [0, 1, 0, 0]);
    assert_eq!(page.texts("tbody del"), ["窓口", "soc@bank.example"]);
    // Meanwhile the firm changes the same window itself.
    let mut admin = w.app.signed_in("bank-admin").await;
    let form =
        [window_form("監視室", "watch@bank.example"), vec![("nature", "change")], day("2026", "11", "21").to_vec()];
    change(&mut admin, &w.window_page(w.window), &form.concat()).await;
    let before = w.everything().await;
    let page = applied(&mut desk, &import).await;
    assert!(page.body.contains("確認のあとで名簿が変わりました"), "{:?}", page.texts(".notice"));
    assert_eq!(page.texts("tbody del")[..2], ["監視室", "watch@bank.example"]);
    assert_eq!(w.everything().await, before);
    let done = applied(&mut desk, &import).await;
    assert!(done.body.contains("適用しました"));
    assert_eq!(
        w.number("select count(*) from contacts where label = '情報システム部' and valid @> date '2026-11-21'").await,
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn columns_that_are_not_known_are_asked_for_once() {
    let mut w = world().await;
    let mut desk = w.app.signed_in("desk").await;
    let file = rows(&[
        &["令和8年度 構成員一覧"],
        &["呼び名", "単位", "担当部署", "連絡先アドレス", "備考"],
        &[RIVAL, "社", "窓口", "soc@rival.example; second@rival.example", "x"],
    ]);
    let (import, page) = bring(&mut desk, &file).await;
    assert!(page.body.contains("列の対応") && page.body.contains("連絡先アドレス"), "{:?}", page.texts("h1, h2"));
    let code = |column: Column| column.code();
    let mail = code(Column::recognise("メール").expect("a column"));
    let (name, unit, label) = (code(Column::Name), code(Column::Unit), code(Column::Label));
    let on = [("on_year", "2026"), ("on_month", "11"), ("on_day", "21")];
    let without =
        [&on[..], &[("col_0", ""), ("col_1", &unit), ("col_2", &label), ("col_3", &mail), ("col_4", "")]].concat();
    let reply = desk.post(&format!("{import}/check"), &without).await;
    assert_eq!(reply.status, 422);
    assert!(reply.texts(".error-summary").concat().contains("「構成員の名称」の列を選んでください"));
    let twice = [&on[..], &[("col_0", &name), ("col_1", &unit), ("col_2", &name), ("col_3", &mail)]].concat();
    assert_eq!(desk.post(&format!("{import}/check"), &twice).await.status, 422);
    let form =
        [&on[..], &[("col_0", &name), ("col_1", &unit), ("col_2", &label), ("col_3", &mail), ("col_4", "")]].concat();
    assert_eq!(desk.post(&format!("{import}/check"), &form).await.status, 303);
    let page = settled(&mut desk, &import).await;
    assert_eq!(fates(&page), [0, 1, 0, 0], "{:?}", page.texts("tbody tr"));
    // The next time nobody is asked; another CEPTOAR's desk is.
    let (_, page) = bring(&mut desk, &file).await;
    assert_eq!(fates(&page), [0, 1, 0, 0]);
    let mut other = w.app.signed_in("life-desk").await;
    let reply = other.upload("/directory/life/exchange", &TODAY, ("x.csv", &file)).await;
    assert!(settled(&mut other, reply.location()).await.body.contains("列の対応"));
    assert_eq!(w.number("select count(*) from directory_import_columns where ceptoar_id = 'banks'").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn members_leave_by_their_last_day_and_windows_move() {
    let mut w = world().await;
    let mut desk = w.app.signed_in("desk").await;
    let (first, second) = (w.window.to_string(), w.second.to_string());
    let file = rows(&[
        &["構成員の名称", "単位", "ハブ", "退会日", "窓口の管理番号", "窓口の順"],
        &[BANK, "社", "はい", "", &first, "2"],
        &[BANK, "社", "はい", "", &second, "1"],
        &[RIVAL, "社", "", "令和9年3月31日", "", ""],
    ]);
    let (import, page) = bring(&mut desk, &file).await;
    assert_eq!(fates(&page), [0, 3, 0, 0], "{:?}", page.texts("tbody tr"));
    let group = factory::group(&mut w.db, "banks", "資金", &[w.bank, w.rival]).await;
    assert!(applied(&mut desk, &import).await.body.contains("適用しました"));
    let order = "select string_agg(contact_id::text, ' ' order by position) from contacts
         where organisation_id = (select organisation_id from memberships where hub) and valid @> date '2026-11-21'";
    assert_eq!(w.texts(order).await, [format!("{second} {first}")]);
    let left = "select valid::text from memberships where upper(valid) is not null and not upper_inf(valid) and lower(valid) <> upper(valid) order by 1";
    assert_eq!(w.texts(left).await, ["[2018-04-01,2026-11-21)", "[2018-04-01,2027-04-01)"]);
    assert_eq!(
        w.number("select count(*) from contacts where upper(valid) = '2027-04-01'").await,
        1,
        "its window closes"
    );
    let parts =
        format!("select valid::text from group_members where subgroup_id = '{group}' order by upper_inf(valid)");
    let parts = w.texts(&parts).await;
    assert!(parts[0].ends_with(",2027-04-01)") && parts[1].ends_with(",)"), "who leaves, leaves its groups: {parts:?}");
    // One place for two windows.
    let clash = rows(&[&["構成員の名称", "単位", "窓口の管理番号", "窓口の順"], &[BANK, "社", &first, "1"]]);
    let (_, page) = bring(&mut desk, &clash).await;
    assert_eq!(fates(&page), [1, 0, 0, 0]);
    assert!(page.texts("tbody .danger-text").concat().starts_with("D2「窓口の順」"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_asks_who_it_is_is_charged_and_stands_in_the_trail() {
    let mut w = world_with(&["--contact-reads-per-hour", "50"]).await;
    let mut desk = w.app.signed_in("desk").await;
    for _ in 0..20 {
        factory::window(&mut w.db, w.bank, Some("banks"), "more@bank.example").await;
    }
    for _ in 0..4 {
        exported(&mut desk, "csv", ["2026", "11", "21"]).await;
    }
    let form = [("as_of_year", "2026"), ("as_of_month", "11"), ("as_of_day", "21"), ("format", "csv")];
    let path = format!("{EXCHANGE}/export");
    assert_eq!(desk.post(&path, &form).await.status, 429, "four an hour, however long the list");
    let trail = "select detail ->> 'rows' || ' ' || jsonb_array_length(detail -> 'organisations') from audit_events
         where action = 'contacts.export' limit 1";
    assert_eq!(w.texts(trail).await, ["23 2"]);
    let wrong = desk.post(&path, &[("as_of_year", "x"), ("format", "csv")]).await;
    assert_eq!(wrong.status, 422);
    assert_eq!(desk.post(&path, &[("format", "exe")]).await.status, 400);
    sqlx::query("update sessions set opened_by = 'passkey', confirmed_at = confirmed_at - interval '1 day'")
        .execute(&mut w.db)
        .await
        .unwrap();
    let reply = desk.post(&path, &form).await;
    assert_eq!((reply.status, reply.location().starts_with("/account/confirm")), (307, true));
    let template = desk.get(&format!("{EXCHANGE}/template.xlsx")).await;
    assert_eq!(cells(&template.bytes)[1][0], "例(この行は削除)");
    let heads = cells(&desk.get(&format!("{EXCHANGE}/template.csv")).await.bytes)[0].clone();
    assert_eq!(heads, Column::all().iter().map(|c| c.head(Language::Ja)).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_is_wiped_when_it_is_given_up_replaced_or_a_week_old() {
    let mut w = world().await;
    let mut desk = w.app.signed_in("desk").await;
    let file = rows(&[&["構成員の名称", "単位", "英語名"], &[RIVAL, "社", "Rival"]]);
    let (one, _) = bring(&mut desk, &file).await;
    let (two, _) = bring(&mut desk, &file).await;
    assert!(desk.get(&one).await.body.contains("この取り込みは終わりました"));
    assert_eq!(desk.post(&format!("{one}/apply"), &[]).await.status, 409);
    assert_eq!(desk.post(&format!("{two}/drop"), &[]).await.status, 303);
    assert_eq!(w.number("select count(*) from directory_imports where content is not null").await, 0);
    assert_eq!(w.number("select count(*) from directory_import_rows").await, 0);
    let (three, _) = bring(&mut desk, &file).await;
    sqlx::query("update directory_imports set made_at = made_at - interval '8 days', expires_at = expires_at - interval '8 days' where settled_at is null")
        .execute(&mut w.db)
        .await
        .expect("a week");
    assert_eq!(desk.get(&three).await.status, 404, "nobody sees it any more");
    assert_eq!(desk.post(&format!("{three}/apply"), &[]).await.status, 404);
    let now = w.app.state.clock.now();
    let mut tx = w.app.state.db.begin(None, now).await.expect("a transaction");
    let gone: i64 = sqlx::query_scalar("select expire_directory_imports()").fetch_one(&mut *tx).await.expect("a wipe");
    tx.commit().await.expect("a commit");
    assert_eq!(gone, 1);
    assert_eq!(w.number("select count(*) from directory_imports where content is not null").await, 0);
    assert_eq!(w.number("select count(*) from directory_import_rows").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_with_a_file_carries_its_token_and_keeps_to_its_size() {
    let mut w = world().await;
    let mut desk = w.app.signed_in("desk").await;
    let file = rows(&[&["構成員の名称", "単位"], &[RIVAL, "社"]]);
    let page = desk.get(EXCHANGE).await;
    assert!(
        page.body.contains("enctype=\"multipart/form-data\" novalidate><input type=\"hidden\" name=\"form_token\"")
    );
    desk.sends_token = false;
    assert_eq!(desk.upload(EXCHANGE, &TODAY, ("x.csv", &file)).await.status, 403);
    desk.sends_token = true;
    assert_eq!(desk.upload(EXCHANGE, &TODAY, ("x.csv", &vec![b'x'; 21 * 1024 * 1024])).await.status, 413);
    assert_eq!(desk.upload("/directory/banks/search", &[], ("x.csv", &vec![b'x'; 2 * 1024 * 1024])).await.status, 413);
    // Larger than any other form, and read.
    let mut long = vec![vec!["構成員の名称".to_owned(), "単位".into(), "備考".into()]];
    long.extend((0..3000).map(|n| vec![format!("架空{n}"), "社".into(), "あ".repeat(300)]));
    let reply = desk.upload(EXCHANGE, &TODAY, ("x.csv", &csv(&long))).await;
    assert_eq!(reply.status, 303, "{:?}", reply.texts(".error-summary"));
    for (fields, said) in [(&TODAY[..], "表のファイルを選んでください"), (&[("from_year", "x")][..], "暦にある年月日")]
    {
        let reply = desk.upload(EXCHANGE, fields, ("", b"")).await;
        assert_eq!(reply.status, 422);
        assert!(reply.texts(".error-summary").concat().contains(said), "{:?}", reply.texts(".error-summary"));
    }
    assert_eq!(w.number("select count(*) from directory_changes").await, 0);
}

/// Another desk's pages, by name.
pub async fn of_other_desk(w: &World) -> (String, Uuid) {
    let mut desk = w.app.signed_in("desk").await;
    let file = rows(&[
        &["構成員の名称", "単位", "メール", "窓口の管理番号"],
        &[BANK, "社", "x@bank.example", &w.window.to_string()],
    ]);
    let (import, page) = bring(&mut desk, &file).await;
    assert_eq!(fates(&page), [0, 1, 0, 0]);
    let id = import.rsplit('/').next().expect("an id").parse().expect("a number");
    (import, id)
}

/// Whoever keeps no members finds no such pages.
pub const STRANGERS: [(&str, Option<Role>); 9] = [
    ("life-desk", Some(Role::Secretariat)),
    ("coordinator", None),
    ("bank-admin", None),
    ("handler", None),
    ("analyst", None),
    ("liaison", None),
    ("auditor", None),
    ("operator", None),
    ("reader", None),
];
