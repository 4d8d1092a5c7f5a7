//! Import files from hell: each is made here, read in a box, and answered within seconds with a reason; the process
//! that asks lives on and hardly grows.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may stop where it stands")]

mod books;
mod case;
mod texts;

use std::time::{Duration, Instant};

use case::{Case, Fate};
use ceptoar_portal::kernel::language::Language;
use ceptoar_portal::platform::config::Confinement;
use ceptoar_portal::platform::sandbox::{Limits, Sandbox};
use ceptoar_portal::platform::tables::reading::read_boxed;
use ceptoar_portal::platform::tables::{Problem, Table};

fn sandbox() -> Sandbox {
    Sandbox::new(env!("CARGO_BIN_EXE_ceptoar-portal").into(), Confinement::Possible, Limits::default())
}

/// Memory of this process in MiB: now, and the most since [`forget_peak`].
fn memory() -> (u64, u64) {
    let status = std::fs::read_to_string("/proc/self/status").expect("a status");
    let of = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name)).expect("a line");
        line.split_whitespace().nth(1).expect("a number").parse::<u64>().expect("a number") / 1024
    };
    (of("VmRSS:"), of("VmHWM:"))
}

fn forget_peak() {
    std::fs::write("/proc/self/clear_refs", "5").expect("a peak to forget");
}

fn fits(fate: &Fate, read: &Result<Table, Problem>) -> bool {
    match (fate, read) {
        (Fate::Read(rows, cell), Ok(table)) => {
            table.rows().count() == *rows && table.rows().any(|row| row.cells().any(|found| found == *cell))
        }
        (Fate::Refused(expected), Err(problem)) => {
            std::mem::discriminant(expected) == std::mem::discriminant(problem)
                && (cell_of(expected).is_empty() || expected == problem)
        }
        (Fate::RefusedSomehow, Err(_)) => true,
        (Fate::Read(..), Err(_)) | (Fate::Refused(_) | Fate::RefusedSomehow, Ok(_)) => false,
    }
}

/// The cell that a problem names.
fn cell_of(problem: &Problem) -> &str {
    match problem {
        Problem::TooManyRows(cell)
        | Problem::TooManyColumns(cell)
        | Problem::TooLong(cell)
        | Problem::OpenQuote(cell)
        | Problem::Control(cell)
        | Problem::Formula(cell)
        | Problem::ErrorValue(cell) => cell,
        _ => "",
    }
}

#[tokio::test]
async fn every_file_is_answered_in_time_and_leaves_the_portal_as_it_was() {
    let sandbox = sandbox();
    let cases: Vec<fn() -> Vec<Case>> =
        vec![texts::ordinary, texts::strange, books::ordinary, books::strange, books::bombs];
    let (mut wrong, mut tried) = (Vec::new(), 0);
    for Case { name, content, fate } in cases.into_iter().flat_map(|make| make()) {
        tried += 1;
        let before = memory().0;
        forget_peak();
        let begun = Instant::now();
        let read = read_boxed(&sandbox, &content).await.expect("a box");
        let took = begun.elapsed();
        let grown = memory().1.saturating_sub(before);
        if !fits(&fate, &read) {
            let shown = read.as_ref().map(|t| t.text().chars().take(200).collect::<String>());
            wrong.push(format!("{name}: {shown:?}"));
        }
        if let Err(problem) = &read {
            assert!(!problem.said(Language::Ja).is_empty() && !problem.said(Language::En).contains('{'), "{name}");
        }
        if took > Duration::from_secs(5) {
            wrong.push(format!("{name}: {took:?}"));
        }
        if grown > 64 {
            wrong.push(format!("{name}: {grown} MiB more"));
        }
    }
    assert!(tried >= 40, "{tried} files");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
