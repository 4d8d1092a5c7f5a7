//! One mail's way through a conversation, without the line it goes over: what is said, and what the answers come to.

use lettre::Address;

use super::answers::{Answer, Kind};
use crate::platform::mail::relay::SendResult;
use crate::platform::mail::reply::{Reply, Stage};
use crate::platform::mail::sheet::AddressedCopy;

/// What is said before a text. With PIPELINING all of it goes out at once.
pub const ENVELOPE: [Stage; 3] = [Stage::Sender, Stage::Recipient, Stage::Data];

/// How the relay answered the envelope so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Envelope {
    heard: [Option<Heard>; 3],
}

/// One answer, as much of it as matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heard {
    kind: Kind,
    reply: Reply,
}

/// What follows after the envelope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Course {
    /// The text.
    Text,
    /// Nothing: this mail is over. The next one begins with RSET.
    Over(SendResult),
    /// This mail is over, but the relay waits for a text, though it has no recipient for it: a dot alone ends that.
    /// Whatever is answered to the dot, nothing was sent.
    Dot(SendResult),
    /// This mail is over, and so is the conversation: it is closed without a further word.
    Close(SendResult),
}

impl Heard {
    /// An answer at a stage.
    #[must_use]
    pub fn of(stage: Stage, answer: &Answer<'_>) -> Self {
        Self { kind: answer.kind(), reply: Reply::answered(stage, answer.code, &answer.text()) }
    }

    /// Whether the relay announced that it hangs up.
    #[must_use]
    pub fn says_goodbye(self) -> bool {
        self.reply.code == 421
    }

    fn blame(self, permanent: fn(Reply) -> SendResult) -> SendResult {
        match self.kind {
            Kind::Never => permanent(self.reply),
            Kind::Later => SendResult::TryLater(self.reply),
            // An answer that has no place here: what the relay means is unknown.
            Kind::Done | Kind::GoOn => SendResult::TryLater(Reply::at(self.reply.stage)),
        }
    }

    /// What the answer to a text comes to, and whether the conversation can go on after it.
    #[must_use]
    pub fn after_text(self) -> (SendResult, bool) {
        match self.kind {
            Kind::Done => (SendResult::Sent(self.reply), true),
            Kind::GoOn => (SendResult::TryLater(Reply::at(self.reply.stage)), false),
            Kind::Later | Kind::Never => (self.blame(SendResult::Refused), !self.says_goodbye()),
        }
    }
}

impl Envelope {
    /// The stage whose answer comes next; none after the last one.
    #[must_use]
    pub fn next(&self) -> Option<Stage> {
        ENVELOPE.into_iter().zip(self.heard).find(|(_, heard)| heard.is_none()).map(|(stage, _)| stage)
    }

    /// Takes in the next answer.
    pub fn hear(&mut self, heard: Heard) {
        if let Some(place) = self.heard.iter_mut().find(|place| place.is_none()) {
            *place = Some(heard);
        }
    }

    /// Whether nothing but the text can follow what was heard so far. Where commands go out one by one, the first
    /// answer that is otherwise ends the envelope.
    #[must_use]
    pub fn goes_well(&self) -> bool {
        let wanted = [Kind::Done, Kind::Done, Kind::GoOn];
        self.heard.iter().flatten().zip(wanted).all(|(heard, wanted)| heard.kind == wanted)
    }

