//! One fetches, the others wait; nobody waits for the dead, and nobody for ever.

use std::fs;
use std::io::{self, Read};
use std::ops::ControlFlow;
use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use reenact_workspace_cache::{Cache, Digest, ErrorKind, Reserved};

use crate::common::{Fixture, content, count_files, object, options, store};
use crate::second_process::{SecondProcess, say_ready_and_wait};

/// Writes half of an object and a part file, then goes on for ever.
pub(crate) fn fill_half(cache: &Cache, number: usize) {
    let Reserved::Fill(reservation) = cache.reserve(&object(number)).unwrap() else {
        panic!("it is there")
    };
    let half = &content(number)[..content(number).len() / 2];
    fs::write(reservation.path(), half).unwrap();
    fs::write(reservation.path().with_extension("part"), half).unwrap();
    say_ready_and_wait();
}

/// Reserves an object, and stores it when it is told.
pub(crate) fn fill_when_told(cache: &Cache, number: usize) {
    let Reserved::Fill(reservation) = cache.reserve(&object(number)).unwrap() else {
        panic!("it is there")
    };
    say_ready_and_wait();
    fs::write(reservation.path(), content(number)).unwrap();
    reservation.commit().unwrap();
}

#[test]
fn d16_of_many_tasks_one_fetches() {
    let fixture = Fixture::new();
    let fetched = AtomicUsize::new(0);
    let together = Barrier::new(16);
    thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                together.wait();
                let entry = match fixture.cache.reserve(&object(1)).unwrap() {
                    Reserved::Ready(entry) => entry,
                    Reserved::Fill(reservation) => {
                        fetched.fetch_add(1, Ordering::Relaxed);
                        fs::write(reservation.path(), content(1)).unwrap();
                        reservation.commit().unwrap()
                    }
                };
                assert_eq!(fs::read(entry.path()).unwrap(), content(1));
            });
        }
    });
    assert_eq!(fetched.into_inner(), 1);
}

#[test]
fn a_discarded_reservation_leaves_nothing_and_goes_to_the_next() {
    let fixture = Fixture::new();
    let Reserved::Fill(reservation) = fixture.cache.reserve(&object(1)).unwrap() else { panic!() };
    fs::write(reservation.path(), "half").unwrap();
    assert!(fixture.cache.try_reserve(&object(1)).unwrap().is_none());
    drop(reservation);

    assert_eq!(count_files(&fixture.cache.directory().join("fills")), 0);
    assert!(fixture.cache.lookup(&object(1)).unwrap().is_none());
    store(&fixture.cache, 1);
}

#[test]
fn an_object_of_the_wrong_length_is_refused() {
    let fixture = Fixture::new();
    for bytes in [&content(1)[1..], &[content(1), vec![b'x']].concat()] {
        let Reserved::Fill(reservation) = fixture.cache.reserve(&object(1)).unwrap() else {
            panic!()
        };
        fs::write(reservation.path(), bytes).unwrap();
        let error = reservation.commit().unwrap_err();
        assert_eq!((error.kind(), error.identity()), (ErrorKind::WrongLength, Some(&object(1))));
        assert!(fixture.cache.lookup(&object(1)).unwrap().is_none());
    }
    assert_eq!(count_files(&fixture.cache.directory().join("fills")), 0);
    assert_eq!(count_files(&fixture.cache.directory().join("blobs")), 0);
}

