//! The memory of many branches, in a process of its own.

use minilambda_durable::testing::{Execution, Status};
use minilambda_durable::{Durable, Result, When};
use std::fs;
use std::time::Duration;

/// The most memory that this process has used, in kilobytes.
fn peak_kb() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().split(' ').next()?.parse().ok()
}

#[test]
fn a_thousand_branches_take_less_than_40_mb() {
    fn many(count: u32, durable: &Durable) -> Result<u32> {
        let items: Vec<u32> = (0..count).collect();
        let all = durable.map("many", &items, When::ALL_ARE_OVER, |branch, item| {
            // Three operations each would be more than an execution has.
            branch.wait("nap", Duration::from_secs(1))?;
            Ok(item + 1)
        })?;
        Ok(all.all()?.iter().sum())
    }
    let mut execution = Execution::new(many, &1000);
    assert_eq!(execution.skip(), Status::Succeeded);
    assert_eq!(execution.result::<u32>(), Some(Ok(500_500)));
    assert_eq!(execution.invocations(), 2);
    println!("{} requests, {:?} KB", execution.checkpoints(), peak_kb());
    // With the service, which is in this process too. Other systems than Linux do not say it.
    assert!(peak_kb().is_none_or(|kb| kb < 40_000), "{:?} KB", peak_kb());
}
