//! BER data objects as cards write them. Writes one level; interprets nothing.

/// Tag, length, value. Cards write lengths from 128 on in two bytes.
pub(crate) fn object(tag: &[u8], value: &[u8]) -> Vec<u8> {
    let length = value.len();
    let [.., high, low] = length.to_be_bytes();
    let mut out = tag.to_vec();
    match length {
        0..=0x7f => out.push(low),
        _ => out.extend([0x82, high, low]),
    }
    out.extend(value);
    out
}
