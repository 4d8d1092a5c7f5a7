//! What a relay says, cut into answers. Pure: bytes go in as they come, answers come out whole.

/// The most that is kept of a relay that says much and finishes nothing.
const LIMIT: usize = 64 * 1024;

/// What the relay says is no SMTP. Nothing that follows can be told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Garbled;

/// One answer, of one line or several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer<'a> {
    /// Its status code, 200 to 599.
    pub code: u16,
    /// Its lines with their codes, each ended by CRLF.
    lines: &'a [u8],
}

/// How an answer goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// 2xx.
    Done,
    /// 3xx: more is wanted.
    GoOn,
    /// 4xx.
    Later,
    /// 5xx.
    Never,
}

impl<'a> Answer<'a> {
    /// What its first digit says.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self.code {
            ..300 => Kind::Done,
            300..400 => Kind::GoOn,
            400..500 => Kind::Later,
            500.. => Kind::Never,
        }
    }

    /// The words of each line, without the code.
    pub fn words(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        self.lines.split_inclusive(|b| *b == b'\n').map(|line| {
            let line = line.strip_suffix(b"\r\n").unwrap_or(line);
            line.get(4..).unwrap_or_default()
        })
    }

    /// The words of the first line; what is not ASCII is lost.
    #[must_use]
    pub fn text(&self) -> String {
        let first = self.words().next().unwrap_or_default();
        first.iter().take(128).map(|b| if b.is_ascii() { char::from(*b) } else { '?' }).collect()
    }
}

/// What has come and was not taken yet.
#[derive(Debug, Default)]
pub struct Answers {
    bytes: Vec<u8>,
    /// Where the next answer begins.
    begin: usize,
    /// Up to where there is no end of it.
    seen: usize,
}

impl Answers {
    /// Takes in what has come.
    pub fn hear(&mut self, bytes: &[u8]) {
        if self.begin == self.bytes.len() {
            self.bytes.clear();
            (self.begin, self.seen) = (0, 0);
        } else if self.begin > LIMIT {
            self.bytes.drain(..self.begin);
            self.seen -= self.begin;
            self.begin = 0;
        }
        self.bytes.extend_from_slice(bytes);
    }

    /// Whether nothing has come that was not taken.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.begin == self.bytes.len()
    }

    /// The next answer, if it is whole.
    ///
    /// # Errors
    /// [`Garbled`].
    pub fn take(&mut self) -> Result<Option<Answer<'_>>, Garbled> {
        let Some(first) = self.bytes.get(self.begin..) else { return Err(Garbled) };
        let code = match first.first_chunk::<3>() {
            Some(digits) => number(*digits)?,
            // Garbage without a line end is recognised as soon as it is more than the beginning of a code.
            None if first.iter().all(u8::is_ascii_digit) => return Ok(None),
            None => return Err(Garbled),
        };
        let digits = self.begin..self.begin + 3;
        loop {
            // `seen` stands at the beginning of a line.
            let start = self.seen;
            let Some(length) = self.bytes[start..].iter().position(|b| *b == b'\n') else {
                return if self.bytes.len() - self.begin > LIMIT { Err(Garbled) } else { Ok(None) };
            };
            let end = start + length + 1;
            let line = &self.bytes[start..end];
            if !line.ends_with(b"\r\n") || !line.starts_with(&self.bytes[digits.clone()]) {
                return Err(Garbled);
            }
            self.seen = end;
            match line[3] {
                b'-' if end - self.begin <= LIMIT => {}
                b' ' | b'\r' => {
                    let lines = self.begin..end;
                    self.begin = end;
                    return Ok(Some(Answer { code, lines: &self.bytes[lines] }));
                }
                _ => return Err(Garbled),
            }
        }
    }
}

