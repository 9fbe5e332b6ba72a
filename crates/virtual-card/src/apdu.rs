//! Command APDUs (ISO 7816-3 §12.1.3), short and extended. Executes none.

use std::fmt;

use crate::status::Status;

/// A command as it was sent.
pub(crate) struct Command<'a> {
    /// CLA.
    pub(crate) class: u8,
    /// INS.
    pub(crate) instruction: u8,
    /// P1.
    pub(crate) p1: u8,
    /// P2.
    pub(crate) p2: u8,
    /// Data, if there are any.
    pub(crate) data: &'a [u8],
    /// Bytes expected at most; none if Le is absent.
    pub(crate) expected: Option<usize>,
}

impl<'a> Command<'a> {
    /// Takes a command apart.
    ///
    /// # Errors
    /// [`Status::LENGTH`] when the lengths do not add up.
    pub(crate) fn parse(apdu: &'a [u8]) -> Result<Self, Status> {
        let [class, instruction, p1, p2, body @ ..] = apdu else {
            return Err(Status::LENGTH);
        };
        let (data, expected) = body_of(body)?;
        Ok(Self {
            class: *class,
            instruction: *instruction,
            p1: *p1,
            p2: *p2,
            data,
            expected,
        })
    }

    /// P1 and P2 as one number.
    #[must_use]
    pub(crate) fn parameters(&self) -> u16 {
        u16::from_be_bytes([self.p1, self.p2])
    }
}

/// Header and lengths alone: data may hold a PIN.
impl fmt::Debug for Command<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:02X} {:02X} {:02X} {:02X} ({} bytes)",
            self.class,
            self.instruction,
            self.p1,
            self.p2,
            self.data.len()
        )
    }
}

fn body_of(body: &[u8]) -> Result<(&[u8], Option<usize>), Status> {
    match body {
        [] => Ok((&[], None)),
        [le] => Ok((&[], Some(short(*le)))),
        [0, le @ ..] if le.len() == 2 => Ok((&[], Some(extended(le)))),
        [0, high, low, rest @ ..] => {
            let length = usize::from(u16::from_be_bytes([*high, *low]));
            let (data, le) = rest.split_at_checked(length).ok_or(Status::LENGTH)?;
            match le {
                [] => Ok((data, None)),
                [_, _] => Ok((data, Some(extended(le)))),
                [..] => Err(Status::LENGTH),
            }
        }
        [length, rest @ ..] => {
            let (data, le) = rest
                .split_at_checked(usize::from(*length))
                .ok_or(Status::LENGTH)?;
            match le {
                [] => Ok((data, None)),
                [le] => Ok((data, Some(short(*le)))),
                [..] => Err(Status::LENGTH),
            }
        }
    }
}

fn short(le: u8) -> usize {
    if le == 0 { 256 } else { usize::from(le) }
}

fn extended(le: &[u8]) -> usize {
    let number = le
        .iter()
        .fold(0, |number, byte| (number << 8) | usize::from(*byte));
    if number == 0 { 65_536 } else { number }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(apdu: &[u8], data: &[u8], expected: Option<usize>) {
        let command = Command::parse(apdu).unwrap();
        assert_eq!(
            (command.data, command.expected),
            (data, expected),
            "{apdu:02X?}"
        );
    }

    #[test]
    fn all_seven_forms_are_read() {
        check(&[0, 0x20, 0, 0x80], &[], None);
        check(&[0, 0xb0, 0, 0, 0], &[], Some(256));
        check(&[0, 0xb0, 0, 0, 4], &[], Some(4));
        check(&[0, 0x20, 0, 0x80, 2, 1, 2], &[1, 2], None);
        check(&[0, 0x2a, 0, 0x80, 2, 1, 2, 0], &[1, 2], Some(256));
        check(&[0, 0xb0, 0, 0, 0, 1, 0], &[], Some(256));
        check(&[0, 0xb0, 0, 0, 0, 0, 0], &[], Some(65_536));
        check(&[0, 0x82, 0, 0, 0, 0, 2, 1, 2], &[1, 2], None);
        check(&[0, 0x82, 0, 0, 0, 0, 2, 1, 2, 1, 0], &[1, 2], Some(256));
    }

    #[test]
    fn lengths_that_do_not_add_up_are_refused() {
        for apdu in [
            &[0, 0x20][..],
            &[0, 0x20, 0, 0x80, 4, 1],
            &[0, 0x20, 0, 0x80, 1, 1, 1, 1],
            &[0, 0x82, 0, 0, 0, 0, 9, 1],
        ] {
            assert_eq!(Command::parse(apdu).map(|_| ()), Err(Status::LENGTH));
        }
    }

    #[test]
    fn a_command_shows_no_data() {
        let shown = format!("{:?}", Command::parse(b"\x00\x20\x00\x80\x041234").unwrap());
        assert_eq!(shown, "00 20 00 80 (4 bytes)");
    }
}
