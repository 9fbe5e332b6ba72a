//! Home care as it is kept: addresses, codes, devices, pages, consents, on both engines alike.

use domain::account::{AccountId, AccountKind, AccountState};
use domain::audit::{Actor, Deed, Event};
use domain::bulk::Days;
use domain::civil_date::Instant;
use domain::codes::check::VisitKind;
use domain::codes::setting::Right;
use domain::home_care::activation::DeviceLabel;
use domain::home_care::address::{AddressId, JoinCode};
use domain::home_care::{Care, UNTIL_WITHDRAWN, VisualCheck};
use domain::identification::Method;
use domain::institution_code::InstitutionCode;
use domain::insured::InsuranceKey;
use domain::medical_information::kind::{Basis, InformationKind, Purpose};
use domain::medical_information::look::Months;
use domain::medical_information::viewing::{NotOpened, Reading};
use domain::medical_information::withdrawal::Reason;
use domain::password::Length;
use domain::permit::{
    AskByCard, AskInBulk, CareAtHome, ManageHomeCare, Permission, Permit, ReadMedicalByMachine,
    SignedIn, ViewMedicalPages, WithdrawConsent,
};
use domain::questions::{Answered, Choice, Question, QuestionsState};
use domain::reader::ReaderId;
use store::accounts::{Account, Edited, PasswordRow};
use store::audit::verify::Fault;
use store::bulk::work::ListedBy;
use store::cards::CardRecorded;
use store::engine::Engine;
use store::home_care::checks::{Asks, HomeAnswer, NewHomeCheck};
use store::home_care::codes::{Activation, NewCode};
use store::home_care::consents::CheckedAgain;
use store::registry::medical_information::{MachineLook, MachineLooked, Sought};
use store::withdrawals::{Withdrawing, Withdrawn};

use crate::cards::{FACILITY, by_eye, challenge, now};
use crate::looks::patient;
use crate::{Place, check, on_both, permit};

pub(crate) fn manager<A: Permission>() -> Permit<A> {
    Permit::grant(SignedIn {
        facility: InstitutionCode::parse(FACILITY).unwrap(),
        account: AccountId::parse("kanri").unwrap(),
        kind: AccountKind::Administrator,
        certificate: [9; 32],
    })
    .unwrap()
}

fn account() -> Account {
    Account {
        facility: InstitutionCode::parse(FACILITY).unwrap(),
        id: AccountId::parse("uketsuke").unwrap(),
        kind: AccountKind::General,
        state: AccountState::Active,
        display_name: "受付".into(),
        grounds: Default::default(),
        ambulance: Right::NotGiven,
        password: PasswordRow {
            hash: "$".into(),
            prefix: [0; 32],
            length: Length::Long,
            set_at: now(),
            change_needed: false,
        },
        lockout: Default::default(),
    }
}

fn address(number: u8) -> AddressId {
    AddressId::from_bytes([number; 16])
}

async fn made(engine: &Engine, number: u8) {
    made_at(engine, number, now()).await;
}

pub(crate) async fn made_at(engine: &Engine, number: u8, at: Instant) {
    let permit = manager::<ManageHomeCare>();
    let made = engine.make_home_address(&permit, (Care::HomeVisit, address(number)), at, None);
    assert_eq!(made.await.unwrap(), None);
}

async fn issued(engine: &Engine, id: u128) {
    let new = NewCode {
        id,
        account: account().id,
        label: DeviceLabel::parse("タブレット").unwrap(),
        visual: VisualCheck::Allowed,
        hash: [u8::try_from(id).unwrap(); 32],
    };
    let permit = manager::<ManageHomeCare>();
    let issued = engine
        .issue_activation_code(&permit, new, now(), None)
        .await;
    assert_eq!(issued.unwrap(), None);
}

fn shows(key: u8, code: u8) -> Activation {
    Activation {
        id: u128::from(key),
        address: address(1),
        account: account().id,
        hash: [code; 32],
        key: [key; 64],
    }
}

