//! Faults seeded one by one into a workplace with real sockets, files, locks and certificates; each must be named. What a test does not
//! break stands as in a healthy place, which the first test proves.

mod disks;
mod place;

use domain::diagnosis::fault::Fault;
use domain::diagnosis::{NotChecked, Seen, Step};
use domain::equipment::Part;
use tokio::net::{TcpListener, UdpSocket};

use super::*;
use place::{Answer, Place, now};

/// A center where nothing listens.
const NOBODY: &str = "https://127.0.0.1:1";

/// What the doctor says of a place.
async fn look(place: &Place) -> Diagnosis {
    examine(&place.workplace, None, now()).await
}

/// The fault is the one to mend, and its part is broken.
async fn names(place: &Place, fault: Fault) -> Diagnosis {
    let diagnosis = look(place).await;
    let all: Vec<_> = diagnosis.steps.iter().collect();
    assert_eq!(diagnosis.first_broken(), Some(fault), "{all:#?}");
    let part = diagnosis.part(fault.part());
    assert_eq!(part, domain::diagnosis::PartState::Broken);
    diagnosis
}

fn seen(diagnosis: &Diagnosis, step: Step) -> Seen {
    let found = diagnosis.steps.iter().find(|it| it.step == step);
    found.unwrap().seen
}

#[tokio::test]
async fn a_healthy_place_has_no_fault() {
    let place = Place::new().await;
    let diagnosis = look(&place).await;
    assert_eq!(diagnosis.first_broken(), None, "{diagnosis:#?}");
    for step in Step::ALL {
        if *step == Step::SignIn {
            let nobody = Seen::NotChecked(NotChecked::NobodySignedIn);
            assert_eq!(seen(&diagnosis, *step), nobody);
        } else {
            assert_eq!(seen(&diagnosis, *step), Seen::Good, "{step:?}");
        }
    }
}

#[tokio::test]
async fn a_reader_that_is_unplugged_is_named() {
    let mut place = Place::new().await;
    place.readers(Ok(vec![]));
    names(&place, Fault::ReaderUnplugged).await;
    place.readers(Ok(vec!["Other Reader 00 00".into()]));
    let diagnosis = names(&place, Fault::ReaderOfOtherName).await;
    let report = report::text(
        &diagnosis,
        &Default::default(),
        ui::language::Language::English,
    );
    assert!(report.contains("Other Reader 00 00"), "{report}");
}

#[tokio::test]
async fn a_card_service_that_is_down_is_named() {
    let mut place = Place::new().await;
    place.readers(Err(NoReaders::Link(LinkError::NoService)));
    let diagnosis = names(&place, Fault::ReaderServiceDown).await;
    let after = Seen::NotChecked(NotChecked::After(Step::ReaderService));
    assert_eq!(seen(&diagnosis, Step::Reader), after);
    assert_eq!(
        diagnosis.part(Part::Center),
        domain::diagnosis::PartState::Good
    );
}

#[tokio::test]
async fn a_card_service_that_writes_pins_into_its_log_is_named() {
    let place = Place::new().await;
    place.write("proc/42/cmdline", "/usr/sbin/pcscd\0--foreground\0--apdu\0");
    names(&place, Fault::ReaderServiceLogsPins).await;
    place.write("proc/42/cmdline", "/usr/sbin/pcscd\0");
    place.write("proc/42/environ", "HOME=/\0LIBCCID_ifdLogLevel=0x000F\0");
    names(&place, Fault::ReaderServiceLogsPins).await;
}

#[tokio::test]
async fn a_card_service_that_answers_and_hides_its_arguments_is_not_said_to_be_good() {
    let place = Place::new().await;
    place.remove("proc/42/comm");
    let diagnosis = look(&place).await;
    let not_told = Seen::NotChecked(NotChecked::NotTold);
    assert_eq!(seen(&diagnosis, Step::ReaderService), not_told);
    assert_eq!(seen(&diagnosis, Step::Reader), Seen::Good);
    assert_eq!(diagnosis.first_broken(), None);
}

#[tokio::test]
async fn a_card_service_that_never_answers_is_named_within_the_limit() {
    let mut place = Place::new().await;
    place.hurry();
    let (release, wait) = std::sync::mpsc::channel::<()>();
    let wait = std::sync::Mutex::new(wait);
    place.workplace.reader_names = Arc::new(move || {
        let _ = wait.lock().unwrap().recv();
        Ok(Vec::new())
    });
    names(&place, Fault::ReaderServiceDown).await;
    drop(release);
}

