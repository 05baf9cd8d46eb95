//! The cost of explaining why an event does not match: peak memory and time, beside decoding the
//! same event without its fault. Prints a table of 25 shapes, each of about 6 MB; with `QUICK=1` of
//! 60 KB.
//!
//! Memory is the peak of a counting allocator, without the event itself.

#![allow(unsafe_code, reason = "an allocator that counts is unsafe")]
#![allow(clippy::cast_precision_loss, reason = "sizes become figures of a table")]

use minilambda::decode;
use miniserde::Deserialize;
use miniserde::json::Value;
use std::alloc::{GlobalAlloc, Layout, System};
use std::collections::BTreeMap;
use std::env;
use std::hint::black_box;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

struct Counting;

static NOW: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call is passed on to the system's allocator as it is.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let now = NOW.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        PEAK.fetch_max(now, Ordering::Relaxed);
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        NOW.fetch_sub(layout.size(), Ordering::Relaxed);
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[derive(Deserialize)]
#[allow(dead_code, reason = "only decoding is measured")]
struct Order {
    id: String,
    pieces: u32,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "only decoding is measured")]
struct One {
    n: u8,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "only decoding is measured")]
struct Deep {
    name: Option<String>,
    child: Option<Box<Deep>>,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "only decoding is measured")]
struct Wrapper {
    items: Vec<Order>,
    total: u32,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "only decoding is measured")]
struct Few {
    id: String,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "only decoding is measured")]
enum Level {
    High,
    Low,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "only decoding is measured")]
struct Leveled {
    level: Level,
}

/// An event, the same with a fault, and how both are decoded.
struct Shape {
    name: &'static str,
    good: String,
    bad: String,
    decode: fn(&[u8]) -> bool,
}

fn shape<T: Deserialize>(name: &'static str, good: String, bad: String) -> Shape {
    Shape { name, good, bad, decode: |event| black_box(decode::<T>(event)).is_ok() }
}

/// The size of the events.
fn bytes() -> usize {
    let is_quick = env::var_os("QUICK").is_some_and(|quick| !quick.is_empty());
    if is_quick { 60_000 } else { 6_000_000 }
}

/// Returns a list that is filled with an item, after and before other ones.
fn list(first: &str, item: &str, last: &str) -> String {
    let count = bytes() / (item.len() + 1);
    let items = [first, item, last];
    let items = items.iter().zip([1, count, 1]).filter(|(item, _)| !item.is_empty());
    let items: Vec<_> = items.flat_map(|(item, count)| std::iter::repeat_n(*item, count)).collect();
    format!("[{}]", items.join(","))
}