async fn a_code_binds_one_key_and_a_device_counts_while_its_account_does(place: &Place) {
    let engine = place.open();
    engine
        .create_accounts(vec![account()], Vec::new(), None)
        .await
        .unwrap();
    made(&engine, 1).await;
    issued(&engine, 1).await;
    issued(&engine, 2).await;
    let try_it = async |key, code| {
        engine
            .activate_device(shows(key, code), now())
            .await
            .unwrap()
    };
    assert_eq!(try_it(3, 1).await, None, "the first was replaced");
    let bound = try_it(3, 2).await.unwrap();
    assert_eq!(bound.visual(), VisualCheck::Allowed);
    assert_eq!(
        try_it(3, 2).await,
        Some(bound.clone()),
        "its answer was lost"
    );
    assert_eq!(try_it(4, 2).await, None, "it was used");
    assert_eq!(engine.home_device(3, now()).unwrap(), Some(bound));
    for (id, first) in [("proof", true), ("proof", false), ("another", true)] {
        assert_eq!(
            engine.use_home_proof(3, id.into(), now()).await.unwrap(),
            first
        );
    }
    let codes = engine
        .activation_codes(&manager::<ManageHomeCare>())
        .unwrap();
    let states: Vec<&str> = codes.iter().map(|it| it.state.as_str()).collect();
    assert_eq!(states, ["used", "replaced"]);
    let changed = Account {
        state: AccountState::Disabled,
        ..account()
    };
    engine
        .change_account(changed, None, account(), Vec::new(), None)
        .await
        .unwrap();
    assert_eq!(
        engine.home_device(3, now()).unwrap(),
        None,
        "nor does its device"
    );
    let permit = manager::<ManageHomeCare>();
    assert!(engine.remove_home_device(&permit, 3, now()).await.unwrap());
    assert!(!engine.remove_home_device(&permit, 3, now()).await.unwrap());
    assert_eq!(engine.home_devices(&permit).unwrap().len(), 1);
}

/// An account with a device of the number 3.
async fn with_device(engine: &Engine) {
    let made_account = engine.create_accounts(vec![account()], Vec::new(), None);
    made_account.await.unwrap();
    made(engine, 1).await;
    issued(engine, 1).await;
    let bound = engine.activate_device(shows(3, 1), now()).await.unwrap();
    assert!(bound.is_some());
}

/// Disables or enables the account.
async fn change(engine: &Engine, from: AccountState, to: AccountState) {
    let of = |state| Account { state, ..account() };
    let event = Event {
        at: now(),
        actor: Actor::Center,
        deed: Deed::AccountState,
        subject: None,
        detail: String::new(),
    };
    let changed = engine.change_account(of(to), None, of(from), vec![event], None);
    assert_eq!(changed.await.unwrap(), Edited::Done);
}

async fn a_device_of_an_account_that_was_disabled_stays_ended_when_it_is_enabled(place: &Place) {
    let engine = place.open();
    with_device(&engine).await;
    issued(&engine, 2).await;
    let (active, disabled) = (AccountState::Active, AccountState::Disabled);
    for (from, to) in [(active, disabled), (disabled, active)] {
        change(&engine, from, to).await;
        assert_eq!(engine.home_device(3, now()).unwrap(), None, "{to:?}");
    }
    let bound = engine.activate_device(shows(4, 2), now()).await.unwrap();
    assert!(bound.is_none(), "nor does the code that was open");
    let listed = engine.home_devices(&manager::<ManageHomeCare>()).unwrap();
    assert!(listed.len() == 1 && listed[0].ended.is_some());
    issued(&engine, 5).await;
    let bound = engine.activate_device(shows(5, 5), now()).await.unwrap();
    assert!(bound.is_some(), "a new one may be bound");
}

async fn a_device_of_an_account_that_an_earlier_version_disabled_ends_when_it_is_enabled(
    place: &Place,
) {
    let engine = place.open();
    with_device(&engine).await;
    let text = "UPDATE account SET state = 'disabled' WHERE id = 'uketsuke'";
    assert_eq!(place.run(text), 1);
    change(&engine, AccountState::Disabled, AccountState::Active).await;
    assert_eq!(engine.home_device(3, now()).unwrap(), None);
    let listed = engine.home_devices(&manager::<ManageHomeCare>()).unwrap();
    assert!(listed.len() == 1 && listed[0].ended.is_some());
}