#[tokio::test]
async fn a_build_without_cards_says_so_and_names_no_fault() {
    let mut place = Place::new().await;
    place.readers(Err(NoReaders::NotBuilt));
    let diagnosis = look(&place).await;
    assert_eq!(diagnosis.first_broken(), None);
    let not_built = Seen::NotChecked(NotChecked::NotBuilt);
    assert_eq!(seen(&diagnosis, Step::Reader), not_built);
}

#[tokio::test]
async fn a_keypad_that_is_unplugged_is_named() {
    let place = Place::new().await;
    place.remove("sys/class/input/event7/device/name");
    names(&place, Fault::KeypadUnplugged).await;
}

#[tokio::test]
async fn a_kiosk_or_link_app_that_does_not_run_is_named() {
    let mut place = Place::new().await;
    place.stop("kiosk");
    names(&place, Fault::KioskNotRunning).await;
    let mut place = Place::new().await;
    place.stop("link");
    names(&place, Fault::LinkAppNotRunning).await;
}

#[tokio::test]
async fn bad_settings_of_a_neighbour_explain_that_it_does_not_run() {
    let mut place = Place::new().await;
    let said = "kiosk.toml: line 3\nmore";
    place.workplace.kiosk = Neighbour::BadSettings(said.into());
    names(&place, Fault::KioskSettings).await;
    let mut place = Place::new().await;
    place.workplace.link = Neighbour::BadSettings("gateway.toml: line 9".into());
    let diagnosis = names(&place, Fault::LinkAppSettings).await;
    let after = Seen::NotChecked(NotChecked::After(Step::LinkApp));
    assert_eq!(seen(&diagnosis, Step::LinkFolders), after);
}

#[tokio::test]
async fn from_the_shell_a_terminal_that_runs_is_told_from_one_that_does_not_and_from_another_program()
 {
    let mut place = Place::new().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let taken = listener.local_addr().unwrap();
    place.workplace.pages = Pages::At(taken);
    assert_eq!(look(&place).await.first_broken(), None);
    place.stop("terminal");
    // Another program answers there.
    let other = tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            use tokio::io::AsyncWriteExt;
            let _ = stream.write_all(b"HTTP/1.0 404 Not Found\r\n\r\n").await;
        }
    });
    names(&place, Fault::TerminalPortTaken).await;
    other.abort();
    let _ = other.await;
    names(&place, Fault::TerminalNotRunning).await;
}

#[tokio::test]
async fn a_data_folder_that_is_gone_or_cannot_be_written_is_named() {
    let mut place = Place::new().await;
    place.workplace.data_dir = place.dir.path().join("nowhere");
    names(&place, Fault::DataFolderMissing).await;
    // Nobody, not even root, makes files there.
    place.workplace.data_dir = "/sys".into();
    names(&place, Fault::DataFolderReadOnly).await;
}

#[tokio::test]
async fn a_clock_a_year_off_is_named_and_explains_the_certificate() {
    let place = Place::new().await;
    let year = 366 * 86_400;
    for off in [year * 5, year] {
        let late = examine(&place.workplace, None, now().plus_seconds(off)).await;
        assert_eq!(late.first_broken(), Some(Fault::ClockWrong), "{late:#?}");
    }
    let early = examine(&place.workplace, None, now().plus_seconds(-year)).await;
    assert_eq!(early.first_broken(), Some(Fault::ClockWrong), "{early:#?}");
    let little = examine(&place.workplace, None, now().plus_seconds(60)).await;
    assert_eq!(little.first_broken(), None);
}

#[tokio::test]
async fn without_the_center_a_clock_set_back_is_named_by_the_last_contact() {
    let mut place = Place::new().await;
    assert_eq!(look(&place).await.first_broken(), None);
    place.workplace.center = NOBODY.to_owned();
    let back = examine(&place.workplace, None, now().plus_seconds(-86_400)).await;
    assert_eq!(back.first_broken(), Some(Fault::ClockWrong), "{back:#?}");
}

