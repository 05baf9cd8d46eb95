//! The peak memory of a process.

use crate::bootstrap::Bootstrap;
use crate::contenders::Field;
use crate::plan::{self, Plan};
use crate::table::{Figures, Report, number};

pub fn measure(field: &Field, plan: &Plan, report: &mut Report) -> Result<(), String> {
    let contenders = &field.echo;
    let large = plan::sqs_6_mb();
    let (mut starts, mut smalls, mut larges) = (Vec::new(), Vec::new(), Vec::new());
    for contender in contenders {
        let bootstrap = Bootstrap::start(contender)?;
        starts.push(bootstrap.memory_kb().0 as f64);
        bootstrap.invoke(&(plan::SMALL)(), plan.memory_events)?;
        smalls.push(Some(bootstrap.memory_kb().0 as f64));
        let bootstrap = Bootstrap::start(contender)?;
        bootstrap.invoke(&large, 1)?;
        larges.push(Some(bootstrap.memory_kb().0 as f64));
    }
    let small = Figures { contenders, figures: smalls };
    let rows: Vec<_> = (contenders.iter().enumerate())
        .map(|(index, contender)| {
            let [after_small, _, official] = small.cells(index, 0);
            let above = larges[index].map(|kb| (kb - starts[index]) * 1024.0 / large.len() as f64);
            vec![
                contender.name.to_owned(),
                number(Some(starts[index]), 0),
                after_small,
                official,
                number(larges[index], 0),
                number(above, 2),
            ]
        })
        .collect();
    report.table(
        &format!(
            "Peak memory, KB: at start, after {} small events, after one 6 MB event echoed",
            plan.memory_events
        ),
        &["", "start", "small events", "× official", "6 MB event", "above the start, × payload"],
        &rows,
    );
    let bars = contenders.iter().zip(&small.figures);
    report.chart(
        "Peak memory, small events, MB",
        bars.filter_map(|(who, kb)| Some((who.name, (*kb)? / 1024.0))),
    );
    Ok(())
}
