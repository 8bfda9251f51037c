//! The one rule that says where the cache is, and the only place of this crate that reads the environment.
//!
//! 1. the directory given in the options, else
//! 2. the variable `REENACT_CACHE_DIR`, if it is set and not empty, else
//! 3. `reenact` in the platform's cache directory (`$XDG_CACHE_HOME`, by default `~/.cache`).

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;

use crate::error::{Problem, Result};

/// The environment variable that names the cache directory when the program does not.
pub(crate) const VARIABLE: &str = "REENACT_CACHE_DIR";

/// Applies the rule at the top of this file.
pub(crate) fn resolve(explicit: Option<&Path>) -> Result<PathBuf> {
    let platform = || Some(etcetera::choose_base_strategy().ok()?.cache_dir());
    choose(explicit, std::env::var_os(VARIABLE), platform)
}

fn choose(
    explicit: Option<&Path>,
    variable: Option<OsString>,
    platform: impl FnOnce() -> Option<PathBuf>,
) -> Result<PathBuf> {
    if let Some(directory) = explicit {
        return Ok(directory.to_path_buf());
    }
    if let Some(directory) = variable.filter(|value| !value.is_empty()) {
        return Ok(directory.into());
    }
    platform().map(|directory| directory.join("reenact")).ok_or_else(|| Problem::NoLocation.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    #[test]
    fn the_nearest_wish_wins() {
        let platform = || Some(PathBuf::from("/home/someone/.cache"));
        let variable = || Some(OsString::from("/scratch/cache"));

        assert_eq!(
            choose(Some(Path::new("/mine")), variable(), platform).unwrap(),
            Path::new("/mine")
        );
        assert_eq!(choose(None, variable(), platform).unwrap(), Path::new("/scratch/cache"));
        let from_platform = Path::new("/home/someone/.cache/reenact");
        assert_eq!(choose(None, Some(OsString::new()), platform).unwrap(), from_platform);
        assert_eq!(choose(None, None, platform).unwrap(), from_platform);
        assert_eq!(choose(None, None, || None).unwrap_err().kind(), ErrorKind::NoLocation);
    }
}