#[tokio::test]
async fn a_certificate_that_is_missing_unreadable_or_expired_is_named() {
    let place = Place::new().await;
    place.remove("data/identities/facility.sealed");
    let diagnosis = names(&place, Fault::CertificateMissing).await;
    let after = Seen::NotChecked(NotChecked::After(Step::Certificate));
    assert_eq!(seen(&diagnosis, Step::CenterTls), after);
    place.write("data/identities/facility.sealed", "damaged");
    names(&place, Fault::CertificateUnreadable).await;
    let place = Place::new().await;
    place.seal_expired();
    names(&place, Fault::CertificateExpired).await;
    place.seal_server();
    names(&place, Fault::CertificateOfOtherKind).await;
}

#[tokio::test]
async fn a_look_at_a_bare_pc_leaves_it_bare() {
    let place = Place::new().await;
    place.remove("data/machine.key");
    names(&place, Fault::CertificateMissing).await;
    assert!(!place.dir.path().join("data/machine.key").exists());
}

#[tokio::test]
async fn a_revoked_certificate_is_named() {
    let place = Place::new().await;
    place.revoke();
    names(&place, Fault::CertificateRevoked).await;
}

#[tokio::test]
async fn a_certificate_of_another_center_is_not_accepted() {
    let place = Place::new().await;
    place.seal_of_other_center();
    names(&place, Fault::CertificateNotAccepted).await;
}

#[tokio::test]
async fn an_alert_of_whoever_answers_is_no_word_on_the_certificate() {
    let mut place = Place::new().await;
    place.serve_an_alert().await;
    let diagnosis = names(&place, Fault::CenterNotOurs).await;
    assert_eq!(seen(&diagnosis, Step::Certificate), Seen::Good);
}

#[tokio::test]
async fn a_wrong_root_and_a_missing_one_are_named() {
    let place = Place::new().await;
    place.other_root();
    names(&place, Fault::CenterNotOurs).await;
    place.remove("root.pem");
    names(&place, Fault::RootUnreadable).await;
}

#[tokio::test]
async fn a_center_whose_certificate_expired_is_told_from_a_wrong_clock() {
    let mut place = Place::new().await;
    place.serve_expired().await;
    names(&place, Fault::CenterCertificateExpired).await;
    // The same to the eye of TLS, but the center's own clock says that ours is wrong.
    let off = examine(&place.workplace, None, now().plus_seconds(400 * 86_400)).await;
    assert_eq!(off.first_broken(), Some(Fault::ClockWrong), "{off:#?}");
}

#[tokio::test]
async fn a_center_of_another_name_is_named() {
    let mut place = Place::new().await;
    place.serve_elsewhere().await;
    names(&place, Fault::CenterOfOtherName).await;
}

#[tokio::test]
async fn a_name_that_does_not_exist_is_told_from_a_dead_name_server() {
    let mut place = Place::new().await;
    place.hurry();
    place.workplace.center = "https://center.invalid:8443".into();
    let server = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    place.workplace.system.name_server_port = server.local_addr().unwrap().port();
    // Bound and silent.
    let diagnosis = names(&place, Fault::NameServerSilent).await;
    let after = Seen::NotChecked(NotChecked::After(Step::NameResolution));
    assert_eq!(seen(&diagnosis, Step::Route), after);
    tokio::spawn(async move {
        let mut question = [0; 512];
        while let Ok((length, from)) = server.recv_from(&mut question).await {
            // There is no such name.
            question[2] |= 0x80;
            question[3] = 3;
            let _ = server.send_to(&question[..length], from).await;
        }
    });
    names(&place, Fault::NameUnknown).await;
}

#[tokio::test]
async fn a_pulled_cable_a_missing_way_out_and_a_silent_router_are_told_apart() {
    let mut place = Place::new().await;
    let _waiting = place.black_hole().await;
    names(&place, Fault::CenterOutOfReach).await;
    place.write("proc/self/net/arp", place::ARP_SILENT);
    names(&place, Fault::RouterSilent).await;
    place.write("proc/self/net/route", place::NO_ROUTE);
    names(&place, Fault::NoAddress).await;
    place.write("sys/class/net/eth0/carrier", "0\n");
    let diagnosis = names(&place, Fault::CableUnplugged).await;
    assert_eq!(
        diagnosis.part(Part::Center),
        domain::diagnosis::PartState::NotKnown
    );
}

#[tokio::test]
async fn a_center_that_takes_no_connection_is_named() {
    let mut place = Place::new().await;
    place.workplace.center = NOBODY.to_owned();
    names(&place, Fault::CenterRefusesConnection).await;
}

