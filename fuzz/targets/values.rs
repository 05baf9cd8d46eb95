//! Values in events that calls decode: base64, times, numbers, keys of objects, documents in
//! strings. They are decoded or refused, never with a panic, and are written back as they came.
#![no_main]

use libfuzzer_sys::fuzz_target;
use minilambda_events::{
    Base64, EpochMillis, EpochSeconds, NumberOrText, Rfc3339, Secret, s3, sns,
};
use miniserde::json::{self, Value};

// With the runtime's reader and writer, as in a function: miniserde's alone loses the sign of `-0`.
fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let base64 = Base64::from(&*text);
    if let Ok(data) = base64.decode() {
        assert_eq!(Base64::encode(&data).decode().expect("it was encoded here"), data);
    }
    let _ = base64.decode_text();
    let _ = Rfc3339::from(&*text).time();

    let document = json::to_string(&*text);
    for document in [document.as_bytes(), text.as_bytes()] {
        if let Ok(number) = minilambda::decode::<NumberOrText>(document) {
            let _ = (number.as_i64(), number.as_u64(), number.as_f64());
            let again = minilambda::decode::<NumberOrText>(&minilambda::encode(&number));
            assert_eq!(again.expect("it was written here"), number);
        }
        if let Ok(time) = minilambda::decode::<EpochMillis>(document) {
            let _ = time.time();
        }
        if let Ok(time) = minilambda::decode::<EpochSeconds>(document) {
            let _ = time.time();
        }
    }
    let secret: Secret = json::from_str(&document).expect("it is a string");
    assert_eq!(secret.expose(), &*text);

    let mut object = <s3::Object as Default>::default();
    object.key = text.clone().into_owned();
    let _ = object.decoded_key();
    let mut notification = <sns::Notification as Default>::default();
    notification.message = text.into_owned();
    let _ = notification.message_json::<Value>();
});
