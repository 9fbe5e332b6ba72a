//! Settings of the link to receipt computers and records: `[link]` of `center.toml`. Unknown keys are errors.

use std::net::SocketAddr;
use std::num::NonZeroU32;

use serde::Deserialize;

/// The most lines a bulk request may have, whatever is set: the usual result of so many has 50 MiB, and link app and terminal read 64 MiB.
pub const MOST_LINES: u32 = 25_000;

/// `[link]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Link {
    /// Lines a bulk request may have; [`Link::lines`] says how many count.
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

impl Link {
    /// Lines a bulk request may have: what is set, up to [`MOST_LINES`]. More is not refused, since earlier versions took it.
    #[must_use]
    pub fn lines(&self) -> u32 {
        self.most_lines.get().min(MOST_LINES)
    }

    /// True where more lines are set than count.
    #[must_use]
    pub fn has_too_many_lines(&self) -> bool {
        MOST_LINES < self.most_lines.get()
    }
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
            let text = format!("data_dir = \"x\"\n[link]\nmost_lines = {lines}\n");
            Config::parse(&text).map(|it| it.link)
        };
        for (set, count, too_many) in [
            (1, 1, false),
            (25_000, 25_000, false),
            (25_001, 25_000, true),
            (30_000, 25_000, true),
        ] {
            let link = of(set).unwrap();
            assert_eq!((link.lines(), link.has_too_many_lines()), (count, too_many));
        }
        assert_eq!(of(1).unwrap().most_open_orders.get(), 20);
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
