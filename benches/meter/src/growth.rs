//! How costs grow: with the payload, with the workers, with the table of handlers.

use crate::bootstrap::{Bootstrap, use_all_cores};
use crate::contenders::{BASELINE, Contender, Field, OFFICIAL, OURS, OURS_MUSL};
use crate::plan::{self, Plan};
use crate::table::{NONE, Report, in_us, median, number};
use std::time::Instant;

/// Returns a short name, for headings.
fn short(contender: &Contender) -> &'static str {
    match contender.name {
        BASELINE => "baseline",
        OURS => "ours",
        OURS_MUSL => "ours, musl",
        _ => "official",
    }
}

pub fn payloads(field: &Field, plan: &Plan, report: &mut Report) -> Result<(), String> {
    let some: Vec<&Contender> = field
        .echo
        .iter()
        .filter(|contender| [BASELINE, OURS, OURS_MUSL, OFFICIAL].contains(&contender.name))
        .collect();
    let mut rows = Vec::new();
    for &bytes in plan.payloads {
        let event = documents::sqs_of_bytes(bytes);
        let burst = (4 * 1024 * 1024 / bytes).clamp(2, 20);
        let started = some
            .iter()
            .map(|contender| Bootstrap::start(contender))
            .collect::<Result<Vec<_>, _>>()?;
        started.iter().for_each(Bootstrap::keep_apart);
        let mut cycles = vec![Vec::new(); some.len()];
        let mut cpus = vec![Vec::new(); some.len()];
        for _ in 0..plan.rounds.div_ceil(2) {
            for (index, bootstrap) in started.iter().enumerate() {
                let before = bootstrap.cpu();
                let turns = bootstrap.invoke(&event, burst)?;
                cpus[index].push(in_us(bootstrap.cpu().saturating_sub(before)) / burst as f64);
                cycles[index].extend(turns.iter().map(|turn| in_us(turn.cycle)));
            }
        }
        let mut row = vec![number(Some(event.len() as f64), 0)];
        row.extend(cycles.iter().map(|cycles| number(median(cycles), 0)));
        row.extend(cpus.iter().map(|cpus| number(median(cpus), 0)));
        row.extend(started.iter().map(|bootstrap| number(Some(bootstrap.memory_kb().0 as f64), 0)));
        rows.push(row);
    }
    use_all_cores();
    let mut columns = vec!["bytes".to_owned()];
    for measure in ["µs", "CPU µs", "KB"] {
        columns.extend(some.iter().map(|contender| format!("{}: {measure}", short(contender))));
    }
    table(report, "Growth with the payload: cycle, CPU and peak memory", &columns, &rows);
    Ok(())
}

/// Events per second and time to start with `AWS_LAMBDA_MAX_CONCURRENCY` connections.
pub fn workers(field: &Field, plan: &Plan, report: &mut Report) -> Result<(), String> {
    let mut rows = Vec::new();
    for &workers in plan.workers {
        let count = workers.to_string();
        let variables = [("AWS_LAMBDA_MAX_CONCURRENCY", count.as_str())];
        let start = |contender| Bootstrap::start_under(contender, &[], &variables, workers);
        let mut ready = vec![Vec::new(); field.workers.len()];
        for _ in 0..plan.starts.div_ceil(2) {
            for (contender, ready) in field.workers.iter().zip(&mut ready) {
                ready.extend(start(contender).map(|it| it.cold.as_secs_f64() * 1000.0));
            }
        }
        let mut row = vec![count.clone()];
        for (contender, ready) in field.workers.iter().zip(&ready) {
            let bootstrap = match start(contender) {
                Ok(bootstrap) => bootstrap,
                Err(why) => {
                    report.note(&why);
                    row.extend([NONE; 5].map(str::to_owned));
                    continue;
                }
            };
            let idle = bootstrap.memory_kb().1;
            let events = 100 * plan.rounds.max(workers);
            let (start, before) = (Instant::now(), bootstrap.cpu());
            bootstrap.invoke(&(plan::SMALL)(), events)?;
            let elapsed = start.elapsed().as_secs_f64();
            let cpu = bootstrap.cpu().saturating_sub(before);
            row.extend([
                number(median(ready), 2),
                number(Some(idle as f64), 0),
                number(Some(events as f64 / elapsed), 0),
                number(Some(in_us(cpu) / events as f64), 1),
                number(Some(bootstrap.memory_kb().0 as f64), 0),
            ]);
        }
        rows.push(row);
    }
    let mut columns = vec!["workers".to_owned()];
    for contender in &field.workers {
        columns.push(format!("{}: ready, ms", short(contender)));
        columns.extend(["idle KB", "events/s", "CPU, µs", "peak KB"].map(str::to_owned));
    }
    table(report, "Growth with the workers, small events", &columns, &rows);
    Ok(())
}

fn table(report: &mut Report, title: &str, columns: &[String], rows: &[Vec<String>]) {
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    report.table(title, &columns, rows);
}

pub fn handlers(field: &Field, plan: &Plan, report: &mut Report) -> Result<(), String> {
    let mut rows = Vec::new();
    let mut times = vec![Vec::new(); plan.handlers.len()];
    let mut faults = vec![Vec::new(); plan.handlers.len()];
    for _ in 0..plan.starts {
        for (index, &handlers) in plan.handlers.iter().enumerate() {
            let last = format!("h{:03}", handlers - 1);
            let count = handlers.to_string();
            let variables = [("BENCH_HANDLERS", count.as_str()), ("_HANDLER", &last)];
            let bootstrap = Bootstrap::start_under(&field.table, &[], &variables, 1)?;
            times[index].push(in_us(bootstrap.cold) / 1000.0);
            faults[index].push(bootstrap.page_faults() as f64);
        }
    }
    for (index, handlers) in plan.handlers.iter().enumerate() {
        let time = number(median(&times[index]), 3);
        rows.push(vec![handlers.to_string(), time, number(median(&faults[index]), 0)]);
    }
    report.table(
        "Growth with the table of handlers, of which the last is asked for",
        &["handlers", "cold start, ms", "page faults"],
        &rows,
    );
    Ok(())
}
