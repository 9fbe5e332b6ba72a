//! Self-update with real processes: the publisher's tool, a center that serves, dpkg that installs, kills at every step.

mod cut;
pub(crate) mod workshop;

use std::path::Path;

use serde_json::{Value, json};

use crate::plain_browser::Terminal;
use crate::running::{Clinic, onshi, succeed, wait_until};
use crate::turned_clock::TurnedClock;
use workshop::{AMOUNT, Workshop};

#[test]
fn an_update_is_fetched_installed_and_the_version_before_is_kept() {
    let workshop = Workshop::start();
    workshop.release("0.1.0-1", AMOUNT);
    assert_eq!(workshop.fetch(), Ok("0.1.0-1 up".into()));
    workshop.release("0.2.0-1", AMOUNT);
    // What was left of a package that nobody offers any more goes away with the next look.
    let left = workshop.clinic.path("terminal/updates/incoming/0123.part");
    std::fs::create_dir_all(Path::new(&left).parent().unwrap()).unwrap();
    std::fs::write(&left, "half a package").unwrap();
    assert_eq!(workshop.fetch(), Ok("0.2.0-1 waits".into()));
    assert!(!Path::new(&left).exists());
    assert_eq!(workshop.status()["waiting"], "0.2.0-1");
    assert_eq!(workshop.install(), Ok("installed".into()));
    assert_eq!(workshop.installed(), "0.2.0-1");
    let status = workshop.status();
    assert_eq!(status["installed"], "0.2.0-1");
    assert_eq!(status["last"]["from"], "0.1.0-1");
    assert!(
        status["waiting"].is_null() && status["stopped"].is_null(),
        "{status}"
    );
    assert_eq!(workshop.fetch(), Ok("0.2.0-1 up".into()));
    // The way back of the next one is kept: the center need not have it any more.
    workshop.withdraw("0.2.0-1");
    workshop.release("0.3.0-1", AMOUNT);
    assert_eq!(workshop.fetch(), Ok("0.3.0-1 waits".into()));
    assert_eq!(workshop.install(), Ok("installed".into()));
    assert_eq!(workshop.packages_kept(), 2);
}

#[test]
fn a_version_that_fails_its_self_check_is_taken_back_and_not_tried_again() {
    let workshop = Workshop::start();
    workshop.release("0.1.0-1", AMOUNT);
    let failing = [
        ("0.2.0-1", "exit 1"),
        ("0.2.0-2", "echo '{\"good\":false,\"version\":\"0.2.0\"}'"),
        ("0.2.0-3", "echo '{\"good\":true,\"version\":\"9.9.9\"}'"),
        ("0.2.0-4", "kill -SEGV $$"),
        ("0.2.0-5", "echo nonsense"),
    ];
    for (version, script) in failing {
        workshop.release_saying(version, script, AMOUNT);
        assert_eq!(workshop.fetch(), Ok(format!("{version} waits")));
        assert_eq!(workshop.install(), Ok("self_check".into()), "{version}");
        assert_eq!(workshop.installed(), "0.1.0-1");
        assert_eq!(workshop.fetch(), Ok("0.1.0-1 up".into()), "not again");
        assert_eq!(workshop.status()["last"]["outcome"], "self_check");
    }
    workshop.release("0.2.0-6", AMOUNT);
    assert_eq!(workshop.fetch(), Ok("0.2.0-6 waits".into()));
    assert_eq!(workshop.install(), Ok("installed".into()));
}

#[test]
fn the_self_check_reads_the_settings_of_link_app_and_kiosk_that_are_named() {
    let clinic = Clinic::start();
    clinic.enrol();
    let _terminal = Terminal::start(&clinic, ["clinic", "spare"]);
    clinic.set_up_gateway();
    let config = clinic.path("terminal.toml");
    let check = ["update", "self-check", "--config", &config];
    let settings = std::fs::read_to_string(&config).unwrap();
    let named = format!(
        "{settings}[doctor]\ngateway = \"{}\"\n",
        clinic.path("gateway.toml")
    );
    std::fs::write(&config, named).unwrap();
    assert!(succeed(&check).contains("works on this machine"));
    let beside = std::fs::read_to_string(clinic.path("gateway.toml")).unwrap();
    let unknown = beside.replace("[account]", "[acount]");
    std::fs::write(clinic.path("gateway.toml"), unknown).unwrap();
    let output = onshi(&check);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(
        told.contains("gateway.toml") && told.contains("acount"),
        "{told}"
    );
    let output = onshi(&[&check[..], &["--json"]].concat());
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(told.contains("\"good\":false"), "{told}");
}

