//! What the relay does with each recipient, drawn from a seed; and at which points workers are killed.

use std::collections::BTreeMap;
use std::time::Duration;

use ceptoar_portal::platform::mail::smtp_server::Moment;

use crate::field::Dice;

/// How long a worker waits for one mail.
pub const DEADLINE: Duration = Duration::from_secs(5);
/// Longer than that.
pub const FOREVER: Duration = Duration::from_millis(6500);
/// An answer within this time after the dot is heard, whatever the mail waited for before.
pub const IN_TIME: Duration = Duration::from_secs(3);

/// How the relay treats a recipient. All but the refusals happen at the first visit only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// Takes the mail.
    Good,
    /// M5: refuses at RCPT, whenever asked.
    Dead(u16),
    /// M7: refuses after the dot, whenever asked.
    Unwanted,
    /// M3: not now, at this moment.
    PutOff(Moment, u16),
    /// M4: not now at RCPT; then the same sender must come again.
    Grey,
    /// M8: keeps the mail and closes without an answer.
    KeepAndClose,
    /// M9: closes after the dot and keeps nothing.
    Close,
    /// M10: keeps, says 250, resets.
    Reset,
    /// M11: keeps the mail and answers oddly.
    Odd(Odd),
    /// M12: keeps the mail and answers one byte at a time, past every deadline.
    Dribble,
    /// M2, M12: says nothing to RCPT until the deadline.
    Mute,
    /// Answers late, within the deadline.
    Slow(Duration),
}

/// An odd acceptance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Odd {
    /// Byte by byte.
    Split,
    /// In three lines.
    Lines,
    /// With 64 KiB of words.
    Long,
    /// With words that are no ASCII.
    Foreign,
    /// No SMTP at all.
    Garbage,
    /// 252.
    Other,
}

impl Odd {
    /// What goes out.
    pub fn bytes(self) -> Vec<u8> {
        match self {
            Self::Split => b"250 2.0.0 kept\r\n".to_vec(),
            Self::Lines => b"250-2.0.0 kept\r\n250-and\r\n250 kept\r\n".to_vec(),
            Self::Long => [b"250 ".as_slice(), &[b'x'; 65536], b"\r\n"].concat(),
            Self::Foreign => "250 2.0.0 受領\r\n".as_bytes().to_vec(),
            Self::Garbage => b"\x00\xff kept?\r\n".to_vec(),
            Self::Other => b"252 2.0.0 kept\r\n".to_vec(),
        }
    }

    /// Whether a worker must understand it. Of the others it may think that nothing is known.
    pub fn is_clear(self) -> bool {
        matches!(self, Self::Split | Self::Lines | Self::Other)
    }
}

/// Where in a worker's work it is killed by the relay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Point {
    /// K3: claimed and connected, nothing said.
    Connected,
    /// K4: at EHLO.
    Hello,
    /// K5: at MAIL.
    Sender,
    /// K5: at RCPT.
    Recipient,
    /// K6: in the middle of the text.
    Text,
    /// K7: the dot came and the mail is kept; no answer.
    Dot,
    /// K8: the 250 is out.
    Answered,
    /// K9, K10: some milliseconds after a 250, as its outcome is written down.
    Settling,
    /// K11: a 451 is out.
    PutOff,
    /// K12: a 550 is out.
    Refused,
    /// M6: a 550 to MAIL is out; killed before the long pause is over.
    OursBroken,
}

impl Point {
    pub const ALL: [Self; 11] = [
        Self::Connected,
        Self::Hello,
        Self::Sender,
        Self::Recipient,
        Self::Text,
        Self::Dot,
        Self::Answered,
        Self::Settling,
        Self::PutOff,
        Self::Refused,
        Self::OursBroken,
    ];

    /// Its row in docs/reliability.md.
    pub fn name(self) -> &'static str {
        match self {
            Self::Connected => "K3 before the greeting",
            Self::Hello => "K4 at EHLO",
            Self::Sender => "K5 at MAIL",
            Self::Recipient => "K5 at RCPT",
            Self::Text => "K6 in the text",
            Self::Dot => "K7 after the dot",
            Self::Answered => "K8 after the 250",
            Self::Settling => "K9/K10 while settling",
            Self::PutOff => "K11 after a 451",
            Self::Refused => "K12 after a 550",
            Self::OursBroken => "M6 after a 550 to MAIL",
        }
    }
}

/// The n-th recipient.
pub fn address(n: usize) -> String {
    format!("window{n}@bank.example")
}

/// A mood for everybody: each mood once, then most of them good.
pub fn moods(dice: &mut Dice, recipients: usize) -> BTreeMap<String, Mood> {
    use Moment::{Data, End, Recipient, Sender};
    let odd = [Odd::Split, Odd::Lines, Odd::Long, Odd::Foreign, Odd::Garbage, Odd::Other].map(Mood::Odd);
    let put_off = [(Sender, 450), (Recipient, 452), (Data, 451), (End, 451)].map(|(at, code)| Mood::PutOff(at, code));
    let mut each: Vec<Mood> = [
        Mood::Dead(550),
        Mood::Dead(553),
        Mood::Grey,
        Mood::KeepAndClose,
        Mood::Close,
        Mood::Reset,
        Mood::Slow(Duration::from_millis(300)),
        Mood::Slow(Duration::from_millis(1300)),
    ]
    .into_iter()
    .chain(odd)
    .chain(put_off)
    .collect();
    let common = each.len();
    // These cost a deadline each, or look like a relay that refuses us: few of them.
    each.extend([Mood::Unwanted, Mood::Dribble, Mood::Mute]);
    let mut moods: Vec<Mood> = (0..recipients)
        .map(|n| match n {
            n if n < each.len() => each[n],
            _ => match dice.below(1000) {
                0..200 => each[dice.below(common)],
                200..206 => each[common + dice.below(3)],
                _ => Mood::Good,
            },
        })
        .collect();
    for n in (1..moods.len()).rev() {
        moods.swap(n, dice.below(n + 1));
    }
    moods.into_iter().enumerate().map(|(n, mood)| (address(n), mood)).collect()
}
