//! The to-do application with routes, without, and with `lambda_http` and axum.

use crate::contenders::Field;
use crate::plan::Plan;
use crate::table::Report;
use crate::{cold, invocations, sizes};

pub fn measure(field: &Field, plan: &Plan, report: &mut Report) -> Result<(), String> {
    cold::one(&field.http, "To-do application, cold start", plan, report)?;
    for event in plan.http {
        invocations::one(&field.http, event, "to-do application", plan, report)?;
    }
    sizes::one(&field.http, "To-do application, size", report);
    Ok(())
}
