//! The schedule of faults: workers killed at every point of their work, suspended, stopped; the database torn down;
//! a relay with a plan. One seed makes one run; `scripts/faults` plays a long one.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::Child;
use std::time::{Duration, Instant};

use chrono::Utc;
use rustix::process::{Pid, Signal, kill_process};
use tokio::sync::mpsc::UnboundedReceiver;
use uuid::Uuid;

use crate::ALONE;
use crate::check::{self, Evidence, Fault, Figures};
use crate::field::{Dice, Field, LEASE};
use crate::plan::{self, Point};
use crate::relay::{Door, Relay, Sprung};

/// What a dead worker's last statement and last bytes need to come to an end.
const AFTERMATH: Duration = Duration::from_millis(150);
/// A trap that nobody walks into is given up.
const TRAP: Duration = Duration::from_secs(4);

/// One blow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Blow {
    /// SIGKILL by the relay, at a point of the conversation.
    Trap(Point),
    /// SIGKILL at any time: K3 to K10, K13.
    Anytime,
    /// K14: SIGTERM, and SIGKILL before it is done.
    Hurried,
    /// SIGTERM, and time to finish.
    Asked,
    /// F1: the database server crashes.
    Database,
    /// F6: SIGSTOP beyond the lease, then SIGCONT.
    Suspended,
    /// M1: the relay's port is closed for a while.
    Unreachable,
}

impl Blow {
    fn name(self) -> &'static str {
        match self {
            Self::Trap(point) => point.name(),
            Self::Anytime => "K3-K13 at any time",
            Self::Hurried => "K14 SIGTERM, then SIGKILL",
            Self::Asked => "SIGTERM alone",
            Self::Database => "F1 database crash",
            Self::Suspended => "F6 beyond the lease",
            Self::Unreachable => "M1 relay unreachable",
        }
    }
}

/// What a run is made of.
struct Run {
    seed: u64,
    transport: &'static str,
    recipients: usize,
    kills: usize,
    /// Blows that kill no worker.
    others: usize,
    /// Whether progress is told.
    talks: bool,
}

/// A worker at its door.
struct Hand {
    child: Child,
    door: Door,
    log: PathBuf,
}

impl Hand {
    fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).expect("the worker had ended by itself");
    }

    /// The tokens by which it claims: it says so as it starts.
    fn tokens(&self) -> Vec<Uuid> {
        let log = std::fs::read_to_string(&self.log).expect("a log");
        let words = log.split(|c: char| !(c.is_ascii_hexdigit() || c == '-'));
        words.filter(|w| w.len() == 36).filter_map(|w| w.parse().ok()).collect()
    }
}

impl Hand {
    /// Before, a signal would meet a program that does not listen to it yet.
    async fn has_begun(&self) {
        let begin = Instant::now();
        while self.tokens().is_empty() {
            assert!(begin.elapsed() < Duration::from_secs(30), "a worker that does not begin");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    async fn stop(&mut self) {
        self.has_begun().await;
        self.signal(Signal::TERM);
        let ended = self.child.wait().expect("its end");
        assert!(ended.success(), "an orderly stop ends well, and not with {ended}");
    }
}

impl Drop for Hand {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if !std::thread::panicking() {
            let _ = std::fs::remove_file(&self.log);
        }
    }
}

/// A run under way.
struct Battle {
    run: Run,
    field: Field,
    relay: Relay,
    sprung: UnboundedReceiver<Sprung>,
    hands: Vec<Hand>,
    hired: usize,
    dice: Dice,
    faults: Vec<Fault>,
    audience: Vec<String>,
    published: usize,
}

impl Battle {
    async fn begin(run: Run) -> Self {
        let mut dice = Dice::of(run.seed);
        let moods = plan::moods(&mut dice, run.recipients);
        // Windows go out in the order of their numbers; their moods are mixed.
        let audience = (0..run.recipients).map(plan::address).collect();
        let relay_dice = Dice::of(run.seed ^ 0x5eed);
        let (relay, sprung) = Relay::open(&format!("{}_{}", run.transport, run.seed), moods, relay_dice);
        let field = Field::prepare("faults", run.transport, 0).await;
        Self { run, field, relay, sprung, hands: vec![], hired: 0, dice, faults: vec![], audience, published: 0 }
    }

    async fn hire(&mut self) {
        self.hired += 1;
        let door = self.relay.door(self.hired % 2 == 1).await;
        let name = format!("worker_{}_{}.log", std::process::id(), self.hired);
        let log = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        let child = self.field.talkative_worker(door.port, &log);
        door.expect(child.id());
        self.hands.push(Hand { child, door, log });
    }

    /// F5: one worker, then two, then five.
    async fn man(&mut self, wanted: usize) {
        while self.hands.len() < wanted {
            self.hire().await;
        }
    }

    async fn publish(&mut self, up_to: usize) {
        let up_to = up_to.min(self.audience.len());
        if up_to > self.published {
            self.field.publish(&self.audience[self.published..up_to]).await;
            self.published = up_to;
        }
    }