/// A source that breaks off after a few bytes.
struct Broken(&'static [u8]);

impl Read for Broken {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.0.is_empty() {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        self.0.read(buffer)
    }
}

#[test]
fn a_stream_is_stored_if_it_has_the_right_length_and_does_not_break_off() {
    let fixture = Fixture::new();
    let bytes = content(1);
    let fill = || match fixture.cache.reserve(&object(1)).unwrap() {
        Reserved::Fill(reservation) => reservation,
        Reserved::Ready(entry) => panic!("{entry:?}"),
    };
    for (refused, kind) in [
        (fill().commit_from(&bytes[1..]), ErrorKind::WrongLength),
        (fill().commit_from(bytes.chain(&b"x"[..])), ErrorKind::WrongLength),
        (fill().commit_from(io::repeat(b'x')), ErrorKind::WrongLength),
        (fill().commit_from(Broken(b"flight")), ErrorKind::Input),
    ] {
        let error = refused.unwrap_err();
        assert_eq!((error.kind(), error.identity()), (kind, Some(&object(1))), "{error}");
        assert_eq!(count_files(&fixture.cache.directory().join("fills")), 0);
        assert!(fixture.cache.lookup(&object(1)).unwrap().is_none());
    }

    let reservation = fill();
    fs::write(reservation.path(), "of an earlier attempt").unwrap();
    let entry = reservation.commit_from(&*bytes).unwrap();
    assert_eq!(fs::read(entry.path()).unwrap(), bytes);
    assert_eq!(entry.digest(), Digest::of(&bytes));
}

#[test]
fn committing_without_a_file_is_an_error_that_names_it() {
    let fixture = Fixture::new();
    let Reserved::Fill(reservation) = fixture.cache.reserve(&object(1)).unwrap() else { panic!() };
    let path = reservation.path().to_path_buf();
    let error = reservation.commit().unwrap_err();
    assert_eq!((error.kind(), error.path()), (ErrorKind::FileSystem, Some(&*path)));
}

#[test]
fn a_waiter_takes_over_when_the_filling_process_is_killed() {
    let fixture = Fixture::new();
    let mut filler = SecondProcess::start("fill-half 1", fixture.directory.path());
    filler.wait_until_ready();

    let mut seen = 0;
    let reserved = fixture.cache.reserve_while(&object(1), |waiting| {
        seen = waiting.written;
        filler.kill();
        ControlFlow::Continue(())
    });

    assert_eq!(
        seen,
        content(1).len() as u64 / 2 * 2,
        "half of the object, and a part file with as much"
    );
    let Reserved::Fill(reservation) = reserved.unwrap() else { panic!("nobody committed it") };
    assert!(!reservation.path().exists(), "half an object is not handed on");
    let part = fs::read(reservation.path().with_extension("part")).unwrap();
    assert_eq!(part, content(1)[..content(1).len() / 2], "but a part file is, for who can resume");
    fs::write(reservation.path(), content(1)).unwrap();
    assert_eq!(fs::read(reservation.commit().unwrap().path()).unwrap(), content(1));
}

#[test]
fn a_waiter_gets_what_another_process_stores() {
    let fixture = Fixture::new();
    let mut filler = SecondProcess::start("fill-when-told 1", fixture.directory.path());
    filler.wait_until_ready();
    assert!(fixture.cache.lookup(&object(1)).unwrap().is_none(), "a look-up does not wait");

    let mut filler = Some(filler);
    let reserved = fixture.cache.reserve_while(&object(1), |_| {
        // Its standard input ends with the handle, which tells it to go on.
        if let Some(filler) = filler.take() {
            assert!(filler.finish());
        }
        ControlFlow::Continue(())
    });
    let Reserved::Ready(entry) = reserved.unwrap() else { panic!("it was committed") };
    assert_eq!(fs::read(entry.path()).unwrap(), content(1));
}

#[test]
fn a_waiter_can_give_up_without_harm_to_the_others() {
    let fixture = Fixture::new();
    let Reserved::Fill(reservation) = fixture.cache.reserve(&object(1)).unwrap() else { panic!() };
    let error = fixture.again().reserve_while(&object(1), |_| ControlFlow::Break(())).unwrap_err();
    assert_eq!((error.kind(), error.identity()), (ErrorKind::Cancelled, Some(&object(1))));
    fs::write(reservation.path(), content(1)).unwrap();
    reservation.commit().unwrap();
}

#[test]
fn a_filler_that_makes_no_progress_is_not_waited_for_longer_than_the_limit() {
    let fixture = Fixture::new();
    let Reserved::Fill(_stuck) = fixture.cache.reserve(&object(1)).unwrap() else { panic!() };
    let hasty = options(fixture.directory.path()).with_wait_limit(Duration::from_millis(5));
    let error = Cache::open(hasty).unwrap().reserve(&object(1)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    assert!(error.path().unwrap().starts_with(fixture.cache.directory().join("fills")), "{error}");
}
