//! BER-TLV as cards write it (ISO/IEC 7816-4 §5.2.2): a reader with bounds. Refuses indefinite lengths, copies nothing.

/// One data object.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Tlv<'a> {
    /// Its tag, of one to three bytes.
    pub tag: u32,
    /// What it holds.
    pub value: &'a [u8],
    /// Tag, length and value as written.
    pub whole: &'a [u8],
}

/// Why bytes are no data objects. Names a place, no content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TlvError {
    /// The object ends before its header or value does.
    #[error("a data object is cut off")]
    Truncated,
    /// A tag of more than three bytes.
    #[error("a tag of more than three bytes")]
    Tag,
    /// A length of more than three bytes, or an indefinite one.
    #[error("a length that is indefinite or too long")]
    Length,
    /// An object that must be there once is missing.
    #[error("the data object {0:04X} is missing")]
    Missing(u32),
    /// An object that must be there once is there twice: which one counts would be a guess.
    #[error("the data object {0:04X} is there twice")]
    Twice(u32),
    /// An object whose value does not have its form.
    #[error("the data object {0:04X} does not have its form")]
    Value(u32),
}

/// What a header says: tag, bytes of the header, bytes of the value.
struct Header {
    tag: u32,
    header: usize,
    value: usize,
}

impl<'a> Tlv<'a> {
    /// Reads the object these bytes begin with; what follows is left.
    ///
    /// # Errors
    /// [`TlvError`].
    pub fn first(bytes: &'a [u8]) -> Result<Self, TlvError> {
        let Header { tag, header, value } = header(bytes)?;
        let end = header.checked_add(value).ok_or(TlvError::Length)?;
        let whole = bytes.get(..end).ok_or(TlvError::Truncated)?;
        let value = whole.get(header..).ok_or(TlvError::Truncated)?;
        Ok(Self { tag, value, whole })
    }

    /// Reads the one object these bytes begin with, if it has this tag.
    ///
    /// # Errors
    /// [`TlvError`]; [`TlvError::Missing`] for another tag.
    pub fn first_of(tag: u32, bytes: &'a [u8]) -> Result<Self, TlvError> {
        let first = Self::first(bytes)?;
        if first.tag == tag {
            Ok(first)
        } else {
            Err(TlvError::Missing(tag))
        }
    }

    /// The objects inside.
    #[must_use]
    pub fn children(&self) -> Tlvs<'a> {
        Tlvs(self.value)
    }
}

impl core::fmt::Debug for Tlv<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Tlv({:04X}, {} bytes)", self.tag, self.value.len())
    }
}

/// Data objects one after the other; ends at filler (`00` or `FF`) or with the first that does not read.
#[derive(Debug, Clone)]
pub struct Tlvs<'a>(&'a [u8]);

impl<'a> Tlvs<'a> {
    /// Reads objects from these bytes.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The one object of this tag.
    ///
    /// # Errors
    /// [`TlvError::Missing`], [`TlvError::Twice`], or what does not read.
    pub fn one(&self, tag: u32) -> Result<Tlv<'a>, TlvError> {
        let mut found = None;
        for object in self.clone() {
            let object = object?;
            if object.tag == tag && found.replace(object).is_some() {
                return Err(TlvError::Twice(tag));
            }
        }
        found.ok_or(TlvError::Missing(tag))
    }
}

impl<'a> Iterator for Tlvs<'a> {
    type Item = Result<Tlv<'a>, TlvError>;

    fn next(&mut self) -> Option<Self::Item> {
        if let [] | [0x00, ..] | [0xFF] | [0xFF, 0xFF, ..] = self.0 {
            return None;
        }
        let object = Tlv::first(self.0);
        self.0 = match &object {
            Ok(object) => self.0.get(object.whole.len()..).unwrap_or_default(),
            Err(_) => &[],
        };
        Some(object)
    }
}

/// Bytes of the whole object these bytes begin, as far as its header is there.
pub(crate) fn whole_length(head: &[u8]) -> Option<usize> {
    let Header { header, value, .. } = header(head).ok()?;
    header.checked_add(value)
}

fn header(bytes: &[u8]) -> Result<Header, TlvError> {
    let mut rest = bytes.iter().copied();
    let mut next = || rest.next().ok_or(TlvError::Truncated);
    let first = next()?;
    let mut tag = u32::from(first);
    let mut header = 1;
    if first & 0x1F == 0x1F {
        loop {
            if 3 <= header {
                return Err(TlvError::Tag);
            }
            let more = next()?;
            tag = tag << 8 | u32::from(more);
            header += 1;
            if more & 0x80 == 0 {
                break;
            }
        }
    }
    let length = next()?;
    header += 1;
    let mut value = usize::from(length & 0x7F);
    if length & 0x80 != 0 {
        let count = value;
        if !(1..=3).contains(&count) {
            return Err(TlvError::Length);
        }
        value = 0;
        for _ in 0..count {
            value = value << 8 | usize::from(next()?);
            header += 1;
        }
    }
    Ok(Header { tag, header, value })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], expected: Result<(u32, &[u8]), TlvError>) {
        assert_eq!(Tlv::first(bytes).map(|it| (it.tag, it.value)), expected);
    }

    #[test]
    fn tags_and_lengths_of_all_forms_are_read() {
        check(&[0x90, 2, 7, 8, 9], Ok((0x90, &[7, 8])));
        check(&[0xDF, 0x22, 1, 7], Ok((0xDF22, &[7])));
        check(&[0x5F, 0x81, 0x02, 0], Ok((0x5F_8102, &[])));
        check(&[0x90, 0x81, 1, 7], Ok((0x90, &[7])));
        check(&[0x90, 0x82, 0, 1, 7], Ok((0x90, &[7])));
        check(&[0x90, 0x83, 0, 0, 1, 7], Ok((0x90, &[7])));
    }

    #[test]
    fn what_is_cut_off_or_too_long_is_refused() {
        for cut in [&[][..], &[0x90], &[0xDF], &[0x90, 2, 1], &[0x90, 0x82, 1]] {
            check(cut, Err(TlvError::Truncated));
        }
        check(&[0x5F, 0x81, 0x82, 0x03, 0], Err(TlvError::Tag));
        check(&[0x90, 0x80, 0, 0], Err(TlvError::Length));
        check(&[0x90, 0x84, 0, 0, 0, 0], Err(TlvError::Length));
    }

    #[test]
    fn filler_ends_a_list() {
        let tags = |bytes| -> Vec<u32> { Tlvs::new(bytes).map(|it| it.unwrap().tag).collect() };
        assert_eq!(tags(&[0x90, 0, 0x91, 0, 0xFF, 0xFF]), [0x90, 0x91]);
        assert_eq!(tags(&[0x90, 0, 0x00, 0x91, 0]), [0x90]);
        assert_eq!(tags(&[0xFF, 0x20, 0]), [0xFF20]);
    }

    #[test]
    fn an_object_that_is_there_twice_is_not_chosen_from() {
        let twice = Tlvs::new(&[0x90, 1, 1, 0x90, 1, 2]);
        assert_eq!(twice.one(0x90), Err(TlvError::Twice(0x90)));
        assert_eq!(twice.one(0x91), Err(TlvError::Missing(0x91)));
    }

    #[test]
    fn a_list_ends_with_the_first_object_that_does_not_read() {
        let mut list = Tlvs::new(&[0x90, 5, 1]);
        assert_eq!(list.next(), Some(Err(TlvError::Truncated)));
        assert_eq!(list.next(), None);
    }
}
