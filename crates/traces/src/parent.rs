//! The caller's place in a trace of its own: the header `traceparent` (W3C Trace Context, §3.2). Anything but its exact form is no place.

/// The header's name.
pub const HEADER: &str = "traceparent";

/// Where a caller stands in its trace.
///
/// ```
/// use traces::parent::Parent;
/// let text = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
/// assert!(Parent::read(text).unwrap().is_sampled);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parent {
    /// The trace.
    pub trace: u128,
    /// The caller's span.
    pub span: u64,
    /// Whether the caller records it.
    pub is_sampled: bool,
}

impl Parent {
    /// Reads the header's value. Of later versions the part that this one knows is read, as §3.2.4 has it.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let (version, rest) = text.split_once('-')?;
        let (trace, rest) = rest.split_once('-')?;
        let (span, rest) = rest.split_once('-')?;
        let flags = match rest.split_once('-') {
            None => rest,
            // A later version may go on after the flags.
            Some((flags, _)) if version != "00" => flags,
            Some(_) => return None,
        };
        let version = u8::try_from(hex(version, 2)?).ok()?;
        let flags = u8::try_from(hex(flags, 2)?).ok()?;
        let parent = Self {
            trace: hex(trace, 32)?,
            span: u64::try_from(hex(span, 16)?).ok()?,
            is_sampled: flags & 1 == 1,
        };
        let is_a_place = version != u8::MAX && parent.trace != 0 && parent.span != 0;
        is_a_place.then_some(parent)
    }
}

/// A number of so many digits, which are small letters where they are letters.
fn hex(text: &str, digits: usize) -> Option<u128> {
    let is_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let fits = text.len() == digits && text.bytes().all(is_hex);
    fits.then(|| u128::from_str_radix(text, 16).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    const SPAN: &str = "00f067aa0ba902b7";

    #[test]
    fn what_the_recommendation_shows_is_read() {
        let read = |text: String| Parent::read(&text);
        let parent = Parent {
            trace: 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736,
            span: 0x00f0_67aa_0ba9_02b7,
            is_sampled: true,
        };
        assert_eq!(read(format!("00-{TRACE}-{SPAN}-01")), Some(parent));
        let not_sampled = Parent {
            is_sampled: false,
            ..parent
        };
        assert_eq!(read(format!("00-{TRACE}-{SPAN}-00")), Some(not_sampled));
        assert_eq!(read(format!("00-{TRACE}-{SPAN}-02")), Some(not_sampled));
        assert_eq!(read(format!("cc-{TRACE}-{SPAN}-01")), Some(parent));
        assert_eq!(read(format!("cc-{TRACE}-{SPAN}-01-more")), Some(parent));
    }

    #[test]
    fn anything_else_is_no_place_in_a_trace() {
        let zeros = "0".repeat(32);
        for text in [
            String::new(),
            "00".into(),
            format!("00-{TRACE}-{SPAN}"),
            format!("00-{TRACE}-{SPAN}-"),
            format!("00-{TRACE}-{SPAN}-1"),
            format!("00-{TRACE}-{SPAN}-001"),
            format!("00-{TRACE}-{SPAN}-01-"),
            format!("00-{TRACE}-{SPAN}-01-more"),
            format!("ff-{TRACE}-{SPAN}-01"),
            format!("0-{TRACE}-{SPAN}-01"),
            format!("00-{}-{SPAN}-01", TRACE.to_uppercase()),
            format!("00-{zeros}-{SPAN}-01"),
            format!("00-{TRACE}-{}-01", &zeros[..16]),
            format!("00-{TRACE}0-{SPAN}-01"),
            format!("00-+{}-{SPAN}-01", &TRACE[1..]),
            format!(" 00-{TRACE}-{SPAN}-01"),
            format!("00-{TRACE}-{SPAN}-０１"),
        ] {
            assert_eq!(Parent::read(&text), None, "{text}");
        }
    }
}
