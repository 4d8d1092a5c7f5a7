//! Extractors that refuse in the portal's own way.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use axum::extract::{ConnectInfo, FromRef, FromRequestParts, Path};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use super::error::WebError;
use super::state::AppState;

/// The id in the address. What is no id names nothing, like an id that nothing has.
#[derive(Debug, Clone, Copy)]
pub struct Id<T>(pub T);

impl<T: FromStr, S: Send + Sync> FromRequestParts<S> for Id<T> {
    type Rejection = WebError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, WebError> {
        let Path(text) = Path::<String>::from_request_parts(parts, state).await.map_err(|_| WebError::NotFound)?;
        text.parse().map(Self).map_err(|_| WebError::NotFound)
    }
}

/// Several ids in the address, as [`Id`].
#[derive(Debug, Clone)]
pub struct Place<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Place<T> {
    type Rejection = WebError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, WebError> {
        Path::<T>::from_request_parts(parts, state).await.map(|Path(place)| Self(place)).map_err(|_| WebError::NotFound)
    }
}

/// Where a visitor comes from: the peer, or what a trusted proxy says of whom it speaks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);

impl<S: Send + Sync> FromRequestParts<S> for ClientAddress
where
    AppState: FromRef<S>,
{
    type Rejection = WebError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, WebError> {
        let peer = ConnectInfo::<SocketAddr>::from_request_parts(parts, state)
            .await
            .map_err(|error| WebError::Internal(anyhow::anyhow!("no peer address: {error}")))?;
        let trusted = &AppState::from_ref(state).config.trusted_proxies;
        Ok(Self(client_address(peer.0.ip().to_canonical(), &parts.headers, trusted)))
    }
}

impl ClientAddress {
    /// What one customer of a network has: an IPv4 address, or the /64 around an IPv6 one.
    #[must_use]
    pub fn network(self) -> IpAddr {
        match self.0 {
            IpAddr::V4(v4) => IpAddr::V4(v4),
            IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX))),
        }
    }
}

/// Each proxy appends the address it saw, so the list is read from its end for as long as proxies of
/// ours speak. What a visitor wrote into the header stands further in front and is never reached.
#[must_use]
pub fn client_address(peer: IpAddr, headers: &HeaderMap, trusted: &[IpAddr]) -> IpAddr {
    let said = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
    let said: Vec<&str> = said.flat_map(|value| value.split(',')).map(str::trim).collect();
    let mut client = peer;
    for next in said.into_iter().rev() {
        if !trusted.contains(&client) {
            break;
        }
        let Ok(next) = next.parse::<IpAddr>() else { break };
        client = next.to_canonical();
    }
    client
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_trusted_proxies_are_believed() {
        let ip = |text: &str| text.parse::<IpAddr>().expect("an address");
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", "203.0.113.9, 198.51.100.7".parse().expect("a value"));
        assert_eq!(client_address(ip("192.0.2.1"), &headers, &[]), ip("192.0.2.1"));
        assert_eq!(client_address(ip("192.0.2.1"), &headers, &[ip("192.0.2.1")]), ip("198.51.100.7"));
        let both = [ip("192.0.2.1"), ip("198.51.100.7")];
        assert_eq!(client_address(ip("192.0.2.1"), &headers, &both), ip("203.0.113.9"));
        // A list in several headers, IPv6, white space; and what a visitor wrote in front is not reached.
        let mut several = HeaderMap::new();
        several.append("x-forwarded-for", "1.1.1.1, evil".parse().expect("a value"));
        several.append("x-forwarded-for", " 2001:db8::7 ,\t198.51.100.7".parse().expect("a value"));
        assert_eq!(client_address(ip("192.0.2.1"), &several, &both), ip("2001:db8::7"));
        several.append("x-forwarded-for", "::ffff:203.0.113.9".parse().expect("a value"));
        assert_eq!(client_address(ip("192.0.2.1"), &several, &both), ip("203.0.113.9"));
        for garbage in ["203.0.113.9:443", "[2001:db8::7]", "unknown", "_hidden", "", ",", "203.0.113.9;x"] {
            let headers =
                HeaderMap::from_iter([("x-forwarded-for".parse().expect("a name"), garbage.parse().expect("a value"))]);
            assert_eq!(client_address(ip("192.0.2.1"), &headers, &both), ip("192.0.2.1"), "{garbage:?}");
        }
        assert_eq!(ClientAddress(ip("2001:db8:1:2:3::4")).network(), ip("2001:db8:1:2::"));
        headers.insert("x-forwarded-for", "garbage".parse().expect("a value"));
        assert_eq!(client_address(ip("192.0.2.1"), &headers, &both), ip("192.0.2.1"));
    }
}
