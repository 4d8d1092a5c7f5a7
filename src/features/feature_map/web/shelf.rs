//! Published pages, kept in memory: an edition never changes, so a stranger's page is made and
//! compressed once and then handed out without touching the database.

use std::collections::HashMap;
use std::convert::Infallible;
use std::io::Write;
use std::sync::{Arc, PoisonError, RwLock};
use std::task::{Context, Poll};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{FromRef, Request};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use axum::routing::future::RouteFuture;
use axum_extra::extract::CookieJar;
use chrono::{DateTime, TimeDelta, Utc};
use flate2::Compression;
use flate2::write::GzEncoder;
use futures_util::future::{Either, Ready, ready};
use sha2::{Digest, Sha256};
use tower::Service;

use crate::features::feature_map::edition::Edition;
use crate::features::feature_map::store;
use crate::kernel::language::Language;
use crate::platform::web::error::WebError;
use crate::platform::web::state::AppState;
use crate::platform::web::{cookies, headers, host};

/// How long another process's publication may stay unseen.
const FRESH: TimeDelta = TimeDelta::minutes(1);

/// The published editions and the pages made of them. Cheap to clone; all clones share.
#[derive(Debug, Clone)]
pub struct PublicPages(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    app: AppState,
    shelf: RwLock<Shelf>,
}

#[derive(Debug, Default)]
struct Shelf {
    editions: Arc<Vec<Edition>>,
    looked_at: Option<DateTime<Utc>>,
    /// By address, then by language.
    pages: HashMap<String, [Option<Arc<Published>>; 2]>,
}

impl FromRef<PublicPages> for AppState {
    fn from_ref(pages: &PublicPages) -> Self {
        pages.0.app.clone()
    }
}

impl PublicPages {
    /// An empty shelf; it fills as pages are asked for.
    #[must_use]
    pub fn new(app: AppState) -> Self {
        Self(Arc::new(Inner { app, shelf: RwLock::default() }))
    }