#[test]
fn a_package_that_dpkg_cannot_install_is_taken_back_and_tried_three_times() {
    let workshop = Workshop::start();
    workshop.release("0.1.0-1", AMOUNT);
    workshop.release_refusing("0.2.0-1");
    for _ in 0..3 {
        assert_eq!(workshop.fetch(), Ok("0.2.0-1 waits".into()));
        assert_eq!(workshop.install(), Ok("not_installed".into()));
        assert_eq!(workshop.status()["installed"], "0.1.0-1");
    }
    assert_eq!(workshop.fetch(), Ok("0.1.0-1 up".into()), "not for ever");
}

#[test]
fn what_is_truncated_changed_wrongly_signed_or_older_is_not_installed() {
    let workshop = Workshop::start();
    workshop.release("0.1.0-1", AMOUNT);
    workshop.release("0.0.9-1", AMOUNT);
    assert_eq!(
        workshop.fetch(),
        Ok("0.1.0-1 up".into()),
        "an older one is no update"
    );

    workshop.release("0.2.0-1", AMOUNT);
    let whole = workshop.package_bytes("0.2.0-1");
    workshop.write_package("0.2.0-1", &whole[..whole.len() - 1]);
    assert_eq!(
        workshop.fetch(),
        Ok("0.1.0-1 up".into()),
        "a truncated one is not offered"
    );
    let mut changed = whole.clone();
    changed[whole.len() / 2] ^= 1;
    workshop.write_package("0.2.0-1", &changed);
    let refused = workshop.fetch().unwrap_err();
    assert!(
        refused.contains("壊れて") && refused.contains("damaged"),
        "{refused}"
    );
    assert!(workshop.status()["waiting"].is_null());

    workshop.write_package("0.2.0-1", &whole);
    workshop.sign_with_another_key("0.2.0-1");
    let refused = workshop.fetch().unwrap_err();
    assert!(
        refused.contains("署名") && refused.contains("signature"),
        "{refused}"
    );
    let stopped = workshop.status()["stopped"]["ja"].to_string();
    assert!(stopped.contains("署名"), "{stopped}");
}

#[test]
fn the_installing_part_believes_nothing_the_terminal_wrote() {
    let workshop = Workshop::start();
    for version in ["0.1.0-1", "0.2.0-1"] {
        workshop.release(version, AMOUNT);
    }
    assert_eq!(workshop.fetch(), Ok("0.2.0-1 waits".into()));
    let good = std::fs::read(workshop.waiting("package.deb")).unwrap();
    let mut changed = good.clone();
    changed[good.len() / 2] ^= 1;
    std::fs::write(workshop.waiting("package.deb"), changed).unwrap();
    assert!(workshop.install().unwrap_err().contains("damaged"));
    std::fs::write(workshop.waiting("package.deb"), &good[..10]).unwrap();
    assert!(workshop.install().unwrap_err().contains("damaged"));
    // Papers and package of an older release that was signed by the right key.
    workshop.release("0.0.9-1", AMOUNT);
    workshop.lay_down("0.0.9-1");
    let refused = workshop.install().unwrap_err();
    assert!(
        refused.contains("older than the version installed"),
        "{refused}"
    );
    assert_eq!(workshop.installed(), "0.1.0-1");
    assert_eq!(workshop.fetch(), Ok("0.2.0-1 waits".into()), "fetched anew");
    assert_eq!(workshop.install(), Ok("installed".into()));
}

