//! Mail addresses as the portal stores and sends them: stricter than RFC 5322, because some mail
//! libraries accept what relays and people do not (docs/decisions/0007).

/// A parsed mail address: ASCII, one `@`, a dotted host name, no control characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EmailAddress(String);

/// Why a text is no mail address the portal would send to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EmailAddressError {
    /// No `@`, or more than one outside quotes.
    #[error("not of the form name@domain")]
    Form,
    /// Characters outside printable ASCII: full-width letters and look-alikes among them.
    #[error("has characters other than half-width letters, digits and signs")]
    Characters,
    /// The part behind the `@` is no host name with a dot.
    #[error("the domain is not a full domain name")]
    Domain,
    /// Longer than RFC 5321 allows (64 before the `@`, 254 in all).
    #[error("too long")]
    Length,
}

impl EmailAddress {
    /// Parses an address. Legacy carrier addresses with dots in odd places come out in quoted form.
    ///
    /// # Errors
    /// [`EmailAddressError`] says which rule the text breaks.
    pub fn parse(text: &str) -> Result<Self, EmailAddressError> {
        let text = text.trim();
        if !text.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(EmailAddressError::Characters);
        }
        let (local, domain) = text.rsplit_once('@').ok_or(EmailAddressError::Form)?;
        if local.len() > 64 || text.len() > 254 {
            return Err(EmailAddressError::Length);
        }
        let local = local_part(local)?;
        // Once more: the quotation marks count as well.
        if local.len() > 64 || local.len() + 1 + domain.len() > 254 {
            return Err(EmailAddressError::Length);
        }
        if !is_domain(domain) {
            return Err(EmailAddressError::Domain);
        }
        Ok(Self(format!("{local}@{}", domain.to_ascii_lowercase())))
    }

    /// The address as it goes into an envelope.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The local part, quoted where its dots need it (`b..c`, `b.`: once sold by mobile carriers).
fn local_part(local: &str) -> Result<String, EmailAddressError> {
    let inner = local.strip_prefix('"').and_then(|l| l.strip_suffix('"')).unwrap_or(local);
    let atom = |b: u8| b.is_ascii_alphanumeric() || b".!#$%&'*+-/=?^_`{|}~".contains(&b);
    if inner.is_empty() || !inner.bytes().all(atom) {
        return Err(EmailAddressError::Form);
    }
    if inner.starts_with('.') || inner.ends_with('.') || inner.contains("..") {
        return Ok(format!("\"{inner}\""));
    }
    Ok(inner.to_owned())
}

fn is_domain(domain: &str) -> bool {
    let label = |l: &str| {
        (1..=63).contains(&l.len())
            && l.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !l.starts_with('-')
            && !l.ends_with('-')
    };
    let labels: Vec<&str> = domain.split('.').collect();
    labels.len() >= 2
        && labels.iter().all(|l| label(l))
        && labels.last().is_some_and(|l| !l.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn accepts_ordinary_and_legacy_carrier_addresses() {
        let parsed = |s| EmailAddress::parse(s).map(|a| a.as_str().to_owned());
        assert_eq!(parsed(" soc@Bank.example "), Ok("soc@bank.example".into()));
        assert_eq!(parsed("b..c.@carrier.example"), Ok("\"b..c.\"@carrier.example".into()));
    }

    #[test]
    fn what_is_stored_is_read_back() {
        let longest = format!("{}..b@carrier.example", "a".repeat(59));
        let stored = EmailAddress::parse(&longest).expect("an address");
        assert_eq!(EmailAddress::parse(stored.as_str()), Ok(stored));
        let longer = format!("{}..b@carrier.example", "a".repeat(60));
        assert_eq!(EmailAddress::parse(&longer), Err(EmailAddressError::Length));
    }

    #[test]
    fn refuses_what_relays_would_choke_on() {
        use EmailAddressError::{Characters, Domain, Form};
        for (text, error) in [
            ("nobody", Form),
            ("a b@bank.example", Characters),
            ("ｂ@bank.example", Characters),
            ("a@bаnk.example", Characters), // a Cyrillic а
            ("a@localhost", Domain),
            ("a@127.0.0.1", Domain),
            ("a@[127.0.0.1]", Domain),
            ("a\r\nBcc:x@bank.example", Characters),
            ("\"a\"b@bank.example", Form),
        ] {
            assert_eq!(EmailAddress::parse(text), Err(error), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn whatever_parses_is_one_line_and_parses_again(text in "\\PC{0,80}") {
            if let Ok(address) = EmailAddress::parse(&text) {
                prop_assert!(address.as_str().bytes().all(|b| b.is_ascii_graphic()));
                prop_assert_eq!(EmailAddress::parse(address.as_str()), Ok(address.clone()));
            }
        }
    }
}
