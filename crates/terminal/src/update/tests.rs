//! An update that waits, where the PC is switched off during reception and after it (G38).

use std::sync::OnceLock;

use api::update::{Manifest, Release};
use domain::terminal_user::TerminalUserName;
use domain::update::{Reception, TimeOfDay};
use pki::publisher::Publisher;

use super::*;
use crate::pages::tests::client;

/// The publisher's key and a release of 0.2.0-1 under it, made once: its passphrase costs seconds.
fn signed() -> &'static (String, Release) {
    static SIGNED: OnceLock<(String, Release)> = OnceLock::new();
    SIGNED.get_or_init(|| {
        let dir = tempfile::tempdir().unwrap();
        let publisher = Publisher::make(&dir.path().join("key"), "a long passphrase").unwrap();
        let manifest = Manifest {
            made: "2026-11-26T00:00:00Z".into(),
            packages: Vec::new(),
            version: "0.2.0-1".into(),
        };
        let release = Release::sign(&manifest, &publisher).unwrap();
        (publisher.key().to_string(), release)
    })
}

/// Has 0.2.0-1 wait in a data folder; the settings of updates, with patients received at these hours.
pub(crate) fn lay_down(data_dir: &Path, hours: &str) -> config::Updates {
    let (key, release) = signed();
    let pinned = data_dir.join("publisher.pub");
    std::fs::write(&pinned, key).unwrap();
    let papers = fetching::Papers {
        release: release.clone(),
        changes: Vec::new(),
    };
    let folder = data_dir.join("updates/waiting");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("package.deb"), "a package").unwrap();
    let papers = serde_json::to_vec(&papers).unwrap();
    std::fs::write(folder.join("release.json"), papers).unwrap();
    config::Updates {
        publisher: Some(pinned),
        reception: Some(vec![Reception::parse(hours).unwrap()]),
        state_dir: data_dir.join("update-state"),
        root: data_dir.join("root"),
        ..config::Updates::default()
    }
}

/// Has the journal of a state folder be open, as an installation leaves it that was cut off.
pub(crate) fn cut_off(state: &Path) {
    std::fs::create_dir_all(state).unwrap();
    std::fs::write(state.join("journal.json"), "{}").unwrap();
}

/// The same while somebody works at it, who holds this.
pub(crate) fn under_way(state: &Path) -> std::fs::File {
    cut_off(state);
    let lock = std::fs::File::create(record::lock_file(state)).unwrap();
    lock.lock().unwrap();
    lock
}

fn japan(text: &str) -> Instant {
    Instant::parse(&format!("{text}+09:00")).unwrap()
}

/// Has dpkg know this version of onshi as installed.
fn installed_is(settings: &config::Updates, version: &str) {
    let known = settings.root.join("var/lib/dpkg");
    std::fs::create_dir_all(&known).unwrap();
    let status = format!(
        "Package: onshi\nStatus: install ok installed\nVersion: {version}\nArchitecture: all\n\
         Maintainer: test <test@example>\nDescription: test\n"
    );
    std::fs::write(known.join("status"), status).unwrap();
}

#[tokio::test]
async fn during_reception_it_is_said_from_when_on_switching_off_installs() {
    let dir = tempfile::tempdir().unwrap();
    let updates = SelfUpdate::new(dir.path(), &lay_down(dir.path(), "08:00-20:00"));
    let version = Version::parse("0.2.0-1").unwrap();
    let end = japan("2026-11-26T20:00:00");
    assert_eq!(
        updates.at_shut_down(japan("2026-11-26T12:00:00")).await,
        AtShutDown::NotBefore(version, end)
    );
    assert_eq!(updates.at_shut_down(end).await, AtShutDown::Installs);
    std::fs::remove_dir_all(dir.path().join("updates/waiting")).unwrap();
    assert_eq!(updates.at_shut_down(end).await, AtShutDown::Nothing);
}

#[tokio::test]
async fn what_was_installed_by_hand_is_not_said_to_be_installed_on_switching_off() {
    let dir = tempfile::tempdir().unwrap();
    let settings = lay_down(dir.path(), "08:00-20:00");
    let updates = SelfUpdate::new(dir.path(), &settings);
    let (noon, evening) = (japan("2026-11-26T12:00:00"), japan("2026-11-26T21:00:00"));
    installed_is(&settings, "0.1.0-1");
    assert_eq!(updates.at_shut_down(evening).await, AtShutDown::Installs);
    installed_is(&settings, "0.2.0-1");
    for at in [noon, evening] {
        assert_eq!(updates.at_shut_down(at).await, AtShutDown::Nothing);
    }
    assert_eq!(updates.standing().await.waiting, None);
}