    /// What follows. An answer that did not come, because the command was not said or the line broke, is none.
    #[must_use]
    pub fn course(&self) -> Course {
        let [sender, recipient, data] = self.heard;
        let broken = |stage| Course::Close(SendResult::TryLater(Reply::at(stage)));
        let waits = data.is_some_and(|d| d.kind == Kind::GoOn);
        let ends = |heard: Heard, result| match (heard.says_goodbye(), heard.kind) {
            (true, _) | (_, Kind::Done | Kind::GoOn) => Course::Close(result),
            (false, Kind::Later | Kind::Never) if !waits => Course::Over(result),
            // No recipient: the dot is for nobody. With one, an empty mail would reach them.
            (false, Kind::Later | Kind::Never) if recipient.is_some_and(Heard::refuses) => Course::Dot(result),
            (false, Kind::Later | Kind::Never) => Course::Close(result),
        };
        match (sender, recipient, data) {
            (None, ..) => broken(Stage::Sender),
            (Some(s), ..) if s.kind != Kind::Done => ends(s, s.blame(SendResult::OursBroken)),
            (_, None, _) => broken(Stage::Recipient),
            (_, Some(r), _) if r.kind != Kind::Done => ends(r, r.blame(SendResult::Refused)),
            (.., None) => broken(Stage::Data),
            (.., Some(_)) if waits => Course::Text,
            // Neither surely the recipient's fault nor surely ours: time decides.
            (.., Some(d)) => ends(d, d.blame(SendResult::TryLater)),
        }
    }
}

impl Heard {
    fn refuses(self) -> bool {
        matches!(self.kind, Kind::Later | Kind::Never)
    }
}

/// Whether an address may stand between the angle brackets of a command. Ours went through a stricter rule; this one
/// keeps a second command from hiding in the first whatever happens there.
#[must_use]
pub fn is_sayable(address: &Address) -> bool {
    let text: &str = address.as_ref();
    text.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'<' | b'>'))
}

/// The command that says a stage of the envelope.
pub fn say(out: &mut Vec<u8>, stage: Stage, copy: &AddressedCopy) {
    let (verb, address) = match stage {
        Stage::Sender => ("MAIL FROM:<", &copy.from),
        Stage::Recipient => ("RCPT TO:<", &copy.to),
        _ => return out.extend_from_slice(b"DATA\r\n"),
    };
    out.extend_from_slice(verb.as_bytes());
    out.extend_from_slice(AsRef::<str>::as_ref(address).as_bytes());
    out.extend_from_slice(b">\r\n");
}

/// The text and the dot that ends it. It is ASCII and CRLF by construction; a dot at the start of a line is doubled
/// all the same.
pub fn write_text(out: &mut Vec<u8>, copy: &AddressedCopy) {
    for part in [copy.head.as_str(), &*copy.body] {
        // Both parts begin at the start of a line and end with CRLF. A base64 text has no dot at all.
        let mut rest = part;
        if rest.starts_with('.') {
            out.push(b'.');
        }
        while let Some(at) = rest.as_bytes().contains(&b'.').then(|| rest.find("\r\n.")).flatten() {
            let (line, after) = rest.split_at(at + 3);
            out.extend_from_slice(line.as_bytes());
            out.push(b'.');
            rest = after;
        }
        out.extend_from_slice(rest.as_bytes());
    }
    out.extend_from_slice(b".\r\n");
}

#[cfg(test)]
mod tests {
    use super::super::answers::Answers;
    use super::*;

    fn course(answers: [&str; 3]) -> Course {
        let mut envelope = Envelope::default();
        for answer in answers.iter().filter(|a| !a.is_empty()) {
            let Some(stage) = envelope.next() else { break };
            let mut heard = Answers::default();
            heard.hear(format!("{answer}\r\n").as_bytes());
            envelope.hear(Heard::of(stage, &heard.take().expect("SMTP").expect("whole")));
        }
        envelope.course()
    }

    fn at(stage: Stage, code: u16) -> Reply {
        Reply::answered(stage, code, "")
    }

