//! What happens to a child that misbehaves. This program is both: the parent that asks, and the child that
//! hangs, hoards and breaks out; the portal itself has no such parsers. It has no harness, as a harness would
//! not let it be a child.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may stop where it stands")]

mod hostile;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use ceptoar_portal::platform::config::Confinement;
use ceptoar_portal::platform::sandbox::confine::Hold;
use ceptoar_portal::platform::sandbox::{Kind, Limits, Sandbox, SandboxError, child};

const LIMITS: Limits = Limits {
    // Far beyond the limit of the processor, also where many share one.
    deadline: Duration::from_secs(60),
    patience: Duration::from_secs(60),
    input: 1024 * 1024,
    output: 64 * 1024,
    children: 2,
};

fn sandbox(limits: Limits) -> Sandbox {
    Sandbox::new(std::env::current_exe().expect("a program"), Confinement::Possible, limits)
}

async fn ask(kind: &'static str) -> Result<String, SandboxError> {
    sandbox(LIMITS).parse(Kind::new(kind), b"input").await
}

/// The signal that ended the child.
fn signal(result: Result<String, SandboxError>) -> Option<i32> {
    use std::os::unix::process::ExitStatusExt;
    match result {
        Err(SandboxError::Died(status)) => status.signal(),
        other => panic!("the child lived: {other:?}"),
    }
}

/// Memory that this process uses, in KiB.
fn memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("a status");
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).expect("a line");
    line.split_whitespace().nth(1).expect("a number").parse().expect("a number")
}

const ABRT: i32 = 6;
const KILL: i32 = 9;
const XCPU: i32 = 24;
const SYS: i32 = 31;

async fn an_honest_parser_answers() {
    assert_eq!(ask("echo").await.unwrap(), "input");
    assert_eq!(ask("environment").await.unwrap(), "0 variables");
    assert!(matches!(ask("refuse").await, Err(SandboxError::Unreadable(why)) if why == "not like this"));
    assert!(matches!(ask("no-such-kind").await, Err(SandboxError::Unreadable(_))));
    let number: Result<u64, _> = sandbox(LIMITS).parse(Kind::new("echo"), b"input").await;
    assert!(matches!(number, Err(SandboxError::Garbled)));
}

async fn input_is_bounded() {
    let exact = vec![b'a'; LIMITS.input];
    let count: usize = sandbox(LIMITS).parse(Kind::new("count"), &exact).await.unwrap();
    assert_eq!(count, LIMITS.input);
    let more = vec![b'a'; LIMITS.input + 1];
    let refused: Result<usize, _> = sandbox(LIMITS).parse(Kind::new("count"), &more).await;
    assert!(matches!(refused, Err(SandboxError::TooLarge)));
}

async fn hoarding_ends_the_child_alone() {
    let before = memory();
    assert_eq!(signal(ask("hoard").await), Some(ABRT));
    assert_eq!(signal(ask("hoard-at-once").await), Some(ABRT));
    assert_eq!(signal(ask("recurse").await), Some(ABRT), "a stack that overflows");
    assert!(memory() - before < 16 * 1024, "the parent grew from {before} to {} KiB", memory());
}

async fn talking_ends_the_child_alone() {
    let before = memory();
    assert!(matches!(ask("talk").await, Err(SandboxError::TooTalkative)));
    assert!(memory() - before < 16 * 1024, "the parent grew from {before} to {} KiB", memory());
}

async fn looping_ends_at_the_limit_of_the_processor() {
    let ended = signal(ask("spin").await);
    assert!(matches!(ended, Some(KILL | XCPU)), "{ended:?}");
}

async fn waiting_ends_at_the_deadline() {
    let hurried = sandbox(Limits { deadline: Duration::from_millis(700), ..LIMITS });
    for kind in ["spin", "wait"] {
        let begun = Instant::now();
        let result: Result<String, _> = hurried.parse(Kind::new(kind), b"").await;
        assert!(matches!(result, Err(SandboxError::Deadline)), "{result:?}");
        assert!(begun.elapsed() < Duration::from_secs(3), "{kind}");
    }
}

