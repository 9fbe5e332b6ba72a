//! The pages of who looked and of the withdrawal of a consent, written with sample data; and what they must and must not say.

use api::medical::looks::{LookEntry, LookUnder, LookedAt, Looks};
use api::medical::withdrawal::WithdrawalDone;
use domain::civil_date::Instant;
use domain::medical_information::kind::InformationKind;
use ui::language::Language;

use super::{Written, cards, fault, staff, words};
use crate::pages::looks::{self, SearchForm, looks_page};
use crate::pages::withdrawal::{NothingPage, Offer, WithdrawForm, done_page, withdrawal_page};
use crate::pages::{Staff, result};

/// How many pages there are here.
pub(super) const PAGES: usize = 9;

const ID: &str = "019aae5e-0000-7000-8000-000000000001";

fn entry() -> LookEntry {
    let under = |kind: &str, basis: &str| LookUnder {
        basis: basis.into(),
        kind: kind.into(),
        reference: ID.into(),
    };
    LookEntry {
        account: "ishi".into(),
        account_kind: "medical_viewer".into(),
        at: "2026-11-23T00:15:02.000000Z".into(),
        emergency: true,
        from: Some("2026-01".into()),
        id: ID.into(),
        patient: Some(LookedAt {
            birth_date: "1970-01-02".into(),
            kana: Some("ｼｶｸ ﾀﾛｳ".into()),
            name: "資格　<fill>".into(),
        }),
        purpose: "disaster".into(),
        under: vec![
            under("surgery", "disaster"),
            under("drugs", "visit"),
            under("drugs", "disaster"),
        ],
        until: None,
        way: "page".into(),
    }
}

fn form() -> WithdrawForm {
    serde_json::from_value(serde_json::json!({
        "id": ID, "origin": "medical", "name": "資格　<fill>", "kinds": "drugs,surgery", "key": "k",
    }))
    .unwrap()
}

fn done(ended: &[&str]) -> WithdrawalDone {
    WithdrawalDone {
        ended: ended.iter().map(|it| (*it).to_owned()).collect(),
        withdrawal: ID.into(),
    }
}

pub(super) fn of_looks_and_withdrawal(staff: &Staff, written: &mut Written) {
    let search = SearchForm::default();
    let nobody = LookEntry {
        patient: None,
        purpose: "dispensing".into(),
        way: "machine".into(),
        ..entry()
    };
    let page = |found, faults: &[_]| looks_page(staff.frame("/looks"), &search, found, faults);
    let found = |looks, next: Option<&str>| {
        Some(Looks {
            looks,
            next: next.map(str::to_owned),
        })
    };
    let all = found(vec![entry(), nobody], Some("1-2"));
    written.add("looks", &page(all, &[]));
    written.add("looks-none", &page(found(Vec::new(), None), &[]));
    written.add("looks-so-far", &page(found(Vec::new(), Some("1-2")), &[]));
    let faults = [fault("from"), fault("name")];
    written.add("looks-errors", &page(None, &faults));
    let ask = |faults: &[_]| withdrawal_page(staff.frame("/medical/x"), &form(), faults);
    written.add("withdrawal", &ask(&[]));
    let faults = [fault("reason-1"), fault("note")];
    written.add("withdrawal-errors", &ask(&faults));
    let page = done_page(staff.frame("/medical/x"), &form(), &done(&["drugs"]));
    written.add("withdrawal-done", &page);
    let frame = staff.frame("/");
    written.add("withdrawal-nothing", &NothingPage { frame });
    let record = cards::card_check(Some("2026-11-23T00:15:09Z".into()));
    let mut part = result::card::card_part(&record, "/card-checks/x", &staff.words);
    part.withdrawal = Offer::of_patient(staff, ID, "資格　<fill>", InformationKind::ALL);
    let page = result::result_page(&record.check, Some(part), staff.frame("/card-checks/x"));
    written.add("result-card-withdraw", &page.unwrap());
}

#[test]
fn a_look_in_an_emergency_says_so_in_words_beside_what_else_it_rested_on() {
    let line = looks::line(entry(), &words(Language::Japanese));
    assert_eq!(line.kinds, "お薬・手術");
    assert_eq!(line.account_kind, "医療情報閲覧");
    let grounds: Vec<(&str, &str)> = line
        .grounds
        .iter()
        .map(|it| (it.text.as_str(), it.tone))
        .collect();
    let expected = [("来院時の同意", "note"), ("緊急時の閲覧（災害時）", "bad")];
    assert_eq!(grounds, expected);
}

#[test]
fn only_what_counts_is_offered_to_withdraw_and_only_to_whoever_may() {
    let at = |text: &str| Instant::parse(text).unwrap();
    let (during, over) = (at("2026-11-24T00:15:07Z"), at("2026-11-24T00:15:08Z"));
    let mut record = cards::card_check(Some("2026-11-23T00:15:09Z".into()));
    let general = staff(Language::Japanese, "general");
    let offer = |staff: &Staff, record: &_, now| Offer::of_check(staff, record, now);
    let offered = offer(&general, &record, during).unwrap();
    assert_eq!((offered.kinds.as_str(), offered.origin), ("drugs", "card"));
    assert!(offer(&general, &record, over).is_none());
    assert!(offer(&staff(Language::Japanese, "master"), &record, during).is_none());
    record.withdrawn = vec!["drugs".into()];
    assert!(offer(&general, &record, during).is_none());
    let part = result::card::card_part(&record, "/card-checks/x", &general.words);
    let drugs = part.consents.iter().find(|it| it.label == "お薬情報の提供");
    assert_eq!(
        drugs.unwrap().meaning,
        "お薬への同意は、その後に取り消されました。"
    );
}

#[test]
fn a_withdrawal_of_less_than_was_named_says_that_the_rest_had_ended() {
    let staff = staff(Language::Japanese, "general");
    let page = |ended: &[&str]| done_page(staff.frame("/"), &form(), &done(ended));
    let less = page(&["drugs"]);
    assert!(less.is_less && less.ended == ["お薬"]);
    assert!(!page(&["drugs", "surgery"]).is_less);
}
