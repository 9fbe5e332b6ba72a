//! Pictures on the cards, drawn by `crates/synthetic/assets/card/make.py`. No photograph is among them.

use crate::card::case::Case;
use crate::card::persona::Holder;

/// People born before this year look old.
const OLD_BEFORE: &str = "1962";

macro_rules! picture {
    ($name:literal) => {
        include_bytes!(concat!("../../assets/card/", $name))
    };
}

pub(crate) const ADDRESS: &[u8] = picture!("address.png");
pub(crate) const SECURITY_CODE: &[u8] = picture!("security_code.png");
pub(crate) const SECURITY_CODE_TEXT: &str = "2285";
pub(crate) const NO_NUMBER: &[u8] = picture!("number.png");

/// The portrait that fits sex and age, JPEG 2000.
pub(crate) fn portrait(holder: &Holder) -> &'static [u8] {
    let old = holder.birth_date.as_str() < OLD_BEFORE;
    match (holder.sex.as_str(), old) {
        ("2", true) => picture!("portrait_old_woman.jp2"),
        ("2", false) => picture!("portrait_woman.jp2"),
        (_, true) => picture!("portrait_old_man.jp2"),
        (_, false) => picture!("portrait_man.jp2"),
    }
}

/// The printed name, PNG. Phones and other cards have no face.
pub(crate) fn name(case: Case) -> &'static [u8] {
    match case {
        Case::Valid => picture!("name_valid.png"),
        Case::Everything => picture!("name_everything.png"),
        Case::Locked => picture!("name_locked.png"),
        Case::LastTry => picture!("name_last_try.png"),
        Case::ExpiredRecently => picture!("name_expired_recently.png"),
        Case::ExpiredLong => picture!("name_expired_long.png"),
        Case::Revoked => picture!("name_revoked.png"),
        Case::NoPin => picture!("name_no_pin.png"),
        Case::NoCoverage => picture!("name_no_coverage.png"),
        Case::Unregistered => picture!("name_unregistered.png"),
        Case::Several => picture!("name_several.png"),
        Case::Clone => picture!("name_clone.png"),
        Case::Renewed => picture!("name_renewed.png"),
        Case::AboutToExpire => picture!("name_about_to_expire.png"),
        Case::RareName => picture!("name_rare_name.png"),
        Case::Android | Case::Iphone | Case::NotAMyNumberCard => &[],
    }
}
