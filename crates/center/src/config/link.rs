//! Settings of the link to receipt computers and records: `[link]` of `center.toml`. Unknown keys are errors.

use std::net::SocketAddr;
use std::num::NonZeroU32;

use serde::de::Error;
use serde::{Deserialize, Deserializer};

/// The most that `most_lines` may be: the usual result of so many lines has 50 MiB, and link app and terminal read 64 MiB.
const MOST_LINES: u32 = 25_000;

/// `[link]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Link {
    /// Lines a bulk request may have.
    #[serde(deserialize_with = "lines")]
    pub most_lines: NonZeroU32,
    /// Bulk orders a facility may have unfinished at a time.
    pub most_open_orders: NonZeroU32,
    /// Days the results of a bulk order are kept.
    pub results_kept_days: NonZeroU32,
    /// How often the results of a bulk order may be fetched.
    pub most_downloads: NonZeroU32,
    /// The largest body of a bulk request, in bytes; those of single messages are small.
    pub most_body_bytes: NonZeroU32,
    /// Also serve the paths that existing clients of the Web API use (interface §4).
    pub existing_paths: bool,
    /// The names of the two members of an existing client's sign-in, which are not published.
    pub sign_in_keys: SignInKeys,
    /// Also answer messages whose shape is only inferred from public clients.
    pub inferred_messages: bool,
    /// A second listener for existing clients that show their certificate at sign-in alone. Off unless it stands here.
    pub search_listener: Option<SearchListener>,
}

impl Default for Link {
    fn default() -> Self {
        let many = |number| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
        Self {
            most_lines: many(10_000),
            most_open_orders: many(20),
            results_kept_days: many(30),
            most_downloads: many(20),
            most_body_bytes: many(16 << 20),
            existing_paths: true,
            sign_in_keys: SignInKeys::default(),
            inferred_messages: false,
            search_listener: None,
        }
    }
}

fn lines<'de, D: Deserializer<'de>>(deserializer: D) -> Result<NonZeroU32, D::Error> {
    let lines = NonZeroU32::deserialize(deserializer)?;
    if MOST_LINES < lines.get() {
        return Err(D::Error::custom(format!(
            "most_lines may be {MOST_LINES} at most and not {lines}: link apps and terminals cannot take larger results; \
             facilities divide what is more into several requests"
        )));
    }
    Ok(lines)
}

/// `[link.sign_in_keys]`: what members an existing client's sign-in bears. Their names are not public, so the defaults are ours.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SignInKeys {
    /// Of the account's identifier.
    pub user: String,
    /// Of its password.
    pub password: String,
}

impl Default for SignInKeys {
    fn default() -> Self {
        Self {
            user: "userId".into(),
            password: "password".into(),
        }
    }
}

/// `[link.search_listener]`: the existing search path alone, without a client certificate (interface R5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SearchListener {
    /// Where it listens; port 0 takes a free one.
    pub listen: SocketAddr,
}

#[cfg(test)]
mod tests {
    use crate::config::Config;

    #[test]
    fn a_bulk_request_may_not_have_more_lines_than_a_result_that_is_taken() {
        let of = |lines: u32| {
            Config::parse(&format!("data_dir = \"x\"\n[link]\nmost_lines = {lines}\n"))
        };
        assert_eq!(of(25_000).unwrap().link.most_lines.get(), 25_000);
        assert_eq!(of(1).unwrap().link.most_open_orders.get(), 20);
        let refused = of(25_001).unwrap_err().to_string();
        assert!(
            refused.contains("line 3") && refused.contains("25000 at most"),
            "{refused}"
        );
        assert!(of(0).is_err());
    }

    #[test]
    fn the_second_listener_is_off_unless_its_section_stands_there() {
        let link = Config::parse("data_dir = \"x\"").unwrap().link;
        assert_eq!(link.search_listener, None);
        assert!(link.existing_paths && !link.inferred_messages);
        let text = "data_dir = \"x\"\n[link.search_listener]\nlisten = \"127.0.0.1:0\"\n";
        let on = Config::parse(text).unwrap().link;
        assert!(on.search_listener.is_some());
        let unfinished = Config::parse("data_dir = \"x\"\n[link.search_listener]\n").unwrap_err();
        assert!(unfinished.to_string().contains("listen"), "{unfinished}");
    }
}
