//! The pages of rotation, recovery and second factor, with sample data.

use api::access::{BegunSecondFactor, OwnAccount, RecoveryState, SecondFactor, SignInRecord};
use api::rotation::Rotation;
use domain::password::Password;

use super::copies::{Center, Line};
use super::*;

/// How many pages these are.
pub(super) const PAGES: usize = 12;

fn rotation(account: &str, kind: &str, stage: &str) -> Rotation {
    Rotation {
        account: account.into(),
        asked_at: Some("2026-11-23T03:00:00.000000Z".into()),
        asked_by: Some("kanri".into()),
        changed_at: Some("2026-11-23T03:00:00.000000Z".into()),
        display_name: "連携 <b>".into(),
        kind: kind.into(),
        stage: stage.into(),
    }
}

pub(super) fn of_access(staff: &Staff, written: &mut Written) {
    let rotations = vec![
        rotation("link_app", "link_app", "asked"),
        rotation("karte", "web_api", "registered"),
        rotation("reader", "reader", "done"),
        rotation("reader2", "reader", "none"),
        rotation("reader3", "reader", "withdrawn"),
    ];
    let part = rotations::part(rotations, &staff.words);
    let page = rotations::RotationsPage {
        frame: staff.frame("/rotations"),
        live: part.render().unwrap(),
        terminal_user: Some("OqsUser".into()),
    };
    written.add("rotations", &page);
    let password = Password::generate(&[3; 40]);
    let frame = staff.frame("/rotations");
    let fault = Some(fault("typed").1);
    let page = rotations::terminal_user::made_page(frame, "OqsUser".into(), &password, fault);
    written.add("rotation-terminal-user", &page);
    of_own_access(staff, written);
}

#[test]
fn the_paper_to_be_sealed_shows_the_password_and_nothing_to_press_or_to_fill_in() {
    let password = Password::generate(&[3; 40]);
    for language in Language::ALL {
        let frame = staff(language, "administrator").frame("/rotations");
        let page = rotations::terminal_user::made_page(frame, "OqsUser".into(), &password, None);
        let page = page.render().unwrap();
        let (_, main) = page.split_once("<main").unwrap();
        let (printed, screen) = main.split_once("<div class=\"onshi-noprint\">").unwrap();
        assert!(printed.contains("OqsUser") && printed.contains("data-secret"));
        for pressed in ["data-print", "<form", "<input"] {
            assert!(screen.contains(pressed), "{pressed}");
            assert!(!printed.contains(pressed), "{pressed}");
        }
    }
}

fn sign_in(outcome: &str, proved_by: &str) -> SignInRecord {
    SignInRecord {
        at: "2026-11-23T03:00:00.000000Z".into(),
        certificate: "0123456789abcdef".into(),
        number: 1,
        outcome: outcome.into(),
        proved_by: proved_by.into(),
        terminal: "受付 <1>".into(),
        unusual: vec!["new_certificate".into(), "hour".into(), "failures".into()],
    }
}

pub(super) fn own(standing: &str, policy: &str) -> OwnAccount {
    OwnAccount {
        passwords_set_at: vec![
            "2026-11-23T03:00:00.000000Z".into(),
            "2026-10-01T00:05:00.000000Z".into(),
            "2026-08-31T23:30:00.000000Z".into(),
        ],
        recovery: RecoveryState {
            left: 2,
            printed_at: Some("2026-11-23T03:00:00.000000Z".into()),
            standing: standing.into(),
        },
        second_factors: vec![SecondFactor {
            added_at: "2026-11-23T03:00:00.000000Z".into(),
            id: "019aae5e-0000-7000-8000-000000000001".into(),
            kind: "totp".into(),
            name: "院長の <b>".into(),
            used_at: Some("2026-11-23T03:00:00.000000Z".into()),
        }],
        second_factor: policy.into(),
        unusual_sign_ins: vec![sign_in("opened", "password")],
    }
}

