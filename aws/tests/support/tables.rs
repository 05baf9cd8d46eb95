//! The program of the tests of tables: each handler returns what it has seen.

use minilambda::{Context, Error, Handler, handler};
use minilambda_aws::dynamodb::{
    AttributeValue, Bytes, Item, Page, Set, Snapshot, Table, Transaction, expression, from_item,
};
use minilambda_aws::{DYNAMODB, Empty, Json, JsonRef, Object, object};
use miniserde::{Deserialize, Serialize};
use std::process::ExitCode;
use std::time::Instant;

static HANDLERS: &[(&str, Handler)] = &[
    ("create", handler!(create)),
    ("updates", handler!(updates)),
    ("conditions", handler!(conditions)),
    ("reads", handler!(reads)),
    ("batches", handler!(batches)),
    ("transactions", handler!(transactions)),
    ("put-all", handler!(put_all)),
    ("get-all", handler!(get_all)),
    ("scan", handler!(scan)),
    ("transaction", handler!(transaction)),
    ("repeats", handler!(repeats)),
    ("pages", handler!(pages)),
    ("page-after", handler!(page_after)),
];

fn main() -> ExitCode {
    minilambda::run(HANDLERS)
}

const NAME: &str = "notes";

/// Half of its attributes are reserved words.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
struct Note {
    user: String,
    number: u32,
    status: String,
    count: i64,
    tags: Set,
    sizes: Set<u16>,
    data: Bytes,
    list: Vec<String>,
    comment: Option<String>,
}

fn note(user: &str, number: u32) -> Note {
    Note {
        user: user.to_owned(),
        number,
        status: "new".to_owned(),
        count: 0,
        tags: ["a", "b"].into_iter().collect(),
        sizes: Set::new(),
        data: Bytes(vec![0, 255]),
        list: Vec::new(),
        comment: None,
    }
}

fn key(user: &str, number: u32) -> Object<'_> {
    object! { "user": user, "number": number }
}

fn check(holds: bool, what: &str) -> Result<(), Error> {
    if holds { Ok(()) } else { Err(Error::new("Wrong", what.to_owned())) }
}