async fn wrong_tries_at_the_same_moment_are_each_counted(place: &Place) {
    let engine = place.open();
    engine
        .create_accounts(vec![account()], Vec::new(), None)
        .await
        .unwrap();
    made(&engine, 1).await;
    issued(&engine, 1).await;
    let tries = (10..20).map(|key| engine.activate_device(shows(key, 9), now()));
    let tries: Vec<_> = tries.collect();
    for tried in tries {
        assert_eq!(tried.await.unwrap(), None);
    }
    let right = engine.activate_device(shows(3, 1), now()).await.unwrap();
    assert_eq!(right, None, "it came too late");
    let codes = engine
        .activation_codes(&manager::<ManageHomeCare>())
        .unwrap();
    assert_eq!((codes[0].state.as_str(), codes[0].tries), ("locked", 5));
}

async fn an_address_that_was_replaced_ends_with_its_pages_and_own_devices_are_forgotten(
    place: &Place,
) {
    let engine = place.open();
    made(&engine, 1).await;
    let join = JoinCode::from_bytes([1; 5]);
    for _ in 0..2 {
        let opened = engine.open_home_page([1; 32], address(1), join.clone(), now());
        assert!(opened.await.unwrap());
    }
    let page = engine.home_page([1; 32], now()).unwrap().unwrap();
    assert_eq!((page.join, page.joined), (join.clone(), None));
    let known = engine
        .know_own_device((5, [5; 64]), address(1), now())
        .await;
    assert!(known.unwrap().is_some());
    let day = now().plus_seconds(86_400);
    assert_eq!(engine.home_device(5, day).unwrap(), None);
    let again = engine.know_own_device((6, [5; 64]), address(1), day).await;
    assert_eq!(
        again.unwrap().unwrap().id,
        5,
        "the same key, the same device"
    );
    made(&engine, 2).await;
    assert!(engine.home_address(&address(1)).unwrap().is_none());
    assert!(engine.home_page([1; 32], now()).unwrap().is_none());
    let opened = engine
        .open_home_page([2; 32], address(1), join, now())
        .await;
    assert!(!opened.unwrap());
    let known = engine
        .know_own_device((7, [7; 64]), address(1), now())
        .await;
    assert!(known.unwrap().is_none());
    assert_eq!(
        engine
            .home_addresses(&manager::<ManageHomeCare>())
            .unwrap()
            .len(),
        1
    );
}

/// The patient's card was read at home, under check 1, for the page that waits.
async fn read_at_home(engine: &Engine, agreed: Choice) {
    made(engine, 1).await;
    read_at_home_as(engine, (1, now()), 1, agreed).await;
}

/// The patient's card was read at home at an instant, for a page of the first address.
pub(crate) async fn read_at_home_as(
    engine: &Engine,
    (id, at): (u128, Instant),
    page: u8,
    agreed: Choice,
) {
    let of = (Care::HomeVisit, 1, page);
    read_for(engine, (id, at), of, (agreed, Some(Choice::Yes))).await;
}

