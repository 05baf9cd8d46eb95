//! Cold start: from exec to the first request for an event.

use crate::bootstrap::Bootstrap;
use crate::contenders::{Contender, Field};
use crate::counts;
use crate::plan::Plan;
use crate::table::{Figures, Report, in_us, median, number, percentile};

pub fn measure(field: &Field, plan: &Plan, report: &mut Report) -> Result<(), String> {
    let times = one(&field.echo, "Cold start", plan, report)?;
    let bars = field.echo.iter().zip(&times.figures);
    report.chart("Cold start, ms", bars.filter_map(|(who, time)| Some((who.name, (*time)?))));
    Ok(())
}

/// Returns the medians, in milliseconds.
pub fn one<'a>(
    contenders: &'a [Contender],
    title: &str,
    plan: &Plan,
    report: &mut Report,
) -> Result<Figures<'a>, String> {
    let mut times = vec![Vec::new(); contenders.len()];
    let mut faults = vec![Vec::new(); contenders.len()];
    for _ in 0..plan.starts {
        for (index, contender) in contenders.iter().enumerate() {
            let started = Bootstrap::start(contender)?;
            times[index].push(in_us(started.cold) / 1000.0);
            faults[index].push(started.page_faults() as f64);
        }
    }
    let figures = times.iter().map(|times| median(times)).collect();
    let figures = Figures { contenders, figures };
    let mut rows = Vec::new();
    for (index, contender) in contenders.iter().enumerate() {
        let [time, baseline, official] = figures.cells(index, 3);
        rows.push(vec![
            contender.name.to_owned(),
            time,
            number(percentile(&times[index], 0), 3),
            number(percentile(&times[index], 99), 3),
            baseline,
            official,
            number(counts::system_calls(contender, None)?, 0),
            number(median(&faults[index]), 0),
        ]);
    }
    report.table(
        &format!("{title}: from exec to the first /next, {} starts", plan.starts),
        &[
            "",
            "ms, median",
            "least",
            "p99",
            "× baseline",
            "× official",
            "system calls",
            "page faults",
        ],
        &rows,
    );
    Ok(figures)
}
