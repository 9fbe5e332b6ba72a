//! Center and gateway killed while files are under way: every file is answered once, every check is recorded once.

use std::collections::BTreeSet;

use crate::running::{Clinic, sample, wait_until};

const FILES: usize = 400;

#[test]
fn kills_lose_no_file_and_answer_none_twice() {
    let mut clinic = Clinic::start();
    clinic.enrol();
    clinic.set_up_gateway();
    let request = String::from_utf8(sample("OQSsiquc01req_202611230001.xml")).unwrap();
    for file in 0..FILES {
        let text = request.replace(">202611230001<", &format!(">id{file}<"));
        std::fs::write(
            clinic.path(&format!("req/OQSsiquc01req_{file:04}.xml")),
            text,
        )
        .unwrap();
    }
    // Each round ends when some more answers are out, so the kills fall into different steps.
    for round in 1..=6_usize {
        let gateway = clinic.start_gateway();
        let enough = (round * FILES / 8).min(FILES);
        wait_until("some answers", || enough <= clinic.results().len());
        if round % 2 == 0 {
            clinic.center.take().unwrap().kill();
            gateway.kill();
            clinic.start_center();
        } else {
            gateway.kill();
        }
    }
    let _gateway = clinic.start_gateway();
    wait_until("all answers", || clinic.results().len() == FILES);
    let mut identifiers = BTreeSet::new();
    for result in clinic.results() {
        let text = std::fs::read_to_string(result).unwrap();
        let identifier = text
            .split("<ArbitraryFileIdentifier>")
            .nth(1)
            .unwrap()
            .split('<')
            .next()
            .unwrap()
            .to_owned();
        assert!(text.ends_with("</XmlMsg>\n") && identifiers.insert(identifier));
    }
    assert_eq!(identifiers.len(), FILES);
    let report = clinic.audit();
    assert_eq!(report["whole"], true, "{report}");
    assert_eq!(report["checks"], FILES, "one record for each file");
    assert_eq!(std::fs::read_dir(clinic.path("req")).unwrap().count(), 0);
}