/// The same for a care, by the address of a number, for a page. `drugs` is what was answered to that question, where it was asked.
async fn read_for(
    engine: &Engine,
    (id, at): (u128, Instant),
    (care, number, page): (Care, u8, u8),
    (agreed, drugs): (Choice, Option<Choice>),
) {
    let asker = permit::<AskByCard>(FACILITY);
    let join = JoinCode::from_bytes([page; 5]);
    let opened = engine.open_home_page([page; 32], address(number), join.clone(), at);
    assert!(opened.await.unwrap());
    challenge(engine, id, at).await;
    let mut new = by_eye(id, at);
    new.card.method = Method::Visual;
    new.card.reader = ReaderId::HomeDevice(3);
    new.card.questions = drugs.iter().map(|_| Question::Drugs).collect();
    new.home = Some(NewHomeCheck {
        device: 3,
        address: address(number),
        care,
        join: Some(join),
        asks: Asks::HomeCare,
        confirmed_by: Some("uketsuke".into()),
    });
    let recorded = engine.record_card_check(&asker, new).await.unwrap();
    let released_by = Some("uketsuke".to_owned());
    assert_eq!(recorded, CardRecorded::New { released_by });
    let page = engine.home_page([page; 32], at).unwrap().unwrap();
    assert_eq!(page.joined, Some((id, 3)));
    let given: Vec<Answered> = drugs
        .iter()
        .map(|choice| Answered {
            question: Question::Drugs,
            choice: *choice,
        })
        .collect();
    let answer = HomeAnswer {
        agreed,
        until: UNTIL_WITHDRAWN,
    };
    for _ in 0..2 {
        let answered = engine
            .answer_at_home(&asker, id, (given.clone(), Some(answer)), at)
            .await;
        assert_eq!(answered.unwrap().unwrap().len(), given.len());
    }
}

async fn consent_at_home_opens_lists_and_ends_as_a_whole(place: &Place) {
    let engine = place.open();
    engine.store_people(vec![patient()]).await.unwrap();
    read_at_home(&engine, Choice::Yes).await;
    let (cares, viewer) = (
        permit::<CareAtHome>(FACILITY),
        manager::<ViewMedicalPages>(),
    );
    let year = now().plus_seconds(400 * 86_400);
    let found = engine.home_consents(&cares, year).unwrap();
    assert_eq!(
        (found.len(), found[0].id, found[0].until),
        (1, 1, UNTIL_WITHDRAWN)
    );
    assert_eq!(found[0].kinds, [InformationKind::Drugs]);
    let sight = engine.sight(&viewer, 1, year).unwrap().unwrap();
    assert_eq!(sight.opened()[0].basis, Basis::Home);
    let again = engine
        .record_check_again(&cares, 1, check(50))
        .await
        .unwrap();
    assert_eq!(again, CheckedAgain::Done);
    let found = engine.home_consent(&cares, 1, year).unwrap().unwrap();
    assert_eq!(found.last.map(|it| it.0), Some(50));
    let day = now().date_in_japan();
    let of = (
        Care::HomeVisit,
        ListedBy::Consent,
        Days::new(day, day).unwrap(),
    );
    let listed = engine
        .consented(&permit::<AskInBulk>(FACILITY), of, 10)
        .unwrap();
    assert_eq!(listed.len(), 1);
    let of = (
        Care::RemoteCare,
        ListedBy::Examination,
        Days::new(day, day).unwrap(),
    );
    let listed = engine
        .consented(&permit::<AskInBulk>(FACILITY), of, 10)
        .unwrap();
    assert!(listed.is_empty());
    let withdrawing = Withdrawing {
        id: 60,
        kinds: None,
        reason: Reason::Patient,
        note: None,
    };
    let permit = permit::<WithdrawConsent>(FACILITY);
    let later = now().plus_seconds(60);
    let ended = engine.withdraw_consent(&permit, 1, withdrawing, later, None, |_| Vec::new());
    assert_eq!(
        ended.await.unwrap(),
        Withdrawn::Done(vec![InformationKind::Drugs])
    );
    assert!(engine.home_consents(&cares, later).unwrap().is_empty());
    let again = engine
        .record_check_again(&cares, 1, check(51))
        .await
        .unwrap();
    assert_eq!(again, CheckedAgain::Ended);
    engine.refuse_check_again(&cares, later).await.unwrap();
}

/// What a machine gets of the patient's drugs at a kind of visit.
async fn by_machine(
    engine: &Engine,
    key: &InsuranceKey,
    (id, at): (u128, Instant),
    visit: VisitKind,
) -> MachineLooked {
    let permit = Permit::<ReadMedicalByMachine>::grant(SignedIn {
        facility: InstitutionCode::parse(FACILITY).unwrap(),
        account: AccountId::parse("renkei").unwrap(),
        kind: AccountKind::LinkApp,
        certificate: [9; 32],
    })
    .unwrap();
    let sought = Sought {
        key: key.clone(),
        branch: None,
        reading: Reading::Drugs,
        months: Months::default(),
        visit,
    };
    let look = MachineLook {
        id,
        purpose: Purpose::Treatment,
        detail: String::new(),
        kept: None,
    };
    let looked = engine.look_by_machine(&permit, &sought, look, at);
    looked.await.unwrap()
}

