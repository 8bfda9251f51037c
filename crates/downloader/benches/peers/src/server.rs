//! A server with a bucket to read, and what only hashing its content costs.

use std::io::Read;
use std::num::NonZeroU64;
use std::time::{Duration, Instant};

use bytes::Bytes;
use reenact_downloader::{Algorithm, Checksum};
use reenact_testkit::{Fault, Matcher, Operation, S3Server};

use crate::{BUCKET, Result};

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;

/// Fills a bucket, prints where it is, and serves until standard input ends. What there is is `divisor` times smaller.
pub(crate) fn serve(workload: &str, divisor: usize) -> Result {
    let server = S3Server::start()?;
    let bucket = server.bucket(BUCKET);
    let name = |index: usize| format!("run/out/day={:02}/part-{index:06}.bin", index % 28);
    let (mut objects, mut bytes) = (0, 0);
    let mut put = |index: usize, content: Bytes| {
        objects += 1;
        bytes += content.len();
        bucket.put(&name(index), content);
    };
    match workload {
        "small" => (0..5_000 / divisor).for_each(|index| put(index, content(20 * KIB, index))),
        "large" => {
            let content = content(1_000_000_000 / divisor, 1);
            (0..2).for_each(|index| put(index, content.clone()));
        }
        // As over a long way: each answer takes a while to begin, and no connection is fast.
        "far" => {
            put(0, content(128 * MIB / divisor, 1));
            let far = Fault::Slow {
                delay: Duration::from_millis(50),
                bytes_per_second: NonZeroU64::new(8 * MIB as u64),
            };
            server.faults().on(Matcher::operation(Operation::GetObject), far);
        }
        "list-100k" => (0..100_000 / divisor).for_each(|index| put(index, Bytes::new())),
        "list-1m" => (0..1_000_000 / divisor).for_each(|index| put(index, Bytes::new())),
        _ => return Err(format!("no workload {workload}").into()),
    }
    for (name, value) in server.environment() {
        println!("{name}={value}");
    }
    println!("OBJECTS={objects}\nBYTES={bytes}\n");
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

/// How many seconds it takes to compute the checksum that the objects carry of so many bytes, which no cache of the processor holds.
pub(crate) fn checksum_seconds(bytes: usize) -> f64 {
    let content = content(bytes.min(256 * MIB), 1);
    let began = Instant::now();
    let mut left = bytes;
    while left > 0 {
        let piece = &content[..left.min(content.len())];
        std::hint::black_box(Checksum::of(Algorithm::Crc64Nvme, piece));
        left -= piece.len();
    }
    began.elapsed().as_secs_f64()
}

/// Bytes that no two objects share.
fn content(length: usize, seed: usize) -> Bytes {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64 ^ seed as u64;
    let mut content = Vec::with_capacity(length + 8);
    while content.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        content.extend_from_slice(&state.to_le_bytes());
    }
    content.truncate(length);
    content.into()
}
