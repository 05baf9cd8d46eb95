//! What `Json` takes while it is read, for texts that are made to take much.
#![allow(unsafe_code, reason = "an allocator that counts is unsafe")]

use minilambda_events::__private::Sorted;
use minilambda_events::Json;
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

struct Counting;

static NOW: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

/// `realloc` is that of the trait: it allocates, copies and frees, so both count.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let now = NOW.fetch_add(layout.size(), Relaxed) + layout.size();
        PEAK.fetch_max(now, Relaxed);
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        NOW.fetch_sub(layout.size(), Relaxed);
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The memory of the value, and the most that reading it took.
fn sizes(text: &str) -> (usize, usize) {
    let before = NOW.load(Relaxed);
    PEAK.store(before, Relaxed);
    let json: Json = minilambda::decode(text.as_bytes()).unwrap();
    let (kept, peak) = (NOW.load(Relaxed) - before, PEAK.load(Relaxed) - before);
    drop(json);
    (kept, peak)
}

/// The most that writing its fields in the order of their names takes, beside the text.
fn sorted_peak(text: &str) -> usize {
    let json: Json = minilambda::decode(text.as_bytes()).unwrap();
    let before = NOW.load(Relaxed);
    PEAK.store(before, Relaxed);
    let written = minilambda::encode(&Sorted(json.view()));
    let peak = PEAK.load(Relaxed) - before;
    assert_eq!(written.len(), text.len());
    peak
}

/// One test, because what another one allocates would count.
#[test]
fn any_text_takes_at_most_eight_times_its_size() {
    let list = |element: &str| {
        let count = 1_000_000 / (element.len() + 1);
        format!("[{}{element}]", format!("{element},").repeat(count))
    };
    let object = |field: &str| {
        let count = 1_000_000 / (field.len() + 1);
        format!("{{{}{field}}}", format!("{field},").repeat(count))
    };
    let nested = format!("{}0{}", r#"{"a":"#.repeat(250), "}".repeat(250));
    let lists = format!("{}{}", "[".repeat(250), "]".repeat(250));
    let names: Vec<_> = (0..150_000).rev().map(|at| format!(r#""{at:x}":0,"#)).collect();
    let names = names.concat();
    let texts = [
        list(r#"{"":0}"#),
        list("[]"),
        list("{}"),
        list("0"),
        list("0.1"),
        list("1.3"),
        list("-1"),
        list("1e5"),
        list("true"),
        list(r#""""#),
        list(r#""a""#),
        list(r#""short text""#),
        list(r#"{"b":0,"a":0}"#),
        list(r#"{"":{"":{"":0}}}"#),
        list(&nested),
        list(&lists),
        object(r#""":0"#),
        object(r#""a":[]"#),
        format!("{{{names}\"\":0}}"),
        format!("{{{}\"\":0}}", names.repeat(3)),
        format!("\"{}\"", "x".repeat(1_000_000)),
    ];
    for text in [&texts[12], &texts[18]] {
        let peak = sorted_peak(text);
        assert!(peak <= 10 * text.len(), "{peak} bytes to sort {}", text.len());
    }
    for text in texts {
        let start: String = text.chars().take(40).collect();
        let (kept, peak) = sizes(&text);
        assert!(peak <= 8 * text.len(), "{start}: {peak} bytes for {}", text.len());
        assert!(kept <= 4 * text.len(), "{start}: {kept} bytes for {}", text.len());
    }
}