async fn a_machine_reads_what_home_care_opened_at_visits_of_that_care_alone(place: &Place) {
    let engine = place.open();
    let mut known = patient();
    known.coverages = synthetic::samples::people()[0].coverages.clone();
    let key = known.coverages[0].key();
    engine.store_people(vec![known]).await.unwrap();
    read_at_home(&engine, Choice::Yes).await;
    let year = now().plus_seconds(400 * 86_400);
    for (id, visit, expected) in [
        (70, VisitKind::HomeVisit, true),
        (71, VisitKind::Online, false),
        (72, VisitKind::Outpatient, false),
        (73, VisitKind::Emergency, false),
    ] {
        let looked = by_machine(&engine, &key, (id, year), visit).await;
        let seen = matches!(looked, MachineLooked::Seen(_));
        assert_eq!(seen, expected, "{}", visit.code());
    }
    let withdrawing = Withdrawing {
        id: 60,
        kinds: None,
        reason: Reason::Patient,
        note: None,
    };
    let later = year.plus_seconds(60);
    let permit = permit::<WithdrawConsent>(FACILITY);
    let ended = engine.withdraw_consent(&permit, 1, withdrawing, later, None, |_| Vec::new());
    ended.await.unwrap();
    let looked = by_machine(&engine, &key, (74, later), VisitKind::HomeVisit).await;
    assert!(matches!(
        looked,
        MachineLooked::NotOpened(NotOpened::NoConsent)
    ));
}

async fn what_was_taken_back_for_one_care_is_not_opened_for_machines_by_another(place: &Place) {
    const DRUGS: Option<Choice> = Some(Choice::Yes);
    let engine = place.open();
    let mut known = patient();
    known.coverages = synthetic::samples::people()[0].coverages.clone();
    let key = known.coverages[0].key();
    engine.store_people(vec![known]).await.unwrap();
    for (care, number) in [(Care::HomeVisit, 1), (Care::RemoteCare, 2)] {
        let permit = manager::<ManageHomeCare>();
        let made = engine.make_home_address(&permit, (care, address(number)), now(), None);
        assert_eq!(made.await.unwrap(), None);
    }
    let at = |minute: i64| now().plus_seconds(60 * minute);
    let answers = async |minute: u8, care: Care, given: (Choice, Option<Choice>)| {
        let number = if care == Care::HomeVisit { 1 } else { 2 };
        let when = (u128::from(minute), at(minute.into()));
        read_for(&engine, when, (care, number, minute), given).await;
    };
    // What machines see at home visits and with remote care, half a minute after.
    let seen = async |minute: u8| {
        let mut seen = Vec::new();
        for (tail, visit) in [(0, VisitKind::HomeVisit), (1, VisitKind::Online)] {
            let id = 1000 + 10 * u128::from(minute) + tail;
            let when = (id, at(minute.into()).plus_seconds(30));
            let looked = by_machine(&engine, &key, when, visit).await;
            seen.push(matches!(looked, MachineLooked::Seen(_)));
        }
        seen
    };
    answers(1, Care::RemoteCare, (Choice::Yes, DRUGS)).await;
    assert_eq!(seen(1).await, [false, true]);
    let withdrawing = Withdrawing {
        id: 60,
        kinds: Some(vec![InformationKind::Drugs]),
        reason: Reason::Patient,
        note: None,
    };
    let permit = permit::<WithdrawConsent>(FACILITY);
    let ended = engine.withdraw_consent(&permit, 1, withdrawing, at(2), None, |_| Vec::new());
    assert_eq!(
        ended.await.unwrap(),
        Withdrawn::Done(vec![InformationKind::Drugs])
    );
    answers(3, Care::HomeVisit, (Choice::Yes, DRUGS)).await;
    assert_eq!(seen(3).await, [true, false], "it was withdrawn");
    answers(4, Care::RemoteCare, (Choice::Yes, DRUGS)).await;
    assert_eq!(seen(4).await, [true, true], "agreed to for both");
    answers(5, Care::HomeVisit, (Choice::Yes, None)).await;
    assert_eq!(seen(5).await, [true, true], "nothing was taken back");
    answers(6, Care::HomeVisit, (Choice::Yes, Some(Choice::No))).await;
    assert_eq!(seen(6).await, [false, false]);
    answers(7, Care::HomeVisit, (Choice::Yes, DRUGS)).await;
    assert_eq!(seen(7).await, [true, false], "a no overruled it");
    answers(8, Care::RemoteCare, (Choice::Yes, DRUGS)).await;
    assert_eq!(seen(8).await, [true, true]);
    answers(9, Care::HomeVisit, (Choice::No, None)).await;
    assert_eq!(seen(9).await, [false, false]);
    answers(10, Care::HomeVisit, (Choice::Yes, DRUGS)).await;
    assert_eq!(seen(10).await, [true, false], "the end of a care did");
}

