//! How much may be done side by side without running out of open files.

use std::num::NonZeroUsize;

use rustix::process::{Resource, getrlimit};

/// What is open at most for one object on its way: a connection, a part file, its journal and their directory; and as much again,
/// for whatever else the process does.
const EACH: u64 = 8;

/// Returns how much may be done side by side where `wanted` is wanted.
pub(crate) fn side_by_side(wanted: NonZeroUsize) -> NonZeroUsize {
    within(wanted, getrlimit(Resource::Nofile).current)
}

fn within(wanted: NonZeroUsize, limit: Option<u64>) -> NonZeroUsize {
    let most = limit.and_then(|files| usize::try_from(files / EACH).ok());
    most.map_or(wanted, |most| wanted.min(NonZeroUsize::new(most).unwrap_or(NonZeroUsize::MIN)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn h20_no_more_is_done_side_by_side_than_files_may_be_open_for() {
        let most = |wanted, limit| within(NonZeroUsize::new(wanted).unwrap(), limit).get();
        assert_eq!(most(16, Some(1_024)), 16);
        assert_eq!(most(1_024, Some(1_024)), 128);
        assert_eq!(most(16, Some(64)), 8);
        assert_eq!(most(16, Some(3)), 1, "one at a time is always tried");
        assert_eq!(most(1_024, None), 1_024);
        assert_eq!(most(1_024, Some(u64::MAX)), 1_024);
    }
}