/// What installs what waits in a data folder.
pub(crate) fn installer(data_dir: &Path, settings: config::Updates) -> Installer {
    Installer {
        config_file: data_dir.join("terminal.toml"),
        data_dir: data_dir.into(),
        settings,
        executable: data_dir.join("onshi"),
    }
}

#[tokio::test]
async fn switching_off_waits_for_an_installation_that_is_under_way() {
    let dir = tempfile::tempdir().unwrap();
    let settings = lay_down(dir.path(), "08:00-20:00");
    std::fs::create_dir_all(&settings.state_dir).unwrap();
    let other = std::fs::File::create(settings.state_dir.join("lock")).unwrap();
    other.lock().unwrap();
    let installer = installer(dir.path(), settings);
    let evening = || japan("2026-11-26T21:00:00");
    let mut at_shut_down = Box::pin(installer.install(Some(Occasion::ShutDown), evening));
    // What begins after it and does not wait gives up first: the lock was tried for longer than for a look by then.
    tokio::select! {
        biased;
        ended = &mut at_shut_down => panic!("it did not wait: {ended:?}"),
        by_hand = installer.install(Some(Occasion::ByHand), evening) => {
            assert!(matches!(by_hand, Err(UpdateFault::Busy)), "{by_hand:?}");
        }
    }
    drop(other);
    // It goes on, to find that nothing is installed in this root.
    let ended = at_shut_down.await;
    assert!(matches!(ended, Err(UpdateFault::NotPackaged)), "{ended:?}");
}

#[tokio::test]
async fn an_open_journal_and_why_it_could_not_be_closed_are_told_as_the_reason() {
    let dir = tempfile::tempdir().unwrap();
    let settings = lay_down(dir.path(), "08:00-20:00");
    let updates = SelfUpdate::new(dir.path(), &settings);
    let state = settings.state_dir.clone();
    std::fs::create_dir_all(&state).unwrap();
    std::fs::write(state.join("journal.json"), "half a jour").unwrap();
    let stopped = updates.standing().await.stopped.unwrap();
    assert!(
        stopped.ja.contains("更新が途中で止まっています"),
        "{stopped:?}"
    );
    let night = || japan("2026-11-27T03:00:00");
    let resumed = installer(dir.path(), settings).resume(night).await;
    assert!(matches!(resumed, Err(UpdateFault::Record(_))));
    let stopped = updates.standing().await.stopped.unwrap();
    for (text, remedy) in [(stopped.ja, "起動し直して"), (stopped.en, "restart the PC")] {
        let says = text.contains("2026-11-27 03:00") && text.contains("journal.json");
        assert!(says && text.contains(remedy), "{text}");
    }
    let _at_work = under_way(&state);
    let stopped = updates.standing().await.stopped.unwrap();
    assert!(
        stopped.ja.contains("更新を入れている途中です"),
        "{stopped:?}"
    );
}