#[test]
fn nothing_is_installed_without_a_way_back() {
    let workshop = Workshop::start();
    workshop.release("0.2.0-1", AMOUNT);
    let refused = workshop.fetch().unwrap_err();
    assert!(
        refused.contains("0.1.0-1") && refused.contains("go back"),
        "{refused}"
    );
    assert!(workshop.install().unwrap_err().contains("no update waits"));
}

#[test]
fn a_kept_package_that_is_cut_short_or_of_the_other_name_is_fetched_anew_for_the_way_back() {
    let workshop = updated();
    assert!(0 < workshop.packages_kept());
    for kept in std::fs::read_dir(workshop.clinic.path("state/packages")).unwrap() {
        let kept = kept.unwrap().path();
        let bytes = std::fs::read(&kept).unwrap();
        std::fs::write(&kept, &bytes[..bytes.len() / 2]).unwrap();
    }
    workshop.release("0.3.0-1", AMOUNT);
    assert_eq!(workshop.fetch(), Ok("0.3.0-1 waits".into()));
    assert_eq!(workshop.install(), Ok("installed".into()));
    // As after `dpkg --install` of onshi in place of onshi-pcsc, of the same version.
    let mut record = workshop.record("state.json");
    record["current"]["name"] = "onshi-pcsc".into();
    workshop.write_record("state.json", &record);
    workshop.release("0.4.0-1", AMOUNT);
    assert_eq!(workshop.fetch(), Ok("0.4.0-1 waits".into()));
    assert_eq!(workshop.install(), Ok("installed".into()));
    assert_eq!(workshop.installed(), "0.4.0-1");
}

#[test]
fn a_new_key_counts_when_the_old_one_signed_it_and_the_old_one_no_more() {
    let workshop = Workshop::start();
    workshop.release("0.1.0-1", AMOUNT);
    workshop.release("0.2.0-1", AMOUNT);
    workshop.change_key();
    // Signed by the old key alone: it counts no more, also for the way back.
    assert!(workshop.fetch().unwrap_err().contains("signature"));
    workshop.sign("0.1.0-1");
    workshop.sign("0.2.0-1");
    assert_eq!(workshop.fetch(), Ok("0.2.0-1 waits".into()));
    assert_eq!(workshop.install(), Ok("installed".into()));
    // Without the change in the center's folder the new key is known already, and the old one stays out.
    workshop.forget_changes();
    workshop.release("0.3.0-1", AMOUNT);
    assert_eq!(workshop.fetch(), Ok("0.3.0-1 waits".into()));
    workshop.sign_with_first_key("0.3.0-1");
    assert!(workshop.fetch().unwrap_err().contains("signature"));
    // A change that the old key did not sign stops everything.
    workshop.write_foreign_change();
    assert!(
        workshop
            .fetch()
            .unwrap_err()
            .contains("not signed by the key before")
    );
}

/// A PC that updated itself from 0.1.0 to 0.2.0.
fn updated() -> Workshop {
    let workshop = Workshop::start();
    workshop.release("0.1.0-1", AMOUNT);
    workshop.release("0.2.0-1", AMOUNT);
    assert_eq!(workshop.fetch(), Ok("0.2.0-1 waits".into()));
    assert_eq!(workshop.install(), Ok("installed".into()));
    workshop
}

/// Leaves the journal of an installation of what is current that began from another package and was cut off.
fn cut_off(workshop: &Workshop, from: &Value) {
    let to = &workshop.record("state.json")["current"];
    let journal = json!({"began": "2026-11-26T18:00:00Z", "from": from, "to": to, "back": null});
    workshop.write_record("journal.json", &journal);
}

#[test]
fn what_was_mended_by_hand_after_a_cut_is_not_undone() {
    let workshop = updated();
    let record = workshop.record("state.json");
    let journal = workshop.clinic.path("state/journal.json");
    cut_off(&workshop, &record["kept"]);
    workshop.release("0.3.0-1", AMOUNT);
    workshop.install_by_hand("0.3.0-1");
    assert_eq!(workshop.resume(), Ok("cut_off".into()));
    assert_eq!(workshop.installed(), "0.3.0-1");
    assert_eq!(workshop.status()["last"]["from"], "0.3.0-1");
    assert!(!Path::new(&journal).exists());
    // A whole package stays also where what was kept to go back to is lost.
    let lost = json!({"name": "onshi", "version": "0.3.0-1", "sha256": "0".repeat(64)});
    cut_off(&workshop, &lost);
    assert_eq!(workshop.resume(), Ok("cut_off".into()));
    assert_eq!(workshop.installed(), "0.3.0-1");
    assert!(!Path::new(&journal).exists());
}

