//! BER data objects (tag, length, value) with tags of one or two bytes. Reads one level; interprets nothing.

/// The value of the first object and what follows it; none if the first object has another tag or is cut off.
pub(crate) fn take(bytes: &[u8], tag: u16) -> Option<(&[u8], &[u8])> {
    let (found, rest) = match bytes {
        [first, second, rest @ ..] if first & 0x1f == 0x1f => {
            (u16::from_be_bytes([*first, *second]), rest)
        }
        [first, rest @ ..] => (u16::from(*first), rest),
        [] => return None,
    };
    if found != tag {
        return None;
    }
    let (length, rest) = match rest {
        [0x81, length, rest @ ..] => (usize::from(*length), rest),
        [0x82, high, low, rest @ ..] => (usize::from(u16::from_be_bytes([*high, *low])), rest),
        [length @ 0..=0x7f, rest @ ..] => (usize::from(*length), rest),
        [..] => return None,
    };
    rest.split_at_checked(length)
}

/// The value of the only object there is.
pub(crate) fn only(bytes: &[u8], tag: u16) -> Option<&[u8]> {
    match take(bytes, tag)? {
        (value, []) => Some(value),
        (_, [..]) => None,
    }
}
