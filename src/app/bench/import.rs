//! `bench import`: a table of a whole CEPTOAR, from the file that comes in to the page that shows every row's fate, and
//! then applied. Half of the rows change members that are there, half are new ones.

use std::env;
use std::io::Write as _;
use std::time::{Duration, Instant};

use anyhow::Context;
use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::{Request, StatusCode, header};
use chrono::Datelike;
use tokio::process::Command;
use tower::ServiceExt;

use super::field::Field;
use super::portal::{HOST, Person, people, portal};
use super::{Import, ImportTable, process, store};
use crate::kernel::clock::{Clock, japan_day};
use crate::platform::security::form_token::{FIELD, FormToken};
use crate::platform::security::token::Token;
use crate::platform::tables::writing::{Delimited, Sheet, Workbook};
use crate::platform::tables::{Encoding, Format};

/// What the dry run may take, and the memory of the portal meanwhile.
const SECONDS: f64 = 20.0;
const MEBIBYTES: u64 = 256;

const HEADS: [&str; 9] = [
    "構成員の名称",
    "よみ",
    "単位",
    "窓口の名称",
    "取扱担当者",
    "メール(常時)",
    "メール(夜間・休日)",
    "電話(平日日中)",
    "携帯電話(夜間・休日)",
];

/// Measures dry runs of both kinds of files, and applying the second.
///
/// # Errors
/// When the database cannot be had, or a page is not answered.
pub async fn run(settings: Import) -> anyhow::Result<()> {
    let field = Field::prepare().await?;
    let mut owner = field.owner().await?;
    store::roster(&mut owner, i32::try_from(settings.rows / 2)?).await?;
    let people = people(&mut owner).await?;
    store::analyse(&mut owner).await?;
    let router = portal(&field, 8).await?;
    let desk = people.readers.iter().find(|person| person.name == "desk").context("a desk")?;
    println!("import {} rows, half of them of members that are there", settings.rows);
    println!(
        "  {:6} {:>9} {:>9} {:>9} {:>7} {:>9} {:>7}",
        "file", "MB", "read, s", "dry run", "ratio", "peak, MB", "ratio"
    );
    let mut import = String::new();
    for format in [Format::Csv, Format::Xlsx] {
        let file = written(settings.rows, format).await?;
        process::forget_peak();
        let begun = Instant::now();
        import = bring(&router, desk, &file).await?;
        let read = begun.elapsed().as_secs_f64();
        settled(&router, desk, &import).await?;
        let took = begun.elapsed().as_secs_f64();
        let peak = process::peak_memory(std::process::id()).unwrap_or_default();
        println!(
            "  {:6} {:9.1} {read:9.2} {took:9.2} {:7.2} {peak:9} {:7.2}",
            format.code(),
            file.len() as f64 / 1e6,
            took / SECONDS,
            peak as f64 / MEBIBYTES as f64
        );
    }
    process::forget_peak();
    let begun = Instant::now();
    let (status, _) =
        send(&router, desk, &format!("{import}/apply"), Some(("application/x-www-form-urlencoded", token(desk)?)))
            .await?;
    anyhow::ensure!(status == StatusCode::SEE_OTHER, "applying was answered with {status}");
    let page = settled(&router, desk, &import).await?;
    anyhow::ensure!(page.contains("notice--success"), "it was not applied");
    let peak = process::peak_memory(std::process::id()).unwrap_or_default();
    println!("  applied in {:.2} s, peak {peak} MB", begun.elapsed().as_secs_f64());
    println!("  limits: {SECONDS} s and {MEBIBYTES} MB for a dry run of 50,000 rows");
    Ok(())
}

fn row(n: usize, known: usize) -> Vec<String> {
    // Members that are there are numbered from 1; each has one window and one address.
    let name = if n < known { format!("架空の構成員{}", n + 1) } else { format!("新しい構成員{n}") };
    let reading = if n < known { "かくう" } else { "あたらしい" };
    let cells = [name.as_str(), reading, "社", "窓口", "はい"];
    let ways = [
        format!("duty{n}@bench.example"),
        format!("night{n}@bench.example"),
        format!("03-{:04}-{:04}", n / 10_000, n % 10_000),
        format!("090-{:04}-{:04}", n / 10_000, n % 10_000),
    ];
    cells.into_iter().map(str::to_owned).chain(ways).collect()
}