#[test]
fn a_pc_without_pages_orders_what_takes_back_an_update_that_was_cut_off() {
    let workshop = updated();
    cut_off(&workshop, &workshop.record("state.json")["kept"]);
    workshop.choose_this_hour();
    let fetched = workshop.update("fetch", &["--order"]);
    let told = String::from_utf8_lossy(&fetched.stderr).into_owned();
    assert!(
        told.contains("途中で止まっています") && told.contains("was cut off"),
        "{told}"
    );
    assert!(workshop.is_ordered());
    let then = workshop.install().unwrap_err();
    assert!(then.contains("no update waits"), "{then}");
    assert_eq!(workshop.installed(), "0.1.0-1");
    assert_eq!(workshop.status()["last"]["outcome"], "cut_off");
    assert!(!workshop.is_ordered());
}

#[test]
fn what_the_installing_part_fails_with_is_told_until_an_update_ends() {
    let workshop = Workshop::start();
    workshop.release("0.1.0-1", AMOUNT);
    workshop.release("0.2.0-1", AMOUNT);
    assert_eq!(workshop.fetch(), Ok("0.2.0-1 waits".into()));
    let folder = workshop.clinic.path("state/packages");
    std::fs::create_dir_all(workshop.clinic.path("state")).unwrap();
    std::fs::write(&folder, "no folder").unwrap();
    assert!(workshop.install().unwrap_err().contains(&folder));
    let stopped = workshop.status()["stopped"].clone();
    for (language, says) in [("ja", "空き容量"), ("en", "look at space and rights")] {
        let text = stopped[language].as_str().unwrap();
        assert!(text.contains(&folder) && text.contains(says), "{text}");
    }
    std::fs::remove_file(folder).unwrap();
    assert_eq!(workshop.install(), Ok("installed".into()));
    assert!(workshop.status()["stopped"].is_null());
}

#[test]
fn an_update_waits_until_reception_is_over() {
    let mut clock = TurnedClock::start();
    clock.pass_to_noon();
    let workshop = Workshop::start();
    workshop.release("0.1.0-1", AMOUNT);
    workshop.release("0.2.0-1", AMOUNT);
    assert_eq!(workshop.fetch(), Ok("0.2.0-1 waits".into()));
    workshop.receive("10:00-15:00", "12:00");
    for occasion in ["hour", "shut-down", "by-hand"] {
        let refused = workshop.install_by(occasion).unwrap_err();
        assert!(
            refused.contains("受付時間の外") && refused.contains("never during reception"),
            "{occasion}: {refused}"
        );
        assert_eq!(workshop.installed(), "0.1.0-1", "{occasion}");
    }
    workshop.receive_never();
    assert_eq!(workshop.install(), Ok("installed".into()));
    assert_eq!(workshop.installed(), "0.2.0-1");
}

#[test]
fn a_terminal_user_changed_by_hand_is_told_as_the_reason_when_updates_stop() {
    let workshop = Workshop::start();
    workshop.release("0.1.0-1", AMOUNT);
    workshop.release("0.2.0-1", AMOUNT);
    workshop.set_user("OqsUser");
    assert_eq!(workshop.fetch(), Ok("0.2.0-1 waits".into()));
    workshop.change_user_by_hand();
    for refused in [
        workshop.fetch().unwrap_err(),
        workshop.install().unwrap_err(),
    ] {
        assert!(
            refused.contains("端末ユーザー") && refused.contains("set-user"),
            "{refused}"
        );
    }
    let stopped = workshop.status()["stopped"]["ja"].to_string();
    assert!(stopped.contains("手で変更された"), "{stopped}");
    workshop.set_user("OqsUser");
    assert!(workshop.status()["stopped"].is_null() || workshop.fetch().is_ok());
    assert_eq!(workshop.install(), Ok("installed".into()));
}

