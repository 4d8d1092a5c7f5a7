//! Passwords: argon2id, off the async threads, a bounded number at a time.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};

use argon2::password_hash::phc::{Output, PasswordHash, Salt};
use argon2::password_hash::try_generate_salt;
use argon2::{Algorithm, Argon2, Block, Params, Version};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::{Semaphore, SemaphorePermit, oneshot};

/// How costly a hash is.
#[derive(Debug, Clone, Copy)]
pub enum Cost {
    /// 19 MiB, 2 passes, 1 lane: the floor of OWASP ASVS 5.0, 11.4.2.
    Standard,
    /// As little as argon2 allows: for tests only.
    Test,
}

/// Hashes and verifies passwords.
#[derive(Debug, Clone)]
pub struct PasswordHasher {
    argon2: Argon2<'static>,
    jobs: mpsc::Sender<Job>,
    turns: Arc<Semaphore>,
    /// Hash of nothing anybody knows: verified for unknown names, so that they take as long as known ones.
    decoy: Arc<str>,
    tally: Arc<Tally>,
}

/// What a hash is computed in. Each thread keeps its own: given back after every hash, the allocator would hold
/// on to several of them.
type Memory = Vec<Block>;

/// One hash to compute.
type Job = Box<dyn FnOnce(&mut Memory) + Send>;

/// At most two hashes at a time: 200 sign-ins at once must not take 4 GB.
const THREADS: usize = 2;

/// How many may be on their way to a hash: enough that no hashing thread waits.
const TURNS: usize = THREADS + 1;

/// What the hasher did so far.
#[derive(Debug, Default)]
struct Tally {
    verified: AtomicUsize,
    running: AtomicUsize,
    most: AtomicUsize,
}

/// Hashing failed for a reason of our own (memory, generator).
#[derive(Debug, thiserror::Error)]
#[error("password hashing failed: {0}")]
pub struct HashingError(String);

impl PasswordHasher {
    /// A hasher of the given cost.
    ///
    /// # Errors
    /// When the parameters or the random generator fail.
    pub fn new(cost: Cost) -> Result<Self, HashingError> {
        let params = match cost {
            Cost::Standard => Params::new(19 * 1024, 2, 1, None),
            Cost::Test => Params::new(Params::MIN_M_COST, 1, 1, None),
        }
        .map_err(|e| HashingError(e.to_string()))?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let secret = super::token::Token::random().map_err(|e| HashingError(e.to_string()))?.reveal();
        let decoy = hash(&argon2, secret.as_bytes(), &mut Memory::new())?.into();
        let turns = Arc::new(Semaphore::new(TURNS));
        Ok(Self { argon2, jobs: threads()?, turns, decoy, tally: Arc::default() })
    }

    /// A turn to try a password. Whoever has to look something up before waits for it first, so that 200 sign-ins at
    /// once wait here and not for the connections that everybody's pages need.
    ///
    /// # Errors
    /// Never while the portal runs: turns are not closed.
    pub async fn turn(&self) -> Result<SemaphorePermit<'_>, HashingError> {
        self.turns.acquire().await.map_err(|e| HashingError(e.to_string()))
    }

    /// The PHC string to store for a new password.
    ///
    /// # Errors
    /// [`HashingError`] when it cannot be made.
    pub async fn hash(&self, password: SecretString) -> Result<String, HashingError> {
        let argon2 = self.argon2.clone();
        self.blocking(move |memory| hash(&argon2, password.expose_secret().as_bytes(), memory)).await?
    }

    /// Whether `password` is the one behind `stored`. Without `stored` it takes the same time and is false.
    ///
    /// # Errors
    /// [`HashingError`] when it cannot be found out.
    pub async fn verify(&self, password: SecretString, stored: Option<String>) -> Result<bool, HashingError> {
        let known = stored.is_some();
        self.tally.verified.fetch_add(1, Ordering::Relaxed);
        let stored: Arc<str> = stored.map_or_else(|| self.decoy.clone(), Into::into);
        let matches = self
            .blocking(move |memory| is_behind(&stored, password.expose_secret().as_bytes(), memory))
            .await?
            .unwrap_or(false);
        Ok(matches && known)
    }

    /// How many passwords were verified, real and unreal ones alike.
    #[must_use]
    pub fn verified(&self) -> usize {
        self.tally.verified.load(Ordering::Relaxed)
    }

    /// How many hashes were ever computed at the same time.
    #[must_use]
    pub fn most_at_once(&self) -> usize {
        self.tally.most.load(Ordering::Relaxed)
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Memory) -> T + Send + 'static,
    ) -> Result<T, HashingError> {
        let (answer, answered) = oneshot::channel();
        let tally = self.tally.clone();
        let job = move |memory: &mut Memory| {
            // Whoever asked may have gone meanwhile.
            if answer.is_closed() {
                return;
            }
            tally.most.fetch_max(tally.running.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
            let done = work(memory);
            tally.running.fetch_sub(1, Ordering::Relaxed);
            let _ = answer.send(done);
        };
        self.jobs.send(Box::new(job)).map_err(|e| HashingError(e.to_string()))?;
        answered.await.map_err(|e| HashingError(e.to_string()))
    }
}

