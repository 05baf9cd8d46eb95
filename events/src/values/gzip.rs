//! Decompresses gzip (RFC 1952): members of a header, deflated data, its checksum and its length.
//!
//! `miniz_oxide` inflates. A crate for the few bytes around it would bring four more.

use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::{DecompressorOxide, decompress, inflate_flags};

#[derive(Debug, PartialEq)]
pub(crate) enum Fault {
    /// More than the limit.
    TooLarge,
    /// Not gzip, or damaged.
    Damaged,
}

/// Returns the data of all members, if together they have at most this many bytes.
pub(crate) fn unpack(mut gzip: &[u8], max_bytes: usize) -> Result<Vec<u8>, Fault> {
    let mut unpacked = Vec::new();
    let mut state = Box::<DecompressorOxide>::default();
    loop {
        let start = unpacked.len();
        let deflated = after_header(gzip).ok_or(Fault::Damaged)?;
        let rest = inflate(deflated, &mut state, &mut unpacked, max_bytes)?;
        let (checksum, rest) = rest.split_first_chunk().ok_or(Fault::Damaged)?;
        let (length, rest) = rest.split_first_chunk().ok_or(Fault::Damaged)?;
        let data = unpacked.get(start..).unwrap_or_default();
        let is_length = u32::try_from(data.len()).is_ok_and(|it| it == u32::from_le_bytes(*length));
        if !is_length || crc32(data) != u32::from_le_bytes(*checksum) {
            return Err(Fault::Damaged);
        }
        if rest.is_empty() {
            return Ok(unpacked);
        }
        gzip = rest;
    }
}

const MAX_FIRST_ROOM: usize = 4096;

/// Appends the inflated data, and returns the bytes after the deflated data.
fn inflate<'a>(
    mut deflated: &'a [u8],
    state: &mut DecompressorOxide,
    unpacked: &mut Vec<u8>,
    max_bytes: usize,
) -> Result<&'a [u8], Fault> {
    let start = unpacked.len();
    let mut written = 0;
    state.init();
    loop {
        // The first room is small, because there may be very many members that unpack to nothing.
        let room = (2 * written).max((2 * deflated.len()).clamp(64, MAX_FIRST_ROOM));
        let length = (start + written).saturating_add(room).min(max_bytes);
        unpacked.reserve_exact(length.saturating_sub(unpacked.len()));
        unpacked.resize(length, 0);
        let output = unpacked.get_mut(start..).unwrap_or_default();
        let flags = inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
        let (status, read, more) = decompress(state, deflated, output, written, flags);
        let is_full = written + more == output.len();
        written += more;
        deflated = deflated.get(read..).unwrap_or_default();
        match status {
            TINFLStatus::Done => break,
            TINFLStatus::HasMoreOutput if start + written < max_bytes => {}
            TINFLStatus::HasMoreOutput if is_full => return Err(Fault::TooLarge),
            _ => return Err(Fault::Damaged),
        }
    }
    unpacked.truncate(start + written);
    Ok(deflated)
}

/// Returns the bytes after a member's header.
fn after_header(gzip: &[u8]) -> Option<&[u8]> {
    const MAGIC_AND_DEFLATE: &[u8] = &[0x1f, 0x8b, 8];
    let (header, mut rest) = gzip.strip_prefix(MAGIC_AND_DEFLATE)?.split_at_checked(7)?;
    let flags = *header.first()?;
    let (has_extra, has_name, has_comment, has_crc) = (4, 8, 16, 2);
    if flags & has_extra != 0 {
        let (length, after) = rest.split_first_chunk::<2>()?;
        rest = after.get(usize::from(u16::from_le_bytes(*length))..)?;
    }
    for text in [has_name, has_comment] {
        if flags & text != 0 {
            let end = rest.iter().position(|byte| *byte == 0)?;
            rest = rest.get(end + 1..)?;
        }
    }
    if flags & has_crc != 0 {
        rest = rest.get(2..)?;
    }
    Some(rest)
}

