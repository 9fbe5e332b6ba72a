//! Number B (照合番号B): what is printed on the card's front, which opens its face data. Never printed, wiped when dropped.

use core::fmt;

use domain::civil_date::CivilDate;
use domain::era::year_of_era;
use zeroize::Zeroizing;

/// Fourteen digits: birth date with the year of its Japanese era, Gregorian year the card expires, security code under the photo.
pub struct NumberB(Zeroizing<Vec<u8>>);

/// Why there is no such code. Does not say what was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidNumberB {
    /// The card's year of expiry has not four digits.
    #[error(
        "券面の有効期限（年）は4桁です。 / the year of expiry of the card's face has four digits"
    )]
    Expiry,
    /// The security code is not four digits.
    #[error(
        "券面のセキュリティコードは数字4桁です。 / the security code of the card's face is four digits"
    )]
    SecurityCode,
}

impl NumberB {
    /// Puts the code together.
    ///
    /// # Errors
    /// [`InvalidNumberB`].
    pub fn new(
        birth: CivilDate,
        expires_year: i16,
        security_code: &str,
    ) -> Result<Self, InvalidNumberB> {
        let year = year_of_era(birth);
        if !(1000..=9999).contains(&expires_year) {
            return Err(InvalidNumberB::Expiry);
        }
        if security_code.len() != 4 || !security_code.bytes().all(|b| b.is_ascii_digit()) {
            return Err(InvalidNumberB::SecurityCode);
        }
        let (month, day) = (birth.month(), birth.day());
        let digits = format!("{year:02}{month:02}{day:02}{expires_year}{security_code}");
        Ok(Self(Zeroizing::new(digits.into_bytes())))
    }

    pub(crate) fn digits(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for NumberB {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NumberB(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(birth: (i16, i8, i8), expires: i16, code: &str, digits: Result<&str, InvalidNumberB>) {
        let birth = CivilDate::new(birth.0, birth.1, birth.2).unwrap();
        let made = NumberB::new(birth, expires, code);
        let made = made.map(|it| String::from_utf8(it.digits().to_vec()).unwrap());
        assert_eq!(made, digits.map(str::to_owned));
    }

    #[test]
    fn the_birth_year_is_the_eras_and_the_year_of_expiry_gregorian() {
        // The example of the reference (§5).
        check((1980, 2, 17), 2035, "2285", Ok("55021720352285"));
        check((2019, 5, 1), 2029, "0001", Ok("01050120290001"));
        check((1989, 1, 7), 2030, "1234", Ok("64010720301234"));
    }

    #[test]
    fn what_cannot_stand_on_a_card_makes_no_code() {
        check((1980, 2, 17), 35, "2285", Err(InvalidNumberB::Expiry));
        check(
            (1980, 2, 17),
            2035,
            "22a5",
            Err(InvalidNumberB::SecurityCode),
        );
        check(
            (1980, 2, 17),
            2035,
            "２２８５",
            Err(InvalidNumberB::SecurityCode),
        );
    }

    #[test]
    fn a_code_is_never_printed() {
        let code = NumberB::new(CivilDate::new(1980, 2, 17).unwrap(), 2035, "2285").unwrap();
        assert_eq!(format!("{code:?}"), "NumberB(…)");
    }
}