fn number(digits: [u8; 3]) -> Result<u16, Garbled> {
    let whole = matches!(digits[0], b'2'..=b'5') && digits.iter().all(u8::is_ascii_digit);
    let value = digits.iter().fold(0, |sum, d| sum * 10 + u16::from(d.wrapping_sub(b'0')));
    if whole { Ok(value) } else { Err(Garbled) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Everything that comes out of `text`, heard in pieces of these sizes.
    fn heard(text: &[u8], sizes: &[usize]) -> Result<Vec<(u16, String)>, Garbled> {
        let (mut answers, mut rest, mut got) = (Answers::default(), text, Vec::new());
        let mut sizes = sizes.iter().cycle();
        while !rest.is_empty() {
            let (now, later) = rest.split_at(sizes.next().copied().unwrap_or(1).clamp(1, rest.len()));
            answers.hear(now);
            rest = later;
            while let Some(answer) = answers.take()? {
                got.push((answer.code, answer.text()));
            }
        }
        Ok(got)
    }

    #[test]
    fn answers_of_one_line_and_of_many() {
        let text = b"250 2.1.0 ok\r\n250-first\r\n250-second\r\n250 third\r\n354\r\n421 \xe3\x81\xaf\r\n";
        let expected = [(250, "2.1.0 ok"), (250, "first"), (354, ""), (421, "???")];
        let expected: Vec<_> = expected.iter().map(|(code, words)| (*code, (*words).to_owned())).collect();
        assert_eq!(heard(text, &[text.len()]), Ok(expected.clone()));
        assert_eq!(heard(text, &[1]), Ok(expected));
        let mut answers = Answers::default();
        answers.hear(b"250-relay\r\n250-PIPELINING\r\n250 SIZE 10\r\n");
        let answer = answers.take().expect("SMTP").expect("a whole answer");
        assert_eq!(answer.words().collect::<Vec<_>>(), [&b"relay"[..], b"PIPELINING", b"SIZE 10"]);
        assert_eq!(answer.kind(), Kind::Done);
        assert!(answers.is_empty());
    }

    #[test]
    fn what_is_no_smtp_is_garbled() {
        for text in [
            "hello\r\n",
            "はい\r\n",
            "250ok\r\n",
            "250\n",
            "250 ok\n",
            "150 x\r\n",
            "650 x\r\n",
            "25x y\r\n",
            "2\r\n",
            "\r\n",
            "250-a\r\n251 b\r\n",
            "250-a\r\nb\r\n",
            "250-a\r\n250\tb\r\n",
            "25\r\n0 a\r\n",
            "-50 a\r\n",
        ] {
            assert_eq!(heard(text.as_bytes(), &[text.len()]), Err(Garbled), "{text:?}");
        }
    }

    #[test]
    fn a_long_line_is_an_answer_and_an_endless_one_is_not() {
        let line = |n: usize| [b"250 ".to_vec(), vec![b'x'; n], b"\r\n".to_vec()].concat();
        assert_eq!(heard(&line(60_000), &[1500]).map(|got| got[0].0), Ok(250));
        assert_eq!(heard(&line(200_000), &[1500]), Err(Garbled));
        assert_eq!(heard(&b"250-go on\r\n".repeat(20_000), &[1500]), Err(Garbled));
        assert_eq!(heard(&b"250 ok\r\n".repeat(20_000), &[4096]).map(|got| got.len()), Ok(20_000), "many short ones");
    }

    proptest! {
        #[test]
        fn packets_do_not_matter(
            text in prop::collection::vec(prop_oneof![
                Just(b"250 2.0.0 kept\r\n".to_vec()), Just(b"250-a\r\n250 b\r\n".to_vec()), Just(b"354 go\r\n".to_vec()),
                Just(b"550-5.1.1 <a@b.example>\r\n550 5.1.1 unknown\r\n".to_vec()), Just(b"\r\n".to_vec()), Just(b"x".to_vec()),
            ], 0..12),
            sizes in prop::collection::vec(1_usize..9, 1..6)
        ) {
            let text = text.concat();
            prop_assert_eq!(heard(&text, &sizes), heard(&text, &[text.len().max(1)]));
        }

        #[test]
        fn nothing_makes_it_panic(text in prop::collection::vec(any::<u8>(), 0..300), size in 1_usize..40) {
            let _ = heard(&text, &[size]);
        }
    }
}