/// Every fault, one after the other: whoever adds one has it follow on another here.
fn fault_after(it: &UpdateFault) -> Option<UpdateFault> {
    let path = || PathBuf::from("/var/lib/onshi-update/state.json");
    let version = || Version::parse("0.2.0-1").unwrap();
    Some(match it {
        UpdateFault::NotSetUp => UpdateFault::Pin(path()),
        UpdateFault::Pin(_) => UpdateFault::NotPackaged,
        UpdateFault::NotPackaged => UpdateFault::NotWhole,
        UpdateFault::NotWhole => UpdateFault::Center(ClientError::Answer),
        UpdateFault::Center(_) => UpdateFault::Release(ReleaseRefused::Signature),
        UpdateFault::Release(ReleaseRefused::Signature) => {
            UpdateFault::Release(ReleaseRefused::Manifest)
        }
        UpdateFault::Release(ReleaseRefused::Manifest) => UpdateFault::KeyChange,
        UpdateFault::KeyChange => UpdateFault::Damaged(version()),
        UpdateFault::Damaged(_) => UpdateFault::NoWayBack(version()),
        UpdateFault::NoWayBack(_) => UpdateFault::WayBackDamaged(path()),
        UpdateFault::WayBackDamaged(_) => UpdateFault::NothingWaits,
        UpdateFault::NothingWaits => UpdateFault::Version(VersionRefused::Older),
        UpdateFault::Version(_) => UpdateFault::NotNow(NotNow::Reception),
        UpdateFault::NotNow(_) => UpdateFault::TerminalUser,
        UpdateFault::TerminalUser => UpdateFault::Busy,
        UpdateFault::Busy => UpdateFault::UnderWay,
        UpdateFault::UnderWay => UpdateFault::CutOff,
        UpdateFault::CutOff => UpdateFault::Dpkg("no space / left".into()),
        UpdateFault::Dpkg(_) => UpdateFault::Record(path()),
        UpdateFault::Record(_) => UpdateFault::File(path(), std::io::Error::other("full")),
        UpdateFault::File(..) => return None,
    })
}

#[test]
fn whatever_is_kept_for_the_page_names_a_remedy() {
    let faults = std::iter::successors(Some(UpdateFault::NotSetUp), fault_after);
    let kept: Vec<UpdateFault> = faults.filter(UpdateFault::is_kept).collect();
    assert!(!kept.is_empty());
    for text in kept.iter().map(|it| in_both(&it.to_string())) {
        assert!(text.ja.contains("ください"), "{text:?}");
        // The reason comes before it, and may hold such a word, too.
        let (_, remedy) = text.en.rsplit_once("; ").unwrap();
        let remedies = ["tell", "look", "install", "delete"];
        assert!(remedies.iter().any(|it| remedy.contains(it)), "{text:?}");
    }
}

#[tokio::test]
async fn while_one_is_installed_or_cut_off_it_is_said_that_the_pc_goes_off_after_it() {
    let dir = tempfile::tempdir().unwrap();
    let settings = lay_down(dir.path(), "08:00-20:00");
    let updates = SelfUpdate::new(dir.path(), &settings);
    let noon_and_evening = ["2026-11-26T12:00:00", "2026-11-26T21:00:00"];
    cut_off(&settings.state_dir);
    for at in noon_and_evening {
        let then = updates.at_shut_down(japan(at)).await;
        assert_eq!(then, AtShutDown::CutOff, "{at}");
        assert!(then.updates());
    }
    let _at_work = under_way(&settings.state_dir);
    for at in noon_and_evening {
        let then = updates.at_shut_down(japan(at)).await;
        assert_eq!(then, AtShutDown::UnderWay, "{at}");
    }
}

/// Whether what waits in a data folder is ordered at this time.
async fn ordered(data_dir: &Path, settings: &config::Updates, now: &str) -> bool {
    let updates = SelfUpdate::new(data_dir, settings);
    updates.order_at_the_hour(japan(now)).await.unwrap();
    updates.is_ordered()
}

#[tokio::test]
async fn what_waits_is_ordered_at_the_chosen_hour_alone_and_never_during_reception() {
    let dir = tempfile::tempdir().unwrap();
    let mut settings = lay_down(dir.path(), "08:00-20:00");
    settings.at = TimeOfDay::parse("12:00").ok();
    let noon = "2026-11-26T12:00:00";
    assert!(!ordered(dir.path(), &settings, noon).await, "reception");
    settings.at = TimeOfDay::parse("21:00").ok();
    for other in ["2026-11-26T20:59:59", "2026-11-26T22:00:00"] {
        assert!(!ordered(dir.path(), &settings, other).await, "{other}");
    }
    settings.at = None;
    let evening = "2026-11-26T21:30:00";
    assert!(!ordered(dir.path(), &settings, evening).await, "no hour");
    settings.at = TimeOfDay::parse("21:00").ok();
    assert!(ordered(dir.path(), &settings, evening).await);
}

