//! The lengths that an Arrow file promises, held against its size before anything is allocated by them.
//!
//! Arrow's reader trusts lengths. One that is broken would ask for petabytes, which ends the process rather than the reading.

use std::io::{Read, Seek, SeekFrom};

use arrow::ipc::{Block, Message, root_as_footer, root_as_message};

/// What a message starts with since version 0.15 of the format.
const CONTINUATION: [u8; 4] = [0xff; 4];

/// The bytes behind a footer: its length, and the magic.
const TAIL: u64 = 10;

/// The most bytes that one packed byte stands for: Zstandard repeats a byte 128 KiB long in four.
const MOST_UNPACKED: u64 = 32 << 10;

/// So many rows may be promised by a batch whatever its bytes: those of a column that repeats one value take none.
const FREE_ROWS: u64 = 1 << 24;

/// Says what is promised beyond the end; `None` if nothing is. What can't be read at all is left to the reader to say.
pub(super) fn problem(file: &mut (impl Read + Seek), is_file: bool) -> Option<String> {
    let size = file.seek(SeekFrom::End(0)).ok()?;
    if is_file { in_blocks(file, size) } else { in_stream(file, size) }
}

/// The messages of a file, by the places that its footer names.
fn in_blocks(file: &mut (impl Read + Seek), size: u64) -> Option<String> {
    let at = size.checked_sub(TAIL)?;
    let tail = bytes(file, at, TAIL)?;
    let length = u64::from(u32::from_le_bytes(tail[..4].try_into().ok()?));
    let Some(start) = at.checked_sub(length) else {
        return Some(format!("a footer of {length} bytes is promised, but the file has {size}"));
    };
    let footer = bytes(file, start, length)?;
    let footer = root_as_footer(&footer).ok()?;
    let blocks = [footer.dictionaries(), footer.recordBatches()];
    // A block that can't be read ends nothing: others may be read before it.
    blocks.into_iter().flatten().flatten().find_map(|block| in_block(file, *block, size))
}

fn in_block(file: &mut (impl Read + Seek), block: Block, size: u64) -> Option<String> {
    let place = u64::try_from(block.offset()).ok();
    let head = u64::try_from(block.metaDataLength()).ok();
    let body = u64::try_from(block.bodyLength()).ok();
    let whole = place.zip(head).zip(body).filter(|((place, head), body)| {
        let end = place.checked_add(*head).and_then(|end| end.checked_add(*body));
        end.is_some_and(|end| end <= size)
    });
    let Some(((place, head), body)) = whole else {
        return Some(format!("a block is promised beyond the {size} bytes of the file"));
    };
    let message = bytes(file, place, head)?;
    let skipped = if message.starts_with(&CONTINUATION) { 8 } else { 4 };
    let message = root_as_message(message.get(skipped..)?).ok()?;
    in_body(file, message, place + head, body)
}

/// The messages of a stream, one after the other.
fn in_stream(file: &mut (impl Read + Seek), size: u64) -> Option<String> {
    let mut at = 0;
    loop {
        let mut length = bytes(file, at, 4)?;
        at += 4;
        if length == CONTINUATION {
            length = bytes(file, at, 4)?;
            at += 4;
        }
        let head = u64::from(u32::from_le_bytes(length.try_into().ok()?));
        if head == 0 {
            return None;
        }
        if head > size - at {
            return Some(format!("a message of {head} bytes is promised at byte {at}, of {size}"));
        }
        let message = bytes(file, at, head)?;
        let message = root_as_message(&message).ok()?;
        at += head;
        let body = u64::try_from(message.bodyLength()).ok().filter(|body| *body <= size - at);
        let Some(body) = body else {
            let body = message.bodyLength();
            return Some(format!("{body} bytes are promised at byte {at}, of {size}"));
        };
        let problem = in_body(file, message, at, body);
        if problem.is_some() {
            return problem;
        }
        at += body;
    }
}

/// What a batch or a dictionary promises of its body.
fn in_body(
    file: &mut (impl Read + Seek),
    message: Message<'_>,
    start: u64,
    body: u64,
) -> Option<String> {
    let dictionary = message.header_as_dictionary_batch();
    let batch = message.header_as_record_batch().or_else(|| dictionary?.data())?;
    let mut held = body;
    if batch.compression().is_some() {
        held = 0;
        for buffer in batch.buffers().into_iter().flatten() {
            let (offset, length) = (u64::try_from(buffer.offset()), u64::try_from(buffer.length()));
            let (Ok(offset), Ok(length)) = (offset, length) else {
                return Some("a buffer has a negative place".to_owned());
            };
            if length < 8 {
                continue;
            }
            if offset.checked_add(length).is_none_or(|end| end > body) {
                return Some(format!("a buffer is promised beyond the {body} bytes of its batch"));
            }
            // The first eight bytes say how long the rest is unpacked; -1 that it is not packed.
            let promised = bytes(file, start + offset, 8)?;
            let promised = i64::from_le_bytes(promised.try_into().ok()?);
            let promised = if promised == -1 { length } else { promised.cast_unsigned() };
            if promised > length.saturating_mul(MOST_UNPACKED) {
                return Some(format!("{promised} bytes are promised of {length} packed ones"));
            }
            held = held.saturating_add(promised);
        }
    }
    let rows = u64::try_from(batch.length()).ok()?;
    let nodes = batch.nodes().into_iter().flatten();
    let most = nodes.filter_map(|node| u64::try_from(node.length()).ok()).fold(rows, u64::max);
    // A row takes a bit at the least.
    (most > held.saturating_mul(8).max(FREE_ROWS))
        .then(|| format!("{most} rows are promised of {held} bytes"))
}

/// Reads some bytes; `None` if they are not there.
fn bytes(file: &mut (impl Read + Seek), at: u64, length: u64) -> Option<Vec<u8>> {
    file.seek(SeekFrom::Start(at)).ok()?;
    let mut held = Vec::new();
    file.take(length).read_to_end(&mut held).ok()?;
    (held.len() as u64 == length).then_some(held)
}