#[tokio::test]
async fn a_half_open_center_is_named_whichever_half_is_missing() {
    let mut place = Place::new().await;
    place.hurry();
    // It takes connections and says nothing, not even in TLS.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let own = place.workplace.center.clone();
    place.workplace.center = format!("https://{}", listener.local_addr().unwrap());
    names(&place, Fault::CenterSilent).await;
    // It speaks TLS and answers nothing.
    place.workplace.center = own;
    place.answer(Answer::Nothing);
    names(&place, Fault::CenterSilent).await;
}

#[tokio::test]
async fn a_center_in_trouble_is_named() {
    let place = Place::new().await;
    place.answer(Answer::Trouble);
    names(&place, Fault::CenterTrouble).await;
}

/// The link app's file, in which the center refuses it, as it was written at an instant.
fn refused_at(place: &Place, at: Instant) {
    let state = serde_json::json!({
        "at": at.to_string(), "folders": [], "syncs": 0, "transactions": 0,
        "center": {"trouble": {
            "kind": "refused", "detail": "wrong_password\n<b>", "since": "2026-11-26T00:00:00Z", "lasts": true,
        }},
    });
    place.write(
        &format!("link/{}", api::link_state::FILE),
        &state.to_string(),
    );
}

#[tokio::test]
async fn a_refused_sign_in_of_the_link_app_is_named_with_its_code() {
    let place = Place::new().await;
    refused_at(&place, now());
    let diagnosis = names(&place, Fault::SignInRefused).await;
    let json = report::to_json(&diagnosis).to_string();
    assert!(json.contains("link_app: wrong_passwordb"), "{json}");
}

#[tokio::test]
async fn a_refusal_of_a_link_app_that_stopped_meanwhile_says_nothing_of_now() {
    let place = Place::new().await;
    refused_at(&place, now().plus_seconds(-31));
    assert_eq!(look(&place).await.first_broken(), None);
}

#[tokio::test]
async fn folders_that_are_missing_read_only_or_apart_are_named() {
    let mut place = Place::new().await;
    std::fs::remove_dir(place.dir.path().join("req")).unwrap();
    names(&place, Fault::FolderMissing).await;
    place.write("req", "a file where a folder should be");
    names(&place, Fault::FolderMissing).await;
    place.folders().req = "/sys".into();
    names(&place, Fault::FolderReadOnly).await;
    let apart = tempfile::tempdir_in("/dev/shm").unwrap();
    let beside = tempfile::tempdir_in(place.dir.path()).unwrap();
    place.folders().req = beside.path().to_owned();
    place.folders().work = apart.path().to_owned();
    names(&place, Fault::FoldersOnOtherDisks).await;
}

#[tokio::test]
async fn results_that_nobody_takes_point_to_the_receipt_computer() {
    let place = Place::new().await;
    place.write("res/OQSsiquc01res_1.xml", "result");
    let hour = examine(&place.workplace, None, now()).await;
    assert_eq!(hour.first_broken(), None);
    let file = std::fs::File::options()
        .write(true)
        .open(place.dir.path().join("res/OQSsiquc01res_1.xml"));
    let old = std::time::UNIX_EPOCH + Duration::from_secs(1_000_000);
    file.unwrap().set_modified(old).unwrap();
    let diagnosis = names(&place, Fault::ResultsNotTaken).await;
    let json = report::to_json(&diagnosis).to_string();
    assert!(
        !json.contains("OQSsiquc01res_1"),
        "names of files stay out: {json}"
    );
}

#[tokio::test]
async fn the_look_leaves_nothing_in_any_folder() {
    let place = Place::new().await;
    look(&place).await;
    for folder in ["req", "res", "work", "data"] {
        let entries = std::fs::read_dir(place.dir.path().join(folder)).unwrap();
        let left = entries
            .flatten()
            .find(|it| it.file_name().to_string_lossy().contains("doctor"));
        assert!(left.is_none(), "{folder}");
    }
}

#[tokio::test]
async fn a_report_names_no_person_and_no_home() {
    let mut place = Place::new().await;
    place.folders().req = "/home/yamada/Documents/req".into();
    let diagnosis = names(&place, Fault::FolderMissing).await;
    for language in ui::language::Language::ALL {
        let report = report::text(&diagnosis, &Default::default(), language);
        assert!(!report.contains("yamada"), "{report}");
        assert!(report.contains("/home/…/Documents/req"), "{report}");
        assert!(report.contains("[folder_missing]"), "{report}");
    }
}
