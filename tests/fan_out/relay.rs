//! A relay with a plan: it treats each recipient by its mood, keeps a record on disk before it answers, and kills
//! the worker at the other end where it is told to. Each worker comes in by a door of its own.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::atomic::{AtomicI32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use ceptoar_portal::platform::mail::smtp_server::{self, Ending, Moment, Received, Reception, Verdict};
use chrono::Utc;
use rustix::process::{Pid, Signal, kill_process};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::Sleep;

use crate::check::{Event, Line};
use crate::field::Dice;
use crate::plan::{FOREVER, IN_TIME, Mood, Odd, Point};

/// Between two bytes of an answer that is split.
const PACKETS: Duration = Duration::from_millis(2);
/// M16: mails in one conversation.
const MAILS: usize = 25;
/// M16: conversations at a time, at every second door.
const CONVERSATIONS: usize = 3;

/// The relay.
pub struct Relay {
    shared: Arc<Shared>,
    path: PathBuf,
}

struct Shared {
    moods: BTreeMap<String, Mood>,
    file: Mutex<File>,
    /// Whose first visit at a moment is over.
    met: Mutex<HashSet<(u8, String)>>,
    /// Who is between RCPT and the end of the text.
    open: Mutex<HashMap<String, usize>>,
    trap: Mutex<Option<(Point, usize)>>,
    sprung: mpsc::UnboundedSender<Sprung>,
    copies: AtomicU64,
    dice: Mutex<Dice>,
}

/// A worker was killed by the relay.
#[derive(Debug)]
pub struct Sprung {
    pub process: i32,
    pub point: Point,
}

/// Where one worker comes in.
pub struct Door {
    shared: Arc<Shared>,
    side: Arc<Side>,
    pub port: u16,
    limited: bool,
    server: tokio::task::JoinHandle<()>,
}

/// What a door's conversations share.
struct Side {
    victim: AtomicI32,
    conversations: AtomicUsize,
}

