//! The cost of an event in a running process.

use crate::bootstrap::{Bootstrap, use_all_cores};
use crate::contenders::{Contender, Field, OFFICIAL, OURS};
use crate::counts::{self, Runs};
use crate::plan::{Event, Plan};
use crate::table::{Figures, Report, in_us, median, number, percentile};
use std::time::Duration;

pub fn measure(field: &Field, plan: &Plan, report: &mut Report) -> Result<(), String> {
    for event in plan.events {
        one(&field.echo, event, "bytes echoed", plan, report)?;
    }
    for event in plan.typed {
        one(&field.typed, event, "typed, with its length as the response", plan, report)?;
    }
    Ok(())
}

/// The measurements of one contender, in microseconds.
#[derive(Clone, Default)]
struct Samples {
    response: Vec<f64>,
    cycle: Vec<f64>,
    /// One value for each round.
    cpu: Vec<f64>,
    cycle_of_round: Vec<f64>,
}

fn sample(contenders: &[Contender], event: &Event, rounds: usize) -> Result<Vec<Samples>, String> {
    let text = (event.text)();
    let started = contenders.iter().map(Bootstrap::start).collect::<Result<Vec<_>, _>>()?;
    let mut samples = vec![Samples::default(); contenders.len()];
    for bootstrap in &started {
        bootstrap.keep_apart();
        if let Some(first) = event.first {
            bootstrap.invoke(&first(), 1)?;
        }
        bootstrap.invoke(&text, event.burst)?; // to warm up
    }
    for _ in 0..rounds {
        let mut cpu = vec![Duration::ZERO; started.len()];
        for _ in 0..event.bursts {
            for (index, bootstrap) in started.iter().enumerate() {
                let before = bootstrap.cpu();
                let turns = bootstrap.invoke(&text, event.burst)?;
                cpu[index] += bootstrap.cpu().saturating_sub(before);
                samples[index].cycle.extend(turns.iter().map(|turn| in_us(turn.cycle)));
                samples[index].response.extend(turns.iter().map(|turn| in_us(turn.response)));
            }
        }
        for (samples, cpu) in samples.iter_mut().zip(cpu) {
            samples.cpu.push(in_us(cpu) / event.of_round() as f64);
            let from = samples.cycle.len() - event.of_round();
            samples.cycle_of_round.extend(median(&samples.cycle[from..]));
        }
    }
    use_all_cores();
    Ok(samples)
}

pub fn one(
    contenders: &[Contender],
    event: &Event,
    how: &str,
    plan: &Plan,
    report: &mut Report,
) -> Result<(), String> {
    let samples = sample(contenders, event, plan.rounds)?;
    let text = (event.text)();
    let runs = event.lengths.map(|lengths| Runs {
        first: event.first.map(|first| first()),
        event: &text,
        lengths,
    });
    // A run takes seconds under these tools, and counts do not vary.
    let counted = |count: fn(&Contender, &Runs) -> Result<Option<f64>, String>| {
        let once = |contender| match &runs {
            Some(runs) if !plan.quick || event.burst >= 40 => count(contender, runs),
            _ => Ok(None),
        };
        contenders.iter().map(once).collect::<Result<Vec<_>, _>>()
    };
    let figures = |figures| Figures { contenders, figures };
    let of = |part: fn(&Samples) -> &Vec<f64>| {
        figures(samples.iter().map(|samples| median(part(samples))).collect())
    };
    let (response, cycle, cpu) =
        (of(|samples| &samples.response), of(|samples| &samples.cycle), of(|samples| &samples.cpu));
    let instructions = figures(counted(counts::instructions)?);
    let calls = counted(|contender, runs| counts::system_calls(contender, Some(runs)))?;
    let row = |(index, contender): (usize, &Contender)| {
        let samples = &samples[index];
        let [response, ..] = response.cells(index, 0);
        let [median, baseline, official] = cycle.cells(index, 0);
        let [cpu, cpu_floor, cpu_official] = cpu.cells(index, 1);
        let [instructions, _, instructions_official] = instructions.cells(index, 0);
        let p99 = |samples: &[f64]| number(percentile(samples, 99), 0);
        vec![
            contender.name.to_owned(),
            response,
            p99(&samples.response),
            median,
            p99(&samples.cycle),
            baseline,
            official,
            cpu,
            cpu_floor,
            cpu_official,
            instructions,
            instructions_official,
            number(calls[index], 1),
        ]
    };
    let rows: Vec<_> = contenders.iter().enumerate().map(row).collect();
    report.table(
        &format!(
            "{}, {how}: {} in {} rounds, {} at a time",
            event.name,
            plan.rounds * event.of_round(),
            plan.rounds,
            event.burst
        ),
        &[
            "",
            "response, µs",
            "p99",
            "cycle, µs",
            "p99",
            "× baseline",
            "× official",
            "CPU, µs",
            "× baseline",
            "× official",
            "instructions",
            "× official",
            "system calls",
        ],
        &rows,
    );
    report.note(&rounds_won(contenders, &samples));
    let named = |figures: &Figures| -> Vec<_> {
        let names = contenders.iter().map(|contender| contender.name);
        names.zip(&figures.figures).filter_map(|(name, figure)| Some((name, (*figure)?))).collect()
    };
    if event.name == plan.events[0].name {
        report.chart("Small event: cycle, µs", named(&cycle));
        report.chart("Small event: CPU, µs", named(&cpu));
    }
    Ok(())
}

fn rounds_won(contenders: &[Contender], samples: &[Samples]) -> String {
    let of =
        |name: &str| contenders.iter().zip(samples).find(|(contender, _)| contender.name == name);
    let (Some((_, ours)), Some((_, theirs))) = (of(OURS), of(OFFICIAL)) else {
        return String::new();
    };
    let both = ours.cycle_of_round.iter().zip(&theirs.cycle_of_round);
    let won = both.filter(|(ours, theirs)| ours < theirs).count();
    format!(
        "By the median of its cycles, {OURS} was below {OFFICIAL} in {won} of {} rounds.",
        ours.cycle_of_round.len()
    )
}
