//! Where the portal's own key comes from: the setting, or for a demonstration a file in its data directory.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::Context;

use crate::platform::config::Config;
use crate::platform::private_postgres;
use crate::platform::security::secret_key::SecretKey;

/// The key of this portal. Production has it from the setting alone; [`Config::check`] says so before.
///
/// # Errors
/// When the setting is no key, or the file cannot be read or made.
pub fn find(config: &Config) -> anyhow::Result<SecretKey> {
    if let Some(key) = config.secret_key()? {
        return Ok(key);
    }
    anyhow::ensure!(config.is_demonstration(), "production needs PORTAL_SECRET_KEY");
    let directory = match &config.data_dir {
        Some(directory) => directory.clone(),
        None => private_postgres::default_data_dir(&std::env::current_dir()?).0,
    };
    let path = directory.join("secret-key");
    kept(&path).with_context(|| format!("the key in {} cannot be read or made", path.display()))
}

/// Two portals may start at once: whoever comes second reads what the first wrote.
fn kept(path: &Path) -> anyhow::Result<SecretKey> {
    if !path.exists() {
        if let Some(directory) = path.parent() {
            fs::create_dir_all(directory)?;
        }
        // Written aside and linked, so that nobody reads half a key.
        let aside = path.with_extension(format!("new-{}", std::process::id()));
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&aside)?;
        file.write_all(SecretKey::generate()?.as_bytes())?;
        file.sync_all()?;
        let linked = fs::hard_link(&aside, path);
        fs::remove_file(&aside)?;
        match linked {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error.into()),
        }
    }
    let mut text = String::new();
    File::open(path)?.take(1000).read_to_string(&mut text)?;
    Ok(SecretKey::parse(&text)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn the_file_is_made_once_and_for_its_owner_alone() {
        let directory = std::env::temp_dir().join(format!("portal-key-{}", std::process::id()));
        let path = directory.join("secret-key");
        let first = kept(&path).expect("a key").digest("x", b"y");
        assert_eq!(kept(&path).expect("a key").digest("x", b"y"), first);
        assert_eq!(fs::metadata(&path).expect("a file").permissions().mode() & 0o777, 0o600);
        fs::write(&path, "half").expect("written");
        assert!(kept(&path).is_err());
        fs::remove_dir_all(directory).expect("removed");
    }
}