    #[test]
    fn every_way_an_envelope_can_go() {
        use Course::{Close, Dot, Over, Text};
        use SendResult::{OursBroken, Refused, TryLater};
        use Stage::{Data, Recipient, Sender};
        let cases = [
            (["250", "250", "354"], Text),
            (["250", "251", "354"], Text),
            // Refused at one stage; the rest follows from it.
            (["550", "503", "503"], Over(OursBroken(at(Sender, 550)))),
            (["451", "503", "503"], Over(TryLater(at(Sender, 451)))),
            (["250", "550", "554"], Over(Refused(at(Recipient, 550)))),
            (["250", "450", "503"], Over(TryLater(at(Recipient, 450)))),
            (["250", "250", "451"], Over(TryLater(at(Data, 451)))),
            (["250", "250", "554"], Over(TryLater(at(Data, 554)))),
            // Said one by one, nothing follows a refusal.
            (["250", "550", ""], Over(Refused(at(Recipient, 550)))),
            (["550", "", ""], Over(OursBroken(at(Sender, 550)))),
            // The relay wants a text for nobody, or for somebody who must not get an empty one.
            (["250", "550", "354"], Dot(Refused(at(Recipient, 550)))),
            (["250", "450", "354"], Dot(TryLater(at(Recipient, 450)))),
            (["550", "550", "354"], Dot(OursBroken(at(Sender, 550)))),
            (["550", "250", "354"], Close(OursBroken(at(Sender, 550)))),
            // It hangs up, says what has no place, or nothing.
            (["421", "", ""], Close(TryLater(at(Sender, 421)))),
            (["250", "421", ""], Close(TryLater(at(Recipient, 421)))),
            (["250", "250", "421"], Close(TryLater(at(Data, 421)))),
            (["354", "250", "354"], Close(TryLater(Reply::at(Sender)))),
            (["250", "354", "354"], Close(TryLater(Reply::at(Recipient)))),
            (["250", "250", "250"], Close(TryLater(Reply::at(Data)))),
            (["", "", ""], Close(TryLater(Reply::at(Sender)))),
            (["250", "", ""], Close(TryLater(Reply::at(Recipient)))),
            (["250", "250", ""], Close(TryLater(Reply::at(Data)))),
        ];
        for (answers, expected) in cases {
            assert_eq!(course(answers), expected, "{answers:?}");
        }
    }

    #[test]
    fn the_text_is_sent_only_after_three_yeses() {
        let codes = ["220", "250", "334", "354", "421", "450", "500", "550", ""];
        for (a, b, c) in codes.iter().flat_map(|a| codes.iter().flat_map(move |b| codes.map(|c| (*a, *b, c)))) {
            let yes = |code: &str, first: char| code.starts_with(first);
            let all = yes(a, '2') && yes(b, '2') && yes(c, '3');
            assert_eq!(course([a, b, c]) == Course::Text, all, "{a} {b} {c}");
            if let Course::Dot(_) = course([a, b, c]) {
                assert!((yes(b, '4') || yes(b, '5')) && yes(c, '3'), "{a} {b} {c}");
            }
        }
    }

    fn copy(head: &str, body: &str) -> AddressedCopy {
        AddressedCopy {
            from: Address::new_dangerous("a", "b.example"),
            to: Address::new_dangerous("c", "d.example"),
            head: head.into(),
            body: body.into(),
        }
    }

    #[test]
    fn dots_at_line_starts_are_doubled() {
        let mut out = Vec::new();
        write_text(&mut out, &copy(".A: b\r\n..C: d\r\n\r\n", ".\r\n.x\r\ny.\r\n"));
        assert_eq!(String::from_utf8(out).expect("ASCII"), "..A: b\r\n...C: d\r\n\r\n..\r\n..x\r\ny.\r\n.\r\n");
    }

    #[test]
    fn commands_hold_one_address() {
        let mut out = Vec::new();
        for stage in ENVELOPE {
            say(&mut out, stage, &copy("", ""));
        }
        assert_eq!(out, b"MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n");
        assert!(is_sayable(&Address::new_dangerous("a", "b.example")));
        for local in ["a\r\nRSET", "a b", "a>", "\u{3042}"] {
            assert!(!is_sayable(&Address::new_dangerous(local, "b.example")), "{local}");
        }
    }
}