#[allow(clippy::too_many_lines, reason = "a list of shapes")]
fn shapes() -> Vec<Shape> {
    let order = r#"{"id":"A-1","pieces":1}"#;
    let wrong = r#"{"id":"A-1","pieces":"six"}"#;
    let orders = list("", order, "");
    // Many small values of 6 MB would be over the limit of their memory.
    let texts = format!(r#"{{"id":"A-1","texts":["{}",7]}}"#, "x".repeat(2000));
    let cut = |text: &str| text[..text.len() - 5].to_owned();
    let wrap = |items: &str, rest: &str| format!(r#"{{"items":{items}{rest}}}"#);
    let pad = |c: &str| c.repeat(bytes() / c.len());
    let deep = |inner: &str| {
        let chain = format!("{}{inner}{}", "{\"child\":".repeat(200), "}".repeat(200));
        list("", &chain, "")
    };
    let map = |last: &str| {
        let fields: Vec<_> = (0..bytes() / 16).map(|n| format!("\"k{n:07}\":\"v\"")).collect();
        format!("{{{}{last}}}", fields.join(","))
    };
    let ignored = |id: &str| format!(r#"{{"bulk":{orders},"id":{id}}}"#);
    vec![
        shape::<Vec<Order>>(
            "records, the last has a wrong field",
            orders.clone(),
            list("", order, wrong),
        ),
        shape::<Vec<Order>>(
            "records, the first has a wrong field",
            orders.clone(),
            list(wrong, order, ""),
        ),
        shape::<Vec<Order>>(
            "records, the last lacks a field",
            orders.clone(),
            list("", order, r#"{"id":"x"}"#),
        ),
        shape::<Vec<Order>>(
            "records, the first lacks a field",
            orders.clone(),
            list(r#"{"id":"x"}"#, order, ""),
        ),
        shape::<Vec<Order>>("records, cut off in the last", orders.clone(), cut(&orders)),
        shape::<Vec<Order>>("records, text after the end", orders.clone(), format!("{orders} x")),
        shape::<Vec<Order>>(
            "records, an object instead of a list",
            orders.clone(),
            wrap(&orders, ""),
        ),
        shape::<Vec<Order>>(
            "records, another name for a field",
            orders.clone(),
            list("", order, r#"{"Id":"x","pieces":1}"#),
        ),
        shape::<Wrapper>(
            "a field after the records is missing",
            wrap(&orders, r#","total":1"#),
            wrap(&orders, ""),
        ),
        shape::<Wrapper>(
            "a field after the records is wrong",
            wrap(&orders, r#","total":1"#),
            wrap(&orders, r#","total":"1""#),
        ),
        shape::<Wrapper>(
            "a record's integer is out of range",
            wrap(&orders, r#","total":1"#),
            wrap(&orders, r#","total":4294967296"#),
        ),
        shape::<Vec<One>>(
            "objects of one field, the last wrong",
            list("", r#"{"n":1}"#, ""),
            list("", r#"{"n":1}"#, r#"{"n":300}"#),
        ),
        shape::<Vec<One>>(
            "objects of one field, cut off",
            list("", r#"{"n":1}"#, ""),
            cut(&list("", r#"{"n":1}"#, "")),
        ),
        shape::<Vec<u8>>(
            "small integers, the last is a string",
            list("", "1", ""),
            list("", "1", "\"\""),
        ),
        shape::<Vec<f64>>(
            "numbers, the last is null",
            list("", "1.5", ""),
            list("", "1.5", "null"),
        ),
        shape::<Vec<String>>(
            "short strings, the last is a number",
            list("", "\"ab\"", ""),
            list("", "\"ab\"", "1"),
        ),
        shape::<Vec<Deep>>("chains of 200 levels, the innermost wrong", deep("null"), deep("1")),
        shape::<BTreeMap<String, String>>("a map, the last value wrong", map(""), map(",\"z\":1")),
        shape::<BTreeMap<String, String>>("a map, cut off", map(""), cut(&map(""))),
        shape::<String>(
            "one long string, cut off",
            format!("\"{}\"", pad("x")),
            format!("\"{}", pad("x")),
        ),
        shape::<Few>(
            "a long string that is ignored, a field missing",
            format!(r#"{{"x":"{}","id":"1"}}"#, pad("x")),
            format!(r#"{{"x":"{}"}}"#, pad("x")),
        ),
        shape::<String>(
            "a string of escapes, cut off",
            format!("\"{}\"", pad("\\n")),
            format!("\"{}", pad("\\n")),
        ),
        shape::<Few>(
            "records that are ignored, then a wrong field",
            ignored("\"x\""),
            ignored("7"),
        ),
        shape::<Vec<Leveled>>(
            "enums, the last unknown",
            list("", r#"{"level":"High"}"#, ""),
            list("", r#"{"level":"High"}"#, r#"{"level":"none"}"#),
        ),
        shape::<Vec<Value>>(
            "values of any type, cut off",
            list("", &texts, ""),
            cut(&list("", &texts, "")),
        ),
    ]
}

/// Returns the peak memory in bytes, and the shortest time of several rounds.
fn measure(decode: fn(&[u8]) -> bool, event: &[u8], expected: bool) -> (usize, Duration) {
    let before = NOW.load(Ordering::Relaxed);
    PEAK.store(before, Ordering::Relaxed);
    let mut times = Vec::new();
    for _ in 0..3 {
        let start = Instant::now();
        assert_eq!(decode(event), expected, "{}", String::from_utf8_lossy(&event[..60]));
        times.push(start.elapsed());
    }
    (PEAK.load(Ordering::Relaxed) - before, times.into_iter().min().unwrap_or_default())
}

fn main() {
    drop(minilambda::Error::new("", "")); // loads symbols once, if RUST_BACKTRACE is set
    println!("| event | decoding | explaining | memory | time |\n|---|---|---|---|---|");
    let (mut most_memory, mut most_time) = (0.0_f64, 0.0_f64);
    for Shape { name, good, bad, decode } in shapes() {
        let (good_bytes, good_time) = measure(decode, good.as_bytes(), true);
        let (bad_bytes, bad_time) = measure(decode, bad.as_bytes(), false);
        // The message itself takes a few hundred bytes.
        let memory = bad_bytes as f64 / good_bytes.max(64 * 1024) as f64;
        let time = bad_time.as_secs_f64() / good_time.as_secs_f64();
        most_memory = most_memory.max(memory);
        most_time = most_time.max(time);
        let show = |bytes: usize, time: Duration| {
            format!("{:.1} MB, {:.1} ms", bytes as f64 / 1e6, time.as_secs_f64() * 1e3)
        };
        let (good, bad) = (show(good_bytes, good_time), show(bad_bytes, bad_time));
        println!("| {name} | {good} | {bad} | {memory:.2} × | {time:.2} × |");
    }
    println!("| **at most** | | | **{most_memory:.2} ×** | **{most_time:.2} ×** |");
}