async fn a_panic_ends_the_child_alone() {
    assert!(matches!(ask("panic").await, Err(SandboxError::Died(status)) if status.code() == Some(101)));
}

async fn files_stay_closed() {
    // The limits of descriptors alone close them; where the kernel helps, so do Landlock and seccomp.
    assert_eq!(ask("read-file").await.unwrap(), "refused");
    assert_eq!(ask("list-files").await.unwrap(), "refused");
    let place = std::env::temp_dir().join("portal-box-was-open");
    let _ = std::fs::remove_file(&place);
    let path = place.to_string_lossy().into_owned();
    let written: String = sandbox(LIMITS).parse(Kind::new("write-file"), path.as_bytes()).await.unwrap();
    assert_eq!(written, "refused");
    assert!(!place.exists());
}

/// Only where the kernel has seccomp.
async fn forbidden_calls_are_fatal() {
    for kind in ["connect", "listen", "datagram", "local-socket", "start-program", "start-thread"] {
        assert_eq!(signal(ask(kind).await), Some(SYS), "{kind}");
    }
}

async fn places_are_few_and_given_back() {
    let few = sandbox(Limits { deadline: Duration::from_millis(900), patience: Duration::from_millis(200), ..LIMITS });
    let waiting: Vec<_> = (0..5)
        .map(|_| {
            let few = few.clone();
            tokio::spawn(async move { few.parse::<String>(Kind::new("wait"), b"").await })
        })
        .collect();
    let (mut late, mut busy) = (0, 0);
    for result in waiting {
        match result.await.unwrap() {
            Err(SandboxError::Deadline) => late += 1,
            Err(SandboxError::Busy) => busy += 1,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((late, busy), (2, 3));
    assert_eq!(few.parse::<String>(Kind::new("echo"), b"again").await.unwrap(), "again");
    // A request that is given up takes its child with it.
    let given_up = tokio::time::timeout(Duration::from_millis(100), ask("wait")).await;
    assert!(given_up.is_err());
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(children(), 0, "every child is ended and collected");
}

fn children() -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").expect("tasks");
    let of = |task: std::fs::DirEntry| std::fs::read_to_string(task.path().join("children")).unwrap_or_default();
    tasks.map(|task| of(task.unwrap()).split_whitespace().count()).sum()
}

async fn an_open_box_is_not_used_where_a_closed_one_is_required(hold: Hold) {
    let strict = Sandbox::new(std::env::current_exe().unwrap(), Confinement::Required, LIMITS);
    let answer: Result<String, _> = strict.parse(Kind::new("echo"), b"input").await;
    assert_eq!(answer.is_ok(), hold.closed(), "{answer:?}");
    let nowhere = Sandbox::new("/nowhere/at/all".into(), Confinement::Possible, LIMITS);
    assert!(matches!(nowhere.check().await, Err(SandboxError::Start(_))));
}

fn main() -> ExitCode {
    if let Some(code) = child::child(&hostile::TABLE, std::env::args_os()) {
        return code;
    }
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(run());
    ExitCode::SUCCESS
}

async fn run() {
    let hold = sandbox(LIMITS).check().await.expect("a child");
    println!("in a box here: Landlock {:?}, seccomp {}", hold.landlock, hold.seccomp);
    let mut passed = 0;
    macro_rules! test {
        ($($test:ident $(($argument:expr))?),* $(,)?) => {$(
            $test($($argument)?).await;
            println!("test {} ... ok", stringify!($test));
            passed += 1;
        )*};
    }
    test!(
        an_honest_parser_answers,
        input_is_bounded,
        hoarding_ends_the_child_alone,
        talking_ends_the_child_alone,
        looping_ends_at_the_limit_of_the_processor,
        waiting_ends_at_the_deadline,
        a_panic_ends_the_child_alone,
        files_stay_closed,
        places_are_few_and_given_back,
        an_open_box_is_not_used_where_a_closed_one_is_required(hold),
    );
    let mut ignored = 0;
    if hold.seccomp {
        test!(forbidden_calls_are_fatal);
    } else {
        ignored += 1;
    }
    println!("\ntest result: ok. {passed} passed; 0 failed; {ignored} ignored");
}
