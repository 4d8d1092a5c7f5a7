//! Looking for harmful content. A scanner is somebody else's program; what is here is its place.

use std::future::Future;

/// What a scanner says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    /// It found nothing.
    Clean,
    /// It found something.
    Harmful,
    /// It did not look: there is none, or it is out of reach.
    NotScanned,
}

/// A scanner of files.
pub trait Scanner: Send + Sync {
    /// Looks at a whole file.
    fn scan(&self, content: &[u8]) -> impl Future<Output = Finding> + Send;
}

/// What there is without a configured scanner: knows the harmless sample by which scanners are tried, no more.
/// A file that it passes stays held.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoScanner;

impl Scanner for NoScanner {
    fn scan(&self, content: &[u8]) -> impl Future<Output = Finding> + Send {
        let finding = if is_sample(content) { Finding::Harmful } else { Finding::NotScanned };
        std::future::ready(finding)
    }
}

/// The sample that all scanners know (EICAR), turned by one so that a scanner lets this program be.
const SAMPLE: &[u8] = b"FJDBS.TUBOEBSE.BOUJWJSVT.UFTU.GJMF";

/// Whether the sample is anywhere in it.
#[must_use]
pub fn is_sample(content: &[u8]) -> bool {
    content.windows(SAMPLE.len()).any(|w| w.iter().zip(SAMPLE).all(|(byte, turned)| byte.wrapping_add(1) == *turned))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_is_known_wherever_it_stands() {
        let sample: Vec<u8> = SAMPLE.iter().map(|byte| byte - 1).collect();
        assert!(sample.starts_with(b"EICAR") && is_sample(&sample));
        assert!(is_sample(&[b"before ", &sample[..], b" after"].concat()));
        assert!(!is_sample(&sample[1..]) && !is_sample(b""));
    }
}