#[test]
fn the_terminal_fetches_by_itself_and_orders_at_the_chosen_hour() {
    let workshop = Workshop::start();
    workshop.release("0.1.0-1", AMOUNT);
    workshop.release("0.2.0-1", AMOUNT);
    workshop.choose_this_hour();
    let terminal = workshop.start_terminal();
    wait_until("the order", || workshop.is_ordered());
    assert_eq!(workshop.install(), Ok("installed".into()));
    assert!(!workshop.is_ordered(), "an order is obeyed once");
    drop(terminal);
}

#[test]
fn a_terminal_that_gets_its_first_certificate_looks_for_updates_without_a_restart() {
    let workshop = Workshop::start();
    workshop.remove_certificate();
    let terminal = workshop.start_terminal();
    assert!(workshop.status()["looked"].is_null());
    workshop.import_certificate();
    wait_until("a look", || !workshop.status()["looked"].is_null());
    drop(terminal);
}

#[test]
fn a_fetch_that_was_cut_off_goes_on_where_it_ended() {
    let workshop = Workshop::start();
    workshop.release("0.1.0-1", AMOUNT);
    workshop.release("0.2.0-1", 3 << 20);
    let whole = workshop.package_bytes("0.2.0-1");
    workshop.begin_part("0.2.0-1", &whole[..whole.len() / 2]);
    assert_eq!(workshop.fetch(), Ok("0.2.0-1 waits".into()));
    workshop.release("0.3.0-1", AMOUNT);
    // What lies there is of another file, or longer than the package: it is thrown away.
    workshop.begin_part("0.3.0-1", &whole);
    assert_eq!(workshop.fetch(), Ok("0.3.0-1 waits".into()));
    assert_eq!(workshop.install(), Ok("installed".into()));
}

#[test]
fn a_key_whose_public_half_cannot_be_written_is_not_left_behind() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).display().to_string();
    let (key, passphrase) = (path("publisher.key"), path("passphrase"));
    std::fs::write(&passphrase, "a long enough passphrase\n").unwrap();
    let make = |public: &str| {
        let make = ["publish", "key", "--out", &key, "--public", public];
        onshi(&[&make[..], &["--passphrase-file", &passphrase]].concat())
    };
    let nowhere = path("no-folder/publisher.pub");
    let refused = make(&nowhere);
    let why = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(1), "{why}");
    assert!(why.contains(&nowhere), "{why}");
    let left = std::fs::read_dir(dir.path()).unwrap();
    assert_eq!(left.count(), 1, "the passphrase alone");
    assert!(make(&path("publisher.pub")).status.success());
}

#[test]
fn only_the_newest_key_says_which_follows() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).display().to_string();
    let passphrase = path("passphrase");
    std::fs::write(&passphrase, "a long enough passphrase\n").unwrap();
    for name in ["first", "second", "third"] {
        let (key, public) = (path(&format!("{name}.key")), path(&format!("{name}.pub")));
        let make = ["publish", "key", "--out", &key, "--public", &public];
        succeed(&[&make[..], &["--passphrase-file", &passphrase]].concat());
    }
    let folder = path("");
    let change = |from: &str, to: &str| {
        let (key, new) = (path(&format!("{from}.key")), path(&format!("{to}.pub")));
        let change = ["publish", "change-key", "--key", &key, "--new", &new];
        let rest = ["--passphrase-file", &passphrase, "--dir", &folder];
        onshi(&[&change[..], &rest].concat())
    };
    let changes = || std::fs::read_to_string(path("key-changes.json")).unwrap();
    assert!(change("first", "second").status.success());
    let one = changes();
    // The first one was left behind, the third one was never reached.
    for from in ["first", "third"] {
        let refused = change(from, "third");
        let why = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert_eq!(refused.status.code(), Some(1), "{why}");
        assert!(
            why.contains("今の鍵ではありません") && why.contains("counts now"),
            "{why}"
        );
        assert_eq!(changes(), one, "{from}");
    }
    assert!(change("second", "third").status.success());
    assert_ne!(changes(), one);
}