/// The table, from a process of its own.
async fn written(rows: usize, format: Format) -> anyhow::Result<Vec<u8>> {
    let mut writer = Command::new(env::current_exe()?);
    writer.args(["bench", "import-table", &rows.to_string()]);
    if format == Format::Xlsx {
        writer.arg("--workbook");
    }
    let written = writer.output().await?;
    anyhow::ensure!(
        written.status.success(),
        "the table was not written: {}",
        String::from_utf8_lossy(&written.stderr)
    );
    Ok(written.stdout)
}

/// Writes a table to the standard output.
///
/// # Errors
/// When it cannot be written.
pub fn write_table(table: ImportTable) -> anyhow::Result<()> {
    let format = if table.workbook { Format::Xlsx } else { Format::Csv };
    std::io::stdout().write_all(&file(table.rows, format)?)?;
    Ok(())
}

fn file(rows: usize, format: Format) -> anyhow::Result<Vec<u8>> {
    let heads: Vec<String> = HEADS.iter().map(|head| (*head).to_owned()).collect();
    let all = (0..rows).map(|n| row(n, rows / 2));
    match format {
        Format::Csv => {
            let mut file = Delimited::default();
            file.push(&heads)?;
            for row in all {
                file.push(&row)?;
            }
            Ok(file.finish(Encoding::Utf8)?.bytes)
        }
        Format::Xlsx => {
            let sheet = Sheet { name: "bench".into(), title: String::new(), widths: vec![12; heads.len()], heads };
            let mut workbook = Workbook::default();
            workbook.sheet(&sheet, all)?;
            workbook.finish()
        }
    }
}

fn token(desk: &Person) -> anyhow::Result<Vec<u8>> {
    let secret = desk.cookie.split_once('=').and_then(|(_, secret)| Token::parse(secret)).context("a session")?;
    Ok(format!("{FIELD}={}", FormToken::of(&secret).value()).into_bytes())
}

async fn bring(router: &Router, desk: &Person, file: &[u8]) -> anyhow::Result<String> {
    let token = String::from_utf8(token(desk)?)?;
    let today = japan_day(Clock::System.now());
    let day = [
        ("from_year", today.year().to_string()),
        ("from_month", today.month().to_string()),
        ("from_day", today.day().to_string()),
    ];
    let mut body = Vec::new();
    let token = (FIELD, token.split_once('=').map(|(_, value)| value.to_owned()).unwrap_or_default());
    for (name, value) in std::iter::once(token).chain(day) {
        body.extend_from_slice(
            format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").as_bytes(),
        );
    }
    body.extend_from_slice(b"--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x\"\r\n\r\n");
    body.extend_from_slice(file);
    body.extend_from_slice(b"\r\n--b--\r\n");
    let sent = send(router, desk, "/directory/bench/exchange", Some(("multipart/form-data; boundary=b", body)));
    let (status, location) = sent.await?;
    anyhow::ensure!(status == StatusCode::SEE_OTHER, "the file was answered with {status}");
    Ok(location)
}

/// The page once it no longer refreshes itself.
async fn settled(router: &Router, desk: &Person, import: &str) -> anyhow::Result<String> {
    loop {
        let (status, page) = send(router, desk, import, None).await?;
        anyhow::ensure!(status == StatusCode::OK, "the import was answered with {status}");
        if !page.contains("http-equiv=\"refresh\"") {
            return Ok(page);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Status, and the page or where it leads.
async fn send(
    router: &Router,
    desk: &Person,
    path: &str,
    form: Option<(&str, Vec<u8>)>,
) -> anyhow::Result<(StatusCode, String)> {
    let request = Request::builder().uri(path).header(header::HOST, HOST).header(header::COOKIE, &desk.cookie);
    let request = match form {
        Some((kind, body)) => {
            request.method("POST").header(header::CONTENT_TYPE, kind).body(Body::from(Bytes::from(body)))?
        }
        None => request.body(Body::empty())?,
    };
    let answer = router.clone().oneshot(request).await?;
    let status = answer.status();
    let location = answer.headers().get(header::LOCATION).and_then(|to| to.to_str().ok()).map(str::to_owned);
    let page = String::from_utf8(to_bytes(answer.into_body(), usize::MAX).await?.into())?;
    Ok((status, location.unwrap_or(page)))
}