impl Relay {
    /// A relay, and where it reports kills.
    pub fn open(name: &str, moods: BTreeMap<String, Mood>, dice: Dice) -> (Self, mpsc::UnboundedReceiver<Sprung>) {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("relay_{name}_{}.jsonl", std::process::id()));
        let (sprung, reports) = mpsc::unbounded_channel();
        let shared = Shared {
            moods,
            file: Mutex::new(File::create(&path).expect("a ledger")),
            met: Mutex::default(),
            open: Mutex::default(),
            trap: Mutex::default(),
            sprung,
            copies: AtomicU64::new(0),
            dice: Mutex::new(dice),
        };
        (Self { shared: Arc::new(shared), path }, reports)
    }

    /// A further door.
    pub async fn door(&self, limited: bool) -> Door {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let side = Arc::new(Side { victim: AtomicI32::new(0), conversations: AtomicUsize::new(0) });
        let server = tokio::spawn(receive(listener, self.shared.clone(), side.clone(), limited));
        Door { shared: self.shared.clone(), side, port, limited, server }
    }

    /// Kills the next worker that comes to this point, after so many others that do.
    pub fn arm(&self, point: Point, others: usize) {
        *lock(&self.shared.trap) = Some((point, others));
    }

    /// Whether the trap was still set.
    pub fn disarm(&self) -> bool {
        lock(&self.shared.trap).take().is_some()
    }

    /// Copies stored so far.
    pub fn count(&self) -> u64 {
        self.shared.copies.load(Ordering::SeqCst)
    }

    /// Everything on record.
    pub fn ledger(&self) -> Vec<Line> {
        let text = std::fs::read_to_string(&self.path).expect("the ledger");
        // The last line may be half written.
        let whole = text.split_inclusive('\n').filter(|l| l.ends_with('\n'));
        whole.map(|l| serde_json::from_str(l).expect("JSON")).collect()
    }

    /// Everybody who has a copy, or is about to.
    pub fn touched(&self) -> BTreeSet<String> {
        let mut touched: BTreeSet<String> = lock(&self.shared.open).keys().cloned().collect();
        let stored = |line: Line| matches!(line.event, Event::Stored { .. }).then_some(line.to);
        touched.extend(self.ledger().into_iter().filter_map(stored));
        touched
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        // Kept for whoever looks into a failure.
        if std::thread::panicking() {
            println!("the relay's record: {}", self.path.display());
        } else {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

impl Door {
    /// Who comes in here.
    pub fn expect(&self, process: u32) {
        self.side.victim.store(i32::try_from(process).expect("a process"), Ordering::SeqCst);
    }

    /// Takes the worker out of the relay's reach, so that it is killed only once.
    pub fn spare(&self) -> bool {
        self.side.victim.swap(0, Ordering::SeqCst) != 0
    }

    /// M1: nobody is let in, those inside may stay.
    pub fn shut(&self) {
        self.server.abort();
    }

    /// Lets people in again.
    pub async fn reopen(&mut self) {
        let listener = TcpListener::bind(("127.0.0.1", self.port)).await.expect("the same port");
        self.server = tokio::spawn(receive(listener, self.shared.clone(), self.side.clone(), self.limited));
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn receive(listener: TcpListener, shared: Arc<Shared>, side: Arc<Side>, limited: bool) {
    while let Ok((stream, _)) = listener.accept().await {
        let (shared, side) = (shared.clone(), side.clone());
        // Not tied to the listener: a relay that takes nobody new goes on with those it has.
        tokio::spawn(async move {
            let crowded = side.conversations.fetch_add(1, Ordering::SeqCst) >= CONVERSATIONS && limited;
            let talk = Talk {
                shared,
                side,
                crowded,
                mails: AtomicUsize::new(0),
                current: Mutex::default(),
                tempo: Tempo::default(),
            };
            let _ = stream.set_nodelay(true);
            let mut wire = Wire { stream, talk: &talk, nap: None };
            if let Ok(Ending::Reset) = smtp_server::converse(&mut wire, &talk).await {
                let _ = wire.stream.set_zero_linger();
            }
        });
    }
}

/// One conversation.
struct Talk {
    shared: Arc<Shared>,
    side: Arc<Side>,
    crowded: bool,
    mails: AtomicUsize,
    current: Mutex<Option<String>>,
    tempo: Tempo,
}

/// How bytes go in and out.
#[derive(Default)]
struct Tempo {
    /// Between two bytes.
    pace: Mutex<Option<Duration>>,
    /// After so many bytes of a text the worker is killed.
    cut: Mutex<Option<usize>>,
    /// Copies whose acceptance is in the next bytes.
    accepted: Mutex<Vec<(u64, String, Instant)>>,
    /// The worker is killed when the next bytes are out, or so long after.
    kill: Mutex<Option<(Point, Duration)>>,
}

impl Talk {
    fn record(&self, to: &str, event: Event) {
        let line = serde_json::to_string(&Line { at: Utc::now(), to: to.to_owned(), event }).expect("JSON");
        let mut file = lock(&self.shared.file);
        writeln!(file, "{line}").expect("a line");
        file.sync_data().expect("a line on disk");
    }

    fn store(&self, mail: &Received) -> u64 {
        let copy = self.shared.copies.fetch_add(1, Ordering::SeqCst);
        let whole = String::from_utf8(mail.content.clone()).expect("ASCII");
        assert!(whole.is_ascii());
        let (head, text) = whole.split_once("\r\n\r\n").expect("a message");
        let id = head.lines().find_map(|l| l.strip_prefix("Message-ID: ")).expect("an id").to_owned();
        let text = hex::encode(Sha256::digest(text));
        let event = Event::Stored { copy, id, from: mail.from.clone(), recipients: mail.to.len(), text };
        self.record(&mail.to[0], event);
        copy
    }

    /// Whether the trap for this point goes off now.
    fn springs(&self, point: Point) -> bool {
        let mut trap = lock(&self.shared.trap);
        match trap.as_mut() {
            Some((at, others)) if *at == point => {
                let now = *others == 0;
                if now {
                    *trap = None;
                } else {
                    *others -= 1;
                }
                now
            }
            Some(_) | None => false,
        }
    }

    fn kill(&self, point: Point) {
        kill(&self.shared, &self.side, point);
    }

    fn kill_once_said(&self, point: Point, after: Duration) {
        *lock(&self.tempo.kill) = Some((point, after));
    }

    fn is_first(&self, moment: Moment, to: &str) -> bool {
        lock(&self.shared.met).insert((moment as u8, to.to_owned()))
    }

    fn turn_to(&self, to: Option<&str>) {
        let mut open = lock(&self.shared.open);
        let before = std::mem::replace(&mut *lock(&self.current), to.map(ToOwned::to_owned));
        if let Some(count) = before.as_ref().and_then(|b| open.get_mut(b)) {
            *count -= 1;
        }
        open.retain(|_, count| *count > 0);
        if let Some(to) = to {
            *open.entry(to.to_owned()).or_default() += 1;
        }
    }

    fn greeting(&self) -> (Duration, Verdict) {
        if self.springs(Point::Connected) {
            self.kill(Point::Connected);
            return (Duration::ZERO, Verdict::Close);
        }
        if self.crowded {
            return (Duration::ZERO, Verdict::Say(421, "4.7.0 too many conversations"));
        }
        match lock(&self.shared.dice).below(100) {
            0 => (Duration::ZERO, Verdict::Say(421, "4.3.2 come back later")),
            1 => (Duration::ZERO, Verdict::Close),
            2 => (FOREVER, Verdict::Close),
            3 => (Duration::from_millis(800), Verdict::Accept),
            _ => (Duration::ZERO, Verdict::Accept),
        }
    }

    fn sender(&self) -> (Duration, Verdict) {
        if self.springs(Point::Sender) {
            self.kill(Point::Sender);
            return (Duration::ZERO, Verdict::Close);
        }
        if self.springs(Point::OursBroken) {
            self.kill_once_said(Point::OursBroken, Duration::from_millis(100));
            return (Duration::ZERO, Verdict::Say(550, "5.7.1 not you"));
        }
        if self.mails.fetch_add(1, Ordering::SeqCst) >= MAILS {
            return (Duration::ZERO, Verdict::Say(421, "4.7.0 enough for one conversation"));
        }
        (Duration::ZERO, Verdict::Accept)
    }

    fn recipient(&self, to: &str, mood: Mood) -> (Duration, Verdict) {
        self.turn_to(Some(to));
        if self.springs(Point::Recipient) {
            self.kill(Point::Recipient);
            return (Duration::ZERO, Verdict::Close);
        }
        let verdict = match mood {
            Mood::Dead(code) => {
                if self.springs(Point::Refused) {
                    self.kill_once_said(Point::Refused, Duration::ZERO);
                }
                self.record(to, Event::Refused { code });
                Verdict::Say(code, "5.1.1 unknown")
            }
            // MAIL is answered before it is known whose mail it is.
            Mood::PutOff(Moment::Recipient | Moment::Sender, code) if self.is_first(Moment::Recipient, to) => {
                Verdict::Say(code, "4.2.2 not now")
            }
            Mood::Grey if self.is_first(Moment::Recipient, to) => Verdict::Say(451, "4.7.1 greylisted"),
            Mood::Mute if self.is_first(Moment::Recipient, to) => return (FOREVER, Verdict::Close),
            _ if self.springs(Point::PutOff) => {
                self.kill_once_said(Point::PutOff, Duration::ZERO);
                Verdict::Say(451, "4.3.0 not now")
            }
            _ => Verdict::Accept,
        };
        if verdict != Verdict::Accept {
            self.turn_to(None);
        }
        (Duration::ZERO, verdict)
    }

    fn data(&self, to: &str, mood: Mood) -> Verdict {
        if matches!(mood, Mood::PutOff(Moment::Data, _)) && self.is_first(Moment::Data, to) {
            return Verdict::Say(451, "4.3.0 not now");
        }
        if self.springs(Point::Text) {
            *lock(&self.tempo.cut) = Some(500 + lock(&self.shared.dice).below(3000));
        }
        Verdict::Accept
    }

    fn end(&self, mail: &Received, to: &str, mood: Mood) -> (Duration, Verdict) {
        let pace = Duration::from_millis(8);
        let first = self.is_first(Moment::End, to);
        let kept_nothing = match mood {
            Mood::Unwanted => {
                self.record(to, Event::Refused { code: 554 });
                Some(Verdict::Say(554, "5.6.0 not wanted"))
            }
            Mood::PutOff(Moment::End, code) if first => Some(Verdict::Say(code, "4.3.0 not now")),
            Mood::Close if first => Some(Verdict::Close),
            _ => None,
        };
        if let Some(verdict) = kept_nothing {
            self.turn_to(None);
            return (pace, verdict);
        }
        let copy = self.store(mail);
        let stored = Instant::now();
        self.turn_to(None);
        if self.springs(Point::Dot) {
            self.kill(Point::Dot);
            return (Duration::ZERO, Verdict::KeepAndClose);
        }
        for point in [Point::Answered, Point::Settling] {
            if self.springs(point) {
                let after = if point == Point::Answered { 0 } else { 1 + lock(&self.shared.dice).below(15) };
                self.kill_once_said(point, Duration::from_millis(after as u64));
            }
        }
        let (wait, verdict, understood) = match mood {
            Mood::KeepAndClose if first => (pace, Verdict::KeepAndClose, false),
            Mood::Reset if first => (pace, Verdict::KeepAnswerAndReset, true),
            Mood::Odd(odd) if first => {
                if odd == Odd::Split {
                    *lock(&self.tempo.pace) = Some(PACKETS);
                }
                (pace, Verdict::Bytes(odd.bytes()), odd.is_clear())
            }
            Mood::Dribble if first => {
                *lock(&self.tempo.pace) = Some(Duration::from_millis(600));
                (pace, Verdict::Accept, true)
            }
            Mood::Slow(wait) if first => (wait, Verdict::Accept, true),
            _ => (pace, Verdict::Accept, true),
        };
        if understood {
            lock(&self.tempo.accepted).push((copy, to.to_owned(), stored));
        }
        (wait, verdict)
    }

    /// The bytes so far are out.
    fn said(&self) {
        *lock(&self.tempo.pace) = None;
        for (copy, to, stored) in std::mem::take(&mut *lock(&self.tempo.accepted)) {
            // Later, the worker may have gone: an answer waits behind the next recipient, if that one is mute.
            if stored.elapsed() < IN_TIME {
                self.record(&to, Event::Answered { copy });
            }
        }
        let Some((point, after)) = lock(&self.tempo.kill).take() else { return };
        if after.is_zero() {
            return self.kill(point);
        }
        let (shared, side) = (self.shared.clone(), self.side.clone());
        tokio::spawn(async move {
            tokio::time::sleep(after).await;
            kill(&shared, &side, point);
        });
    }
}

fn kill(shared: &Shared, side: &Side, point: Point) {
    let process = side.victim.swap(0, Ordering::SeqCst);
    let Some(pid) = Pid::from_raw(process) else { return };
    kill_process(pid, Signal::KILL).expect("a kill");
    let _ = shared.sprung.send(Sprung { process, point });
}

impl Drop for Talk {
    fn drop(&mut self) {
        self.turn_to(None);
        self.side.conversations.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Reception for Talk {
    async fn judge(&self, moment: Moment, mail: &Received) -> Verdict {
        let to = mail.to.last().map_or("", String::as_str);
        // An outsider is taken in as well: the record has to show it.
        let mood = self.shared.moods.get(to).copied().unwrap_or(Mood::Good);
        let (wait, verdict) = match moment {
            Moment::Greeting => self.greeting(),
            Moment::Hello if self.springs(Point::Hello) => {
                self.kill(Point::Hello);
                (Duration::ZERO, Verdict::Close)
            }
            Moment::Sender => self.sender(),
            Moment::Recipient => self.recipient(to, mood),
            Moment::Data => (Duration::ZERO, self.data(to, mood)),
            Moment::End => self.end(mail, to, mood),
            Moment::Hello | Moment::StartTls => (Duration::ZERO, Verdict::Accept),
        };
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
        verdict
    }

    /// Kept when it was judged, before any waiting.
    async fn keep(&self, _: Received) -> bool {
        true
    }
}

/// The line of a conversation.
struct Wire<'a> {
    stream: TcpStream,
    talk: &'a Talk,
    nap: Option<Pin<Box<Sleep>>>,
}

impl AsyncRead for Wire<'_> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let talk = self.talk;
        let Some(left) = *lock(&talk.tempo.cut) else { return Pin::new(&mut self.stream).poll_read(cx, buf) };
        if left == 0 {
            // What is still in the system's buffers is thrown away, and what was read as well.
            *lock(&talk.tempo.cut) = None;
            talk.kill(Point::Text);
            return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()));
        }
        let mut few = vec![0; left.min(buf.remaining())];
        let mut part = ReadBuf::new(&mut few);
        ready!(Pin::new(&mut self.stream).poll_read(cx, &mut part))?;
        buf.put_slice(part.filled());
        *lock(&talk.tempo.cut) = Some(left - part.filled().len());
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Wire<'_> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let pace = *lock(&self.talk.tempo.pace);
        let part = match pace {
            None => bytes,
            Some(pace) => {
                let nap = self.nap.get_or_insert_with(|| Box::pin(tokio::time::sleep(pace)));
                ready!(nap.as_mut().poll(cx));
                self.nap = None;
                &bytes[..1]
            }
        };
        let written = ready!(Pin::new(&mut self.stream).poll_write(cx, part))?;
        if written == bytes.len() {
            self.talk.said();
        }
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
