//! Unpacking log data takes no more memory than it says. The only test of its program, so that
//! no other test's memory is measured.

#![cfg(target_os = "linux")]

use minilambda_events::cloudwatch::logs::Logs;
use miniz_oxide::deflate::compress_to_vec;
use std::fs;

/// A quarter of 128 MB, and what the allocator and the compiler's tables take.
const MAX_KB: u64 = (32 + 4) * 1024;

fn gzip(data: &[u8]) -> Vec<u8> {
    let mut crc = u32::MAX;
    for byte in data {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
        }
    }
    let length = u32::try_from(data.len()).unwrap().to_le_bytes();
    let head = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0];
    [&head[..], &compress_to_vec(data, 1), &(!crc).to_le_bytes(), &length].concat()
}

/// The most memory that the process has had since the last reset, in KB.
fn peak_kb() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

fn logs(rest: &str, lines: &str) -> String {
    format!(
        r#"{{"messageType":"DATA_MESSAGE","logGroup":"a","logStream":"b",{rest}"logEvents":[{lines}{{"id":"1","timestamp":1,"message":""}}]}}"#
    )
}

#[test]
fn unpacking_takes_at_most_a_quarter_of_the_memory() {
    let line = r#"{"id":"","timestamp":1,"message":""},"#;
    let with_map = r#"{"id":"","timestamp":1,"message":"","extractedFields":{"":""}},"#;
    let long = format!(r#"{{"id":"","timestamp":1,"message":"{}"}},"#, "x\\n".repeat(400_000));
    let filters = format!(r#""subscriptionFilters":[{}""],"#, r#""","#.repeat(1_000_000));
    let long_filters = format!(r#""subscriptionFilters":[{}""],"#, r#""ab","#.repeat(150_000));
    let unknown = format!(r#""unknown":[{}0],"#, "0,".repeat(1_000_000));
    let documents = [
        ("spaces", " ".repeat(40 << 20), false),
        ("spaces that fit", format!("{}{}", logs("", ""), " ".repeat(15 << 20)), true),
        ("a few lines", logs("", &line.repeat(10_000)), true),
        ("very many lines", logs("", &line.repeat(100_000)), false),
        ("very many maps", logs("", &with_map.repeat(50_000)), false),
        ("long lines", logs("", &long.repeat(8)), true),
        ("too long lines", logs("", &long.repeat(20)), false),
        ("very many filters", logs(&filters, ""), false),
        ("many filters", logs(&long_filters, ""), true),
        ("an unknown field", logs(&unknown, ""), false),
        ("a mismatch at the end", logs("", &line.repeat(10_000)).replace("}]}", "}],}"), false),
        ("nothing but opened lists", "[".repeat(4 << 20), false),
    ];
    // The first error reads the program's debug information, for its stack trace.
    assert!(Logs::unpack(b"", 0).is_err());
    for (what, text, is_unpacked) in documents {
        let packed = gzip(text.as_bytes());
        drop(text);
        fs::write("/proc/self/clear_refs", "5").unwrap();
        let before = peak_kb();
        let result = Logs::unpack(&packed, usize::MAX);
        let taken = peak_kb() - before;
        assert_eq!(result.is_ok(), is_unpacked, "{what}: {:?}", result.err());
        assert!(taken <= MAX_KB, "{what}: {taken} KB");
    }
}
