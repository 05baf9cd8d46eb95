//! Takes pieces out of a stock in PostgreSQL. `database.rs` has the connection.

mod database;

use minilambda::{Context, Error, Handler, handler};
use miniserde::{Deserialize, Serialize};
use std::process::ExitCode;

static HANDLERS: &[(&str, Handler)] = &[("stock.take", handler!(take))];

fn main() -> ExitCode {
    minilambda::run(HANDLERS)
}

#[derive(Deserialize)]
struct Order {
    item: String,
    pieces: u32,
}

#[derive(Serialize)]
struct Stock {
    left: i64,
}

/// Both tables change, or neither.
fn take(order: Order, context: &Context) -> Result<Stock, Error> {
    let pieces = i64::from(order.pieces);
    let left = database::run(context, async |client| {
        let transaction = client.transaction().await?;
        let sql = "update stock set pieces = pieces - $2 \
                   where item = $1 and pieces >= $2 returning pieces";
        let Some(row) = transaction.query_opt(sql, &[&order.item, &pieces]).await? else {
            return Ok(None);
        };
        let sql = "insert into taken (item, pieces) values ($1, $2)";
        transaction.execute(sql, &[&order.item, &pieces]).await?;
        // Before the commit, after which nothing may fail.
        let left: i64 = row.try_get(0)?;
        transaction.commit().await?;
        Ok(Some(left))
    })?;
    let left = left.ok_or_else(|| Error::new("OutOfStock", "there are not so many pieces"))?;
    Ok(Stock { left })
}