fn of_own_access(staff: &Staff, written: &mut Written) {
    let faults = [fault("name"), fault("kind"), fault("codes_password")];
    let form = own_access::FactorForm::default();
    for (standing, policy) in [("missing", "offered"), ("good", "off"), ("few", "required")] {
        let frame = staff.frame("/own-access");
        let own = own(standing, policy);
        let whose = own_access::Whose {
            kind: staff.kind(),
            in_ambulance: false,
        };
        let page = own_access::own_access_page(frame, (&own, whose), &form, &faults);
        written.add(&format!("own-access-{standing}"), &page);
    }
    let codes = vec!["AAAA-BBBB-CCCC-DDDD-EEEE".into()];
    let whose = ("kanri", staff.kind());
    let page = own_access::codes_page(staff.frame("/own-access"), codes, whose, "2026-11-23");
    written.add("recovery-codes", &page);
    let rows = [
        sign_in("opened", "passkey"),
        sign_in("refused", "totp"),
        sign_in("opened", "recovery_code"),
    ];
    let page = own_access::sign_ins_page(staff.frame("/own-access/sign-ins"), &rows);
    written.add("sign-ins", &page);
    let begun = |options: Option<&str>, secret: Option<&str>| BegunSecondFactor {
        id: "019aae5e-0000-7000-8000-000000000001".into(),
        options: options.map(str::to_owned),
        secret: secret.map(str::to_owned),
        uri: secret.map(|_| {
            "otpauth://totp/onshi:1319999999-kanri?secret=ABCDEFGH&issuer=onshi".to_owned()
        }),
    };
    for (name, it) in [
        ("factor-totp", begun(None, Some("ABCDEFGHIJ"))),
        ("factor-passkey", begun(Some("{\"publicKey\":{}}"), None)),
    ] {
        let frame = staff.frame("/own-access");
        let page = own_access::factor::confirm_page(frame, &it, Some(fault("code").1));
        written.add(name, &page);
    }
    let options = Some("{\"publicKey\":{}}".to_owned());
    let forms = || second_factor::Proving::new("/second-factor", options.clone(), &staff.words);
    let (frame, wrong) = (staff.frame("/second-factor"), Some(fault("code").1));
    let page = second_factor::second_factor_page(frame, "prove-lead", forms(), wrong);
    written.add("second-factor", &page);
    let frame = staff.frame("/second-factor");
    let page = second_factor::second_factor_page(frame, "prove-lead-later", forms(), None);
    written.add("second-factor-later", &page);
    let faults = [fault("code"), fault("new_password")];
    let form = recovery::RecoverForm::default();
    let page = recovery::recover_page(
        staff.visitor().frame("/recover"),
        &form,
        Some(fault("x").1),
        &faults,
    );
    written.add("recover", &page);
}

#[test]
fn a_factor_that_was_not_removed_is_told_at_its_own_line_with_or_without_the_form_for_another() {
    let mut problem = Trouble::PasswordRule.problem();
    let wrong = MemberError::new("password", "wrong", "違います。", "It is wrong.");
    problem.errors = vec![wrong];
    for (language, told) in [
        (Language::Japanese, "違います。"),
        (Language::English, "It is wrong."),
    ] {
        for policy in ["offered", "off"] {
            let staff = staff(language, "general");
            let mut own = own("good", policy);
            let mut other = own.second_factors[0].clone();
            other.id = "019aae5e-0000-7000-8000-000000000002".into();
            own.second_factors.push(other);
            let id = own.second_factors[1].id.clone();
            let fault = own_access::factor::not_removed(&id, &problem, &staff.words);
            let form = own_access::FactorForm::default();
            let frame = staff.frame("/own-access");
            let page = own_access::own_access_page(
                frame,
                (&own, own_access::Whose::default()),
                &form,
                &[fault],
            );
            let page = page.render().unwrap();
            let field = format!("remove-{id}");
            assert!(page.contains(&format!("<a href=\"#{field}\">{told}</a>")));
            let tags = tags(&page);
            let marked = tags.iter().filter(|it| it.get("aria-invalid").is_some());
            let marked: Vec<_> = marked.map(|it| it.get("id").unwrap()).collect();
            assert_eq!(marked, [field.as_str()], "{policy}");
            check("own-access", &page, language);
        }
    }
}

#[test]
fn the_main_screen_tells_an_administrator_what_is_missing_and_nobody_else_of_records() {
    let codes = |kind, own: &OwnAccount| -> Vec<String> {
        let banners = own_access::banners(own, Some(kind), &words(Language::Japanese));
        banners.into_iter().map(|it| it.code).collect()
    };
    let mut it = own("missing", "offered");
    assert_eq!(
        codes(AccountKind::Administrator, &it),
        ["unusual_sign_in", "recovery_record"]
    );
    assert_eq!(codes(AccountKind::General, &it), ["unusual_sign_in"]);
    it.second_factors.clear();
    it.unusual_sign_ins.clear();
    it.recovery.standing = "good".into();
    assert_eq!(
        codes(AccountKind::Administrator, &it),
        ["second_factor_offered"]
    );
    it.second_factor = "off".into();
    assert!(codes(AccountKind::Administrator, &it).is_empty());
    it.recovery.standing = "outdated".into();
    assert_eq!(codes(AccountKind::Administrator, &it), ["recovery_record"]);
}