    /// Who is begun at the relay, or stored there, and not settled in the database.
    async fn in_flight(&self, tokens: Option<&[Uuid]>) -> BTreeSet<String> {
        let touched = self.relay.touched();
        self.field.unsettled(tokens).await.intersection(&touched).cloned().collect()
    }

    /// A worker is dead: what it leaves behind.
    async fn bury(&mut self, at: usize, name: &'static str, from: chrono::DateTime<Utc>) {
        let mut hand = self.hands.swap_remove(at);
        hand.child.wait().expect("its end");
        tokio::time::sleep(AFTERMATH).await;
        let in_flight = self.in_flight(Some(&hand.tokens())).await;
        self.faults.push(Fault { name, from, until: Utc::now(), in_flight });
    }

    async fn kill(&mut self, at: usize, name: &'static str) {
        let from = Utc::now();
        if self.hands[at].door.spare() {
            self.hands[at].signal(Signal::KILL);
        }
        self.bury(at, name, from).await;
    }

    /// Waits until that worker has begun and copies go out, and a little longer.
    async fn amid_work(&mut self, at: usize) {
        self.hands[at].has_begun().await;
        let before = self.relay.count();
        let begin = Instant::now();
        while self.relay.count() == before && begin.elapsed() < TRAP / 2 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        self.dice.nap(1, 100).await;
    }

    async fn strike(&mut self, blow: Blow) {
        let at = self.dice.below(self.hands.len());
        match blow {
            Blow::Trap(point) => {
                let others = self.dice.below(if matches!(point, Point::Connected | Point::Hello) { 2 } else { 10 });
                self.relay.arm(point, if point == Point::Refused { 0 } else { others });
                let from = Utc::now();
                let mut report = tokio::time::timeout(TRAP, self.sprung.recv()).await.ok().flatten();
                if report.is_none() && !self.relay.disarm() {
                    // It went off just now, and the kill may still wait for its time.
                    report = tokio::time::timeout(TRAP, self.sprung.recv()).await.ok().flatten();
                }
                match report {
                    Some(Sprung { process, point }) => {
                        let of = |h: &Hand| i64::from(h.child.id()) == i64::from(process);
                        let at = self.hands.iter().position(of).expect("one of ours");
                        self.bury(at, point.name(), from).await;
                    }
                    None => self.kill(at, Blow::Anytime.name()).await,
                }
            }
            Blow::Anytime => {
                self.amid_work(at).await;
                self.kill(at, blow.name()).await;
            }
            Blow::Hurried => {
                self.amid_work(at).await;
                self.hands[at].signal(Signal::TERM);
                self.dice.nap(1, 60).await;
                self.kill(at, blow.name()).await;
            }
            Blow::Asked => {
                self.amid_work(at).await;
                let mut hand = self.hands.swap_remove(at);
                hand.stop().await;
                let left = self.field.unsettled(Some(&hand.tokens())).await;
                assert_eq!(left, BTreeSet::new(), "an orderly stop gives everything back");
            }
            Blow::Database => {
                // A worker that finds no database as it starts ends; starting it again is its supervisor's work.
                for hand in &self.hands {
                    hand.has_begun().await;
                }
                self.amid_work(at).await;
                let from = Utc::now();
                self.field.tear_down_database();
                self.field.bring_up_database().await;
                let mut in_flight = self.in_flight(None).await;
                // Leases that ran out meanwhile end copies that are still being handed over.
                tokio::time::sleep(LEASE / 2).await;
                in_flight.extend(self.in_flight(None).await);
                self.faults.push(Fault { name: blow.name(), from, until: Utc::now(), in_flight });
            }
            Blow::Suspended => {
                self.amid_work(at).await;
                let from = Utc::now();
                self.hands[at].signal(Signal::STOP);
                tokio::time::sleep(AFTERMATH).await;
                let in_flight = self.in_flight(Some(&self.hands[at].tokens())).await;
                tokio::time::sleep(LEASE + Duration::from_millis(200)).await;
                // An heir takes back at once what has no lease.
                self.hire().await;
                self.dice.nap(1200, 2000).await;
                self.hands[at].signal(Signal::CONT);
                tokio::time::sleep(Duration::from_secs(1)).await;
                self.faults.push(Fault { name: blow.name(), from, until: Utc::now(), in_flight });
                let heir = self.hands.len() - 1;
                self.kill(heir, Blow::Anytime.name()).await;
            }
            Blow::Unreachable => {
                self.hands[at].door.shut();
                self.dice.nap(300, 1000).await;
                self.hands[at].door.reopen().await;
            }
        }
    }

    fn blows(&mut self) -> Vec<Blow> {
        let kills: Vec<Blow> = Point::ALL
            .into_iter()
            .map(Blow::Trap)
            .chain([Blow::Anytime, Blow::Hurried, Blow::Trap(Point::Dot)])
            .collect();
        let others = [Blow::Database, Blow::Suspended, Blow::Asked, Blow::Unreachable];
        let pick = |dice: &mut Dice, of: &[Blow], n: usize| if n < of.len() { of[n] } else { of[dice.below(of.len())] };
        let mut blows: Vec<Blow> = (0..self.run.kills).map(|n| pick(&mut self.dice, &kills, n)).collect();
        blows.extend((0..self.run.others).map(|n| pick(&mut self.dice, &others, n)));
        for n in (1..blows.len()).rev() {
            blows.swap(n, self.dice.below(n + 1));
        }
        blows
    }

