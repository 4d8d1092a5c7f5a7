//! The mail listener, spoken to by somebody who follows no rules.

use std::sync::LazyLock;

use ceptoar_portal::platform::mail::smtp_server::{Received, Reception, SIZE_LIMIT, converse};
use tokio::io::AsyncWriteExt;
use tokio::runtime::{Builder, Runtime};

struct Keeper;

impl Reception for Keeper {
    async fn keep(&self, mail: Received) -> bool {
        assert!(!mail.to.is_empty() && mail.content.len() <= SIZE_LIMIT);
        let line_ends = mail.content.windows(2).filter(|pair| pair[1] == b'\n');
        assert!(line_ends.clone().all(|pair| pair[0] == b'\r'), "a line end that stands alone");
        true
    }
}

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Builder::new_current_thread().build().expect("a runtime"));

/// One conversation; the other side says all it has to say and closes.
pub fn commands(input: &[u8]) {
    RUNTIME.block_on(async {
        // Room for every answer, as nobody reads them.
        let (mut ours, mut theirs) = tokio::io::duplex(1 << 22);
        theirs.write_all(input).await.expect("room");
        theirs.shutdown().await.expect("closed");
        converse(&mut ours, &Keeper).await.expect("a conversation");
        drop(theirs);
    });
}
