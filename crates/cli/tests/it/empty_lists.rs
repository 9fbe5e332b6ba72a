//! Lists of the shell that hold nothing.

use crate::running::{Clinic, onshi};

#[test]
fn an_empty_list_says_so_on_the_error_stream_and_stays_a_list_in_json() {
    let clinic = Clinic::start();
    let dir = clinic.path("center");
    for list in [
        &["operator", "list"][..],
        &["notice", "list"],
        &["feed", "list"],
        &["feed", "late"],
        &["emergency", "list"],
        &["enroll", "list", "--lost"],
        &["enroll", "applications"],
        &["claims", "filing", "list"],
        &["claims", "opening", "list"],
    ] {
        let asked = [list, &["--data-dir", &dir]].concat();
        let told = onshi(&asked);
        assert!(told.status.success(), "{list:?}");
        assert_eq!(String::from_utf8_lossy(&told.stdout), "", "{list:?}");
        let said = String::from_utf8_lossy(&told.stderr);
        assert!(said.contains("nothing to list"), "{list:?}: {said}");
        let json = onshi(&[&asked[..], &["--json"]].concat());
        assert_eq!(
            serde_json::from_slice::<serde_json::Value>(&json.stdout).unwrap(),
            serde_json::json!([]),
            "{list:?}"
        );
        assert!(json.stderr.is_empty(), "{list:?}");
    }
}
