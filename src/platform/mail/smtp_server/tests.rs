use std::sync::Mutex;

use proptest::prelude::*;
use tokio::io::AsyncReadExt;

use super::*;

#[derive(Default)]
struct Box(Mutex<Vec<Received>>);

impl Reception for Box {
    async fn keep(&self, mail: Received) -> bool {
        self.0.lock().expect("the box").push(mail);
        true
    }
}

/// Says everything at once and reads what comes back.
async fn talk(input: &[u8]) -> (String, Vec<Received>) {
    let reception = Box::default();
    let (mut ours, mut theirs) = tokio::io::duplex(1 << 24);
    ours.write_all(input).await.expect("writing");
    ours.shutdown().await.expect("closing");
    converse(&mut theirs, &reception).await.expect("a conversation");
    drop(theirs);
    let mut said = Vec::new();
    ours.read_to_end(&mut said).await.expect("reading");
    (String::from_utf8(said).expect("text"), reception.0.into_inner().expect("the box"))
}

fn codes(said: &str) -> Vec<&str> {
    said.lines().filter(|l| l.as_bytes().get(3) == Some(&b' ')).map(|l| &l[..3]).collect()
}

#[tokio::test]
async fn a_mail_comes_in_with_its_dots_undone() {
    let (said, mails) = talk(
        b"EHLO a\r\nMAIL FROM:<a@b.example> SIZE=3\r\nRCPT TO:<\"c.\"@d.example>\r\nDATA\r\n..x\r\n.y\r\nz\r\n.\r\nQUIT\r\n",
    )
    .await;
    assert_eq!(codes(&said), ["220", "250", "250", "250", "354", "250", "221"]);
    let mail = Received {
        from: "a@b.example".into(),
        to: vec!["\"c.\"@d.example".into()],
        content: b".x\r\ny\r\nz\r\n".into(),
    };
    assert_eq!(mails, [mail]);
}

#[tokio::test]
async fn line_ends_that_stand_alone_end_nothing() {
    for smuggled in ["a\n.\nMAIL FROM:<x@y.example>", "a\r.\r", "\n.\r", "a\n.\r\nb"] {
        let input = format!(
            "EHLO a\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n{smuggled}\r\n.\r\nQUIT\r\n"
        );
        let (said, mails) = talk(input.as_bytes()).await;
        assert_eq!(codes(&said).last(), Some(&"221"), "{said}");
        assert!(mails.is_empty() && said.contains("550 5.6.0"), "{smuggled:?}: {said}");
    }
}

#[tokio::test]
async fn commands_out_of_order_are_refused() {
    let (said, mails) = talk(
        b"MAIL FROM:<a@b.example>\r\nDATA\r\nEHLO a\r\nRCPT TO:<c@d.example>\r\nMAIL FROM:a@b\r\nMAIL FROM:<>\r\nMAIL FROM:<a@b.example>\r\nRSET\r\nDATA\r\nFOO\r\nNOOP\n",
    )
    .await;
    assert_eq!(codes(&said), ["220", "503", "503", "250", "503", "501", "250", "503", "250", "503", "500", "500"]);
    assert!(mails.is_empty());
}

#[tokio::test]
async fn long_lines_and_long_mails_are_read_and_refused() {
    let head = "EHLO a\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n";
    let long = format!("{head}{}\r\n.\r\n{head}", "x".repeat(70_000));
    let (said, mails) = talk(long.as_bytes()).await;
    assert!(said.contains("500 5.6.0") && mails.is_empty(), "{said}");
    let many = format!("{head}{}.\r\nQUIT\r\n", "0123456789\r\n".repeat(SIZE_LIMIT / 12 + 1));
    let (said, mails) = talk(many.as_bytes()).await;
    assert!(said.contains("552") && said.ends_with("bye\r\n") && mails.is_empty(), "{said}");
    let (said, _) = talk(&[b"a".repeat(5000), b"\r\n".to_vec()].concat()).await;
    assert_eq!(codes(&said), ["220", "500"]);
}

proptest! {
    #[test]
    fn garbage_never_panics_it(input in proptest::collection::vec(
        prop_oneof![Just(b'\r'), Just(b'\n'), Just(b'.'), Just(b' '), any::<u8>()], 0..400), proper: bool) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let head: &[u8] = if proper { b"EHLO a\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n" } else { b"" };
        let (said, _) = runtime.block_on(talk(&[head, &input].concat()));
        prop_assert!(said.starts_with("220 "));
    }
}
