//! Does many independent pieces of work on all cores.

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::Result;

/// Works on every piece and returns the results in the order of the pieces, or one of the errors.
///
/// A thread that is done with a piece takes the next one, so pieces need not be equally large.
pub(crate) fn parallel<T: Sync, R: Send>(
    pieces: &[T],
    work: impl Fn(&T) -> Result<R> + Sync,
) -> Result<Vec<R>> {
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    let threads = cores.min(pieces.len());
    if threads < 2 {
        return pieces.iter().map(work).collect();
    }
    let next = AtomicUsize::new(0);
    let take_turns = || -> Result<Vec<(usize, R)>> {
        let mut done = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(piece) = pieces.get(index) else { return Ok(done) };
            match work(piece) {
                Ok(result) => done.push((index, result)),
                Err(error) => {
                    // Nobody needs the rest.
                    next.store(pieces.len(), Ordering::Relaxed);
                    return Err(error);
                }
            }
        }
    };
    let finished: Vec<Result<Vec<(usize, R)>>> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(take_turns)).collect();
        let join = |worker: std::thread::ScopedJoinHandle<'_, _>| match worker.join() {
            Ok(done) => done,
            Err(panic) => std::panic::resume_unwind(panic),
        };
        workers.into_iter().map(join).collect()
    });
    let mut all = Vec::with_capacity(pieces.len());
    for done in finished {
        all.extend(done?);
    }
    all.sort_unstable_by_key(|(index, _)| *index);
    Ok(all.into_iter().map(|(_, result)| result).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Error;

    #[test]
    fn results_are_in_order_and_an_error_is_passed_on() {
        let pieces: Vec<u64> = (0..100).collect();
        assert_eq!(
            parallel(&pieces, |piece| Ok(piece * 2)).unwrap(),
            (0..100).map(|piece| piece * 2).collect::<Vec<_>>()
        );
        let fails = |piece: &u64| match piece {
            50 => Err(Error::business_rule("no")),
            piece => Ok(*piece),
        };
        assert!(parallel(&pieces, fails).is_err());
    }
}