#[test]
fn a_second_factor_is_added_where_only_ambulance_mode_asks_for_one() {
    let staff = staff(Language::Japanese, "medical_viewer");
    let shown = |in_ambulance| {
        let whose = own_access::Whose {
            kind: staff.kind(),
            in_ambulance,
        };
        let form = own_access::FactorForm::default();
        let (frame, own) = (staff.frame("/own-access"), own("good", "off"));
        let page = own_access::own_access_page(frame, (&own, whose), &form, &[]);
        page.render().unwrap()
    };
    let (form, unused) = ("action=\"/own-access/factor\"", "使わない設定です");
    let page = shown(true);
    assert!(page.contains(form) && !page.contains(unused));
    assert!(page.contains("救急時医療情報閲覧には必要です"));
    let page = shown(false);
    assert!(!page.contains(form) && page.contains(unused));
    let asks = |missing: Option<&str>| {
        let missing = missing.map(str::to_owned);
        own_access::needs_factor(&api::emergency::AmbulanceAccess {
            missing,
            ..api::emergency::AmbulanceAccess::default()
        })
    };
    assert!(asks(Some("factor")) && asks(None));
    for missing in ["kind", "listing", "setting", "right"] {
        assert!(!asks(Some(missing)), "{missing}");
    }
}

#[test]
fn recovery_codes_are_said_to_reset_a_password_only_to_those_whose_password_they_reset() {
    for (language, forgotten) in [
        (
            Language::Japanese,
            ["パスワードを忘れ", "パスワードや認証アプリを失った"],
        ),
        (
            Language::English,
            [
                "Forgot your password",
                "the password or the second factor is lost",
            ],
        ),
    ] {
        let said = |kind: &str| -> Vec<String> {
            let staff = staff(language, kind);
            let of = |standing: &str| {
                let whose = own_access::Whose {
                    kind: staff.kind(),
                    in_ambulance: false,
                };
                let (frame, own) = (staff.frame("/own-access"), own(standing, "offered"));
                let form = own_access::FactorForm::default();
                let page = own_access::own_access_page(frame, (&own, whose), &form, &[]);
                page.recovery_about
            };
            let whose = ("uketsuke", staff.kind());
            let frame = staff.frame("/own-access");
            let sheet = own_access::codes_page(frame, Vec::new(), whose, "2026-11-23");
            vec![of("missing"), of("good"), sheet.render().unwrap()]
        };
        let tells = |kind: &str| {
            let said = said(kind).concat();
            forgotten.map(|it| said.contains(it))
        };
        for kind in ["master", "administrator"] {
            assert_eq!(tells(kind), [true, true], "{kind}");
        }
        for kind in ["general", "medical_viewer"] {
            assert_eq!(tells(kind), [false, false], "{kind}");
        }
    }
}

#[test]
fn the_passwords_of_before_are_told_of_with_their_dates_and_a_first_one_has_none() {
    let (words, own) = (words(Language::Japanese), own("good", "off"));
    let told = password::earlier(&own.passwords_set_at, &words).unwrap();
    assert_eq!(told.text, "2026-10-01 09:05、2026-09-01 08:30");
    assert!(password::earlier(&own.passwords_set_at[..1], &words).is_none());
}

#[tokio::test]
async fn the_form_of_a_new_password_waits_for_no_center_and_hides_no_end_of_the_session() {
    let center = Center::start().await;
    let terminal = center.terminal();
    let cookie = terminal.sign_in("general");
    center.set(Line::Silent);
    let shown = terminal.get("/password", &cookie);
    // Any other question to the center is given up after thirty seconds.
    let page = tokio::time::timeout(std::time::Duration::from_secs(25), shown).await;
    let page = page.unwrap();
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    assert!(page.text.contains("name=\"old_password\""));
    center.set(Line::Gone);
    let page = terminal.get("/password", &cookie).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    center.set(Line::Refuses(Trouble::SessionEnded));
    let page = terminal.get("/password", &cookie).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER);
    assert_eq!(page.header("location"), "/sign-in");
}

#[test]
fn an_administrator_at_reception_is_advised_to_use_a_general_account() {
    let shown = |kind: &str, here: &str| {
        let banners = staff(Language::Japanese, kind).frame(here).banners;
        banners.iter().any(|it| it.code == "use_general_account")
    };
    for here in ["/check", "/readers", "/card", "/history", "/bulk"] {
        assert!(shown("administrator", here), "{here}");
        assert!(!shown("general", here), "{here}");
    }
    for here in ["/", "/accounts", "/settings"] {
        assert!(!shown("administrator", here), "{here}");
    }
}