/// The checksum of gzip and of AWS's event streams.
#[must_use]
pub fn crc32(data: &[u8]) -> u32 {
    const TABLE: [u32; 256] = table();
    !data.iter().fold(u32::MAX, |crc, byte| {
        let [low, ..] = crc.to_le_bytes();
        TABLE.get(usize::from(low ^ byte)).copied().unwrap_or_default() ^ (crc >> 8)
    })
}

/// Returns the checksum of each byte.
#[allow(clippy::indexing_slicing, reason = "checked by the compiler, which is what runs it")]
#[allow(clippy::cast_possible_truncation, reason = "of numbers below 256")]
const fn table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut crc = byte as u32;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
            bit += 1;
        }
        table[byte] = crc;
        byte += 1;
    }
    table
}

#[cfg(test)]
pub(crate) mod tests {
    use super::{Fault, crc32, unpack};
    use miniz_oxide::deflate::compress_to_vec;

    pub(crate) fn pack(data: &[u8]) -> Vec<u8> {
        pack_with(&[0, 0, 0, 0, 0, 0, 0], data)
    }

    fn pack_with(head: &[u8], data: &[u8]) -> Vec<u8> {
        let length = u32::try_from(data.len()).unwrap().to_le_bytes();
        [&[0x1f, 0x8b, 8], head, &compress_to_vec(data, 9), &crc32(data).to_le_bytes(), &length]
            .concat()
    }

    #[test]
    fn the_checksum_is_that_of_the_standard() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }

    #[test]
    fn what_gzip_itself_has_packed_is_unpacked() {
        // printf 'two\nlines\n' | gzip -n
        let packed = b"\x1f\x8b\x08\0\0\0\0\0\0\x03\x2b\x29\xcf\xe7\xca\xc9\xcc\x4b\x2d\xe6\x02\0\x1c\x9e\x67\xbf\x0a\0\0\0";
        assert_eq!(unpack(packed, 100), Ok(b"two\nlines\n".to_vec()));
    }

    #[test]
    fn a_head_may_have_more_in_it() {
        let all = b"\x1e\0\0\0\0\0\xff\x03\0abcname\0comment\0cc";
        assert_eq!(unpack(&pack_with(all, b"data"), 4), Ok(b"data".to_vec()));
        assert_eq!(unpack(&pack_with(all, b"data"), 3), Err(Fault::TooLarge));
    }

    #[test]
    fn the_members_of_a_file_are_joined() {
        let long = vec![b'x'; 100_000];
        let members = [pack(b"one "), pack(b""), pack(&long), pack(b" three")].concat();
        let data = [&b"one "[..], &long, b" three"].concat();
        assert_eq!(unpack(&members, data.len()), Ok(data.clone()));
        assert_eq!(unpack(&members, data.len() - 1), Err(Fault::TooLarge));
        assert_eq!(unpack(&[&members[..], b"more"].concat(), 1_000_000), Err(Fault::Damaged));
        assert_eq!(unpack(&members[..members.len() - 1], 1_000_000), Err(Fault::Damaged));
    }

    #[test]
    fn very_many_members_that_are_empty_take_no_time() {
        let members = pack(b"").repeat(50_000);
        assert!(members.len() > 900_000);
        assert_eq!(unpack(&members, 1 << 20), Ok(Vec::new()));
    }

    #[test]
    fn every_cut_and_every_flipped_bit_is_noticed() {
        let whole = pack(b"some data, some more data");
        for end in 0..whole.len() {
            assert_eq!(unpack(&whole[..end], 1000), Err(Fault::Damaged), "{end}");
        }
        // Of the head, time and system say nothing of the data.
        for place in (0..3).chain(10..whole.len()) {
            let mut damaged = whole.clone();
            damaged[place] ^= 4;
            assert!(unpack(&damaged, 1000).is_err(), "{place}");
        }
    }
}