/// The threads, and the way to them; they end when the last hasher is gone.
fn threads() -> Result<mpsc::Sender<Job>, HashingError> {
    let (jobs, waiting) = mpsc::channel::<Job>();
    let waiting = Arc::new(Mutex::new(waiting));
    for _ in 0..THREADS {
        let waiting = waiting.clone();
        let work = move || {
            // Pages go first: on Linux this is the priority of this thread alone. Without it, hashing is only slower to yield.
            let _ = rustix::process::setpriority_process(None, 15);
            let mut memory = Memory::new();
            loop {
                let job = waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
                let Ok(job) = job else { return };
                // A panic would cost the portal a thread for good; the asker learns of it by getting no answer.
                let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| job(&mut memory)));
            }
        };
        std::thread::Builder::new().name("password".into()).spawn(work).map_err(|e| HashingError(e.to_string()))?;
    }
    Ok(jobs)
}

fn hash(argon2: &Argon2<'_>, password: &[u8], memory: &mut Memory) -> Result<String, HashingError> {
    let made = made(argon2, password, memory).map_err(|e| HashingError(e.to_string()))?;
    Ok(made.to_string())
}

fn made(argon2: &Argon2<'_>, password: &[u8], memory: &mut Memory) -> argon2::password_hash::Result<PasswordHash> {
    let salt = Salt::new(&try_generate_salt()?)?;
    Ok(PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: argon2.params().try_into()?,
        hash: Some(output(argon2, password, &salt, memory)?),
        salt: Some(salt),
    })
}

/// Whether the password, hashed as `stored` says, gives what `stored` says; compared in constant time.
fn is_behind(stored: &str, password: &[u8], memory: &mut Memory) -> argon2::password_hash::Result<bool> {
    let stored = PasswordHash::new(stored)?;
    let version = stored.version.map(Version::try_from).transpose()?.unwrap_or_default();
    let argon2 = Argon2::new(stored.algorithm.as_str().try_into()?, version, Params::try_from(&stored)?);
    let (Some(salt), Some(expected)) = (&stored.salt, &stored.hash) else { return Ok(false) };
    Ok(output(&argon2, password, salt, memory)? == *expected)
}

fn output(
    argon2: &Argon2<'_>,
    password: &[u8],
    salt: &Salt,
    memory: &mut Memory,
) -> argon2::password_hash::Result<Output> {
    memory.resize(argon2.params().block_count(), Block::default());
    let mut buffer = [0; Output::MAX_LENGTH];
    let length = argon2.params().output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN);
    let out = buffer.get_mut(..length).ok_or(argon2::password_hash::Error::OutputSize)?;
    argon2.hash_password_into_with_memory(password, salt, out, memory)?;
    Output::new(out).map_err(Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_password_itself_verifies() {
        let hasher = PasswordHasher::new(Cost::Test).expect("a hasher");
        let stored = hasher.hash("correct horse battery".into()).await.expect("a hash");
        assert!(stored.starts_with("$argon2id$"));
        let verify = |password: &str, stored: Option<String>| {
            let (hasher, password) = (hasher.clone(), SecretString::from(password));
            async move { hasher.verify(password, stored).await.expect("an answer") }
        };
        assert!(verify("correct horse battery", Some(stored.clone())).await);
        assert!(!verify("correct horse batterz", Some(stored)).await);
        assert!(!verify("correct horse battery", None).await);
        assert!(!verify("x", Some("not a hash".into())).await);
    }

    #[test]
    fn hashes_are_the_librarys_in_memory_that_was_used_before() {
        use argon2::{PasswordHasher as _, PasswordVerifier as _};
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(64, 2, 1, None).expect("parameters"));
        let mut memory = Memory::new();
        for password in ["first", "second"] {
            let ours = hash(&argon2, password.as_bytes(), &mut memory).expect("a hash");
            argon2.verify_password(password.as_bytes(), &*ours).expect("the library's");
            let theirs = argon2.hash_password(password.as_bytes()).expect("a hash").to_string();
            assert!(is_behind(&theirs, password.as_bytes(), &mut memory).expect("an answer"));
            assert!(!is_behind(&theirs, b"other", &mut memory).expect("an answer"));
        }
    }
}