/// Creates the table, and waits for it.
fn create(_: Json, _: &Context) -> Result<String, Error> {
    let attribute = |name: &'static str, kind: &'static str| object! { "AttributeName": name, "AttributeType": kind };
    let key =
        |name: &'static str, kind: &'static str| object! { "AttributeName": name, "KeyType": kind };
    let input = object! {
        "TableName": NAME,
        "AttributeDefinitions": [attribute("user", "S"), attribute("number", "N"), attribute("status", "S")],
        "KeySchema": [key("user", "HASH"), key("number", "RANGE")],
        "GlobalSecondaryIndexes": [object! {
            "IndexName": "by-status",
            "KeySchema": [key("status", "HASH"), key("number", "RANGE")],
            "Projection": object! { "ProjectionType": "ALL" },
        }],
        "BillingMode": "PAY_PER_REQUEST",
    };
    let Empty {} = DYNAMODB.client().call("CreateTable", &input)?;
    loop {
        let input = object! { "TableName": NAME };
        let table: Json = DYNAMODB.client().call("DescribeTable", &input)?;
        let status = table.path("Table.TableStatus").and_then(JsonRef::as_str);
        if status == Some("ACTIVE") {
            return Ok("created".to_owned());
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}

fn updates(_: Json, context: &Context) -> Result<Json, Error> {
    let table = Table::new(NAME).within(context);
    table.put(&note("ada", 1))?;
    let update = || table.update(&key("ada", 1));
    let new: Note = update()
        .set("status", "open")
        .set("comment", "size")
        .add("count", 3)
        .add("sizes", Set::<u16>([1, 2].into()))
        .delete("tags", Set::<String>(["a".to_owned()].into()))
        .append("list", &["x"])
        .returning_new()?;
    let expected = Note {
        status: "open".to_owned(),
        comment: Some("size".to_owned()),
        count: 3,
        sizes: Set([1, 2].into()),
        tags: ["b"].into_iter().collect(),
        list: vec!["x".to_owned()],
        ..note("ada", 1)
    };
    check(new == expected, &format!("updated: {new:?}"))?;

    let old: Option<Note> = update()
        .set_to("count", expression("count + :step").value("step", 4))
        .set_if_absent("comment", "other")
        .set_if_absent("first", true)
        .append("list", &["y", "z"])
        .when(expression("#s = :open AND size(tags) < :most").name("s", "status"))
        .value("open", "open")
        .value(":most", 2)
        .returning_old()?;
    check(old.as_ref() == Some(&expected), &format!("before: {old:?}"))?;
    // Nothing is removed, or not added: afterwards there may be a set again.
    update().set("comment", None::<String>).set("sizes", Set::<u16>::new()).send()?;
    let nothing = update().add("sizes", Set::<u16>::new()).delete("tags", Set::<String>::new());
    nothing.set_if_absent("none", None::<u8>).set("first", true).send()?;
    update().add("sizes", Set::<u16>([1, 2].into())).remove("list[0]").send()?;

    // One that creates its item, with an attribute of other signs.
    let odd = table.update(&key("ada", 3)).name("odd", "a-b.c").set("#odd", "odd");
    let odd = odd.set("map", object! { "in": Vec::<u8>::new(), "n": 1 });
    let odd: Item = odd.returning_new()?;
    let none: Option<Item> = table.update(&key("ada", 4)).set("status", "4").returning_old()?;
    check(none.is_none(), "there was no fourth")?;
    table.update(&key("ada", 3)).set("map.n", 2).set("map.in", [1]).send()?;
    Ok(Json::new(&odd))
}

fn conditions(_: Json, context: &Context) -> Result<Vec<String>, Error> {
    let table = Table::new(NAME).within(context);
    let first = note("bob", 1);
    table.put_if("attribute_not_exists(user)", &first)?;
    let mut told = Vec::new();
    let mut refused = |result: Result<(), minilambda_aws::Error>| {
        let error = result.err().ok_or_else(|| Error::new("Wrong", "the condition held"))?;
        let item = error.item().map(|item| item.len());
        told.push(format!("{} {item:?}", error.is_condition_failed()));
        Ok::<_, Error>(())
    };
    let is_free = || expression("attribute_not_exists(user) OR (status = :done AND count < :n)");
    let is_free = || is_free().value("done", "done").value("n", 5);
    refused(table.put_if(is_free(), &first))?;
    refused(table.put_if(is_free().with_item(), &first))?;
    refused(table.delete_if(expression("count > :n").value("n", 0), &key("bob", 1)))?;
    refused(table.delete_if("attribute_exists(user)", &key("bob", 2)))?;
    let update = table.update(&key("bob", 1)).set("status", "x");
    refused(update.when(expression("count = :one").value("one", 1).with_item()).send())?;
    let missing = table.update(&key("bob", 9)).set("status", "x");
    refused(missing.when("attribute_exists(user)").send())?;

    let old: Option<Note> = table.put_returning(&Note { count: 7, ..first.clone() })?;
    check(old == Some(first.clone()), "what was replaced")?;
    let old: Option<Note> = table.put_returning(&note("bob", 2))?;
    check(old.is_none(), "nothing was replaced")?;
    table.delete_if(expression("count > :n").value("n", 0), &key("bob", 1))?;
    let old: Option<Note> = table.delete_returning(&key("bob", 2))?;
    check(old == Some(note("bob", 2)), "what was deleted")?;
    let old: Option<Note> = table.delete_returning(&key("bob", 2))?;
    check(old.is_none(), "there was nothing to delete")?;
    Ok(told)
}

#[derive(Debug, PartialEq, Deserialize)]
struct Part {
    number: u32,
    status: String,
    count: Option<i64>,
}

fn reads(_: Json, context: &Context) -> Result<Vec<u64>, Error> {
    let table = Table::new(NAME).within(context).consistent();
    let notes: Vec<_> = (1..=60).map(|number| note("cy", number)).collect();
    let shipped = |note: &Note| Note { status: "shipped".to_owned(), ..note.clone() };
    table.put_all(
        notes.iter().map(|it| if it.number % 3 == 0 { shipped(it) } else { it.clone() }),
    )?;
    let part: Option<Part> = table.clone().attributes("number, status").get(&key("cy", 3))?;
    let expected = Part { number: 3, status: "shipped".to_owned(), count: None };
    check(part == Some(expected), "a projection")?;

    let query = || table.query("user = :user AND number > :first").value("user", "cy");
    let query = || query().value("first", 10);
    let found: Vec<Note> = query().filter("NOT status = :s").value("s", "new").limit(7).all()?;
    check(found.len() == 17, "the filter of a query")?;
    let mut numbers = Vec::new();
    for item in query().limit(9).items::<Part>() {
        numbers.push(item?.number);
    }
    check(numbers == (11..=60).collect::<Vec<_>>(), "the items of an iterator")?;
    // The pages of an HTTP API, each with the text of the one before.
    let (mut after, mut numbers, mut pages) = (None::<String>, Vec::new(), 0);
    loop {
        let query = query().descending().limit(20);
        let page: Page<Part> = match &after {
            Some(text) => query.after(text.parse()?).page()?,
            None => query.page()?,
        };
        numbers.extend(page.items.iter().map(|part| part.number));
        after = page.next.map(|cursor| cursor.to_string());
        pages += 1;
        if after.is_none() {
            break;
        }
    }
    check(numbers == (11..=60).rev().collect::<Vec<_>>() && pages == 3, "the pages")?;
    let eventual = Table::new(NAME).within(context);
    let by_status = || eventual.query("status = :s").value("s", "shipped").index("by-status");
    let all: Vec<Part> = by_status().all()?;
    check(all.len() == 20 && all[0].number == 3, "an index")?;
    let scanned: Vec<Item> = table.scan().filter("user = :u").value("u", "cy").all()?;
    let parallel = table.scan().filter("user = :u").value("u", "cy").all_in_parallel::<Item>(3)?;
    let segments = (0..4).map(|part| {
        let scan = table.scan().filter(expression("user = :u").value("u", "cy"));
        scan.segment(part, 4).count()
    });
    let segments: u64 = segments.collect::<Result<Vec<_>, _>>()?.iter().sum();
    let count = query().limit(11).count()?;
    Ok(vec![scanned.len() as u64, parallel.len() as u64, segments, count])
}

fn batches(_: Json, context: &Context) -> Result<Vec<usize>, Error> {
    let table = Table::new(NAME).within(context);
    table.put_all((1..=110).map(|number| note("dan", number)))?;
    let keys = |last: u32| (1..=last).map(|number| key("dan", number));
    let all: Vec<Note> = table.get_all(keys(130).chain(keys(3)))?;
    let part: Vec<Part> =
        table.clone().attributes("number, status").consistent().get_all(keys(2))?;
    table.delete_all(keys(107))?;
    let left: Vec<Note> = table.get_all(keys(130))?;
    table.put_all(Vec::<Note>::new())?;
    let none: Vec<Note> = table.get_all(Vec::<Note>::new())?;
    Ok(vec![all.len(), part.len(), left.len(), none.len()])
}

fn transactions(_: Json, context: &Context) -> Result<Vec<String>, Error> {
    let table = Table::new(NAME).within(context);
    for number in 1..=3 {
        table.put(&note("eve", number))?;
    }
    let transaction = |least: i64| {
        let is_open = expression("count >= :least").value("least", least);
        Transaction::new()
            .client(DYNAMODB.client().within(context))
            .put(&table, &note("eve", 4))
            .put_if("attribute_not_exists(user)", &table, &note("eve", 5))
            .update(table.update(&key("eve", 1)).add("count", 1).when(is_open.clone().with_item()))
            .delete(&table, &key("eve", 2))
            .check(expression("status = :new").value("new", "new"), &table, &key("eve", 3))
    };
    let error = transaction(1).send().err().ok_or_else(|| Error::new("Wrong", "it was done"))?;
    check(error.is_condition_failed(), "a condition has failed")?;
    let reasons = error.cancellation_reasons().into_iter();
    let codes = reasons.map(|reason| {
        let item = reason.item.as_ref().and_then(|item| item.get("count")).and_then(|n| n.as_n());
        format!("{} {item:?}", reason.code.unwrap_or_default())
    });
    let mut told: Vec<_> = codes.collect();
    let left: Option<Note> = table.get(&key("eve", 4))?;
    check(left.is_none(), "nothing is done")?;
    transaction(0).send()?;
    let all: Vec<Part> = table.query("user = :user").value("user", "eve").all()?;
    told.push(format!(
        "{:?}",
        all.iter().map(|part| (part.number, part.count)).collect::<Vec<_>>()
    ));
    let snapshot = Snapshot::new().get(&table, &key("eve", 1)).get(&table, &key("eve", 2));
    let snapshot = snapshot.client(DYNAMODB.client().within(context)).get(&table, &key("eve", 5));
    let items = snapshot.send()?;
    let are_there: Vec<_> = items.iter().map(Option::is_some).collect();
    check(are_there == [true, false, true], &format!("{are_there:?}"))?;
    let last: Option<Note> = items.last().and_then(Option::as_ref).map(from_item).transpose()?;
    check(last == Some(note("eve", 5)), "an item of a snapshot")?;
    Ok(told)
}

// ---- For the stub server.

fn put_all(event: Json, context: &Context) -> Result<u64, Error> {
    let count = event.get("count").and_then(JsonRef::as_u64).unwrap_or_default();
    let start = Instant::now();
    let items = (0..count).map(|number| object! { "id": number });
    Table::new(NAME).within(context).put_all(items)?;
    Ok(u64::try_from(start.elapsed().as_millis())?)
}

fn get_all(event: Json, context: &Context) -> Result<Vec<Item>, Error> {
    let count = event.get("count").and_then(JsonRef::as_u64).unwrap_or_default();
    let keys = (0..count).map(|number| Item::from([("id", AttributeValue::from(number))]));
    Ok(Table::new(NAME).within(context).get_all(keys)?)
}

fn scan(event: Json, context: &Context) -> Result<usize, Error> {
    let threads = event.get("threads").and_then(JsonRef::as_u64).unwrap_or_default();
    let scan = Table::new(NAME).within(context).scan();
    Ok(scan.all_in_parallel::<Item>(threads.try_into()?)?.len())
}

fn transaction(_: Json, context: &Context) -> Result<(), Error> {
    let client = DYNAMODB.client().within(context);
    let table = Table::new(NAME);
    Ok(Transaction::new().client(client).put(&table, &object! { "id": 1 }).send()?)
}

/// What is sent again after a response that was lost, by its name.
fn repeats(event: Json, context: &Context) -> Result<(), Error> {
    let table = Table::new(NAME).within(context);
    let item = object! { "id": 1 };
    let update = table.update(&item);
    match event.get("call").and_then(JsonRef::as_str).unwrap_or_default() {
        "put" => table.put(&item)?,
        "snapshot" => {
            drop(Snapshot::new().get(&table.attributes("id, user"), &item).send()?);
        }
        "no_reads" => drop(Snapshot::new().send()?),
        "two_reads" => drop(Snapshot::new().get(&table, &item).get(&table, &item).send()?),
        "put_if" => table.put_if("attribute_not_exists(id)", &item)?,
        "put_returning" => drop(table.put_returning::<Item>(&item)?),
        "delete_returning" => drop(table.delete_returning::<Item>(&item)?),
        "set" => update.set("a", 1).remove("b").send()?,
        "set_when" => update.set("a", 1).when("attribute_exists(id)").send()?,
        "set_new" => drop(update.set("a", 1).returning_new::<Item>()?),
        "set_old" => drop(update.set("a", 1).returning_old::<Item>()?),
        "add" => update.add("a", 1).send()?,
        "append" => update.append("a", &[1]).send()?,
        "set_to" => update.set_to("a", "b").send()?,
        "set_part" => update.set("a[1].b", 1).send()?,
        "set_element" => update.set("a[9]", 1).send()?,
        "set_absent_element" => update.set_if_absent("a.b[9]", 1).send()?,
        "remove_element" => update.remove("a[1]").send()?,
        "query" => drop(table.query("id = :id").value("id", 1).all::<Item>()?),
        "scan" => drop(table.scan().all::<Item>()?),
        call => return Err(Error::new("Wrong", format!("no {call}"))),
    }
    Ok(())
}

fn pages(_: Json, context: &Context) -> Result<u64, Error> {
    Ok(Table::new(NAME).within(context).scan().count()?)
}

/// A page of ada's notes after a cursor that a client has sent.
fn page_after(cursor: String, context: &Context) -> Result<usize, Error> {
    let query = Table::new(NAME).within(context).query("user = :user").value("user", "ada");
    Ok(query.limit(2).after(cursor.parse()?).page::<Item>()?.items.len())
}
