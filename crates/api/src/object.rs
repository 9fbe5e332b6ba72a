//! Members of messages that are objects: a list in their place is refused, which the reader would take for the members in their order.

use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

/// An object that may be absent.
pub(crate) fn maybe<'de, D: Deserializer<'de>, T: DeserializeOwned>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    let members = Option::<Map<String, Value>>::deserialize(deserializer)?;
    members.map(read).transpose()
}

/// An object.
pub(crate) fn one<'de, D: Deserializer<'de>, T: DeserializeOwned>(
    deserializer: D,
) -> Result<T, D::Error> {
    read(Map::deserialize(deserializer)?)
}

/// The error names no value: it may be about a person.
fn read<T: DeserializeOwned, E: Error>(members: Map<String, Value>) -> Result<T, E> {
    let read = serde_json::from_value(Value::Object(members));
    read.map_err(|_| E::custom("not an object of this form"))
}

#[cfg(test)]
mod tests {
    use crate::medical::looks::LooksSearch;

    #[test]
    fn a_list_is_no_object() {
        let read = |text: &str| serde_json::from_str::<LooksSearch>(text).is_ok();
        assert!(read(r#"{"patient": {"name": "見本"}}"#));
        assert!(read(r#"{"patient": null}"#));
        assert!(!read(r#"{"patient": [null, null]}"#));
        assert!(!read(r#"{"patient": {"nobody": "見本"}}"#));
    }
}