    /// Until nothing is left to do.
    async fn settle(&mut self) {
        let begin = Instant::now();
        self.man(2).await;
        while !self.field.is_quiet().await {
            assert!(
                begin.elapsed() < Duration::from_secs(180),
                "I7, seed {}: no rest: {:?}",
                self.run.seed,
                self.field.unsettled(None).await
            );
            self.field.hurry().await;
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        for mut hand in std::mem::take(&mut self.hands) {
            hand.stop().await;
        }
    }
}

/// Plays a run and judges it.
async fn play(run: Run) -> Figures {
    let _alone = ALONE.lock().await;
    let begin = Instant::now();
    let (seed, talks) = (run.seed, run.talks);
    println!(
        "seed {seed}: {} recipients, {} kills, {} other faults, {}",
        run.recipients, run.kills, run.others, run.transport
    );
    let mut battle = Battle::begin(run).await;
    let blows = battle.blows();
    for (n, blow) in blows.iter().enumerate() {
        battle.publish(battle.run.recipients * (n + 1) / blows.len()).await;
        battle.man([1, 2, 5][n * 3 / blows.len()]).await;
        battle.strike(*blow).await;
        battle.field.hurry().await;
        if talks && (n + 1) % 10 == 0 {
            println!(
                "{:>5} s: {} of {} faults, {} windows due",
                begin.elapsed().as_secs(),
                n + 1,
                blows.len(),
                battle.published
            );
        }
    }
    battle.settle().await;
    let evidence = Evidence {
        audience: battle.audience.iter().cloned().collect(),
        rows: battle.field.evidence().await,
        ledger: battle.relay.ledger(),
        faults: std::mem::take(&mut battle.faults),
    };
    let (findings, figures) = check::check(&evidence);
    table(&battle.run, &evidence.faults, &figures, begin.elapsed());
    for finding in &findings {
        println!("seed {seed}: {finding}");
        for line in evidence.ledger.iter().filter(|line| line.to == finding.who) {
            println!("    {line:?}");
        }
        println!("    {:?}", evidence.rows.get(&finding.who));
    }
    if !findings.is_empty() {
        for fault in &evidence.faults {
            println!("{} from {} until {} with {:?}", fault.name, fault.from, fault.until, fault.in_flight);
        }
    }
    assert!(findings.is_empty(), "seed {seed}: {} findings, the first: {}", findings.len(), findings[0]);
    assert!(figures.extra <= figures.allowed, "I3, seed {seed}");
    figures
}

fn table(run: &Run, faults: &[Fault], figures: &Figures, took: Duration) {
    // A suspended worker's heir is killed as well.
    let kills = faults.iter().filter(|f| ![Blow::Database.name(), Blow::Suspended.name()].contains(&f.name)).count();
    let mut by_name: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for fault in faults {
        let entry = by_name.entry(fault.name).or_default();
        entry.0 += 1;
        entry.1 += fault.in_flight.len();
    }
    println!("| Fault | Times | In flight |\n|---|---:|---:|");
    for (name, (times, in_flight)) in by_name {
        println!("| {name} | {times} | {in_flight} |");
    }
    println!(
        "\n| Seed | Transport | Recipients | Kills | Lost | Outsiders | Extra copies | Allowed | Sent | Refused | Seconds |"
    );
    println!("|---:|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
    println!(
        "| {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |",
        run.seed,
        run.transport,
        figures.recipients,
        kills,
        figures.lost,
        figures.outsiders,
        figures.extra,
        figures.allowed,
        figures.sent,
        figures.refused,
        took.as_secs()
    );
}

async fn short(seed: u64, transport: &'static str) {
    play(Run { seed, transport, recipients: 600, kills: 14, others: 4, talks: false }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_crash_point_once_with_pipelining() {
    short(1, "pipelined").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_crash_point_once_step_by_step() {
    short(2, "stepwise").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_crash_point_once_in_another_order() {
    short(3, "pipelined").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes long; scripts/faults runs it"]
async fn a_long_run() {
    let given = |name: &str| std::env::var(name).ok().map(|v| v.parse().expect("a number"));
    let seed = given("FAULTS_SEED").unwrap_or_else(|| Uuid::new_v4().as_u64_pair().0);
    let kills = given("FAULTS_KILLS").unwrap_or(200) as usize;
    let recipients = given("FAULTS_RECIPIENTS").unwrap_or(15_000) as usize;
    let transport =
        if std::env::var("FAULTS_TRANSPORT").is_ok_and(|t| t == "stepwise") { "stepwise" } else { "pipelined" };
    play(Run { seed, transport, recipients, kills, others: 4 + kills / 10, talks: true }).await;
}
