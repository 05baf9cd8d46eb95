//! The tasks of `aws/examples/tasks.rs` with the official SDK, and `serde_dynamo` for items. A
//! test counts the lines of both for the guide.

use aws_sdk_dynamodb as dynamodb;
use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, ReturnValue, WriteRequest};
use aws_sdk_s3 as s3;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use aws_sdk_sqs as sqs;
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::task::JoinSet;

pub type Error = Box<dyn std::error::Error + Send + Sync>;

#[derive(Deserialize, Serialize)]
pub struct Note {
    pub user: String,
    pub id: String,
    pub title: String,
    pub version: u64,
}

// -- a conditional update

/// Sets the title if the note has this version. Returns the next version; `None` if it has another.
pub async fn rename(
    client: &dynamodb::Client,
    (user, id): (&str, &str),
    title: &str,
    version: u64,
) -> Result<Option<u64>, Error> {
    let result = client
        .update_item()
        .table_name("notes")
        .key("user", AttributeValue::S(user.to_owned()))
        .key("id", AttributeValue::S(id.to_owned()))
        .update_expression("SET title = :title ADD version :one")
        .condition_expression("version = :version")
        .expression_attribute_values(":title", AttributeValue::S(title.to_owned()))
        .expression_attribute_values(":one", AttributeValue::N("1".to_owned()))
        .expression_attribute_values(":version", AttributeValue::N(version.to_string()))
        .return_values(ReturnValue::AllNew)
        .send()
        .await;
    match result {
        Ok(output) => {
            let note: Note = serde_dynamo::from_item(output.attributes.unwrap_or_default())?;
            Ok(Some(note.version))
        }
        Err(error) => match error.into_service_error() {
            error if error.is_conditional_check_failed_exception() => Ok(None),
            error => Err(error.into()),
        },
    }
}

// -- a page of a query, with its cursor as text

/// The cursor is the last id, because the user is known.
pub async fn page(
    client: &dynamodb::Client,
    user: &str,
    after: Option<&str>,
) -> Result<(Vec<Note>, Option<String>), Error> {
    let start = after.map(|id| {
        let [user, id] = [user, id].map(|text| AttributeValue::S(text.to_owned()));
        HashMap::from([("user".to_owned(), user), ("id".to_owned(), id)])
    });
    let output = client
        .query()
        .table_name("notes")
        .key_condition_expression("#user = :user")
        .expression_attribute_names("#user", "user")
        .expression_attribute_values(":user", AttributeValue::S(user.to_owned()))
        .limit(20)
        .set_exclusive_start_key(start)
        .send()
        .await?;
    let next = output.last_evaluated_key.as_ref().and_then(|key| key.get("id")?.as_s().ok());
    let next = next.cloned();
    Ok((serde_dynamo::from_items(output.items.unwrap_or_default())?, next))
}

// -- a batch of items, with what is left sent again

pub async fn write_all(client: &dynamodb::Client, notes: &[Note]) -> Result<(), Error> {
    for notes in notes.chunks(25) {
        let mut requests = Vec::new();
        for note in notes {
            let item = serde_dynamo::to_item(note)?;
            let put = PutRequest::builder().set_item(Some(item)).build()?;
            requests.push(WriteRequest::builder().put_request(put).build());
        }
        let mut left = HashMap::from([("notes".to_owned(), requests)]);
        let mut delay = Duration::from_millis(50);
        for _ in 0..8 {
            let request = client.batch_write_item().set_request_items(Some(left));
            left = request.send().await?.unprocessed_items.unwrap_or_default();
            if left.is_empty() {
                break;
            }
            tokio::time::sleep(delay).await;
            delay *= 2;
        }
        if !left.is_empty() {
            return Err("a part of the batch is left".into());
        }
    }
    Ok(())
}

// -- an upload of a stream in parts, four at once

pub async fn upload(
    client: &s3::Client,
    (bucket, key): (&str, &str),
    mut reader: impl AsyncRead + Unpin,
) -> Result<(), Error> {
    let created = client.create_multipart_upload().bucket(bucket).key(key).send().await?;
    let id = created.upload_id.ok_or("the response has no id of an upload")?;
    let result = upload_parts(client, (bucket, key), &id, &mut reader).await;
    if result.is_err() {
        let abort = client.abort_multipart_upload().bucket(bucket).key(key).upload_id(id);
        abort.send().await?;
    }
    result
}

async fn upload_parts(
    client: &s3::Client,
    (bucket, key): (&str, &str),
    id: &str,
    reader: &mut (impl AsyncRead + Unpin),
) -> Result<(), Error> {
    let (mut sending, mut parts) = (JoinSet::<Result<CompletedPart, Error>>::new(), Vec::new());
    for number in 1.. {
        let mut bytes = Vec::new();
        reader.take(8 * 1024 * 1024).read_to_end(&mut bytes).await?;
        if bytes.is_empty() && number > 1 {
            break;
        }
        if sending.len() == 4
            && let Some(part) = sending.join_next().await
        {
            parts.push(part??);
        }
        let request = client
            .upload_part()
            .bucket(bucket)
            .key(key)
            .upload_id(id)
            .part_number(number)
            .body(ByteStream::from(bytes));
        sending.spawn(async move {
            let etag = request.send().await?.e_tag;
            Ok(CompletedPart::builder().part_number(number).set_e_tag(etag).build())
        });
    }
    while let Some(part) = sending.join_next().await {
        parts.push(part??);
    }
    parts.sort_by_key(|part| part.part_number);
    let complete = client.complete_multipart_upload().bucket(bucket).key(key).upload_id(id);
    let parts = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
    complete.multipart_upload(parts).send().await?;
    Ok(())
}

// -- messages in tens, with what was refused sent again

pub async fn send_all(client: &sqs::Client, url: &str, texts: &[String]) -> Result<(), Error> {
    for texts in texts.chunks(10) {
        let mut entries = Vec::new();
        for (number, text) in texts.iter().enumerate() {
            let entry = SendMessageBatchRequestEntry::builder().id(number.to_string());
            entries.push(entry.message_body(text).build()?);
        }
        for attempt in 1..=3 {
            let request = client.send_message_batch().queue_url(url);
            let output = request.set_entries(Some(entries.clone())).send().await?;
            entries.retain(|entry| output.failed.iter().any(|failed| failed.id == entry.id));
            if entries.is_empty() {
                break;
            }
            if attempt == 3 || output.failed.iter().any(|failed| failed.sender_fault) {
                return Err(format!("not accepted: {:?}", output.failed).into());
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }
    Ok(())
}
