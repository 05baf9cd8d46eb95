//! The messages of `InvokeWithResponseStream`: `application/vnd.amazon.eventstream`.
//!
//! See <https://docs.aws.amazon.com/lambda/latest/api/API_InvokeWithResponseStream.html> and
//! <https://smithy.io/2.0/aws/amazon-eventstream.html>.

/// The type of a header's value: a string.
const STRING: u8 = 7;

/// The largest part of a response in one message, in bytes.
pub(crate) const MAX_CHUNK_BYTES: usize = 64 * 1024;

/// A part of the response.
pub(crate) fn payload_chunk(bytes: &[u8]) -> Vec<u8> {
    message("PayloadChunk", "application/octet-stream", bytes)
}

/// The end of the response, with a document about failure and log.
pub(crate) fn invoke_complete(document: &[u8]) -> Vec<u8> {
    message("InvokeComplete", "application/json", document)
}

/// Lengths and checksums are big-endian. A checksum is a CRC-32 of all before it.
fn message(event_type: &str, content_type: &str, payload: &[u8]) -> Vec<u8> {
    let mut headers = Vec::new();
    for (name, value) in
        [(":message-type", "event"), (":event-type", event_type), (":content-type", content_type)]
    {
        // All names and values here are short.
        headers.push(u8::try_from(name.len()).unwrap_or(u8::MAX));
        headers.extend_from_slice(name.as_bytes());
        headers.push(STRING);
        headers.extend_from_slice(&u16::try_from(value.len()).unwrap_or(u16::MAX).to_be_bytes());
        headers.extend_from_slice(value.as_bytes());
    }
    let length = |bytes: usize| u32::try_from(bytes).unwrap_or(u32::MAX).to_be_bytes();
    let mut message = Vec::with_capacity(16 + headers.len() + payload.len());
    message.extend_from_slice(&length(16 + headers.len() + payload.len()));
    message.extend_from_slice(&length(headers.len()));
    message.extend_from_slice(&crc32fast::hash(&message).to_be_bytes());
    message.extend_from_slice(&headers);
    message.extend_from_slice(payload);
    message.extend_from_slice(&crc32fast::hash(&message).to_be_bytes());
    message
}
