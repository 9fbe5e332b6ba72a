//! Results of readers in the face folders: once each, after the answers, in every folder, whatever ends when.

use std::os::unix::fs::PermissionsExt as _;

use exchange::file_name::is_face_result;
use gateway::config::{AnswerEncoding, Forgotten, Shared};
use gateway::names::original;
use gateway::pickup::RoundError;
use store::journal::deliveries::{Delivery, Heard};
use store::journal::{Journal, State};

use crate::link::Link;

const YES: [(&str, &str); 4] = [
    ("specified_disease", "yes"),
    ("treatment_and_drugs", "yes"),
    ("checkups", "yes"),
    ("prescription_issue", "paper"),
];

fn waiting(count: usize) -> impl Fn(&Journal) -> bool {
    move |journal| journal.undelivered().unwrap().len() == count
}

/// One answered check, heard of and not yet delivered.
pub(crate) async fn one_heard(link: &mut Link) {
    link.reader.ask_everything().await;
    link.listen().await;
    let open = link.reader.lay().await;
    link.reader.answer(&open, &YES).await;
    link.hear_until(waiting(2)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_result_comes_after_the_answers_to_every_folder_once() {
    let mut link = Link::start().await;
    link.reader.ask_everything().await;
    link.listen().await;
    let open = link.reader.lay().await;
    assert_eq!(link.round().await.unwrap(), 0);
    assert!(link.names("face").is_empty(), "the patient still answers");
    link.reader.answer(&open, &YES).await;
    link.hear_until(waiting(2)).await;
    assert_eq!(link.round().await.unwrap(), 2);
    for folder in ["face", "face2"] {
        let names = link.names(folder);
        assert_eq!(names.len(), 1);
        assert!(is_face_result(&names[0]), "{names:?}");
        let digits: String = open
            .check
            .check
            .check_id
            .chars()
            .filter(|c| *c != '-')
            .collect();
        assert!(names[0].contains(&digits[12..]), "named by its check");
        let text = link.text(&format!("{folder}/{}", names[0]));
        for part in [
            "<ReferenceClassification>1</",
            "<PrescriptionIssueSelect>2</",
            "<LimitApplicationCertificateRelatedConsFlg>1</",
            "<SpecificDiseasesCertificateRelatedConsFlg>1</",
            "<SpecificDiseasesSelfPay>10000</",
            "<SpecificHealthCheckupsInfoConsFlg>1</",
            "<PharmacistsInfoConsFlg>1</",
            "<DiagnosisInfoConsFlg>1</",
            "<OperationInfoConsFlg>0</",
        ] {
            assert!(text.contains(part), "{part} is not in {text}");
        }
        assert!(
            !text.contains("QualificationConfirmSearchInfo"),
            "nobody asked by number"
        );
        std::fs::remove_file(link.path(&format!("{folder}/{}", names[0]))).unwrap();
    }
    assert!(link.names("work").is_empty());
    link.restart();
    assert_eq!(link.round().await.unwrap(), 0);
    assert!(
        link.names("face").is_empty(),
        "what was taken does not come again"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn questions_closed_without_answers_are_delivered_without_consents() {
    let mut link = Link::start().await;
    link.reader.ask_everything().await;
    link.listen().await;
    let open = link.reader.lay().await;
    link.reader.answer(&open, &[]).await;
    link.hear_until(waiting(2)).await;
    assert_eq!(link.round().await.unwrap(), 2);
    let text = link.text(&format!("face/{}", link.names("face")[0]));
    assert!(text.contains("<QualificationValidity>1</") && !text.contains("10000"));
    assert!(text.contains("<PharmacistsInfoConsFlg>0</") && !text.contains("AvailableTime"));
    assert!(!text.contains("PrescriptionIssueSelect"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happened_while_the_link_was_away_is_delivered_afterwards() {
    let mut link = Link::start().await;
    link.reader.ask_everything().await;
    link.listen().await;
    for _ in 0..3 {
        let open = link.reader.lay().await;
        link.reader.answer(&open, &YES).await;
    }
    link.restart();
    link.hear_until(waiting(6)).await;
    assert_eq!(link.round().await.unwrap(), 6);
    assert_eq!(
        (link.names("face").len(), link.names("face2").len()),
        (3, 3)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_that_closes_while_the_journal_takes_no_writes_is_delivered_afterwards() {
    let mut link = Link::start().await;
    link.reader.ask_everything().await;
    link.listen().await;
    link.in_journal(
        "CREATE TRIGGER refuse BEFORE INSERT ON heard BEGIN SELECT RAISE(ABORT, 'full'); END",
    );
    let open = link.reader.lay().await;
    link.reader.answer(&open, &YES).await;
    for _ in 0..2 {
        let error = link.hear_until_it_fails().await;
        assert!(matches!(error, RoundError::Journal(_)), "{error}");
    }
    assert!(link.journal.undelivered().unwrap().is_empty());
    link.in_journal("DROP TRIGGER refuse");
    let open = link.reader.lay().await;
    link.reader.answer(&open, &YES).await;
    link.hear_until(waiting(4)).await;
    assert_eq!(link.round().await.unwrap(), 4);
    assert_eq!(
        (link.names("face").len(), link.names("face2").len()),
        (2, 2)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_heard_twice_is_delivered_once() {
    let mut link = Link::start().await;
    one_heard(&mut link).await;
    assert_eq!(link.round().await.unwrap(), 2);
    let now = domain::civil_date::Instant::from_micros(0);
    let first = Heard {
        event: Some("0".into()),
        deliveries: Vec::new(),
    };
    link.journal.hear(first, now).await.unwrap();
    link.restart();
    link.hear_until(|journal| journal.last_event().unwrap().as_deref() != Some("0"))
        .await;
    // A second check proves that all before it was heard again.
    let open = link.reader.lay().await;
    link.reader.answer(&open, &YES).await;
    link.hear_until(waiting(2)).await;
    assert_eq!(link.round().await.unwrap(), 2);
    assert_eq!(link.names("face").len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_between_any_two_steps_delivers_once() {
    let mut link = Link::start().await;
    one_heard(&mut link).await;
    let heard = link.journal.undelivered().unwrap();
    let part = |delivery: &Delivery| link_part(delivery);
    // Written, and the journal does not know: written again.
    std::fs::write(link.path(&format!("work/{}", part(&heard[0]))), "half").unwrap();
    assert_eq!(link.round().await.unwrap(), 2);
    let published = link.names("face");
    let bytes = link.read(&format!("face/{}", published[0]));
    assert!(bytes.ends_with(b"</XmlMsg>\n"));
    // Ready and still in the work folder: not published yet.
    let now = domain::civil_date::Instant::from_micros(0);
    let ready = Delivery {
        name: Some(published[0].clone()),
        state: State::Ready,
        ..heard[0].clone()
    };
    std::fs::rename(
        link.path(&format!("face/{}", published[0])),
        link.path(&format!("work/{}", part(&ready))),
    )
    .unwrap();
    link.journal.deliver(ready.clone(), now).await.unwrap();
    link.restart();
    assert_eq!(link.round().await.unwrap(), 1);
    assert_eq!(link.read(&format!("face/{}", published[0])), bytes);
    // Ready and gone from the work folder: published, and taken since.
    std::fs::remove_file(link.path(&format!("face/{}", published[0]))).unwrap();
    link.journal.deliver(ready, now).await.unwrap();
    link.restart();
    assert_eq!(link.round().await.unwrap(), 1);
    assert!(link.names("face").is_empty() && link.journal.undelivered().unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_result_lost_with_its_work_folder_is_made_anew_once() {
    for restarts in [true, false] {
        let mut link = Link::start().await;
        one_heard(&mut link).await;
        std::fs::rename(link.path("face"), link.path("away")).unwrap();
        link.round().await.unwrap_err();
        let ready = link.journal.undelivered().unwrap();
        assert_eq!((ready.len(), ready[0].state), (1, State::Ready));
        let name = ready[0].name.clone().unwrap();
        std::fs::remove_dir_all(link.path("work")).unwrap();
        std::fs::create_dir(link.path("work")).unwrap();
        if restarts {
            link.restart();
        }
        link.later(10);
        let error = link.round().await.unwrap_err().to_string();
        assert!(error.contains("another work folder"), "{error}");
        link.put("work/onshi-work.txt", "");
        // Whether it was published cannot be seen without the face folder.
        link.round().await.unwrap_err();
        assert_eq!(link.journal.undelivered().unwrap(), ready);
        std::fs::rename(link.path("away"), link.path("face")).unwrap();
        assert_eq!(link.round().await.unwrap(), 1);
        assert_eq!(link.names("face"), std::slice::from_ref(&name));
        // The mark is the link app's again: what is absent beside it was published, and taken since.
        assert_ne!(link.text("work/onshi-work.txt"), "");
        std::fs::remove_file(link.path(&format!("face/{name}"))).unwrap();
        let now = domain::civil_date::Instant::from_micros(0);
        link.journal.deliver(ready[0].clone(), now).await.unwrap();
        link.restart();
        assert_eq!(link.round().await.unwrap(), 1);
        assert!(link.names("face").is_empty() && link.names("work").is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ready_result_whose_face_folder_is_away_is_tried_now_and_then_alone() {
    let mut link = Link::start().await;
    one_heard(&mut link).await;
    std::fs::rename(link.path("face"), link.path("away")).unwrap();
    link.round().await.unwrap_err();
    link.later(10);
    link.round().await.unwrap_err();
    assert_eq!(link.round().await.unwrap(), 0, "it waits for its next try");
    std::fs::rename(link.path("away"), link.path("face")).unwrap();
    link.later(20);
    assert_eq!(link.round().await.unwrap(), 1);
}

/// The folders' parts of deliveries that the journal knows, in their work folders.
fn in_work(link: &Link, kind: &str) -> Vec<std::path::PathBuf> {
    let deliveries = link.journal.undelivered().unwrap();
    let part = |it: &Delivery| {
        let work = it.folder.replace("receipt", "work");
        link.path(&format!("{work}/{:032x}.{kind}", it.id))
    };
    deliveries.iter().map(part).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_result_that_cannot_be_written_is_read_at_the_center_now_and_then_alone() {
    let mut link = Link::start().await;
    one_heard(&mut link).await;
    // Folders stand where the work folders should be free; that shows only once the check was read.
    let blocked = in_work(&link, "face-org");
    for path in &blocked {
        std::fs::create_dir_all(path.join("x")).unwrap();
    }
    link.round().await.unwrap_err();
    let read_once = link.events();
    for _ in 0..9 {
        link.later(1);
        let _ = link.round().await;
    }
    assert_eq!(link.events(), read_once, "read again within ten seconds");
    for path in &blocked {
        std::fs::remove_dir_all(path).unwrap();
    }
    link.later(10);
    assert_eq!(link.round().await.unwrap(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_work_folder_that_takes_nothing_is_told_of_before_a_check_is_read() {
    let mut link = Link::start().await;
    one_heard(&mut link).await;
    // Folders stand where the results have to be written.
    let blocked = in_work(&link, "face");
    for path in &blocked {
        std::fs::create_dir(path).unwrap();
    }
    let before = link.events();
    for _ in 0..3 {
        link.round().await.unwrap_err();
    }
    assert_eq!(link.events(), before, "the check was read");
    for path in &blocked {
        std::fs::remove_dir(path).unwrap();
    }
    assert_eq!(link.round().await.unwrap(), 2);
}

fn link_part(delivery: &Delivery) -> String {
    format!("{:032x}.face", delivery.id)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_readers_result_is_for_those_the_setting_names() {
    let mut link = Link::start_set(|pair| pair.shared = Shared::Group).await;
    one_heard(&mut link).await;
    assert_eq!(link.round().await.unwrap(), 2);
    let result = link.path(&format!("face/{}", link.names("face")[0]));
    let found = std::fs::metadata(result).unwrap();
    assert_eq!(found.permissions().mode() & 0o7777, 0o660);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_left_the_settings_holds_up_no_other() {
    let mut link = Link::start().await;
    one_heard(&mut link).await;
    link.restart_without("receipt2");
    assert!(matches!(link.round().await, Err(RoundError::NoFolder(name)) if name == "receipt2"));
    assert_eq!(link.names("face").len(), 1);
    link.restart();
    assert_eq!(link.round().await.unwrap(), 1);
    assert_eq!(link.names("face2").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_of_shift_jis_gets_shift_jis_and_forgotten_results_are_removed_where_so_set() {
    let mut link = Link::start_with(AnswerEncoding::ShiftJis, Forgotten::Remove).await;
    one_heard(&mut link).await;
    link.put("face/OQSsiquc01res_face_of_another.xml", "not ours");
    assert_eq!(link.round().await.unwrap(), 2);
    let name = link
        .names("face")
        .into_iter()
        .find(|name| is_face_result(name))
        .unwrap();
    let bytes = link.read(&format!("face/{name}"));
    assert!(bytes.starts_with(b"<?xml version=\"1.0\" encoding=\"Shift_JIS\""));
    let texts = link.text(&format!("face/{}", original(&name)));
    assert!(texts.contains("𠮷"), "{texts}");
    link.later(60 * 1440 + 120);
    link.round().await.unwrap();
    assert_eq!(link.names("face"), ["OQSsiquc01res_face_of_another.xml"]);
}