#[tokio::test]
async fn an_update_that_is_being_installed_is_neither_looked_for_nor_ordered_once_more() {
    let dir = tempfile::tempdir().unwrap();
    let mut settings = lay_down(dir.path(), "08:00-20:00");
    settings.at = TimeOfDay::parse("21:00").ok();
    let evening = "2026-11-26T21:30:00";
    let updates = SelfUpdate::new(dir.path(), &settings);
    // As the terminal finds it that dpkg restarted.
    let at_work = under_way(&settings.state_dir);
    assert!(!ordered(dir.path(), &settings, evening).await);
    let looked = updates.look(&client(), japan(evening)).await;
    assert!(matches!(looked, Err(UpdateFault::UnderWay)), "{looked:?}");
    // Ended, and what waited not yet taken away.
    std::fs::remove_file(settings.state_dir.join("journal.json")).unwrap();
    drop(at_work);
    for (version, waits) in [("0.2.0-1", false), ("0.1.0-1", true)] {
        installed_is(&settings, version);
        let waiting = updates.standing().await.waiting;
        assert_eq!(waiting.is_some(), waits, "{version}");
        assert_eq!(ordered(dir.path(), &settings, evening).await, waits);
    }
}

#[tokio::test]
async fn an_update_that_was_cut_off_is_ordered_at_the_chosen_hour_whatever_waits() {
    let dir = tempfile::tempdir().unwrap();
    let mut settings = lay_down(dir.path(), "08:00-20:00");
    settings.at = TimeOfDay::parse("21:00").ok();
    let evening = "2026-11-26T21:30:00";
    let updates = SelfUpdate::new(dir.path(), &settings);
    cut_off(&settings.state_dir);
    // As whoever worked at it left it behind.
    std::fs::File::create(record::lock_file(&settings.state_dir)).unwrap();
    let looked = updates.look(&client(), japan(evening)).await;
    assert!(matches!(looked, Err(UpdateFault::CutOff)), "{looked:?}");
    // Its user was changed by hand, which keeps new ones back alone.
    let name = TerminalUserName::parse("one").unwrap();
    let password = domain::terminal_user::parse_password("Gamen-Kaijo-2026").unwrap();
    terminal_user::keep(dir.path(), &name, &password).unwrap();
    std::fs::remove_file(dir.path().join("terminal-user.json")).unwrap();
    for waits in [true, false] {
        if !waits {
            std::fs::remove_dir_all(dir.path().join("updates/waiting")).unwrap();
        }
        let other_hour = "2026-11-26T22:00:00";
        assert!(!ordered(dir.path(), &settings, other_hour).await);
        assert!(ordered(dir.path(), &settings, evening).await, "{waits}");
        std::fs::remove_file(dir.path().join(ORDER)).unwrap();
    }
}

#[tokio::test]
async fn everybody_may_look_whether_the_lock_is_held_whoever_made_it() {
    let dir = tempfile::tempdir().unwrap();
    let settings = lay_down(dir.path(), "08:00-20:00");
    let lock = record::lock_file(&settings.state_dir);
    std::fs::create_dir_all(&settings.state_dir).unwrap();
    std::fs::File::create(&lock).unwrap();
    // As made by hand under a tight mask.
    system::set_rights(&lock, 0o600).unwrap();
    let night = || japan("2026-11-27T03:00:00");
    let resumed = installer(dir.path(), settings).resume(night).await;
    assert!(matches!(resumed, Ok(None)), "{resumed:?}");
    assert_eq!(system::rights(&lock).unwrap(), 0o644);
}

#[tokio::test]
async fn an_installation_that_reception_puts_off_is_told_of_while_the_update_waits() {
    let dir = tempfile::tempdir().unwrap();
    let settings = lay_down(dir.path(), "08:00-20:00");
    let updates = SelfUpdate::new(dir.path(), &settings);
    let installer = installer(dir.path(), settings);
    assert_eq!(updates.standing().await.put_off, None);
    let noon = || japan("2026-11-26T12:00:00");
    let refused = installer.install(Some(Occasion::ShutDown), noon).await;
    assert!(matches!(
        refused,
        Err(UpdateFault::NotNow(NotNow::Reception))
    ));
    let put_off = updates.standing().await.put_off.unwrap();
    assert_eq!(Instant::parse(&put_off.at), Ok(noon()));
    let end = japan("2026-11-26T20:00:00");
    assert_eq!(Instant::parse(&put_off.until), Ok(end));
    // Of what waits no more nobody asks.
    std::fs::remove_dir_all(dir.path().join("updates/waiting")).unwrap();
    assert_eq!(updates.standing().await.put_off, None);
}