async fn without_consent_to_home_care_an_answer_is_a_visits(place: &Place) {
    let engine = place.open();
    engine.store_people(vec![patient()]).await.unwrap();
    read_at_home(&engine, Choice::No).await;
    let (cares, viewer) = (
        permit::<CareAtHome>(FACILITY),
        manager::<ViewMedicalPages>(),
    );
    assert!(engine.home_consents(&cares, now()).unwrap().is_empty());
    let sight = engine.sight(&viewer, 1, now()).unwrap().unwrap();
    assert_eq!(sight.opened()[0].basis, Basis::Visit);
    let day = now().plus_seconds(86_400);
    assert!(engine.sight(&viewer, 1, day).unwrap().is_none());
    let delivered = engine
        .own_card_check(&permit::<AskByCard>(FACILITY), 1)
        .unwrap();
    let delivered = delivered.unwrap();
    assert_eq!(delivered.card.state, QuestionsState::Answered);
    assert_eq!(delivered.home.unwrap().agreed, Some(Choice::No));
}

async fn what_was_agreed_at_home_is_vouched_for_by_the_chain(place: &Place) {
    let engine = place.open();
    engine.store_people(vec![patient()]).await.unwrap();
    read_at_home(&engine, Choice::No).await;
    let whole = engine.verify_audit(&[], |_, _, _| true).unwrap();
    assert_eq!((whole.faults.as_slice(), whole.consents), (&[][..], 1));
    assert_eq!(place.run("UPDATE home_check SET agreed = 'yes'"), 1);
    let faults = engine.verify_audit(&[], |_, _, _| true).unwrap().faults;
    let found = faults.iter().any(|it| matches!(it, Fault::Record { .. }));
    assert!(found, "{faults:?}");
}

on_both!(
    a_code_binds_one_key_and_a_device_counts_while_its_account_does,
    a_device_of_an_account_that_was_disabled_stays_ended_when_it_is_enabled,
    a_device_of_an_account_that_an_earlier_version_disabled_ends_when_it_is_enabled,
    wrong_tries_at_the_same_moment_are_each_counted,
    an_address_that_was_replaced_ends_with_its_pages_and_own_devices_are_forgotten,
    consent_at_home_opens_lists_and_ends_as_a_whole,
    a_machine_reads_what_home_care_opened_at_visits_of_that_care_alone,
    what_was_taken_back_for_one_care_is_not_opened_for_machines_by_another,
    without_consent_to_home_care_an_answer_is_a_visits,
    what_was_agreed_at_home_is_vouched_for_by_the_chain,
);

#[test]
fn the_end_of_what_lasts_is_later_than_any_instant_a_center_sees() {
    assert!(Instant::from_micros(i64::from(u32::MAX) * 1_000_000) < UNTIL_WITHDRAWN);
}