    /// The published editions, oldest first. Asks the database at most once a minute, and lives
    /// on what it knows while the database is out of reach.
    ///
    /// # Errors
    /// When the database is out of reach and was never reached before.
    pub async fn editions(&self) -> Result<Arc<Vec<Edition>>, WebError> {
        let now = self.0.app.clock.now();
        let mut known = self.read(|shelf| shelf.editions.clone());
        let mut mine = known.is_empty();
        if !mine && !self.read(|shelf| shelf.is_fresh(now)) {
            // One request looks; the others go on with what is known, as does this one if it fails.
            self.write(|shelf| {
                mine = !shelf.is_fresh(now);
                shelf.looked_at = Some(now);
            });
        }
        if mine {
            match self.look(now, &known).await {
                Ok(editions) => known = editions,
                Err(error) if !known.is_empty() => {
                    tracing::warn!(cause = %error, "editions not looked up: serving what is known");
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(known)
    }

    async fn look(&self, now: DateTime<Utc>, known: &Arc<Vec<Edition>>) -> sqlx::Result<Arc<Vec<Edition>>> {
        let mut tx = self.0.app.db.begin(None, now).await?;
        let ids = store::ids(&mut tx).await?;
        let same = !known.is_empty() && ids.iter().eq(known.iter().map(|e| &e.id));
        let editions = if same { known.clone() } else { Arc::new(store::editions(&mut tx).await?) };
        tx.commit().await?;
        self.write(|shelf| {
            shelf.looked_at = Some(now);
            if !same {
                // Pages name the other editions, so all are made anew.
                shelf.editions = editions.clone();
                shelf.pages.clear();
            }
        });
        Ok(editions)
    }

    /// The page kept under `address`, or the one that `make` makes, which is then kept.
    /// `address` must be one of the few that the routes know, or memory fills up.
    ///
    /// # Errors
    /// When the page cannot be made.
    pub fn page(
        &self,
        editions: &Arc<Vec<Edition>>,
        address: &str,
        language: Language,
        make: impl FnOnce() -> anyhow::Result<Published>,
    ) -> anyhow::Result<Arc<Published>> {
        if let Some(page) = self.kept(address, language) {
            return Ok(page);
        }
        let mut page = make()?;
        for variant in std::iter::once(&mut page.plain).chain(page.gzip.as_mut()) {
            headers::protect(&mut variant.headers, &self.0.app.config);
            headers::protect(&mut variant.validators, &self.0.app.config);
        }
        let page = Arc::new(page);
        self.write(|shelf| {
            // Made of editions that have been replaced meanwhile: good for this answer only.
            if Arc::ptr_eq(&shelf.editions, editions) {
                shelf.pages.entry(address.to_owned()).or_default()[index(language)] = Some(page.clone());
            }
        });
        Ok(page)
    }

    /// The page kept under `address`.
    #[must_use]
    pub fn kept(&self, address: &str, language: Language) -> Option<Arc<Published>> {
        self.read(|shelf| shelf.page(address, language))
    }

    /// What a stranger's request can be answered with at once.
    fn remembered(&self, request: &Request) -> Option<Arc<Published>> {
        // A request for another name passes the layers, which refuse it.
        if !matches!(*request.method(), Method::GET | Method::HEAD)
            || !host::is_ours(&self.0.app.config, request.uri(), request.headers())
        {
            return None;
        }
        let language = self.strangers_language(request.headers())?;
        let now = self.0.app.clock.now();
        let address = request.uri().path_and_query()?.as_str();
        self.read(|shelf| shelf.is_fresh(now).then(|| shelf.page(address, language)).flatten())
    }

    /// The language a stranger chose; nothing for somebody with a session, whose frame shows who it is.
    fn strangers_language(&self, headers: &HeaderMap) -> Option<Language> {
        if !headers.contains_key(header::COOKIE) {
            return Some(Language::Ja);
        }
        let jar = CookieJar::from_headers(headers);
        if jar.get(cookies::session_name(self.0.app.config.over_tls())).is_some() {
            return None;
        }
        Some(jar.get(cookies::LANGUAGE).map(|c| Language::from_code(c.value())).unwrap_or_default())
    }

    fn read<T>(&self, look: impl FnOnce(&Shelf) -> T) -> T {
        look(&self.0.shelf.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn write(&self, change: impl FnOnce(&mut Shelf)) {
        change(&mut self.0.shelf.write().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Shelf {
    fn is_fresh(&self, now: DateTime<Utc>) -> bool {
        self.looked_at.is_some_and(|at| now - at < FRESH)
    }

    fn page(&self, address: &str, language: Language) -> Option<Arc<Published>> {
        self.pages.get(address)?[index(language)].clone()
    }
}

fn index(language: Language) -> usize {
    match language {
        Language::Ja => 0,
        Language::En => 1,
    }
}

/// The portal behind its shelf: what lies there is answered before any layer, as none of them has
/// anything to add. Such answers are counted, not logged; their headers were made with the page.
#[derive(Debug, Clone)]
pub struct FromMemory {
    pages: PublicPages,
    portal: Router,
}

impl FromMemory {
    /// The portal behind the shelf of its pages.
    #[must_use]
    pub fn new(pages: PublicPages, portal: Router) -> Self {
        Self { pages, portal }
    }
}

impl Service<Request> for FromMemory {
    type Response = Response;
    type Error = Infallible;
    type Future = Either<Ready<Result<Response, Infallible>>, RouteFuture<Infallible>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Service::<Request>::poll_ready(&mut self.portal, context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        match self.pages.remembered(&request) {
            Some(page) => {
                metrics::counter!("portal_answers_from_memory").increment(1);
                Either::Left(ready(Ok(page.answer(request.headers()))))
            }
            None => Either::Right(self.portal.call(request)),
        }
    }
}

/// A page or file as bytes, plain and compressed, with the headers of both.
#[derive(Debug)]
pub struct Published {
    plain: Variant,
    /// None where the file is packed already.
    gzip: Option<Variant>,
}

#[derive(Debug)]
struct Variant {
    body: Bytes,
    headers: HeaderMap,
    /// What a 304 repeats.
    validators: HeaderMap,
}

impl Published {
    /// Compresses and labels a page.
    ///
    /// # Errors
    /// Never in practice: it is written to memory.
    pub fn new(body: Vec<u8>, headers: &[(HeaderName, HeaderValue)]) -> anyhow::Result<Self> {
        let hash = digest(&body);
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(&body)?;
        let gzip = encoder.finish()?;
        let mut packed = headers.to_vec();
        packed.push((header::CONTENT_ENCODING, HeaderValue::from_static("gzip")));
        Ok(Self {
            plain: Variant::new(body.into(), headers, &format!("\"{hash}\""))?,
            gzip: Some(Variant::new(gzip.into(), &packed, &format!("\"{hash}-gzip\""))?),
        })
    }

    /// Labels a file that compression would not make smaller.
    ///
    /// # Errors
    /// Never in practice.
    pub fn packed(body: Bytes, headers: &[(HeaderName, HeaderValue)]) -> anyhow::Result<Self> {
        let etag = format!("\"{}\"", digest(&body));
        Ok(Self { plain: Variant::new(body, headers, &etag)?, gzip: None })
    }

    /// Its size before compression.
    #[must_use]
    pub fn size(&self) -> usize {
        self.plain.body.len()
    }

    /// The answer that fits the request: compressed where that is taken, nothing where it is known.
    #[must_use]
    pub fn answer(&self, request: &HeaderMap) -> Response {
        let variant = self.gzip.as_ref().filter(|_| takes_gzip(request)).unwrap_or(&self.plain);
        if let Some(known) = request.get(header::IF_NONE_MATCH)
            && variant.is_known(known)
        {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            *response.headers_mut() = variant.validators.clone();
            return response;
        }
        let mut response = Response::new(Body::from(variant.body.clone()));
        *response.headers_mut() = variant.headers.clone();
        response
    }
}

impl Variant {
    fn new(body: Bytes, headers: &[(HeaderName, HeaderValue)], etag: &str) -> anyhow::Result<Self> {
        let validators: HeaderMap = [
            (header::ETAG, HeaderValue::from_str(etag)?),
            // The frame may change with a new release, so the page is asked for again after a while.
            (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=300")),
            (header::VARY, HeaderValue::from_static("Cookie, Accept-Encoding")),
        ]
        .into_iter()
        .collect();
        let mut all = validators.clone();
        all.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
        all.extend(headers.iter().cloned());
        Ok(Self { body, headers: all, validators })
    }

    fn is_known(&self, known: &HeaderValue) -> bool {
        let Some(etag) = self.validators.get(header::ETAG) else { return false };
        let known = known.to_str().unwrap_or_default();
        known.split(',').map(str::trim).any(|k| k == "*" || k.trim_start_matches("W/").as_bytes() == etag.as_bytes())
    }
}

fn digest(body: &[u8]) -> String {
    hex::encode(&Sha256::digest(body)[..12])
}

/// Whether the client takes gzip: named, and not with a weight of nothing.
fn takes_gzip(request: &HeaderMap) -> bool {
    let accepted = request.get(header::ACCEPT_ENCODING).and_then(|a| a.to_str().ok()).unwrap_or_default();
    accepted.split(',').any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, "q=1"));
        let weight = weight.trim().strip_prefix("q=").and_then(|q| q.parse::<f32>().ok()).unwrap_or(1.0);
        name.trim().eq_ignore_ascii_case("gzip") && weight > 0.0
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_sent_to_those_who_take_it() {
        let takes = |value: &'static str| {
            takes_gzip(&HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(value))]))
        };
        assert!(takes("gzip, deflate, br"));
        assert!(takes("br;q=1.0, GZIP;q=0.5"));
        assert!(!takes("gzip;q=0"));
        assert!(!takes("br"));
        assert!(!takes_gzip(&HeaderMap::new()));
    }
}
