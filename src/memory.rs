//! The memory in which a worker's events and responses take turns.
//!
//! New memory from the system takes time: with musl, for a small event, as long as everything else
//! that is done for it. Memory that is kept is missing to the function. So small memory is always
//! kept, and large memory only by a single worker, from a response that fills it to an event that
//! needs it.

/// Larger memory is kept only for events of its size.
const LARGE_BYTES: usize = 1024 * 1024;

/// The memory that waits for the next event.
#[derive(Debug)]
pub(crate) struct Memory {
    bytes: Vec<u8>,
    keeps_large: bool,
}

impl Memory {
    /// `keeps_large`: there is one worker, so large memory is kept once and not by each.
    pub(crate) fn new(keeps_large: bool) -> Self {
        Self { bytes: Vec::new(), keeps_large }
    }

    /// Returns this many bytes for an event. What was kept is released if it is too small, or large
    /// without need.
    pub(crate) fn take(&mut self, bytes: usize) -> Vec<u8> {
        let mut kept = std::mem::take(&mut self.bytes);
        if bytes > kept.capacity() || kept.capacity() > LARGE_BYTES.max(2 * bytes) {
            drop(kept);
            return vec![0; bytes]; // comes zeroed from the system
        }
        kept.resize(bytes, 0);
        kept
    }

    /// Keeps the memory of a response that was sent, for the next event.
    pub(crate) fn keep(&mut self, response: Vec<u8>) {
        let is_filled = response.len() >= response.capacity() / 2;
        self.bytes = if self.keeps_large && is_filled { response } else { reuse(response) };
    }
}

/// Returns memory that is written over, such as that of an event for its response. If it is large
/// it is released, because the function may need it.
pub(crate) fn reuse(bytes: Vec<u8>) -> Vec<u8> {
    if bytes.capacity() > LARGE_BYTES { Vec::new() } else { bytes }
}

#[cfg(test)]
mod tests {
    use super::{LARGE_BYTES, Memory, reuse};

    #[test]
    fn large_memory_is_kept_by_a_single_worker_for_a_large_event() {
        const LARGE: usize = 4 * LARGE_BYTES;
        for (keeps_large, response, next, expected) in [
            (true, LARGE, LARGE, LARGE),
            (true, LARGE, LARGE / 2, LARGE),
            (true, LARGE, 100, 100),
            (true, 100, LARGE, LARGE),
            (false, LARGE, LARGE / 2, LARGE / 2),
            (false, 1000, 100, 1000),
        ] {
            let mut memory = Memory::new(keeps_large);
            memory.keep(vec![1; response]);
            let event = memory.take(next);
            assert_eq!((event.len(), event.capacity()), (next, expected), "{response} {next}");
        }
        let mut memory = Memory::new(true);
        let mut sparse = Vec::with_capacity(LARGE);
        sparse.push(1);
        memory.keep(sparse);
        assert_eq!(memory.take(LARGE / 2).capacity(), LARGE / 2);
        assert_eq!(reuse(vec![0; LARGE]).capacity(), 0);
    }
}
