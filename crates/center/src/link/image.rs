//! A message's JSON image, read so that a member that stands twice in its group is noticed: the usual reader keeps the last of the two and
//! says nothing.

use std::cell::RefCell;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// The longest name of an element that is told of, in bytes.
const MOST_NAME_BYTES: usize = 64;

/// An image.
pub(super) struct Image {
    pub(super) value: Value,
    /// The first member found to stand twice in its group.
    twice: Option<String>,
}

impl Image {
    /// The member that stands twice, where one does; `XmlMsg` for one that is not named like an element: it may hold anything.
    pub(super) fn twice(&self) -> Option<&str> {
        let is_element = |name: &&str| {
            name.len() <= MOST_NAME_BYTES && name.bytes().all(|it| it.is_ascii_alphanumeric())
        };
        let name = self.twice.as_deref()?;
        Some(Some(name).filter(is_element).unwrap_or("XmlMsg"))
    }
}

impl<'de> Deserialize<'de> for Image {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let twice = RefCell::new(None);
        let value = Reading(&twice).deserialize(deserializer)?;
        Ok(Self {
            value,
            twice: twice.into_inner(),
        })
    }
}

/// Reads a value; where the member goes that stands twice.
#[derive(Clone, Copy)]
struct Reading<'a>(&'a RefCell<Option<String>>);

impl<'de> DeserializeSeed<'de> for Reading<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reading<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = entries.next_element_seed(self)? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some(name) = entries.next_key::<String>()? {
            if members.contains_key(&name) {
                self.0.borrow_mut().get_or_insert_with(|| name.clone());
            }
            members.insert(name, entries.next_value_seed(self)?);
        }
        Ok(Value::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_read_as_the_usual_reader_does() {
        let text = "{\"a\": [1, -2, 1.5, true, null, \"\\u3042\"], \"b\": {\"a\": {}}, \"c\": {\"a\": []}}";
        let image: Image = serde_json::from_str(text).unwrap();
        assert_eq!(image.value, serde_json::from_str::<Value>(text).unwrap());
        assert_eq!(image.twice(), None, "once in each group");
    }

    #[test]
    fn a_member_that_stands_twice_is_named_at_any_depth_where_it_may_be_an_element() {
        for (text, name) in [
            (
                "{\"XmlMsg\": {\"A\": [{\"Name\": 1, \"Name\": 1}]}}",
                "Name",
            ),
            ("{\"A\": 1, \"\\u0041\": 2}", "A"),
            ("{\"資格\": 1, \"資格\": 2}", "XmlMsg"),
        ] {
            let image: Image = serde_json::from_str(text).unwrap();
            assert_eq!(image.twice(), Some(name), "{text}");
        }
    }
}
